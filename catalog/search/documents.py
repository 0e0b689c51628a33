"""What is searched: one document for a title, a file, a shot or a spoken line."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from catalog.search import words

# A result is of one level, so that its hours and its price count nothing twice.
LEVELS = ("title", "asset", "shot", "line")

# In the order in which a page shows them. A document may have several values of each, or none.
FACETS = (
    "level",
    "kind",
    "work",
    "duration",
    "resolution",
    "frame_rate",
    "language",
    "genre",
    "country",
    "year",
    "technique",
    "rights",
    "offer",
    "use",
    "currency",
    "price",
)
# What only the holder finds by, and counts: an offer does not disclose it.
OWN_FACETS = frozenset({"rights", "offer"})
# Before a term that only the holder finds by; no word of a text begins so.
OWN = "\x01"

# The bits of each number, and with them its limit.
NUMBERS = {"duration_ms": 40, "price_minor": 50, "year": 14, "added_s": 40}

_DURATIONS_S = {"0s": 10, "10s": 60, "1m": 600, "10m": 3600, "1h": 7200}
_LINES = {"sd": 720, "720p": 1080, "1080p": 1440, "1440p": 2160, "2160p": 4320}


@dataclass(frozen=True)
class Document:
    """What is known of one thing that can be found.

    `number` names it for ever (below 2**32); `organisation` is the number of who holds it;
    `offered` says that any lab may see it, but for `own_text` and OWN_FACETS. `facets` maps FACETS
    to values; those that follow from the numbers are added by `all_facets`. `lines` is the height
    of a picture, or 9/16 of its width where that is more. `price_minor` is in `currency`; both or
    neither.
    """

    number: int
    organisation: int
    level: str
    name: str
    text: str = ""
    own_text: str = ""
    offered: bool = False
    facets: Mapping[str, Collection[str]] = field(default_factory=dict)
    duration_ms: int | None = None
    lines: int | None = None
    year: int | None = None
    price_minor: int | None = None
    currency: str | None = None
    added_s: int = 0

    def all_facets(self) -> dict[str, Collection[str]]:
        """Return the values of every facet, the ones derived from numbers included."""
        found = dict(self.facets)
        found["level"] = (self.level,)
        if self.duration_ms is not None:
            found["duration"] = (duration_band(self.duration_ms),)
        if self.lines is not None:
            found["resolution"] = (resolution_band(self.lines),)
        if self.year is not None:
            found["year"] = (str(self.year),)
        if self.price_minor is not None and self.currency is not None:
            found["currency"] = (self.currency,)
            found["price"] = (price_band(self.price_minor, self.currency),)
        return found

    def terms(self) -> set[str]:
        """Return what the document is found by: words, and after OWN those for its holder."""
        own = {OWN + term for term in words.terms(self.own_text)}
        return words.terms(f"{self.name} {self.text}") | own


def duration_band(duration_ms: int) -> str:
    """Return the band of a duration, named by where it begins: 0s, 10s, 1m, 10m, 1h or 2h."""
    for name, below in _DURATIONS_S.items():
        if duration_ms < below * 1000:
            return name
    return "2h"


def resolution_band(lines: int) -> str:
    """Return the band of a picture's lines, named by where it begins; `sd` is below 720 lines."""
    for name, below in _LINES.items():
        if lines < below:
            return name
    return "4320p"


def price_band(price_minor: int, currency: str) -> str:
    """Return the decade of a price, named by where it begins in minor units: `USD 1000` is from
    $10.00 to $99.99, `USD 0` is free."""
    begins = 10 ** (len(str(price_minor)) - 1) if price_minor else 0
    return f"{currency} {begins}"
