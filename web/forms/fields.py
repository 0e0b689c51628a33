"""Fields that several sections' forms share: days, uses, kinds of model, prices."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from licensing.money import CURRENCIES, minor_digits, parse_amount
from web import words

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

type Text = str | _StrPromise  # narrower than elsewhere: what Django's fields take

# What can be licensed here, and what a deed or a contract may speak of besides.
AI_USES = [name for name in words.USES if name != "ALL" and not name.startswith("distribute")]


class DayField(forms.DateField):
    """A calendar day, given as its first instant in UTC."""

    def __init__(self, *, label: Text, required: bool = False, help_text: Text = "") -> None:
        super().__init__(
            label=label,
            required=required,
            help_text=help_text,
            widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        )

    def clean(self, value: Any) -> datetime | None:
        day = super().clean(value)
        return datetime.combine(day, time(), UTC) if day else None


class ChoicesField(forms.MultipleChoiceField):
    """Several of a vocabulary's codes, as boxes to tick."""

    def __init__(
        self,
        vocabulary: Mapping[str, words.Text],
        codes: Iterable[str] | None = None,
        *,
        label: Text,
        required: bool = True,
        help_text: Text = "",
        initial: Iterable[str] = (),
    ) -> None:
        super().__init__(
            label=label,
            required=required,
            help_text=help_text,
            initial=list(initial),
            choices=choices_of(vocabulary, codes),
            widget=forms.CheckboxSelectMultiple,
        )


def choices_of(
    vocabulary: Mapping[str, words.Text], codes: Iterable[str] | None = None
) -> list[tuple[str, Any]]:
    """Return a vocabulary's codes, or some of them, with their names as a line begins."""
    return [(code, capfirst(cast("str", vocabulary[code]))) for code in codes or vocabulary]


def first_day() -> DayField:
    """Return the field for a term's first day."""
    return DayField(
        label=_("From"), help_text=_("The start of this day, UTC. Empty: since always.")
    )


def end_day() -> DayField:
    """Return the field for the day at which a term has ended."""
    return DayField(
        label=_("Until (not including)"),
        help_text=_("The term ends at the start of this day, UTC. Empty: without end."),
    )


def model_kinds_field(*, required: bool, help_text: Text = "") -> ChoicesField:
    """Return the field for kinds of model."""
    return ChoicesField(
        words.MODEL_KINDS, label=_("Kinds of model"), required=required, help_text=help_text
    )


def currency_field() -> forms.ChoiceField:
    """Return the field for an ISO 4217 currency, the usual ones first."""
    usual = ("USD", "EUR", "KRW", "JPY", "GBP")
    rest = [code for code in CURRENCIES if code not in usual]
    return forms.ChoiceField(
        label=_("Currency"), choices=[(code, code) for code in (*usual, *rest)], initial="USD"
    )


def amount_field(*, label: Text, help_text: Text = "") -> forms.CharField:
    """Return the field for an amount as decimal text; `read_amount` reads it."""
    return forms.CharField(
        label=label,
        help_text=help_text,
        max_length=40,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )


def read_amount(form: forms.Form, amount: str, currency: str) -> int | None:
    """Return the minor units of the form's amount; None, with the error placed, if it is none."""
    data = form.cleaned_data
    if amount not in data or currency not in data:
        return None
    try:
        return parse_amount(data[amount], data[currency])
    except ValueError:
        digits = minor_digits(data[currency])
        message = (
            _("Write digits with at most %(digits)s decimals in %(currency)s, such as %(example)s.")
            if digits
            else _("Write whole digits, without decimals, for %(currency)s, such as %(example)s.")
        )
        example = "12500" if digits == 0 else "1250." + "5".ljust(digits, "0")
        form.add_error(
            amount,
            message % {"digits": digits, "currency": data[currency], "example": example},
        )
        return None
