"""The first page of a studio: what is licensable today, and what stands in the way."""

import pytest
from django.test import Client

from accounts.access import for_membership
from accounts.models import Membership
from catalog.merging import merge_titles
from catalog.rights import record_fact
from licensing.library.readiness import check_readiness_pending
from tests import factories
from tests.web.reading import words

pytestmark = pytest.mark.django_db
HOUR_MS = 3_600_000


@pytest.fixture
def house() -> Membership:
    return factories.membership("studio", "Northgate")


@pytest.fixture
def page(house: Membership, client: Client) -> Client:
    client.force_login(house.user)
    return client


def text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_empty_library_is_told_what_will_stand_here(page: Client) -> None:
    assert "Nothing has been checked yet" in text(page, "/readiness/")
    assert "Licensable today" not in text(page, "/home/")
    assert "Nothing has been checked yet" in text(page, "/readiness/titles/?verdict=CLEAR")


@pytest.mark.parametrize("many", [0, 20_000])  # the list is found in another way where it is long
def test_hours_lead_to_the_titles_and_what_each_lacks(
    house: Membership, page: Client, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    monkeypatch.setattr("web.readiness._MANY", many)
    studio = for_membership(house)
    ready = factories.title(studio, name="Ready", runtime_ms=2 * HOUR_MS)
    body = {"party": "Northgate", "share": "1/1"}
    record_fact(actor=studio, title=ready, kind="ownership", body=body, document="Deed")
    factories.title(studio, name="<Blocked & bare>", runtime_ms=HOUR_MS)
    other = factories.studio()
    factories.title(other, name="Not yours", runtime_ms=HOUR_MS)
    check_readiness_pending()
    overview = text(page, "/readiness/")
    assert "The licensor has no recorded right to this work." in overview
    assert "likeness are not counted here" in overview
    assert "Licensable today" in text(page, "/home/")
    blocked = text(page, "/readiness/titles/?reason=NO_TITLE")
    assert "&lt;Blocked &amp; bare&gt;" in blocked
    assert "Ready" not in blocked
    assert "Not yours" not in blocked
    lacking = text(page, "/readiness/titles/?gap=no_evidence")
    assert "Ready" in lacking
    assert "bare" not in lacking
    clear = text(page, "/readiness/titles/?use=train.finetune&verdict=CLEAR")
    assert "Ready" in clear
    assert "bare" not in clear


def test_home_and_readiness_say_what_each_counts(house: Membership, page: Client) -> None:
    studio = for_membership(house)
    kept, twin, _third = (factories.title(studio) for _number in range(3))
    merge_titles(actor=studio, code=twin.code, into=kept.code, reason="Same film")
    check_readiness_pending()
    factories.title(studio)  # registered since
    factories.title(factories.studio())
    assert "4 Titles 1 is a duplicate" in words(page.get("/home/"))
    counted = words(page.get("/readiness/"))
    assert "2 titles, counted" in counted
    assert "1 more is a duplicate and counts with the title that speaks for it." in counted
    assert "1 more is still to be checked." in counted


@pytest.mark.parametrize("query", ["reason=%00", "use=x&verdict=y", "gap=%22", "cursor=-ZZ"])
def test_a_made_up_list_is_empty_or_whole_never_an_error(page: Client, query: str) -> None:
    text(page, f"/readiness/titles/?{query}")


def test_a_lab_has_no_library(client: Client) -> None:
    client.force_login(factories.membership("lab").user)
    assert client.get("/readiness/").status_code == 404
