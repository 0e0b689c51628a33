"""Time codes of a work against the ranges of a file that are asked for.

Somebody else's material in a shot that nobody asked for is no trouble to those that are asked for.
"""

from typing import Any

from catalog.clip_ranges import length_ms, lengths_ms
from catalog.merging import rows_of_many
from catalog.models import Asset, AssetKind, Fact, FactKind
from catalog.scope.ranges import Ranges, meet, moment_ms, within

type Written = dict[str, Any]

# A file has the time of its work where it is as long, to within this.
_SAME_LENGTH_MS = 1000


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
            about = [code for code in fact["about"] if code not in outside]
            if about:
                found.append(fact | {"about": about})
        elif fact["id"] in filling:
            found.append(_without_time_codes(fact))
        elif fact["id"] not in outside:
            found.append(fact)
    return found


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
        lasting = [AssetKind.PICTURE, AssetKind.AUDIO]
        files = Asset.objects.filter(title__in=rows, kind__in=lasting)
        runtime = max(lengths_ms(list(files)).values(), default=0)
    return abs(length - runtime) <= _SAME_LENGTH_MS and last_ms <= length + _SAME_LENGTH_MS


def _without_time_codes(fact: Written) -> Written:
    written = dict(fact)
    return written | {"x_timecode": written.pop("timecode")}
