"""A studio's own rule tables, as the rows that it recorded in the log make them.

A row takes the place of ours, or of an earlier row of the same table and key, on the days that it
speaks of. A verdict is decided with the rows that were recorded by then.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

type Rows = str
"""Table, key, body and source of each row that counts, in the order of table and key, as JSON."""


class NotOpened(Exception):
    """What a row says was not shown."""


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A row as the log has it; `body` is None where it was not opened."""

    code: str
    recorded: datetime
    body: Any


def possible(rows: Sequence[RuleRow], as_of: datetime, meanwhile: timedelta) -> Iterator[Rows]:
    """Yield which rows may have counted at a moment: those recorded well before it, with each
    number of those that were recorded while the decision was made. Raises NotOpened, and
    ValueError, TypeError or LookupError for rows of another form than the house gives them."""
    sure = sum(as_of - row.recorded > meanwhile for row in rows)
    day = as_of.astimezone(UTC).date()
    for number in range(sure, len(rows) + 1):
        yield _counting(rows[:number], day)


def _counting(rows: Sequence[RuleRow], day: date) -> Rows:
    """Return the rows that count on a day: of those that speak of it the last one of each key."""
    found: dict[tuple[str, str], tuple[Any, str]] = {}
    for row in rows:
        if row.body is None:
            raise NotOpened(row.code)
        if _speaks_of(row.body, day):
            place = (str(row.body["table"]), str(row.body["key"]))
            found[place] = (row.body["body"], str(row.body["source"]))
    return json.dumps([(*place, *found[place]) for place in sorted(found)])


def _speaks_of(row: Mapping[str, Any], day: date) -> bool:
    begins, ends = row["valid_from"], row["valid_until"]
    return (begins is None or date.fromisoformat(begins) <= day) and (
        ends is None or day < date.fromisoformat(ends)
    )
