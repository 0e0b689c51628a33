"""How values read: money, places, terms, sizes, lengths of time, in the reader's language.

Plain text in, plain text out; the template tags add the markup.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, get_timezone_location
from babel.lists import format_list
from babel.numbers import format_decimal
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from licensing.money import minor_digits

type Territory = str | Sequence[str] | Mapping[str, object]

_LONGEST_LIST = 6
_SUM_HOURS = 100
GROUPS = {
    "WORLD": gettext_lazy("World"),
    "EU": gettext_lazy("European Union"),
    "BENELUX": gettext_lazy("Benelux"),
    "DACH": gettext_lazy("Germany, Austria and Switzerland"),
    "NORDIC": gettext_lazy("Nordic countries"),
}


def locale() -> Locale:
    """Return Babel's locale of the current language; English dates are written day first."""
    language = (get_language() or "en").partition("-")[0]
    return Locale.parse("en_GB" if language == "en" else language)


def money_text(amount_minor: int, currency: str) -> tuple[str, str]:
    """Return (currency code, amount) of integer minor units: (`USD`, `12,500.00`)."""
    digits = minor_digits(currency)
    value = Decimal(amount_minor).scaleb(-digits)
    form = "#,##0" + ("." + "0" * digits if digits else "")
    return currency, str(format_decimal(value, format=form, locale=locale()))


def bytes_text(count: int) -> str:
    """Return a size in decimal units, as disks are sold: `1.2 GB`."""
    size, unit = Decimal(count), "B"
    for larger in ("kB", "MB", "GB", "TB", "PB"):
        if size < 1000:
            break
        size, unit = size / 1000, larger
    form = "#,##0" if unit in {"B", "kB"} else "#,##0.0"
    return f"{format_decimal(size, format=form, locale=locale())} {unit}"


def duration_text(duration_ms: int) -> str:
    """Return a running time as `1:31:07`, or `0:42.5` when shorter than a minute; what is longer
    than any one work is a sum, said in whole hours."""
    seconds, milliseconds = divmod(duration_ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    if hours >= _SUM_HOURS:
        return ngettext("%(count)s hour", "%(count)s hours", hours) % {"count": number_text(hours)}
    if hours:
        return f"{hours}:{minutes:02}:{seconds:02}"
    if minutes:
        return f"{minutes}:{seconds:02}"
    return f"0:{seconds:02}.{milliseconds // 100}"


def list_text(names: Sequence[str]) -> str:
    """Return several names as the language joins them: `a, b and c`."""
    return str(format_list(names, locale=locale()))


def number_text(count: int) -> str:
    """Return an integer with the language's thousands separators."""
    return str(format_decimal(count, locale=locale()))


def place_name(code: str) -> str:
    """Return the name of an ISO 3166-1 code or of a group the contract knows."""
    if code in GROUPS:
        return str(GROUPS[code])
    return locale().territories.get(code) or code


def territory_text(territory: Territory) -> tuple[str, str]:
    """Return (short, whole) wording of a territory expression.

    The two differ only where more than six places would be listed: the short one then ends in
    a count. A mapping is read as `{"include": ..., "except": ...}`.
    """
    include, without = _members(territory)
    short, whole = _listed(include)
    if not without:
        return short, whole
    short_out, whole_out = _listed(without)
    return tuple(  # type: ignore[return-value] # two elements in, two out
        _("%(places)s except %(exceptions)s") % {"places": inside, "exceptions": outside}
        for inside, outside in ((short, short_out), (whole, whole_out))
    )


def _members(territory: Territory) -> tuple[list[str], list[str]]:
    if isinstance(territory, str):
        return [territory], []
    if isinstance(territory, Mapping):
        inside, outside = territory.get("include", []), territory.get("except", [])
        return _as_list(inside), _as_list(outside)
    return list(territory), []


def _as_list(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [str(item) for item in value] if isinstance(value, Sequence) else []


def _listed(codes: list[str]) -> tuple[str, str]:
    names = [place_name(code) for code in codes]
    whole = list_text(names)
    if len(names) <= _LONGEST_LIST:
        return whole, whole
    shown = _LONGEST_LIST - 2
    short = _("%(places)s and %(count)s more") % {
        "places": ", ".join(names[:shown]),
        "count": len(names) - shown,
    }
    return short, whole


def date_text(when: datetime, zone: str = "UTC") -> str:
    """Return the calendar date of an instant in a zone: `3 May 2027`."""
    return day_text(when.astimezone(ZoneInfo(zone)).date())


def day_text(day: date) -> str:
    """Return a calendar day that stands in no zone, such as a birthday: `3 May 2027`."""
    style = "long" if locale().language == "ko" else "medium"
    return str(format_date(day, style, locale=locale()))


def month_text(month: str) -> str:
    """Return a month that is written `2027-05` for reading: `May 2027`."""
    pattern = "y년 M월" if locale().language == "ko" else "MMM y"
    return str(format_date(date.fromisoformat(f"{month}-01"), pattern, locale=locale()))


def datetime_text(when: datetime, zone: str = "UTC") -> str:
    """Return date and minute of an instant in a zone, and the zone: `3 May 2027, 09:30 UTC`."""
    pattern = "y년 M월 d일 HH:mm" if locale().language == "ko" else "d MMM y, HH:mm"
    local = when.astimezone(ZoneInfo(zone))
    return f"{format_datetime(local, pattern, locale=locale())} {zone_name(zone)}"


def zone_name(zone: str) -> str:
    """Return how a zone is called beside a time: `UTC`, or `Seoul time`."""
    if zone == "UTC":
        return zone
    city = get_timezone_location(zone, locale=locale(), return_city=True)
    return _("%(city)s time") % {"city": city}


def utc_text(when: datetime) -> str:
    """Return the exact instant for machines and for doubts: `2027-05-03T09:30:00Z`."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def term_text(start: datetime | None, end: datetime | None, zone: str = "UTC") -> tuple[str, str]:
    """Return (wording, exact bound) of the half-open term [start, end).

    A term that ends at a day's first instant is worded by its last whole day, because that is
    how contracts say it, and the exact bound says where it really stops. Zone: the contract's.
    """
    if start is None and end is None:
        return _("no limit of time"), ""
    first = date_text(start, zone) if start else _("no beginning")
    if start and not _is_midnight(start, zone):
        first = datetime_text(start, zone)
    if end is None:
        return _("from %(start)s, without end") % {"start": first}, ""
    exact = _("ends before %(instant)s") % {"instant": datetime_text(end, zone)}
    if _is_midnight(end, zone):
        last_day = date_text(end - timedelta(seconds=1), zone)
        return _("%(start)s to %(last_day)s") % {"start": first, "last_day": last_day}, exact
    last = datetime_text(end, zone)
    return _("%(start)s until %(end)s, not included") % {"start": first, "end": last}, ""


def _is_midnight(when: datetime, zone: str) -> bool:
    local = when.astimezone(ZoneInfo(zone))
    return (local.hour, local.minute, local.second) == (0, 0, 0)
