"""The scope of a licence as people ask for it, and as they try it out."""

from datetime import UTC
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.checks import check_term
from catalog.scope.uses import AI_LEAVES, LEAVES, expand_uses
from licensing.deals.scopes import terms_of
from licensing.models import Exclusivity, Scope
from web import words
from web.forms.facts import place_text
from web.forms.fields import ChoicesField, DayField, model_kinds_field, untouched
from web.forms.territory import TerritoryField
from web.forms.verbs import gather


class ScopeForm(forms.Form):
    """What is asked for of each file."""

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

    def clean(self) -> dict[str, Any]:
        super().clean()
        data = self.cleaned_data
        gather(self, lambda: check_term(data["starts_at"], data["ends_at"]))
        return data


class TriedForm(ScopeForm):
    """Other terms for what one has in mind, a draft or the question about a whole library,
    beginning with those in `of`."""

    def __init__(self, of: Scope, data: Any = None) -> None:
        super().__init__(data, initial=_initial(of))
        self.of = of

    def values(self) -> dict[str, Any]:
        """Return what was typed; what nobody touched as it was."""
        typed = dict(self.cleaned_data)
        return typed | untouched(self, typed, terms_of(self.of))


def _initial(of: Scope) -> dict[str, Any]:
    leaves = expand_uses(of.uses)
    return {
        "uses": [leaf for leaf in LEAVES if leaf in leaves],
        "model_kinds": of.model_kinds,
        "territory": place_text(of.territory),
        "starts_at": of.starts_at.astimezone(UTC).date(),
        "ends_at": of.ends_at.astimezone(UTC).date() if of.ends_at else None,
        "exclusivity": of.exclusivity,
    }
