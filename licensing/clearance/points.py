"""Cutting a request into classes of points that no fact can tell apart."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from itertools import pairwise, product
from typing import NamedTuple

from catalog.scope.territory import Territory
from catalog.scope.uses import AI_LEAVES, LIKENESS_LEAVES, TRAIN_LEAVES
from licensing.clearance.case import Case
from licensing.clearance.coverage import Point, use_codes
from licensing.clearance.facts import Consent, Element, Scoped
from licensing.clearance.likeness import ATTRIBUTE_OF, Limits

type Names = frozenset[str]


class Cell(NamedTuple):
    """Points that all get the same answer, during one stretch of time."""

    parts: Names
    uses: Names
    modality: Names
    model_kind: Names
    countries: Names
    start: int
    end: int

    @property
    def point(self) -> Point:
        """One of its points, to ask for all."""
        return Point(
            min(self.parts),
            min(self.uses),
            min(self.modality),
            min(self.model_kind),
            min(self.countries),
            self.start,
        )


def cells(case: Case, limits: dict[str, Limits], start: int, end: int) -> Iterator[Cell]:
    """The requested points of [start, end), class by class."""
    scoped = [fact for fact in case.facts if isinstance(fact, Scoped)]
    for column in columns(case, start, end):
        yield from stretches(column, case.request.territory, cuts_of(scoped, limits))


def columns(case: Case, start: int, end: int) -> Iterator[Cell]:
    """The requested points of [start, end) in classes that no fact tells apart at any instant."""
    scoped = [fact for fact in case.facts if isinstance(fact, Scoped)]
    elements = [fact for fact in case.facts if isinstance(fact, Element)]
    request = case.request
    parts = _classes(request.parts, lambda part: _part_signature(part, case))
    uses = _classes(request.uses, lambda leaf: _leaf_signature(leaf, scoped, elements))
    kinds = _classes(
        request.model_kind, lambda kind: tuple(kind in fact.model_kind for fact in scoped)
    )
    modalities = _classes(
        request.modality, lambda modality: _modality_signature(modality, [*scoped, *elements])
    )
    known: dict[tuple[int, ...], list[Names]] = {}
    for part, use, modality, kind in product(parts, uses, modalities, kinds):
        point = Point(min(part), min(use), min(modality), min(kind), "", start)
        here = {id(fact.territory): fact.territory for fact in scoped if reaches(fact, point)}
        if tuple(here) not in known:
            known[tuple(here)] = _country_classes(request.territory, here.values())
        for group in known[tuple(here)]:
            yield Cell(part, use, modality, kind, group, start, end)


def reaches(fact: Scoped, point: Point) -> bool:
    """Whether a fact passes the coverage test up to country and instant. If not, these change
    nothing about what it says."""
    return (
        point.part in fact.parts
        and point.modality in fact.modality
        and point.model_kind in fact.model_kind
        and use_codes(fact, point.leaf) is not None
    )


def stretches(column: Cell, asked: Territory, cuts: Iterable[int]) -> Iterator[Cell]:
    """A class of points cut at these instants, in order, where its countries are asked for."""
    start, end = column.start, column.end
    every = {start, end, *cuts, *asked.instants}
    for begin, until in pairwise(sorted(cut for cut in every if start <= cut <= end)):
        if min(column.countries) in asked.at(begin).certain:
            yield column._replace(start=begin, end=until)


def cuts_of(facts: Iterable[Scoped], limits: Mapping[str, Limits]) -> set[int]:
    """Every instant at which the answer of any of these facts can change."""
    cuts: set[int] = set()
    for fact in facts:
        cuts.update((fact.start, fact.end))
        cuts.update(each for each in (fact.revoked, fact.disputed) if each < fact.end)
        cuts.update(fact.territory.instants)
    for limit in limits.values():
        cuts.update((limit.minor_cap, limit.policy_cap))
    return cuts


def _classes(values: Iterable[str], signature: Callable[[str], Hashable]) -> list[Names]:
    groups: dict[Hashable, set[str]] = {}
    for value in sorted(values):
        groups.setdefault(signature(value), set()).add(value)
    return [frozenset(group) for group in groups.values()]


def _country_classes(asked: Territory, territories: Iterable[Territory]) -> list[Names]:
    """Those asked for, cut by each territory in turn, which most do not."""
    groups = [asked.ever()]
    for territory in {id(each): each for each in (asked, *territories)}.values():
        for reach in territory.reaches:
            for held in (reach.certain, *(_alike(reach.maybe) if reach.maybe else ())):
                groups = [part for group in groups for part in (group & held, group - held) if part]
    return sorted(groups, key=min)


def _alike(maybe: Mapping[str, Names]) -> Iterable[Names]:
    """The countries in doubt for the same reasons."""
    groups: dict[Names, set[str]] = {}
    for code, doubts in maybe.items():
        groups.setdefault(doubts, set()).add(code)
    return map(frozenset, groups.values())


def _part_signature(part: str, case: Case) -> Hashable:
    within = tuple(part in fact.parts for fact in case.facts)
    # A cut is named after its part, so parts with cuts are told apart.
    cut = any(
        isinstance(fact, Element) and fact.timecode and part in fact.parts for fact in case.facts
    )
    return (within, part if cut else None)


def _leaf_signature(leaf: str, scoped: list[Scoped], elements: list[Element]) -> Hashable:
    return (
        leaf in AI_LEAVES,
        leaf in TRAIN_LEAVES,
        leaf in LIKENESS_LEAVES,
        tuple(use_codes(fact, leaf) for fact in scoped),
        tuple(leaf in fact.uses for fact in scoped),
        tuple(leaf in element.uses for element in elements),
    )


def _modality_signature(modality: str, facts: list[Scoped | Element]) -> Hashable:
    # Each modality needs its own attribute of a person, and only audio has stems.
    person = any(isinstance(fact, Consent) for fact in facts)
    stem = modality == "audio" and any(isinstance(fact, Element) and fact.stem for fact in facts)
    own = ATTRIBUTE_OF[modality] if person else None
    return (own, stem, tuple(modality in fact.modality for fact in facts))
