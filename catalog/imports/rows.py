"""What comes out of an import file: rows with normalised values, and findings with addresses."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import Any, Literal, get_args

import orjson

Level = Literal["info", "warning", "error"]
EntryType = Literal["full_extract", "full_delete", "create", "update", "delete"]
ENTRY_TYPES: tuple[str, ...] = get_args(EntryType)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to know about a cell, a row or the file.

    `cell` is an address such as `Movies!C5`. `code` names the kind of finding for translations,
    `params` what `message` (English) says in particular. An `error` rejects its row.
    """

    level: Level
    column: str
    cell: str
    code: str
    message: str
    params: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Identifier:
    """An id of a work. `verified`: its form and check character are right; never so for
    a scheme that has none. What is not verified is kept in quarantine as it was written."""

    scheme: str  # eidr, isan, imdb, alt, content, title, edit, uv, dma, reporting, retailer
    value: str
    verified: bool = False
    level: str = "title"  # title, edit, series, season, volume


@dataclass(frozen=True, slots=True)
class Rating:
    system: str
    value: str
    reason: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class Parent:
    """The series, season or volume that a row belongs to."""

    level: str
    name: str = ""
    display_name: str = ""
    number: str = ""
    distribution_number: str = ""
    count: int | None = None  # how many episodes or seasons it has
    ids: list[Identifier] = field(default_factory=list)


@dataclass(slots=True)
class TitleFields:
    """The work of a row. `name` is what its owner calls it, `names` what others do, by language.

    `kind` is film, series, season, volume, episode, short, supplemental, collection or other.
    """

    kind: str = "other"
    name: str = ""
    display_name: str = ""
    language: str = ""
    spoken: list[str] = field(default_factory=list)  # where the row names several
    names: dict[str, list[str]] = field(default_factory=dict)
    number: str = ""
    distribution_number: str = ""
    year: int | None = None
    released_on: date | None = None
    run_time_ms: int | None = None
    ids: list[Identifier] = field(default_factory=list)
    parents: list[Parent] = field(default_factory=list)
    ratings: list[Rating] = field(default_factory=list)
    countries: list[str] = field(default_factory=list)
    genres: list[str] = field(default_factory=list)
    directors: list[str] = field(default_factory=list)
    writers: list[str] = field(default_factory=list)
    cast: list[str] = field(default_factory=list)
    synopsis: str = ""
    company_credit: str = ""


@dataclass(frozen=True, slots=True)
class Price:
    """What a price column said. Money only when `minor` is there, in units of `currency`."""

    kind: str  # WSP, SRP, Tier, Category, ...
    minor: int | None = None
    currency: str = ""
    text: str = ""  # a tier or category, or an amount without a currency


@dataclass(slots=True)
class AvailTerms:
    """What a row makes available. Instants are UTC, ends half-open; None is open.

    A condition (`ESTStart`, `Theatrical`, ...) stands where an instant is not known yet: an end
    is open only if `ends_at` is None and `end_condition` empty. `end_policy` says how a written
    end was read: `inclusive` (the day named belongs to the window) or `exclusive`.
    """

    license_type: str = ""
    licensor: str = ""
    licensee: str = ""
    rights_description: str = ""
    alid: str = ""
    avail_id: str = ""
    edit_id: str = ""  # the edit that the terms are said of; empty is the title as such
    contract_id: str = ""
    territory: list[str] = field(default_factory=list)
    territory_excluded: list[str] = field(default_factory=list)
    starts_at: datetime | None = None
    start_condition: str = ""
    start_lag: str = ""
    ends_at: datetime | None = None
    end_condition: str = ""
    end_lag: str = ""
    end_text: str = ""
    end_policy: str = "exclusive"
    window_duration: str = ""
    format_profile: str = ""
    asset_languages: list[str] = field(default_factory=list)
    allowed_languages: list[str] = field(default_factory=list)
    holdback_languages: list[str] = field(default_factory=list)
    required_languages: list[str] = field(default_factory=list)
    prices: list[Price] = field(default_factory=list)
    exclusive: bool | None = None
    exclusive_attributes: str = ""
    status: str = ""
    announced_at: datetime | None = None
    suppression_lifts_at: datetime | None = None
    bundled_alids: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ElementException:
    """Part of a work that the licence leaves out; without times, wherever it occurs."""

    kind: str
    starts_ms: int | None = None
    ends_ms: int | None = None


@dataclass(frozen=True, slots=True)
class PriceFactor:
    """By what a price is multiplied, for what; `times` is an exact fraction such as 3/2."""

    by: str
    of: str
    times: str


@dataclass(slots=True)
class AiTerms:
    """The Avails-AI columns of a row (docs/avails-ai.md). `uses` are names of the use tree."""

    uses: list[str] = field(default_factory=list)
    model_kinds: list[str] = field(default_factory=list)
    modalities: list[str] = field(default_factory=list)
    max_licensees: int | None = None
    delivery_forms: list[str] = field(default_factory=list)
    available_ms: int | None = None
    # One of them at most.
    price_per_minute_minor: int | None = None
    price_per_hour_minor: int | None = None
    price_per_file_minor: int | None = None
    price_per_segment_minor: int | None = None
    currency: str = ""
    price_factors: list[PriceFactor] = field(default_factory=list)
    minimum_minor: int | None = None
    most_favoured: bool | None = None
    nilv_status: str = "unknown"
    guild_flags: list[str] = field(default_factory=list)
    element_exceptions: list[ElementException] = field(default_factory=list)
    notes: str = ""


@dataclass(slots=True)
class Row:
    """One row of the file. `other` has the columns that are kept as they were written."""

    sheet: str
    number: int
    entry_type: str
    title: TitleFields
    avail: AvailTerms | None = None
    ai: AiTerms | None = None
    other: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    @property
    def is_rejected(self) -> bool:
        return any(finding.level == "error" for finding in self.findings)


@dataclass(frozen=True, slots=True)
class Summary:
    """The last item of a stream; without it the stream is incomplete."""

    format: str
    version: str
    sheets: list[str]
    rows: int
    rejected: int
    comments: int
    end_policy: str
    columns: dict[str, dict[str, str]] = field(default_factory=dict)  # sheet -> column -> letters


type Item = Row | Finding | Summary


class Unreadable(Exception):
    """The file as a whole cannot be imported; `code` says why, for translations."""

    def __init__(self, code: str, message: str, **params: str | int) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.params = params


def dump(item: Item) -> bytes:
    """Return the item as one JSON line, `{"row": …}`, `{"finding": …}` or `{"summary": …}`."""
    return orjson.dumps({type(item).__name__.lower(): item}, option=orjson.OPT_APPEND_NEWLINE)


def load(line: bytes) -> Item:
    """Return what `dump` wrote."""
    ((kind, value),) = orjson.loads(line).items()
    if kind == "row":
        return _row(value)
    return Finding(**value) if kind == "finding" else Summary(**value)


def load_finding(line: bytes) -> Finding:
    """Return the finding of this JSON."""
    return Finding(**orjson.loads(line))


def _row(value: dict[str, Any]) -> Row:
    if value["avail"]:
        value["avail"] = _avail(value["avail"])
    if value["ai"]:
        value["ai"] = _ai(value["ai"])
    value["title"] = _title(value["title"])
    value["findings"] = [Finding(**finding) for finding in value["findings"]]
    return Row(**value)


def load_terms(avail: Mapping[str, Any], ai: Mapping[str, Any]) -> tuple[AvailTerms, AiTerms]:
    """Return the terms of a row from their JSON; what is left out is as when nothing was said."""
    known = {each.name for each in fields(AvailTerms)}
    return _avail({name: avail[name] for name in avail if name in known}), _ai(ai)


def _avail(value: Mapping[str, Any]) -> AvailTerms:
    prices = [Price(**price) for price in value.get("prices", ())]
    return AvailTerms(**{**_instants(value), "prices": prices})


def _ai(value: Mapping[str, Any]) -> AiTerms:
    exceptions = [ElementException(**each) for each in value.get("element_exceptions", ())]
    factors = [PriceFactor(**each) for each in value.get("price_factors", ())]
    return AiTerms(**{**value, "element_exceptions": exceptions, "price_factors": factors})


def _title(value: Mapping[str, Any]) -> TitleFields:
    released_on = value["released_on"]
    return TitleFields(
        **{
            **value,
            "released_on": date.fromisoformat(released_on) if released_on else None,
            "ids": [Identifier(**each) for each in value["ids"]],
            "parents": [
                Parent(**{**parent, "ids": [Identifier(**each) for each in parent["ids"]]})
                for parent in value["parents"]
            ],
            "ratings": [Rating(**each) for each in value["ratings"]],
        }
    )


_INSTANTS = tuple(each.name for each in fields(AvailTerms) if each.name.endswith("_at"))


def _instants(value: Mapping[str, Any]) -> dict[str, Any]:
    read = {name: datetime.fromisoformat(value[name]) for name in _INSTANTS if value.get(name)}
    return {**value, **read}
