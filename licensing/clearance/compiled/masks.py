"""Sets as bits: what a fact or a request reaches, as six integers."""

from collections.abc import Collection, Mapping
from typing import Final

from catalog.scope.territory import COUNTRIES
from catalog.scope.uses import LEAVES, LIKENESS_LEAVES, MODALITIES, MODEL_KINDS, TRAIN_LEAVES


def _bits(names: Collection[str]) -> Mapping[str, int]:
    return {name: 1 << place for place, name in enumerate(names)}


LEAF: Final = _bits(LEAVES)
MODALITY: Final = _bits(MODALITIES)
MODEL_KIND: Final = _bits(MODEL_KINDS)
COUNTRY: Final = _bits(sorted(COUNTRIES))

type Box = tuple[int, int, int, int, int, int]
"""Uses, modalities, model kinds, countries as bits; start and end in UTC seconds, half-open. None
of them is ever empty."""


def mask(names: Collection[str], bits: Mapping[str, int]) -> int:
    """The set as bits."""
    return sum(bits[name] for name in names)


EVERY_LEAF: Final = mask(LEAVES, LEAF)
EVERY_MODALITY: Final = mask(MODALITIES, MODALITY)
EVERY_KIND: Final = mask(MODEL_KINDS, MODEL_KIND)
WORLD: Final = mask(COUNTRIES, COUNTRY)
TRAINING: Final = mask(TRAIN_LEAVES, LEAF)
LIKENESS: Final = mask(LIKENESS_LEAVES, LEAF)


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
