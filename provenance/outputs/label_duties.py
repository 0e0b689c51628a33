"""Where a label is owed on what was made by AI: a table of rules as data, applied. Pure.

It names what a law may ask for of such a work in the countries it is meant for. That is no legal
advice: who owes it, and what is exempt, the law itself says. A row that is not `confirmed` is one
of which we are not certain that it holds as written.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

from catalog.scope.territory import parse_territory

_TABLE: Final = Path(__file__).with_name("tables") / "label_duties.json"


@dataclass(frozen=True)
class LabelDuty:
    """A row: which law asks from when on for what, of which works; `as_of` is when we read it.

    `kinds` empty: of all; `of_persons`: only of works that show somebody.
    """

    id: str
    jurisdiction: str
    law: str
    duty: str
    since: date
    made_by: frozenset[str]
    kinds: frozenset[str]
    of_persons: bool
    confirmed: bool
    note: str
    source: str
    as_of: date
    territory: frozenset[str]


@cache
def table() -> tuple[LabelDuty, ...]:
    """Return every row, in the order of the table."""
    read = json.loads(_TABLE.read_text(encoding="utf-8"))
    as_of = date.fromisoformat(read["as_of"])
    return tuple(_row(each, as_of) for each in read["rows"])


def rows_of(ids: Collection[str]) -> list[LabelDuty]:
    """Return the rows with these ids, in the order of the table."""
    return [row for row in table() if row.id in ids]


def owed(*, kind: str, made_by: str, territory: Any, on: date, of_persons: bool) -> list[LabelDuty]:
    """Return the rows that meet a work of this kind, in the order of the table.

    `territory` is where it is meant to be shown, `on` the day.
    """
    countries = parse_territory(territory)
    return [
        row
        for row in table()
        if row.since <= on
        and made_by in row.made_by
        and (not row.kinds or kind in row.kinds)
        and (of_persons or not row.of_persons)
        and not countries.isdisjoint(row.territory)
    ]


def _row(read: dict[str, Any], as_of: date) -> LabelDuty:
    return LabelDuty(
        id=read["id"],
        jurisdiction=read["jurisdiction"],
        law=read["law"],
        duty=read["duty"],
        since=date.fromisoformat(read["from"]),
        made_by=frozenset(read["made_by"]),
        kinds=frozenset(read["kinds"]),
        of_persons=read["of_persons"],
        confirmed=read["confirmed"],
        note=read["note"],
        source=read["source"],
        as_of=as_of,
        territory=parse_territory(read["territory"]),
    )
