"""Importing what is said in a film."""

from django import forms
from django.utils.translation import gettext_lazy as _


class TranscriptForm(forms.Form):
    language = forms.CharField(
        label=_("Language"), max_length=20, help_text=_("As a tag, such as en, ko or pt-BR.")
    )
    file = forms.FileField(
        label=_("Transcript"),
        help_text=_("SubRip (.srt) or WebVTT (.vtt), in UTF-8. It replaces one in this language."),
        allow_empty_file=True,
    )
