"""Sending a file of a title or likeness."""

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.models import SourceType


class UploadForm(forms.Form):
    source_type = forms.ChoiceField(
        label=_("How the material came to be"),
        choices=SourceType.choices,
        help_text=_("It is written into every signed copy."),
    )
    file = forms.FileField(
        label=_("File"),
        help_text=_("Film, sound, still image, subtitles or script. It is examined on arrival."),
        allow_empty_file=True,
    )
