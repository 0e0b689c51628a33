"""What may be licensed where and when, as numbers for an SVG: countries down, time across.

Pure: the engine's answer to one question in, rows of bands out. Every band is what the verdict says
of its countries and its stretch of time, for one use; nothing is judged here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, pairwise
from typing import Any, Final, NamedTuple

from catalog.scope.territory import describe_territory, parse_territory
from catalog.scope.uses import expand_uses
from licensing.clearance.verdict import word_of
from web.timeline import Tick, percent, ticks_of

MOST_ROWS: Final = 24
"""More groups of countries than anybody would compare."""
_MOST_SCOPES: Final = 2_000


class Said(NamedTuple):
    """A scope of the answer that holds the use."""

    countries: frozenset[str]
    start: datetime
    end: datetime
    status: str
    reason: str


class Word(NamedTuple):
    """What the verdict is somewhere for some time, and the reasons for it."""

    verdict: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Band:
    """A stretch of time with one answer; `end` is the first instant outside."""

    verdict: str
    reasons: tuple[str, ...]
    start: datetime
    end: datetime
    x: str
    width: str


@dataclass(frozen=True)
class Row:
    """Countries for which every answer is the same; `territory` as scopes are written."""

    territory: Any
    bands: Sequence[Band]


@dataclass(frozen=True)
class Picture:
    """`left` rows are not shown; those shown reach the most countries."""

    rows: Sequence[Row]
    ticks: Sequence[Tick]
    left: int


def draw(result: Mapping[str, Any], use: str) -> Picture | None:
    """Return the picture of one use; None where the answer does not speak of it, or of so many
    scopes that no picture shows them."""
    said = list(_said(result, use))
    if not 0 < len(said) <= _MOST_SCOPES:
        return None
    cuts = sorted({at for each in said for at in (each.start, each.end)})
    alike: dict[tuple[Word | None, ...], set[str]] = {}
    for group in _groups(said):
        here = [each for each in said if group <= each.countries]
        words = tuple(_word(here, begin, until) for begin, until in pairwise(cuts))
        alike.setdefault(words, set()).update(group)
    most = sorted(alike.items(), key=lambda item: (-len(item[1]), min(item[1])))
    rows = [
        Row(describe_territory(frozenset(countries)), list(_bands(words, cuts)))
        for words, countries in most[:MOST_ROWS]
    ]
    return Picture(rows, ticks_of(cuts[0], cuts[-1]), len(most) - len(rows))


def _said(result: Mapping[str, Any], use: str) -> Iterable[Said]:
    duties = {f"{each['code']}:{each['detail']}": each["reason"] for each in result["conditions"]}
    for scope in result["cleared"]:
        for reason in sorted({duties[label] for label in scope["conditions"]}) or [""]:
            yield from _of(scope, use, "CONDITIONAL" if reason else "CLEAR", reason)
    for status in ("BLOCKED", "REVIEW"):
        for entry in result[status.lower()]:
            yield from _of(entry["scope"], use, status, entry["reason"])


def _of(scope: Mapping[str, Any], use: str, status: str, reason: str) -> Iterable[Said]:
    if scope["end"] is not None and use in expand_uses(scope["uses"]):
        start, end = (datetime.fromisoformat(scope[name]) for name in ("start", "end"))
        yield Said(parse_territory(scope["territory"]), start, end, status, reason)


def _groups(said: Sequence[Said]) -> list[frozenset[str]]:
    """All countries of the answer, those together that stand in the same scopes."""
    groups = [frozenset[str]().union(*(each.countries for each in said))]
    for countries in {each.countries for each in said}:
        groups = [
            part for group in groups for part in (group & countries, group - countries) if part
        ]
    return groups


def _word(said: Iterable[Said], begin: datetime, until: datetime) -> Word | None:
    """What is said from begin to until, of all kinds of files and models together; None where the
    answer is silent."""
    here = [each for each in said if each.start < until and begin < each.end]
    if not here:
        return None
    reasons = dict.fromkeys(each.reason for each in here if each.reason)
    return Word(word_of({each.status for each in here}), tuple(reasons))


def _bands(words: Sequence[Word | None], cuts: Sequence[datetime]) -> Iterable[Band]:
    whole = cuts[-1] - cuts[0]
    for word, some in groupby(zip(words, pairwise(cuts), strict=True), key=lambda each: each[0]):
        spans = [span for _, span in some]
        start, end = spans[0][0], spans[-1][1]
        if word is not None:
            x, width = (start - cuts[0]) / whole * 100, (end - start) / whole * 100
            yield Band(word.verdict, word.reasons, start, end, percent(x), percent(width))
