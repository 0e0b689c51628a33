"""Members and API keys of an organisation."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Role, Scope
from web.forms.fields import DayField
from web.forms.signup import gather_person, password_field


class MemberForm(forms.Form):
    person_name = forms.CharField(label=_("Name"), max_length=200)
    email = forms.CharField(
        label=_("E-mail"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
    role = forms.ChoiceField(
        label=_("Role"),
        choices=Role.choices,
        initial=Role.VIEWER,
        help_text=_("What each role may do stands under Roles."),
    )
    password = password_field(label=_("First password"))

    def clean(self) -> None:
        gather_person(self)


class KeyForm(forms.Form):
    name = forms.CharField(
        label=_("Name"), max_length=100, help_text=_("Such as the program that will use it.")
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may be used for"),
        choices=Scope.choices,
        initial=[Scope.READ],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Never more than your own role allows."),
    )
    expires_at = DayField(
        label=_("Ends on"), help_text=_("At the start of this day, UTC. Empty: when you revoke it.")
    )

    def values(self) -> dict[str, Any]:
        """Return the arguments of `create_api_key`."""
        return dict(self.cleaned_data)
