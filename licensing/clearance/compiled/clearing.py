"""Asking many assets at once: one request against compiled assets."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from catalog.scope.instants import ALWAYS, NEVER
from licensing.clearance.case import SCHEMA, Request, read_case
from licensing.clearance.compiled.assets import CompiledAssets, Rows, Shape
from licensing.clearance.compiled.burdens import Outcome, Role, outcomes
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
from licensing.clearance.compiled.reach import Codes, Reach
from licensing.clearance.compiled.titles import Covers, Title, TitleJudge
from licensing.clearance.evaluate import clear
from licensing.clearance.reasons import BLOCKED, CLEAR, CONDITIONAL, ORDER, REASONS, REVIEW
from licensing.clearance.verdict import word_of

type Answer = tuple[str, tuple[str, ...]]
"""The verdict's word and the reasons."""
type Part = tuple[int, Box]
"""What is found, as bits, and where."""

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
"""In place of what is found everywhere: it differs from point to point."""


@dataclass
class Clearing:
    """One request against compiled assets. What assets have in common is asked only once."""

    assets: CompiledAssets
    request: dict[str, Any]
    _outcomes: dict[Role, Collection[Outcome] | None] = field(default_factory=dict)
    _scopes: dict[tuple[Reach, Box], Sequence[tuple[Box, Covers]]] = field(default_factory=dict)
    _answers: dict[frozenset[int], Answer] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._case = read_case(self._whole([]), self.assets.tables)
        self._boxes = list(_boxes(self._case.request))
        self._persons = self._nobody_agreed()
        self._bites = [self._bite(*bite) for bite in self.assets.bites.values]
        judge = TitleJudge(self._case.request, self.assets.chains, self.assets.tables)
        self._titles = [self._title_parts(title, judge) for title in self.assets.titles.values]

    def detail(self, asset: str) -> dict[str, Any]:
        """The verdict in full (contract section 7)."""
        return clear(self._whole(list(self.assets.facts[asset])), self.assets.tables)

    def answers(self) -> Iterator[tuple[str, str, tuple[str, ...]]]:
        """Every asset with the verdict's word and the reasons."""
        apart = dict(self.assets.apart)
        if self._persons is not None:
            apart |= self.assets.persons
        if self._is_rare:
            apart |= {asset: None for rows in self.assets.rows.values() for asset in rows.assets}
        else:
            for rows in self.assets.rows.values():
                yield from self._of_rows(rows, apart)
        for asset in apart:
            yield asset, *self._in_full(asset)

    @property
    def _is_rare(self) -> bool:
        """Whether it is about one work, or about models already trained."""
        return "work" in self.request or self._case.request.checkpoints is not None

    def _whole(self, facts: list[Any]) -> dict[str, Any]:
        return {
            "schema": SCHEMA, "as_of": self.assets.as_of, "facts": facts, "request": self.request
        }  # fmt: skip

    def _in_full(self, asset: str) -> Answer:
        full = self.detail(asset)
        return full["verdict"], tuple(full["reasons"])

    def _of_rows(
        self, rows: Rows, apart: Collection[str]
    ) -> Iterator[tuple[str, str, tuple[str, ...]]]:
        found = self._everywhere(rows)
        known = {bits: self._answer(frozenset({bits})) for bits in {*found} - {_LOOK}}
        answers = list(map(known.get, found))
        for at, bits in enumerate(found):
            if bits == _LOOK and rows.assets[at] not in apart:
                answers[at] = self._from_point_to_point(rows, at)
        for asset, answer in zip(rows.assets, answers, strict=True):
            if answer is not None and asset not in apart:
                yield asset, *answer

    def _everywhere(self, rows: Rows) -> list[int]:
        """What is found at all points of each row, or that these differ."""
        if len(self._boxes) > 1:
            return [_LOOK] * len(rows.assets)
        whole = [parts[0][1] if len(parts) == 1 else _LOOK for parts in self._titles]
        found = [whole[number] for number in rows.titles]
        bites = [0 if bits == 0 else bits if full else _LOOK for bits, _, full in self._bites]
        (*_, start, end) = self._boxes[0]
        for numbers, starts, ends in zip(rows.bites, rows.starts, rows.ends, strict=True):
            found = [
                bits if since >= end or until <= start
                else bits | bites[number] if since <= start and until >= end
                else _LOOK if bites[number] else bits
                for bits, number, since, until in zip(found, numbers, starts, ends, strict=True)
            ]  # fmt: skip
        if self._persons is None:
            return found
        bits, box = self._persons
        everywhere = meet(self._boxes[0], box) == self._boxes[0]
        return [each | bits for each in found] if everywhere else [_LOOK] * len(found)

    def _from_point_to_point(self, rows: Rows, at: int) -> Answer:
        """The answer for one row, whose points differ."""
        burdens: list[Part] = [] if self._persons is None else [self._persons]
        for numbers, starts, ends in zip(rows.bites, rows.starts, rows.ends, strict=True):
            bits, shape, _ = self._bites[numbers[at]]
            if bits == 0:
                continue
            box = (*shape, starts[at], ends[at])
            if bits == _LOOK and any(meet(each, box) for each in self._boxes):
                return self._in_full(rows.assets[at])
            burdens.append((bits, box))
        found: set[int] = set()
        for box, bits in self._titles[rows.titles[at]]:
            if bits & _USABLE:
                _spread(box, bits, burdens, found)
            else:
                found.add(bits)
        return self._answer(frozenset(found))

    def _answer(self, found: frozenset[int]) -> Answer:
        answer = self._answers.get(found)
        if answer is None:
            answer = self._answers[found] = _answer(found)
        return answer

    def _bite(self, role: Role, doubts: Codes, shape: Shape) -> tuple[int, Shape, bool]:
        """What a piece finds for this request, where, and whether that is all of its shape."""
        if role not in self._outcomes:
            self._outcomes[role] = outcomes(role, self.assets.roles[role], self._case)
        found = self._outcomes[role]
        if found == [] or not any(_meet(box, shape) for box in self._boxes):
            return 0, shape, False
        if found is None:
            return _LOOK, shape, False
        if doubts and found:
            found = [(code, REASONS[code].status) for code in doubts]
        uses, modality, kinds, countries, *_ = self._boxes[0]
        its = shape
        whole = not (uses & ~its[0] or modality & ~its[1] or kinds & ~its[2] or countries & ~its[3])
        return _bits(found), shape, whole

    def _title_parts(self, title: Title, judge: TitleJudge) -> list[tuple[Box, int]]:
        """What is found of a title in each part of the request."""
        parts: list[tuple[Box, int]] = []
        for box in self._boxes:
            for part, covers in self._cells(title, box):
                usable, findings = judge.judge(title, covers)
                bits = _bits((each.code, each.status) for each in findings)
                parts.append((part, bits | _USABLE if usable else bits))
        found = {bits for _, bits in parts}
        return [(self._boxes[0], found.pop())] if len(found) == len(self._boxes) == 1 else parts

    def _cells(self, title: Title, box: Box) -> Sequence[tuple[Box, Covers]]:
        """The parts of a box that no deed tells apart; most titles have one deed of few scopes."""
        if len(title.reaches) != 1:
            return title.cells(box)
        key = (title.reaches[0], box)
        if key not in self._scopes:
            self._scopes[key] = title.cells(box)
        return self._scopes[key]

    def _nobody_agreed(self) -> Part | None:
        """What a request of likenesses finds in an asset without a word of any person."""
        uses = LEAF.of(self._case.request.uses) & LIKENESS
        if not uses:
            return None
        code = "SUBJECT_UNKNOWN" if self._case.request.subjects is None else "CONSENT_MISSING"
        return _BITS[code, REASONS[code].status], (LIKENESS, -1, -1, -1, ALWAYS, NEVER)


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


def _meet(box: Box, shape: Shape) -> bool:
    return bool(box[0] & shape[0] and box[1] & shape[1] and box[2] & shape[2] and box[3] & shape[3])


def _bits(found: Iterable[Outcome]) -> int:
    bits = 0
    for outcome in found:
        bits |= _BITS[outcome]
    return bits


def _spread(box: Box, bits: int, burdens: Sequence[Part], found: set[int]) -> None:
    """Add what is found at the points of a box under these burdens."""
    for place, (more, hole) in enumerate(burdens):
        inside = meet(box, hole)
        if inside is not None and bits | more != bits:
            for rest in without(box, inside):
                _spread(rest, bits, burdens[place + 1 :], found)
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
