"""Asking what held at a time: a day and a clock time, in UTC."""

from datetime import datetime

from django import forms
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _


class MomentForm(forms.Form):
    """`at`: nothing typed is now."""

    at = forms.DateTimeField(
        label=_("What held at (UTC)"),
        required=False,
        help_text=_("Leave it empty to learn what holds now."),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d"],
        widget=forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"}),
    )

    def clean_at(self) -> datetime | None:
        """Of two times nobody knows which was meant."""
        if isinstance(self.data, MultiValueDict) and len(self.data.getlist("at")) > 1:
            raise forms.ValidationError(_("Give it once."))
        at: datetime | None = self.cleaned_data["at"]
        return at
