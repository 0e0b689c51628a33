"""The rule tables that a verdict is decided with, kept so that it can be reproduced."""

from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from ledger.inserting import insert_rows
from licensing.clearance import RuleTables
from licensing.models import TableVersion


def keep_tables(tables: Iterable[RuleTables]) -> None:
    """Keep these editions word for word, where they are not kept yet. Call it inside the
    transaction that keeps the verdicts which name them."""
    by_version = {each.version: each for each in tables}
    known = TableVersion.objects.filter(pk__in=by_version).values_list("pk", flat=True)
    now = timezone.now()
    insert_rows(
        TableVersion,
        ("sha256", "text", "kept_at"),
        [(each, by_version[each].text, now) for each in sorted(by_version.keys() - set(known))],
        known=True,  # another decided with it meanwhile: it wrote the same
    )


def naming(case: dict[str, Any], tables: RuleTables) -> dict[str, Any]:
    """Return the case with the version of its rule tables. The engine passes over the name, and
    whatever hashes the case hashes the version with it."""
    return case | {"x_tables": tables.version}
