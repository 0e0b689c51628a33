"""Table 9.2: when a consent is void, how long it can run, and which laws end it all the same.

One source for two readers: the clearance engine, and the check of a consent before it is signed.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from typing import Any, Final

from catalog.scope.instants import Duration, read_duration, start_of
from catalog.scope.territory import COUNTRIES

TABLE: Final[Any] = json.loads(
    files("catalog.scope").joinpath("likeness.json").read_text(encoding="utf-8")
)

AS_OF: Final[str] = TABLE["as_of"]
"""The day as of which the table was last compared with its sources."""

SOURCES: Final[dict[str, str]] = (
    {law: row["source"] for law, row in TABLE["void_consent"].items()}
    | {name: row["source"] for name, row in TABLE["policies"].items()}
    | {"minor": TABLE["minor"]["source"], "earnings": TABLE["minor"]["earnings"]}
)
"""Where each rule is from, by the law or policy it belongs to; `minor` for those of minors and
`earnings` for what they earn."""


@dataclass(frozen=True, eq=False)
class LikenessTable:
    """One edition of the table, as far as a consent is judged by it."""

    void_laws: Mapping[str, int]
    """Laws that void a vague consent, and the instant since when."""
    policies: Mapping[str, Duration]
    """Policies that limit a consent, and the longest time it can run under each."""
    fewest_words: int
    sweeping: tuple[str, ...]
    of_age: Duration
    minor_cap: Duration

    def knows(self, law: str) -> bool:
        """Whether that names a law: one that voids consents, a country's, or said to be another."""
        return law in self.void_laws or law in COUNTRIES or law in _OTHER_LAWS

    def is_void(
        self, law: str | None, fixed_on: int, description: str | None, *, specific: bool | None
    ) -> bool:
        """Whether that law voids a consent for replacing work in person that nobody advised on."""
        if law is None or law not in self.void_laws or fixed_on < self.void_laws[law]:
            return False
        return not (self.is_specific(description) if specific is None else specific)

    def is_specific(self, description: str | None) -> bool:
        """Whether a description says more than a phrase that covers everything."""
        words = (description or "").lower().split()
        plain = " ".join(words)
        return len(words) >= self.fewest_words and not any(each in plain for each in self.sweeping)


def read_likeness_table(table: Mapping[str, Any]) -> LikenessTable:
    """The rules of a table in the form of `likeness.json`."""
    return LikenessTable(
        void_laws={
            law: start_of(date.fromisoformat(row["since"]))
            for law, row in table["void_consent"].items()
        },
        policies={name: read_duration(row["cap"], "$") for name, row in table["policies"].items()},
        fewest_words=table["not_specific"]["fewer_words_than"],
        sweeping=tuple(table["not_specific"]["phrases"]),
        of_age=read_duration(table["minor"]["of_age"], "$"),
        minor_cap=read_duration(table["minor"]["cap"], "$"),
    )


_OTHER_LAWS: Final = frozenset({"EU", "OTHER"})
SHIPPED: Final = read_likeness_table(TABLE)
VOID_LAWS: Final = SHIPPED.void_laws
POLICIES: Final = SHIPPED.policies
FEWEST_WORDS: Final = SHIPPED.fewest_words
SWEEPING: Final = SHIPPED.sweeping
OF_AGE: Final = SHIPPED.of_age
MINOR_CAP: Final = SHIPPED.minor_cap
is_void: Final = SHIPPED.is_void
is_specific: Final = SHIPPED.is_specific


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
    for row in TABLE["withdrawal"]
}
"""The laws that end a consent although it cannot be withdrawn by its own words."""
