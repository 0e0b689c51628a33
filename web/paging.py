"""Long lists in pages. A cursor is the public code of the row at the edge of the page seen.

`?cursor=CODE` shows what follows that row, `?cursor=-CODE` what comes before it. Rows that come
or go meanwhile neither repeat nor hide others; a cursor that names nothing starts over.
"""

from dataclasses import dataclass
from typing import Any

from django.db.models import Model, Q, QuerySet

SIZE = 50


@dataclass(frozen=True)
class Page[Row]:
    """One page of rows; the cursors are None where the list ends."""

    rows: list[Row]
    next: str | None
    previous: str | None


def page[Row: Model](
    found: QuerySet[Row],
    *,
    cursor: str = "",
    order: str = "-pk",
    size: int = SIZE,
    code: str = "code",
) -> Page[Row]:
    """Return the rows that `cursor` asks for, in the order of one column without nulls.

    `order` is a column or an annotation, `-` before it for falling; equal rows follow their age.
    `code` is the path to the unique code that names a row in a cursor. At most two queries.
    """
    column, falling = order.removeprefix("-"), order.startswith("-")
    backward = cursor.startswith("-")
    edge = _edge(found, cursor.removeprefix("-"), column, code)
    backward = backward and edge is not None
    down = falling != backward
    if edge is not None:
        found = found.filter(_beyond(column, edge, "lt" if down else "gt"))
    sign = "-" if down else ""
    rows = list(found.order_by(f"{sign}{column}", f"{sign}pk")[: size + 1])
    more = len(rows) > size
    rows = rows[:size][::-1] if backward else rows[:size]
    if not rows:
        return Page([], None, None)
    before, after = (more, True) if backward else (edge is not None, more)
    return Page(
        rows,
        _code_of(rows[-1], code) if after else None,
        f"-{_code_of(rows[0], code)}" if before else None,
    )


def _edge(found: QuerySet[Any], name: str, column: str, code: str) -> tuple[Any, int] | None:
    """Return (key, pk) of the row of this list that a cursor names."""
    if not name or len(name) > 40 or not name.isprintable():
        return None
    if code == "pk" and not name.isdecimal():
        return None
    edge: tuple[Any, int] | None = (
        found.order_by().filter(**{code: name}).values_list(column, "pk").first()
    )
    return edge


def _beyond(column: str, edge: tuple[Any, int], side: str) -> Q:
    key, pk = edge
    if column == "pk":
        return Q(**{f"pk__{side}": pk})
    return Q(**{f"{column}__{side}": key}) | Q(**{column: key, f"pk__{side}": pk})


def _code_of(row: Model, path: str) -> str:
    value: Any = row
    for name in path.split("__"):
        value = getattr(value, name)
    return str(value)
