"""A question about very many keys: `rows.filter(pk__among=keys)`.

`pk__in` makes a parameter of each key, and building and reading such a statement takes longer than
the database's own part. Here all keys are one parameter, so there may be as many as there are.
"""

import json
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field, ForeignObject, Lookup
from django.db.models.sql.compiler import SQLCompiler


@ForeignObject.register_lookup
@Field.register_lookup
class Among(Lookup):
    """Whether a column has one of these numbers or texts, which come as any collection of them.

    Django looks into each member of a list for an expression; give it a set.
    """

    lookup_name = "among"

    def get_prep_lookup(self) -> list[Any]:
        return list(self.rhs)

    def as_sql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, tuple[Any, ...]]:
        if not self.rhs:
            raise EmptyResultSet
        column, before = self.process_lhs(compiler, connection)
        if connection.vendor == "postgresql":
            return f"{column} = ANY(%s)", (*before, self.rhs)
        query = f"{column} IN (SELECT value FROM json_each(%s))"  # noqa: S608 - a column's name
        return query, (*before, json.dumps(self.rhs))
