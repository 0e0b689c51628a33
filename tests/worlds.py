"""Worlds that many tests begin with: made once in a process, put back for every test after that."""

import os
import pickle
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.db import connection, transaction

from tests.emptying import holding_rows


def kept[World](make: Callable[[], World]) -> Callable[..., World]:
    """Return a fixture that gives what `make` returns, with the rows and the files that it makes.

    It is called for the first test that asks for it. Every later one finds the same rows and files,
    and a copy of what was returned, without paying for them again. So `make` takes no fixtures, it
    begins with an empty database and an empty `var_dir`, and what it returns can be pickled: rows,
    actors and bytes, but no paths.
    """
    known: list[_Kept[World]] = []

    @pytest.fixture(name=make.__name__)
    def world(var_dir: Path) -> World:
        if not known:
            known.append(_Kept(make, var_dir))
        else:
            known[0].put_back(var_dir)
        return known[0].returned()

    return world


class _Kept[World]:
    def __init__(self, make: Callable[[], World], var_dir: Path) -> None:
        before = set(holding_rows(connection))  # what migrations have put there
        made = make()
        self._rows = {
            table: _rows_of(table) for table in holding_rows(connection) if table not in before
        }
        # In the folder of this process, which goes with it.
        self._files = Path(tempfile.mkdtemp(prefix="world-", dir=os.environ["EDGECODE_VAR_DIR"]))
        shutil.copytree(var_dir, self._files, dirs_exist_ok=True)
        self._returned = pickle.dumps(made)

    def put_back(self, var_dir: Path) -> None:
        with transaction.atomic():  # in which references may come before what they refer to
            for table, rows in self._rows.items():
                rows.put_back(table)
        shutil.copytree(self._files, var_dir, dirs_exist_ok=True)

    def returned(self) -> World:
        found: World = pickle.loads(self._returned)  # noqa: S301 - our own, of a moment ago
        return found


class _Copied(NamedTuple):
    """The rows of a table of PostgreSQL, as it writes and reads them itself."""

    content: bytes

    def put_back(self, table: str) -> None:
        with (
            connection.cursor() as cursor,
            cursor.copy(f"COPY {_quoted(table)} FROM STDIN (FORMAT binary)") as copy,
        ):
            copy.write(self.content)


class _Selected(NamedTuple):
    """The rows of a table of SQLite, as it holds them."""

    columns: list[str]
    rows: list[tuple[Any, ...]]

    def put_back(self, table: str) -> None:
        places = ", ".join("?" * len(self.columns))
        named = ", ".join(self.columns)
        insert = f"INSERT INTO {_quoted(table)} ({named}) VALUES ({places})"  # noqa: S608
        connection.connection.executemany(insert, self.rows)


def _rows_of(table: str) -> _Copied | _Selected:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {_quoted(table)} TO STDOUT (FORMAT binary)") as copy:
                return _Copied(b"".join(copy))
        described = connection.introspection.get_table_description(cursor, table)
        columns = [_quoted(column.name) for column in described]
        # `+` keeps Python from reading the values.
        cursor.execute(f"SELECT {', '.join('+' + name for name in columns)} FROM {_quoted(table)}")  # noqa: S608
        return _Selected(columns, cursor.fetchall())


def _quoted(name: str) -> str:
    return str(connection.ops.quote_name(name))
