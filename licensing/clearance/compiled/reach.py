"""Where a fact holds, as boxes, and which step of the coverage test fails elsewhere (section 4)."""

from collections.abc import Generator, Iterator
from itertools import pairwise
from typing import NamedTuple

from catalog.scope.instants import ALWAYS, NEVER
from catalog.scope.territory import Territory
from licensing.clearance.compiled.masks import (
    COUNTRY,
    LEAF,
    MODALITY,
    MODEL_KIND,
    Box,
    meet,
    without,
)
from licensing.clearance.coverage import NOTHING, Cover, term_codes, use_codes
from licensing.clearance.facts import Scoped

type Codes = frozenset[str]
type Part = tuple[Box, Codes]
"""A box that a fact holds, for certain or with these doubts."""


class Reach(NamedTuple):
    """A fact's scope. Equal scopes are kept once, whatever facts they are of."""

    uses: tuple[tuple[int, Codes], ...]
    """Leaves, and the doubts there."""
    modality: int
    model_kind: int
    territory: tuple[tuple[int, int, int, Codes], ...]
    """From, to, countries, doubts."""
    term: tuple[tuple[int, int, Codes | str], ...]
    """From, to, doubts or the code that fails: all of time."""
    in_force: bool
    outside: str
    """The code of a use outside."""

    def holds(self) -> Iterator[Part]:
        """Where the fact holds; the boxes do not meet."""
        if not self.in_force:
            return
        for leaves, unsure in self.uses:
            for begin, until, countries, vague in self.territory:
                for start, end, codes in self.term:
                    if not isinstance(codes, str) and max(begin, start) < min(until, end):
                        box = (leaves, self.modality, self.model_kind, countries,
                               max(begin, start), min(until, end))  # fmt: skip
                        yield box, unsure | vague | codes

    def covers(self, box: Box) -> Iterator[tuple[Box, Cover]]:
        """What the coverage test says in each part of a box: the first step that fails decides."""
        left = yield from self._failing(box)
        for part in left:
            for leaves, unsure in self.uses:
                for begin, until, countries, vague in self.territory:
                    for start, end, codes in self.term:
                        inside = meet(part, (leaves, self.modality, self.model_kind, countries,
                                             max(begin, start), min(until, end)))  # fmt: skip
                        if inside is None:
                            continue
                        if isinstance(codes, str):
                            yield inside, Cover(6, codes)
                        elif not self.in_force:
                            yield inside, Cover(7, "INSTRUMENT_NOT_EXECUTED")
                        else:
                            yield inside, Cover(maybe=unsure | vague | codes)

    def _failing(self, box: Box) -> Generator[tuple[Box, Cover], None, list[Box]]:
        """Steps 2 to 5; returns the boxes that pass them."""
        whole = (LEAF.every, -1, -1, -1, ALWAYS, NEVER)
        used = sum(leaves for leaves, _ in self.uses)
        steps: list[tuple[int, str, list[Box]]] = [
            (2, self.outside, [(used, *whole[1:])] if used else []),
            (3, "NO_RIGHTS_MODALITY", [(whole[0], self.modality, *whole[2:])]),
            (4, "NO_RIGHTS_MODEL_KIND", [(*whole[:2], self.model_kind, *whole[3:])]),
            (5, "NO_RIGHTS_TERRITORY", [
                (*whole[:3], countries, begin, until)
                for begin, until, countries, _ in self.territory
            ]),
        ]  # fmt: skip
        passing = [box]
        for step, code, holes in steps:
            if len(passing) == len(holes) == 1 and meet(passing[0], holes[0]) == passing[0]:
                continue
            outside, inside = passing, []
            for hole in holes:
                inside += [part for each in outside if (part := meet(each, hole))]
                outside = [
                    part for each in outside
                    for part in (without(each, hole) if meet(each, hole) else [each])
                ]  # fmt: skip
            for each in outside:
                yield each, Cover(step, code)
            passing = inside
        return passing


def reach_of(fact: Scoped) -> Reach:
    """The scope of a fact as bits."""
    return Reach(
        uses=_uses(fact),
        modality=MODALITY.of(fact.modality),
        model_kind=MODEL_KIND.of(fact.model_kind),
        territory=tuple(_territory(fact.territory)),
        term=tuple(_term(fact)),
        in_force=fact.in_force,
        outside="RESERVED_RIGHTS" if fact.reserved else "NO_RIGHTS_USE",
    )


def _uses(fact: Scoped) -> tuple[tuple[int, Codes], ...]:
    key = (fact.uses, fact.new_uses, fact.reserved)
    known = _USES.get(key)
    if known is None:
        leaves: dict[Codes, int] = {}
        for leaf, bit in LEAF.bit.items():
            codes = use_codes(fact, leaf)
            if codes is not None:
                leaves[codes] = leaves.get(codes, 0) | bit
        known = _USES[key] = tuple((bits, codes) for codes, bits in leaves.items())
    return known


_USES: dict[tuple[Codes, str, bool], tuple[tuple[int, Codes], ...]] = {}
"""As many as there are sets of leaves that anybody wrote."""


def _territory(territory: Territory) -> Iterator[tuple[int, int, int, Codes]]:
    instants = (*territory.instants, NEVER)
    for (begin, until), reach in zip(pairwise(instants), territory.reaches, strict=True):
        countries: dict[Codes, int] = {NOTHING: COUNTRY.of(reach.certain)}
        for code, doubts in reach.maybe.items():
            countries[doubts] = countries.get(doubts, 0) | COUNTRY.bit[code]
        for doubts, bits in countries.items():
            if bits:
                yield begin, until, bits, doubts


def _term(fact: Scoped) -> Iterator[tuple[int, int, Codes | str]]:
    cuts = {ALWAYS, fact.start, fact.end, fact.revoked, fact.disputed, NEVER}
    for begin, until in pairwise(sorted(cuts)):
        yield begin, until, term_codes(fact, begin)
