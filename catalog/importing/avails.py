"""The terms of an Avails row as facts of the clearance contract, and as they are kept."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

import orjson

from catalog.facts.shapes import check_body
from catalog.imports.rows import AiTerms, AvailTerms, ElementException, Row
from catalog.models import FactKind
from catalog.rights import instant
from catalog.scope.uses import LEAVES, LIKENESS_LEAVES, in_order

# All of them sell to viewers at home.
_VOD: Final = frozenset(
    "EST VOD SVOD POEST AVOD FVOD Free Rental Pre-Release Library".casefold().split()
)
_SORTED: Final = orjson.OPT_SORT_KEYS
# Of the people in the work, some at least may not be licensed; where nothing is said of them, or
# nobody is there, uses of a likeness wait for a performer's consent anyway.
_NO_LIKENESS: Final = ("not_cleared", "partial", "excluded")
_UNNAMED: Final = "licensee not named"
_LAG: Final = re.compile(r"P(?:\d+Y)?(?:\d+M)?(?:\d+W)?(?:\d+D)?", re.ASCII)
# Elements as the contract knows them; the others are kept as artwork that says what it is.
ELEMENTS: Final = {
    "music": "music",
    "stock_footage": "stock",
    "archive_footage": "archive",
    "artwork": "artwork",
    "trademark": "trademark",
    "location": "location",
}


@dataclass(slots=True)
class Said:
    """What a row says of a title's rights; `digest` is equal where all of it is."""

    alid: str
    avail_id: str
    terms: dict[str, Any]
    ai: dict[str, Any] | None
    facts: list[tuple[FactKind, dict[str, Any]]] = field(default_factory=list)

    def digest(self, title: str) -> str:
        """Return the hash of these terms for the title of this code."""
        said = orjson.dumps([title, self.avail_id, self.terms, self.ai], option=_SORTED)
        return hashlib.sha256(said).hexdigest()[:32]


def read_avail(row: Row, avail: AvailTerms) -> Said:
    """Return the facts of a row, checked. Raises Invalid where the contract does not take them."""
    terms = _plain(avail) | ({"other": row.other} if row.other else {})
    said = Said(avail.alid, avail.avail_id, terms, _plain(row.ai) if row.ai else None)
    facts = _ai_facts(row.ai, avail) if row.ai else _sale(avail)
    said.facts = [(kind, check_body(kind, body)) for kind, body in facts]
    return said


def _plain(terms: AvailTerms | AiTerms) -> dict[str, Any]:
    """Return what is said, as JSON keeps it; what is not said is left out."""
    kept: dict[str, Any] = orjson.loads(orjson.dumps(terms))
    return {name: value for name, value in kept.items() if value not in (None, "", [])}


def _sale(avail: AvailTerms) -> Iterator[tuple[FactKind, dict[str, Any]]]:
    # A licence type that nobody knows may be any way of distribution.
    is_vod = avail.license_type.casefold() in _VOD
    yield (
        FactKind.GRANT_OUT,
        {
            "from": avail.licensor[:200],
            "to": avail.licensee[:200] or _UNNAMED,
            "uses": ["distribute.vod" if is_vod else "distribute"],
            "exclusivity": "exclusive" if avail.exclusive else "non_exclusive",
            **_scope(avail),
        },
    )


def _scope(avail: AvailTerms) -> dict[str, Any]:
    return {
        "territory": _territory(tuple(avail.territory), tuple(avail.territory_excluded)),
        "start": _end_of(avail.starts_at, avail.start_condition, avail.start_lag),
        "end": _end_of(avail.ends_at, avail.end_condition, avail.end_lag),
    }


@lru_cache(maxsize=4096)
def _territory(included: tuple[str, ...], excluded: tuple[str, ...]) -> Any:
    if not excluded:
        return "WORLD" if "WORLD" in included else list(included)
    return {"include": list(included), "except": list(excluded)}


def _end_of(moment: datetime | None, condition: str, lag: str) -> Any:
    """Return an instant, an event, or None for an open end.

    Before an event, and by the hour, the contract cannot count; then the window is left open on
    that side, which at most makes it too wide, and so finds a conflict rather than hides one.
    """
    if moment is not None:
        return instant(moment)
    if not condition or condition == "Immediate" or (lag and not _LAG.fullmatch(lag)):
        return None
    return {"event": condition, **({"lag": lag} if lag else {})}


def _ai_facts(ai: AiTerms, avail: AvailTerms) -> Iterator[tuple[FactKind, dict[str, Any]]]:
    """What an AI row says that narrows the rights. The licence that it proposes is no fact."""
    scope = _scope(avail)
    if ai.max_licensees is not None:
        cap = {"max_licensees": ai.max_licensees, "uses": ai.uses, **scope}
        yield FactKind.CAP, cap | ({"model_kind": ai.model_kinds} if ai.model_kinds else {})
    if ai.nilv_status in _NO_LIKENESS:
        yield FactKind.RESTRICTION, {"uses": in_order(LIKENESS_LEAVES, LEAVES), **scope}
    for guild in ai.guild_flags:
        yield FactKind.GUILD, {"guild": guild, "agreement": "not named"}
    for exception in ai.element_exceptions:
        yield FactKind.ELEMENT, _element(exception)


def _element(exception: ElementException) -> dict[str, Any]:
    kind = exception.kind
    body: dict[str, Any] = {"element": ELEMENTS.get(kind, "artwork"), "ai": "not_granted"}
    if kind not in ELEMENTS:
        body["ref"] = kind
    if exception.starts_ms is not None and exception.ends_ms is not None:
        body["timecode"] = {"from": _clock(exception.starts_ms), "to": _clock(exception.ends_ms)}
    return body


def _clock(ms: int) -> str:
    seconds, part = divmod(ms, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{part:03}"
