"""A territory as people write it: `World except KR, JP`, country codes, names or groups."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from babel import Locale
from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.scope.errors import CaseError
from catalog.scope.territory import COUNTRIES, WORLD, parse_territory
from web import display

_WORLD = ("world", "worldwide", "the world", "전 세계", "전세계")
_EXCEPT = re.compile(r"\b(?:except|excluding|without)\b|제외", re.IGNORECASE)
# Korean says it at the end, `전 세계 (일본 및 KR 제외)`, or first, `일본을 제외한 전 세계`.
_EXCEPT_LAST = re.compile(r"(.*?)\(((?:[^()]|\([^()]*\))+?)제외\s*\)[\s.]*", re.DOTALL)
_EXCEPT_FIRST = re.compile(r"(.+?)[을를]?\s*제외한\s+(.+)", re.DOTALL)
_BETWEEN = re.compile(r"[,;\n]+")
_AND = re.compile(r"\s+(?:and|및)\s+", re.IGNORECASE)
_CODES = re.compile(r"[A-Za-z]{2}(?:\s+[A-Za-z]{2})+")


class TerritoryField(forms.CharField):
    """Gives a territory expression of the clearance contract."""

    def __init__(self) -> None:
        super().__init__(
            label=_("Territory"),
            initial=_("World"),
            max_length=2000,
            help_text=_("World, or countries by code or name: KR, JP. Also: World except KR, JP."),
        )

    def clean(self, value: Any) -> Any:
        text: str = super().clean(value)
        return territory_of(text, timezone.now().date())


def territory_of(text: str, today: date) -> Any:
    """Return the expression that `text` says; a group of countries counts as of `today`.

    Raises forms.ValidationError naming the part that is no place.
    """
    parts, known = _sides(text), _by_name()
    if len(parts) > 2:
        raise forms.ValidationError(_("Write “except” once, then all the countries left out."))
    inside = [_code(part, known, today) for part in _parts(parts[0], known)]
    if not inside:
        raise forms.ValidationError(_("Name what the territory includes, such as World or KR."))
    left_out = _parts(parts[1], known) if len(parts) == 2 else []
    outside = [_code(part, known, today) for part in left_out]
    if len(parts) == 2 and not outside:
        raise forms.ValidationError(_("Name the countries left out after “except”."))
    expression = {"include": inside, "except": outside, "as_of": today.isoformat()}
    if not parse_territory(expression):
        raise forms.ValidationError(_("Nothing is left of this territory: all of it is left out."))
    return expression


def _sides(text: str) -> list[str]:
    """Return what is included and, where it says so, what is left out."""
    if match := _EXCEPT_LAST.fullmatch(text):
        return [match[1], match[2]]
    if match := _EXCEPT_FIRST.fullmatch(text):
        return [match[2], match[1]]
    return _EXCEPT.split(text)


def _parts(text: str, known: Mapping[str, str]) -> list[str]:
    found: list[str] = []
    for part in filter(None, (part.strip(" .\t\r") for part in _BETWEEN.split(text))):
        if part.casefold() in known:
            found.append(part)  # "Trinidad and Tobago", "홍콩(중국 특별행정구)": one name
        elif _CODES.fullmatch(part):
            found += part.split()  # "KR JP" without a comma is understood
        else:
            found += [name for piece in _AND.split(part) if (name := _bare(piece, known))]
    return found


def _bare(name: str, known: Mapping[str, str]) -> str:
    """Return a name without the brackets that stand around several."""
    return name if name.casefold() in known else name.strip(" .()")


def _code(name: str, known: Mapping[str, str], today: date) -> str:
    code = known.get(name.casefold(), name.upper())
    if code in COUNTRIES or code == WORLD:
        return code
    try:
        parse_territory({"include": [code], "as_of": today.isoformat()})
    except CaseError:
        raise forms.ValidationError(
            _("“%(name)s” is no country we know. Write its code, such as KR, or its name."),
            params={"name": name[:40]},
        ) from None
    return code


def _by_name() -> dict[str, str]:
    """Names of countries and groups, in lower case, with their codes: as any page shows them."""
    names = dict.fromkeys(_WORLD, WORLD)
    names |= {str(name).casefold(): code for code, name in display.GROUPS.items()}
    for locale in (Locale.parse("en"), Locale.parse("ko"), display.locale()):
        for code in COUNTRIES:
            if (name := locale.territories.get(code)) is not None:
                names[name.casefold()] = code
                names[name.casefold().replace("&", "and")] = code
    return names
