"""Other terms for a deal."""

from collections.abc import Iterable
from datetime import UTC
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.text import check_note
from catalog.checks import check_term
from catalog.scope.uses import LEAVES, expand_uses
from licensing.deals.counter_offers import MAX_DAYS
from licensing.deals.scopes import EXCLUSIVITIES, TERMS, terms_of
from licensing.models import Deal, Exclusivity, Scope
from licensing.money import plain_amount
from web import words
from web.forms.facts import place_text
from web.forms.fields import (
    ChoicesField,
    DayField,
    amount_field,
    choices_of,
    read_amount,
    untouched,
)
from web.forms.territory import TerritoryField
from web.forms.verbs import gather

_DAYS = 14


class TermsForm(forms.Form):
    """Terms within what the lab has asked for, beginning with those in `of`."""

    answers = forms.IntegerField(widget=forms.HiddenInput)
    price_minor = amount_field(label=_("Price per file"))
    uses = ChoicesField(words.USES, label=_("Uses"))
    model_kinds = ChoicesField(words.MODEL_KINDS, label=_("Kinds of model"))
    territory = TerritoryField()
    starts_at = DayField(label=_("From"), required=True, help_text=_("The start of this day, UTC."))
    ends_at = DayField(
        label=_("Until (not including)"),
        help_text=_("The term ends at the start of this day, UTC. Empty: a perpetual licence."),
    )
    exclusivity = forms.ChoiceField(
        label=_("Exclusivity"),
        help_text=_("Sole: nobody but the lab and the licensor. Exclusive: nobody but the lab."),
    )
    message = forms.CharField(
        label=_("Message"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The other side reads this."),
    )
    days = forms.IntegerField(
        label=_("Days to answer"),
        min_value=1,
        max_value=MAX_DAYS,
        initial=_DAYS,
        help_text=_("From now. Without an answer until then the terms before stand."),
    )

    def __init__(self, deal: Deal, of: Scope, data: Any = None, *, answers: int = 0) -> None:
        super().__init__(data, initial=_initial(deal, of) | {"answers": answers})
        self.deal, self.of = deal, of
        asked = deal.request
        leaves = expand_uses(asked.uses)
        self._offer("uses", words.USES, (leaf for leaf in LEAVES if leaf in leaves))
        self._offer("model_kinds", words.MODEL_KINDS, asked.model_kinds)
        most = EXCLUSIVITIES.index(Exclusivity(asked.exclusivity)) + 1
        field = cast("forms.ChoiceField", self.fields["exclusivity"])
        field.choices = [(each.value, each.label) for each in EXCLUSIVITIES[:most]]
        help_text = _("In %(currency)s; %(price)s stands.")
        price = {"currency": deal.currency, "price": plain_amount(deal.price_minor, deal.currency)}
        self.fields["price_minor"].help_text = help_text % price

    def _offer(self, name: str, vocabulary: Any, codes: Iterable[str]) -> None:
        cast("forms.MultipleChoiceField", self.fields[name]).choices = choices_of(
            vocabulary, list(codes)
        )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        self.cleaned_data = data | {"currency": self.deal.currency}
        price = read_amount(self, "price_minor", "currency")
        gather(
            self,
            lambda: check_note("message", data["message"], 1000),
            lambda: check_term(data["starts_at"], data["ends_at"]),
        )
        return data | {"price_minor": price}

    def values(self) -> dict[str, Any]:
        """Return what was typed, as `propose_terms` takes it; what nobody touched as it was."""
        data = dict(self.cleaned_data)
        typed = {name: data[name] for name in TERMS}
        return data | untouched(self, typed, terms_of(self.of))


def _initial(deal: Deal, of: Scope) -> dict[str, Any]:
    leaves = expand_uses(of.uses)
    return {
        "price_minor": plain_amount(of.price_minor, deal.currency),
        "uses": [leaf for leaf in LEAVES if leaf in leaves],
        "model_kinds": of.model_kinds,
        "territory": place_text(of.territory),
        "starts_at": of.starts_at.astimezone(UTC).date(),
        "ends_at": of.ends_at.astimezone(UTC).date() if of.ends_at else None,
        "exclusivity": of.exclusivity,
    }
