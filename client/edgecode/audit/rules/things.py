"""What the streams of a log stand for, as far as the rules need to remember it.

A ref that could not be resolved was reported where it stands; here it leaves None, and what
would need it is not checked.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Thing:
    """Any stream: its newest version, when that was, its first and newest entry (counted through
    all logs of the history), and how many commitments in it may still be opened. The replay sets
    these, once the handler of the founding entry has made it."""

    __slots__ = ("at", "first", "last", "sealed", "version")

    at: datetime
    first: int
    last: int
    sealed: int
    version: int


class Lost(Thing):
    """A stream that began in a way no rule allows; what follows in it is not checked."""

    __slots__ = ()


class Organisation(Thing):
    __slots__ = ("kind",)

    def __init__(self, kind: str) -> None:
        self.kind = kind


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


class Title(Material):
    __slots__ = ("standing",)

    def __init__(self, owner: Organisation | None) -> None:
        super().__init__(owner)
        self.standing = 0  # holdings that are not superseded


class Likeness(Material):
    __slots__ = ("standing",)

    def __init__(self, owner: Organisation | None) -> None:
        super().__init__(owner)
        self.standing = 0  # consents that are not withdrawn


class Asset(Thing):
    __slots__ = ("of",)

    def __init__(self, of: Material | None) -> None:
        self.of = of

    @property
    def owner(self) -> Organisation | None:
        return self.of.owner if self.of is not None else None


class Right(Thing):
    """A holding or a restriction."""

    __slots__ = ("is_superseded", "title")

    def __init__(self, title: Title | None) -> None:
        self.title = title
        self.is_superseded = False


class Holding(Right):
    __slots__ = ()


class Restriction(Right):
    __slots__ = ()


class Consent(Thing):
    __slots__ = ("grants", "is_withdrawn", "likeness")

    def __init__(self, likeness: Likeness | None) -> None:
        self.likeness = likeness
        self.grants: list[Grant] = []  # that name it
        self.is_withdrawn = False


class Offer(Thing):
    __slots__ = ("of",)

    def __init__(self, of: Material | None) -> None:
        self.of = of


class Request(Thing):
    __slots__ = ("deals", "is_withdrawn", "lab", "verdicts")

    def __init__(self, lab: Organisation | None) -> None:
        self.lab = lab
        self.is_withdrawn = False
        self.deals: dict[Organisation, Deal] = {}  # by licensor
        self.verdicts: dict[Asset, Clearance] = {}  # the newest of each file


class Clearance(Thing):
    __slots__ = ("asset", "request", "verdict")

    def __init__(self, request: Request | None, asset: Asset | None, verdict: object) -> None:
        self.request = request
        self.asset = asset
        self.verdict = verdict


class State(StrEnum):
    """Of a deal; as the house names them."""

    OPEN = "open"
    APPROVED = "approved"
    SETTLED = "settled"
    HELD = "held"
    REFUNDING = "refunding"
    CANCELLED = "cancelled"
    GRANTED = "granted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Proposal:
    """To cancel a deal: by whom (None: not known), when, and in which entry of the history.

    `is_renewable`: the grant was asked for again since, after which older logs propose anew.
    """

    by: Organisation | None
    at: datetime
    place: int
    is_renewable: bool = False


class Deal(Thing):
    __slots__ = (
        "agreement",
        "conditional",
        "confirmed",
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
        self.state = State.OPEN
        self.agreement: Agreement | None = None
        self.settlement: Settlement | None = None
        self.proposal: Proposal | None = None  # to cancel
        self.tried = 0  # the entry since which the grant is due
        self.conditional: frozenset[Asset] = frozenset()  # when it was approved
        self.confirmed: frozenset[Asset] = frozenset()  # whose conditions were, once held

    @property
    def lab(self) -> Organisation | None:
        return self.request.lab if self.request is not None else None


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
    __slots__ = ("consents", "files", "is_revoked", "issued")

    def __init__(self, deal: Deal | None, issued: datetime) -> None:
        super().__init__(deal)
        self.issued = issued
        self.consents: dict[Asset, list[Consent]] | None = None  # of likenesses' files, if any
        self.files: dict[Asset, Credential | None] = {}
        self.is_revoked = False

    @property
    def licensor(self) -> Organisation | None:
        return self.deal.licensor if self.deal is not None else None

    @property
    def licensee(self) -> Organisation | None:
        return self.deal.lab if self.deal is not None else None


class Credential(Thing):
    __slots__ = ("asset", "grant")

    def __init__(self, grant: Grant | None, asset: Asset | None) -> None:
        self.grant = grant
        self.asset = asset


class Delivery(Thing):
    __slots__ = ()


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
