"""Time codes of a work against the ranges of a file that are asked for.

Somebody else's material in a shot that nobody asked for is no trouble to those that are asked for.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Final

from catalog.clip_ranges import length_ms, lengths_ms, lengths_of_files
from catalog.merging import rows_of_many
from catalog.models import Asset, AssetKind, Fact, FactKind, Title
from catalog.scope.ranges import Ranges, meet, moment_ms, within

type Written = dict[str, Any]

# A file has the time of its work where it is as long, to within this.
_SAME_LENGTH_MS = 1000
_LASTING: Final = (AssetKind.PICTURE, AssetKind.AUDIO)


def facts_meeting(facts: list[Written], asset: Asset, ranges: Ranges) -> list[Written]:
    """Return the facts of a title's file less the elements that lie outside of `ranges`.

    An element that takes up all that is asked cannot be cut out of it: it is written without its
    time codes, for which the contract has the answer. Only those count that were recorded for the
    work itself, not for what it is part of, and only in a file that has the work's time.
    """
    spans = _spans(asset) if ranges else {}
    if not spans or not _has_time_of_work(asset, max(span[0][1] for span in spans.values())):
        return facts
    outside = {code for code, span in spans.items() if not meet(span, ranges)}
    filling = {code for code, span in spans.items() if within(ranges, span)}
    found = []
    for fact in facts:
        if fact["kind"] == FactKind.OPINION:
            about = [code for code in fact["about"] if _record(code) not in outside]
            if about:
                found.append(fact | {"about": about})
        elif record_of(fact) in filling:
            found.append(without_time_codes(fact))
        elif record_of(fact) not in outside:
            found.append(fact)
    return found


def in_time_of(files: Iterable[int]) -> dict[int, set[str]]:
    """Return, for the keys of files of titles, the codes of the elements whose time codes are of
    this file too: those recorded for its work itself, where it has the work's time. A few queries,
    however many files."""
    found = Asset.objects.filter(pk__among=set(files), title__isnull=False)
    titles = dict(found.values_list("pk", "title"))
    works = rows_of_many(key for key in titles.values() if key is not None)
    rows = {row for work in works.values() for row in work}
    elements = Fact.objects.standing().filter(title__among=rows, kind=FactKind.ELEMENT)
    until: dict[int, dict[str, int]] = defaultdict(dict)
    for row, code, body in elements.values_list("title", "code", "body"):
        if at := body.get("timecode"):
            until[row][code] = moment_ms(at["to"])
    if not until:
        return {}
    lasting = Asset.objects.filter(title__among=rows, kind__in=_LASTING)
    lengths = lengths_of_files(lasting.values("pk")) | lengths_of_files(found.values("pk"))
    longest: dict[int, int] = defaultdict(int)
    for key, row in lasting.values_list("pk", "title"):
        longest[row or 0] = max(longest[row or 0], lengths[key])
    said = dict(Title.objects.filter(pk__among=works).values_list("pk", "runtime_ms"))
    timed = {}
    for file, title in titles.items():
        work, length = works[title or 0], lengths[file]
        runtime = said[title or 0]
        if runtime is None:
            runtime = max(longest[row] for row in work)
        ends = {code: end for row in work for code, end in until[row].items()}
        last = max(ends.values(), default=0)
        if abs(length - runtime) <= _SAME_LENGTH_MS and last <= length + _SAME_LENGTH_MS:
            timed[file] = set(ends)
    return timed


def without_time_codes(fact: Written) -> Written:
    """Return an element as one that cannot be cut out."""
    written = dict(fact)
    return written | {"x_timecode": written.pop("timecode")} if "timecode" in written else fact


def record_of(fact: Written) -> str:
    """Return the code of the record that a fact of a case is: what follows it in its name tells
    several apart."""
    return _record(fact["id"])


def _record(name: str) -> str:
    return name.partition(".")[0]


def _spans(asset: Asset) -> dict[str, Ranges]:
    """Return where in the work each element with time codes is, by the fact's code."""
    assert asset.title_id is not None  # noqa: S101 - the caller has asked
    rows = rows_of_many([asset.title_id])[asset.title_id]
    elements = Fact.objects.standing().filter(title__in=rows, kind=FactKind.ELEMENT)
    return {
        fact.code: [[moment_ms(at["from"]), moment_ms(at["to"])]]
        for fact in elements
        if (at := fact.body.get("timecode"))
    }


def _has_time_of_work(asset: Asset, last_ms: int) -> bool:
    """Return whether a moment of the work is the same moment of this file: no time code lies
    beyond its end, and it is as long as the work is recorded to be, or where that is not recorded
    as the longest film or sound of it."""
    assert asset.title is not None  # noqa: S101 - as above
    length = length_ms(asset)
    runtime = asset.title.runtime_ms
    if runtime is None:
        rows = rows_of_many([asset.title.pk])[asset.title.pk]
        files = Asset.objects.filter(title__in=rows, kind__in=_LASTING)
        runtime = max(lengths_ms(list(files)).values(), default=0)
    return abs(length - runtime) <= _SAME_LENGTH_MS and last_ms <= length + _SAME_LENGTH_MS
