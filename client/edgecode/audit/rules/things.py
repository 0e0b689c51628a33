"""What the streams of a log stand for, as far as the rules need to remember it.

A ref that could not be resolved was reported where it stands; here it leaves None, and what
would need it is not checked.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

IN_WRITING = timedelta(minutes=10)  # longer than a transaction lives


class Thing:
    """Any stream: its newest version as entries name it, when that was, its newest entry (counted
    through all logs of the history), and how many commitments in it may still be opened. The replay
    sets these, once the handler of the founding entry has made it."""

    __slots__ = ("at", "last", "sealed", "version")

    at: datetime
    last: int
    sealed: int
    version: str


class Lost(Thing):
    """A stream that began in a way no rule allows; what follows in it is not checked."""

    __slots__ = ()


class Organisation(Thing):
    __slots__ = ("kind", "rights")

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.rights: dict[str, int] = {}  # holdings that stand, by the kind of their titles


class Performer(Thing):
    __slots__ = ("owner",)

    def __init__(self, owner: Organisation | None) -> None:
        self.owner = owner


class Material(Thing):
    """A title or a likeness: what files belong to and offers are made of."""

    __slots__ = ("files", "offer", "owner")

    def __init__(self, owner: Organisation | None) -> None:
        self.owner = owner
        self.files = 0
        self.offer: Offer | None = None  # the published one

    @property
    def rows(self) -> Iterable["Material"]:
        """All that are recorded as the same; a likeness is by itself."""
        return (self,)


class Same:
    """Titles, or parties, recorded as one, of which `speaks` speaks for all; or the leftover of
    what was found to be part of another, `into`."""

    __slots__ = ("into", "rows", "speaks", "standing")

    def __init__(self, speaks: "Title | Party") -> None:
        self.speaks = speaks
        self.into: Same | None = None
        self.standing = speaks.standing  # of all of them
        self.rows: dict[Any, None] = {speaks: None}

    def newest(self) -> "Same":
        """Return what became of it. It shortens the way there, so that it is never long."""
        same = self
        while same.into is not None:
            if same.into.into is not None:
                same.into = same.into.into
            same = same.into
        return same

    def take(self, thing: "Title | Party") -> None:
        """Let a thing be the same as these, and all that were the same as it."""
        if thing.same is None:
            thing.same = self
            self.standing += thing.standing
            self.rows[thing] = None
            return
        theirs = thing.same.newest()
        theirs.into = self
        self.standing += theirs.standing
        # The fewer are moved, so that none is moved often.
        few, many = sorted((self.rows, theirs.rows), key=len)
        many.update(few)
        self.rows, theirs.rows = many, {}

    def leave(self, thing: "Title | Party") -> None:
        """Let a thing be one of its own."""
        thing.same = None
        self.standing -= thing.standing
        del self.rows[thing]


class Title(Material):
    __slots__ = ("credits", "kind", "same", "standing")

    def __init__(self, owner: Organisation | None, kind: str) -> None:
        super().__init__(owner)
        self.kind = kind  # "" once it was corrected to what the log does not say
        self.standing = 0  # holdings that are not superseded
        self.same: Same | None = None  # as other titles
        self.credits: set[tuple[Party, object]] | None = None  # that stand, if any ever did

    @property
    def rows(self) -> Iterable[Material]:
        return (self,) if self.same is None else self.same.newest().rows


class Party(Thing):
    __slots__ = ("kind", "owner", "same")

    standing = 0  # no right is over a party

    def __init__(self, owner: Organisation | None, kind: str) -> None:
        self.owner = owner
        self.kind = kind  # "" once it was corrected
        self.same: Same | None = None  # as other parties


class Evidence(Thing):
    __slots__ = ()


class RuleRow(Thing):
    """A row of a studio's own rule tables."""

    __slots__ = ("owner",)

    def __init__(self, owner: Organisation | None) -> None:
        super().__init__()
        self.owner = owner


class Likeness(Material):
    __slots__ = ("performer", "standing")

    def __init__(self, owner: Organisation | None, performer: Performer | None) -> None:
        super().__init__(owner)
        self.performer = performer
        self.standing = 0  # consents that stand


class Asset(Thing):
    __slots__ = ("of", "owner")

    def __init__(self, of: Material | None) -> None:
        self.of = of
        self.owner = of.owner if of is not None else None


NO_FILES: frozenset[Asset] = frozenset()  # one for all: each would take 200 bytes


class Right(Thing):
    """A holding, a restriction, or another fact about the rights in a title."""

    __slots__ = ("is_superseded", "title")

    def __init__(self, title: Title | None) -> None:
        self.title = title
        self.is_superseded = False


class Holding(Right):
    __slots__ = ()


class Restriction(Right):
    __slots__ = ()


class Fact(Right):
    __slots__ = ()


class Opinion(Thing):
    """What counsel says of consents to a likeness."""

    __slots__ = ("is_superseded", "likeness")

    def __init__(self, likeness: Likeness | None) -> None:
        self.likeness = likeness
        self.is_superseded = False


class Consent(Thing):
    """It stands from its record on, but while it is suspended, until it is withdrawn (or as of the
    end that notice named) or replaced."""

    __slots__ = (
        "first",
        "grants",
        "is_replaced",
        "is_withdrawn",
        "likeness",
        "replaces",
        "stands",
        "until",
        "was_offered",
    )

    def __init__(self, likeness: Likeness | None, first: int) -> None:
        self.likeness, self.first = likeness, first
        self.grants: list[Grant] = []  # that name it
        self.stands = True
        self.is_withdrawn = self.is_replaced = False
        self.was_offered = False  # to be signed here
        self.replaces: Consent | None = None
        self.until: datetime | None = None  # when notice that was given ends it

    def stands_at(self, at: datetime) -> bool:
        """Return whether it stands for an entry of that time."""
        return self.stands and (self.until is None or at - self.until <= IN_WRITING)

    @property
    def owner(self) -> Organisation | None:
        return self.likeness.owner if self.likeness is not None else None

    def set_standing(self, stands: bool) -> None:
        """Let it stand or not, and the likeness count it so."""
        if stands is not self.stands and self.likeness is not None:
            self.likeness.standing += 1 if stands else -1
        self.stands = stands


class Authority(Thing):
    """Somebody who may sign for a performer."""

    __slots__ = ("has_ended", "performer")

    def __init__(self, performer: Performer | None) -> None:
        self.performer = performer
        self.has_ended = False


class FormState(StrEnum):
    """Of a consent before it lives."""

    OFFERED = "offered"
    TAKEN_BACK = "taken back"
    CLOSED = "closed"  # taken back once somebody had signed: for good
    RECORDED = "recorded"  # and about to be completed
    COMPLETED = "completed"


class ConsentForm(Thing):
    __slots__ = ("likeness", "signed", "state")

    def __init__(self, likeness: Likeness | None) -> None:
        self.likeness = likeness
        self.state = FormState.OFFERED
        self.signed: set[Authority] = set()


class Approval(Thing):
    __slots__ = ("asker", "consent", "decision")

    def __init__(self, consent: Consent | None, asker: Organisation | None) -> None:
        self.consent = consent
        self.asker = asker
        self.decision: object = None


class ConsentUse(Thing):
    """What was made of a consent; `output`: what was declared to be that."""

    __slots__ = ("consent", "maker", "output")

    def __init__(self, consent: Consent | None, maker: Organisation | None) -> None:
        self.consent, self.maker = consent, maker
        self.output: Output | None = None


class Offer(Thing):
    __slots__ = ("of",)

    def __init__(self, of: Material | None) -> None:
        self.of = of


class Request(Thing):
    """What is asked for a lab: by the lab itself, or a licensor that wants to amend what it has
    granted."""

    __slots__ = ("amends", "by", "deals", "is_withdrawn", "lab", "verdicts")

    def __init__(
        self,
        lab: Organisation | None,
        *,
        by: Organisation | None = None,
        amends: "Grant | None" = None,
    ) -> None:
        self.lab = lab
        self.by = by or lab
        self.amends = amends
        self.is_withdrawn = False
        self.deals: dict[Organisation, Deal] = {}  # by licensor
        self.verdicts: dict[Asset, Clearance] = {}  # the newest of each file


class Clearance(Thing):
    __slots__ = ("asset", "first", "request", "verdict")

    def __init__(
        self, request: Request | None, asset: Asset | None, verdict: object, first: int
    ) -> None:
        self.request = request
        self.asset = asset
        self.verdict = verdict
        self.first = first


class State(StrEnum):
    """Of a deal; as the house names them."""

    OPEN = "open"
    COUNTERED = "countered"
    APPROVED = "approved"
    SETTLED = "settled"
    HELD = "held"
    REFUNDING = "refunding"
    CANCELLED = "cancelled"
    GRANTED = "granted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True)
class Proposal:
    """To cancel a deal, or of other terms: by whom (None: not known), when, and in which entry of
    the history.

    `is_renewable`: the grant was asked for again since, after which older logs propose anew.
    """

    by: Organisation | None
    at: datetime
    place: int
    is_renewable: bool = False


class Deal(Thing):
    __slots__ = (
        "agreement",
        "approved",
        "conditional",
        "confirmed",
        "countered",
        "has_terms",
        "lab",
        "licensor",
        "proposal",
        "request",
        "settlement",
        "state",
        "tried",
    )

    def __init__(self, request: Request | None, licensor: Organisation | None) -> None:
        self.request = request
        self.licensor = licensor
        self.lab = request.lab if request is not None else None
        self.state = State.OPEN
        self.approved: datetime | None = None
        self.agreement: Agreement | None = None
        self.settlement: Settlement | None = None
        self.countered: Proposal | None = None  # other terms, while they wait for an answer
        self.has_terms = False  # accepted since it was opened
        self.proposal: Proposal | None = None  # to cancel
        self.tried = 0  # the entry since which the grant is due
        self.conditional = NO_FILES  # when it was approved
        self.confirmed = NO_FILES  # whose conditions were, once held


class OfDeal(Thing):
    __slots__ = ("deal",)

    def __init__(self, deal: Deal | None) -> None:
        self.deal = deal


class Agreement(OfDeal):
    __slots__ = ()


class Settlement(OfDeal):
    __slots__ = ()


class Refund(OfDeal):
    __slots__ = ()


class Grant(OfDeal):
    __slots__ = (
        "amendment",
        "consents",
        "files",
        "first",
        "has_ended",
        "is_revoked",
        "is_superseded",
        "issued",
        "licensee",
        "licensor",
    )

    def __init__(self, deal: Deal | None, issued: datetime, first: int) -> None:
        super().__init__(deal)
        self.issued, self.first = issued, first
        self.consents: dict[Asset, list[Consent]] | None = None  # of likenesses' files, if any
        self.files: dict[Asset, dict[int, Credential]] = {}  # by part; 0 is the whole
        self.is_revoked = False
        self.has_ended = False  # by its term
        self.is_superseded = False  # by the grant of an amendment
        self.amendment: Request | None = None  # the newest that was asked of it
        self.licensor = deal.licensor if deal is not None else None
        self.licensee = deal.lab if deal is not None else None

    @property
    def is_over(self) -> bool:
        return self.is_revoked or self.has_ended or self.is_superseded

    @property
    def amends(self) -> "Grant | None":
        """The grant whose place it takes, if its deal is an amendment."""
        request = self.deal.request if self.deal is not None else None
        return request.amends if request is not None else None


class Credential(Thing):
    __slots__ = ("asset", "grant", "is_stamped", "likeness", "struck")

    def __init__(self, grant: Grant | None, asset: Asset | None) -> None:
        self.grant = grant
        self.asset = asset
        self.is_stamped = False
        self.struck: tuple[Consent, ...] = ()  # consents that it no longer names
        of = asset.of if asset is not None else None
        self.likeness = of if isinstance(of, Likeness) else None


class Delivery(Thing):
    __slots__ = ()


class Duty(Thing):
    """What one side of a deal owes the other."""

    __slots__ = ("is_acknowledged", "is_ended", "ower", "waiver")

    def __init__(self, waiver: Organisation | None, ower: Organisation | None) -> None:
        self.waiver = waiver  # who may let the other off
        self.ower = ower
        self.is_acknowledged = self.is_ended = False


class Certificate(Thing):
    """What a side of a grant shows of it."""

    __slots__ = ("is_withdrawn", "maker")

    def __init__(self, maker: Organisation | None) -> None:
        self.maker = maker
        self.is_withdrawn = False


class Usage(Thing):
    __slots__ = ()


class StoredManifest(Thing):
    """What an organisation put into the repository."""

    __slots__ = ("owner",)

    def __init__(self, owner: Organisation | None) -> None:
        self.owner = owner


class Sighting(Thing):
    """Where a file was seen; `owner` is the licensor of the file, if it is one that we know."""

    __slots__ = ("is_dismissed", "is_incident", "owner")

    def __init__(self, owner: Organisation | None) -> None:
        self.owner = owner
        self.is_incident = self.is_dismissed = False


class Output(Thing):
    """What a licensee made. `struck` are the consents that a later manifest no longer names."""

    __slots__ = ("consents", "disputing", "grants", "is_signed", "maker", "struck")

    def __init__(
        self, maker: Organisation | None, grants: list[Grant], consents: list[Consent]
    ) -> None:
        self.maker, self.grants, self.consents = maker, grants, consents
        self.is_signed = False
        self.struck: set[Consent] = set()
        self.disputing: set[Organisation | None] = set()


class Log(Thing):
    """A log, or one shard of it."""

    __slots__ = ("is_closed", "next_origin", "origin")

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.is_closed = False
        self.next_origin = ""  # as announced by the entry that closed it


class Key(Thing):
    __slots__ = ("retired_at",)

    def __init__(self) -> None:
        self.retired_at: datetime | None = None


class Document(Thing):
    __slots__ = ()


class Engine(Thing):
    __slots__ = ()


class Case(Thing):
    __slots__ = ("auditor", "is_closed", "opener")

    def __init__(self, opener: Organisation | None, auditor: Organisation | None) -> None:
        self.opener = opener
        self.auditor = auditor
        self.is_closed = False
