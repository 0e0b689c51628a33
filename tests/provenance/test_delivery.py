"""Handing files over: to the licensee, while the grant stands, by links that cannot be forged."""

import hashlib
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import signing
from django.utils import timezone
from pytest_django import Settings

from accounts.access import Actor, Permission
from accounts.codes import allocate
from accounts.errors import Conflict, NotAllowed, NotFound
from catalog.consenting import resume_consent, suspend_consent
from catalog.models import Asset, WorkState
from catalog.withdrawing import withdraw_consent
from ledger.models import Event
from ledger.sequencer import advance
from licensing.grants.issuing import revoke_grant
from licensing.models import Duty, Grant
from provenance.credentials.delivery import link, open_delivery, resolve
from provenance.credentials.signing import sign_pending
from provenance.models import Credential, CredentialForm, Delivery
from tests import factories
from tests.accounts.witness import at_once, last, only_with, refs, refused
from tests.provenance import licensed
from tests.provenance.delivered import Licensed

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("var_dir")]


licensed_words, studio, lab = licensed.licensed_words, licensed.studio, licensed.lab


@pytest.fixture
def credential(licensed_words: Licensed) -> Credential:
    return licensed_words.credential


def token(delivery: Delivery, part: Any = "file") -> str:
    return link(delivery, part).split("/")[2]


def test_the_licensee_gets_links_to_file_and_sidecar(lab: Actor, credential: Credential) -> None:
    delivery = open_delivery(actor=lab, credential_code=credential.code)
    event = last("delivery.authorised")
    grant = credential.granted_asset.grant
    assert refs(event) == {"credential": credential.stream, "grant": grant.stream}
    file, sidecar = resolve(token(delivery)), resolve(token(delivery, "sidecar"))
    asset = credential.granted_asset.asset
    assert (file.filename, file.size) == ("words.srt", asset.size_bytes)
    assert file.tag != sidecar.tag
    assert sidecar.filename == "words.srt.c2pa"
    assert b"".join(sidecar.read(0, sidecar.size)) == bytes(credential.manifest.body)
    content = b"".join(file.read(0, file.size))
    assert hashlib.sha256(content).hexdigest() == asset.sha256
    assert Delivery.objects.get().first_used_at is not None


def test_a_file_is_not_delivered_while_a_condition_of_it_is_overdue(
    lab: Actor, credential: Credential
) -> None:
    delivery = open_delivery(actor=lab, credential_code=credential.code)
    granted = credential.granted_asset
    duty = Duty.objects.create(
        code=allocate("duty"),
        deal=granted.grant.deal,
        owed_by="licensor",
        kind="excise",
        ground="condition",
        files=[granted.asset.code],
        due_at=timezone.now() + timedelta(hours=1),
    )
    assert open_delivery(actor=lab, credential_code=credential.code)
    Duty.objects.update(due_at=timezone.now())
    with refused(Conflict):
        open_delivery(actor=lab, credential_code=credential.code)
    with refused(NotAllowed):
        resolve(token(delivery))
    Duty.objects.filter(pk=duty.pk).update(state="waived")
    assert resolve(token(delivery))


def test_nobody_else_gets_a_link(studio: Actor, lab: Actor, credential: Credential) -> None:
    only_with(
        Permission.DOWNLOAD_FILES,
        lab,
        lambda who: open_delivery(actor=who, credential_code=credential.code),
    )
    strangers = factories.lab(), Actor(studio.organisation, permissions=lab.permissions)
    for stranger in strangers:
        with refused(NotFound):
            open_delivery(actor=stranger, credential_code=credential.code)
    assert not Delivery.objects.exists()


def test_a_likeness_is_delivered_while_a_consent_to_it_stands(lab: Actor) -> None:
    agency = factories.talent()
    likeness = factories.likeness(agency)
    consents = [factories.consent(agency, likeness, uses=["train"]) for _ in range(2)]
    file = factories.words(agency, likeness)
    Asset.objects.filter(pk=file.pk).update(kind="audio")
    factories.offer(agency, likeness)
    grant = factories.grant(agency, lab, [file])
    advance()
    sign_pending()
    code = Credential.objects.get(granted_asset__grant=grant).code
    withdraw_consent(actor=agency, code=consents[0].code)
    delivery = open_delivery(actor=lab, credential_code=code)
    assert resolve(token(delivery)).filename == "words.srt"
    withdraw_consent(actor=agency, code=consents[1].code)
    with refused(Conflict):
        open_delivery(actor=lab, credential_code=code)
    with refused(NotAllowed):
        resolve(token(delivery))
    assert Delivery.objects.count() == 1


def test_a_consent_that_rested_at_the_grant_delivers_nothing_afterwards(lab: Actor) -> None:
    """The licence rests on the other one alone, which the log names; with it, it ends."""
    agency = factories.talent()
    likeness = factories.likeness(agency)
    named, rested = [factories.consent(agency, likeness, uses=["train"]) for _ in range(2)]
    file = factories.words(agency, likeness)
    Asset.objects.filter(pk=file.pk).update(kind="audio")
    factories.offer(agency, likeness)
    suspend_consent(actor=agency, code=rested.code, reason="dispute")
    grant = factories.grant(agency, lab, [file])
    advance()
    sign_pending()
    code = Credential.objects.get(granted_asset__grant=grant).code
    resume_consent(actor=agency, code=rested.code)
    open_delivery(actor=lab, credential_code=code)
    withdraw_consent(actor=agency, code=named.code)
    with refused(Conflict):
        open_delivery(actor=lab, credential_code=code)


def test_only_a_running_grant_delivers(studio: Actor, lab: Actor, credential: Credential) -> None:
    delivery = open_delivery(actor=lab, credential_code=credential.code)
    grant = credential.granted_asset.grant
    now = timezone.now()
    ended = [
        {"starts_at": now + timedelta(days=1)},
        {"ends_at": now - timedelta(seconds=1)},
        {"revoked_at": now},
        {"superseded_at": now},
    ]
    for change in ended:
        Grant.objects.filter(pk=grant.pk).update(**change)
        with refused(Conflict):
            open_delivery(actor=lab, credential_code=credential.code)
        with pytest.raises(NotAllowed):
            resolve(token(delivery))
        Grant.objects.filter(pk=grant.pk).update(
            starts_at=grant.starts_at, ends_at=grant.ends_at, revoked_at=None, superseded_at=None
        )
    Credential.objects.update(state=WorkState.DUE)
    with refused(Conflict):
        open_delivery(actor=lab, credential_code=credential.code)
    assert Delivery.objects.count() == 1


def test_a_link_expires_and_cannot_be_made_up(
    lab: Actor, credential: Credential, settings: Settings
) -> None:
    delivery = open_delivery(actor=lab, credential_code=credential.code)
    good = token(delivery)
    forged = [
        "",
        "x",
        good[:-1],
        good + "A",
        good.replace(":", "."),
        signing.dumps([delivery.code, "file"]),
        signing.dumps([delivery.code, "file"], salt="edgecode.delivery", key="guessed"),
        signing.dumps(["7K3F2Q9D", "file"], salt="edgecode.delivery"),
    ]
    for wrong in forged:
        with pytest.raises(NotFound):
            resolve(wrong)
    life = settings.ENV.delivery_link_seconds
    expired = time_machine.travel(timezone.now() + timedelta(seconds=life + 1))
    with expired, pytest.raises(NotAllowed):
        resolve(good)
    Credential.objects.update(form=CredentialForm.EMBEDDED)
    with pytest.raises(NotFound):
        resolve(signing.dumps([delivery.code, "sidecar"], salt="edgecode.delivery"))


def test_a_delivery_is_wholly_before_or_after_the_revocation(
    studio: Actor, lab: Actor, credential: Credential
) -> None:
    code = credential.granted_asset.grant.code
    raised = at_once(
        *[lambda: open_delivery(actor=lab, credential_code=credential.code)] * 3,
        lambda: revoke_grant(actor=studio, code=code, reason="Wrong cut."),
    )
    assert raised[3] is None
    assert all(error is None or isinstance(error, Conflict) for error in raised)
    revoked = Event.objects.get(kind="grant.revoked").pk
    delivered = Event.objects.filter(kind="delivery.authorised").values_list("pk", flat=True)
    assert all(pk < revoked for pk in delivered)
    assert len(delivered) == Delivery.objects.count()
