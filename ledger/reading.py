"""Many rows of a table as objects at the speed of the database, for those who only look at them.

Django goes through all fields of each object and sends two signals for each, and reads the same
JSON again and again, which takes several times as long as the database's own part.
"""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import orjson
from django.db import models
from django.db.models import QuerySet, TextField
from django.db.models.base import ModelState
from django.db.models.functions import Cast


def read_rows[M: models.Model](
    rows: QuerySet[M], columns: Sequence[str], **related: Sequence[str]
) -> list[M]:
    """Return rows with these of their columns (`title_id`, not `title`), and with these columns of
    what they are `related` to, which must not be null. One query. Django asks for other columns
    when they are looked at, row by row.

    Where JSON says the same it is one object for all rows: nobody may change it.
    """
    own: Any = rows.model
    of = {name: own._meta.get_field(name).related_model for name in related}  # noqa: SLF001 - Django's documented way to them
    asked = {name: own._meta.get_field(name) for name in columns}  # noqa: SLF001
    for name, theirs in related.items():
        asked |= {f"{name}__{each}": of[name]._meta.get_field(each) for each in theirs}  # noqa: SLF001
    said = {path for path, field in asked.items() if isinstance(field, models.JSONField)}
    found = []
    for row in read_values(rows, *asked, said=said):
        values = iter(row)
        each = as_object(own, rows.db, columns, values)
        for name, theirs in related.items():
            each._state.fields_cache[name] = as_object(of[name], rows.db, theirs, values)  # noqa: SLF001
        found.append(each)
    return found


def read_values(rows: QuerySet[Any], *columns: str, said: Container[str]) -> Iterator[list[Any]]:
    """Yield these columns of rows, as `values_list` does. Those that are `said` in JSON are read
    once for all rows in which they say the same: nobody may change what they hold."""
    places = [n for n, column in enumerate(columns) if column in said]
    texts: Any = {f"text_{n}": Cast(columns[n], TextField()) for n in places}
    asked = [f"text_{n}" if n in places else column for n, column in enumerate(columns)]
    read = cache(_loaded)
    for row in rows.annotate(**texts).values_list(*asked):
        values = list(row)
        for n in places:
            values[n] = read(values[n])
        yield values


def _loaded(text: str | None) -> Any:
    return None if text is None else orjson.loads(text)


def as_object[M: models.Model](
    model: type[M], alias: str, columns: Sequence[str], values: Iterable[Any]
) -> M:
    """Return a row as an object, as Django's `from_db` leaves it: what it lacks is read when it is
    asked for. Takes as many of the values as there are columns."""
    new = model.__new__(model)
    new.__dict__.update(zip(columns, values, strict=False))
    new._state = state = ModelState()  # noqa: SLF001 - as `from_db` does
    state.adding, state.db = False, alias
    return new


def give(objects: Iterable[models.Model], name: str, known: Mapping[Any, models.Model]) -> None:
    """Let each of these objects have, of what is `known` by key, what its column `name` names."""
    for each in objects:
        each._state.fields_cache[name] = known[each.__dict__[f"{name}_id"]]  # noqa: SLF001 - where Django looks
