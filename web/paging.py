"""Long lists in pages. A cursor is the public code of the row at the edge of the page seen.

`?cursor=CODE` shows what follows that row, `?cursor=-CODE` what comes before it. Rows that come
or go meanwhile neither repeat nor hide others; a cursor that names nothing starts over.
"""

from dataclasses import dataclass
from typing import Any

from django.db.models import Model, QuerySet
from django.http import HttpRequest

SIZE = 50


@dataclass(frozen=True)
class Page[Row]:
    """One page of rows; the cursors are None where the list ends."""

    rows: list[Row]
    next: str | None
    previous: str | None


def newest_first[Row: Model](
    request: HttpRequest, found: QuerySet[Row], size: int = SIZE
) -> Page[Row]:
    """Return a page of objects with a `code`, the newest first. At most two queries."""
    code, backward = _cursor(request)
    place = (
        found.order_by().filter(code=code).values_list("pk", flat=True).first() if code else None
    )
    return _cut(found, _Order("pk", "code", descending=True), place, size, backward=backward)


def by_code[Row: Model](
    request: HttpRequest, found: QuerySet[Row], column: str = "code", size: int = SIZE
) -> Page[Row]:
    """Return a page in the order of `column`, a path to a unique code. One query."""
    code, backward = _cursor(request)
    return _cut(found, _Order(column, column), code or None, size, backward=backward)


def _cursor(request: HttpRequest) -> tuple[str, bool]:
    cursor = request.GET.get("cursor", "")[:40]
    return cursor.removeprefix("-"), cursor.startswith("-")


@dataclass(frozen=True)
class _Order:
    """The column that orders the rows, and the path to the code that a cursor names."""

    column: str
    code: str
    descending: bool = False


def _cut[Row: Model](
    found: QuerySet[Row], order: _Order, place: Any, size: int, *, backward: bool
) -> Page[Row]:
    backward = backward and place is not None
    falling = order.descending != backward
    if place is not None:
        found = found.filter(**{f"{order.column}__{'lt' if falling else 'gt'}": place})
    rows = list(found.order_by(f"-{order.column}" if falling else order.column)[: size + 1])
    more = len(rows) > size
    rows = rows[:size][::-1] if backward else rows[:size]
    before = more if backward else place is not None
    after = backward or more
    if not rows:
        return Page([], None, None)
    return Page(
        rows,
        _code_of(rows[-1], order.code) if after else None,
        f"-{_code_of(rows[0], order.code)}" if before else None,
    )


def _code_of(row: Model, path: str) -> str:
    value: Any = row
    for name in path.split("__"):
        value = getattr(value, name)
    return str(value)
