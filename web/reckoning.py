"""How a price comes about by rate cards: what it is in all, and a line for each title."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from licensing.offers.quotes import Priced

_MOST_LINES: Final = 100


@dataclass(frozen=True)
class Reckoning:
    """The cards that are shown, and what all of them come to; `left` stand in no line."""

    cards: Sequence[Priced]
    count: int
    left: int
    total_minor: int
    currency: str


def reckoned(cards: Sequence[Priced]) -> Reckoning | None:
    """Return cards as the page shows them; None without any. A request has one currency."""
    if not cards:
        return None
    return Reckoning(
        cards[:_MOST_LINES],
        len(cards),
        max(0, len(cards) - _MOST_LINES),
        sum(card.total_minor for card in cards),
        cards[0].currency,
    )
