"""The job that signs: what is granted, once, with nothing about a person in it."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import batched
from pathlib import Path
from typing import Any

import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.access import Actor
from accounts.models import EdgeCode
from catalog.consenting import suspend_consent
from catalog.models import Asset, WorkState
from catalog.objects import object_store
from catalog.withdrawing import withdraw_consent
from ledger.keys import fingerprint
from ledger.models import Event
from ledger.sequencer import advance
from licensing.deals.requests import submit_request
from licensing.deals.transitions import approve_deal
from licensing.grants.issuing import issue_pending, revoke_grant
from licensing.models import Grant, GrantedAsset
from licensing.payments.settlements import record_bank_transfer
from licensing.verdicts.resting import footing_of
from provenance.c2pa_sdk.signing import Signing
from provenance.credentials import facts as credential_facts
from provenance.credentials import preparing
from provenance.credentials import signing as credentials
from provenance.credentials.signing import sign_pending
from provenance.models import Credential, CredentialForm, PreparedFile
from provenance.reckoning import reckon_pending
from provenance.trust import pki
from provenance.verification.answers import Outcome
from provenance.verification.report import Verdict, verify_file
from tests import factories
from tests.accounts.witness import at_once, facts, refs
from tests.provenance.delivered import content, saved, sidecar
from tests.worlds import kept

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("var_dir")]


@pytest.fixture
def studio() -> Actor:
    return factories.studio()


@pytest.fixture
def lab() -> Actor:
    return factories.lab()


@dataclass(frozen=True)
class Waiting:
    """A grant of which nothing is signed yet."""

    studio: Actor
    lab: Actor
    grant: Grant


@kept
def waiting() -> Waiting:
    studio, lab = factories.studio(), factories.lab()
    return Waiting(studio, lab, factories.grant(studio, lab, [factories.offered_words(studio)]))


def test_a_grant_is_signed_once_it_is_in_the_published_log(waiting: Waiting) -> None:
    assert (sign_pending(), Credential.objects.get().state) == (0, "due")
    advance()
    assert (sign_pending(), sign_pending()) == (1, 0)
    credential = Credential.objects.get()
    assert (credential.state, credential.form) == (WorkState.DONE, CredentialForm.SIDECAR)
    event = Event.objects.get(kind="credential.signed.v2")
    asset = credential.granted_asset.asset
    assert refs(event) == {"grant": waiting.grant.stream, "asset": asset.stream}
    assert event.facts().data == {
        "form": "sidecar",
        "manifest": credential.manifest_id,
        "part": 0,
    }
    assert facts(event)["file"] == {"sha256": asset.sha256, "size_bytes": asset.size_bytes}
    assert len(sidecar(credential)) > 1000


def test_the_log_names_the_keys_before_their_first_use(waiting: Waiting) -> None:
    advance()
    sign_pending()
    told = [event.facts() for event in Event.objects.order_by("id")]
    kinds = [fact.kind for fact in told]
    keys = [fact.data["purpose"] for fact in told if fact.kind == "key.published"]
    assert sorted(map(str, keys)) == ["credential", "root", "root", "root", "timestamp"]
    last_key = max(at for at, kind in enumerate(kinds) if kind == "key.published")
    assert last_key < kinds.index("credential.signed.v2")
    signer = pki.signing_chain().leaf.public_key()
    assert isinstance(signer, EllipticCurvePublicKey)
    assert fingerprint(signer) in [fact.data.get("sha256") for fact in told]


@pytest.mark.parametrize("told", ["who signed", "who came next"])
def test_what_was_being_signed_when_the_signer_was_renewed_is_genuine(
    waiting: Waiting, tmp_path: Path, told: str
) -> None:
    """A batch, or one long film, takes minutes; the first of them is signed before the renewal."""
    credentials._open_missing(1)
    advance()
    (credential,) = credentials._lease(credentials._placed(), 1)
    definitions, signing = credential_facts.Definitions(), Signing()
    licensor = credentials._licensor(waiting.grant.licensor, {})
    file = credentials._sign(credential, signing, definitions, {}, licensor)
    signer = pki.signing_chain()
    with time_machine.travel(timezone.now() + timedelta(days=65)):
        credentials._record([(credential, file)])
        renewed = pki.signing_chain()
    assert renewed != signer
    if told == "who came next":  # as rows of before have it
        Credential.objects.update(signer_sha256=pki.fingerprint(renewed.leaf))
    words = saved(Credential.objects.get(), tmp_path / "words.srt")
    beside = tmp_path / "words.c2pa"
    beside.write_bytes(sidecar(Credential.objects.get()))
    report = verify_file(words, filename="words.srt", mime="application/x-subrip", sidecar=beside)
    assert report.verdict == Verdict.AUTHORISED


def _says_code(credential: Credential) -> bool:
    return b"c2pa.soft-binding" in sidecar(credential)


def test_the_first_licensee_finds_the_content_code_in_the_credential(
    studio: Actor, lab: Actor
) -> None:
    file = factories.offered_words(studio)
    assert (reckon_pending(), reckon_pending()) == (1, 0)
    factories.grant(studio, lab, [file])
    advance()
    assert sign_pending() == 1
    assert _says_code(Credential.objects.get())


def test_a_file_waits_a_moment_for_its_content_code_and_is_not_stuck(
    studio: Actor, lab: Actor
) -> None:
    files = [factories.offered_words(studio) for _number in range(2)]
    words = {}
    for file in files:
        with object_store().open(file.object_key) as stored:
            words[file.object_key] = stored.read()
        object_store().delete(file.object_key)
    assert reckon_pending() == 2  # in vain: the store does not have them now
    factories.grant(studio, lab, files)
    advance()
    assert sign_pending() == 0
    key = files[0].object_key
    object_store().put_bytes(key, words[key])
    with time_machine.travel(timezone.now() + timedelta(seconds=30)):
        assert reckon_pending() == 2
        assert sign_pending() == 1
    assert _says_code(Credential.objects.get(granted_asset__asset=files[0], state=WorkState.DONE))
    with time_machine.travel(timezone.now() + timedelta(seconds=61)):
        assert sign_pending() == 1
    assert not _says_code(Credential.objects.get(granted_asset__asset=files[1]))


def test_no_content_code_is_reckoned_of_a_likeness() -> None:
    agency = factories.talent()
    factories.words(agency, factories.likeness(agency))
    assert reckon_pending() == 0


def test_many_workers_sign_each_file_once(waiting: Waiting) -> None:
    factories.grant(waiting.studio, waiting.lab, [factories.offered_words(waiting.studio)])
    advance()
    done: list[int] = []
    assert at_once(*[lambda: done.append(sign_pending())] * 3) == [None] * 3
    assert sum(done) == Event.objects.filter(kind="credential.signed.v2").count() == 2


def test_many_workers_open_each_file_once(studio: Actor, lab: Actor) -> None:
    files = [factories.offered_words(studio) for _number in range(8)]
    for some in batched(files, 2):
        factories.grant(studio, lab, some)
    raised = at_once(*[partial(sign_pending, 2)] * 4, *[sign_pending] * 4)
    assert raised == [None] * 8
    assert sorted(Credential.objects.values_list("granted_asset__asset", flat=True)) == sorted(
        file.pk for file in files
    )
    assert EdgeCode.objects.filter(kind="credential").count() == 8  # none was drawn in vain


def test_what_ended_before_it_was_taken_up_is_never_signed(studio: Actor, lab: Actor) -> None:
    ended = [factories.grant(studio, lab, [factories.offered_words(studio)]) for _ in range(3)]
    for each in ended:
        revoke_grant(actor=studio, code=each.code, reason="Wrong cut.")
    standing = factories.grant(studio, lab, [factories.offered_words(studio)])
    advance()
    assert (sign_pending(1), sign_pending(1)) == (1, 0)  # they keep nobody else waiting
    assert Credential.objects.get().granted_asset.grant == standing
    assert not GrantedAsset.objects.filter(awaits_credential=True).exists()


def test_with_nothing_to_sign_the_job_asks_two_indexes(waiting: Waiting) -> None:
    factories.grant(
        waiting.studio,
        waiting.lab,
        [factories.offered_words(waiting.studio) for _number in range(3)],
    )
    advance()
    assert sign_pending() == 4
    with CaptureQueriesContext(connection) as asked:
        assert sign_pending() == 0
    assert len(asked) == 2
    if connection.vendor == "sqlite":  # a plan that hangs on no statistics
        with connection.cursor() as cursor:
            for query, index in zip(
                asked, ("granted_awaits_credential", "credential_due"), strict=True
            ):
                cursor.execute(f"EXPLAIN QUERY PLAN {query['sql']}")
                assert index in str(cursor.fetchall()[0])


def test_what_an_older_worker_signed_is_not_signed_again(waiting: Waiting) -> None:
    advance()
    sign_pending()
    [signed] = Credential.objects.all()
    new = factories.grant(
        waiting.studio, waiting.lab, [factories.offered_words(waiting.studio)]
    ).granted_assets.get()
    GrantedAsset.objects.update(awaits_credential=True)  # it did not know the field
    advance()
    assert sign_pending() == 1
    assert not GrantedAsset.objects.filter(awaits_credential=True).exists()
    assert Credential.objects.get(granted_asset=new) != signed
    assert EdgeCode.objects.filter(kind="credential").count() == 2


def test_a_revoked_grant_is_not_signed(waiting: Waiting, monkeypatch: pytest.MonkeyPatch) -> None:
    advance()
    real = credentials._sign

    def slow(*arguments: Any) -> credentials.SignedFile:
        revoke_grant(actor=waiting.studio, code=waiting.grant.code, reason="Wrong cut.")
        return real(*arguments)

    monkeypatch.setattr(credentials, "_sign", slow)
    sign_pending()
    assert Credential.objects.get().state == WorkState.DUE
    assert not Event.objects.filter(kind="credential.signed.v2").exists()
    Credential.objects.update(not_before=waiting.grant.issued_at)
    assert sign_pending() == 0


def test_what_cannot_be_signed_is_tried_again_ever_less_often(waiting: Waiting) -> None:
    advance()
    source_type = Asset.objects.get().source_type
    Asset.objects.update(source_type="dream")
    for attempt in range(1, credentials.MAX_ATTEMPTS + 1):
        Credential.objects.update(not_before=waiting.grant.issued_at)
        sign_pending()
        assert Credential.objects.get().attempts == attempt
    failed = Credential.objects.get()
    assert (failed.state, "dream" in failed.problem) == (WorkState.FAILED, True)
    assert sign_pending() == 0
    assert not Event.objects.filter(kind="credential.signed.v2").exists()

    Asset.objects.update(source_type=source_type)  # repaired: the next hour's try finds it
    Credential.objects.update(not_before=waiting.grant.issued_at)
    assert sign_pending() == 1
    signed = Credential.objects.get()
    assert (signed.state, signed.problem) == (WorkState.DONE, "")


def test_a_likeness_is_signed_with_its_consent_and_without_the_person(lab: Actor) -> None:
    agency = factories.talent("Hanbit")
    likeness = factories.likeness(agency)
    consent = factories.consent(agency, likeness, document="Letter of Kim Min's mother")
    file = factories.words(agency, likeness)
    Asset.objects.filter(pk=file.pk).update(kind="audio", filename="Kim Min voice.srt")
    factories.offer(agency, likeness, uses=["generate.likeness"])
    granted = _voice_grant(agency, lab, file)
    advance()
    assert sign_pending() == 1
    credential = Credential.objects.get(granted_asset__grant=granted)
    manifest = sidecar(credential)
    committed = Event.objects.get(kind="consent.recorded").facts().commitments["consent"]
    assert consent.code.encode() in manifest
    assert committed.encode() in manifest
    for private in (b"Kim Min", b"mother", b"1990-05", consent.description.encode()):
        assert private not in manifest
        assert not any(private in bytes(event.leaf) for event in Event.objects.all())


def _voice_grant(agency: Actor, lab: Actor, file: Asset, **scope: Any) -> Grant:
    request = factories.draft(lab, [file], uses=["generate.likeness"], **scope)
    submit_request(actor=lab, code=request.code)
    deal = approve_deal(actor=agency, code=request.deals.get().code)
    record_bank_transfer(
        actor=agency,
        deal_code=deal.code,
        amount_minor=deal.amount_minor,
        currency=deal.currency,
        reference="Wire",
        settled_at=timezone.now(),
    )
    issue_pending()
    return Grant.objects.get(deal=deal)


def test_a_credential_names_only_consents_that_carry_its_grant(lab: Actor) -> None:
    agency = factories.talent()
    likeness = factories.likeness(agency)
    file = factories.words(agency, likeness)
    Asset.objects.filter(pk=file.pk).update(kind="audio")
    factories.offer(agency, likeness)
    gone = factories.consent(agency, likeness)
    withdraw_consent(actor=agency, code=gone.code)
    other = factories.consent(agency, likeness, attributes=["face"], uses=["dub"])
    right = factories.consent(agency, likeness)
    grant = _voice_grant(agency, lab, file)
    named = [each.code for each in footing_of(grant.granted_assets.get()).going_on]
    assert named == [right.code], (other.code, gone.code)


def test_a_credential_names_a_consent_that_is_suspended_while_it_is_signed(lab: Actor) -> None:
    """It goes on once that stands again, and is struck out once it is withdrawn."""
    agency = factories.talent()
    likeness = factories.likeness(agency)
    file = factories.words(agency, likeness)
    Asset.objects.filter(pk=file.pk).update(kind="audio")
    factories.offer(agency, likeness)
    consents = [factories.consent(agency, likeness) for _ in range(2)]
    grant = _voice_grant(agency, lab, file)
    suspend_consent(actor=agency, code=consents[0].code, reason="dispute")
    withdraw_consent(actor=agency, code=consents[1].code)
    advance()
    assert sign_pending() == 1
    credential = Credential.objects.get(granted_asset__grant=grant)
    assert credential.state == WorkState.DONE
    named = [each.code.encode() in sidecar(credential) for each in consents]
    assert named == [True, False]


def test_nothing_is_signed_of_a_file_on_which_no_consent_goes_on(lab: Actor) -> None:
    agency = factories.talent()
    likeness = factories.likeness(agency)
    file = factories.words(agency, likeness)
    Asset.objects.filter(pk=file.pk).update(kind="audio")
    factories.offer(agency, likeness)
    consent = factories.consent(agency, likeness)
    grant = _voice_grant(agency, lab, file)
    withdraw_consent(actor=agency, code=consent.code)
    advance()
    sign_pending()
    credential = Credential.objects.get(granted_asset__grant=grant)
    assert credential.state != WorkState.DONE
    assert credential.problem == "its licence ended with a consent that it was granted on"


def test_a_file_that_was_delivered_before_keeps_its_past(
    studio: Actor, lab: Actor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A licensee who registers what was delivered as their own work cannot wash it clean."""
    first = factories.grant(studio, lab, [factories.offered_film(studio)])
    advance()
    sign_pending()
    delivered = saved(Credential.objects.get(), tmp_path / "mine.mp4")

    other = factories.studio("Other Studio")
    title = factories.title(other)
    again = factories.asset(other, title, delivered)
    factories.ownership(other, title)
    factories.offer(other, title)
    second = factories.grant(other, factories.lab("Other Lab"), [again])
    advance()
    with monkeypatch.context() as busy:  # a machine on which nothing is read in time
        busy.setattr("provenance.verification.inspection._WALL_SECONDS", 0)
        busy.setattr("edgecode.verify.host._GRACE_SECONDS", 0)
        sign_pending()
    signed = Credential.objects.get(granted_asset__grant=second)
    assert "took more time" in signed.problem
    Credential.objects.filter(pk=signed.pk).update(not_before=timezone.now())
    sign_pending()
    advance()
    signed.refresh_from_db()
    path = saved(signed, tmp_path / "theirs.mp4")
    report = verify_file(path, filename="mine.mp4", mime="video/mp4")

    assert report.verdict == Verdict.AUTHORISED
    assert [action["action"] for action in report.inspection.actions] == ["c2pa.opened"]
    past = next(check for check in report.checks if check.id == "past")
    assert past.outcome == Outcome.WARNING
    assert f"EC {first.code[:4]} {first.code[4:]}" in str(past.detail)


def test_a_long_file_is_read_once_for_all_its_licensees(
    studio: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(credentials, "_HASHED_AT_ONCE", 0)
    film = factories.offered_film(studio)
    for number in range(3):
        factories.grant(studio, factories.lab(f"Lab {number}"), [film])
    advance()
    read: list[str] = []
    prepare = preparing.prepare
    monkeypatch.setattr(
        preparing, "prepare", lambda *what: read.append(what[0].code) or prepare(*what)
    )
    while sign_pending():
        pass
    signed = list(Credential.objects.select_related("prepared"))
    assert [each.state for each in signed] == [WorkState.DONE] * 3
    assert read == [film.code]
    assert len({content(each) for each in signed}) == 3
    kept = object_store().size(PreparedFile.objects.get().kept_key)
    assert kept < film.size_bytes / 10
    for each in signed:
        said = facts(Event.objects.get(stream=each.stream))["file"]["placed"]
        file, end = content(each), said["offset"] + said["length"]
        manifest = file[said["offset"] : end]
        assert hashlib.sha256(manifest).hexdigest() == said["manifest_sha256"]
        blank = file[: said["offset"]] + bytes(said["length"]) + file[end:]
        assert hashlib.sha256(blank).hexdigest() == said["blank_sha256"]


def test_one_file_that_cannot_be_signed_does_not_stop_the_others(studio: Actor, lab: Actor) -> None:
    files = [factories.offered_words(studio) for _ in range(3)]
    factories.grant(studio, lab, files)
    advance()
    Asset.objects.filter(pk=files[1].pk).update(source_type="dream")
    assert sign_pending() == 3
    states = dict(Credential.objects.values_list("granted_asset__asset__code", "state"))
    assert states == {
        files[0].code: WorkState.DONE,
        files[1].code: WorkState.DUE,
        files[2].code: WorkState.DONE,
    }
