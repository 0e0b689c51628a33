"""Home: what waits for whom."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.access import Actor
from licensing.deals.transitions import approve_deal
from licensing.grants.ending import end_pending
from licensing.grants.issuing import revoke_grant
from tests import factories
from tests.web.reading import signed_in, text, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


@pytest.fixture
def studio() -> Actor:
    return factories.studio("Peach Pictures")


@pytest.fixture
def lab() -> Actor:
    return factories.lab("Lumen Lab")


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("studio", "Register a title"),
        ("talent", "Register a performer"),
        ("lab", "Search what is on offer"),
        ("auditor", "Verify a file"),
        ("platform", "Verify a file"),
    ],
)
def test_a_newcomer_sees_what_to_do_first(kind: str, said: str) -> None:
    client = Client()
    client.force_login(factories.membership(kind).user)
    assert said in words(client.get("/home/"))


def test_a_deal_waits_on_the_desk_of_who_must_act(studio: Actor, lab: Actor) -> None:
    deal = factories.deal(lab, [factories.offered_words(studio)])
    page = words(signed_in(studio).get("/home/"))
    assert "Deals that await your decision 1" in page
    assert "Lumen Lab" in page
    assert "USD 1,000.00" in page
    assert f'href="/deals/{deal.code}/"' in text(signed_in(studio).get("/home/"))
    assert "Waiting for the licensor 1" in words(signed_in(lab).get("/home/"))
    approve_deal(actor=studio, code=deal.code)
    assert "payment not yet recorded 1" in words(signed_in(studio).get("/home/"))
    assert "Agreed, waiting for your payment 1" in words(signed_in(lab).get("/home/"))


def test_drafts_and_files_being_signed_wait_for_the_lab(studio: Actor, lab: Actor) -> None:
    film = factories.offered_words(studio)
    draft = factories.draft(lab, [film])
    page = text(signed_in(lab).get("/home/"))
    assert "Set one" in page
    assert f'href="/requests/{draft.code}/"' in page
    factories.grant(studio, lab, [film])
    page = words(signed_in(lab).get("/home/"))
    assert "Grants in force" in page
    assert "Nothing waits for you" in words(signed_in(studio).get("/home/"))


def test_nothing_of_others_lies_on_a_desk(studio: Actor, lab: Actor) -> None:
    factories.deal(lab, [factories.offered_words(studio)])
    for stranger in (factories.studio(), factories.lab()):
        page = words(signed_in(stranger).get("/home/"))
        assert "Lumen Lab" not in page
        assert "Peach Pictures" not in page


def test_home_asks_the_same_queries_however_much_waits(studio: Actor) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            signed_in(studio).get("/home/")
        return len(asked)

    film = factories.offered_words(studio)
    factories.deal(factories.lab(), [film])
    few = queries()
    for _ in range(3):
        factories.deal(factories.lab(), [film])
    assert queries() == few


def test_what_is_overdue_stands_above_what_ends_soon(studio: Actor, lab: Actor) -> None:
    kept, lost = factories.offered_words(studio), factories.offered_words(studio, name="Other")
    ending, revoked = factories.grant(studio, lab, [kept]), factories.grant(studio, lab, [lost])
    revoke_grant(actor=studio, code=revoked.code, reason="Resold.")
    duty = revoked.duties.get(kind="stop")
    with time_machine.travel(factories.ENDS - timedelta(days=20), tick=False):
        for actor, late in ((lab, "what you owe"), (studio, "what you are owed")):
            page = words(signed_in(actor).get("/home/"))
            order = [page.index(f"Overdue: {late}"), page.index("Licences that end soon 1")]
            assert order == sorted(order)
            shown = words(signed_in(actor).get("/ending/?within=30"))
            assert ending.display_code in shown
            assert "in 20 days" in shown
            assert revoked.display_code not in shown
            assert "Nothing ends" in words(signed_in(actor).get("/ending/?within=7&what=consents"))
            assert "The term ends on" in words(signed_in(actor).get(f"/grants/{ending.code}/"))
        assert f"/duties/{duty.code}/" in text(signed_in(lab).get("/home/"))
        stranger = words(signed_in(factories.lab()).get("/ending/"))
        assert "Nothing ends within this time" in stranger
    with time_machine.travel(factories.ENDS, tick=False):
        end_pending()
        shown = words(signed_in(lab).get(f"/grants/{ending.code}/"))
        assert "The term was over on" in shown
        assert "Both sides were told that it is over" in shown


def test_an_agency_sees_which_consents_end() -> None:
    agency = factories.talent()
    factories.consent(agency, factories.likeness(agency))
    with time_machine.travel(factories.ENDS - timedelta(days=5), tick=False):
        assert "Consents that end soon 1" in words(signed_in(agency).get("/home/"))
        assert "in 5 days" in words(signed_in(agency).get("/ending/?what=consents"))
