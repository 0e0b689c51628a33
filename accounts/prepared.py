"""Queries compiled once, where building the SQL costs more than the database's answer."""

from typing import Any

from django.db import connections
from django.db.models import Model, QuerySet

# In a condition of a prepared query: the text that each run of it brings.
HOLE = "?"


def columns(model: type[Model]) -> list[str]:
    """Return the names of a model's columns, in the order in which `from_db` takes the values."""
    return [field.attname for field in model._meta.concrete_fields]  # noqa: SLF001 - no other way


class Prepared:
    """The statement of a `values_list` query with its parameters, to be run again and again.

    It holds no connection and no rows: any thread may run it.
    """

    def __init__(self, found: QuerySet[Any, Any]) -> None:
        compiler = found.query.get_compiler(found.db)
        self._alias = found.db
        self._sql, self._parameters = compiler.as_sql()
        expressions = [expression for expression, _sql, _alias in compiler.select]
        self._converters = list(compiler.get_converters(expressions).items())

    def rows(self, text: str = HOLE) -> list[list[Any]]:
        """Return the rows as the query itself would, with the values converted to Python's;
        `text` stands where the query was made with `HOLE`."""
        parameters = [text if value == HOLE else value for value in self._parameters]
        connection = connections[self._alias]
        with connection.cursor() as cursor:
            cursor.execute(self._sql, parameters)
            rows = [list(row) for row in cursor.fetchall()]
        for place, (converters, expression) in self._converters:
            for converter in converters:
                for row in rows:
                    row[place] = converter(row[place], expression, connection)
        return rows
