"""How much of a library is licensable today, and what blocks the rest."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.access import Actor
from catalog.merging import merge_titles
from catalog.models import Fact, Title
from catalog.rights import record_fact, supersede
from licensing.clearance import clear
from licensing.library.readiness import USES, check_readiness_pending, verdict_by_use
from licensing.models import LibraryReadiness, Readiness, ReadyUse
from tests import factories

pytestmark = pytest.mark.django_db
HOUR_MS = 3_600_000


@pytest.fixture
def studio() -> Actor:
    return factories.studio("Northgate")


def owned(studio: Actor, **changes: Any) -> Title:
    title = factories.title(studio, runtime_ms=HOUR_MS, **changes)
    owns(studio, title)
    return title


def owns(studio: Actor, title: Title, party: str = "Northgate") -> None:
    body = {"party": party, "share": "1/1"}
    record_fact(actor=studio, title=title, kind="ownership", body=body, document="Certificate")


def verdicts(title: Title) -> dict[str, str]:
    return dict(ReadyUse.objects.filter(title=title).values_list("use", "verdict"))


def later(seconds: int = 20) -> Any:
    """After the pause between two looks for what has changed."""
    return time_machine.travel(datetime.now(UTC) + timedelta(seconds=seconds))


def test_what_a_studio_owns_is_licensable_and_counted_in_hours(studio: Actor) -> None:
    title = owned(studio)
    bare = factories.title(studio, runtime_ms=2 * HOUR_MS)
    assert check_readiness_pending() == 2
    assert verdicts(title) == dict.fromkeys(USES, "CLEAR")
    assert verdicts(bare) == dict.fromkeys(USES, "BLOCKED")
    library = LibraryReadiness.objects.get(organisation=studio.organisation)
    assert (library.titles, library.runtime_ms) == (2, 3 * HOUR_MS)
    finetune = [row for row in library.by_use if row["use"] == "train.finetune"]
    assert [(row["verdict"], row["titles"], row["runtime_ms"]) for row in finetune] == [
        ("BLOCKED", 1, 2 * HOUR_MS),
        ("CLEAR", 1, HOUR_MS),
    ]
    assert {row["reason"] for row in library.by_reason} == {"NO_TITLE"}
    assert check_readiness_pending() == 0


def test_one_use_may_be_blocked_and_another_ready(studio: Actor) -> None:
    title = owned(studio)
    for body in (
        {"uses": ["train.pretrain"]},
        {"uses": ["train.finetune"], "territory": ["KR"]},
    ):
        record_fact(actor=studio, title=title, kind="restriction", body=body)
    element = {"element": "music", "ai": "not_granted", "stem": "M&E", "uses": ["index"]}
    record_fact(actor=studio, title=title, kind="element", body=element)
    check_readiness_pending()
    found = verdicts(title)
    assert found["train.pretrain"] == "BLOCKED"
    assert found["train.finetune"] == "PARTIAL"
    assert found["index"] == "CLEAR"


def test_a_title_says_what_it_lacks(studio: Actor) -> None:
    title = factories.title(studio, eidr=factories.EIDR)
    check_readiness_pending()
    assert Readiness.objects.get(title=title).gaps == ["no_file", "no_runtime", "no_holding"]
    body = {"party": "Northgate", "share": "1/1"}
    record_fact(actor=studio, title=title, kind="ownership", body=body)
    with later():
        check_readiness_pending()
    assert Readiness.objects.get(title=title).gaps == [
        "no_file",
        "no_runtime",
        "no_document",
        "no_evidence",
    ]


def test_a_new_fact_of_a_series_changes_its_episodes(studio: Actor) -> None:
    series = owned(studio, kind="series")
    season = factories.title(studio, kind="season", parent=series.code, number=1)
    episode = factories.title(studio, kind="episode", parent=season.code, number=1)
    other = owned(studio)
    check_readiness_pending()
    assert set(verdicts(episode).values()) == {"CLEAR"}
    ban = record_fact(actor=studio, title=series, kind="restriction", body={"uses": ["ai.all"]})
    with later():
        # What was recorded in the last minute is asked again, so the others may be too.
        assert check_readiness_pending() >= 3
        assert set(verdicts(episode).values()) == {"BLOCKED"}
        assert set(verdicts(other).values()) == {"CLEAR"}
        supersede(actor=studio, code=ban.code, reason="Waived")
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=1)):
        check_readiness_pending()
    assert set(verdicts(episode).values()) == {"CLEAR"}


def test_what_an_exclusion_names_is_not_touched(studio: Actor) -> None:
    series = owned(studio, kind="series")
    one, two = (
        factories.title(studio, kind="episode", parent=series.code, number=number)
        for number in (1, 2)
    )
    body = {"uses": ["ai.all"], "excludes": [two.code]}
    record_fact(actor=studio, title=series, kind="restriction", body=body)
    check_readiness_pending()
    assert set(verdicts(one).values()) == {"BLOCKED"}
    assert set(verdicts(two).values()) == {"CLEAR"}


def test_a_duplicate_counts_once_and_lends_its_facts(studio: Actor) -> None:
    kept, twice = factories.title(studio, runtime_ms=HOUR_MS), owned(studio)
    check_readiness_pending()
    assert set(verdicts(kept).values()) == {"BLOCKED"}
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=10)):
        assert check_readiness_pending() <= 2  # looks for what has changed, once
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=20)):
        merge_titles(actor=studio, code=twice.code, into=kept.code, reason="Same film")
        check_readiness_pending()
    assert not verdicts(twice)
    assert set(verdicts(kept).values()) == {"CLEAR"}
    assert LibraryReadiness.objects.get().titles == 1


def test_a_right_that_ends_stops_to_be_ready_by_itself(studio: Actor) -> None:
    title = factories.title(studio)
    end = datetime.now(UTC) + timedelta(days=4 * 365)
    body = {"party": "Northgate", "share": "1/1", "end": end.strftime("%Y-%m-%d")}
    record_fact(actor=studio, title=title, kind="ownership", body=body)
    check_readiness_pending()
    assert set(verdicts(title).values()) == {"CLEAR"}
    with time_machine.travel(end - timedelta(days=365)):
        assert check_readiness_pending() == 1
    assert set(verdicts(title).values()) == {"PARTIAL"}


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "kind": st.just("restriction"),
                "uses": st.lists(st.sampled_from([*USES, "train", "ai.all"]), min_size=1),
                "territory": st.sampled_from(["WORLD", ["KR"]]),
                "end": st.sampled_from([None, "2028-01-01"]),
            }
        ),
        max_size=4,
    )
)
def test_a_use_by_itself_is_answered_as_in_the_whole(restrictions: list[dict[str, Any]]) -> None:
    facts: list[dict[str, Any]] = [
        {"id": "O", "kind": "ownership", "party": "P", "share": "1/1"},
        *({**each, "id": f"R{number}"} for number, each in enumerate(restrictions)),
    ]
    request = {
        "licensor": "P",
        "licensee": "L",
        "uses": list(USES),
        "modality": ["video"],
        "model_kind": ["foundation"],
        "territory": "WORLD",
        "start": "2027-01-01",
        "end": "2030-01-01",
    }
    case = {"schema": "clearance-case/1", "as_of": "2026-11-21", "facts": facts}
    for use, verdict, _reason in verdict_by_use(clear(case | {"request": request})):
        alone = clear(case | {"request": request | {"uses": [use]}})
        assert verdict == alone["verdict"]


def test_each_use_names_its_own_condition(studio: Actor) -> None:
    """A guild asks for a notice where a model is trained; an option holds for the index alone."""
    title = owned(studio)
    guild = {"guild": "SAG-AFTRA", "agreement": "TV/Theatrical 2026"}
    record_fact(actor=studio, title=title, kind="guild", body=guild)
    option = {"type": "rofr", "holder": "Osprey", "notice": "P2W", "uses": ["index"]}
    record_fact(actor=studio, title=title, kind="option", body=option)
    check_readiness_pending()
    reasons = dict(ReadyUse.objects.filter(title=title).values_list("use", "reason"))
    assert set(verdicts(title).values()) == {"CLEAR", "CONDITIONAL"}
    assert reasons["index"] == "ROFR_PENDING"
    assert reasons["train.finetune"] == reasons["train.pretrain"] != "ROFR_PENDING"
    assert reasons["train.finetune"].startswith("GUILD")


@pytest.mark.parametrize("age", [timedelta(), timedelta(seconds=30)])
def test_what_was_committed_behind_the_newest_is_asked_all_the_same(
    studio: Actor, age: timedelta
) -> None:
    early, newest = factories.title(studio), factories.title(studio)
    check_readiness_pending()
    check_readiness_pending()
    Readiness.objects.filter(title=early).delete()  # as if it had just been committed
    Title.objects.filter(pk=early.pk).update(changed_at=timezone.now() - age)
    with later():
        check_readiness_pending()
    assert Readiness.objects.filter(title__in=[early, newest]).count() == 2


def test_what_was_committed_very_late_is_asked_within_the_hour(studio: Actor) -> None:
    late = factories.title(studio)
    factories.title(studio)
    check_readiness_pending()
    check_readiness_pending()
    Readiness.objects.filter(title=late).delete()
    Title.objects.filter(pk=late.pk).update(changed_at=timezone.now() - timedelta(hours=2))
    with later(3600):
        check_readiness_pending()
    assert Readiness.objects.filter(title=late).exists()


@time_machine.travel(datetime.now(UTC).replace(minute=30))  # each new hour all are looked at
def test_the_looks_for_changes_read_no_whole_table(studio: Actor) -> None:
    now = timezone.now()
    title = factories.title(studio)
    Title.objects.bulk_create(
        Title(
            code=f"{10_000_000 + number}",
            organisation=title.organisation,
            kind="film",
            name="Film",
            language="en",
            changed_at=now - timedelta(days=1),
        )
        for number in range(2_000)
    )
    Fact.objects.bulk_create(
        Fact(
            code=f"{20_000_000 + key}",
            title_id=key,
            kind="ownership",
            body={"party": "Northgate", "share": "1/1"},
            recorded_at=now - timedelta(days=1),
        )
        for key in Title.objects.values_list("pk", flat=True)
    )
    Title.objects.update(changed_at=now - timedelta(days=1))
    while check_readiness_pending():
        pass
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    with later(), CaptureQueriesContext(connection) as asked:
        assert check_readiness_pending() == 0
    for query in asked:
        if query["sql"].startswith("SELECT"):
            plan = explained(query["sql"])
            for table in ("catalog_title", "catalog_fact", "licensing_readiness"):
                assert f"Seq Scan on {table} " not in plan, query["sql"]
                assert f"SCAN {table}\n" not in plan, query["sql"]


def explained(sql: str) -> str:
    """Return the database's plan for a question, a step a line."""
    explain = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
    with connection.cursor() as cursor:
        cursor.execute(f"{explain} {sql}")
        return "".join(f"{row[-1]}\n" for row in cursor.fetchall())
