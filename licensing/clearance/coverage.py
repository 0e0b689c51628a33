"""The coverage test: does a fact hold at a point, not at all, or only maybe?"""

from collections.abc import Mapping
from typing import NamedTuple

from catalog.scope.instants import NEVER
from catalog.scope.uses import AI_LEAVES
from licensing.clearance.facts import Conveyance, Fact, GrantOut, Scoped

NOTHING: frozenset[str] = frozenset()
PASSED = 8
"""The step after the last one of the coverage test."""


class Point(NamedTuple):
    """One atom of a request. Everything is decided point by point."""

    part: str
    leaf: str
    modality: str
    model_kind: str
    country: str
    instant: int


class Cover(NamedTuple):
    """The failing step (1 to 7) and its code, or PASSED and the review codes (none: YES)."""

    step: int = PASSED
    code: str = ""
    maybe: frozenset[str] = NOTHING

    @property
    def holds(self) -> bool:
        """YES or MAYBE."""
        return self.step == PASSED

    @property
    def sure(self) -> bool:
        return self.step == PASSED and not self.maybe


type Covers = Mapping[str, Cover]
"""What every scoped fact of a case says at a point, by fact id."""


def cover(fact: Scoped, point: Point, *, term_at: int | None = None) -> Cover:
    """The first failing step decides; a fact that passes them all is YES or MAYBE.

    `term_at` tests the term at another instant than the point's.
    """
    use = use_codes(fact, point.leaf)
    country = fact.territory.at(point.instant)[point.country]
    if use is None or country is None or not _within(fact, point):
        return _outside(fact, point, use)
    term = term_codes(fact, point.instant if term_at is None else term_at)
    if isinstance(term, str):
        return Cover(6, term)
    if not fact.in_force:
        return Cover(7, "INSTRUMENT_NOT_EXECUTED")
    return Cover(maybe=use | country | term)


def _within(fact: Scoped, point: Point) -> bool:
    return (
        point.part in fact.parts
        and point.modality in fact.modality
        and point.model_kind in fact.model_kind
    )


def _outside(fact: Scoped, point: Point, use: frozenset[str] | None) -> Cover:
    """The first of steps 1 to 5 that fails, given that one does."""
    if point.part not in fact.parts:
        return Cover(1, "NO_RIGHTS_EPISODE")
    if use is None:
        return Cover(2, "RESERVED_RIGHTS" if fact.reserved else "NO_RIGHTS_USE")
    if point.modality not in fact.modality:
        return Cover(3, "NO_RIGHTS_MODALITY")
    if point.model_kind not in fact.model_kind:
        return Cover(4, "NO_RIGHTS_MODEL_KIND")
    return Cover(5, "NO_RIGHTS_TERRITORY")


def use_codes(fact: Scoped, leaf: str) -> frozenset[str] | None:
    """None when the use is outside the fact, else the review codes."""
    if leaf not in AI_LEAVES:
        return NOTHING if leaf in fact.uses else None
    unsure = frozenset({"LEGACY_NEW_USE"})
    if leaf in fact.uses:
        return NOTHING if fact.new_uses == "express" else unsure
    hereafter = fact.new_uses == "hereafter_devised" and not fact.reserved
    return unsure if hereafter else None


class Span(NamedTuple):
    """All of a fact that decides whether it runs at an instant."""

    start: int
    end: int
    undated: bool = False
    reverts: bool = False
    revoked: int = NEVER
    disputed: int = NEVER


def term_codes(fact: Scoped | Span, instant: int) -> str | frozenset[str]:
    """The code that fails, or the review codes."""
    if fact.revoked < fact.end and instant >= fact.revoked:
        return "REVOKED_PROSPECTIVE"
    if instant < fact.start:
        return "NO_RIGHTS_TERM"
    if instant >= fact.end:
        return "REVERSION" if fact.reverts else "NO_RIGHTS_TERM"
    if not fact.undated and instant < fact.disputed:
        return NOTHING
    codes = {"EVENT_DATE_UNKNOWN"} if fact.undated else set()
    if instant >= fact.disputed:
        codes.add("REVOCATION_DISPUTED")
    return frozenset(codes)


def runs_at(fact: Scoped, instant: int) -> bool:
    """Whether the fact is in force at that instant, maybe included."""
    return fact.in_force and not isinstance(term_codes(fact, instant), str)


def running(fact: Scoped) -> tuple[int, int]:
    """From when to when a fact that is in force runs, maybe included."""
    return fact.start, min(fact.end, fact.revoked)


def ends(fact: Fact) -> int | None:
    """When a burden ends for good, by its term or by revocation; None when it has no term."""
    if not isinstance(fact, Scoped) or fact.undated:
        return None
    return min(fact.end, fact.revoked)


def executed_key(fact: Conveyance | GrantOut) -> tuple[int, str] | None:
    """Where a deed stands in the order of deeds; None when it acts at any moment."""
    if fact.executed is None or (isinstance(fact, Conveyance) and fact.waits):
        return None
    return (fact.executed, fact.id)
