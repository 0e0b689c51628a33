"""Fields that several sections' forms share: days, uses, kinds of model, prices."""

import re
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


# Thousands in threes, by commas or by blanks, the same throughout.
_GROUPED = re.compile(r"[1-9]\d{0,2}(?:(?:,\d{3})+|(?:\s\d{3})+)(?:\.\d+)?")


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


def show_also(form: forms.Form, name: str, codes: Iterable[str]) -> None:
    """Add boxes for codes that are chosen already and that the form has none for."""
    field = form.fields[name]
    assert isinstance(field, ChoicesField)  # noqa: S101 - for the type checker
    shown = {code for code, _name in cast("Iterable[tuple[str, Any]]", field.choices)}
    more = [code for code in codes if code not in shown and code in words.USES]
    field.choices = [*cast("Any", field.choices), *(choices_of(words.USES, more) if more else [])]


def untouched(form: forms.Form, typed: dict[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was typed, and what nobody touched exactly as it is known: the hour of a day, and
    a territory's own wording, which no field shows."""
    kept = dict(typed)
    for name in ("starts_at", "ends_at"):
        day, whole = typed[name], known[name]
        if day is not None and whole is not None and day.date() == whole.astimezone(UTC).date():
            kept[name] = whole
    if form["territory"].data == form.initial.get("territory"):
        kept["territory"] = known["territory"]
    return kept


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


def amount_field(*, label: Text, help_text: Text = "", required: bool = True) -> forms.CharField:
    """Return the field for an amount as decimal text; `read_amount` reads it."""
    return forms.CharField(
        label=label,
        help_text=help_text,
        required=required,
        max_length=40,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )


def read_amount(form: forms.Form, amount: str, currency: str) -> int | None:
    """Return the minor units of the form's amount; None if nothing was typed, and, with the error
    placed, if it is none."""
    data = form.cleaned_data
    if not data.get(amount) or currency not in data:
        return None
    digits = minor_digits(data[currency])
    try:
        return parse_amount(_ungrouped(data[amount], digits), data[currency])
    except ValueError:
        form.add_error(amount, _amount_help(data[amount], data[currency], digits))
        return None


def _ungrouped(text: str, digits: int) -> str:
    """Return an amount without what groups its thousands: `1,250.00` and `1 250` are plain.

    Where it could mean something else it stays, to be refused: `1,250` of a currency with three
    decimals, `1.250,00` of any.
    """
    text = text.strip()
    if digits == 3 and "," in text and "." not in text:
        return text
    return re.sub(r"[\s,]", "", text) if _GROUPED.fullmatch(text) else text


def _amount_help(text: str, currency: str, digits: int) -> str:
    example = "12,500" if digits == 0 else "1,250." + "5".ljust(digits, "0")
    if "," in text and digits:
        message = _(
            "A comma only groups thousands and a point begins the decimals, at most %(digits)s in"
            " %(currency)s, such as %(example)s."
        )
    elif digits:
        message = _(
            "Write digits with at most %(digits)s decimals in %(currency)s, such as %(example)s."
        )
    else:
        message = _("Write whole digits, without decimals, for %(currency)s, such as %(example)s.")
    return message % {"digits": digits, "currency": currency, "example": example}
