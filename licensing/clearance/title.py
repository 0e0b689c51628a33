"""Who owns a point at each moment of its history of deeds (contract 5.1 and 5.2)."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from licensing.clearance.coverage import Covers
from licensing.clearance.facts import Assignment, Conveyance, Fact, GrantIn, Ownership

type Key = tuple[int, str]
"""(executed, id): the order in which deeds were made."""

type Deed = Ownership | Assignment | GrantIn
"""A fact that names a holder of title or of a licence."""

FIRST: Final[Key] = (-(2**63), "")


@dataclass(frozen=True)
class Holding:
    """A share of a point and the facts it came by."""

    share: Fraction
    facts: frozenset[str]


type Holdings = dict[str, Holding]
"""Who holds what, in an order that names do not matter for."""


@dataclass(frozen=True)
class Deeds:
    """The title facts of a case, by id, and who is a root: named as holder by none of them."""

    ownerships: tuple[Ownership, ...]
    assignments: tuple[Assignment, ...]
    grants: tuple[GrantIn, ...]
    holders: Mapping[str, Sequence[Deed]]
    """Everyone whom a title fact names as holder, with these facts."""
    pending: frozenset[str]
    """Deeds with a condition that is not met yet."""
    alone: tuple[GrantIn, ...]
    """Licences whose holder shares with nobody else, or with its grantor only."""
    by_id: Mapping[str, Deed]

    def naming(self, party: str) -> Sequence[Deed]:
        """The facts that name that party as holder."""
        return self.holders.get(party, ())

    def is_root(self, party: str) -> bool:
        return party not in self.holders


def deeds_of(facts: Sequence[Fact], *, strict: bool = False) -> Deeds:
    """The title facts among the facts of a case; with the licences that leave nobody else a right
    where they are read strictly."""
    owned = tuple(fact for fact in facts if isinstance(fact, Ownership))
    assigned = tuple(fact for fact in facts if isinstance(fact, Assignment))
    granted = tuple(fact for fact in facts if isinstance(fact, GrantIn))
    named: tuple[Deed, ...] = (*owned, *assigned, *granted)
    holders: dict[str, list[Deed]] = {}
    for fact in named:
        holders.setdefault(fact.holder, []).append(fact)
    pending = frozenset(deed.id for deed in (*assigned, *granted) if deed.vesting is not None)
    alone = tuple(deed for deed in granted if strict and deed.alone)
    by_id = {fact.id: fact for fact in named}
    return Deeds(owned, assigned, granted, holders, pending, alone, by_id)


@dataclass
class History:
    """The states of ownership of one point, in order; each holds from its key on."""

    keys: list[Key] = field(default_factory=list)
    states: list[Holdings] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    """The title facts that made the shares."""
    overdrawn: bool = False
    _held: frozenset[str] | None = None

    @property
    def final(self) -> Holdings:
        return self.states[-1]

    @property
    def owned(self) -> bool:
        """Whether anyone owns the point."""
        return any(self.states)

    def at(self, key: Key) -> Holdings:
        """The state just before the deed of that key."""
        return self.states[bisect_left(self.keys, key) - 1]

    def distinct(self) -> list[Holdings]:
        """For all shares that ever stood, the first state with them: those after it rest on more
        deeds."""
        first: dict[frozenset[tuple[str, Fraction]], Holdings] = {}
        for state in self.states:
            shares = frozenset((party, held.share) for party, held in state.items())
            first.setdefault(shares, state)
        return [*first.values()]

    def ever_held(self, party: str) -> bool:
        if self._held is None:
            self._held = frozenset().union(*self.states)
        return party in self._held

    def balanced(self) -> bool:
        """Whether the shares of a point that someone owns add up to exactly 1."""
        total = sum((held.share for held in self.final.values()), Fraction(0))
        return not self.overdrawn and total == 1


def history_of(deeds: Deeds, covers: Covers) -> History:
    """Play the deeds that cover the point, in the order they were executed."""
    live = [deed for deed in deeds.assignments if covers[deed.id].holds]
    history = History()
    state = _initial(deeds, covers, live, history)
    waiting = sorted((deed for deed in live if deed.executed is None), key=lambda deed: deed.id)
    state = _wake(state, waiting, history)
    history.keys.append(FIRST)
    history.states.append(state)
    dated = [(deed.executed, deed.id, deed) for deed in live if deed.executed is not None]
    for executed, name, deed in sorted(dated, key=lambda row: row[:2]):
        if deed.grantor in state:
            state = _apply(state, deed, history)
        elif deed.waits:
            waiting = sorted([*waiting, deed], key=lambda each: each.id)
        state = _wake(state, waiting, history)
        history.keys.append((executed, name))
        history.states.append(state)
    return history


def key_of(deed: Conveyance) -> Key:
    """Where the deed stands in the order of deeds; the beginning when it has no date."""
    return FIRST if deed.executed is None else (deed.executed, deed.id)


def _initial(
    deeds: Deeds, covers: Covers, live: Sequence[Assignment], history: History
) -> Holdings:
    state: Holdings = {}
    for fact in deeds.ownerships:
        if covers[fact.id].holds:
            held = state.get(fact.holder, Holding(Fraction(0), frozenset()))
            state[fact.holder] = Holding(held.share + fact.share, held.facts | {fact.id})
            history.used.add(fact.id)
    if state:
        return state
    for party in dict.fromkeys(deed.grantor for deed in live if deeds.is_root(deed.grantor)):
        shares = [deed.share for deed in live if deed.grantor == party]
        stated = [share for share in shares if share is not None]
        start = sum(stated, Fraction(0)) if len(stated) == len(shares) else Fraction(1)
        state[party] = Holding(start, frozenset())
    return state


def _wake(state: Holdings, waiting: list[Assignment], history: History) -> Holdings:
    """Apply what waited for its assignor to hold something, until nothing more can be."""
    while ready := next((deed for deed in waiting if deed.grantor in state), None):
        waiting.remove(ready)
        state = _apply(state, ready, history)
    return state


def _apply(state: Holdings, deed: Assignment, history: History) -> Holdings:
    after = dict(state)
    source = after.pop(deed.grantor)
    asked = source.share if deed.share is None else deed.share
    history.overdrawn |= asked > source.share
    moved = min(asked, source.share)
    if moved < source.share:
        after[deed.grantor] = Holding(source.share - moved, source.facts)
    held = after.get(deed.holder, Holding(Fraction(0), frozenset()))
    after[deed.holder] = Holding(held.share + moved, held.facts | source.facts | {deed.id})
    history.used.add(deed.id)
    return after
