"""Declaring what was made under grants and consents, and disputing it."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.scope.uses import AI_LEAVES, LEAVES, expand_uses
from licensing.models import Grant
from provenance.models import MadeBy, OutputKind, Relation
from provenance.outputs.declaring import Source, Under
from web import words
from web.forms.fields import ChoicesField, DayField, choices_of
from web.forms.spans import LinesField
from web.forms.territory import TerritoryField

_USES = [leaf for leaf in LEAVES if leaf in AI_LEAVES]


class OutputForm(forms.Form):
    """What was made. The file, or its SHA-256 where it is not sent."""

    name = forms.CharField(label=_("Name"), max_length=200)
    kind = forms.ChoiceField(label=_("Kind"), choices=OutputKind.choices)
    made_by = forms.ChoiceField(label=_("How it was made"), choices=MadeBy.choices)
    file = forms.FileField(
        label=_("File"),
        required=False,
        help_text=_("It is examined, kept encrypted, and signed. Nobody else gets it."),
    )
    sha256 = forms.CharField(
        label=_("SHA-256 of the file"),
        max_length=64,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_("Instead of the file: the credential then stands beside it."),
    )
    sources = LinesField(
        label=_("Grants"), help_text=_("Codes of the grants that it was made under, one a line.")
    )
    codes = LinesField(
        label=_("Files"),
        help_text=_(
            "Codes of the files that it was made with, one a line, where there is one grant."
            " Empty: all of its files."
        ),
    )
    relation = forms.ChoiceField(
        label=_("What the files are to it"), choices=Relation.choices, initial=Relation.INPUT
    )
    consents = LinesField(
        label=_("Consents"),
        help_text=_(
            "Codes of the consents that it was made under, one a line. Each loses one of the"
            " outputs that were agreed."
        ),
    )
    attributes = ChoicesField(
        words.ATTRIBUTES, label=_("Which of the persons were used"), required=False
    )
    approval = forms.CharField(
        label=_("Approval"),
        required=False,
        max_length=20,
        help_text=_("Its edge code, where the consent has something shown first."),
    )
    use = forms.ChoiceField(label=_("Use"), choices=choices_of(words.USES, _USES))
    model_kind = forms.ChoiceField(
        label=_("Kind of model"), choices=choices_of(words.MODEL_KINDS, None)
    )
    territory = TerritoryField()
    made_at = DayField(label=_("Made on"), required=True)
    is_shown = forms.BooleanField(
        label=_("Licensors may fetch the signed file"),
        required=False,
        help_text=_("Otherwise they see what is declared, and not the file."),
    )
    note = forms.CharField(
        label=_("Note"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Licensors read this."),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("codes") and len(data.get("sources") or ()) != 1:
            self.add_error("codes", _("Name files only beside a single grant."))
        if data.get("approval") and len(data.get("consents") or ()) != 1:
            self.add_error("approval", _("Name an approval only beside a single consent."))
        return data

    def clean_made_at(self) -> datetime:
        """Return the first instant of the day; of today, now."""
        day: datetime = self.cleaned_data["made_at"]
        now = timezone.now()
        return now if day.date() == now.date() else day

    def values(self) -> dict[str, Any]:
        """Return the arguments of `declare_output` but for the file's."""
        data = {name: said for name, said in self.cleaned_data.items() if name != "file"}
        codes, relation = data.pop("codes"), data.pop("relation")
        attributes, approval = data.pop("attributes"), _code(data.pop("approval"))
        sources = [Source(_code(code), relation, codes) for code in data.pop("sources")]
        consents = [Under(_code(code), attributes, approval) for code in data.pop("consents")]
        return data | {"sources": sources, "consents": consents}


def begun_under(grant: Grant) -> dict[str, Any]:
    """Return what a form for a work made under a grant starts with: what it licenses first."""
    licensed = expand_uses(grant.uses)
    return {
        "sources": grant.code,
        "use": next((use for use in _USES if use in licensed), None),
        "model_kind": next(iter(grant.model_kinds), None),
    }


class DisputeForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Who made it reads this. It is not in the public log."),
    )


def _code(typed: str) -> str:
    """Return an edge code as it is kept, however it was typed."""
    return typed.upper().replace(" ", "").removeprefix("EC")
