"""Adding offered files to a request."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from licensing.models import Request

NEW = "new"


class AddForm(forms.Form):
    """`assets` are codes of files; `every` takes all files of the offer instead."""

    every = forms.BooleanField(label=_("Every file of this offer"), required=False)
    request = forms.ChoiceField(label=_("Add to"))

    def __init__(self, *args: Any, drafts: list[Request], assets: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.assets = assets
        choices = [(draft.code, str(draft)) for draft in drafts]
        choices.append((NEW, str(_("a new request"))))
        self["request"].field.choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not data.get("every") and not self.assets:
            raise forms.ValidationError(_("Choose at least one file."))
        return data


class FoundForm(AddForm):
    """The same for files of a search; `every` takes all that it finds."""

    every = forms.BooleanField(label=_("Every file found"), required=False)
