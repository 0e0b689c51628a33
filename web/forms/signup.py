"""Signing up: an organisation with its first owner."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import OrganisationKind
from accounts.signup import PASSWORD_HELP, check_email, check_password
from accounts.text import check_name
from web.forms.fields import Text
from web.forms.verbs import gather


def password_field(*, label: Text) -> forms.CharField:
    """Return the field for a new password."""
    return forms.CharField(
        label=label,
        help_text=PASSWORD_HELP,
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


def gather_person(form: forms.Form) -> None:
    """Tell all that is wrong with a new person's name, address and password."""
    data = form.cleaned_data
    gather(
        form,
        lambda: check_name("person_name", data["person_name"], 200),
        lambda: check_email(data["email"]),
        lambda: check_password(
            data["password"],
            email=data.get("email", ""),
            person_name=data.get("person_name", ""),
        ),
    )


class SignUpForm(forms.Form):
    kind = forms.ChoiceField(
        label=_("What your organisation is"),
        choices=[
            (OrganisationKind.STUDIO, _("Studio: licenses films and series")),
            (OrganisationKind.TALENT, _("Talent: licenses faces and voices of performers")),
            (OrganisationKind.LAB, _("AI lab: takes licences for training")),
            (OrganisationKind.AUDITOR, _("Auditor: checks files, grants and the log")),
            (OrganisationKind.PLATFORM, _("Platform: asks whether a file is authorised")),
        ],
        widget=forms.RadioSelect,
        help_text=_("It decides what the organisation can do here and cannot be changed."),
    )
    organisation_name = forms.CharField(
        label=_("Name of the organisation"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    person_name = forms.CharField(
        label=_("Your name"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    email = forms.CharField(
        label=_("E-mail"),
        max_length=254,
        help_text=_("You sign in with it."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    password = password_field(label=_("Password"))

    def clean(self) -> None:
        data = self.cleaned_data
        gather(self, lambda: check_name("organisation_name", data["organisation_name"], 200))
        gather_person(self)
