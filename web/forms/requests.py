"""What a lab asks for."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.text import check_name, check_note
from web.forms.fields import amount_field, currency_field, read_amount
from web.forms.scope import ScopeForm
from web.forms.verbs import gather


class RequestForm(ScopeForm):
    """The scope of a request; the same for every file in it."""

    name = forms.CharField(
        label=_("Name"),
        max_length=200,
        help_text=_("Your own name for this request. Licensors do not see it."),
    )
    purpose = forms.CharField(
        label=_("Purpose"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("What the material is for, in a sentence or two. Licensors read it."),
    )
    price_minor = amount_field(
        label=_("Price per file"),
        help_text=_(
            "Empty: what the licensors’ rate cards say for the files and the scope. Or what you"
            " offer for each file, such as 1,250.00."
        ),
        required=False,
    )
    currency = currency_field()
    field_order = ("name", "purpose")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        price = read_amount(self, "price_minor", "currency")
        gather(
            self,
            lambda: check_name("name", data["name"], 200),
            lambda: check_note("purpose", data["purpose"], 1000),
        )
        return data | {"price_minor": price}
