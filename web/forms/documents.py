"""Handing in a document."""

from django import forms
from django.utils.translation import gettext_lazy as _


class DocumentForm(forms.Form):
    file = forms.FileField(
        label=_("Document"),
        widget=forms.FileInput(attrs={"accept": ".pdf,.jpg,.jpeg,.png,.tif,.tiff,.webp,.avif"}),
    )
