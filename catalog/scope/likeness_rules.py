"""Table 9.2: when a consent is void, how long it can run, and which laws end it all the same.

One source for two readers: the clearance engine, and the check of a consent before it is signed.
"""

import json
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from typing import Any, Final

from catalog.scope.instants import Duration, read_duration, start_of

_TABLE: Final[Any] = json.loads(
    files("catalog.scope").joinpath("likeness.json").read_text(encoding="utf-8")
)

AS_OF: Final[str] = _TABLE["as_of"]
"""The day as of which the table was last compared with its sources."""

SOURCES: Final[dict[str, str]] = (
    {law: row["source"] for law, row in _TABLE["void_consent"].items()}
    | {name: row["source"] for name, row in _TABLE["policies"].items()}
    | {"minor": _TABLE["minor"]["source"], "earnings": _TABLE["minor"]["earnings"]}
)
"""Where each rule is from, by the law or policy it belongs to; `minor` for those of minors and
`earnings` for what they earn."""

VOID_LAWS: Final[dict[str, int]] = {
    law: start_of(date.fromisoformat(row["since"])) for law, row in _TABLE["void_consent"].items()
}
"""Laws that void a vague consent, and the instant since when."""

POLICIES: Final[dict[str, Duration]] = {
    name: read_duration(row["cap"], "$") for name, row in _TABLE["policies"].items()
}
"""Policies that limit a consent, and the longest time it can run under each."""

FEWEST_WORDS: Final[int] = _TABLE["not_specific"]["fewer_words_than"]
SWEEPING: Final[tuple[str, ...]] = tuple(_TABLE["not_specific"]["phrases"])


@dataclass(frozen=True)
class Right:
    """A law that lets a person withdraw whatever the consent says. Until it is `confirmed`, what
    was withdrawn by it is in dispute, and a person decides."""

    code: str
    laws: frozenset[str]  # the law that the consent names
    persons: frozenset[str]  # adult, minor, deceased
    notice_days: int
    confirmed: bool
    source: str


RIGHTS: Final[dict[str, Right]] = {
    row["code"]: Right(
        row["code"],
        frozenset(row["laws"]),
        frozenset(row["persons"]),
        row["notice_days"],
        row["confirmed"],
        row["source"],
    )
    for row in _TABLE["withdrawal"]
}
"""The laws that end a consent although it cannot be withdrawn by its own words."""

OF_AGE: Final = read_duration(_TABLE["minor"]["of_age"], "$")
MINOR_CAP: Final = read_duration(_TABLE["minor"]["cap"], "$")


def is_void(
    law: str | None, fixed_on: int, description: str | None, *, specific: bool | None
) -> bool:
    """Whether that law voids a consent for replacing work in person that nobody advised on."""
    if law is None or law not in VOID_LAWS or fixed_on < VOID_LAWS[law]:
        return False
    return not (is_specific(description) if specific is None else specific)


def is_specific(description: str | None) -> bool:
    """Whether a description says more than a phrase that covers everything."""
    words = (description or "").lower().split()
    plain = " ".join(words)
    return len(words) >= FEWEST_WORDS and not any(phrase in plain for phrase in SWEEPING)
