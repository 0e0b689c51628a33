"""Reading a term: a start and an end that may be dates, durations or events."""

from collections.abc import Mapping
from datetime import tzinfo
from typing import NamedTuple

from catalog.scope.errors import CaseError
from catalog.scope.instants import (
    ALWAYS,
    NEVER,
    add,
    read_duration,
    read_end,
    read_instant,
    read_through,
)
from catalog.scope.reader import JSON, Reader

type Events = Mapping[str, tuple[int | None, tzinfo]]


class Term(NamedTuple):
    """[start, end) in UTC seconds; `undated` when it hangs on an event without a date."""

    start: int
    end: int
    undated: bool = False


def read_term(fields: Reader, zone: tzinfo, events: Events | None) -> Term:
    """The term of a fact or, without events, of a request. Both ends may be left out."""
    start = _start(fields.raw("start", None), fields.at("start"), zone, events)
    end = _end(fields.raw("end", None), fields.at("end"), zone, events, start)
    if start is not None and end is not None and end <= start:
        raise CaseError(fields.at("end"), "must be after start")
    return Term(
        ALWAYS if start is None else start,
        NEVER if end is None else end,
        undated=start is None or end is None,
    )


def _start(value: JSON, path: str, zone: tzinfo, events: Events | None) -> int | None:
    if value is None:
        return ALWAYS
    return (
        _event(value, path, events) if isinstance(value, dict) else read_instant(value, zone, path)
    )


def _end(
    value: JSON, path: str, zone: tzinfo, events: Events | None, start: int | None
) -> int | None:
    if value is None:
        return NEVER
    if not isinstance(value, dict):
        return read_end(value, zone, path)
    fields = Reader(value, path)
    if fields.has("through"):
        end: int | None = read_through(fields.raw("through"), zone, fields.at("through"))
    elif fields.has("duration"):
        duration = read_duration(fields.raw("duration"), fields.at("duration"))
        if start == ALWAYS:
            raise CaseError(fields.at("duration"), "needs a start to count from")
        end = None if start is None else add(start, duration, zone, fields.at("duration"))
    else:
        return _event(value, path, events)
    fields.done()
    return end


def _event(value: JSON, path: str, events: Events | None) -> int | None:
    fields = Reader(value, path)
    if events is None:
        raise CaseError(path, "a request cannot hang on an event")
    name = fields.text("event")
    lag = read_duration(fields.raw("lag"), fields.at("lag")) if fields.has("lag") else None
    fields.done()
    instant, zone = events.get(name, (None, None))
    if instant is None or zone is None or lag is None:
        return instant
    return add(instant, lag, zone, fields.at("lag"))
