"""What a report says of files that lie: copied, moved, altered, stripped, or too old."""

import hashlib
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone, translation
from pytest_django import Settings

from catalog.consenting import resume_consent, suspend_consent
from catalog.models import Asset, Consent
from catalog.withdrawing import withdraw_consent
from edgecode.verify import Bundle, verify
from ledger.models import Opening
from ledger.sequencer import advance
from licensing.grants.issuing import revoke_grant
from licensing.models import Grant
from provenance.c2pa_sdk.engine import Engine, token_if_any
from provenance.c2pa_sdk.settings import Anchors
from provenance.c2pa_sdk.signed import Signed
from provenance.c2pa_sdk.signing import Signing, whole_file
from provenance.certificates.issuing import issue_certificate
from provenance.credentials import facts, signing
from provenance.credentials.signing import sign_pending
from provenance.manifests import definition
from provenance.models import Credential
from provenance.trust import pki
from provenance.verification import signer, wording
from provenance.verification.answers import Check
from provenance.verification.inspection import TimeStamp
from provenance.verification.report import Report, Verdict, verify_file
from tests import factories
from tests.hostile.test_mutants import leaving_out
from tests.licensing.test_amendments import asked, conceded
from tests.provenance import licensed
from tests.provenance.delivered import Delivered, fetch, licence, saved, sidecar
from tests.provenance.pictures import drawn, jpeg
from tests.provenance.strangers import signed_by_stranger
from tests.provenance.struck import SignedLikeness
from tests.provenance.test_signing import DEFINITION
from tests.web.reading import words as page_words
from web.verification_page import page_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("var_dir")]

WORDS = "application/x-subrip"
licensed_words, words = licensed.licensed_words, licensed.words
voice = licensed.voice


def outcomes(report: Report) -> dict[str, str]:
    return {check.id: str(check.outcome) for check in report.checks}


def changed(file: Path, change: Callable[[bytes], bytes]) -> Path:
    other = file.with_name(f"changed-{file.name}")
    other.write_bytes(change(file.read_bytes()))
    return other


@pytest.mark.parametrize("is_hashed", [True, False], ids=["hashed", "too_long_to_be_hashed_yet"])
def test_real_film_and_what_can_be_done_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_hashed: bool
) -> None:
    if not is_hashed:
        monkeypatch.setattr(signing, "_HASHED_AT_ONCE", 0)
    studio = factories.studio()
    film = Delivered(licence(studio, factories.offered_film(studio)), tmp_path)
    assert bool(film.credential.file_sha256) is is_hashed
    sound = film.report()
    assert (sound.verdict, film.sidecar) == (Verdict.AUTHORISED, None)
    assert {"integrity", "record", "log", "status"} <= {
        name for name, outcome in outcomes(sound).items() if outcome == "ok"
    }
    # A box that the hash leaves out: the signature holds, the bytes are not ours.
    free = changed(film.file, lambda data: data + b"\0\0\0\x10free" + b"smuggled")
    assert film.report(free).verdict in {Verdict.DISPUTED, Verdict.ALTERED}
    for spoil in (
        lambda data: data + b"\0",
        lambda data: data[: len(data) // 2] + b"\xff" + data[len(data) // 2 + 1 :],
        lambda data: data[:-1],
    ):
        verdict = film.report(changed(film.file, spoil)).verdict
        assert verdict in {Verdict.ALTERED, Verdict.DISPUTED, Verdict.UNREADABLE}
    assert film.report(factories.film_path()).verdict == Verdict.UNSIGNED
    cut = changed(film.file, lambda data: data[:4000])
    assert film.report(cut).verdict not in {Verdict.AUTHORISED, Verdict.ENDED}
    noise = film.folder / "noise.c2pa"
    noise.write_bytes(b"\xff" * 1000)
    assert film.report(sidecar=noise).verdict != Verdict.AUTHORISED


def test_the_licensor_signed_what_is_said_of_its_rights(words: Delivered) -> None:
    report = words.report()
    signed = report.inspection.licensor
    assert signed is not None
    assert signed.common_name == f"{words.grant.licensor.name} EC {words.grant.licensor.code}"
    assert (signed.sound, signed.trusted) == (True, True)
    assert outcomes(report)["licensor"] == "warning"  # a development authority vouches for it


@pytest.mark.parametrize(
    ("signer", "verdict", "outcome"),
    [("another", Verdict.DISPUTED, "failed"), ("stranger", Verdict.AUTHORISED, "warning"),
     ("nobody", Verdict.AUTHORISED, "unknown")],
)  # fmt: skip
def test_who_else_signed_is_told_apart_from_our_own_signature(
    words: Delivered, monkeypatch: pytest.MonkeyPatch, signer: str, verdict: Verdict, outcome: str
) -> None:
    code = words.grant.licensor.code
    root = pki.issue_intermediate("Root", pki.issue_root("Root", path_length=1))
    identity = {
        "another": pki.licensor_identity("0123456G", "Another"),
        "stranger": pki.issue_licensor(root, code=code, name="Stranger"),
        "nobody": None,
    }[signer]
    asset = words.credential.granted_asset.asset
    made = facts.Definitions().of(words.credential.granted_asset)
    signed = Signing().beside(made, asset.sha256, identity)
    Credential.objects.update(manifest_id=signed.manifest_id)
    other = words.folder / "other.c2pa"
    other.write_bytes(signed.manifest)
    report = words.report(sidecar=other)
    assert (report.verdict, outcomes(report)["licensor"]) == (verdict, outcome)


def signed_when_over(words: Delivered) -> Signed:
    """Return what a licensor's own certificate signed that has ended since."""
    licensor = words.grant.licensor
    with time_machine.travel(timezone.now() - timedelta(days=1)):
        issuer, life = pki._identity_intermediate(), timedelta(hours=1)
        ended = pki.issue_licensor(issuer, code=licensor.code, name=licensor.name, life=life)
    made = facts.Definitions().of(words.credential.granted_asset)
    bound = whole_file(bytes.fromhex(words.credential.file_sha256))
    return Signing()._written(made, bound, ended, token_if_any)


def test_a_file_stays_genuine_when_the_certificate_of_its_licensor_ends(words: Delivered) -> None:
    signed = signed_when_over(words)
    Credential.objects.update(manifest_id=signed.manifest_id)
    other = words.folder / "other.c2pa"
    other.write_bytes(signed.manifest)
    report = words.report(sidecar=other)
    told = next(check for check in report.checks if check.id == "licensor")
    assert (report.verdict, told.outcome) == (Verdict.AUTHORISED, "warning")
    assert str(told.title) == "The certificate of who signed for the licensor is not valid now."


def test_of_a_file_that_an_amendment_left_out_it_is_said_that_it_is_not_in_the_new_grant(
    tmp_path: Path,
) -> None:
    studio, lab = factories.studio(), factories.lab()
    kept, dropped = (factories.offered_words(studio, name=name) for name in ("Kept", "Dropped"))
    grant = factories.grant(studio, lab, [kept, dropped])
    advance()
    sign_pending()
    newer = conceded(studio, asked(lab, grant, assets=[kept.code]))
    named = f"rant EC {newer.code[:4]} {newer.code[4:]}"
    for asset, told in (
        (kept, f"What holds now is in g{named}."),
        (dropped, f"G{named}, which took its place, leaves this file out."),
    ):
        credential = Credential.objects.get(granted_asset__grant=grant, granted_asset__asset=asset)
        file, beside = saved(credential, tmp_path / asset.code), tmp_path / f"{asset.code}.c2pa"
        beside.write_bytes(sidecar(credential))
        report = verify_file(file, filename="name", mime=asset.mime, sidecar=beside)
        detail = next(str(check.detail) for check in report.checks if check.id == "status")
        assert (report.verdict, detail.endswith(told)) == (Verdict.ENDED, True), detail


def test_what_holds_now_is_the_newest_amendment_while_it_does(words: Delivered) -> None:
    """For whoever has the file, whoever has the paper, and anybody."""
    paper = issue_certificate(actor=words.studio, grant=words.grant.code).path

    def told(newest: Grant) -> tuple[bool, ...]:
        detail = next(str(check.detail) for check in words.report().checks if check.id == "status")
        pages = [page_words(Client().get(path)) for path in (paper, f"/grants/{words.grant.code}/")]
        assert all(newest.display_code in each for each in (detail, *pages))
        return tuple("What holds now" in each for each in (detail, *pages))

    newest = words.grant
    for years in (1, 2):
        later = factories.ENDS + timedelta(days=365 * years)
        newest = conceded(words.studio, asked(words.lab, newest, ends_at=later))
        assert told(newest) == (True, True, True)
    revoke_grant(actor=words.studio, code=newest.code, reason="Wrong cut.")
    assert told(newest) == (False, False, False)


def test_where_the_licence_in_its_place_ended_for_a_file_with_a_consent_it_is_said_so(
    tmp_path: Path,
) -> None:
    """For the others it holds."""
    agency, lab = factories.studio(), factories.lab()
    likeness = factories.likeness(agency)
    later = factories.ENDS + timedelta(days=300)
    consent = factories.consent(agency, likeness, uses=["train"], ends_at=later)
    voice, other = factories.words(agency, likeness), factories.offered_words(agency)
    Asset.objects.filter(pk=voice.pk).update(kind="audio")
    factories.offer(agency, likeness)
    grant = factories.grant(agency, lab, [voice, other])
    advance()
    sign_pending()
    newer = conceded(agency, asked(lab, grant, ends_at=later))
    withdraw_consent(actor=agency, code=consent.code)
    named = f"n grant EC {newer.code[:4]} {newer.code[4:]}"
    ended = f"I{named}, which took its place, the licence of this file ended with a consent."
    for asset, told in ((voice, ended), (other, f"What holds now is i{named}.")):
        credential = Credential.objects.get(granted_asset__grant=grant, granted_asset__asset=asset)
        file, beside = saved(credential, tmp_path / asset.code), tmp_path / f"{asset.code}.c2pa"
        beside.write_bytes(sidecar(credential))
        report = verify_file(file, filename="name", mime=asset.mime, sidecar=beside)
        details = {check.id: str(check.detail) for check in report.checks}
        assert (report.verdict, details["status"].endswith(told)) == (Verdict.ENDED, True), details
        # The licence of this copy had ended before, by being amended.
        assert details.get("consent", f"Consent {consent.code}.") == f"Consent {consent.code}."


def test_a_file_with_its_sidecar_is_authorised_while_the_grant_stands(words: Delivered) -> None:
    assert words.report().verdict == Verdict.AUTHORISED
    Grant.objects.update(ends_at=timezone.now())
    assert words.report().verdict == Verdict.ENDED
    Grant.objects.update(ends_at=None, starts_at=timezone.now() + timedelta(days=1))
    assert words.report().verdict == Verdict.ENDED
    Grant.objects.update(starts_at=factories.STARTS)
    revoke_grant(actor=words.studio, code=words.grant.code, reason="Wrong cut.")
    report = words.report()
    assert (report.verdict, outcomes(report)["status"]) == (Verdict.ENDED, "failed")
    assert outcomes(report)["integrity"] == "ok"


def test_a_sidecar_says_nothing_of_another_file(words: Delivered, tmp_path: Path) -> None:
    again = factories.offered_words(words.studio, "Hello", name="Other")
    other = Delivered(licence(words.studio, again), _folder(tmp_path))
    changed_words = changed(other.file, lambda data: data.replace(b"Hello", b"Jello"))
    for swapped in (
        words.report(changed_words),
        words.report(sidecar=other_words(words, tmp_path)),
    ):
        assert swapped.verdict == Verdict.ALTERED
        assert "does not belong to this file, or one of the two" in str(swapped.headline)
        told = json.dumps(swapped.as_json(), default=str)
        assert "came with it" in told
        assert "was changed after" not in told
    # The same words, licensed twice: each credential names its own grant.
    assert other.report(sidecar=words.sidecar).status["grant"] == words.grant.code  # type: ignore[index]


def other_words(words: Delivered, folder: Path) -> Path:
    """Return the credential beside other words of the same studio."""
    asset = factories.offered_words(words.studio, "Good night", name="Night")
    folder.joinpath("night").mkdir()
    return Delivered(licence(words.studio, asset), folder / "night").sidecar


def _folder(tmp_path: Path) -> Path:
    folder = tmp_path / "other"
    folder.mkdir()
    return folder


def test_a_file_without_its_sidecar_is_told_apart_from_a_strangers(words: Delivered) -> None:
    signed = verify_file(words.file, filename="w.srt", mime=WORDS)
    assert signed.verdict == Verdict.UNSIGNED, "it was delivered to nobody yet"
    fetch(words.lab, words.credential)
    bare = verify_file(words.file, filename="w.srt", mime=WORDS)
    assert (bare.verdict, outcomes(bare)) == (Verdict.SIDECAR_MISSING, {"credential": "warning"})
    stranger = changed(words.file, lambda data: data + b"\n")
    assert verify_file(stranger, filename="w.srt", mime=WORDS).verdict == Verdict.UNSIGNED


def test_that_a_performers_recording_was_delivered_is_told_to_nobody(
    voice: SignedLikeness, tmp_path: Path
) -> None:
    fetch(voice.lab, voice.credential)
    recording = saved(voice.credential, tmp_path / "interview.srt")
    stranger = changed(recording, lambda data: data + b"\n")

    def told(file: Path) -> tuple[Verdict, tuple[Check, ...]]:
        report = verify_file(file, filename="interview.srt", mime=WORDS)
        return report.verdict, report.checks

    assert told(recording) == told(stranger)
    assert told(recording)[0] == Verdict.UNSIGNED
    beside = tmp_path / "interview.c2pa"
    beside.write_bytes(sidecar(voice.credential))
    report = verify_file(recording, filename="interview.srt", mime=WORDS, sidecar=beside)
    assert report.verdict == Verdict.AUTHORISED, "whoever has the credential, too, knows it"


@pytest.mark.parametrize("content", [b"", b"noise", b"\0" * 5_000_000, b"\0\0\0\x20jumb" * 99])
def test_a_sidecar_of_rubbish_is_no_credential(words: Delivered, content: bytes) -> None:
    rubbish = words.folder / "rubbish.c2pa"
    rubbish.write_bytes(content)
    report = words.report(sidecar=rubbish)
    assert report.verdict == Verdict.UNREADABLE
    assert str(report.headline) == "The .c2pa file could not be read."
    assert "The file is damaged" not in json.dumps(report.as_json(), default=str)
    assert report.status is None


def manifest_of(credential: Credential, **grant: Any) -> dict[str, Any]:
    """Return what the credential says, with some of its grant's words changed."""
    granted = credential.granted_asset
    made = definition(facts.asset_facts(granted), facts.grant_facts(granted.grant))
    for assertion in made["assertions"]:
        if assertion["label"] == "com.edgecode.grant":
            assertion["data"] |= grant
    return made


def test_a_grant_copied_under_a_strangers_authority_is_a_strangers(words: Delivered) -> None:
    root = pki.issue_root("Edgecode Development Root, NOT TRUSTED", path_length=0)
    signer = pki.issue_claim_signer(root)
    engine = Engine(signer, Anchors(pki.claim_anchor_pem(), ""))
    content = words.file.read_bytes()
    signed = engine.beside(manifest_of(words.credential), content)
    forged = words.folder / "forged.c2pa"
    forged.write_bytes(signed.manifest)
    report = words.report(sidecar=forged)
    assert (report.verdict, report.status) == (Verdict.STRANGER, None)
    assert outcomes(report) == {"integrity": "ok", "signer": "failed", "time": "unknown"}


def test_what_we_signed_and_names_no_licence_is_no_strangers(words: Delivered) -> None:
    made = manifest_of(words.credential)
    made["assertions"] = [
        each for each in made["assertions"] if each["label"] != "com.edgecode.grant"
    ]
    digest = hashlib.sha256(words.file.read_bytes()).hexdigest()
    other = words.folder / "other.c2pa"
    other.write_bytes(Signing().beside(made, digest).manifest)
    report = words.report(sidecar=other)
    assert (report.verdict, report.status) == (Verdict.NO_GRANT, None)
    assert "names no licence" in str(report.headline)
    assert page_of(report).licence is None
    trust = Bundle(pki.claim_anchor_pem(), pki.time_anchor_pem(), pki.identity_anchor_pem())
    assert verify(words.file, sidecar=other, trust=trust).name == report.verdict


def test_what_its_signer_left_unsigned_of_another_file_is_told(db: None, tmp_path: Path) -> None:
    said = {**DEFINITION, "assertions": DEFINITION["assertions"][:1]}
    file = tmp_path / "picture.jpg"
    for content, verdict, told in (
        (leaving_out(tmp_path, said), Verdict.NO_GRANT, "warning"),
        (signed_by_stranger("image/jpeg", jpeg(drawn(1))), Verdict.STRANGER, None),
    ):
        file.write_bytes(content)
        report = verify_file(file, filename="f", mime="image/jpeg")
        assert (report.verdict, outcomes(report).get("unsigned")) == (verdict, told)


@pytest.mark.parametrize(
    ("change", "failed"),
    [
        ({}, {"record"}),
        ({"grant": "7K3F2Q9D"}, {"record", "log"}),
        ({"ledger": {}}, {"record", "log"}),
        ({"ledger": {"origin": "elsewhere.example/log", "index": 0, "receipt": ""}}, {"log"}),
        ({"ledger": {"origin": "ours", "index": 0, "receipt": "no proof"}}, {"log"}),
        ({"ledger": {"origin": "ours", "index": 10**9, "receipt": "same"}}, {"log"}),
        ({"ledger": {"origin": "ours", "index": "first", "receipt": "same"}}, {"log"}),
        ({"ledger": {"origin": "ours", "index": 0, "receipt": "same"}}, {"log"}),
    ],
)
def test_our_own_signature_under_what_we_never_recorded_is_disputed(
    words: Delivered, settings: Settings, change: dict[str, Any], failed: set[str]
) -> None:
    ours = manifest_of(words.credential)
    true = next(each["data"]["ledger"] for each in ours["assertions"] if "ledger" in each["data"])
    if "ledger" in change and change["ledger"].get("origin") == "ours":
        change["ledger"]["origin"] = settings.ENV.ledger_origin
        if change["ledger"]["receipt"] == "same":
            change["ledger"]["receipt"] = true["receipt"]
    digest = hashlib.sha256(words.file.read_bytes()).hexdigest()
    signed = Signing().beside(manifest_of(words.credential, **change), digest)
    sidecar = words.folder / "own.c2pa"
    sidecar.write_bytes(signed.manifest)
    report = words.report(sidecar=sidecar)
    assert (report.verdict, report.status) == (Verdict.DISPUTED, None)
    assert failed <= {name for name, outcome in outcomes(report).items() if outcome == "failed"}


def test_erasing_the_private_facts_leaves_the_proof(words: Delivered) -> None:
    Opening.objects.all().delete()
    advance()
    report = words.report()
    assert (report.verdict, outcomes(report)["log"]) == (Verdict.AUTHORISED, "ok")


@pytest.mark.skipif(sys.platform == "darwin", reason="no limit of address space there")
def test_a_limit_of_ours_says_nothing_of_the_file(
    words: Delivered, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = tmp_path / "large.c2pa"
    large.write_bytes(bytes(24 * 2**20))
    monkeypatch.setattr("provenance.verification.inspection._MEMORY_BYTES", 2**20)
    report = words.report(sidecar=large)
    assert (report.verdict, outcomes(report)) == (Verdict.UNREADABLE, {"integrity": "unknown"})
    assert "nothing can be said" in str(report.headline)
    assert "more time or memory than we allow" in str(report.checks[0].detail)


def test_a_consent_withdrawn_after_the_grant_is_told(tmp_path: Path) -> None:
    agency = factories.talent()
    likeness = factories.likeness(agency)
    consent = factories.consent(agency, likeness, uses=["train"], attributes=["face", "voice"])
    file = factories.words(agency, likeness)
    Asset.objects.filter(pk=file.pk).update(kind="audio")
    factories.offer(agency, likeness)
    delivered = Delivered(licence(agency, file), tmp_path)
    report = delivered.report()
    assert outcomes(report)["consent"] == "ok"
    assert "That the consents that it rests on stand tomorrow" in str(report.limits[1][-1])
    withdraw_consent(actor=agency, code=consent.code)
    Consent.objects.update(withdrawn_at=datetime(2026, 5, 3, 9, 30, tzinfo=UTC))
    report = delivered.report()
    assert (report.verdict, outcomes(report)["consent"]) == (Verdict.ENDED, "warning")
    assert page_of(report).consents[0].state == "withdrawn"
    [status] = [check for check in report.checks if check.id == "status"]
    assert "No file of its grant is licensed any more." in str(status.detail)
    then = datetime(2026, 5, 3, 9, 29, tzinfo=UTC)
    assert outcomes(delivered.report(at=then))["consent"] == "ok"
    for language, said in (("en", "on 3 May 2026 09:30:00 UTC."), ("ko", "2026년 5월 3일")):
        with translation.override(language):
            checks = delivered.report().as_json()["checks"]
        told = next(check for check in checks if check["id"] == "consent")
        assert said in told["title"]
        assert consent.code in told["detail"]
    assert page_of(report).tone == "blocked"


def test_a_consent_that_is_suspended_or_over_is_told(voice: SignedLikeness, tmp_path: Path) -> None:
    file, beside = saved(voice.credential, tmp_path / "w.srt"), tmp_path / "w.c2pa"
    beside.write_bytes(sidecar(voice.credential))

    def told(at: datetime | None = None) -> tuple[Verdict, str]:
        report = verify_file(file, filename="w.srt", mime=WORDS, sidecar=beside, at=at)
        is_clear = page_of(report).tone == "clear"
        assert is_clear is (outcomes(report)["consent"] == "ok")
        return report.verdict, outcomes(report)["consent"]

    def headline(at: datetime | None = None) -> str:
        report = verify_file(file, filename="w.srt", mime=WORDS, sidecar=beside, at=at)
        return str(report.headline)

    assert told() == (Verdict.AUTHORISED, "ok")
    then, first = timezone.now(), voice.consents[0]
    suspend_consent(actor=voice.agency, code=first.code, reason="dispute")
    assert told() == (Verdict.AUTHORISED, "warning")  # nothing new may be made on it
    assert "nothing new" not in headline()  # but on the other
    suspend_consent(actor=voice.agency, code=voice.consents[1].code, reason="dispute")
    assert told() == (Verdict.AUTHORISED, "warning")
    assert "nothing new may be made on it while the consent is suspended" in headline()
    assert "nothing new" not in headline(then)
    resume_consent(actor=voice.agency, code=voice.consents[1].code)
    assert told(then) == (Verdict.AUTHORISED, "ok")
    resume_consent(actor=voice.agency, code=first.code)
    assert told() == (Verdict.AUTHORISED, "ok")
    Consent.objects.filter(pk=first.pk).update(ends_at=timezone.now())
    assert told() == (Verdict.AUTHORISED, "warning")
    Consent.objects.filter(pk=voice.consents[1].pk).update(ends_at=timezone.now())
    assert told() == (Verdict.ENDED, "warning")


def test_a_file_whose_credential_names_no_consent_is_held_against_what_it_was_granted_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As those that were signed while its consents were suspended, before they were named too."""
    agency = factories.talent()
    likeness = factories.likeness(agency)
    consent = factories.consent(agency, likeness, uses=["train"], attributes=["voice"])
    file = factories.words(agency, likeness)
    Asset.objects.filter(pk=file.pk).update(kind="audio")
    factories.offer(agency, likeness)
    whole = facts.definition
    monkeypatch.setattr(
        facts,
        "definition",
        lambda asset, grant, consents, **more: whole(asset, grant, [], **more),
    )
    words = Delivered(licence(agency, file), tmp_path)

    def told() -> tuple[Verdict, str]:
        report = words.report()
        return report.verdict, outcomes(report)["consent"]

    assert told() == (Verdict.AUTHORISED, "ok")
    suspend_consent(actor=agency, code=consent.code, reason="dispute")
    assert told() == (Verdict.AUTHORISED, "warning")
    assert "nothing new may be made" in str(words.report().headline)
    resume_consent(actor=agency, code=consent.code)
    withdraw_consent(actor=agency, code=consent.code)
    assert told() == (Verdict.ENDED, "warning")


def test_a_stamp_of_an_unknown_authority_proves_no_time(words: Delivered) -> None:
    found = words.report().inspection
    assert found.time_stamp is not None
    assert str(signer.time(found).title).startswith("Signed no later than")
    swapped = TimeStamp("2027-12-28T10:00:00+00:00", "DigiCert", trusted=False)
    check = signer.time(replace(found, time_stamp=swapped))
    assert check.outcome == "unknown"
    assert str(check.title).startswith("DigiCert, whom we do not know, says that it was signed by")


def test_numbers_of_entries_are_grouped() -> None:
    for language in ("en", "ko"):
        with translation.override(language):
            assert wording.number(17472) == "17,472"


def test_a_report_can_be_read_by_machines_in_full(words: Delivered) -> None:
    plain = words.report().as_json()
    assert plain["verdict"] == "authorised"
    assert plain["grant_status"]["grant"] == words.grant.code
    assert {check["id"] for check in plain["checks"]} >= {"integrity", "signer", "record", "log"}
    assert plain["headline"]
    with time_machine.travel(factories.ENDS + timedelta(seconds=1)):
        assert words.report().verdict != Verdict.AUTHORISED
