"""Performers, likenesses and consents."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.text import check_name, check_note
from catalog.checks import check_term
from catalog.consents import ending
from catalog.models import Ground
from catalog.scope.likeness_rules import Right
from web import words
from web.forms.fields import (
    AI_USES,
    ChoicesField,
    choices_of,
    end_day,
    first_day,
    model_kinds_field,
)
from web.forms.territory import TerritoryField
from web.forms.verbs import gather


class PerformerForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=200)
    born = forms.DateField(
        label=_("Date of birth"),
        required=False,
        help_text=_("A minor's consent is cleared by stricter rules."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


class LikenessForm(forms.Form):
    attributes = ChoicesField(
        words.ATTRIBUTES,
        label=_("What of the person it holds"),
        help_text=_("Each can be consented to by itself."),
    )
    description = forms.CharField(
        label=_("Description"),
        max_length=300,
        help_text=_("Such as Voice session, studio B, 2026."),
    )


class ConsentForm(forms.Form):
    uses = ChoicesField(words.USES, AI_USES, label=_("Uses that are allowed"))
    attributes = ChoicesField(words.ATTRIBUTES, label=_("Of which attributes"))
    model_kinds = model_kinds_field(
        required=False, help_text=_("Only for these. None ticked: for every kind.")
    )
    territory = TerritoryField()
    starts_at = first_day()
    ends_at = end_day()
    grantee_code = forms.CharField(
        label=_("For one AI lab only"),
        required=False,
        max_length=20,
        help_text=_("The lab's edge code, which the lab tells you. Empty: for any lab."),
    )
    max_outputs = forms.IntegerField(
        label=_("At most this many outputs"), required=False, help_text=_("Empty: no limit.")
    )
    description = forms.CharField(
        label=_("The consent in one sentence"),
        max_length=500,
        help_text=_("As the performer would say it."),
    )
    document = forms.CharField(
        label=_("Document"), required=False, max_length=300, help_text=_("What was signed.")
    )

    def __init__(self, *args: Any, attributes: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["starts_at"].required = True
        self.fields["starts_at"].help_text = _("The start of this day, UTC.")
        held = self.fields["attributes"]
        assert isinstance(held, ChoicesField)  # noqa: S101 - for the type checker
        held.choices = choices_of(words.ATTRIBUTES, attributes)

    def clean(self) -> None:
        data = self.cleaned_data
        gather(
            self,
            lambda: check_term(data["starts_at"], data["ends_at"]),
            lambda: check_name("description", data["description"], 500),
            lambda: check_note("document", data["document"], 300),
        )

    def values(self) -> dict[str, Any]:
        """Return the arguments of `record_consent`."""
        data = dict(self.cleaned_data)
        code = data["grantee_code"].upper().removeprefix("EC").replace(" ", "")
        return data | {"grantee_code": code or "*"}


def _law_words(right: Right) -> str:
    if right.confirmed:
        return right.source
    return _("%(source)s (not confirmed: it stays in dispute)") % {"source": right.source}


class WithdrawForm(forms.Form):
    """Named by its effect, and typed to confirm. `grounds`: the one that the consent names, if it
    names one, and the laws that allow it all the same."""

    ground = forms.ChoiceField(label=_("On which ground"), required=False)
    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=500,
        help_text=_("For your records and theirs; a breach has to be described."),
    )
    confirm = forms.CharField(max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"}))

    def __init__(
        self, *args: Any, name: str, own: ending.Ground | None, rights: list[Right], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.name, self.own = name, own.value if own else ""
        self.fields["confirm"].label = _("Type %(name)s to confirm") % {"name": name}
        field = self.fields["ground"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type checker
        choices = [
            *([(own.value, Ground(own.value).label)] if own else []),
            *((f"law:{each.code}", _law_words(each)) for each in rights),
        ]
        field.choices = choices
        self.grounds = len(choices)  # none: it cannot be withdrawn

    def values(self) -> dict[str, str]:
        """Return the arguments of `withdraw_consent`."""
        ground, _colon, law = self.cleaned_data["ground"].partition(":")
        return {"ground": ground, "law": law, "reason": self.cleaned_data["reason"]}

    def clean_confirm(self) -> str:
        typed: str = self.cleaned_data["confirm"]
        if " ".join(typed.split()).casefold() != " ".join(self.name.split()).casefold():
            raise forms.ValidationError(
                _("This is not %(name)s. Nothing was withdrawn."), params={"name": self.name}
            )
        return typed
