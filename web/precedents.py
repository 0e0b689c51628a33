"""Comparable deals in words: what they have in common, and what they cost."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from catalog.models import TitleKind
from licensing.comparable_deals import Comparison
from licensing.precedents import Bucket, Cell
from web.words import EXCLUSIVITY, MODALITIES, PRICE_PER, Text, name_of

TERMS: dict[str, Text] = {
    "1y": _("up to a year"),
    "3y": _("up to three years"),
    "longer": _("more than three years"),
}
_MOST = 6


@dataclass(frozen=True)
class Line:
    """One published batch: `what` its deals have in common, and where it may be anything."""

    month: str
    cell: Cell
    what: list[Text]

    @property
    def per(self) -> Text:
        return PRICE_PER[self.cell.bucket.per]


@dataclass(frozen=True)
class Shown:
    """What is comparable to an offer or a request; `best` is the first of `lines`."""

    wanted: list[Text]
    lines: list[Line]

    @property
    def best(self) -> Line | None:
        return self.lines[0] if self.lines else None


def shown(found: Comparison) -> Shown | None:
    """Return it in words; None for what is compared with nothing."""
    if found.wanted is None:
        return None
    return Shown(words_of(found.wanted), lines_of(found.found[:_MOST]))


def lines_of(cells: list[tuple[str, Cell]]) -> list[Line]:
    """Return published batches in words, each with the month of its release."""
    return [Line(month, cell, words_of(cell.bucket)) for month, cell in cells]


def words_of(bucket: Bucket) -> list[Text]:
    """Return what is known of a bucket, in words."""
    kinds = dict(TitleKind.choices)
    every: list[Text] = [
        MODALITIES[bucket.modality],
        name_of(bucket.use) if bucket.use else "",
        EXCLUSIVITY[bucket.exclusivity],
        TERMS.get(bucket.term, ""),
        kinds.get(bucket.kind, ""),
        bucket.currency,
    ]
    return [each for each in every if each]
