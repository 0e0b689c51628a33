"""What is committed is found by the next question, in every process, also after a restart."""

import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from accounts.models import Organisation
from catalog import search_live, search_snapshots, search_table
from catalog.models import SearchDocument, SearchState
from catalog.search.documents import Document
from catalog.search.index import Found, Scope
from catalog.search.query import Query
from catalog.search_live import Live, NotReady, targets

LAB = Scope(None)


@pytest.fixture
def studio(db: None) -> Scope:
    return Scope(Organisation.objects.create(code="7K3F2Q9D", kind="studio", name="Studio").pk)


@pytest.fixture
def other(db: None) -> Scope:
    return Scope(Organisation.objects.create(code="2Q9D7K3F", kind="studio", name="Other").pk)


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.VAR_DIR = tmp_path
    return tmp_path / "search"


def entry(holder: Scope, target: int, name: str = "기생충", **facts: Any) -> search_table.Entry:
    assert holder.organisation is not None
    return search_table.Entry(
        target=target,
        title=None,
        added_at=datetime(2026, 1, 1, tzinfo=UTC),
        document=Document(
            number=0, organisation=holder.organisation, level="asset", name=name, **facts
        ),
    )


def names(live: Live, scope: Scope, text: str = "") -> list[int]:
    return targets(live.search(Query(text=text), scope), scope)


def test_changes_are_found_by_the_next_question(studio: Scope, folder: Path) -> None:
    live = Live(folder)
    assert names(live, studio) == []
    search_table.put([entry(studio, 11), entry(studio, 12, "Oldboy")])
    assert names(live, studio, "생충") == [11]
    search_table.put([entry(studio, 11, "Snowpiercer")])
    assert names(live, studio, "생충") == []
    assert names(live, studio, "snow") == [11]
    search_table.remove("asset", [11])
    assert names(live, studio) == [12]
    search_table.put([entry(studio, 11)])
    assert names(live, studio, "생충") == [11]


def test_a_document_keeps_its_number_for_ever(studio: Scope) -> None:
    search_table.put([entry(studio, 11)])
    number = SearchDocument.objects.get().pk
    search_table.remove("asset", [11])
    search_table.put([entry(studio, 11, "Oldboy")])
    assert SearchDocument.objects.get().pk == number


def test_each_sees_its_own_and_a_lab_what_is_offered(
    studio: Scope, other: Scope, folder: Path
) -> None:
    live = Live(folder)
    search_table.put([entry(studio, 1), entry(other, 2), entry(other, 3, offered=True)])
    assert names(live, studio) == [1]
    assert names(live, other) == [2, 3]
    assert names(live, LAB) == [3]
    search_table.put([entry(other, 3)])
    assert names(live, LAB) == []


def test_a_page_leaves_out_what_was_withdrawn_since(
    studio: Scope, other: Scope, folder: Path
) -> None:
    live = Live(folder)
    search_table.put([entry(studio, 1, offered=True), entry(studio, 2, offered=True)])
    page: Found = live.search(Query(), LAB)
    search_table.put([entry(studio, 1)])
    assert targets(page, LAB) == [2]
    assert targets(page, other) == []


def test_what_is_rolled_back_is_never_found(studio: Scope, folder: Path) -> None:
    live = Live(folder)
    search_table.put([entry(studio, 1)])

    with transaction.atomic():
        search_table.put([entry(studio, 2)])
        transaction.set_rollback(True)
    search_table.put([entry(studio, 3)])
    assert names(live, studio) == [1, 3]


def test_a_process_begins_from_the_snapshot_and_what_came_since(
    studio: Scope, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    search_table.put([entry(studio, number) for number in range(1, 31)])
    running = Live(folder)
    assert running.search(Query(), studio).total == 30
    search_snapshots.write()
    search_table.remove("asset", [7])
    search_table.put([entry(studio, 31)])
    # The 30 before are not read again.
    monkeypatch.setattr(search_live, "MOST_AT_ONCE", 2)
    for live in (Live(folder), running):
        assert names(live, studio) == [*range(1, 7), *range(8, 32)]


def test_without_a_snapshot_a_large_table_is_not_read_while_somebody_waits(
    studio: Scope, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_live, "MOST_AT_ONCE", 2)
    search_table.put([entry(studio, number) for number in range(1, 4)])
    live = Live(folder)
    with pytest.raises(NotReady):
        live.search(Query(), studio)
    search_snapshots.write()
    assert live.search(Query(), studio).total == 3


def test_what_takes_long_to_read_is_read_by_one_question_after_the_other(
    studio: Scope, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for target in range(1, 4):
        search_table.put([entry(studio, target)])
    monkeypatch.setattr(search_live, "_MOST_SECONDS", -1)
    live, refused = Live(folder), 0
    for _question in range(5):
        try:
            live.search(Query(), studio)
        except NotReady:
            refused += 1
    assert refused == 2
    assert names(live, studio) == [1, 2, 3]


def test_a_lost_or_damaged_snapshot_costs_only_time(studio: Scope, folder: Path) -> None:
    search_table.put([entry(studio, 1)])
    name = search_snapshots.write()
    (folder / name / "sets").write_bytes(b"no such thing")
    assert names(Live(folder), studio) == [1]
    (folder / name / "sets").unlink()
    assert names(Live(folder), studio) == [1]


def test_a_running_process_notices_another_database(studio: Scope, folder: Path) -> None:
    live = Live(folder)
    search_table.put([entry(studio, 1)])
    assert names(live, studio) == [1]
    SearchState.objects.all().delete()
    SearchDocument.objects.all().delete()
    assert names(live, studio) == []
    search_table.put([entry(studio, 5)])
    assert names(live, studio) == [5]


def test_the_questions_to_the_database_use_its_indexes(studio: Scope, folder: Path) -> None:
    search_table.put([entry(studio, number) for number in range(1, 1001)])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    page = SearchDocument.objects.filter(pk__in=range(1, 51), is_removed=False)
    for rows in (search_table.changed(999), page):
        plan = rows.explain()
        assert "Seq Scan" not in plan
        assert "SCAN catalog" not in plan, plan


@pytest.mark.django_db(transaction=True)
def test_many_threads_ask_while_another_changes(folder: Path) -> None:
    holder = Scope(Organisation.objects.create(code="7K3F2Q9D", kind="studio", name="Studio").pk)
    live, wrong = Live(folder), list[Found]()
    search_table.put([entry(holder, number, "even") for number in (1, 2)])

    def ask() -> None:
        for _ in range(20):
            found = live.search(Query(), holder)
            if found.total % 2 or found.counts["level"] != {"asset": found.total}:
                wrong.append(found)
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(3, 23, 2):
        search_table.put([entry(holder, number), entry(holder, number + 1)])
    for thread in threads:
        thread.join()
    assert wrong == []
    assert live.search(Query(), holder).total == 22
