"""Fields for lengths of time and for places on the time line, as people write them."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from catalog.scope.errors import CaseError
from catalog.scope.instants import read_duration
from web.forms.fields import Text

_UNITS = {
    "D": ("d", "day", "days", "일"),
    "W": ("w", "week", "weeks", "주", "주일"),
    "M": ("m", "month", "months", "개월", "달"),
    "Y": ("y", "year", "years", "년"),
}
_LETTERS = {word: letter for letter, names in _UNITS.items() for word in names}
_PIECE = re.compile(r"(\d{1,5})\s*([^\W\d_]+)")
_ISO = re.compile(r"(\d+)([YMWD])")


class LengthField(forms.CharField):
    """Calendar time: `5 years`, `18개월`, `1 year 6 months`; gives `P1Y6M`."""

    def __init__(self, *, label: Text, required: bool = False, help_text: Text = "") -> None:
        super().__init__(label=label, required=required, help_text=help_text, max_length=60)

    def clean(self, value: Any) -> str:
        text: str = super().clean(value)
        return length_of(text) if text else ""


def length_of(text: str) -> str:
    """Return the ISO 8601 duration that `text` says; raises forms.ValidationError."""
    pieces = _PIECE.findall(text)
    rest = _PIECE.sub("", text).strip(" ,.")
    parts = [(_LETTERS.get(unit.lower(), ""), count) for count, unit in pieces]
    letters = [letter for letter, _count in parts]
    iso = "P" + "".join(f"{count}{letter}" for letter, count in parts)
    if not pieces or rest or "" in letters or letters != sorted(letters, key="YMWD".index):
        iso = text.strip().upper()
    try:
        read_duration(iso, "")
    except CaseError:
        raise forms.ValidationError(
            _("Write a length of time, such as 5 years, 18 months or 30 days.")
        ) from None
    return iso


def length_text(iso: str) -> str:
    """Return a duration in words: `1 year 6 months`."""
    said = []
    for digits, letter in _ISO.findall(iso):
        count = int(digits)
        match letter:
            case "Y":
                said.append(ngettext("%(count)d year", "%(count)d years", count))
            case "M":
                said.append(ngettext("%(count)d month", "%(count)d months", count))
            case "W":
                said.append(ngettext("%(count)d week", "%(count)d weeks", count))
            case "D":
                said.append(ngettext("%(count)d day", "%(count)d days", count))
        said[-1] %= {"count": count}
    return " ".join(said) or iso


class MomentField(forms.CharField):
    """A day, `2027-05-03`, or a moment with its offset where the record has one."""

    def __init__(self, *, label: Text, required: bool = False, help_text: Text = "") -> None:
        super().__init__(label=label, required=required, help_text=help_text, max_length=40)

    def get_bound_field(self, form: Any, field_name: str) -> forms.BoundField:
        bound = super().get_bound_field(form, field_name)
        exact = "T" in str(bound.value() or "")
        self.widget.attrs["type"] = "text" if exact else "date"
        self.widget.input_type = "text" if exact else "date"
        return bound


class StretchField(forms.CharField):
    """Where in a work: `00:12:30 - 00:13:05`; gives {"from", "to"}."""

    def clean(self, value: Any) -> Any:
        text: str = super().clean(value)
        if not text:
            return None
        begin, _between, end = re.sub(r"\s*(?:-|\N{EN DASH}|~|\bto\b)\s*", "-", text).partition("-")
        return {"from": begin.strip(), "to": end.strip()}


class LinesField(forms.CharField):
    """Several texts, one a line."""

    def __init__(self, *, label: Text, required: bool = False, help_text: Text = "") -> None:
        super().__init__(
            label=label,
            required=required,
            help_text=help_text,
            max_length=20_000,
            widget=forms.Textarea(attrs={"rows": 3}),
        )

    def clean(self, value: Any) -> list[str]:
        text: str = super().clean(value)
        return [line.strip() for line in text.splitlines() if line.strip()]
