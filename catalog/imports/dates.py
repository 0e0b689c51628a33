"""Dates, ends, durations and running times as files write them.

A date without a time zone is read in the zone of the source. An end is `inclusive` when the day
or second it names still belongs to the window; what comes out is always half-open, in UTC.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Literal

from catalog.imports.cells import Bad, Cell
from catalog.scope.errors import CaseError
from catalog.scope.instants import NEVER, read_end, read_instant, read_through, read_zone

EndPolicy = Literal["inclusive", "exclusive"]
DayOrder = Literal["", "mdy", "dmy"]

OPEN = "Open"
CONDITIONS = {
    name.casefold(): name
    for name in (
        OPEN,
        "Immediate",
        "ESTStart",
        "EST",
        "Broadcast",
        "Completed",
        "Theatrical",
        "TBD",
    )
}
FIRST_YEAR, LAST_YEAR = 1888, 9999

_TIME = r"(?:[T ]\s*(\d{1,2}:\d{2}(?::\d{2})?)(?:\.\d+)?\s*(Z|[+-]\d{2}:?\d{2})?)?"
_YEAR_FIRST = re.compile(
    r"(\d{4})(?:-(\d{1,2})-|/(\d{1,2})/|\.\s?(\d{1,2})\.\s?|년\s?(\d{1,2})월\s?)"
    r"(\d{1,2})(?:일|\.)?" + _TIME,
    re.ASCII,
)
_WITH_OFFSET = re.compile(r"T[\d:]+(?:Z|[+-]\d{2}:\d{2})$", re.ASCII)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)
_YEAR_LAST = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4})" + _TIME, re.ASCII)
_SHORT_YEAR = re.compile(r"\d{1,2}([/.-])\d{1,2}\1\d{2}", re.ASCII)
_NAMED_MONTH = re.compile(r"(\d{1,2})[ -]([A-Za-z]{3,9})[ -](\d{4})", re.ASCII)
# Four letters each, with the space.
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec"
_DURATION = re.compile(
    r"-?P(?=.)(?:\d{1,4}Y)?(?:\d{1,4}M)?(?:\d{1,4}W)?(?:\d{1,5}D)?"
    r"(?:T(?=.)(?:(\d{1,5})H)?(?:(\d{1,5})M)?(?:(\d{1,6})(?:\.\d+)?S)?)?",
    re.ASCII,
)
_CLOCK = re.compile(r"(\d{1,4}):(\d{1,2})(?::(\d{1,2})(?:\.\d+)?)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Reading:
    """How a source writes time: its zone, the order of day and month, and what an end means."""

    zone: str = "UTC"
    day_order: DayOrder = ""
    end_policy: EndPolicy = "exclusive"


def read_start(cell: Cell, reading: Reading, epoch_1904: bool) -> tuple[datetime | None, str]:
    """Return (instant, "") or (None, condition); an open start is (None, "")."""
    if condition := CONDITIONS.get(cell.text.strip().casefold()):
        return None, "" if condition == OPEN else condition
    return _instant(_iso(cell, reading, epoch_1904), reading.zone, "start"), ""


def read_finish(
    cell: Cell, reading: Reading, epoch_1904: bool, *, is_ai: bool = False
) -> tuple[datetime | None, str]:
    """Return the half-open end as (instant, "") or (None, condition); open is (None, "").

    Where the row `is_ai`, an instant with its offset is the end itself, whatever the source does
    with its days: Avails-AI says so. Avails do not.
    """
    if condition := CONDITIONS.get(cell.text.strip().casefold()):
        return None, "" if condition == OPEN else condition
    text = _iso(cell, reading, epoch_1904)
    policy = "exclusive" if is_ai and _WITH_OFFSET.search(text) else reading.end_policy
    return _instant(text, reading.zone, policy), ""


def read_moment(cell: Cell, reading: Reading, epoch_1904: bool) -> datetime | None:
    """Return an instant, of a date its first."""
    return _instant(_iso(cell, reading, epoch_1904), reading.zone, "start")


def read_day(cell: Cell, reading: Reading, epoch_1904: bool) -> date:
    """Return a calendar day; a time after it is left out."""
    return date.fromisoformat(_iso(cell, reading, epoch_1904)[:10])


def read_year(cell: Cell, reading: Reading, epoch_1904: bool) -> int:
    """Return a year from a year, or from a whole date."""
    text = cell.text.strip()
    if re.fullmatch(r"\d{4}(?:-\d{2})?", text, re.ASCII) and cell.kind != "date":
        year = int(text[:4])
    else:
        year = read_day(cell, reading, epoch_1904).year
    if not FIRST_YEAR <= year <= 2100:
        raise Bad("year", f"{year} is not a year of a film: 1888 to 2100.", value=str(year))
    return year


@lru_cache(maxsize=65_536)
def _instant(text: str, zone: str, role: str) -> datetime | None:
    """`role` is start, inclusive or exclusive; a year 9999 is no end."""
    try:
        where = read_zone(zone, "zone")
        is_day = len(text) == 10
        if role == "inclusive" and is_day:
            second = read_through(text, where, "date")
        elif role == "start":
            second = read_instant(text, where, "date")
        else:
            second = read_end(text, where, "date")
            if role == "inclusive" and second != NEVER:
                # 23:59 means the whole minute, 23:59:59 the whole second.
                second += 60 if text[11:16] == "23:59" and text[16:17] != ":" else 1
    except CaseError as error:
        raise Bad("date", f"{text!r}: {error.message}.", value=text) from None
    if second == NEVER:
        return None
    try:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=second)
    except OverflowError:
        raise Bad("date", f"{text!r} is outside the years 1 to 9999.", value=text) from None


def _iso(cell: Cell, reading: Reading, epoch_1904: bool) -> str:
    """Return `YYYY-MM-DD`, with `THH:MM[:SS]` and an offset where the cell has them."""
    text = cell.text.strip()
    if cell.kind in ("number", "date"):
        return _from_serial(text, epoch_1904)
    return _from_text(text, reading.day_order)


@lru_cache(maxsize=65_536)
def _from_serial(text: str, epoch_1904: bool) -> str:
    """Days since 1899-12-30, or since 1904-01-01 in workbooks of that system."""
    serial = Decimal(text)
    if serial == serial.to_integral() and 18_880_101 <= serial <= 99_991_231:
        return _from_text(str(int(serial)), "")  # 20130528, typed as a number
    # Before March 1900 the count of Excel is off by the day 1900-02-29, which never was.
    lowest = 0 if epoch_1904 else 61
    if not lowest <= serial < 2_958_466:
        raise Bad("date_serial", f"{text} is not a date of a spreadsheet.", value=text)
    epoch = datetime(1904, 1, 1) if epoch_1904 else datetime(1899, 12, 30)  # noqa: DTZ001
    days, part = divmod(serial, 1)
    try:
        moment = epoch + timedelta(days=int(days), seconds=round(part * 86_400))
    except OverflowError:
        raise Bad("date_serial", f"{text} is not a date of a spreadsheet.", value=text) from None
    return moment.isoformat() if part else moment.date().isoformat()


@lru_cache(maxsize=65_536)
def _from_text(text: str, day_order: str) -> str:
    if match := _YEAR_FIRST.fullmatch(text):
        year, month = match[1], next(filter(None, match.groups()[1:5]))
        return _checked((year, month, match[6]), text, match[7], match[8])
    if match := _COMPACT.fullmatch(text):
        return _checked((match[1], match[2], match[3]), text)
    if match := _YEAR_LAST.fullmatch(text):
        day, month = _ordered(int(match[1]), int(match[3]), match[2], day_order, text)
        return _checked((match[4], str(month), str(day)), text, match[5], match[6])
    if (match := _NAMED_MONTH.fullmatch(text)) and match[2][:3].lower() in _MONTHS:
        month = str(_MONTHS.index(match[2][:3].lower()) // 4 + 1)
        return _checked((match[3], month, match[1]), text)
    if _SHORT_YEAR.fullmatch(text):
        raise Bad("date_short_year", f"{text!r} has a year of two digits; write four.", value=text)
    raise Bad(
        "date_unreadable",
        f"{text[:40]!r} is neither a date (YYYY-MM-DD) nor a condition such as Open or ESTStart.",
        value=text[:40],
    )


def _ordered(first: int, second: int, separator: str, day_order: str, text: str) -> tuple[int, int]:
    """Return (day, month) of a date that ends in its year."""
    if first > 12 or second > 12 or first == second:
        return (second, first) if second > 12 else (first, second)
    if day_order == "mdy":
        return second, first
    if day_order == "dmy" or separator == ".":
        return first, second
    raise Bad(
        "date_ambiguous",
        f"{text!r} can be two days. Say for this source whether the day or the month comes first.",
        value=text,
    )


def _checked(
    day: tuple[str, str, str], text: str, time: str | None = None, offset: str | None = None
) -> str:
    year, month, in_month = day
    try:
        date(int(year), int(month), int(in_month))
    except ValueError:
        raise Bad("date", f"There is no such day as {text!r}.", value=text) from None
    iso = f"{year}-{int(month):02}-{int(in_month):02}"
    if time is None:
        return iso
    if offset and offset != "Z" and ":" not in offset:
        offset = f"{offset[:3]}:{offset[3:]}"
    return f"{iso}T{time.zfill(5) if time.count(':') == 1 else time.zfill(8)}{offset or ''}"


def read_lag(cell: Cell) -> str:
    """Return an ISO 8601 duration, such as P30D; a bare number is days."""
    text = cell.text.strip().upper()
    if re.fullmatch(r"-?\d{1,5}", text, re.ASCII):
        return f"{'-' if text[0] == '-' else ''}P{int(text.lstrip('-'))}D"
    if not _DURATION.fullmatch(text):
        raise Bad(
            "duration", f"{cell.text[:40]!r} is not a duration such as P30D.", value=cell.text[:40]
        )
    return text


def read_run_time(cell: Cell, *, minutes: bool) -> int:
    """Return milliseconds from `1:56:20`, `56:20`, `PT1H56M20S`, a time of a spreadsheet, or,
    where a bare number means `minutes`, from `116` and `116 min`."""
    text = cell.text.strip()
    seconds = _clock(text)
    if seconds is None and cell.kind in ("number", "date") and (Decimal(text) < 1 or not minutes):
        seconds = round(Decimal(text) * 86_400)  # a part of a day
    if seconds is None and (match := re.fullmatch(r"(\d{1,4})(?:\.0+)?\s*(?:min\.?|분|m)?", text)):
        seconds = int(match[1]) * 60
    if seconds is None or not 0 < seconds <= 100 * 3600:
        raise Bad(
            "run_time",
            f"{text[:40]!r} is not a running time such as 01:56:20, up to 100 hours.",
            value=text[:40],
        )
    return seconds * 1000


def _clock(text: str) -> int | None:
    if match := _CLOCK.fullmatch(text):
        first, second, third = match.groups()
        if int(second) > 59 or int(third or 0) > 59:
            return None
        if third is None:  # minutes and seconds, as in MovieLabs' own sheets
            return int(first) * 60 + int(second)
        return int(first) * 3600 + int(second) * 60 + int(third)
    if (match := _DURATION.fullmatch(text)) and text.startswith("PT"):
        hours, minutes, seconds = (int(part or 0) for part in match.groups())
        return hours * 3600 + minutes * 60 + seconds
    return None
