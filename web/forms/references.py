"""Registering files that stay in the studio's own bucket."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.models import SourceType
from ledger import edge_code

_LIST_BYTES = 2 * 2**20


class ReferenceForm(forms.Form):
    """One object of a bucket that the operator gave to the organisation."""

    title = forms.CharField(
        label=_("Title"), max_length=40, help_text=_("Its edge code, such as EC 7K3F 2Q9D.")
    )
    bucket = forms.ChoiceField(label=_("Bucket"))
    key = forms.CharField(
        label=_("Key"),
        max_length=1024,
        strip=False,
        help_text=_("As the bucket names the object, such as masters/reel 1.mov. No address."),
    )
    version = forms.CharField(
        label=_("Version"),
        max_length=1024,
        required=False,
        help_text=_("Empty: the current one. In a bucket with versions it is kept."),
    )
    source_type = forms.ChoiceField(
        label=_("How it was made"), choices=SourceType.choices, initial=SourceType.DIGITAL_CAPTURE
    )
    sha256 = forms.CharField(
        label=_("SHA-256"),
        max_length=64,
        required=False,
        help_text=_("Where you know it: the file is refused if it is another one."),
    )

    def __init__(self, buckets: list[str], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["bucket"].choices = [(name, name) for name in buckets]  # type: ignore[attr-defined]

    def clean_title(self) -> str:
        try:
            return edge_code.parse(self.cleaned_data["title"])
        except ValueError:
            raise forms.ValidationError(
                _("“%(line)s” is no edge code."), params={"line": self.data["title"][:40]}
            ) from None


class ReferenceListForm(forms.Form):
    """A list of objects as CSV; what a line leaves out is as chosen here."""

    file = forms.FileField(
        label=_("List"),
        help_text=_(
            "CSV in UTF-8, at most 500 lines. The first line names the columns: title, key, and"
            " where needed bucket, version, source_type, kind, sha256, filename."
        ),
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
    )
    bucket = forms.ChoiceField(label=_("Bucket"))
    source_type = forms.ChoiceField(
        label=_("How they were made"),
        choices=SourceType.choices,
        initial=SourceType.DIGITAL_CAPTURE,
    )

    def __init__(self, buckets: list[str], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["bucket"].choices = [(name, name) for name in buckets]  # type: ignore[attr-defined]

    def clean_file(self) -> str:
        file = self.cleaned_data["file"]
        if file.size > _LIST_BYTES:
            raise forms.ValidationError(_("The list is larger than 2 MB. Send it in parts."))
        content: bytes = file.read()
        for encoding in ("utf-8-sig", "cp949"):  # the second as Excel writes it in Korea
            try:
                return content.decode(encoding)
            except UnicodeDecodeError:
                continue
        raise forms.ValidationError(_("This is not a CSV file in UTF-8."))
