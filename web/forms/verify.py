"""The form that takes a file to be checked, and the credential beside it where it has one."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from web.forms.moments import MomentForm


class VerifyForm(MomentForm):
    """Two file fields, and a time that may be asked about. What arrived is read by the view,
    because it streams to disk."""

    file = forms.FileField(
        label=_("File"),
        required=False,
        help_text=_("Any film, sound, image or text file. It is read once and kept nowhere."),
    )
    sidecar = forms.FileField(
        label=_("Credential beside the file (.c2pa)"),
        required=False,
        help_text=_("Only for files that came with a second file that ends in .c2pa."),
    )

    def __init__(self, *args: Any, max_bytes: int, too_large: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("file", "sidecar"):
            field = self.fields[name]
            field.widget.attrs |= {"data-max-bytes": max_bytes, "data-too-large": too_large}
        self.fields["file"].widget.attrs["required"] = True
        self.fields["sidecar"].widget.attrs["accept"] = ".c2pa"
