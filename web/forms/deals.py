"""What a licensor decides and records about a deal."""

from typing import Any, ClassVar

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
    terms = forms.IntegerField(
        required=False, widget=forms.HiddenInput
    )  # the number of those that were seen


class RefuseForm(forms.Form):
    """Why one side does not want the terms that the other proposed."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("The other side reads this."),
    )


class ConfirmForm(forms.Form):
    """One side's word on the conditions that keep a grant back."""

    confirmed = forms.BooleanField()

    def __init__(self, data: Any = None, *, licensor: bool = True) -> None:
        super().__init__(data)
        self.fields["confirmed"].label = (
            _("The conditions listed here are met, or will be when they are due.")
            if licensor
            else _("We accept that this is left out of what we license.")
        )


class CancelForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("The other side reads this."),
    )


class DeclineForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("The lab reads this."),
    )


class _PriceForm(forms.Form):
    """The price of a deal, as it went through the licensor's account on a day."""

    day: ClassVar[str]
    reference = forms.CharField(
        label=_("Bank reference"),
        max_length=200,
        help_text=_("As your bank statement shows it."),
    )

    def __init__(self, deal: Deal, data: Any = None) -> None:
        price = plain_amount(deal.amount_minor, deal.currency)
        first = {"amount_minor": price, self.day: timezone.now().date()}
        super().__init__(data, initial=first)
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


class TransferForm(_PriceForm):
    """The price as it arrived."""

    day = "settled_at"
    amount_minor = amount_field(label=_("Amount received"))
    settled_at = DayField(label=_("Day it arrived"), required=True, help_text=_("In UTC."))


class RefundForm(_PriceForm):
    """The price as it was sent back."""

    day = "refunded_at"
    amount_minor = amount_field(label=_("Amount returned"))
    refunded_at = DayField(label=_("Day it was sent"), required=True, help_text=_("In UTC."))
