"""The database emptied after a test that committed: what holds no rows is left alone.

Django's own way, `manage.py flush`, truncates every table, for which PostgreSQL makes the files
of each and of its indexes anew, and writes all permissions again: a tenth of the whole run.
"""

from collections.abc import Iterable
from typing import Any

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import TransactionTestCase

from ledger import append_only


def empty_quickly() -> None:
    """Let every test that commits be followed by this, in place of `flush`."""

    def emptied(case: Any) -> None:
        for alias in case._databases_names(include_mirrors=False):
            _empty(connections[alias])

    setattr(TransactionTestCase, "_fixture_teardown", emptied)  # noqa: B010


def _empty(connection: BaseDatabaseWrapper) -> None:
    # References are looked at when all is gone.
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = replica")  # no triggers
        else:
            append_only.drop(connection)
        for table in holding_rows(connection):
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)}")  # noqa: S608
        if connection.vendor != "postgresql":
            append_only.create(connection)


def holding_rows(connection: BaseDatabaseWrapper) -> Iterable[str]:
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    asked = " UNION ALL ".join(
        f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {connection.ops.quote_name(table)})"  # noqa: S608
        for table in tables
    )
    with connection.cursor() as cursor:
        cursor.execute(asked)
        return [table for (table,) in cursor.fetchall()]
