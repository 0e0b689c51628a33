"""The rule tables that a verdict is decided with: ours, with the rows that a studio's counsel
puts in their place; kept so that it can be reproduced."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

from django.utils import timezone

from accounts.models import Organisation
from ledger.inserting import insert_rows
from licensing.clearance import SHIPPED, RuleTables, tables_of
from licensing.clearance.rows import Row, amended, rows_of
from licensing.models import RuleRow, TableVersion


def tables_for(organisations: Iterable[int], *, at: datetime) -> dict[int, RuleTables]:
    """Return the rule tables of each of these licensors, by key, as they hold at a moment and
    were known then. One query."""
    rows: dict[int, list[RuleRow]] = {key: [] for key in organisations}
    for row in RuleRow.objects.filter(organisation__in=rows).known_at(at):
        rows[row.organisation_id].append(row)
    day = at.astimezone(UTC).date()
    return {key: with_rows(some, day) for key, some in rows.items()}


def with_rows(rows: Iterable[RuleRow], day: date) -> RuleTables:
    """Return our tables with these rows in their place, which stand in the order in which they
    were recorded: of those that speak of the day the last one counts."""
    counting = counting_on(rows, day)
    if not counting:
        return SHIPPED
    rows_told = [(*place, row.body, row.source) for place, row in sorted(counting.items())]
    return tables_of(amended(SHIPPED.content(), rows_told))


def in_force(organisation: Organisation) -> tuple[RuleTables, list[tuple[Row, RuleRow | None]]]:
    """Return the tables that count for an organisation now, with every row of them and the
    organisation's own row that it comes from, None for ours. One query."""
    now = timezone.now()
    rows = list(RuleRow.objects.filter(organisation=organisation).known_at(now))
    day = now.astimezone(UTC).date()
    tables, counting = with_rows(rows, day), counting_on(rows, day)
    every = rows_of(tables.content())
    return tables, [(row, counting.get((row.table, row.key))) for row in every]


def counting_on(rows: Iterable[RuleRow], day: date) -> dict[tuple[str, str], RuleRow]:
    """Return the row that counts on a day, by table and key; nothing where none speaks of it."""
    return {(row.table, row.key): row for row in rows if row.speaks_of(day)}


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
