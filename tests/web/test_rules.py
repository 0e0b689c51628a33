"""The rule tables: browsed, replaced row by row, and decided with; past verdicts keep theirs."""

import io
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client

from accounts.access import Actor
from licensing.clearance import SHIPPED
from licensing.library.readiness import check_readiness_pending
from licensing.models import Clearance, Readiness, RuleRow
from tests import factories
from tests.web.reading import signed_in, text, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]

AFTER = "The end must lie after the start."
CONSENT = {"rule": "consent", "source": "Memo of 1 May", "note": "Reads Davis v. Blige."}


@pytest.fixture
def studio() -> Actor:
    return factories.studio("Northgate")


@pytest.fixture
def page(studio: Actor) -> Client:
    return signed_in(studio)


def verdicts(studio: Actor) -> list[Clearance]:
    """Ask for a work that two own, under a law by which one of them may license alone."""
    film = factories.title(studio)
    file = factories.words(studio, film)
    factories.ownership(studio, film, share="1/2", law="US")
    factories.ownership(studio, film, party="Bruma", share="1/2", law="US")
    factories.offer(studio, film)
    factories.deal(factories.lab(), [file])
    return list(Clearance.objects.order_by("pk"))


def test_each_row_is_shown_with_its_source_and_who_confirmed_it(page: Client) -> None:
    said = words(page.get("/rules/"))
    assert "ours, unchanged" in said
    for row in (
        "17 USC 201(a) and case law",
        "WGA/MBA 2026",
        "EU/HR",
        "S.4591",
        "SU",
        "Ours, unconfirmed",
    ):
        assert row in said
    plain = "written out as countries when they are recorded"
    assert plain in words(page.get("/rules/new/groups/?key=NORDIC"))
    assert plain not in words(page.get("/rules/new/guilds/"))
    only = words(page.get("/rules/?table=guilds"))
    assert "Every owner must consent." not in only
    assert "ours, unchanged" in words(page.get("/rules/?table=none"))


def test_a_row_of_ones_own_counts_from_now_on_and_past_verdicts_keep_theirs(
    studio: Actor, page: Client
) -> None:
    (before,) = verdicts(studio)
    made = page.post("/rules/new/co_owners/?key=US", CONSENT)
    assert made.status_code == 303
    row = RuleRow.objects.get()
    assert made["Location"] == f"/rules/{row.code}/"
    before, after = verdicts(studio)
    assert (before.verdict, after.verdict) == ("CONDITIONAL", "BLOCKED")
    assert before.decision.tables_id == SHIPPED.version != after.decision.tables_id
    for clearance in (before, after):
        said = io.StringIO()
        call_command("clearance", again=clearance.code, stdout=said)
        assert said.getvalue().startswith("reproduced: ")
        shown = words(page.get(f"/clearances/{clearance.code}/?again=1"))
        assert "Reproduced just now by clearance/1" in shown
    check_readiness_pending()
    assert set(Readiness.objects.values_list("verdict", flat=True)) == {"BLOCKED"}
    assert "1 row of yours" in words(page.get("/rules/"))
    other = factories.studio("Elsewhere")
    assert verdicts(other)[-1].verdict == "CONDITIONAL"
    assert signed_in(other).get(f"/rules/{row.code}/").status_code == 404


def test_a_later_row_takes_its_place_with_history_and_difference(
    studio: Actor, page: Client
) -> None:
    page.post("/rules/new/co_owners/?key=US", CONSENT)
    first = RuleRow.objects.get()
    again = page.get("/rules/new/co_owners/?key=US")
    assert again["Location"] == f"/rules/{first.code}/"
    page.post(f"/rules/{first.code}/", CONSENT | {"take_out": "on", "source": "Memo of 2 May"})
    second = RuleRow.objects.latest("pk")
    assert second.supersedes == first
    said = words(page.get(f"/rules/{second.code}/"))
    assert "Memo of 1 May → Memo of 2 May" in said
    assert "Every owner must consent. → No row: what hangs on it needs review" in said
    assert "One owner may license alone and must account to the others. → Every owner" in said
    assert "A later row has been recorded." in words(page.get(f"/rules/{first.code}/"))
    late = page.post(f"/rules/{first.code}/", CONSENT, follow=True)
    assert RuleRow.objects.count() == 2
    assert "Another row has taken its place" in words(late)
    assert verdicts(studio)[-1].decision.reasons == "GOVERNING_LAW_UNKNOWN"


def test_a_row_counts_on_the_days_that_it_speaks_of(studio: Actor, page: Client) -> None:
    with time_machine.travel("2026-11-20T10:00:00Z", tick=False):
        page = signed_in(studio)
        days = {"valid_from": "2026-11-22", "valid_until": "2026-11-24"}
        assert page.post("/rules/new/co_owners/?key=US", CONSENT | days).status_code == 303
    for day, verdict in (
        (21, "CONDITIONAL"),
        (22, "BLOCKED"),
        (23, "BLOCKED"),
        (24, "CONDITIONAL"),
    ):
        with time_machine.travel(f"2026-11-{day}T00:00:00Z", tick=False):
            assert verdicts(studio)[-1].verdict == verdict


@pytest.mark.parametrize(
    ("address", "wrong", "said"),
    [
        ("co_owners/", {"key": "UK"}, "“UK” is no country or group of countries."),
        ("co_owners/?key=US", {"source": ""}, "Fill this in."),
        ("co_owners/?key=US", {"rule": "half"}, "is not in the list. Choose one that is."),
        ("members/", {"key": "EU/CH", "from": "2030-01-01", "until": "2029-01-01"}, AFTER),
        ("groups/?key=DACH", {"codes": "DE, AT XZ"}, "“XZ” is no country"),
        ("successors/?key=DD", {"periods": "1990: DE"}, "Each period has from, before"),
        ("minor/?key=minor", {"of_age": "P18Y", "cap": "5"}, "Write a duration"),
        ("minor/?key=minor", {"of_age": "P18Y", "cap": "P61M"}, "run shorter"),
        ("minor/?key=minor", {"of_age": "P18Y", "cap": "P1827D"}, "never longer"),
        ("minor/?key=minor", {"of_age": "P215M", "cap": "P5Y"}, "of age earlier"),
        ("minor/?key=minor", {"of_age": "P9000Y", "cap": "P5Y"}, "Nobody lives that long."),
        ("policies/?key=no_fakes_2026", {"cap": "P9000Y"}, "never longer"),
        ("void_consent/?key=CA", {"since": "2025-01-02"}, "earlier than by our table, not later"),
        ("void_consent/?key=CA", {"take_out": "on"}, "no row of yours takes it out"),
        ("co_owners/?key=US", {"valid_from": "2027-01-01", "valid_until": "2026-01-01"}, AFTER),
    ],
)  # fmt: skip
def test_a_mistake_is_one_clear_line_beside_its_field(
    page: Client, address: str, wrong: dict[str, Any], said: str
) -> None:
    answer = page.post(f"/rules/new/{address}", CONSENT | wrong)
    assert answer.status_code == 422
    assert said in words(answer)
    assert not RuleRow.objects.exists()


def test_each_table_takes_a_row_of_its_form(page: Client) -> None:
    rows: dict[str, dict[str, Any]] = {
        "void_consent/": {"key": "TX", "since": "2026-01-01"},
        "minor/?key=minor": {"of_age": "P216M", "cap": "P4Y52W"},
        "policies/?key=no_fakes_2026": {"cap": "P7Y"},
        "guilds/": {"key": "DGA/Basic 2026", "effective": "2026-07-01", "duty": "notice"},
        "groups/?key=NORDIC": {"codes": "dk fi is no se fo"},
        "members/": {"key": "EU/CH", "from": "2031-01-01", "until": ""},
        "bundles/": {"key": "NZ", "codes": "CK NU TK"},
        "successors/?key=SU": {"periods": " – 1991-12-26 *: RU, UA\n1991-12-26 – : RU"},
    }
    for address, row in rows.items():
        made = page.post(f"/rules/new/{address}", row | {"source": "Memo"})
        assert made.status_code == 303, (address, words(made))
        assert "Memo" in text(page.get(made["Location"]))
    said = words(page.get("/rules/"))
    assert "8 rows of yours" in said
    assert "1991-12-26 –: RU" in said
    viewer = factories.studio()
    assert (
        signed_in(factories.member(viewer)).post("/rules/new/co_owners/", CONSENT).status_code
        == 403
    )
