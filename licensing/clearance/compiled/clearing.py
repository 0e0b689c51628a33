"""Asking many assets at once: one request against compiled assets."""

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import reduce
from itertools import count
from operator import or_
from typing import Any, Final

from catalog.scope.errors import CaseError
from catalog.scope.instants import ALWAYS, NEVER
from licensing.clearance.case import SCHEMA, Request, read_case
from licensing.clearance.compiled.assets import Bite, CompiledAssets, Numbers
from licensing.clearance.compiled.burdens import Outcome, outcomes
from licensing.clearance.compiled.masks import (
    COUNTRY,
    LEAF,
    LIKENESS,
    MODALITY,
    MODEL_KIND,
    Box,
    meet,
    without,
)
from licensing.clearance.compiled.reach import Slices, Stretches
from licensing.clearance.compiled.titles import Title, TitleJudge, cells_of
from licensing.clearance.decisions import MOST_WORK
from licensing.clearance.evaluate import clear
from licensing.clearance.reasons import BLOCKED, CLEAR, CONDITIONAL, ORDER, REASONS, REVIEW
from licensing.clearance.records import clear_recorded
from licensing.clearance.verdict import word_of

type Answer = tuple[str, tuple[str, ...]]
"""The verdict's word and the reasons."""
type Hit = tuple[int, Box | None]
"""What a burden finds, as bits, and where; None for all that is asked for."""

_STATUSES: Final = (CONDITIONAL, REVIEW, BLOCKED)
_BITS: Final[dict[Outcome, int]] = {
    (code, status): 1 << (place * 3 + _STATUSES.index(status))
    for code, place in ORDER.items()
    for status in _STATUSES
}
_USABLE: Final = 1 << (len(ORDER) * 3)
"""Beside what is found at a point: the title carries it. Elsewhere burdens do not matter."""
_WITH: Final = {
    status: sum(bits for (_, each), bits in _BITS.items() if each == status) for status in _STATUSES
}
_NO_TITLE: Final = sum(
    _BITS[code, BLOCKED] for code in ORDER if ORDER[code] <= ORDER["NO_EXCLUSIVE_RIGHT"]
)
"""What is found where no line carries the title; no burden finds any of it."""
_LOOK: Final = -1
"""In place of what is found: only the plain evaluator can tell."""
_TANGLED: Final[frozenset[int]] = frozenset()
"""In place of what is found of a title that nobody can follow."""
_EVERYWHERE: Final = 8
"""More places than 2 to this power there are not."""
_MANY: Final = 40
"""Burdens of one asset that meet the request in part. With more the plain evaluator is quicker."""


@dataclass
class Clearing:
    """One request against compiled assets. What assets have in common is asked only once."""

    assets: CompiledAssets
    request: dict[str, Any]
    _sorts: Numbers[frozenset[int]] = field(default_factory=Numbers)
    _alike: dict[tuple[int, ...], int] = field(default_factory=dict)
    _known: dict[tuple[int, int, int], Answer] = field(default_factory=dict)
    _answers: dict[frozenset[int], Answer] = field(default_factory=dict)

    def __post_init__(self) -> None:
        assets = self.assets
        self._case = read_case(self._whole([]), assets.tables)
        self._boxes = list(_boxes(self._case.request))
        self._hull = _hull(self._boxes)
        self._always, self._partly = self._nobody_agreed()
        self._outcomes = [
            outcomes(role, assets.examples[role], self._case) for role in assets.roles.values
        ]
        values = assets.headings.values
        self._judge = TitleJudge(self._case.request, values, assets.chains, assets.tables)
        self._where = _numbered(_met(each, self._hull) for each in assets.places.values)
        self._when = _numbered(_run(each, self._hull) for each in assets.times.values)
        self._bits = [self._bits_of(bite) for bite in assets.bites.values]
        self._sort = [self._sort_of(title) for title in assets.titles.values]

    def detail(self, asset: str) -> dict[str, Any]:
        """The verdict in full (contract section 7)."""
        case = self._whole(list(self.assets.facts[asset]))
        told = clear_recorded if self.assets.recorded else clear
        return told(case, self.assets.tables)

    def answers(self) -> Iterator[tuple[str, str, tuple[str, ...]]]:
        """Every asset with the verdict's word and the reasons."""
        apart = list(self.assets.apart)
        if "work" in self.request or self._case.request.checkpoints is not None:
            # About one work, or about models already trained.
            apart += [each for each, title in self._rows() if title >= 0]
        else:
            answers, rows = self._of_rows()
            apart += [self.assets.assets[row] for row in sorted(rows)]
            for asset, answer in zip(self.assets.assets, answers, strict=True):
                if answer is not None:
                    yield asset, answer[0], answer[1]
        for asset in apart:
            yield asset, *self._in_full(asset)

    def _rows(self) -> Iterator[tuple[str, int]]:
        return zip(self.assets.assets, self.assets.titled, strict=True)

    def _whole(self, facts: list[Any]) -> dict[str, Any]:
        return {
            "schema": SCHEMA, "as_of": self.assets.as_of, "facts": facts, "request": self.request
        }  # fmt: skip

    def _in_full(self, asset: str) -> Answer:
        full = self.detail(asset)
        return full["verdict"], tuple(full["reasons"])

    def _of_rows(self) -> tuple[list[Answer | None], set[int]]:
        """The answer of each row, None where there is none or the plain evaluator has to say; and
        the rows of which it has to."""
        bare = [self._under(title, []) for title in range(len(self._sort))]
        bare.append(None)  # where a row is free
        titled, sort = self.assets.titled, self._sort
        answers = [bare[title] for title in titled]
        first, more, rows = self._hits()
        rows |= self._heavy(first, more)
        if None in bare[:-1]:
            rows |= {row for row, title in enumerate(titled) if title >= 0 and bare[title] is None}
        effects = self._effects()
        known: dict[tuple[int, int], Answer | None] = {}
        for row, hit in first.items():
            title = titled[row]
            key = (sort[title], effects[hit])
            if row not in more and key in known:
                answers[row] = known[key]
                continue
            hits = [hit, *more.get(row, ())]
            answers[row] = self._under(title, [self._hit(each, row) for each in hits])
            if answers[row] is None:
                rows.add(row)
            elif row not in more and self._is_alike(title, hit):
                known[key] = answers[row]
        if self._always or self._partly:
            rows.update(self.assets.persons.values())
        for row in rows:
            answers[row] = None
        return answers, rows

    def _heavy(self, first: dict[int, int], more: dict[int, list[int]]) -> set[int]:
        """The rows that the plain evaluator might refuse, for it to say: those with so many facts,
        so many of them for a part of what is asked, that it could have too much to weigh."""
        *_, since, until = self._hull
        places = [_splits(each, self._hull) for each in self.assets.places.values]
        times = [
            sum(start < until and end > since for start, end, _ in each) - 1
            for each in self.assets.times.values
        ]
        split = [
            sum(places[place] + times[time] for _, place, time in title.scopes)
            for title in self.assets.titles.values
        ]
        split.append(0)  # where a row is free
        counts, most = self.assets.counts, max(self.assets.counts, default=0)
        hits = 1 + max(map(len, more.values()), default=0)
        if self._is_light(max(split) + hits, most):
            return set()
        if not self._is_light(max(split), most):
            every: Iterable[int] = range(len(counts))
        else:
            every = first
        safe = next(n for n in count() if not self._is_light(n + 1, most)) if most else 0
        heavy: set[int] = set()
        for row in every:
            parts = split[self.assets.titled[row]]
            if row in first:
                parts += first[row] % 2 + sum(hit % 2 for hit in more.get(row, ()))
            if parts > safe and not self._is_light(parts, counts[row]):
                heavy.add(row)
        return heavy

    def _is_light(self, parts: int, facts: int) -> bool:
        """Whether the plain evaluator certainly judges an asset with so many facts, so many of
        which hold for a part of what is asked only."""
        request = self._case.request
        classes = len(request.uses) * len(request.modality) * len(request.model_kind)
        places = 1 << parts if parts < _EVERYWHERE else 1 << _EVERYWHERE
        stretches = (4 * parts + 1) * len(self._boxes) ** 2  # in each, countries of their own
        return classes * places * stretches * (1 + facts) <= MOST_WORK

    def _hits(self) -> tuple[dict[int, int], dict[int, list[int]], set[int]]:
        """For each row that burdens concern the first of them, and the others: twice the number of
        the bite, and one more where it holds only part of what is asked for. And the rows where
        what they find depends on the title."""
        first: dict[int, int] = {}
        more: dict[int, list[int]] = {}
        rows: set[int] = set()
        uses, modality, kinds, countries, since, until = self._hull
        for number, bits in enumerate(self._bits):
            if not bits:
                continue
            bite, spots = self.assets.bites.values[number], self.assets.spots[number]
            within = not (
                uses & ~bite.uses or modality & ~bite.modality or kinds & ~bite.model_kind
            )
            whole, part = 2 * number, 2 * number + 1
            for row, (places, start, end) in spots.items():
                if start >= until or end <= since or not places & countries:
                    continue
                everywhere = start <= since and end >= until and not countries & ~places
                hit = whole if within and everywhere else part
                if bits == _LOOK:
                    rows.add(row)
                elif row in first:
                    more.setdefault(row, []).append(hit)
                else:
                    first[row] = hit
        return first, more, rows

    def _effects(self) -> list[int]:
        """The same number for all hits that find the same, everywhere or in part."""
        numbers: Numbers[tuple[int, bool]] = Numbers()
        return [numbers.number((bits, is_part)) for bits in self._bits for is_part in (False, True)]

    def _hit(self, hit: int, row: int) -> Hit:
        number, is_part = divmod(hit, 2)
        bite = self.assets.bites.values[number]
        box = (bite.uses, bite.modality, bite.model_kind, *self.assets.spots[number][row])
        return self._bits[number], box if is_part else None

    def _bits_of(self, bite: Bite) -> int:
        """What a piece finds for this request."""
        found = self._outcomes[bite.role]
        uses, modality, kinds, *_ = self._hull
        meets = uses & bite.uses and modality & bite.modality and kinds & bite.model_kind
        if not meets or found == []:
            return 0
        if found is None:
            return _LOOK
        return _bits(_doubted(bite.doubts) if bite.doubts else found)

    def _under(self, title: int, hits: Iterable[Hit]) -> Answer | None:
        """The answer for a title under burdens; None where only the plain evaluator can tell."""
        if self._sorts.values[self._sort[title]] == _TANGLED:
            return None
        everywhere, partly = self._always, list(self._partly)
        for bits, box in hits:
            if box is None:
                everywhere |= bits
            else:
                partly.append((bits, box))
        if not partly:
            return self._with(title, everywhere, 0)
        if len(partly) == 1 and self._is_uniform(title):
            return self._with(title, everywhere, partly[0][0])
        return None if len(partly) > _MANY else self._from_point_to_point(title, everywhere, partly)

    def _is_alike(self, title: int, hit: int) -> bool:
        """Whether all titles of this sort have the same answer under a burden that finds the same:
        it does not matter where. It does beside what is found in part of the request anyway."""
        if self._partly:
            return not hit % 2 and self._is_uniform(title)
        return not hit % 2 or self._is_uniform(title)

    def _is_uniform(self, title: int) -> bool:
        """Whether all points have the same title. Then a burden in part of the request, which is
        one box, leaves points with it and points without."""
        return len(self._boxes) == 1 == len(self._sorts.values[self._sort[title]])

    def _with(self, title: int, everywhere: int, somewhere: int) -> Answer:
        key = (self._sort[title], everywhere, somewhere)
        answer = self._known.get(key)
        if answer is None:
            found: set[int] = set()
            for bits in self._sorts.values[self._sort[title]]:
                usable = bits & _USABLE
                found.add(bits | everywhere if usable else bits)
                if usable and somewhere:
                    found.add(bits | everywhere | somewhere)
            answer = self._known[key] = self._answer(frozenset(found))
        return answer

    def _from_point_to_point(
        self, title: int, everywhere: int, partly: Sequence[tuple[int, Box]]
    ) -> Answer:
        found: set[int] = set()
        for box, bits in self._title_parts(self.assets.titles.values[title]):
            if bits & _USABLE:
                _spread(box, bits | everywhere, partly, found)
            else:
                found.add(bits)
        return self._answer(frozenset(found))

    def _answer(self, found: frozenset[int]) -> Answer:
        answer = self._answers.get(found)
        if answer is None:
            answer = self._answers[found] = _answer(found)
        return answer

    def _sort_of(self, title: Title) -> int:
        """The number of what is found of a title, wherever in the request. Titles by one deed that
        hold alike are asked for once."""
        key: tuple[int, ...] | None = None
        if len(title.scopes) == 1:
            ((manner, places, times),) = title.scopes
            key = (title.heading, manner, self._where[places], self._when[times])
            if key in self._alike:
                return self._alike[key]
        try:
            found = frozenset(bits for _, bits in self._title_parts(title))
        except CaseError:  # too tangled: the plain evaluator says so, of the assets it is of
            found = _TANGLED
        sort = self._sorts.number(found)
        if key is not None:
            self._alike[key] = sort
        return sort

    def _title_parts(self, title: Title) -> Iterator[tuple[Box, int]]:
        """What is found of a title in each part of the request."""
        reaches = [self.assets.reach(scope) for scope in title.scopes]
        for box, covers in cells_of(reaches, self._boxes):
            usable, findings = self._judge.judge(title.heading, covers)
            bits = _bits((each.code, each.status) for each in findings)
            yield box, bits | _USABLE if usable else bits

    def _nobody_agreed(self) -> tuple[int, list[tuple[int, Box]]]:
        """What a request of likenesses finds in an asset without a word of any person: everywhere,
        and in part of the request."""
        uses = LEAF.of(self._case.request.uses)
        code = "SUBJECT_UNKNOWN" if self._case.request.subjects is None else "CONSENT_MISSING"
        bits = _BITS[code, REASONS[code].status]
        if not uses & LIKENESS:
            return 0, []
        if not uses & ~LIKENESS:
            return bits, []
        return 0, [(bits, (LIKENESS, -1, -1, -1, ALWAYS, NEVER))]


def clear_many(
    assets: CompiledAssets, request: dict[str, Any]
) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """One request (`clearance-case/1`, section 3) against all assets: each with the verdict's word
    and its reasons, the same as `clear` gives for the asset's facts. Raises CaseError."""
    return Clearing(assets, request).answers()


def _boxes(request: Request) -> Iterator[Box]:
    """The request as boxes: one, unless its countries change with time."""
    territory = request.territory
    for begin, until, reach in zip(
        territory.instants, (*territory.instants[1:], NEVER), territory.reaches, strict=True
    ):
        start, end = max(begin, request.start), min(until, request.end)
        if start < end and reach.certain:
            yield (
                LEAF.of(request.uses),
                MODALITY.of(request.modality),
                MODEL_KIND.of(request.model_kind),
                COUNTRY.of(reach.certain),
                start,
                end,
            )


def _hull(boxes: Sequence[Box]) -> Box:
    """The smallest box that holds them all."""
    uses, modality, kinds, countries, starts, ends = zip(*boxes, strict=True)
    sets = (reduce(or_, each) for each in (uses, modality, kinds, countries))
    return (*sets, min(starts), max(ends))


def _numbered(values: Iterable[Hashable]) -> list[int]:
    """The same number for equal values."""
    numbers: Numbers[Hashable] = Numbers()
    return [numbers.number(value) for value in values]


def _met(slices: Slices, hull: Box) -> Hashable:
    """Equal for places that meet a request alike: in some countries, in none or in all of them, as
    long as they do not change; else these places alone."""
    *_, countries, _, _ = hull
    if len(slices) == 1:
        ((_, _, held),) = slices
        if len(held) == 1 and not held[0][1]:
            return bool(countries & held[0][0]), bool(countries & ~held[0][0])
    return slices


def _splits(slices: Slices, hull: Box) -> int:
    """How often places tell what is asked apart, at the most: countries, and instants at which
    they change."""
    *_, countries, since, until = hull
    there = [held for begin, end, held in slices if begin < until and end > since]
    parts = sum(
        bool(countries & places and countries & ~places) for held in there for places, _ in held
    )
    return parts + len(there) - 1


def _run(stretches: Stretches, hull: Box) -> Hashable:
    """What the coverage test says of a term during the request."""
    *_, since, until = hull
    return tuple(codes for start, end, codes in stretches if start < until and end > since)


def _doubted(codes: Iterable[str]) -> Iterator[Outcome]:
    return ((code, REASONS[code].status) for code in codes)


def _bits(found: Iterable[Outcome]) -> int:
    bits = 0
    for outcome in found:
        bits |= _BITS[outcome]
    return bits


def _spread(box: Box, bits: int, burdens: Sequence[tuple[int, Box]], found: set[int]) -> None:
    """Add what is found at the points of a box under these burdens."""
    left = [(box, bits, 0)]
    while left:
        box, bits, place = left.pop()
        for number in range(place, len(burdens)):
            more, hole = burdens[number]
            if bits | more == bits or (inside := meet(box, hole)) is None:
                continue
            if inside != box:
                left += [(rest, bits, number + 1) for rest in without(box, inside)]
            box, bits = inside, bits | more
        found.add(bits)


def _answer(found: Iterable[int]) -> Answer:
    reasons, statuses = 0, set()
    for bits in found:
        counts = bits if bits & _USABLE else bits & _NO_TITLE
        status = next((each for each in reversed(_STATUSES) if counts & _WITH[each]), CLEAR)
        statuses.add(status)
        reasons |= counts & _WITH.get(status, 0)
    codes = {code for (code, _), bit in _BITS.items() if reasons & bit}
    return word_of(statuses), tuple(sorted(codes, key=ORDER.__getitem__)) or ("OK",)
