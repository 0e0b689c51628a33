"""A question about a whole library."""

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.checks import check_term
from licensing.models import Exclusivity
from web import words
from web.forms.fields import AI_USES, ChoicesField, DayField, model_kinds_field
from web.forms.territory import TerritoryField
from web.forms.verbs import gather


class SurveyForm(forms.Form):
    """What any lab might ask for; the same for every file."""

    uses = ChoicesField(words.USES, AI_USES, label=_("Uses"))
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
        help_text=_("Sole: nobody but the lab and you. Exclusive: nobody but the lab."),
    )

    def clean(self) -> None:
        super().clean()
        data = self.cleaned_data
        gather(self, lambda: check_term(data["starts_at"], data["ends_at"]))
