"""Instants, zones and durations. An instant is whole seconds since 1970-01-01T00:00:00Z (int).

Intervals are half-open, [start, end). `ALWAYS` and `NEVER` stand for an open start and end.
"""

import calendar
import re
import zoneinfo
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache

from catalog.scope.errors import CaseError

ALWAYS = -(2**62)
NEVER = 2**62

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_DAY = _EPOCH.toordinal()
_SECOND = timedelta(seconds=1)
_LAST_YEAR = 9999
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:T([0-9]{2}):([0-9]{2})(?::([0-9]{2}))?(Z|[+-][0-9]{2}:[0-9]{2})?)?"
)
_LONGEST = len("2027-01-01T00:00:00+00:00")
_DURATION = re.compile(r"P(?:([0-9]+)Y)?(?:([0-9]+)M)?(?:([0-9]+)W)?(?:([0-9]+)D)?")


@dataclass(frozen=True)
class Duration:
    """Calendar time: months (years are twelve), then days (weeks are seven)."""

    months: int
    days: int


@lru_cache(maxsize=1024)
def _zone(name: str) -> zoneinfo.ZoneInfo | None:
    # "localtime" and the like are files there too, but they say something about the machine.
    if not name[:1].isupper():
        return None
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return None


def read_zone(name: str, path: str) -> tzinfo:
    """The IANA zone of that name."""
    found = _zone(name)
    if found is None:
        raise CaseError(path, f"unknown time zone {name!r}")
    return found


def read_day(text: object, path: str) -> date:
    """A calendar day from `YYYY-MM-DD`."""
    if not isinstance(text, str) or not _DAY.fullmatch(text):
        raise CaseError(path, "must be a date, YYYY-MM-DD")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CaseError(path, f"no such date {text!r}") from None


def start_of(day: date) -> int:
    """The first instant of a day in UTC."""
    return (day.toordinal() - _FIRST_DAY) * 86_400


def read_instant(text: object, zone: tzinfo, path: str) -> int:
    """An instant from a date, or a date and time with or without an offset, read in `zone`."""
    if isinstance(text, str) and len(text) <= _LONGEST:
        try:
            return _instant(text, zone)
        except CaseError:
            pass  # it does not know the path: below
    local, offset = _local(text, path)
    return _to_utc(local, offset or zone, path)


@lru_cache(maxsize=20_000)
def _instant(text: str, zone: tzinfo) -> int:
    """The same; a library's papers name the same days again and again."""
    if _DAY.fullmatch(text) and zone is _zone("UTC"):
        try:
            return start_of(date.fromisoformat(text))
        except ValueError:
            pass  # below
    local, offset = _local(text, "")
    return _to_utc(local, offset or zone, "")


def read_end(text: object, zone: tzinfo, path: str) -> int:
    """Like `read_instant`, but a year 9999 means no end."""
    if isinstance(text, str) and text.startswith(str(_LAST_YEAR)):
        _local(text, path, last=True)
        return NEVER
    return read_instant(text, zone, path)


def read_through(text: object, zone: tzinfo, path: str) -> int:
    """The first instant after that day in `zone`."""
    day = read_day(text, path)
    if day.year == _LAST_YEAR:
        return NEVER
    local = datetime.combine(day + timedelta(days=1), datetime.min.time())
    return NEVER if local.year == _LAST_YEAR else _to_utc(local, zone, path)


def read_duration(text: object, path: str) -> Duration:
    """A duration from `PnYnMnWnD`, at least one of them, in that order."""
    match = _DURATION.fullmatch(text) if isinstance(text, str) and len(text) <= 40 else None
    if match is None or not any(match.groups()):
        raise CaseError(path, "must be a duration such as P5Y, P18M or P2W")
    years, months, weeks, days = (int(part or 0) for part in match.groups())
    return Duration(years * 12 + months, weeks * 7 + days)


def add(instant: int, duration: Duration, zone: tzinfo, path: str) -> int:
    """Instant plus duration on the local calendar of `zone`; month ends are clamped.

    An open start stays open; a result in the year 9999 means never.
    """
    if instant in (ALWAYS, NEVER):
        return instant
    try:
        local = (_EPOCH + instant * _SECOND).astimezone(zone).replace(tzinfo=None)
        months = local.year * 12 + local.month - 1 + duration.months
        local = _clamped(local, months // 12, months % 12 + 1)
        local = local + timedelta(days=duration.days)
    except (OverflowError, ValueError):
        raise CaseError(path, "runs past the year 9999") from None
    return NEVER if local.year == _LAST_YEAR else _to_utc(local, zone, path)


def show(instant: int) -> str | None:
    """`YYYY-MM-DDTHH:MM:SSZ`, or None for an open start or end."""
    if instant in (ALWAYS, NEVER):
        return None
    return (_EPOCH + instant * _SECOND).replace(tzinfo=None).isoformat() + "Z"


def _local(text: object, path: str, *, last: bool = False) -> tuple[datetime, tzinfo | None]:
    match = _INSTANT.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise CaseError(
            path, "must be YYYY-MM-DD or YYYY-MM-DDTHH:MM[:SS], with Z or +HH:MM or not"
        )
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    midnight = hour == 24 and minute == second == 0
    try:
        local = datetime(year, month, day, 0 if midnight else hour, minute, second)  # noqa: DTZ001
        if midnight and not last:
            local += timedelta(days=1)
    except (ValueError, OverflowError):
        raise CaseError(path, f"no such date or time {text!r}") from None
    return local, _offset(match[7], path)


def _offset(text: str | None, path: str) -> tzinfo | None:
    if text is None or text == "Z":
        return None if text is None else UTC
    hours, minutes = int(text[1:3]), int(text[4:6])
    if hours > 23 or minutes > 59:
        raise CaseError(path, f"no such offset {text!r}")
    span = timedelta(hours=hours, minutes=minutes)
    return timezone(-span if text[0] == "-" else span)


def _to_utc(local: datetime, zone: tzinfo, path: str) -> int:
    # fold=0 is what the contract wants: the first of a repeated time, and for a time
    # that does not exist the offset before the change.
    instant = (local.replace(tzinfo=zone, fold=0) - _EPOCH) // _SECOND
    try:
        _EPOCH + instant * _SECOND
    except OverflowError:
        raise CaseError(path, "is outside the years 1 to 9999 in UTC") from None
    return instant


def _clamped(local: datetime, year: int, month: int) -> datetime:
    last = calendar.monthrange(year, month)[1]
    return local.replace(year=year, month=month, day=min(local.day, last))
