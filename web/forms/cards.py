"""The rate card of an offer as a form: a factor for each use, kind of model and so on."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from django import forms
from django.forms import BoundField
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from accounts.errors import Invalid
from licensing.offers.modifiers import read_times
from web import words
from web.forms.facts import place_text
from web.forms.fields import AI_USES
from web.forms.territory import territory_of

type Modifiers = list[dict[str, Any]]
# What each dimension is called, and the values that have a field of their own.
DIMENSIONS: Final[Mapping[str, words.Text]] = {
    "use": _("Use"),
    "model_kind": _("Kind of model"),
    "exclusivity": _("Exclusivity"),
    "resolution": _("Resolution"),
    "territory": _("Territory"),
}
_VALUES: Final[Mapping[str, Mapping[str, words.Text]]] = {
    "use": {code: words.USES[code] for code in AI_USES},
    "model_kind": words.MODEL_KINDS,
    "exclusivity": {code: words.EXCLUSIVITY[code] for code in ("sole", "exclusive")},
    "resolution": words.RESOLUTIONS,
}
_PLACES: Final = "times_territory"


@dataclass(frozen=True)
class Factors:
    """The fields of one dimension."""

    label: words.Text
    fields: list[BoundField]

    @property
    def named(self) -> int:
        """How many factors are written here; of territories each line is one."""
        return sum(len(field.value().splitlines()) for field in self.fields if field.value())

    @property
    def has_errors(self) -> bool:
        return any(field.errors for field in self.fields)


class CardForm(forms.Form):
    """The part of an offer's form that makes its price a rate card. Empty: × 1."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for by, values in _VALUES.items():
            for code, name in values.items():
                self.fields[_field(by, code)] = forms.CharField(
                    label=capfirst(str(name)),
                    required=False,
                    max_length=20,
                    widget=forms.TextInput(attrs={"inputmode": "decimal", "placeholder": "1"}),
                )
        self.fields[_PLACES] = forms.CharField(
            label=_("Territories"),
            required=False,
            max_length=4000,
            widget=forms.Textarea(attrs={"rows": 3}),
            help_text=_("One a line, with its factor: KR, JP: 1/2. The narrowest line counts."),
        )

    @property
    def factors(self) -> list[Factors]:
        """The fields by dimension, in the order in which a price is multiplied."""
        found = [
            Factors(DIMENSIONS[by], [self[_field(by, code)] for code in values])
            for by, values in _VALUES.items()
        ]
        return [*found, Factors(DIMENSIONS["territory"], [self[_PLACES]])]

    def read_card(self) -> Modifiers:
        """Return the modifiers that were typed; what is none is placed beside its field."""
        data = self.cleaned_data
        typed = [(_field(by, code), by, code) for by, some in _VALUES.items() for code in some]
        found = [
            {"by": by, "of": code, "times": data[name]}
            for name, by, code in typed
            if data.get(name)
        ]
        for name, _by, _code in typed:
            if data.get(name):
                self._try(name, data[name])
        return found + list(self._places(data.get(_PLACES, "")))

    def _places(self, text: str) -> Iterator[dict[str, Any]]:
        for line in filter(str.strip, text.splitlines()):
            where, colon, times = line.rpartition(":")
            if not colon:
                self.add_error(_PLACES, _("Write countries, a colon and a factor: KR, JP: 1/2."))
                return
            try:
                place = territory_of(where, timezone.now().date())
            except forms.ValidationError as error:
                self.add_error(_PLACES, error)
                return
            self._try(_PLACES, times)
            yield {"by": "territory", "of": place, "times": times.strip()}

    def _try(self, name: str, typed: str) -> None:
        try:
            read_times(name, typed)
        except Invalid as refusal:
            self.add_error(name, str(refusal.message))


def typed_card(modifiers: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return modifiers as the form's fields show them."""
    found: dict[str, Any] = {}
    places = []
    for each in modifiers:
        times = factor_text(Fraction(each["times"]))
        if each["by"] == "territory":
            places.append(f"{place_text(each['of'])}: {times}")
        else:
            found[_field(each["by"], each["of"])] = times
    return found | {_PLACES: "\n".join(places)}


def factor_text(times: Fraction) -> str:
    """Return a factor as one reads it: `1.5`, and `1/3` where no decimal is exact."""
    exact = times * 10_000
    if exact.denominator != 1:
        return str(times)
    return f"{int(exact) // 10_000}.{int(exact) % 10_000:04d}".rstrip("0").rstrip(".")


def _field(by: str, code: str) -> str:
    return f"times_{by}_{code.replace('.', '_')}"
