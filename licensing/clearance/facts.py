"""The kinds of facts a case can hold, read and resolved: no text is left to interpret.

Instants are UTC seconds (see `instants`), shares are `Fraction`s, uses are leaves.
"""

from dataclasses import dataclass
from datetime import tzinfo
from decimal import Decimal
from fractions import Fraction

from catalog.scope.instants import NEVER, Duration
from catalog.scope.territory import Territory

UNLIMITED = 2**31
"""A depth of sublicensing without a limit."""


@dataclass(frozen=True, kw_only=True)
class Price:
    amount: Decimal
    currency: str
    per: str
    written: str
    """The amount as it was written, for the output."""


@dataclass(frozen=True, kw_only=True)
class Fact:
    id: str
    kind: str
    path: str
    recorded: int
    family: str
    """The work at the top of the tree that the fact speaks about."""
    parts: frozenset[str]
    rules: frozenset[str] = frozenset()
    """Rows of the rule tables that the fact names."""


@dataclass(frozen=True, kw_only=True)
class Scoped(Fact):
    """A fact with a scope. `undated` says that its term hangs on an event without a date."""

    uses: frozenset[str]
    modality: frozenset[str]
    model_kind: frozenset[str]
    territory: Territory
    start: int
    end: int
    undated: bool
    zone: tzinfo
    new_uses: str = "express"
    reserved: bool = False
    in_force: bool = True
    reverts: bool = False
    revocable: bool = True
    revoked: int = NEVER
    disputed: int = NEVER


@dataclass(frozen=True, kw_only=True)
class Ownership(Scoped):
    holder: str
    share: Fraction
    law: str | None


@dataclass(frozen=True, kw_only=True)
class Conveyance(Scoped):
    """A deed that passes something on. `executed` is None when it waits for its grantor."""

    grantor: str
    holder: str
    executed: int | None
    waits: bool
    vesting: str | None
    """The condition that is not met yet."""


@dataclass(frozen=True, kw_only=True)
class Assignment(Conveyance):
    share: Fraction | None
    law: str | None


@dataclass(frozen=True, kw_only=True)
class GrantIn(Conveyance):
    exclusive: bool
    alone: bool
    """Exclusive or sole: its grantor lets nobody else have it."""
    depth: int


@dataclass(frozen=True, kw_only=True)
class GrantOut(Scoped):
    grantor: str
    to: str
    exclusivity: str
    against: tuple[str, ...]
    executed: int | None
    mfn: bool
    price: Price | None


@dataclass(frozen=True, kw_only=True)
class Restriction(Scoped):
    names_kinds: bool


@dataclass(frozen=True, kw_only=True)
class Holdback(Scoped):
    beneficiary: str


@dataclass(frozen=True, kw_only=True)
class Cap(Scoped):
    most: int


@dataclass(frozen=True, kw_only=True)
class Option(Scoped):
    holder: str
    notice: Duration
    notice_text: str
    offered: int | None
    state: str


@dataclass(frozen=True, kw_only=True)
class Opinion(Scoped):
    resolves: str
    about: frozenset[str]
    signed: int


@dataclass(frozen=True, kw_only=True)
class Consent(Scoped):
    person: str
    attributes: frozenset[str]
    grantee: str
    void: bool
    born: str | None
    court_approved: bool
    policy: str
    max_outputs: int | None
    used_outputs: int
    starts_unknown: bool
    """Its start hangs on an event without a date."""


@dataclass(frozen=True, kw_only=True)
class Element(Fact):
    element: str
    ai: str
    uses: frozenset[str]
    modality: frozenset[str]
    stem: bool
    timecode: tuple[str, str] | None
    milliseconds: tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Guild(Fact):
    guild: str
    agreement: str
    effective: int | None


@dataclass(frozen=True, kw_only=True)
class Performer(Fact):
    person: str
    born: str | None


@dataclass(frozen=True, kw_only=True)
class Revocation(Fact):
    target: str
    effective: int


@dataclass(frozen=True, kw_only=True)
class Event(Fact):
    name: str
    date: int | None
    zone: tzinfo
