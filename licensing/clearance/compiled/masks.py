"""Sets as bits: what a fact or a request reaches, as six integers."""

from collections.abc import Iterable, Mapping
from typing import Final

from catalog.scope.territory import COUNTRIES
from catalog.scope.uses import LEAVES, LIKENESS_LEAVES, MODALITIES, MODEL_KINDS, TRAIN_LEAVES


class Bits:
    """Names as bits, in their order."""

    def __init__(self, names: Iterable[str]) -> None:
        self.bit: Mapping[str, int] = {name: 1 << place for place, name in enumerate(names)}
        self.every = (1 << len(self.bit)) - 1
        self._known: dict[frozenset[str], int] = {}

    def of(self, names: frozenset[str]) -> int:
        """The set as bits. The same few sets are asked for again and again."""
        bits = self._known.get(names)
        if bits is None:
            if 2 * len(names) > len(self.bit):
                bits = self.every - sum(map(self.bit.__getitem__, self.bit.keys() - names))
            else:
                bits = sum(map(self.bit.__getitem__, names))
            if len(self._known) < _KNOWN_MOST:
                self._known[names] = bits
        return bits


_KNOWN_MOST: Final = 500
LEAF: Final = Bits(LEAVES)
MODALITY: Final = Bits(MODALITIES)
MODEL_KIND: Final = Bits(MODEL_KINDS)
COUNTRY: Final = Bits(sorted(COUNTRIES))
TRAINING: Final = LEAF.of(TRAIN_LEAVES)
LIKENESS: Final = LEAF.of(LIKENESS_LEAVES)

type Box = tuple[int, int, int, int, int, int]
"""Uses, modalities, model kinds, countries as bits; start and end in UTC seconds, half-open. None
of them is ever empty."""


def meet(one: Box, other: Box) -> Box | None:
    """What both hold, None for nothing."""
    uses, modality = one[0] & other[0], one[1] & other[1]
    kinds, countries = one[2] & other[2], one[3] & other[3]
    start, end = max(one[4], other[4]), min(one[5], other[5])
    if uses and modality and kinds and countries and start < end:
        return uses, modality, kinds, countries, start, end
    return None


def without(box: Box, hole: Box) -> list[Box]:
    """What is left of a box without a hole that meets it, in boxes that do not meet."""
    left: list[Box] = []
    uses, modality, kinds, countries, start, end = box
    if rest := uses & ~hole[0]:
        left.append((rest, modality, kinds, countries, start, end))
        uses &= hole[0]
    if rest := modality & ~hole[1]:
        left.append((uses, rest, kinds, countries, start, end))
        modality &= hole[1]
    if rest := kinds & ~hole[2]:
        left.append((uses, modality, rest, countries, start, end))
        kinds &= hole[2]
    if rest := countries & ~hole[3]:
        left.append((uses, modality, kinds, rest, start, end))
        countries &= hole[3]
    if start < hole[4]:
        left.append((uses, modality, kinds, countries, start, hole[4]))
    if hole[5] < end:
        left.append((uses, modality, kinds, countries, hole[5], end))
    return left
