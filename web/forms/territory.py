"""A territory as people write it: `World except KR, JP`, country codes, names or groups."""

import re
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
_BETWEEN = re.compile(r"[,;\n]+")
_CODES = re.compile(r"[A-Za-z]{2}(?:\s+[A-Za-z]{2})+")


class TerritoryField(forms.CharField):
    """Gives a territory expression of the clearance contract."""

    def __init__(self) -> None:
        super().__init__(
            label=_("Territory"),
            initial="World",
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
    parts = _EXCEPT.split(text)
    if len(parts) > 2:
        raise forms.ValidationError(_("Write “except” once, then all the countries left out."))
    inside = [_code(part, today) for part in _parts(parts[0])]
    if not inside:
        raise forms.ValidationError(_("Name what the territory includes, such as World or KR."))
    outside = [_code(part, today) for part in _parts(parts[1])] if len(parts) == 2 else []
    if len(parts) == 2 and not outside:
        raise forms.ValidationError(_("Name the countries left out after “except”."))
    expression = {"include": inside, "except": outside, "as_of": today.isoformat()}
    if not parse_territory(expression):
        raise forms.ValidationError(_("Nothing is left of this territory: all of it is left out."))
    return expression


def _parts(text: str) -> list[str]:
    found = [part.strip(" .()") for part in _BETWEEN.split(text)]
    # "KR JP" without a comma is understood; "South Korea" is one name.
    return [
        item
        for part in found
        if part
        for item in (part.split() if _CODES.fullmatch(part) else [part])
    ]


def _code(name: str, today: date) -> str:
    code = _by_name().get(name.casefold(), name.upper())
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
    """Country names of English and of the reader's language, in lower case, with their codes."""
    names = dict.fromkeys(_WORLD, WORLD)
    for locale in (Locale.parse("en"), display.locale()):
        for code in COUNTRIES:
            if (name := locale.territories.get(code)) is not None:
                names[name.casefold()] = code
    return names
