from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from ledger import append_only, sequencer
from ledger.models import Event, Stream

pytestmark = pytest.mark.django_db

STATEMENTS = [
    "UPDATE ledger_event SET kind = 'sample.forged'",
    "DELETE FROM ledger_event",
    'UPDATE ledger_entry SET "index" = 7',
    "DELETE FROM ledger_entry",
]


@pytest.fixture
def logged(shake: Callable[..., Event], var_dir: Path) -> Event:
    event = shake()
    sequencer.advance()
    return event


@pytest.mark.parametrize("statement", STATEMENTS)
def test_the_database_itself_refuses_to_edit_history(logged: Event, statement: str) -> None:
    with (
        pytest.raises(IntegrityError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    logged.refresh_from_db()
    assert (logged.kind, logged.index) == ("sample.shaken", 0)


def test_the_orm_is_refused_too(logged: Event) -> None:
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        Event.objects.update(leaf=b"{}")
    logged.kind = "sample.forged"
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        logged.save()


def test_a_row_cannot_be_replaced_or_the_table_emptied(logged: Event) -> None:
    statement = {
        "sqlite": "INSERT OR REPLACE INTO ledger_event (id, stream_id, version, kind, leaf,"
        " recorded_at) SELECT id, stream_id, version, 'x.y', leaf, recorded_at FROM ledger_event",
        "postgresql": "SET CONSTRAINTS ALL IMMEDIATE; TRUNCATE ledger_event CASCADE",
    }[connection.vendor]
    with (
        pytest.raises(IntegrityError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert Event.objects.get().kind == "sample.shaken"


def test_the_system_check_is_silent_until_a_trigger_is_gone() -> None:
    assert append_only.check(None, ["default"]) == []
    append_only.drop(connection)
    (warning,) = append_only.check(None, ["default"])
    assert "ledger_entry_no_delete" in warning.msg
    append_only.create(connection)
    assert append_only.check(None, ["default"]) == []


def test_no_database_is_checked_unasked() -> None:
    assert append_only.check(None, None) == []


@pytest.mark.django_db(transaction=True)
def test_flush_empties_the_log_and_restores_its_guards(shake: Callable[..., Event]) -> None:
    shake()
    call_command("flush", interactive=False, verbosity=0)
    assert not Event.objects.exists()
    assert not Stream.objects.exists()
    assert append_only.missing(connection) == []
