"""Verdicts on deals that wait follow a studio's own rule rows, without anybody asking."""

from datetime import date

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.access import Actor
from ledger.models import Event
from licensing.counsel.rule_rows import add_rule, supersede_rule
from licensing.models import Clearance, Deal, DealState, ReviewItem, RuleRow
from licensing.verdicts.clearing_again import clear_again_pending
from tests import factories
from tests.ledger.test_semantics import replay
from tests.licensing.law import american_law, held_for_a_condition

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


@pytest.fixture
def studio() -> Actor:
    return factories.studio()


def open_deal(studio: Actor) -> Deal:
    """A request for a work that two own, under a law by which one of them may license alone."""
    film = factories.title(studio)
    file = factories.words(studio, film)
    for party in ("Studio", "Bruma"):
        factories.ownership(studio, film, party=party, share="1/2", law="US")
    factories.offer(studio, film)
    return factories.deal(factories.lab(), [file])


def questions(deal: Deal) -> list[str]:
    return list(ReviewItem.objects.filter(deal=deal).values_list("reason", flat=True))


def newest(deal: Deal) -> Clearance:
    return Clearance.objects.filter(item__deal=deal).latest("pk")


@pytest.mark.django_db(transaction=True)
def test_the_queue_follows_a_row_and_asks_once() -> None:
    studio = factories.studio("Studio")
    deal, others = open_deal(studio), open_deal(factories.studio("Studio"))
    assert clear_again_pending() == 0
    add_rule(actor=studio, table="co_owners", key="US", body=None, source="Memo")
    assert questions(deal) == []  # as before
    assert clear_again_pending() == 1
    assert newest(deal).verdict == "REVIEW"
    assert questions(deal) == ["GOVERNING_LAW_UNKNOWN"]
    assert newest(others).verdict == "CONDITIONAL"
    told = Event.objects.filter(kind="clearance.decided").latest("pk").facts()
    assert told.actor == "system:worker"
    assert clear_again_pending() == 0
    supersede_rule(
        actor=studio, code=RuleRow.objects.get().code, body={"rule": "account"}, source="Memo 2"
    )
    assert clear_again_pending() == 1
    assert (newest(deal).verdict, questions(deal)) == ("CONDITIONAL", [])
    assert [str(violation) for violation in replay()] == []


def test_a_row_that_begins_today_is_asked_with_today(studio: Actor) -> None:
    with time_machine.travel("2026-11-20T10:00:00Z", tick=False) as clock:
        studio = factories.studio("Studio")
        deal = open_deal(studio)
        add_rule(
            actor=studio, table="co_owners", key="US", body=None, source="Memo",
            valid_from=date(2026, 11, 22),
        )  # fmt: skip
        assert clear_again_pending() == 0
        clock.move_to("2026-11-22T00:00:00Z")
        assert clear_again_pending() == 1
        assert questions(deal) == ["GOVERNING_LAW_UNKNOWN"]


def test_a_held_deal_follows_and_one_that_is_over_does_not(studio: Actor) -> None:
    with american_law():
        deal = held_for_a_condition(studio, factories.lab())
        assert newest(deal).verdict == "CONDITIONAL"
        add_rule(actor=studio, table="co_owners", key="US", body=None, source="Memo")
        assert clear_again_pending() == 1
        assert newest(deal).verdict == "REVIEW"
        assert questions(deal) == ["GOVERNING_LAW_UNKNOWN"]
        assert Deal.objects.get(pk=deal.pk).state == DealState.HELD
        over = open_deal(studio)
        Deal.objects.filter(pk=over.pk).update(state=DealState.WITHDRAWN)
        Clearance.objects.filter(item__deal=over).delete()
        assert clear_again_pending() == 0
        assert [str(violation) for violation in replay()] == []


@pytest.mark.django_db(transaction=True)
def test_looking_for_stale_verdicts_takes_as_many_queries_for_many_deals() -> None:
    studio = factories.studio("Studio")
    add_rule(actor=studio, table="co_owners", key="US", body=None, source="Memo")

    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert clear_again_pending() == 0
        return len(asked)

    open_deal(studio)
    of_one = queries()
    open_deal(studio)
    assert queries() == of_one
