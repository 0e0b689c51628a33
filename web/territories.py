"""Territories as people type them: `World except KR, JP`, `DE, FR`, `South Korea`."""

import re
from collections.abc import Mapping, Sequence

from babel import Locale
from django.utils.translation import gettext as _

from web.display import Territory

_EXCEPT = re.compile(r"\s+(?:except|without|but not)\s+|\s*[-−]\s+|\s+제외하고\s+", re.IGNORECASE)
_SEPARATOR = re.compile(r"\s*(?:[,;·、]|\band\b)\s*", re.IGNORECASE)
_GROUPS = {"world": "WORLD", "worldwide": "WORLD", "전 세계": "WORLD", "세계": "WORLD"} | {
    name.lower(): name for name in ("EU", "BENELUX", "DACH", "NORDIC")
}


def read_territory(text: str) -> Territory:
    """Return the territory expression of a typed text: places by ISO code, group or name
    (English or Korean), and after `except` those left out. ValueError names what is unknown.
    """
    inside, *outside = _EXCEPT.split(" ".join(text.split()), maxsplit=1)
    include = _codes(inside)
    if not include:
        raise ValueError(_("Name at least one country, or World."))
    expression: dict[str, object] = {"include": include}
    if outside:
        expression["except"] = _codes(outside[0])
    if "EU" in [*include, *_codes(outside[0] if outside else "")]:
        expression["as_of"] = "dynamic"  # the members at each moment of the term
    if len(expression) > 1:
        return expression
    return "WORLD" if include == ["WORLD"] else include


def write_territory(expression: Territory) -> str:
    """Return an expression as `read_territory` reads it: `World except JP, KR`."""
    if isinstance(expression, str):
        return _typed([expression])
    if isinstance(expression, Mapping):
        inside, outside = _items(expression.get("include")), _items(expression.get("except"))
        return " except ".join(_typed(part) for part in (inside, outside) if part)
    return _typed(expression)


def _codes(text: str) -> list[str]:
    names = [name for name in _SEPARATOR.split(text) if name]
    return [_code(name) for name in names]


def _code(name: str) -> str:
    if len(name) == 2 and name.isascii() and name.isalpha() and name.upper() != "EU":
        return name.upper()
    found = _GROUPS.get(name.lower()) or _names().get(name.lower())
    if found is None:
        raise ValueError(
            _("“%(name)s” is no country we know. Use names or codes, such as KR, JP or World.")
            % {"name": name[:60]}
        )
    return found


def _names() -> dict[str, str]:
    return {
        str(name).lower(): code
        for language in ("en", "ko")
        for code, name in Locale.parse(language).territories.items()
        if len(code) == 2 and code.isalpha() and code not in {"EU", "EZ", "UN"}
    }


def _items(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [str(item) for item in value] if isinstance(value, Sequence) else []


def _typed(codes: Sequence[str]) -> str:
    return ", ".join("World" if code == "WORLD" else code for code in codes)
