"""Recording who holds what of a title, and what a contract forbids."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.text import check_name, check_note
from catalog.checks import check_instant, check_share, check_term
from catalog.models import FactKind
from catalog.rights import check_grantor
from web import words
from web.forms.fields import (
    ChoicesField,
    DayField,
    choices_of,
    end_day,
    first_day,
    model_kinds_field,
)
from web.forms.territory import TerritoryField
from web.forms.verbs import gather


def _document_field() -> forms.CharField:
    return forms.CharField(
        label=_("Document"),
        required=False,
        max_length=300,
        help_text=_("What it rests on, such as Assignment of 3 May 1994."),
    )


def _clause_field() -> forms.CharField:
    return forms.CharField(label=_("Clause"), required=False, max_length=100)


def _note_field() -> forms.CharField:
    return forms.CharField(label=_("Note"), required=False, max_length=500)


def _gather_common(form: forms.Form) -> None:
    data = form.cleaned_data
    gather(
        form,
        lambda: check_term(data["starts_at"], data["ends_at"]),
        lambda: check_note("document", data["document"], 300),
        lambda: check_note("clause", data["clause"], 100),
        lambda: check_note("note", data["note"], 500),
    )


class HoldingForm(forms.Form):
    kind = forms.ChoiceField(
        label=_("What it is"),
        choices=[
            (FactKind.OWNERSHIP, _("Ownership: the party owns the right")),
            (FactKind.ASSIGNMENT, _("Assignment: the right was transferred to the party")),
            (FactKind.GRANT_IN, _("Licence in: the party may use or license it")),
        ],
        initial=FactKind.OWNERSHIP,
        widget=forms.RadioSelect,
    )
    party = forms.CharField(
        label=_("Who holds it"),
        max_length=200,
        help_text=_("Write your organisation's own name for a right it holds itself."),
    )
    grantor = forms.CharField(
        label=_("Who gave it"),
        required=False,
        max_length=200,
        help_text=_("For an assignment or a licence in."),
    )
    share = forms.CharField(
        label=_("Share"), max_length=30, initial="1/1", help_text=_("A fraction, such as 1/3.")
    )
    uses = ChoicesField(words.USES, label=_("Uses"), initial=["ALL"])
    territory = TerritoryField()
    starts_at = first_day()
    ends_at = end_day()
    exclusivity = forms.ChoiceField(
        label=_("Exclusivity"),
        choices=choices_of(words.EXCLUSIVITY),
    )
    sublicensable = forms.BooleanField(
        label=_("May be sublicensed"),
        required=False,
        help_text=_("For a licence in: without it nothing can be licensed on."),
    )
    executed_at = DayField(
        label=_("Signed on"), help_text=_("The day the deed was signed by all. Empty: not known.")
    )
    document = _document_field()
    clause = _clause_field()
    note = _note_field()

    def clean(self) -> None:
        data = self.cleaned_data
        gather(
            self,
            lambda: check_name("party", data["party"], 200),
            lambda: check_grantor(data["kind"], data["grantor"]),
            lambda: check_share(data["share"]),
            lambda: check_instant("executed_at", data["executed_at"]),
        )
        _gather_common(self)

    def values(self) -> dict[str, Any]:
        """Return the arguments of `record_holding`."""
        return dict(self.cleaned_data)


class RestrictionForm(forms.Form):
    uses = ChoicesField(words.USES, label=_("Uses that are forbidden"))
    territory = TerritoryField()
    starts_at = first_day()
    ends_at = end_day()
    modalities = ChoicesField(
        words.MODALITIES,
        label=_("Only for this material"),
        required=False,
        help_text=_("None ticked: for all of it."),
    )
    model_kinds = model_kinds_field(
        required=False, help_text=_("Only for these. None ticked: for every kind.")
    )
    document = _document_field()
    clause = _clause_field()
    note = _note_field()

    def clean(self) -> None:
        _gather_common(self)

    def values(self) -> dict[str, Any]:
        """Return the arguments of `record_restriction`."""
        return dict(self.cleaned_data)


class SupersedeForm(forms.Form):
    reason = forms.CharField(
        label=_("Why it no longer stands"),
        max_length=500,
        help_text=_("The record stays and shows this reason; clearance no longer counts it."),
    )
