"""Ranges of a film or sound, as people type them."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.scope.ranges import Ranges, clock

_MOMENT = re.compile(r"(?:(?:(\d{1,3}):)?(\d{1,3}):)?(\d{1,5})(?:[.,](\d{1,3}))?", re.ASCII)
_BETWEEN = re.compile(r"\s*(?:-|\N{EN DASH}|~|\bto\b)\s*")


class RangesField(forms.CharField):
    """One range a line: `0:00:12.5 - 0:00:20`; gives pairs of milliseconds."""

    def __init__(self) -> None:
        super().__init__(
            label=_("Ranges"),
            required=False,
            max_length=20_000,
            widget=forms.Textarea(attrs={"rows": 3, "class": "mono"}),
            help_text=_("From and to, one range a line, such as 0:00:12.500 - 0:00:20."),
        )

    def clean(self, value: Any) -> Ranges:
        text: str = super().clean(value)
        return [_range(line.strip()) for line in text.splitlines() if line.strip()]


def ranges_text(ranges: Ranges) -> str:
    """Return ranges as they may be typed."""
    return "\n".join(f"{clock(start)} - {clock(end)}" for start, end in ranges)


def _range(line: str) -> list[int]:
    moments = [_moment(each) for each in _BETWEEN.split(line)]
    if len(moments) != 2 or None in moments:
        raise forms.ValidationError(
            _("“%(line)s” is no range. Write from and to, such as 0:00:12.500 - 0:00:20."),
            params={"line": line[:60]},
        )
    return [each for each in moments if each is not None]


def _moment(text: str) -> int | None:
    found = _MOMENT.fullmatch(text.strip())
    if found is None:
        return None
    hours, minutes, seconds, rest = found.groups()
    whole = int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds)
    return whole * 1000 + int((rest or "").ljust(3, "0"))


class RangesForm(forms.Form):
    """Which parts of a file a request asks for."""

    ranges = RangesField()
