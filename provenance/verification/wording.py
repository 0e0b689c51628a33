"""Times, numbers and codes as the active language writes them."""

from datetime import UTC, datetime

from babel.dates import format_date
from babel.numbers import format_decimal
from django.utils.translation import get_language


def spaced(code: str) -> str:
    return f"{code[:4]} {code[4:]}"


def at_utc(instant: str) -> str:
    """Return an RFC 3339 instant as people read it, in UTC; one that is none as it came."""
    try:
        moment = datetime.fromisoformat(instant).astimezone(UTC)
    except (ValueError, OverflowError):
        return instant
    return f"{format_date(moment, 'long', locale=locale())} {moment:%H:%M:%S} UTC"


def number(count: int) -> str:
    return str(format_decimal(count, locale=locale()))


def locale() -> str:
    """Return Babel's name of the active language; English dates are written day first."""
    language = (get_language() or "en").partition("-")[0]
    return "en_GB" if language == "en" else language
