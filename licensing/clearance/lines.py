"""The lines by which a party holds a point: its own share, broken deeds, licences (5.2, 5.3)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from catalog.scope.errors import CaseError
from licensing.clearance.coverage import Covers, executed_key
from licensing.clearance.facts import UNLIMITED, Assignment, GrantIn, GrantOut, Ownership
from licensing.clearance.title import FIRST, Deed, Deeds, History, Holdings, Key, history_of, key_of

CONVEYED_STEP = 8
DEPTH_STEP = 9
EXCLUSIVE_STEP = 10


_NOBODY: Final[Holdings] = {}
_LONGEST: Final = 150
_MOST: Final = 5_000
"""Licences on one way, and the parties looked at, beyond which nobody could follow a title."""


@dataclass(frozen=True)
class Line:
    """A way in which a party holds a point. `broken` is the deed whose grantor's title lacks."""

    facts: frozenset[str]
    owners: Holdings = field(default_factory=lambda: _NOBODY, hash=False)
    """The shares as they stood when the line began; empty when nobody owns the point."""
    acts_for: str | None = None
    broken: str | None = None
    depth: int = UNLIMITED
    last: str = ""
    """The deed that made the line; the one with no depth left when `depth` is 0."""
    weak: str | None = None
    """The first licence on the way that is not exclusive, nearest the holder."""
    granted: Key = FIRST


@dataclass(frozen=True)
class Failure:
    """A fact that names the party as holder and does not help it at this point."""

    step: int
    code: str
    fact: str


type Found = Line | Failure


@dataclass(frozen=True)
class TitleAt:
    """The title to one point (or to all points that the same facts cover alike)."""

    deeds: Deeds
    covers: Covers
    history: History
    _known: dict[Any, Sequence[Line]] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, deeds: Deeds, covers: Covers) -> "TitleAt":
        return cls(deeds, covers, history_of(deeds, covers))

    def found(self, party: str) -> list[Found]:
        """Every line of the party, and a failure for each of its facts that gives none."""
        found: list[Found] = []
        own = self.history.final.get(party)
        if own is not None:
            found.append(Line(own.facts, self.history.final, party))
        for fact in self.deeds.naming(party):
            if not isinstance(fact, Assignment | GrantIn) or not self.covers[fact.id].holds:
                found += self._statement(fact, held=own is not None)
            else:
                found += self._deed(fact, held=own is not None, seen=frozenset({party}))
        return found

    def given_away(
        self, facts: frozenset[str], holder: str = ""
    ) -> Iterator[tuple[GrantIn, frozenset[str]]]:
        """Licences of the point by which a party that a line of these facts passes, or its holder,
        had let somebody else alone have it; each with the deeds that pass it on in spite of that.

        A deed that was certainly made before such a licence stands in spite of it.
        """
        if not self.deeds.alone:
            return
        passed = [
            deed
            for name in facts
            if isinstance(deed := self.deeds.by_id[name], Assignment | GrantIn)
        ]
        parties = {holder, *(deed.grantor for deed in passed), *(deed.holder for deed in passed)}
        for away in self.deeds.alone:
            if away.grantor not in parties or away.holder in parties or away.id in facts:
                continue
            on = [deed for deed in passed if deed.grantor == away.grantor]
            if self.covers[away.id].holds and not any(_is_earlier(deed, away) for deed in on):
                yield away, frozenset(deed.id for deed in on) or facts

    def assigned_by(self, party: str) -> tuple[str, ...]:
        """The deeds used by which the party gave away a share."""
        used = self.history.used
        return tuple(
            sorted(
                each.id
                for each in self.deeds.assignments
                if each.grantor == party and each.id in used
            )
        )

    def holds(self, claim: GrantOut) -> bool:
        """Whether the grantor of a licence out soundly held the point when it was executed."""
        lines = self._standing(claim.grantor, executed_key(claim), frozenset())
        return any(isinstance(line, Line) and line.broken is None for line in lines)

    def _statement(self, fact: Deed, *, held: bool) -> Iterator[Found]:
        cover = self.covers[fact.id]
        if not cover.holds:
            yield Failure(cover.step, cover.code, fact.id)
        elif not held:
            yield Failure(CONVEYED_STEP, "TITLE_CONVEYED", fact.id)

    def _deed(
        self, deed: Assignment | GrantIn, *, held: bool, seen: frozenset[str]
    ) -> Iterator[Found]:
        if isinstance(deed, GrantIn):
            yield from self._licence(deed, seen)
        elif deed.id in self.history.used:
            if not held:
                yield Failure(CONVEYED_STEP, "TITLE_CONVEYED", deed.id)
        elif self._is_broken(deed.grantor):
            yield Line(frozenset({deed.id}), broken=deed.id, last=deed.id, granted=key_of(deed))
        else:
            yield Failure(CONVEYED_STEP, "GRANTOR_LACKS_RIGHT", deed.id)

    def _licence(self, deed: GrantIn, seen: frozenset[str]) -> Iterator[Found]:
        standing = self._standing(deed.grantor, executed_key(deed), seen)
        for found in standing:
            if isinstance(found, Line) and found.depth > 0:
                yield _extended(found, deed)
            elif isinstance(found, Line):
                yield Failure(DEPTH_STEP, "SUBLICENSE_NOT_PERMITTED", found.last)
        if not standing:
            if self._is_broken(deed.grantor):
                yield _extended(Line(frozenset(), broken=deed.id), deed)
            else:
                yield Failure(CONVEYED_STEP, "GRANTOR_LACKS_RIGHT", deed.id)

    def _standing(self, party: str, key: Key | None, seen: frozenset[str]) -> Sequence[Line]:
        """The lines of a grantor when it signed (key None: at any moment), none for nothing.

        `seen` are the parties the line already runs through: a detour adds nothing but doubts.
        """
        asked = (party, key, seen)
        if asked not in self._known:
            if len(seen) > _LONGEST or len(self._known) > _MOST:
                raise CaseError("$.facts", "licences lead to the title in too many ways to follow")
            self._known[asked] = self._different(self._lines_at(party, key, seen))
        return self._known[asked]

    def _different(self, lines: Iterable[Line]) -> Sequence[Line]:
        """Of lines that no rule tells apart, the one with the smallest ids."""
        best: dict[Any, Line] = {}
        for line in lines:
            doubtful = frozenset(name for name in line.facts if self._is_doubtful(name))
            away = frozenset(each.id for each, _ in self.given_away(line.facts))
            key = (id(line.owners), line.acts_for, line.broken, line.depth, line.last, line.weak,
                   line.granted, doubtful, away)  # fmt: skip
            rival = best.get(key)
            if rival is None or sorted(line.facts) < sorted(rival.facts):
                best[key] = line
        return tuple(best.values())

    def _is_doubtful(self, name: str) -> bool:
        """Whether the fact brings a finding to each line that it is part of."""
        return bool(self.covers[name].maybe) or name in self.deeds.pending

    def _lines_at(self, party: str, key: Key | None, seen: frozenset[str]) -> Iterator[Line]:
        states = self.history.distinct() if key is None else [self.history.at(key)]
        for state in states:
            if party in state:
                yield Line(state[party].facts, state, party)
        if self.deeds.is_root(party) and not self.history.owned:
            yield Line(frozenset())
        for fact in self.deeds.naming(party) if party not in seen else ():
            if isinstance(fact, Ownership) or not self.covers[fact.id].holds:
                continue
            for line in self._deed(fact, held=True, seen=seen | {party}):
                if isinstance(line, Line):
                    late = key is not None and line.granted > key and line.broken is None
                    yield replace(line, broken=_signing(key)) if late else line

    def _is_broken(self, grantor: str) -> bool:
        """Whether a grantor that holds nothing when it signs at least may hold the point."""
        return self.history.ever_held(grantor) or (
            self.deeds.is_root(grantor) and self.history.owned
        )


def _is_earlier(deed: Assignment | GrantIn, other: GrantIn) -> bool:
    """Whether a deed certainly was there first."""
    if deed.executed is None or other.executed is None:
        return False
    return deed.executed < other.executed


def _signing(key: Key | None) -> str | None:
    return None if key is None else key[1]


def _extended(line: Line, deed: GrantIn) -> Line:
    depth = min(line.depth - 1, deed.depth) if line.depth < UNLIMITED else deed.depth
    return Line(
        facts=line.facts | {deed.id},
        owners=line.owners,
        acts_for=line.acts_for,
        broken=line.broken,
        depth=depth,
        last=deed.id,
        weak=line.weak if deed.exclusive else deed.id,
        granted=key_of(deed),
    )
