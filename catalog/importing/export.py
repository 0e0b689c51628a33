"""Titles and facts of the library, as the columns of an Avails-AI sheet name them."""

from collections.abc import Mapping
from typing import Any

from catalog.importing.avails import ELEMENTS
from catalog.imports.ai_columns import ELEMENT_KINDS
from catalog.imports.rows import ElementException, Identifier, Parent, TitleFields
from catalog.models import Title, TitleKind

_KINDS = {TitleKind.FILM: "film", TitleKind.SERIES: "series", TitleKind.SEASON: "season",
          TitleKind.EPISODE: "episode", TitleKind.SHORT: "short"}  # fmt: skip
_ELEMENTS = {element: kind for kind, element in ELEMENTS.items()}


def title_fields(title: Title) -> TitleFields:
    """Return a title as the columns of Avails name it."""
    above: list[Title] = []
    at = title.parent
    while at is not None:
        above.insert(0, at)
        at = at.parent
    parents = [
        Parent(each.kind, each.name, number=str(each.number or ""))
        for each in above
        if each.kind in (TitleKind.SERIES, TitleKind.SEASON)
    ]
    return TitleFields(
        kind=_KINDS.get(TitleKind(title.kind), "other"),
        name=title.name,
        display_name=title.name,
        number=str(title.number or ""),
        year=title.year,
        run_time_ms=title.runtime_ms,
        ids=[Identifier("eidr", title.eidr, verified=True)] if title.eidr else [],
        parents=parents,
    )


def exception_of(body: Mapping[str, Any]) -> ElementException | None:
    """Return a fact of the kind `element` as what a licence leaves out; None for one that AI may
    use."""
    if body["ai"] == "granted":
        return None
    ref = str(body.get("ref", ""))
    kind = ref if ref in ELEMENT_KINDS else _ELEMENTS[body["element"]]
    if "timecode" not in body:
        return ElementException(kind)
    return ElementException(kind, _ms(body["timecode"]["from"]), _ms(body["timecode"]["to"]))


def _ms(clock: str) -> int:
    """Return the milliseconds of `HH:MM:SS[.mmm]`."""
    hours, minutes, seconds = clock.split(":")
    whole, _, part = seconds.partition(".")
    return (int(hours) * 3600 + int(minutes) * 60 + int(whole)) * 1000 + int(part.ljust(3, "0"))
