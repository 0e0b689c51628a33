"""Setting aside what was recorded of a title's rights."""

from django import forms
from django.utils.translation import gettext_lazy as _


class SupersedeForm(forms.Form):
    reason = forms.CharField(
        label=_("Why it no longer stands"),
        max_length=500,
        help_text=_("The record stays and shows this reason; clearance no longer counts it."),
    )
