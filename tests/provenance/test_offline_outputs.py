"""What a licensee made, judged by the client alone and by the server: they say the same."""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from mimetypes import guess_type
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from accounts.access import Actor
from accounts.errors import Invalid
from catalog.models import Consent
from catalog.objects import object_store
from catalog.withdrawing import withdraw_consent
from edgecode.verify import Name, Reader, verify
from edgecode.verify.bundle import parse_bundle
from edgecode.verify.declared import declared_in
from edgecode.verify.found import Found
from edgecode.verify.licence import judged
from edgecode.verify.outputs import judged_output
from edgecode.verify.vouching import vouched_for
from ledger.sequencer import advance
from licensing.grants.issuing import revoke_grant
from licensing.models import Grant
from provenance import status_lists
from provenance.c2pa_sdk.signing import Signing
from provenance.credentials.updates import update_pending
from provenance.manifests import GRANT
from provenance.models import Credential, Output, StatusList
from provenance.outputs import signing
from provenance.outputs.declaring import Source
from provenance.outputs.manifests import OUTPUT
from provenance.outputs.updates import output_status, update_output
from provenance.trust import pki
from provenance.trust.bundle import trust_bundle
from provenance.verification.report import verify_file
from tests import factories
from tests.hostile.stores import in_png, ingredient, manifests_in, store_of, stranger, written
from tests.provenance import licensed
from tests.provenance.delivered import saved
from tests.provenance.media import MADE
from tests.provenance.strangers import edited_by_stranger, signed_by_stranger, with_orphan
from tests.provenance.struck import SignedLikeness
from tests.provenance.test_offline import outcomes, verified
from tests.provenance.test_outputs import (
    TEXT,
    delivered,
    made,
    performed,
    picture,
    prolonged,
    sent,
    signed,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("var_dir")]

licensed_words, film = licensed.licensed_words, licensed.film
studio, lab, grant = licensed.studio, licensed.lab, licensed.grant
type Told = Callable[..., tuple[int, Any]]


@pytest.fixture
def consent(studio: Actor) -> Consent:
    return factories.consent(studio, factories.likeness(studio), max_outputs=1)


@pytest.fixture
def both(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Told:
    """Judge a file by the program and by the server; return the program's code and report, once
    the two have been found to agree."""
    bundle = tmp_path / "trust-bundle.pem"

    def told(file: Path, sidecar: Path | None = None, *options: str | Path) -> tuple[int, Any]:
        bundle.write_text(trust_bundle())
        beside = ("--sidecar", sidecar) if sidecar else ()
        code, said = verified(capsys, file, *beside, "--trust", bundle, *options)
        mime = guess_type(file.name)[0] or ""
        at = datetime.fromisoformat(str(options[1])) if options[:1] == ("--at",) else None
        report = verify_file(file, filename=file.name, mime=mime, sidecar=sidecar, at=at)
        assert report.verdict == said["verdict"], report.inspection.findings
        if report.verdict in {"made", "made_in_doubt"}:
            stands = output_status(said["output"]["output"], at)["state"] == "standing"
            assert stands == (report.verdict == "made")
        log = {check.id: check.outcome for check in report.checks}.get("log")
        assert log is None or log == outcomes(said)["log"]
        return code, said

    return told


@pytest.fixture
def listed(tmp_path: Path) -> Callable[[], Path]:
    """Download the status list, as it is now."""

    def told() -> Path:
        StatusList.objects.update(checked_at=timezone.now() - timedelta(minutes=1))
        number, path = status_lists.numbers()[0], tmp_path / "list"
        status_lists.etag_of(number)
        path.write_text(status_lists.token_of(number))
        return path

    return told


def stored(output: Output, path: Path) -> Path:
    """Save the file as it was signed."""
    with object_store().local_copy(output.signed_key) as kept:
        path.write_bytes(kept.read_bytes())
    return path


def beside(output: Output, folder: Path, manifest: bytes | None = None) -> tuple[Path, Path]:
    file, sidecar = folder / "night.txt", folder / "night.c2pa"
    file.write_bytes(TEXT)
    sidecar.write_bytes(bytes(output.manifest if manifest is None else manifest))
    return file, sidecar


def test_an_output_is_told_by_whom_with_what_and_which_labels(
    lab: Actor, grant: Grant, tmp_path: Path, both: Told
) -> None:
    output = signed(made(lab, [Source(grant.code)], made_at=timezone.now()))
    code, said = both(*beside(output, tmp_path))

    assert (code, said["verdict"]) == (0, "made")
    assert outcomes(said) == {
        "integrity": "ok",
        "signer": "warning",  # of a development authority, and it says so
        "time": "warning",
        "hash": "ok",
        "identity": "warning",
        "output": "ok",
        "log": "ok",
        "grants": "ok",
        "labels": "unknown",
    }
    assert said["output"]["output"] == output.code
    texts = {check["id"]: check["text"] for check in said["checks"]}
    assert "Lumen Lab" in texts["output"]
    assert f"{grant.code} (1)" in texts["grants"]
    assert "KR: a label that people see or hear" in texts["labels"]
    assert "Lumen Lab" in texts["identity"]


@pytest.mark.parametrize("size", [0, 90_000], ids=["short", "with_a_thumbnail"])
def test_what_its_tool_left_behind_is_dropped_where_we_sign(
    lab: Actor, grant: Grant, tmp_path: Path, both: Told, size: int
) -> None:
    content = with_orphan(signed_by_stranger("image/png", MADE["image/png"]()), size)
    file = tmp_path / "made.png"
    file.write_bytes(content)
    output = signed(made(lab, [Source(grant.code)], sha256=sent(lab, file)))
    code, said = both(stored(output, tmp_path / "signed.png"))
    assert (code, said["verdict"], outcomes(said)["hash"]) == (0, "made", "unknown")
    studio = factories.studio()
    granted_on = delivered(factories.grant(studio, lab, [factories.offered_film(studio, file)]))
    copy = saved(Credential.objects.get(granted_asset__grant=granted_on), tmp_path / "copy.png")
    bundle = parse_bundle(trust_bundle())
    assert verify(copy, trust=bundle).name == Name.LICENSED


@pytest.mark.parametrize("mime", ["image/png", "image/jpeg", "video/quicktime"])
def test_what_its_generator_signed_stays_inside_and_is_covered(
    lab: Actor, grant: Grant, tmp_path: Path, both: Told, mime: str
) -> None:
    content = signed_by_stranger(mime, MADE[mime]())
    file = tmp_path / f"made.{mime.rpartition('/')[2]}"
    file.write_bytes(content)
    sha256 = hashlib.sha256(content).hexdigest()
    output = signed(
        made(lab, [Source(grant.code)], kind="still", sha256=sha256, filename=file.name)
    )
    sidecar = tmp_path / "made.c2pa"
    sidecar.write_bytes(bytes(output.manifest))
    code, said = both(file, sidecar)
    assert (code, said["verdict"]) == (0, "made")
    assert (outcomes(said)["hash"], "inside" in outcomes(said)) == ("ok", False)
    # The room of what is inside is no room for the one beside it.
    file.write_bytes(content.replace(bytes(50), b"smuggled".ljust(50), 1))
    assert file.read_bytes() != content
    code, said = both(file, sidecar)
    assert (code, said["verdict"]) == (1, "altered")


def test_one_with_its_credential_inside_and_consents(
    studio: Actor, lab: Actor, consent: Consent, tmp_path: Path, both: Told
) -> None:
    output = signed(performed(lab, consent, sha256=sent(lab, picture(tmp_path))))
    file = stored(output, tmp_path / "signed.png")
    code, said = both(file)
    assert (code, said["verdict"], outcomes(said)["consent"]) == (0, "made", "ok")
    assert said["consents"][0]["consent"] == consent.code
    # Struck out, once it was withdrawn: the newer manifest says so, whose word is the same.
    withdraw_consent(actor=studio, code=consent.code)
    newer = tmp_path / "newer.c2pa"
    newer.write_bytes(bytes(update_output(actor=lab, code=output.code).manifest))
    code, said = both(file, newer)
    assert (code, said["verdict"], said["consents"]) == (1, "made_in_doubt", [])
    assert (outcomes(said)["log"], outcomes(said)["identity"]) == ("ok", "warning")
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    assert both(file)[0] == 1


def test_what_has_ended_by_then_is_a_reason_to_ask(
    lab: Actor, grant: Grant, tmp_path: Path
) -> None:
    output = signed(made(lab, [Source(grant.code)]))
    file, sidecar = beside(output, tmp_path)
    trust = parse_bundle(trust_bundle())
    with Reader() as reader:
        answer = reader.read(file, sidecar, trust)
    vouched = vouched_for(answer, timezone.now())
    found = Found(answer, output.file_sha256, has_sidecar=True, vouched=vouched)
    declared = declared_in(found)
    assert declared is not None
    for at, name in (
        (factories.ENDS - timedelta(seconds=1), Name.MADE),
        (factories.ENDS, Name.MADE_IN_DOUBT),
    ):
        verdict = judged(found, trust.logs, at)
        assert judged_output(verdict, declared, trust.logs, at).name == name


def test_before_it_was_made_it_was_nothing(
    lab: Actor, grant: Grant, tmp_path: Path, both: Told
) -> None:
    output = signed(made(lab, [Source(grant.code)]))
    file, sidecar = beside(output, tmp_path)
    at = output.made_at - timedelta(days=1)
    code, said = both(file, sidecar, "--at", at.isoformat())
    assert (code, said["verdict"], outcomes(said)["grants"]) == (1, "made_in_doubt", "warning")


def test_a_status_list_tells_of_the_grants_it_was_made_with(  # noqa: PLR0917 - fixtures
    studio: Actor,
    lab: Actor,
    grant: Grant,
    tmp_path: Path,
    both: Told,
    listed: Callable[[], Path],
) -> None:
    output = signed(made(lab, [Source(grant.code)]))

    def told() -> tuple[int, str, str]:
        code, said = both(*beside(output, tmp_path), "--status", listed())
        return code, said["verdict"], outcomes(said)["status"]

    assert told() == (0, "made", "ok")
    revoke_grant(actor=studio, code=grant.code, reason="Wrong cut.")
    assert told() == (1, "made_in_doubt", "warning")


@pytest.mark.parametrize("one_by_one", [True, False])
def test_what_a_stranger_says_of_a_grant_counts_for_nothing(  # noqa: PLR0917 - fixtures
    studio: Actor,
    lab: Actor,
    grant: Grant,
    tmp_path: Path,
    listed: Callable[[], Path],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    one_by_one: bool,
) -> None:
    """A lab has the file that its work was edited from say that its grant stands, where the state
    of another one is told that does."""
    if not one_by_one:  # as of many files
        monkeypatch.setattr(signing, "INGREDIENTS_MAX", 0)
    other = delivered(
        factories.grant(studio, lab, [factories.offered_words(studio, name="Sintel")])
    )
    forged = {
        "schema": "com.edgecode.grant/3",
        "grant": grant.code,
        "start": "2020-01-01T00:00:00Z",
        "end": None,
        "status_list": dict(status_lists.status_entry(other)),
    }
    file = picture(tmp_path)
    content = signed_by_stranger("image/png", file.read_bytes(), **{GRANT: forged})
    file.write_bytes(content)
    file = stored(signed(made(lab, [Source(grant.code)], sha256=sent(lab, file))), file)
    revoke_grant(actor=studio, code=grant.code, reason="Wrong cut.")
    bundle = tmp_path / "trust-bundle.pem"
    bundle.write_text(trust_bundle())

    code, said = verified(capsys, file, "--trust", bundle, "--status", listed())
    assert (code, said["verdict"], outcomes(said)["status"]) == (1, "made_in_doubt", "warning")
    with time_machine.travel(factories.ENDS):
        grants = outcomes(verified(capsys, file, "--trust", bundle)[1])["grants"]
    assert grants == ("warning" if one_by_one else "ok")


def test_of_a_grant_that_stands_as_a_data_set_the_list_says_whether_it_stands(  # noqa: PLR0917
    studio: Actor,
    lab: Actor,
    grant: Grant,
    tmp_path: Path,
    listed: Callable[[], Path],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of two the file of one went in as it was delivered; the other one is revoked."""
    monkeypatch.setattr(signing, "INGREDIENTS_MAX", 0)
    source = factories.offered_film(studio, picture(tmp_path))
    still = delivered(factories.grant(studio, lab, [source]))
    file = saved(Credential.objects.get(granted_asset__grant=still), tmp_path / "in.png")
    sources = [Source(still.code), Source(grant.code)]
    file = stored(signed(made(lab, sources, sha256=sent(lab, file))), file)
    bundle = tmp_path / "trust-bundle.pem"
    bundle.write_text(trust_bundle())

    code, said = verified(capsys, file, "--trust", bundle, "--status", listed())
    assert (code, said["verdict"], outcomes(said)["status"]) == (0, "made", "ok")
    revoke_grant(actor=studio, code=grant.code, reason="Wrong cut.")
    code, said = verified(capsys, file, "--trust", bundle, "--status", listed())
    assert (code, said["verdict"], outcomes(said)["status"]) == (1, "made_in_doubt", "warning")


@pytest.mark.parametrize("edited", [lambda _mime, content: content + b"\n", edited_by_stranger])
def test_what_was_edited_from_a_copy_under_another_licence_is_in_doubt(
    lab: Actor, grant: Grant, tmp_path: Path, both: Told, edited: Callable[[str, bytes], bytes]
) -> None:
    """Also where the licence stands that it names; and with the right one it is not."""
    studio, other = factories.studio(), factories.lab()
    source = factories.offered_film(studio, picture(tmp_path))
    for held, code in ((other, 1), (lab, 0)):
        still = delivered(factories.grant(studio, held, [source]))
        copy = saved(Credential.objects.get(granted_asset__grant=still), tmp_path / "copy.png")
        copy.write_bytes(edited("image/png", copy.read_bytes()))
        named = [Source(grant.code)] if code else [Source(still.code)]
        work = signed(made(lab, named, sha256=sent(lab, copy)))
        file = stored(work, tmp_path / "signed.png")
        verdict = "made_in_doubt" if code else "made"
        assert output_status(work.code)["state"] == ("past_in_doubt" if code else "standing")
        work.from_copies.clear()  # as of works that were signed before it was kept
        found, said = both(file)
        told = next(check for check in said["checks"] if check["id"] == "grants")
        assert (found, said["verdict"]) == (code, verdict)
        assert ("does not name" in told["text"], still.code in told["text"]) == (code == 1, True)
    # Its own copy of the file, under a licence that went on as the one that is named.
    longer = prolonged(studio, lab, still)
    copy.write_bytes(edited("image/png", copy.read_bytes()))
    output = signed(made(lab, [Source(longer.code)], sha256=sent(lab, copy)))
    assert both(stored(output, file))[1]["verdict"] == "made"


def test_a_licence_that_was_amended_covers_the_files_of_it_that_are_named(
    studio: Actor, lab: Actor, tmp_path: Path, both: Told
) -> None:
    red = factories.offered_film(studio, picture(tmp_path))
    blue = factories.offered_film(studio, picture(tmp_path, "blue"))
    film = delivered(factories.grant(studio, lab, [red, blue]))
    issued = Credential.objects.get(granted_asset__grant=film, granted_asset__asset=red)
    copy = saved(issued, tmp_path / "copy.png")
    longer = prolonged(studio, lab, film)
    with pytest.raises(Invalid, match="among the files"):
        made(lab, [Source(longer.code, files=[blue.code])], sha256=sent(lab, copy))
    for named, verdict in ((blue, "made_in_doubt"), (red, "made")):
        copy.write_bytes(copy.read_bytes() + b"\n")
        under = [Source(longer.code, files=[named.code])]
        work = stored(signed(made(lab, under, sha256=sent(lab, copy))), tmp_path / "work.png")
        assert both(work)[1]["verdict"] == verdict


def test_a_changed_copy_that_was_declared_by_its_hash_alone_is_in_doubt(
    studio: Actor, lab: Actor, grant: Grant, tmp_path: Path, both: Told
) -> None:
    """Nobody had looked into it; its credential, or that of a work made from it, is inside."""
    still = delivered(
        factories.grant(studio, lab, [factories.offered_film(studio, picture(tmp_path))])
    )
    copy = saved(Credential.objects.get(granted_asset__grant=still), tmp_path / "copy.png")
    work = signed(made(lab, [Source(still.code)], sha256=sent(lab, copy)))
    work_file = stored(work, tmp_path / "work.png").read_bytes()

    def told(content: bytes, named: Grant, *, shown_alone: str = "") -> str:
        sha256 = hashlib.sha256(content).hexdigest()
        output = signed(made(lab, [Source(named.code)], sha256=sha256, filename="copy.png"))
        # Nobody has shown it yet.
        assert output_status(output.code)["state"] == "standing"
        copy.write_bytes(content)
        if shown_alone:  # to whom its own credential beside it was not sent
            report = verify_file(copy, filename="copy.png", mime="image/png")
            assert report.verdict == shown_alone
            assert output_status(output.code)["state"] == "past_in_doubt"
        sidecar = tmp_path / "copy.c2pa"
        sidecar.write_bytes(bytes(output.manifest))
        return str(both(copy, sidecar)[1]["verdict"])

    content = copy.read_bytes()
    assert told(content + b"\n", grant) == "made_in_doubt"
    edited = edited_by_stranger("image/png", content)
    assert told(edited, grant, shown_alone="stranger") == "made_in_doubt"
    assert told(content + b" ", grant, shown_alone="altered") == "made_in_doubt"
    assert told(content + b"\n\n", still) == "made"
    # A work of its own that stands answers for what it was made from.
    assert told(work_file + b"\n", grant) == "made"
    revoke_grant(actor=studio, code=still.code, reason="Wrong cut.")
    report = verify_file(
        copy, filename="copy.png", mime="image/png", sidecar=tmp_path / "copy.c2pa"
    )
    [last] = Output.objects.filter(file_sha256=report.inspection.file_sha256)
    answers = (report.verdict, output_status(last.code)["state"])
    assert answers == ("made_in_doubt", "past_in_doubt")


def test_what_a_work_came_from_is_kept_whatever_else_the_file_is(
    studio: Actor, lab: Actor, grant: Grant, tmp_path: Path
) -> None:
    """A delivered copy that is not as we delivered it, and the signed work of another maker."""
    still = delivered(
        factories.grant(studio, lab, [factories.offered_film(studio, picture(tmp_path))])
    )
    copy = saved(Credential.objects.get(granted_asset__grant=still), tmp_path / "copy.png")
    filled = copy.read_bytes().replace(bytes(64), b"room".ljust(64, b"\0"), 1)
    copy.write_bytes(edited_by_stranger("image/png", copy.read_bytes()))
    doubted = signed(made(lab, [Source(grant.code)], sha256=sent(lab, copy)))
    other = factories.lab()
    under = delivered(factories.grant(studio, other, [factories.offered_words(studio)]))
    for maker, named, content, verdict in (
        (lab, grant, filled, "disputed"),
        (other, under, stored(doubted, copy).read_bytes(), "made_in_doubt"),
    ):
        sha256 = hashlib.sha256(content).hexdigest()
        output = signed(made(maker, [Source(named.code)], sha256=sha256))
        assert output_status(output.code)["state"] == "standing"
        copy.write_bytes(content)
        assert verify_file(copy, filename="copy.png", mime="image/png").verdict == verdict
        assert output_status(output.code)["state"] == "past_in_doubt"


def test_whether_a_licence_among_data_sets_goes_on_nobody_can_tell_offline(
    studio: Actor,
    lab: Actor,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(signing, "INGREDIENTS_MAX", 0)
    still = delivered(
        factories.grant(studio, lab, [factories.offered_film(studio, picture(tmp_path))])
    )
    copy = saved(Credential.objects.get(granted_asset__grant=still), tmp_path / "copy.png")
    longer = prolonged(studio, lab, still)
    file = stored(signed(made(lab, [Source(longer.code)], sha256=sent(lab, copy))), copy)
    bundle = tmp_path / "trust-bundle.pem"
    bundle.write_text(trust_bundle())
    code, said = verified(capsys, file, "--trust", bundle)
    assert (code, said["verdict"], outcomes(said)["grants"]) == (2, "unproven", "unknown")
    assert verify_file(file, filename=file.name, mime="image/png").verdict == "made"


@pytest.mark.parametrize("is_sent", [True, False])
def test_of_a_copy_whose_credential_was_changed_nobody_can_tell_offline(  # noqa: PLR0917
    studio: Actor,
    lab: Actor,
    grant: Grant,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    is_sent: bool,
) -> None:
    """We know it by who signed it, whatever it states by now."""
    copy, sidecar = tmp_path / "copy.jpg", None
    copy.write_bytes(MADE["image/jpeg"]())
    still = delivered(factories.grant(studio, lab, [factories.offered_film(studio, copy)]))
    content = saved(Credential.objects.get(granted_asset__grant=still), copy).read_bytes()
    copy.write_bytes(content.replace(still.code.encode(), b"00000000"))
    if is_sent:
        copy.write_bytes(edited_by_stranger("image/jpeg", copy.read_bytes()))
        file = stored(signed(made(lab, [Source(grant.code)], sha256=sent(lab, copy))), copy)
    else:
        sha256 = hashlib.sha256(copy.read_bytes()).hexdigest()
        output = signed(made(lab, [Source(grant.code)], sha256=sha256, filename=copy.name))
        file, sidecar = copy, tmp_path / "copy.c2pa"
        sidecar.write_bytes(bytes(output.manifest))
    bundle = tmp_path / "trust-bundle.pem"
    bundle.write_text(trust_bundle())
    beside = ("--sidecar", sidecar) if sidecar else ()
    code, said = verified(capsys, file, *beside, "--trust", bundle)
    assert (code, said["verdict"], outcomes(said)["grants"]) == (2, "unproven", "unknown")
    report = verify_file(file, filename=file.name, mime="image/jpeg", sidecar=sidecar)
    assert report.verdict == "made_in_doubt"


def test_what_was_made_from_a_work_in_doubt_is_in_doubt(
    studio: Actor, lab: Actor, grant: Grant, consent: Consent, tmp_path: Path
) -> None:
    first = signed(performed(lab, consent, sha256=sent(lab, picture(tmp_path))))
    file = stored(first, tmp_path / "first.png")
    second = signed(made(lab, [Source(grant.code)], sha256=sent(lab, file)))
    file = stored(second, file)

    def told() -> tuple[str, str, str]:
        report = verify_file(file, filename=file.name, mime="image/png")
        past = [str(check.detail) for check in report.checks if check.id == "past"]
        return report.verdict, "".join(past), output_status(second.code)["state"]

    assert told() == ("made", "", "standing")
    withdraw_consent(actor=studio, code=consent.code)
    assert told() == ("made_in_doubt", f"Output {first.display_code}.", "past_in_doubt")


@pytest.mark.parametrize("is_named", [True, False])
def test_a_work_made_from_another_stands_or_falls_with_that(
    lab: Actor, grant: Grant, tmp_path: Path, both: Told, *, is_named: bool
) -> None:
    """Also where a tool was between that knows nobody of ours; and it answers for itself alone."""
    studio = factories.studio()
    source = factories.offered_film(studio, picture(tmp_path))
    still = delivered(factories.grant(studio, lab, [source]))
    file = saved(Credential.objects.get(granted_asset__grant=still), tmp_path / "copy.png")
    named, later = (still, grant) if is_named else (grant, still)
    file.write_bytes(edited_by_stranger("image/png", file.read_bytes()))
    first = signed(made(lab, [Source(named.code)], sha256=sent(lab, file)))
    file = stored(first, tmp_path / "first.png")
    file.write_bytes(edited_by_stranger("image/png", file.read_bytes()))
    file = stored(signed(made(lab, [Source(later.code)], sha256=sent(lab, file))), file)
    code, said = both(file)
    assert (code, said["verdict"]) == ((0, "made") if is_named else (1, "made_in_doubt"))
    report = verify_file(file, filename=file.name, mime="image/png")
    told = [str(check.detail) for check in report.checks if check.id == "past"]
    assert told == ([] if is_named else [f"Output {first.display_code}."])


def test_a_copy_is_not_hidden_behind_a_work_that_covers_it(
    lab: Actor, grant: Grant, tmp_path: Path, both: Told
) -> None:
    """Somebody put both into a file: a work made from the copy, and the copy itself."""
    studio = factories.studio()
    source = factories.offered_film(studio, picture(tmp_path))
    still = delivered(factories.grant(studio, lab, [source]))
    file = saved(Credential.objects.get(granted_asset__grant=still), tmp_path / "copy.png")
    first = signed(made(lab, [Source(still.code)], sha256=sent(lab, file)))
    copy, work = manifests_in(bytes(first.manifest))
    raw = written(stranger(), ingredient(copy))
    top = written(stranger(), ingredient(raw), ingredient(work))
    file.write_bytes(in_png(file.read_bytes(), store_of(copy, work, raw, top)))
    file = stored(signed(made(lab, [Source(grant.code)], sha256=sent(lab, file))), file)
    code, said = both(file)
    text = next(check["text"] for check in said["checks"] if check["id"] == "grants")
    assert (code, still.code in text) == (1, True)


def test_a_source_out_of_which_a_consent_was_struck_tells_of_its_grant(
    film: SignedLikeness, tmp_path: Path, both: Told, listed: Callable[[], Path]
) -> None:
    film.withdraw()
    assert update_pending() == 1
    advance()
    code = film.credential.granted_asset.grant.code
    output = signed(performed(film.lab, film.consents[1], sources=[Source(code)]))
    file, sidecar = beside(output, tmp_path)
    _code, said = both(file, sidecar, "--status", listed())
    assert (said["verdict"], outcomes(said)["status"]) == ("made", "ok")
    film.withdraw(1)
    _code, said = both(file, sidecar, "--status", listed())
    assert (said["verdict"], outcomes(said)["status"]) == ("made_in_doubt", "warning")
    with time_machine.travel(factories.ENDS):
        _code, said = both(file, sidecar)
    assert (said["verdict"], outcomes(said)["grants"]) == ("made_in_doubt", "warning")


def test_a_list_cannot_tell_an_end_from_an_amendment(  # noqa: PLR0917 - fixtures
    studio: Actor,
    lab: Actor,
    grant: Grant,
    tmp_path: Path,
    listed: Callable[[], Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    file, sidecar = beside(signed(made(lab, [Source(grant.code)])), tmp_path)
    prolonged(studio, lab, grant)
    bundle = tmp_path / "trust-bundle.pem"
    bundle.write_text(trust_bundle())
    options = ("--sidecar", sidecar, "--trust", bundle, "--status", listed())
    _code, said = verified(capsys, file, *options)
    told = next(check for check in said["checks"] if check["id"] == "status")
    assert (said["verdict"], told["outcome"]) == ("made_in_doubt", "warning")
    assert "an amended one has taken its place" in told["text"]


def test_nothing_is_believed_that_the_log_does_not_say(
    studio: Actor, lab: Actor, grant: Grant, tmp_path: Path, both: Told
) -> None:
    """Our own key under a declaration that is not the one in the log."""
    other = delivered(
        factories.grant(studio, lab, [factories.offered_words(studio, name="Sintel")])
    )
    output = signed(made(lab, [Source(grant.code)]))
    definition = signing.definition_of(output)
    said = next(each["data"] for each in definition["assertions"] if each["label"] == OUTPUT)
    source, ours = said["sources"][0], Signing()
    for number, (change, code) in enumerate(
        (
            ({}, 0),
            ({"maker": {"code": "7K3F2Q9D", "name": "Umber"}}, 1),
            ({"sources": []}, 1),
            ({"sources": [source | {"grant": other.code}]}, 1),
            ({"sources": [source | {"files": 2}]}, 1),
            ({"sources": [source | {"files": "1"}]}, 1),
            ({"sources": 7, "label_duties": {}, "maker": None}, 1),
            ({"kind": "still"}, 1),
            ({"label_duties": [{"jurisdiction": "KR", "law": "L" * 90}] * 60}, 0),
            ({"ledger": said["ledger"] | {"receipt": "none"}}, 1),
        )
    ):
        kept = dict(said)
        said.update(change)
        forged = ours.beside(definition, output.file_sha256)
        said.clear()
        said.update(kept)
        Output.objects.update(manifest_id=forged.manifest_id)
        found, report = both(*beside(output, tmp_path, forged.manifest))
        assert found == code, (number, change)
        assert report["verdict"] == ("disputed" if code else "made"), change
        labels = {check["id"]: check["text"] for check in report["checks"]}.get("labels", "")
        assert labels.endswith("….") is ("label_duties" in change and not code)  # cut, and says so


def test_whom_the_maker_is_not_signs_nothing_for_it(
    lab: Actor, grant: Grant, tmp_path: Path, both: Told
) -> None:
    output = signed(made(lab, [Source(grant.code)]))
    other = factories.lab("Umber Lab").organisation
    assert other is not None
    definition = signing.definition_of(output)
    theirs = pki.licensor_identity(other.code, other.name)
    forged = Signing().beside(definition, output.file_sha256, theirs)
    Output.objects.update(manifest_id=forged.manifest_id)
    code, said = both(*beside(output, tmp_path, forged.manifest))
    assert (code, said["verdict"], outcomes(said)["identity"]) == (1, "disputed", "failed")


def test_an_output_of_nobody_that_is_trusted_says_nothing(
    lab: Actor, grant: Grant, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = signed(made(lab, [Source(grant.code)]))
    bundle = tmp_path / "bundle"
    bundle.write_text(
        trust_bundle().partition("times")[2].partition("log")[0].join(["times\n", ""])
    )
    file, sidecar = beside(output, tmp_path)
    code, said = verified(capsys, file, "--sidecar", sidecar, "--trust", bundle)
    assert (code, said["verdict"], said["output"]) == (1, "stranger", None)
    assert not {"output", "grants", "labels", "log"} & set(outcomes(said))
