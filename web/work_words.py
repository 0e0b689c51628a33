"""What is said of works, in words: genres, countries also of the past, languages, lengths."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from babel import Locale
from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.scope.territory import COUNTRIES, HISTORIC_STATES
from web import display
from web.words import Text

# The usual genres; a work may have others, which show themselves.
GENRES: Final[Mapping[str, Text]] = {
    "action": _("Action"),
    "adventure": _("Adventure"),
    "animation": _("Animation"),
    "biography": _("Biography"),
    "children": _("Children"),
    "comedy": _("Comedy"),
    "crime": _("Crime"),
    "documentary": _("Documentary"),
    "drama": _("Drama"),
    "family": _("Family"),
    "fantasy": _("Fantasy"),
    "history": _("History"),
    "horror": _("Horror"),
    "music": _("Music"),
    "musical": _("Musical"),
    "mystery": _("Mystery"),
    "news": _("News"),
    "reality": _("Reality"),
    "romance": _("Romance"),
    "science fiction": _("Science fiction"),
    "sport": _("Sport"),
    "thriller": _("Thriller"),
    "variety": _("Variety"),
    "war": _("War"),
    "western": _("Western"),
}
# States that are gone: Babel names some of them, and not in every language.
_GONE: Final[Mapping[str, Text]] = {
    "CS": _("Czechoslovakia or Serbia and Montenegro"),
    "CSHH": _("Czechoslovakia"),
    "CSXX": _("Serbia and Montenegro"),
    "DD": _("German Democratic Republic"),
    "SU": _("Soviet Union"),
    "YU": _("Yugoslavia"),
}
_BETWEEN = re.compile(r"[,;\n]+")
_CLOCK = re.compile(r"(?:(\d{1,3}):)?(\d{1,2}):(\d{2})(?:\.(\d{1,3}))?", re.ASCII)
_MINUTES = re.compile(r"(\d{1,5})\s*(?:min(?:utes?)?|분)?\.?", re.ASCII | re.IGNORECASE)


def genre_name(genre: str) -> str:
    """Return a genre as the reader calls it; an unusual one shows itself."""
    return str(GENRES.get(genre, genre))


def country_name(code: str) -> str:
    """Return a country's name, also of a state that is gone."""
    return str(_GONE[code]) if code in _GONE else display.place_name(code)


def countries_of(text: str) -> list[str]:
    """Return the codes of countries named, by commas; raises forms.ValidationError."""
    known = {str(name).casefold(): code for code, name in _GONE.items()}
    for locale in (Locale.parse("en"), Locale.parse("ko"), display.locale()):
        for code in COUNTRIES | HISTORIC_STATES:
            if name := locale.territories.get(code):
                known.setdefault(name.casefold(), code)
    found = []
    for part in filter(None, (part.strip() for part in _BETWEEN.split(text))):
        code = known.get(part.casefold(), part.upper())
        if code not in COUNTRIES and code not in HISTORIC_STATES:
            raise forms.ValidationError(
                _("“%(name)s” is no country we know. Write its code, such as KR, or its name."),
                params={"name": part[:40]},
            )
        found.append(code)
    return found


def words_of(text: str) -> list[str]:
    """Return what stands between commas or line ends."""
    return [part.strip() for part in _BETWEEN.split(text) if part.strip()]


def runtime_of(text: str) -> int | None:
    """Return milliseconds of `1:31:07`, `24:00` or `91 min`; raises forms.ValidationError."""
    text = text.strip()
    if not text:
        return None
    if match := _CLOCK.fullmatch(text):
        hours, minutes, seconds = (int(part or 0) for part in match.groups()[:3])
        rest = int((match[4] or "0").ljust(3, "0"))
        return ((hours * 60 + minutes) * 60 + seconds) * 1000 + rest
    if match := _MINUTES.fullmatch(text):
        return int(match[1]) * 60_000
    raise forms.ValidationError(_("Write the running time as 1:31:07, or in minutes."))


def runtime_text(runtime_ms: int | None) -> str:
    """Return a running time so that `runtime_of` reads the same."""
    if runtime_ms is None:
        return ""
    seconds, rest = divmod(runtime_ms, 1000)
    clock = f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{clock}.{rest:03}" if rest else clock


def certifications_of(text: str) -> list[dict[str, str]]:
    """Return age ratings, one a line: country, system, rating; raises forms.ValidationError."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        parts = [part.strip() for part in line.split(",")]
        if len(parts) != 3 or not all(parts):
            raise forms.ValidationError(
                _("Line %(number)s: write country, system and rating, as in KR, KMRB, 15."),
                params={"number": number},
            )
        found.append({"country": countries_of(parts[0])[0], "system": parts[1], "rating": parts[2]})
    return found


def certifications_text(given: Sequence[Mapping[str, Any]]) -> str:
    """Return age ratings so that `certifications_of` reads the same."""
    return "\n".join(f"{one['country']}, {one['system']}, {one['rating']}" for one in given)
