"""Publishing an offer."""

from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from licensing.models import Offer, PriceUnit, Request, Scope
from licensing.money import plain_amount
from licensing.offers.publishing import CARD_TERMS, TERMS
from web import words
from web.forms.cards import CardForm, typed_card
from web.forms.facts import place_text
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


class TermsForm(forms.Form):
    """The terms of an offer that a sheet can say too."""

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
        help_text=_(
            "By time: for the exact duration of each file, rounded for each by itself. A segment is"
            " a range asked for, of five minutes at most: what is longer counts once for each five"
            " minutes begun, a whole file too."
        ),
    )
    starts_at = first_day()
    ends_at = end_day()

    def clean(self) -> None:
        self.cleaned_data["price_minor"] = read_amount(self, "price", "currency")

    def clean_per(self) -> str:
        return self.cleaned_data["per"] or PriceUnit.FILE

    def values(self) -> dict[str, Any]:
        """Return the terms by their names."""
        return {name: self.cleaned_data[name] for name in TERMS}


class OfferForm(CardForm, TermsForm):
    """An offer with its rate card; `replaces` is the code of the published one, if it has one."""

    minimum = amount_field(
        label=_("Minimum guarantee"),
        help_text=_("What a deal comes to at least, for all files here together. Empty: none."),
        required=False,
    )
    most_favoured = forms.BooleanField(
        label=_("Most-favoured price: nobody gets a lower price for a unit"), required=False
    )
    replaces = forms.CharField(required=False, max_length=8, widget=forms.HiddenInput)
    field_order = (
        "uses", "model_kinds", "territory", "price", "currency", "per", "minimum", "most_favoured",
    )  # fmt: skip

    def clean(self) -> None:
        super().clean()
        self.cleaned_data["minimum_minor"] = read_amount(self, "minimum", "currency") or 0
        self.cleaned_data["modifiers"] = self.read_card()

    def values(self) -> dict[str, Any]:
        """Return the terms and the card, as `publish_offer` takes them."""
        card = {name: self.cleaned_data[name] for name in CARD_TERMS}
        return super().values() | card | {"replaces": self.cleaned_data["replaces"] or None}

    @property
    def plain_fields(self) -> list[BoundField]:
        """The fields besides the factors of the card."""
        return [each for each in self.visible_fields() if not each.name.startswith("times_")]


def typed_offer(offer: Offer) -> dict[str, Any]:
    """Return a published offer as the form shows it, to be changed."""
    return {
        "uses": offer.uses,
        "model_kinds": offer.model_kinds,
        "territory": place_text(offer.territory),
        "price": plain_amount(offer.price_minor, offer.currency),
        "currency": offer.currency,
        "per": offer.per,
        "starts_at": offer.starts_at and offer.starts_at.date(),
        "ends_at": offer.ends_at and offer.ends_at.date(),
        "minimum": plain_amount(offer.minimum_minor, offer.currency) if offer.minimum_minor else "",
        "most_favoured": offer.most_favoured,
        "replaces": offer.code,
    } | typed_card(offer.modifiers)


class ExampleForm(forms.Form):
    """What the worked example of a card is asked for."""

    example_use = forms.ChoiceField(label=_("Use"), choices=choices_of(words.USES, AI_USES))
    example_kind = forms.ChoiceField(
        label=_("Kind of model"), choices=choices_of(words.MODEL_KINDS)
    )
    example_exclusivity = forms.ChoiceField(
        label=_("Exclusivity"), choices=choices_of(words.EXCLUSIVITY), initial="non_exclusive"
    )
    example_territory = TerritoryField()

    def scope(self) -> Scope:
        """Return what the example asks for, of what was typed as far as it can be read."""
        data = self.cleaned_data if self.is_valid() else {}
        return Request(
            uses=[data.get("example_use", "train")],
            model_kinds=[data.get("example_kind", "foundation")],
            exclusivity=data.get("example_exclusivity", "non_exclusive"),
            territory=data.get("example_territory", "WORLD"),
        )
