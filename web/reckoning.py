"""How a price comes about by rate cards: what it is in all, and a line for each title."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from licensing.offers.quotes import Body, Priced, amount_by, codes_of, explained

_MOST_LINES: Final = 100


@dataclass(frozen=True)
class Reckoning:
    """The cards that are shown, and what all of them come to; `left` stand in no line."""

    cards: Sequence[Priced]
    count: int
    left: int
    total_minor: int
    currency: str


def reckoned(body: Body, codes: Collection[str] | None = None) -> Reckoning | None:
    """Return how a quote comes to its price, for these files of it or all; None without any."""
    wanted = codes or codes_of(body)
    cards = [card for card in body["cards"] if not card["files"].keys().isdisjoint(wanted)]
    if not cards:
        return None
    return Reckoning(
        list(islice(explained(body, wanted), _MOST_LINES)),
        len(cards),
        max(0, len(cards) - _MOST_LINES),
        amount_by(body, wanted),
        cards[0]["currency"],
    )
