"""Approvals, uses that are recorded, and the public question."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.consent_form.words import value_words
from catalog.consents.terms import STAGES
from web import words
from web.forms.fields import AI_USES, DayField, choices_of


class AskForm(forms.Form):
    """A question to who speaks for a performer."""

    consent_code = forms.CharField(
        label=_("Consent"), max_length=20, help_text=_("Its edge code, as the agreement names it.")
    )
    stage = forms.ChoiceField(
        label=_("What is shown"), choices=[(code, value_words(code)) for code in STAGES]
    )
    description = forms.CharField(label=_("Description"), max_length=500)
    sha256 = forms.CharField(label=_("SHA-256 of what is shown"), required=False, max_length=64)

    def values(self) -> dict[str, Any]:
        return self.cleaned_data | {"consent_code": _code(self.cleaned_data["consent_code"])}


class UseForm(forms.Form):
    """What was made under a consent."""

    consent = forms.CharField(
        label=_("Consent"), max_length=20, help_text=_("Its edge code, as the agreement names it.")
    )
    approval = forms.CharField(
        label=_("Approval"),
        required=False,
        max_length=20,
        help_text=_("Its edge code, where the consent has something shown first."),
    )
    description = forms.CharField(label=_("What was made"), max_length=500)
    outputs = forms.IntegerField(label=_("Outputs"), initial=1, help_text=_("How many were made."))
    platform = forms.CharField(
        label=_("Where it is shown"), required=False, max_length=100, help_text=_("Such as a site.")
    )
    url = forms.CharField(label=_("Address"), required=False, max_length=500)
    sha256 = forms.CharField(label=_("SHA-256 of the file"), required=False, max_length=64)
    used_at = DayField(label=_("Made on"), help_text=_("Empty: now."))

    def values(self) -> dict[str, Any]:
        """Return the arguments of `record_use`."""
        data = dict(self.cleaned_data)
        codes = {f"{name}_code": _code(data.pop(name)) for name in ("consent", "approval")}
        return data | codes


def _code(typed: str) -> str:
    """Return an edge code as it is kept, however it was typed."""
    return typed.upper().replace(" ", "").removeprefix("EC")


class AuthorisedForm(forms.Form):
    """The public question."""

    person = forms.CharField(
        label=_("Person"), max_length=200, help_text=_("The whole name, or an edge code.")
    )
    use = forms.ChoiceField(label=_("Use"), choices=choices_of(words.USES, AI_USES))
    attribute = forms.ChoiceField(
        label=_("Of the person"),
        required=False,
        choices=[("", _("any attribute")), *choices_of(words.ATTRIBUTES)],
    )
    licensee = forms.CharField(
        label=_("Licensee"),
        required=False,
        max_length=20,
        help_text=_("An organisation's edge code. Empty: anyone."),
    )
