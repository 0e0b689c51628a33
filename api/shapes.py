"""What the API gives: rows become JSON without an object per row.

An output form both documents the JSON and says which columns it is read from, so the two
cannot differ. One query reads all of them, however deep the form nests.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from operator import itemgetter
from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from accounts.errors import NotFound

type Row = Sequence[Any]
type Build = Callable[[Row], Any]


# No docstring: every form without its own would be described by it in the API's schema.
# A field is read from the column of its name or `source` (`title__code`), a nested form through
# its `source`; `made()` computes one, `apart()` is filled in by the caller.
class Output(serializers.Serializer[Any]):
    pass


def made[F: serializers.Field[Any, Any, Any, Any]](
    field: F, by: Callable[..., Any], *columns: str
) -> F:
    """Return the field, computed by calling `by` with the values of these columns."""
    field.made = (by, columns)  # type: ignore[attr-defined]
    return field


def apart[F: serializers.Field[Any, Any, Any, Any]](field: F) -> F:
    """Return the field, which `rows` leaves out: the caller adds it from elsewhere."""
    field.apart = True  # type: ignore[attr-defined]
    return field


def columns(form: type[Output]) -> tuple[str, ...]:
    """Return the columns to ask `values_list` for."""
    return _plan(form)[0]


def build(form: type[Output], row: Row) -> dict[str, Any]:
    """Return the JSON of one row of `columns(form)`."""
    result: dict[str, Any] = _plan(form)[1](row)
    return result


def rows(form: type[Output], found: QuerySet[Any]) -> list[dict[str, Any]]:
    """Return the JSON of every row, in the order of the query."""
    wanted, make = _plan(form)
    return [make(row) for row in found.values_list(*wanted)]


def one(form: type[Output], found: QuerySet[Any]) -> dict[str, Any]:
    """Return the JSON of the only row, or raise NotFound."""
    wanted, make = _plan(form)
    row = found.values_list(*wanted).first()
    if row is None:
        raise NotFound
    result: dict[str, Any] = make(row)
    return result


@cache
def _plan(form: type[Output]) -> tuple[tuple[str, ...], Build]:
    wanted: list[str] = []
    parts = list(_parts(form, "", wanted))
    if all(isinstance(make, itemgetter) for _name, make in parts):
        names = tuple(name for name, _make in parts)
        return tuple(wanted), lambda row: dict(zip(names, row, strict=False))
    return tuple(wanted), lambda row: {name: make(row) for name, make in parts}


def _parts(form: type[Output], prefix: str, wanted: list[str]) -> Iterator[tuple[str, Build]]:
    """Yield each field's name and how to make it; append the columns it needs to `wanted`."""
    for name, field in form._declared_fields.items():  # noqa: SLF001 - the declarations, not copies
        path = prefix + (field.source or name)
        first = len(wanted)
        if getattr(field, "apart", False):
            continue
        if (recipe := getattr(field, "made", None)) is not None:
            by, sources = recipe
            wanted.extend(prefix + column for column in sources)
            yield name, _computed(by, first, len(wanted))
        elif isinstance(field, Output):
            yield name, _nested(list(_parts(type(field), f"{path}__", wanted)), first)
        else:
            wanted.append(path)
            yield name, itemgetter(first)


def _computed(by: Callable[..., Any], start: int, end: int) -> Build:
    return lambda row: by(*row[start:end])


def _nested(parts: list[tuple[str, Build]], first: int) -> Build:
    """A relation that leads nowhere is null: its first column, never null by itself, says so."""
    return lambda row: None if row[first] is None else {name: make(row) for name, make in parts}
