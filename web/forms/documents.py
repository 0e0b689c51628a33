"""Handing in a document."""

from django import forms
from django.utils.translation import gettext_lazy as _

from web.forms.fields import Text

_KINDS = ".pdf,.jpg,.jpeg,.png,.tif,.tiff,.webp,.avif"


def paper_field(label: Text, *, help_text: Text = "", required: bool = True) -> forms.FileField:
    """Return a field that takes a document: a PDF or a picture of its pages."""
    widget = forms.FileInput(attrs={"accept": _KINDS})
    return forms.FileField(label=label, help_text=help_text, required=required, widget=widget)


class DocumentForm(forms.Form):
    file = paper_field(_("Document"))
