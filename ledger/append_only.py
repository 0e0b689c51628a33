"""The triggers that keep Event and Entry append-only, on SQLite and on PostgreSQL.

They stop mistakes and careless scripts. Whoever owns the database can drop them; the published
checkpoints are what makes that visible.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage
from django.core.checks import Warning as CheckWarning
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

_POSTGRESQL_FUNCTION = """
CREATE OR REPLACE FUNCTION ledger_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$
"""
_POSTGRESQL = {
    f"{table}_no_{verb}": f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table}"
    " FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only()"
    for table in ("ledger_event", "ledger_entry")
    for verb in ("update", "delete", "truncate")
}
_SQLITE = {
    f"{table}_no_{verb}": f"CREATE TRIGGER {table}_no_{verb} BEFORE {when}"
    f" BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    for table, key, other in (
        ("ledger_event", '"id" = NEW."id"', '"stream_id" = NEW."stream_id"'),
        ("ledger_entry", '"index" = NEW."index"', '"event_id" = NEW."event_id"'),
    )
    for verb, when in {
        "update": f"UPDATE ON {table}",
        "delete": f"DELETE ON {table}",
        # INSERT OR REPLACE removes the old row without firing the trigger above.
        "replace": f"INSERT ON {table} WHEN EXISTS (SELECT 1 FROM {table} WHERE {key} OR {other}"  # noqa: S608
        + (' AND "version" = NEW."version")' if table == "ledger_event" else ")"),
    }.items()
}
_EXISTING = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'",
}


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """Return the names of the triggers that should be in the database and are not."""
    with connection.cursor() as cursor:
        cursor.execute(_EXISTING[connection.vendor])
        existing = {row[0] for row in cursor.fetchall()}
    return sorted(set(_wanted(connection)) - existing)


def create(connection: BaseDatabaseWrapper) -> None:
    """Create every trigger that is missing."""
    wanted = _wanted(connection)
    absent = missing(connection)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_POSTGRESQL_FUNCTION)
        for name in absent:
            cursor.execute(wanted[name])


def drop(connection: BaseDatabaseWrapper) -> None:
    """Drop every trigger."""
    with connection.cursor() as cursor:
        for name in _wanted(connection):
            table = name.rpartition("_no_")[0]
            suffix = f" ON {table}" if connection.vendor == "postgresql" else ""
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}{suffix}")


@contextmanager
def lifted(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Lift the triggers inside one transaction: only for `manage.py flush`, which empties all."""
    with transaction.atomic(using=connection.alias):
        drop(connection)
        yield
        create(connection)


def check(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Django's system check: warn when a database has the tables and lacks the triggers."""
    messages: list[CheckMessage] = []
    for alias in databases or ():
        connection = connections[alias]
        if "ledger_entry" not in connection.introspection.table_names():
            continue
        absent = missing(connection)
        if absent:
            messages.append(
                CheckWarning(
                    f"The ledger's tables in database {alias!r} can be edited:"
                    f" {', '.join(absent)} missing.",
                    hint="Was a table rebuilt by a migration? Call append_only.create() in it.",
                    id="ledger.W001",
                )
            )
    return messages


def _wanted(connection: BaseDatabaseWrapper) -> dict[str, str]:
    return {"sqlite": _SQLITE, "postgresql": _POSTGRESQL}[connection.vendor]
