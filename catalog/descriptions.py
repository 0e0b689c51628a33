"""What is known of a work besides its name: checked, in one form."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any, Final, TypedDict

from babel import Locale, UnknownLocaleError
from django.utils.translation import gettext_lazy as _

from accounts.errors import Invalid
from accounts.text import check_name
from catalog.models import Technique
from catalog.scope.territory import COUNTRIES, HISTORIC_STATES

FIRST_YEAR: Final = 1888  # the oldest surviving film
LAST_YEAR: Final = 2100
_MOST = 40  # of genres, countries, languages or certifications; more are a mistake
_TAG = re.compile(
    r"([a-z]{2,3})(?:-([a-z]{4}))?(?:-([a-z]{2}|[0-9]{3}))?", re.ASCII | re.IGNORECASE
)
_UNDETERMINED = re.compile(r"und(-.*)?", re.IGNORECASE)
_LONGEST_MS = 2**31 - 1  # 24 days, what an integer column holds


class Certification(TypedDict):
    """An age rating: where, by whose scheme, which."""

    country: str
    system: str
    rating: str


class Description(TypedDict, total=False):
    """What may be said of a work, and changed later. Lengths in milliseconds; `countries` of
    production by ISO 3166-1 alpha-2, or 3166-3 where the state is gone; `spoken` in BCP 47."""

    year: int | None
    released_on: date | None
    runtime_ms: int | None
    technique: str | None
    genres: Sequence[str]
    countries: Sequence[str]
    spoken: Sequence[str]
    certifications: Sequence[Certification]


def check_description(given: Mapping[str, Any], place: str = "") -> dict[str, Any]:
    """Return what is given of a Description, in canonical form; `place` goes before the names of
    fields in errors. Raises Invalid naming the field."""
    return {name: _CHECKS[name](f"{place}{name}", value) for name, value in given.items()}


def check_language(field: str, tag: str) -> str:
    """Return a BCP 47 language tag in its usual case, or raise Invalid(field)."""
    tag = tag.strip()
    try:
        if _UNDETERMINED.fullmatch(tag) is None:  # which Babel takes for English
            return str(Locale.parse(tag, sep="-")).replace("_", "-")
    except UnknownLocaleError:
        pass  # of many languages Babel knows the name and nothing else
    except (ValueError, TypeError):
        raise _no_language(field) from None
    match = _TAG.fullmatch(tag)
    if match is None or match[1].lower() not in Locale("en").languages:
        raise _no_language(field)
    language, script, region = match.groups(default="")
    return "-".join(filter(None, (language.lower(), script.title(), region.upper())))


def _no_language(field: str) -> Invalid:
    return Invalid(field, _("Not a language tag, such as en, ko or pt-BR."))


def check_year(field: str, year: int | None) -> int | None:
    """Return the year of a first publication, None when not known, or raise Invalid(field)."""
    if year is not None and not FIRST_YEAR <= year <= LAST_YEAR:
        raise Invalid(
            field,
            _("Give a year from %(first)d to %(last)d.") % {"first": FIRST_YEAR, "last": LAST_YEAR},
        )
    return year


def _released_on(field: str, day: date | None) -> date | None:
    if day is not None:
        check_year(field, day.year)
    return day


def _runtime_ms(field: str, runtime: int | None) -> int | None:
    if runtime is not None and not 0 < runtime <= _LONGEST_MS:
        raise Invalid(field, _("Give a running time of more than nothing and under 24 days."))
    return runtime


def _technique(field: str, technique: str | None) -> str:
    if technique and technique not in Technique.values:
        raise Invalid(
            field, _("Choose one of: %(kinds)s.") % {"kinds": ", ".join(Technique.values)}
        )
    return technique or ""


def _genre(field: str, name: str) -> str:
    return check_name(field, name, 50).casefold()


def _country(field: str, code: str) -> str:
    code = code.strip().upper()
    if code not in COUNTRIES and code not in HISTORIC_STATES:
        raise Invalid(
            field,
            _("%(code)s is no country code, such as KR, or SU for a state of the past.")
            % {"code": code[:20]},
        )
    return code


def _certification(field: str, one: Mapping[str, str]) -> Certification:
    return {
        "country": _country(f"{field}.country", one["country"]),
        "system": check_name(f"{field}.system", one["system"], 40),
        "rating": check_name(f"{field}.rating", one["rating"], 40),
    }


def _list(check: Callable[[str, Any], Any], field: str, values: Sequence[Any]) -> list[Any]:
    """Return each value checked, in the order given, without repetition."""
    if len(values) > _MOST:
        raise Invalid(field, _("At most %(most)d, please.") % {"most": _MOST})
    found: list[Any] = []
    for number, value in enumerate(values):
        checked = check(f"{field}[{number}]", value)
        if checked not in found:
            found.append(checked)
    return found


_CHECKS: dict[str, Callable[[str, Any], Any]] = {
    "year": check_year,
    "released_on": _released_on,
    "runtime_ms": _runtime_ms,
    "technique": _technique,
    "genres": partial(_list, _genre),
    "countries": partial(_list, _country),
    "spoken": partial(_list, check_language),
    "certifications": partial(_list, _certification),
}
