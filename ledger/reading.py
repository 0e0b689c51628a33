"""Many rows of a table as objects at the speed of the database, for those who only look at them.

Django goes through all fields of each object and sends two signals for each, and reads the same
JSON again and again, which takes several times as long as the database's own part.
"""

from collections.abc import Iterable, Mapping, Sequence
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
    fields = [own._meta.get_field(name) for name in columns]  # noqa: SLF001
    paths = list(columns)
    for name, theirs in related.items():
        fields += [of[name]._meta.get_field(each) for each in theirs]  # noqa: SLF001
        paths += [f"{name}__{each}" for each in theirs]
    said = [n for n, each in enumerate(fields) if isinstance(each, models.JSONField)]
    texts: Any = {f"text_{n}": Cast(paths[n], TextField()) for n in said}
    asked = [f"text_{n}" if n in said else path for n, path in enumerate(paths)]
    read, alias = cache(orjson.loads), rows.db
    found = []
    for row in rows.annotate(**texts).values_list(*asked):
        values = list(row)
        for n in said:
            values[n] = read(values[n])
        left = iter(values)
        each = as_object(own, alias, columns, left)
        for name, theirs in related.items():
            each._state.fields_cache[name] = as_object(of[name], alias, theirs, left)  # noqa: SLF001
        found.append(each)
    return found


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
