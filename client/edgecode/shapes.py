"""What the API answers, as far as the client reads it; more members may come with any answer."""

from typing import Any, TypedDict

type Territory = str | list[str] | dict[str, Any]
type Range = tuple[int, int] | list[int]
"""Milliseconds: from, and the first after."""


class Parts(TypedDict):
    """Parts of a file that are asked for."""

    asset: str
    ranges: list[Range]


type Wanted = str | Parts


class Terms(TypedDict):
    """What a licence is for."""

    uses: list[str]
    model_kinds: list[str]
    territory: Territory
    starts_at: str
    ends_at: str | None
    exclusivity: str


class Party(TypedDict):
    code: str
    name: str


class Owner(TypedDict):
    """The title or likeness of a file."""

    code: str
    kind: str
    name: str


class FoundTitle(TypedDict):
    code: str
    kind: str
    name: str
    language: str
    year: int | None
    organisation: Party
    files: int


class FoundFile(TypedDict):
    code: str
    kind: str
    mime: str
    facts: dict[str, Any]


class FoundShot(TypedDict):
    number: int
    start_ms: int
    end_ms: int
    tags: list[str]


class FoundLine(TypedDict):
    start_ms: int
    end_ms: int
    text: str
    speaker: str
    language: str


class FoundOffer(TypedDict):
    code: str
    price_minor: int
    per: str
    currency: str
    uses: list[str]


class SearchResult(TypedDict):
    """A title; or a file, a shot or a spoken line of it."""

    title: FoundTitle
    asset: FoundFile | None
    shot: FoundShot | None
    line: FoundLine | None
    offer: FoundOffer | None


class Reason(TypedDict):
    code: str
    text: str


class Item(TypedDict):
    """A file of a request with the newest verdict on it; none before it was submitted."""

    asset: str
    ranges: list[Range]
    of: Owner
    deal: str | None
    agreed: bool
    verdict: str | None
    clearance: str | None
    reasons: list[Reason]


class Told(TypedDict):
    """What a reporter hears of a sighting. All but code and headline may be empty: the rest is for
    the licensor."""

    code: str
    matched: str
    answer: str
    term: str
    headline: str


class Request(Terms):
    code: str
    name: str
    purpose: str
    price_minor: int
    currency: str
    state: str
    created_at: str
    submitted_at: str | None


class RequestDetail(Request):
    by_card: bool
    items: list[Item]


class Part(TypedDict):
    files: int
    ms: int


class Cost(TypedDict):
    amounts: dict[str, int]
    unpriced: int


class Had(TypedDict):
    grantable: Part
    cost: Cost


class Share(Had):
    licensor: str
    asked: Part


class Change(Had):
    term: str
    to: Any


class Obstacle(Part):
    reason: str


class Estimate(Had):
    """What could be had, and for how much."""

    as_of: str
    asked: Part
    verdicts: dict[str, Part]
    obstacles: list[Obstacle]
    licensors: list[Share]
    changes: list[Change]


class Deal(TypedDict):
    code: str
    request: str
    licensor: Party
    licensee: Party
    state: str
    amount_minor: int
    currency: str
    created_at: str
    decided_at: str | None
    pay_by: str | None
    grant: str | None


class DealDetail(Deal):
    items: list[Item]
    problem: str
    decline_reason: str


class Grant(Terms):
    code: str
    deal: str
    licensor: Party
    licensee: Party
    state: str
    issued_at: str
    revoked_at: str | None
    revocation_reason: str


class CredentialState(TypedDict):
    code: str
    part: int
    from_ms: int | None
    to_ms: int | None
    form: str
    state: str


class GrantedFile(TypedDict):
    asset: str
    of: Owner
    ranges: list[Range]
    left_out: list[str]
    credentials: list[CredentialState]


class Signing(TypedDict):
    """How many files of a grant, or parts of files, are to be signed, and how far that is."""

    due: int
    signed: int
    failed: int


class GrantDetail(Grant):
    signing: Signing
    files: list[GrantedFile]


class Credential(CredentialState):
    """The signature of a file, or of a part of it, for one licensee."""

    asset: str
    grant: str
    problem: str
    file_sha256: str
    file_size: int
