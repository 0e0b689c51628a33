"""Publishing an offer."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from licensing.models import PriceUnit
from web import words
from web.forms.fields import (
    AI_USES,
    ChoicesField,
    amount_field,
    choices_of,
    currency_field,
    end_day,
    first_day,
    model_kinds_field,
    read_amount,
)
from web.forms.territory import TerritoryField


class OfferForm(forms.Form):
    uses = ChoicesField(words.USES, AI_USES, label=_("Uses on offer"))
    model_kinds = model_kinds_field(required=True)
    territory = TerritoryField()
    price = amount_field(label=_("Price"), help_text=_("Such as 1,250.00"))
    currency = currency_field()
    per = forms.ChoiceField(
        label=_("The price is for"),
        required=False,
        choices=choices_of(words.PER),
        initial=PriceUnit.FILE,
        help_text=_("By time: for the exact duration of each file, rounded for each by itself."),
    )
    starts_at = first_day()
    ends_at = end_day()

    def clean(self) -> None:
        self.cleaned_data["price_minor"] = read_amount(self, "price", "currency")

    def clean_per(self) -> str:
        return self.cleaned_data["per"] or PriceUnit.FILE

    def values(self) -> dict[str, Any]:
        """Return the terms, as `publish_offer` takes them."""
        data = dict(self.cleaned_data)
        del data["price"]
        return data
