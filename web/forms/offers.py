"""Publishing an offer."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from web import words
from web.forms.fields import (
    AI_USES,
    ChoicesField,
    amount_field,
    currency_field,
    model_kinds_field,
    read_amount,
)
from web.forms.territory import TerritoryField


class OfferForm(forms.Form):
    uses = ChoicesField(words.USES, AI_USES, label=_("Uses on offer"))
    model_kinds = model_kinds_field(required=True)
    territory = TerritoryField()
    price = amount_field(label=_("Price per file"), help_text=_("Such as 1,250.00"))
    currency = currency_field()

    def clean(self) -> None:
        self.cleaned_data["price_minor"] = read_amount(self, "price", "currency")

    def values(self) -> dict[str, Any]:
        """Return the arguments of `publish_offer`."""
        data = dict(self.cleaned_data)
        del data["price"]
        return data
