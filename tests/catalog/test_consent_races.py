"""What is done to one consent at once: one comes first, and the log tells it in that order.

On SQLite whole transactions follow each other anyway; PostgreSQL shows whether the locks hold.
"""

from collections.abc import Callable
from functools import partial

import pytest

from accounts.errors import Conflict, DomainError
from catalog.approvals import ask_approval, decide_approval
from catalog.authorities import end_authority
from catalog.consent_uses import record_use
from catalog.consenting import suspend_consent, take_back_consent
from catalog.consents.life import State
from catalog.models import Consent, Signature
from catalog.signing import decline_consent
from catalog.withdrawing import withdraw_consent
from ledger.models import Event
from tests import factories
from tests.catalog.test_consents import (
    APPROVED,
    FACE_ONLY,
    at_once,
    likeness,
    links,
    live,
    offered,
    sign,
    speaker,
    state,
)

pytestmark = pytest.mark.django_db(transaction=True)


def kinds() -> list[str]:
    return list(Event.objects.order_by("pk").values_list("kind", flat=True))


def test_twenty_who_use_the_last_five_outputs() -> None:
    agency, lab = factories.talent(), factories.lab()
    consent = live(agency, likeness(agency), max_outputs=5)
    results = at_once(
        *[lambda: record_use(actor=lab, consent_code=consent.code, description="x")] * 20
    )
    assert sum(isinstance(each, Conflict) for each in results) == 15
    consent.refresh_from_db()
    assert (consent.used_outputs, consent.uses_made.count()) == (5, 5)
    assert kinds().count("consent.used") == 5


@pytest.mark.parametrize("how", ["suspended", "withdrawn"])
def test_no_use_is_recorded_after_the_consent_was_stopped(how: str) -> None:
    agency, lab = factories.talent(), factories.lab()
    for _round in range(3):
        consent = live(agency, likeness(agency))
        stop: Callable[[], object] = (
            partial(suspend_consent, actor=agency, code=consent.code, reason="breach")
            if how == "suspended"
            else partial(withdraw_consent, actor=agency, code=consent.code)
        )
        use = partial(record_use, actor=lab, consent_code=consent.code, description="x")
        at_once(use, use, use, stop, use, use, use)
        told = kinds()
        stopped = len(told) - told[::-1].index(f"consent.{how}") - 1
        assert "consent.used" not in told[stopped:]


def test_nobody_signs_once_their_authority_has_ended() -> None:
    agency = factories.talent()
    for _round in range(3):
        of = likeness(agency)
        agent = speaker(agency, of, "agent")
        consent = offered(agency, of)
        (token,) = links(agency, consent).values()
        at_once(
            partial(sign, token, consent), partial(end_authority, actor=agency, code=agent.code)
        )
        told = kinds()
        ended = len(told) - told[::-1].index("authority.ended") - 1
        assert "consent.signed" not in told[ended:]
        signed = Signature.objects.filter(consent=consent).exists()
        assert state(consent) is (State.LIVE if signed else State.OFFERED)


def test_signing_and_declining_by_one_link_is_one_of_them() -> None:
    agency = factories.talent()
    for _round in range(3):
        of = likeness(agency)
        speaker(agency, of)
        consent = offered(agency, of)
        (token,) = links(agency, consent).values()
        results = at_once(partial(sign, token, consent), partial(decline_consent, token=token))
        assert sum(isinstance(each, Consent) for each in results) == 1
        signed = consent.signatures.exists()
        assert state(consent) is (State.LIVE if signed else State.DECLINED)


def test_an_offer_is_taken_back_or_signed() -> None:
    agency = factories.talent()
    for _round in range(3):
        of = likeness(agency)
        speaker(agency, of)
        consent = offered(agency, of)
        (token,) = links(agency, consent).values()
        at_once(
            partial(sign, token, consent),
            partial(take_back_consent, actor=agency, code=consent.code),
        )
        signed = consent.signatures.exists()
        assert state(consent) is (State.LIVE if signed else State.DRAFT)


def test_withdrawn_by_two_at_once_it_is_said_once() -> None:
    agency = factories.talent()
    consent = live(agency, likeness(agency))
    results = at_once(*[partial(withdraw_consent, actor=agency, code=consent.code)] * 6)
    assert sum(isinstance(each, Consent) for each in results) == 1
    assert kinds().count("consent.withdrawn") == 1


def test_a_question_is_answered_once() -> None:
    agency, lab = factories.talent(), factories.lab()
    consent = live(agency, likeness(agency), terms=FACE_ONLY["terms"] | APPROVED)
    asked = ask_approval(actor=lab, consent_code=consent.code, stage="clip", description="x")
    answers = [
        partial(decide_approval, actor=agency, code=asked.code, approved=yes)
        for yes in (True, False)
    ]
    results = at_once(*answers * 4)
    assert sum(isinstance(each, DomainError) for each in results) == 7
    assert kinds().count("approval.decided") == 1
