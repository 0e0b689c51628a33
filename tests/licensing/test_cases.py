"""An auditor is let in by a party to the deals, and out again; the log says both."""

import pytest

from accounts.access import Actor, Permission
from accounts.errors import Conflict, Invalid, NotAllowed, NotFound
from ledger.models import Event
from licensing.deals.cases import close_case, open_case
from licensing.models import AuditCase, Deal
from tests import factories
from tests.accounts.witness import last, refs, refused, without

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


@pytest.fixture
def studio() -> Actor:
    return factories.studio()


@pytest.fixture
def lab() -> Actor:
    return factories.lab()


@pytest.fixture
def auditor() -> Actor:
    return factories.auditor()


@pytest.fixture
def deal(studio: Actor, lab: Actor) -> Deal:
    return factories.deal(lab, [factories.offered_words(studio)])


def code_of(actor: Actor) -> str:
    assert actor.organisation is not None
    return actor.organisation.code


def opened(actor: Actor, auditor: Actor, *deals: Deal) -> AuditCase:
    return open_case(
        actor=actor, auditor=code_of(auditor), deals=[deal.code for deal in deals], note="Ask Bo."
    )


@pytest.mark.parametrize("side", ["studio", "lab"])
def test_either_side_gives_an_auditor_access(
    side: str, deal: Deal, auditor: Actor, request: pytest.FixtureRequest
) -> None:
    actor = request.getfixturevalue(side)
    case = opened(actor, auditor, deal)
    event = last("case.opened")
    assert event.stream_id == case.stream
    assert event.facts().actor == actor.name
    assert event.facts().refs["subjects"] == [f"{deal.stream}@1"]
    assert refs(event)["auditor"] == auditor.name
    assert b"Bo" not in bytes(event.leaf)


def test_a_case_may_be_about_many_deals(
    studio: Actor, lab: Actor, auditor: Actor, deal: Deal
) -> None:
    other = factories.deal(lab, [factories.offered_words(studio)])
    case = opened(studio, auditor, deal, other)
    assert set(case.deals.all()) == {deal, other}


def test_only_auditors_are_let_in(studio: Actor, lab: Actor, deal: Deal) -> None:
    for stranger in (lab, studio, factories.lab()):
        with refused(Invalid, "auditor"):
            opened(studio, stranger, deal)
    with refused(Invalid, "auditor"):
        open_case(actor=studio, auditor="7K3F2Q9D", deals=[deal.code])


def test_only_a_party_to_every_deal_lets_in(
    studio: Actor, lab: Actor, auditor: Actor, deal: Deal
) -> None:
    other = factories.deal(lab, [factories.offered_words(factories.studio())])
    with refused(Invalid, "deals"):
        opened(studio, auditor, deal, other)
    with refused(Invalid, "deals"):
        opened(studio, auditor)
    assert not AuditCase.objects.exists()


def test_it_takes_who_may_bind_the_organisation(
    studio: Actor, lab: Actor, auditor: Actor, deal: Deal
) -> None:
    case = opened(studio, auditor, deal)
    for side in (studio, lab):
        for _what, actor in without(side, Permission.OPEN_CASES):
            with refused(NotAllowed):
                opened(actor, auditor, deal)
            with refused(NotAllowed):
                close_case(actor=actor, code=case.code)


def test_who_opened_it_closes_it_once(
    studio: Actor, lab: Actor, auditor: Actor, deal: Deal
) -> None:
    case = opened(studio, auditor, deal)
    with refused(NotFound):
        close_case(actor=lab, code=case.code)
    with refused(NotAllowed):
        close_case(actor=auditor, code=case.code)
    assert close_case(actor=studio, code=case.code).state == "ended"
    assert last("case.closed").stream_id == case.stream
    with refused(Conflict):
        close_case(actor=studio, code=case.code)
    assert Event.objects.filter(stream=case.stream).count() == 2


def test_others_do_not_see_that_there_is_a_case(
    studio: Actor, lab: Actor, auditor: Actor, deal: Deal
) -> None:
    opened(studio, auditor, deal)
    seeing = [actor for actor in (studio, auditor) if AuditCase.objects.visible_to(actor).exists()]
    assert seeing == [studio, auditor]
    for stranger in (lab, factories.auditor(), factories.studio(), Actor()):
        assert not AuditCase.objects.visible_to(stranger).exists()
