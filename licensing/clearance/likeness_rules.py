"""Table 9.2: when a consent is void, and how long it can run."""

from datetime import date
from typing import Final

from catalog.scope.instants import Duration, read_duration, start_of
from licensing.clearance.tables import table

_TABLE: Final = table("likeness")

VOID_LAWS: Final[dict[str, int]] = {
    law: start_of(date.fromisoformat(row["since"])) for law, row in _TABLE["void_consent"].items()
}
"""Laws that void a vague consent, and the instant since when."""

POLICIES: Final[dict[str, Duration]] = {
    name: read_duration(row["cap"], "$") for name, row in _TABLE["policies"].items()
}
"""Policies that limit a consent, and the longest time it can run under each."""

OF_AGE: Final = read_duration(_TABLE["minor"]["of_age"], "$")
MINOR_CAP: Final = read_duration(_TABLE["minor"]["cap"], "$")


def is_void(
    law: str | None, fixed_on: int, description: str | None, *, specific: bool | None
) -> bool:
    """Whether that law voids a consent for replacing work in person that nobody advised on."""
    if law is None or law not in VOID_LAWS or fixed_on < VOID_LAWS[law]:
        return False
    return not (_is_specific(description) if specific is None else specific)


def _is_specific(description: str | None) -> bool:
    rule = _TABLE["not_specific"]
    words = (description or "").lower().split()
    plain = " ".join(words)
    return len(words) >= rule["fewer_words_than"] and not any(
        phrase in plain for phrase in rule["phrases"]
    )
