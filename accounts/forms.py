"""Allauth's forms for signing in and for passwords, in the words of this site."""

from typing import Any

from allauth.account import forms as theirs
from django.forms import Field
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from accounts.errors import Text
from accounts.signup import PASSWORD_HELP

_LABELS: dict[str, Text] = {
    "login": _("E-mail"),
    "email": _("E-mail"),
    "password": _("Password"),
    "oldpassword": _("Present password"),
    "password1": _("New password"),
    "password2": _("New password, once more"),
}


def _say(fields: dict[str, Field]) -> None:
    """Call each field as the site calls it. A label stands above: nothing is said in the field."""
    for name, field in fields.items():
        field.label = str(_LABELS[name])
        field.widget.attrs.pop("placeholder", None)
        if name in {"password", "oldpassword"}:
            field.help_text = format_html(
                '<a href="{}">{}</a>', reverse("account_reset_password"), _("Forgotten?")
            )
        elif name == "password1":
            field.help_text = PASSWORD_HELP


class LoginForm(theirs.LoginForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say(self.fields)


class ChangePasswordForm(theirs.ChangePasswordForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say(self.fields)


class SetPasswordForm(theirs.SetPasswordForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say(self.fields)


class ResetPasswordForm(theirs.ResetPasswordForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say(self.fields)


class ResetPasswordKeyForm(theirs.ResetPasswordKeyForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say(self.fields)
