"""Letting an auditor see a deal."""

from django import forms
from django.utils.translation import gettext_lazy as _

from ledger import edge_code


class CaseForm(forms.Form):
    """Whom to let in, and what they should know."""

    auditor = forms.CharField(
        label=_("The auditor’s edge code"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_("It stands on the auditor’s own home page, such as EC 7K3F 2Q9D."),
    )
    note = forms.CharField(
        label=_("Note for the auditor"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Only the auditor reads this. It is not in the public log."),
    )

    def clean_auditor(self) -> str:
        try:
            return edge_code.parse(self.cleaned_data["auditor"])
        except ValueError:
            raise forms.ValidationError(
                _("This is not an edge code: eight letters and digits, such as EC 7K3F 2Q9D.")
            ) from None
