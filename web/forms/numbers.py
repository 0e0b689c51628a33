"""Setting a number right that failed its check."""

from django import forms
from django.utils.translation import gettext_lazy as _


class ApartForm(forms.Form):
    value = forms.CharField(
        label=_("What it should be"),
        max_length=100,
        help_text=_("Its check characters are verified."),
    )
