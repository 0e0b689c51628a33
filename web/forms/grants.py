"""Ending a grant, and saying what was done under it."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.scope.uses import AI_LEAVES, LEAVES
from ledger import edge_code
from licensing.models import TIER_TERMS, DutyKind, Grant
from web import words
from web.forms.duties import DemandForm
from web.forms.fields import DayField, choices_of
from web.forms.spans import LinesField
from web.forms.territory import TerritoryField


class RevokeForm(DemandForm):
    """Why, what the lab has to do, and the grant's code typed by hand: nobody revokes by a slip."""

    typed = forms.CharField(
        label=_("Type the grant’s code to confirm"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, grant: Grant, data: Any = None) -> None:
        super().__init__(data)
        self.grant = grant
        self.fields[DutyKind.STOP].required = True
        self.fields[DutyKind.STOP].initial = TIER_TERMS[DutyKind.STOP].days
        self.fields["typed"].help_text = grant.display_code

    def clean_typed(self) -> str:
        typed: str = self.cleaned_data["typed"]
        try:
            code = edge_code.parse(typed)
        except ValueError:
            code = ""
        if code != self.grant.code:
            raise forms.ValidationError(
                _("This is not the code of the grant: %(code)s."),
                params={"code": self.grant.display_code},
            )
        return typed


# Each by itself: a report of a wider name would say less.
_USES = [leaf for leaf in LEAVES if leaf in AI_LEAVES]


class UsageForm(forms.Form):
    """What a lab did with files of a grant. Days are whole; the last one counts."""

    run = forms.CharField(
        label=_("Model and run"),
        max_length=200,
        help_text=_("Your own names for them, such as Orion 2, run 7."),
    )
    use = forms.ChoiceField(label=_("Use"), choices=choices_of(words.USES, _USES))
    model_kind = forms.ChoiceField(
        label=_("Kind of model"), choices=choices_of(words.MODEL_KINDS, None)
    )
    territory = TerritoryField()
    started_at = DayField(label=_("First day"), required=True)
    ended_at = DayField(label=_("Last day"), help_text=_("Empty: it goes on."))
    codes = LinesField(
        label=_("Files"),
        required=True,
        help_text=_("Codes of the files that were used, one a line."),
    )
    minutes = forms.DecimalField(
        label=_("Minutes used"),
        min_value=0,
        max_value=10**9,
        decimal_places=2,
        required=False,
        help_text=_("Of their running time, each part counted once. Empty: none of them lasts."),
    )
    note = forms.CharField(
        label=_("Note"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("The licensor reads this."),
    )

    def clean_ended_at(self) -> datetime | None:
        """Return the first instant after the last day."""
        last: datetime | None = self.cleaned_data["ended_at"]
        try:
            return last + timedelta(days=1) if last else None
        except OverflowError:
            raise forms.ValidationError(self.fields["ended_at"].error_messages["invalid"]) from None

    def report(self) -> dict[str, Any]:
        """Return what was filled in as `report_usage` takes it."""
        data = dict(self.cleaned_data)
        minutes, codes = (data.pop(name) for name in ("minutes", "codes"))
        return data | {
            "files": codes,
            "used_ms": int((minutes or 0) * 60_000),
        }
