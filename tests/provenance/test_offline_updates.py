"""A credential with consents struck out: the client alone says of it what the server does."""

import hashlib
import time
from datetime import timedelta
from mimetypes import guess_type
from pathlib import Path
from typing import Any

import pytest
import time_machine
from asn1crypto import cms
from django.utils import timezone

from provenance import countersign, jumbf, status_lists
from provenance.cbor import ARRAY, MAP, NULL, byte_string, head, text
from provenance.credentials import preparing
from provenance.credentials.updates import newest_manifest, update_pending
from provenance.status_tokens import Status, blank, put, sealed
from provenance.trust import pki, tokens
from provenance.trust.bundle import trust_bundle
from provenance.verification.report import Verdict, verify_file
from tests.hostile.test_borrowed_names import forged
from tests.provenance import licensed
from tests.provenance.delivered import Delivered, saved, sidecar
from tests.provenance.emitted import renewed
from tests.provenance.strangers import with_another
from tests.provenance.struck import SignedLikeness, granted
from tests.provenance.test_offline import outcomes, verified
from tests.provenance.test_timestamps import filled

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("var_dir")]

licensed_words, words = licensed.licensed_words, licensed.words
film, voice = licensed.film, licensed.voice


@pytest.fixture
def both(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Judge a file by the program and by the server, which agree; return the program's answer."""
    bundle = tmp_path / "trust-bundle.pem"

    def told(file: Path, beside: Path | None = None, *options: str | Path) -> tuple[int, Any]:
        bundle.write_text(trust_bundle())
        given = ("--sidecar", beside) if beside else ()
        code, said = verified(capsys, file, *given, "--trust", bundle, *options)
        sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
        mime = guess_type(file.name)[0] or "application/octet-stream"
        report = verify_file(file, filename="f", mime=mime, sidecar=beside, sha256=sha256)
        agrees = {
            Verdict.AUTHORISED: "licensed",
            Verdict.ENDED: "not_in_force",
            Verdict.ALTERED: "altered",
            Verdict.DISPUTED: "disputed",
        }
        if not options:
            assert said["verdict"] == agrees[report.verdict], (said, report.checks)
        return code, said

    return told


def test_consents_that_were_struck_out_are_told_and_the_last_ends_the_licence(
    voice: SignedLikeness, tmp_path: Path, both: Any
) -> None:
    file, beside = saved(voice.credential, tmp_path / "w.srt"), tmp_path / "w.c2pa"
    beside.write_bytes(sidecar(voice.credential))
    code, before = both(file, beside)
    assert (code, len(before["consents"])) == (0, 2)
    unasked = "nor a consent that the file rests on was withdrawn since, which was not asked"
    assert unasked in before["does_not_prove"]
    for number, left in ((0, [voice.consents[1].code]), (1, [])):
        voice.withdraw(number)
        assert update_pending() == 1
        beside.write_bytes(sidecar(voice.credential))
        code, said = both(file, beside)
        # A licence ends with the last consent that it rests on.
        assert (code, said["grant"]) == (number, before["grant"])
        assert [each["consent"] for each in said["consents"]] == left
        told = outcomes(said)
        assert told.pop("consent") == ("failed" if number else "warning")
        assert told.items() < outcomes(before).items()
    assert "Every consent that it rested on has ended" in texts(said)["consent"]
    assert said["manifest"] == voice.credential.newest_id
    store = beside.read_bytes()
    at = store.index(before["grant"]["grant"].encode())
    beside.write_bytes(store[:at] + bytes([store[at] ^ 1]) + store[at + 1 :])
    assert both(file, beside)[0] == 1


def test_a_credential_given_beside_the_file_that_carries_it_is_no_other(
    film: SignedLikeness, tmp_path: Path, both: Any
) -> None:
    file, beside = saved(film.credential, tmp_path / "film.mp4"), tmp_path / "film.c2pa"
    newest = newest_manifest(film.lab, film.credential.code)
    beside.write_bytes(b"".join(newest.read(0, newest.size)))
    code, said = both(file, beside)
    assert (code, said["verdict"], outcomes(said)["hash"]) == (0, "licensed", "unknown")


def test_the_name_of_a_file_decides_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    work = renewed("audio/wav")
    assert work.sidecar is not None
    beside, bundle = tmp_path / "dub.c2pa", tmp_path / "trust-bundle.pem"
    beside.write_bytes(work.sidecar)
    bundle.write_text(trust_bundle())
    said = []
    for name in ("dub.wav", "dub", "dub.jpg"):
        file = tmp_path / name
        file.write_bytes(work.content)
        code, report = verified(capsys, file, "--sidecar", beside, "--trust", bundle)
        said.append((code, report["verdict"], outcomes(report)))
    assert said[0] == said[1] == said[2]
    assert said[0][1] != "altered"


def test_before_they_were_struck_out_consents_may_have_stood(
    voice: SignedLikeness, tmp_path: Path, both: Any
) -> None:
    file, beside = saved(voice.credential, tmp_path / "w.srt"), tmp_path / "w.c2pa"
    then = timezone.now()
    time.sleep(1 - then.microsecond / 1_000_000)  # a time stamp names the second
    for number in (0, 1):
        voice.withdraw(number)
    assert update_pending() == 1
    beside.write_bytes(sidecar(voice.credential))
    now = timezone.now()
    for at, code, verdict in ((then, 2, "unproven"), (now, 1, "not_in_force")):
        got, said = both(file, beside, "--at", at.isoformat())
        assert (got, said["verdict"]) == (code, verdict)
    report = verify_file(file, filename="f", mime="", sidecar=beside, at=then)
    assert report.verdict == Verdict.AUTHORISED  # whose records tell when
    assert "That the consents that it rests on stand now" in str(report.limits[1][-1])


def test_a_licence_that_rests_on_one_consent_waits_for_no_other(tmp_path: Path, both: Any) -> None:
    soon = timezone.now().replace(microsecond=0) + timedelta(days=5)
    made = granted(film=False, second={"starts_at": soon})
    file, beside = saved(made.credential, tmp_path / "w.srt"), tmp_path / "w.c2pa"
    beside.write_bytes(sidecar(made.credential))
    code, said = both(file, beside)
    told = [each for each in said["checks"] if each["id"] == "consent"]
    assert (code, said["verdict"]) == (0, "licensed")
    assert sorted(each["outcome"] for each in told) == ["ok", "warning"]
    assert any("had not begun" in each["text"] for each in told)


def test_inside_a_film_and_beside_one_that_has_no_room_for_it(
    film: SignedLikeness, tmp_path: Path, both: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    film.withdraw()
    update_pending()
    inside = saved(film.credential, tmp_path / "second.mp4")
    code, said = both(inside)
    assert (code, said["manifest"]) == (0, film.credential.newest_id)

    monkeypatch.setattr("provenance.credentials.preparing._ROOM", 1024)
    full = granted(film=True)
    first = saved(full.credential, tmp_path / "first.mp4")
    full.withdraw()
    update_pending()
    beside = tmp_path / "newest.c2pa"
    newest = newest_manifest(full.lab, full.credential.code)
    beside.write_bytes(b"".join(newest.read(0, newest.size)))
    code, said = both(first, beside)
    assert (code, said["manifest"]) == (0, full.credential.newest_id)


def test_what_else_fills_the_room_of_a_file_whose_consent_was_struck_out(
    film: SignedLikeness, tmp_path: Path, both: Any
) -> None:
    first = film.credential
    assert first.prepared is not None
    place = preparing.place_of(first.prepared)
    file, beside = saved(first, tmp_path / "film.mp4"), tmp_path / "newest.c2pa"
    content = file.read_bytes()
    film.withdraw()
    assert update_pending() == 1
    newest = newest_manifest(film.lab, first.code)
    beside.write_bytes(b"".join(newest.read(0, newest.size)))
    code, said = both(file, beside)  # the first one inside, the newest beside it
    assert (code, said["manifest"]) == (0, film.credential.newest_id)
    start, end = place.offset, place.offset + place.length
    rubbish = content[start : start + 48] + bytes(range(256)) * (place.length // 256 + 1)
    padding = content.index(bytes(1000), start, end) + 100
    for name, changed in (
        ("no manifest", content[:start] + rubbish[: place.length] + content[end:]),
        (
            "another by the name of the first",
            content[:start] + place.encoded(forged(first.manifest_id, b"-")) + content[end:],
        ),
        ("in its filling", content[:padding] + b"smuggled" + content[padding + 8 :]),
        (
            "in a header that is hard to read",
            content[:start] + stuffed(content[start:end]) + content[end:],
        ),
    ):
        file.write_bytes(changed)
        code, said = both(file, beside)
        assert (code, said["verdict"], outcomes(said)["hash"]) == (1, "disputed", "failed"), name


def stuffed(store: bytes) -> bytes:
    """Return a manifest that is as long, with rubbish in place of zeros: in a list that does not
    say how long it is (RFC 8949, 3.2.2)."""
    cose = jumbf.signature(store)
    found = countersign._signature(cose)
    begin = b"\xd2" + head(ARRAY, 4) + byte_string(found.protected)
    begin += head(MAP, 1) + text("more") + b"\x9f"
    end = b"\xff" + NULL + byte_string(found.signature)
    rubbish = b"smuggled" * 8000  # below 2^16, as what is left of it: their lengths take as much
    rubbish = rubbish[: len(cose) - len(begin + byte_string(rubbish) + end)]
    made = begin + byte_string(rubbish) + end
    assert len(made) == len(cose)
    return jumbf.with_signature(store, made)


def test_a_manifest_beside_a_file_holds_no_more_than_was_written(
    words: Delivered, tmp_path: Path, both: Any
) -> None:
    assert words.sidecar is not None
    assert both(words.file, words.sidecar)[1]["verdict"] == "licensed"
    other = granted(film=False).credential
    store, more = words.sidecar.read_bytes(), tmp_path / "more.c2pa"
    found = countersign._signature(jumbf.signature(store))
    junk = b"PK\x03\x04 free for every use, signed: the studio" * 1000
    among_zeros = found.written(padding=len(junk)).replace(bytes(len(junk)), junk)
    for holds in (
        jumbf.with_signature(store, among_zeros),
        countersign.stamped(store, junk),
        countersign.stamped(store, found.token + junk),
        countersign.stamped(store, stamp_of_nobody(b"another signature")),
        countersign.stamped(store, stamp_of_nobody(countersign.to_stamp(store), more=20)),
        countersign.stamped(store, filled(found.token, "a certificate")),
        store + junk,
        store + store,
        beside_the_signature(store, junk),
        with_another(store, sidecar(other)),
    ):
        more.write_bytes(holds)
        code, said = both(words.file, more)
        assert (code, said["verdict"], outcomes(said)["hash"]) == (1, "disputed", "failed")


def test_a_stamp_of_whom_one_does_not_know_is_told_and_is_no_other_file(
    words: Delivered, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody can tell it offline from that of an authority which was asked before; we can."""
    assert words.sidecar is not None
    store, bundle = words.sidecar.read_bytes(), tmp_path / "trust-bundle.pem"
    bundle.write_text(trust_bundle())
    other = tmp_path / "other.c2pa"
    other.write_bytes(countersign.stamped(store, stamp_of_nobody(countersign.to_stamp(store))))
    code, said = verified(capsys, words.file, "--sidecar", other, "--trust", bundle)
    assert (code, said["verdict"], outcomes(said)["time"]) == (0, "licensed", "warning")
    assert words.report(sidecar=other).verdict == Verdict.DISPUTED


def boxed(kind: bytes, body: bytes) -> bytes:
    return (8 + len(body)).to_bytes(4) + kind + body


def beside_the_signature(store: bytes, junk: bytes) -> bytes:
    """Return a manifest with one box more where its signature stands."""
    *path, signature = jumbf._signature_path(store)
    at, box = signature.start + 8 + len(signature.body), boxed(b"free", junk)
    changed = bytearray(store[:at] + box + store[at:])
    for around in path:
        size = 8 + len(around.body) + len(box)
        changed[around.start : around.start + 4] = size.to_bytes(4)
    return bytes(changed)


def stamp_of_nobody(signed: bytes, more: int = 0) -> bytes:
    """Return a time stamp of an authority that somebody made up, with more certificates."""
    with pytest.MonkeyPatch.context() as patch:
        stamper = pki.issue_time_stamper(pki.issue_root("Times", path_length=0))
        patch.setattr(pki, "time_stamper", lambda: stamper)
        stamp = cms.ContentInfo.load(tokens.token(hashlib.sha256(signed).digest()))
    held = stamp["content"]["certificates"]
    for _ in range(more):
        held.append(held[0].copy())
    made: bytes = stamp.dump(force=True)
    return made


def listed(path: Path, after: timedelta) -> Path:
    """Write the status list as it is then."""
    with time_machine.travel(timezone.now() + after, tick=False):
        number = status_lists.numbers()[0]
        status_lists.etag_of(number)
        path.write_text(status_lists.token_of(number))
    return path


def test_a_list_that_says_that_a_consent_ended_is_about_files_that_rest_on_one(
    voice: SignedLikeness, tmp_path: Path, both: Any
) -> None:
    file, beside = saved(voice.credential, tmp_path / "w.srt"), tmp_path / "w.c2pa"
    beside.write_bytes(sidecar(voice.credential))
    status = ("--status", listed(tmp_path / "list", timedelta()))
    code, said = both(file, beside, *status)
    assert (code, said["verdict"], outcomes(said)["status"]) == (0, "licensed", "ok")
    assert "tells only where a licence ended" in said["does_not_prove"]
    for number in (0, 1):
        voice.withdraw(number)
    listed(tmp_path / "list", timedelta(minutes=2))
    code, said = both(file, beside, *status)
    assert (code, said["verdict"], outcomes(said)["status"]) == (2, "unproven", "unknown")
    assert "no consent that the file rests on was withdrawn" in said["does_not_prove"]
    assert "a consent has ended" in texts(said)["status"]
    assert "동의가 끝났습니다" in texts(both(file, beside, *status, "--lang", "ko")[1])["status"]
    assert update_pending() == 1  # struck out, it did rest on them all the same
    beside.write_bytes(sidecar(voice.credential))
    assert both(file, beside, *status)[1]["verdict"] == "not_in_force"


def test_of_a_file_without_consents_such_a_list_says_that_the_grant_stands(
    words: Delivered, tmp_path: Path, both: Any
) -> None:
    entry = status_lists.status_entry(words.grant)
    statuses = blank()
    put(statuses, [(entry["index"], Status.CONSENT_ENDED)])
    status = tmp_path / "list"
    for ahead, code, verdict in ((0, 0, "licensed"), (240, 0, "licensed"), (600, 2, "unproven")):
        status.write_text(token(statuses, entry["uri"], ahead))
        got, said = both(words.file, words.sidecar, "--status", status)
        assert (got, said["verdict"]) == (code, verdict)
        assert ("revoked after that list" in said["does_not_prove"]) is not bool(code)
        assert "consent" not in said["does_not_prove"]
        assert "film" not in said["does_not_prove"]
    assert "at a time to come" in texts(said)["status"]


def token(statuses: bytes, uri: str, ahead_s: int) -> str:
    signer, now = pki.status_signer(), int(timezone.now().timestamp())
    made = {"uri": uri, "issued": now + ahead_s, "lives_s": 900, "fresh_s": 60}
    return sealed(bytes(statuses), **made, key=signer.key, chain_pem=signer.chain_pem)


def texts(said: Any) -> dict[str, str]:
    return {check["id"]: check["text"] for check in said["checks"]}
