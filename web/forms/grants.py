"""Ending a grant."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ledger import edge_code
from licensing.models import Grant


class RevokeForm(forms.Form):
    """A reason, and the grant's code typed by hand: nobody revokes by a slip."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("The licensee reads this. It is not in the public log."),
    )
    typed = forms.CharField(
        label=_("Type the grant’s code to confirm"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, grant: Grant, data: Any = None) -> None:
        super().__init__(data)
        self.grant = grant
        self.fields["typed"].help_text = grant.display_code

    def clean_typed(self) -> str:
        typed: str = self.cleaned_data["typed"]
        try:
            code = edge_code.parse(typed)
        except ValueError:
            code = ""
        if code != self.grant.code:
            raise forms.ValidationError(
                _("This is not the code of the grant: %(code)s."),
                params={"code": self.grant.display_code},
            )
        return typed
