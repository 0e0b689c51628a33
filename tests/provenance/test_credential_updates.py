"""Consents that were withdrawn after a file was signed: struck out by a later manifest."""

import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from accounts.access import ANONYMOUS
from accounts.errors import Conflict, NotFound
from catalog.models import Consent
from ledger.models import Event
from ledger.sequencer import advance
from provenance.credentials import signing, updates
from provenance.credentials.delivery import link, open_delivery, resolve
from provenance.credentials.files import hash_pending
from provenance.credentials.updates import newest_manifest, update_pending
from provenance.recognition import delivered_as
from provenance.repository.finding import by_file, manifest_store
from provenance.repository.receipts import receipt_of, verified
from provenance.trust.stamping import stamp_pending
from provenance.verification.inspection import Integrity, inspect
from provenance.verification.report import Report, Verdict, verify_file
from provenance.verification.wording import at_utc
from tests import factories
from tests.doubles.time_authority import no_time_authority
from tests.provenance import licensed
from tests.provenance.delivered import content, saved, sidecar
from tests.provenance.struck import SignedLikeness, granted
from tests.provenance.test_verification import WORDS, outcomes

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("var_dir")]

film, voice = licensed.film, licensed.voice


def report(path: Path, mime: str, beside: Path | None = None) -> Report:
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    return verify_file(path, filename="f", mime=mime, sidecar=beside, sha256=sha256)


def test_a_film_is_delivered_without_the_consent_and_an_earlier_copy_is_known(
    film: SignedLikeness,
    tmp_path: Path,
) -> None:
    hash_pending()
    first = saved(film.credential, tmp_path / "first.mp4")
    before = film.credential
    assert update_pending() == 0
    assert report(first, "video/mp4").verdict == Verdict.AUTHORISED  # and what was read is kept
    film.withdraw()
    assert (update_pending(), update_pending()) == (1, 0)

    second = saved(film.credential, tmp_path / "second.mp4")
    assert film.named(first.read_bytes()) == [True, True]
    assert film.named(second.read_bytes()) == [False, True]
    assert second.stat().st_size == first.stat().st_size
    for hashed in (False, True):
        old, new = report(first, "video/mp4"), report(second, "video/mp4")
        assert (old.verdict, new.verdict) == (Verdict.AUTHORISED, Verdict.AUTHORISED)
        assert (outcomes(old)["newest"], outcomes(new)["newest"]) == ("warning", "ok")
        # The licensor's own signature is in the first, and holds in both.
        assert outcomes(old)["licensor"] == outcomes(new)["licensor"] == "warning"
        assert [each["consent"] for each in new.inspection.consents] == [film.consents[1].code]
        assert "past" not in outcomes(new)
        if not hashed:
            hash_pending()
    assert film.credential.file_sha256 == hashlib.sha256(content(film.credential)).hexdigest()
    assert delivered_as(before.file_sha256) == before
    entry = Event.objects.get(kind="credential.updated")
    assert entry.facts().data == {"manifest": film.credential.newest_id}
    named = entry.facts().refs["consents"]
    assert [each.partition("@")[0] for each in named] == [film.consents[0].stream]


def test_what_is_no_longer_delivered_has_a_newest_manifest_for_who_holds_a_copy(
    voice: SignedLikeness,
    tmp_path: Path,
) -> None:
    file, beside = saved(voice.credential, tmp_path / "w.srt"), tmp_path / "w.c2pa"
    first = sidecar(voice.credential)
    for number in (0, 1):
        voice.withdraw(number)
        assert update_pending() == 1
    with pytest.raises(Conflict):
        open_delivery(actor=voice.lab, credential_code=voice.credential.code)
    newest = newest_manifest(voice.lab, voice.credential.code)
    store = b"".join(newest.read(0, newest.size))
    assert voice.named(first) == [True, True]
    assert voice.named(store) == [False, False]
    with pytest.raises(NotFound):
        newest_manifest(factories.lab(), voice.credential.code)

    beside.write_bytes(first)
    old = outcomes(report(file, WORDS, beside))
    beside.write_bytes(store)
    found = report(file, WORDS, beside)
    assert found.verdict == Verdict.ENDED
    assert outcomes(found)["status"] == "failed"
    # That the consents were withdrawn is told by either, that there is a newer one by the first.
    assert (old["consent"], old["newest"]) == ("warning", "warning")
    assert (outcomes(found)["consent"], outcomes(found)["newest"]) == ("warning", "ok")
    assert found.inspection.consents == ()


def test_the_repository_gives_the_newest_also_by_the_earlier_name(
    film: SignedLikeness, tmp_path: Path
) -> None:
    hash_pending()
    file = saved(film.credential, tmp_path / "first.mp4")
    sha256 = film.credential.file_sha256
    film.withdraw()
    update_pending()
    advance()
    newest = film.credential.newest_id
    for name in (film.credential.manifest_id, newest):
        store = manifest_store(film.lab, name)
        assert film.named(store) == [False, True]
        with pytest.raises(NotFound):
            manifest_store(factories.lab(), name)
        # Each name has the entry in which it stands.
        assert verified(name, receipt_of(name))["verified"]
    assert not verified(newest, receipt_of(film.credential.manifest_id))["verified"]
    # Whoever has the copy that was delivered is led to the newest, and gets it.
    match = by_file(ANONYMOUS, file, mime="video/mp4", sha256=sha256, limit=10)[0]
    assert match.manifest_id == newest
    assert manifest_store(ANONYMOUS, newest, key=match.key) == sidecar(film.credential)


def test_of_several_consents_that_one_is_told_to_have_ended_the_licence_which_did(
    tmp_path: Path,
) -> None:
    made = granted(film=False, second={"territory": ["KR"]})
    file, beside = saved(made.credential, tmp_path / "w.srt"), tmp_path / "w.c2pa"

    def told() -> str:
        assert update_pending() == 1
        beside.write_bytes(sidecar(made.credential))
        [check] = [each for each in report(file, WORDS, beside).checks if each.id == "consent"]
        assert check.outcome == "warning"
        return f"{check.title} {check.detail}"

    made.withdraw(0)
    assert told().endswith("Without it the licence of this file has ended.")
    first = timezone.now() - timedelta(hours=2)
    Consent.objects.filter(pk=made.consents[0].pk).update(withdrawn_at=first)
    made.withdraw(1)
    last = Consent.objects.get(pk=made.consents[1].pk).withdrawn_at
    said = told()
    assert at_utc(str(last)) in said
    assert said.endswith(f"with another consent, on {at_utc(str(first))}.")
    # Withdrawn when its term had run out.
    later = timezone.now()
    Consent.objects.filter(pk=made.consents[0].pk).update(withdrawn_at=later, ends_at=first)
    [said] = [
        str(each.detail) for each in report(file, WORDS, beside).checks if each.id == "consent"
    ]
    assert said.endswith(
        f"It was over before that: the licence of this file ended on {at_utc(str(first))}."
    )


def test_who_is_told_to_get_the_newest_by_showing_the_file_gets_it(tmp_path: Path) -> None:
    for film, mime in ((True, "video/mp4"), (False, WORDS)):
        made = granted(film=film)
        hash_pending()
        file, beside = saved(made.credential, tmp_path / "file"), tmp_path / "file.c2pa"
        beside.write_bytes(sidecar(made.credential))
        made.withdraw()
        assert update_pending() == 1
        checks = report(file, mime, None if film else beside).checks
        [told] = [str(check.detail) for check in checks if check.id == "newest"]
        sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
        found = by_file(ANONYMOUS, file, mime=mime, sha256=sha256, limit=10)
        given = made.credential.newest_id in {each.manifest_id for each in found}
        assert ("to whoever shows this file" in told) is given is film


def test_a_file_without_room_keeps_its_manifest_and_has_the_newest_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("provenance.credentials.preparing._ROOM", 0)
    made = granted(film=True)
    before = content(made.credential)
    made.withdraw()
    update_pending()
    assert content(made.credential) == before
    delivery = open_delivery(actor=made.lab, credential_code=made.credential.code)
    token = link(delivery, "sidecar").split("/")[2]
    beside, file = tmp_path / "new.c2pa", saved(made.credential, tmp_path / "f.mp4")
    given = resolve(token)
    beside.write_bytes(b"".join(given.read(0, given.size)))
    assert made.named(beside.read_bytes()) == [False, True]
    found = report(file, "video/mp4", beside)
    assert (found.verdict, outcomes(found)["newest"]) == (Verdict.AUTHORISED, "ok")
    made.withdraw(1)
    assert update_pending() == 1
    assert content(made.credential) == before
    assert outcomes(report(file, "video/mp4"))["newest"] == "warning"


def test_it_waits_for_a_time_stamp_and_for_nothing_else(
    voice: SignedLikeness, tmp_path: Path
) -> None:
    voice.withdraw()
    with no_time_authority(tmp_path):
        update_pending()
    assert voice.credential.newest_id == ""
    assert update_pending() == 0  # not at once
    voice.credential.consents.update(not_before=voice.consents[0].recorded_at)
    assert update_pending() == 1
    assert voice.credential.newest_id != ""
    assert stamp_pending() == 0


def test_one_that_cannot_be_updated_keeps_no_other_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = granted(film=False), granted(film=False)
    for made in (first, second):
        made.withdraw()
    real = updates.update_definition

    def broken(asset: str, *others: Any) -> Any:
        if asset == first.credential.granted_asset.asset.code:
            raise ImproperlyConfigured("the key is no key")
        return real(asset, *others)

    monkeypatch.setattr(updates, "update_definition", broken)
    assert update_pending() == 2
    assert (first.credential.newest_id, second.credential.newest_id != "") == ("", True)
    monkeypatch.undo()
    assert update_pending() == 0  # not at once
    first.credential.consents.update(not_before=first.consents[0].recorded_at)
    assert update_pending() == 1
    assert first.credential.newest_id


def test_a_download_goes_on_once_the_whole_hash_is_reckoned(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(signing, "_HASHED_AT_ONCE", 0)  # as for a long file
    made = granted(film=True)

    def tag() -> str:
        delivery = open_delivery(actor=made.lab, credential_code=made.credential.code)
        return resolve(link(delivery).split("/")[2]).tag

    before = tag()
    assert made.credential.file_sha256 == ""
    hash_pending()
    assert made.credential.file_sha256
    assert tag() == before
    made.withdraw()
    assert update_pending() == 1
    assert tag() != before, "these are other bytes"


def test_what_an_update_leaves_standing_cannot_be_changed(
    voice: SignedLikeness, tmp_path: Path
) -> None:
    voice.withdraw()
    update_pending()
    file, beside = saved(voice.credential, tmp_path / "w.srt"), tmp_path / "w.c2pa"
    store = sidecar(voice.credential)
    grant = voice.credential.granted_asset.grant.code.encode()
    for said in (grant, voice.consents[1].code.encode(), b"c2pa.redacted"):
        at = store.index(said)
        beside.write_bytes(store[:at] + bytes([store[at] ^ 1]) + store[at + 1 :])
        assert report(file, WORDS, beside).verdict == Verdict.ALTERED
    beside.write_bytes(store)
    assert inspect(file, mime=WORDS, sidecar=beside).integrity == Integrity.INTACT
