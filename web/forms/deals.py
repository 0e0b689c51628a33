"""What a licensor decides and records about a deal."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from licensing.models import Deal
from licensing.money import plain_amount
from web.forms.fields import DayField, amount_field, read_amount


class ApproveForm(forms.Form):
    """The licensor's word that the conditions are met; only where there are any."""

    conditions_met = forms.BooleanField(
        label=_("The conditions listed below are met, or will be when they are due."),
        required=False,
    )


class DeclineForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("The lab reads this."),
    )


class TransferForm(forms.Form):
    """The price as it arrived in the licensor's account."""

    amount_minor = amount_field(label=_("Amount received"))
    reference = forms.CharField(
        label=_("Bank reference"),
        max_length=200,
        help_text=_("As your bank statement shows it."),
    )
    settled_at = DayField(label=_("Day it arrived"), required=True, help_text=_("In UTC."))

    def __init__(self, deal: Deal, data: Any = None) -> None:
        price = plain_amount(deal.amount_minor, deal.currency)
        first = {"amount_minor": price, "settled_at": timezone.now().date()}
        super().__init__(data, initial=first, prefix=None)
        self.deal = deal
        self.fields["amount_minor"].help_text = _("In %(currency)s. The price is %(price)s.") % {
            "currency": deal.currency,
            "price": price,
        }

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.errors:
            return data
        data["currency"] = self.deal.currency
        self.cleaned_data = data
        data["amount_minor"] = read_amount(self, "amount_minor", "currency")
        if data["amount_minor"] not in {None, self.deal.amount_minor}:
            self.add_error("amount_minor", _("Record the price in full, or not yet."))
        return data
