"""Members and API keys of an organisation."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Role, Scope
from licensing.deals.approval_policies import APPROVERS, said
from licensing.models import ApprovalPolicy
from licensing.money import plain_amount
from web.forms.fields import DayField, amount_field, currency_field, read_amount
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


class PolicyForm(forms.Form):
    """Who approves deals. It begins with the policy that counts."""

    currency = currency_field()
    two_above_minor = amount_field(
        label=_("Two persons above"),
        help_text=_("Up to this price one person approves a deal. Empty: one person always."),
        required=False,
    )
    role_above_minor = amount_field(
        label=_("A certain role above"),
        help_text=_("Above this price one of those who approve has the role below. Empty: no."),
        required=False,
    )
    role = forms.ChoiceField(
        label=_("That role"),
        required=False,
        choices=[("", "–"), *((role.value, role.label) for role in Role if role in APPROVERS)],
    )
    not_publisher = forms.BooleanField(
        label=_("Who published the offer does not approve the deal"), required=False
    )
    replaces = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, policy: ApprovalPolicy | None) -> None:
        first: dict[str, Any] = {"replaces": policy.number if policy else 0}
        if policy is not None:
            first |= said(policy)
            for name in LIMITS:
                if first[name] is not None:
                    first[name] = plain_amount(first[name], policy.currency)
        super().__init__(data, initial=first)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        return data | {name: read_amount(self, name, "currency") for name in LIMITS}

    def values(self) -> dict[str, Any]:
        """Return the arguments of `set_approval_policy`."""
        return dict(self.cleaned_data)


LIMITS = ("two_above_minor", "role_above_minor")
