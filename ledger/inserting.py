"""Many rows into one table, or changed in it, at the speed of the database, where nobody reads them
back.

`bulk_create` and `bulk_update` ask every field of every object for its value and build a statement
of it all, which takes several times as long as the database's own part.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import batched
from typing import Any, Final

from django.db import connection, models

_AT_ONCE: Final = 2_000
_FEW: Final = 100  # for more, COPY pays: it takes one more exchange with the server


def insert_rows(
    model: type[models.Model],
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    known: bool = False,
) -> None:
    """Insert rows of these columns (`title_id`, not `title`) in the caller's transaction.

    Columns that are left out get no default but a number by the database, so one that needs a
    value must be named. Where rows may be `known`, those that are there already are left as they
    are; else raises django.db.IntegrityError, and none of the rows is kept.
    """
    meta = model._meta  # noqa: SLF001 - Django's documented way to it
    fields: list[Any] = [meta.get_field(name) for name in columns]
    ready = _prepared(fields, rows)
    if not ready:
        return
    quote = connection.ops.quote_name
    names = ", ".join(quote(each.column) for each in fields)
    table = f"{quote(str(meta.db_table))} ({names})"
    marks = f"({', '.join('%s' for _ in columns)})"
    unless = " ON CONFLICT DO NOTHING" if known else ""
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            query = f"INSERT INTO {table} VALUES {marks}{unless}"  # noqa: S608 - our own names
            cursor.executemany(query, ready)
        elif known or len(ready) <= _FEW:
            for some in batched(ready, _AT_ONCE):
                every = ", ".join([marks] * len(some))
                query = f"INSERT INTO {table} VALUES {every}{unless}"  # noqa: S608 - our own names
                cursor.execute(query, [value for row in some for value in row])
        else:
            with (
                connection.wrap_database_errors,
                cursor.copy(f"COPY {table} FROM STDIN") as copy,
            ):
                for row in ready:
                    copy.write_row(row)


def update_rows(
    model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Set these columns (`title_id`, not `title`) of rows that are there, in the caller's
    transaction. Each of `rows` begins with the primary key, then come the values."""
    meta = model._meta  # noqa: SLF001 - Django's documented way to it
    fields: list[Any] = [meta.get_field(name) for name in columns]
    ready = _prepared([meta.pk, *fields], rows)
    quote = connection.ops.quote_name
    told = ", ".join(f"{quote(each.column)} = %s" for each in fields)
    key = quote(str(meta.pk.column))
    query = f"UPDATE {quote(str(meta.db_table))} SET {told} WHERE {key} = %s"  # noqa: S608 - our own names
    with connection.cursor() as cursor:
        cursor.executemany(query, [(*values, pk) for pk, *values in ready])


def _prepared(fields: Sequence[Any], rows: Iterable[Sequence[Any]]) -> list[Sequence[Any]]:
    """Return the rows with what the database's driver does not take as it is in a form it does."""
    prepare: list[tuple[int, Callable[[Any], Any]]] = [
        (place, _remembering(partial(each.get_db_prep_save, connection=connection)))
        for place, each in enumerate(fields)
        if isinstance(each, models.JSONField | models.DateField)
    ]
    return list(_changed(prepare, rows) if prepare else rows)


def _remembering(change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return the same; what is as in the row before, as moments often are, is changed once."""
    known: list[Any] = []

    def changed(value: Any) -> Any:
        if not known or known[0] is not value:
            known[:] = value, change(value)
        return known[1]

    return changed


def _changed(
    prepare: Sequence[tuple[int, Callable[[Any], Any]]], rows: Iterable[Sequence[Any]]
) -> Iterator[Sequence[Any]]:
    for row in rows:
        values = list(row)
        for place, change in prepare:
            values[place] = change(values[place])
        yield values
