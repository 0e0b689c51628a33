"""What a lab asks for."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.text import check_name, check_note
from catalog.checks import check_term
from catalog.scope.uses import AI_LEAVES, LEAVES
from licensing.models import Exclusivity
from web import words
from web.forms.fields import (
    ChoicesField,
    DayField,
    amount_field,
    currency_field,
    model_kinds_field,
    read_amount,
)
from web.forms.territory import TerritoryField
from web.forms.verbs import gather


class RequestForm(forms.Form):
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
    uses = ChoicesField(
        words.USES,
        [leaf for leaf in LEAVES if leaf in AI_LEAVES],
        label=_("Uses"),
        help_text=_("Ask for what you need and no more: each use is cleared separately."),
    )
    model_kinds = model_kinds_field(required=True)
    territory = TerritoryField()
    starts_at = DayField(label=_("From"), required=True, help_text=_("The start of this day, UTC."))
    ends_at = DayField(
        label=_("Until (not including)"),
        help_text=_("The term ends at the start of this day, UTC. Empty: a perpetual licence."),
    )
    exclusivity = forms.ChoiceField(
        label=_("Exclusivity"),
        choices=Exclusivity.choices,
        initial=Exclusivity.NON_EXCLUSIVE,
        help_text=_("Sole: nobody but you and the licensor. Exclusive: nobody but you."),
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

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        price = read_amount(self, "price_minor", "currency")
        gather(
            self,
            lambda: check_name("name", data["name"], 200),
            lambda: check_note("purpose", data["purpose"], 1000),
            lambda: check_term(data["starts_at"], data["ends_at"]),
        )
        return data | {"price_minor": price}
