"""Worlds that many tests begin with: made once in a process, put back for every test after that."""

import os
import pickle
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from tests.emptying import holding_rows

type _Rows = Mapping[str, tuple[list[str], list[tuple[Any, ...]]]]


def kept[World](make: Callable[[], World]) -> Callable[..., World]:
    """Return a fixture that gives what `make` returns, with the rows and the files that it makes.

    It is called for the first test that asks for it. Every later one finds the same rows and files,
    and a copy of what was returned, without paying for them again. So `make` takes no fixtures, it
    begins with an empty database and an empty `var_dir`, and what it returns can be pickled: rows,
    actors and bytes, but no paths. On PostgreSQL it is called for each test.
    """
    known: list[_Kept[World]] = []

    @pytest.fixture(name=make.__name__)
    def world(var_dir: Path) -> World:
        if connection.vendor != "sqlite":
            return make()
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
        self._rows: _Rows = {
            table: _rows_of(table) for table in holding_rows(connection) if table not in before
        }
        # In the folder of this process, which goes with it.
        self._files = Path(tempfile.mkdtemp(prefix="world-", dir=os.environ["EDGECODE_VAR_DIR"]))
        shutil.copytree(var_dir, self._files, dirs_exist_ok=True)
        self._returned = pickle.dumps(made)

    def put_back(self, var_dir: Path) -> None:
        with transaction.atomic():  # in which references may come before what they refer to
            for table, (columns, rows) in self._rows.items():
                places = ", ".join("?" * len(columns))
                insert = f"INSERT INTO {_quoted(table)} ({', '.join(columns)}) VALUES ({places})"  # noqa: S608
                connection.connection.executemany(insert, rows)
        shutil.copytree(self._files, var_dir, dirs_exist_ok=True)

    def returned(self) -> World:
        found: World = pickle.loads(self._returned)  # noqa: S301 - our own, of a moment ago
        return found


def _quoted(name: str) -> str:
    return str(connection.ops.quote_name(name))


def _rows_of(table: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Return the columns and the rows as SQLite holds them: `+` keeps Python from reading them."""
    with connection.cursor() as cursor:
        described = connection.introspection.get_table_description(cursor, table)
        columns = [_quoted(column.name) for column in described]
        cursor.execute(f"SELECT {', '.join('+' + name for name in columns)} FROM {_quoted(table)}")  # noqa: S608
        return columns, cursor.fetchall()
