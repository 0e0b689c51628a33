"""Where a fact holds, as boxes, and which step of the coverage test fails elsewhere (section 4)."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final, NamedTuple

from catalog.scope.instants import ALWAYS, NEVER
from catalog.scope.territory import Territory
from licensing.clearance.compiled.masks import COUNTRY, LEAF, MODALITY, MODEL_KIND, Box
from licensing.clearance.coverage import NOTHING, Cover, Span, term_codes, use_codes
from licensing.clearance.facts import Scoped

type Codes = frozenset[str]
type Part = tuple[Box, Codes]
"""A box that a fact holds, for certain or with these doubts."""
type Slices = tuple[tuple[int, int, tuple[tuple[int, Codes], ...]], ...]
"""All of time: from, to, and the countries held then, by the doubts there."""
type Stretches = tuple[tuple[int, int, Codes | str], ...]
"""All of time: from, to, and the doubts or the code that fails."""

_MODALITY: Final = Cover(3, "NO_RIGHTS_MODALITY")
_MODEL_KIND: Final = Cover(4, "NO_RIGHTS_MODEL_KIND")
_TERRITORY: Final = Cover(5, "NO_RIGHTS_TERRITORY")
_NOT_IN_FORCE: Final = Cover(7, "INSTRUMENT_NOT_EXECUTED")
_SURE: Final = Cover()


class Manner(NamedTuple):
    """A fact's scope but for places and times."""

    uses: tuple[tuple[int, Codes], ...]
    """Leaves, and the doubts there."""
    modality: int
    model_kind: int
    in_force: bool
    outside: str
    """The code of a use outside."""


class Reach(NamedTuple):
    """A fact's scope. What makes it up is kept once, whatever facts it is of."""

    manner: Manner
    territory: Slices
    term: Stretches

    def holds(self) -> Iterator[Part]:
        """Where the fact holds; the boxes do not meet."""
        uses, modality, kinds, in_force, _ = self.manner
        if not in_force:
            return
        for begin, until, held in self.territory:
            for start, end, codes in self.term:
                since, till = max(begin, start), min(until, end)
                if isinstance(codes, str) or since >= till:
                    continue
                for countries, vague in held:
                    for leaves, unsure in uses:
                        box = (leaves, modality, kinds, countries, since, till)
                        yield box, unsure | vague | codes

    def covers(self, box: Box) -> Iterator[tuple[Box, Cover]]:
        """What the coverage test says in each part of a box: the first step that fails decides."""
        uses, modality, kinds, countries, start, end = box
        mine = self.manner
        used = sum(leaves for leaves, _ in mine.uses)
        if rest := uses & ~used:
            yield (rest, modality, kinds, countries, start, end), Cover(2, mine.outside)
        if not (uses := uses & used):
            return
        if rest := modality & ~mine.modality:
            yield (uses, rest, kinds, countries, start, end), _MODALITY
        if not (modality := modality & mine.modality):
            return
        if rest := kinds & ~mine.model_kind:
            yield (uses, modality, rest, countries, start, end), _MODEL_KIND
        if not (kinds := kinds & mine.model_kind):
            return
        for begin, until, held in self.territory:
            since, till = max(begin, start), min(until, end)
            if since < till:
                inside = (uses, modality, kinds, countries, since, till)
                yield from self._in_slice(inside, held)

    def _in_slice(
        self, box: Box, held: tuple[tuple[int, Codes], ...]
    ) -> Iterator[tuple[Box, Cover]]:
        """Steps 5 to 7, where the same countries are held from the start to the end of a box."""
        uses, modality, kinds, countries, start, end = box
        for here, vague in held:
            if inside := countries & here:
                countries -= inside
                for begin, until, codes in self.term:
                    since, till = max(begin, start), min(until, end)
                    if since < till:
                        part = (uses, modality, kinds, inside, since, till)
                        yield from self._in_stretch(part, vague, codes)
        if countries:
            yield (uses, modality, kinds, countries, start, end), _TERRITORY

    def _in_stretch(
        self, box: Box, vague: Codes, codes: Codes | str
    ) -> Iterator[tuple[Box, Cover]]:
        if isinstance(codes, str):
            yield box, Cover(6, codes)
        elif not self.manner.in_force:
            yield box, _NOT_IN_FORCE
        else:
            for leaves, unsure in self.manner.uses:
                if inside := box[0] & leaves:
                    doubts = unsure | vague | codes
                    yield (inside, *box[1:]), Cover(maybe=doubts) if doubts else _SURE


def reach_of(fact: Scoped) -> Reach:
    """The scope of a fact as bits."""
    manner = Manner(
        uses=_uses(fact),
        modality=MODALITY.of(fact.modality),
        model_kind=MODEL_KIND.of(fact.model_kind),
        in_force=fact.in_force,
        outside="RESERVED_RIGHTS" if fact.reserved else "NO_RIGHTS_USE",
    )
    span = Span(fact.start, fact.end, fact.undated, fact.reverts, fact.revoked, fact.disputed)
    return Reach(manner, slices_of(fact.territory), stretches_of(span))


def slices_of(territory: Territory) -> Slices:
    """A territory over time, as bits."""
    instants = (*territory.instants, NEVER)
    slices = []
    for (begin, until), reach in zip(pairwise(instants), territory.reaches, strict=True):
        countries: dict[Codes, int] = {NOTHING: COUNTRY.of(reach.certain)}
        for code, doubts in reach.maybe.items():
            countries[doubts] = countries.get(doubts, 0) | COUNTRY.bit[code]
        held = tuple((bits, doubts) for doubts, bits in countries.items() if bits)
        slices.append((begin, until, held))
    return tuple(slices)


def stretches_of(span: Span) -> Stretches:
    """All of time, cut where what the coverage test says of a term changes."""
    cuts = {ALWAYS, span.start, span.end, span.revoked, span.disputed, NEVER}
    return tuple((begin, until, term_codes(span, begin)) for begin, until in pairwise(sorted(cuts)))


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
