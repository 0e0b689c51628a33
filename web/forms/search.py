"""Adding offered files to a request."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from licensing.models import Request
from web.forms.clips import RangesField

NEW = "new"


class AddForm(forms.Form):
    """`assets` are codes of files; `every` takes all files of the offer instead."""

    every = forms.BooleanField(label=_("Every file of this offer"), required=False)
    nothing = _("Choose at least one file.")
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
            raise forms.ValidationError(self.nothing)
        return data


class FoundForm(AddForm):
    """The same for files of a search; `every` takes all that it finds."""

    every = forms.BooleanField(label=_("Every file found"), required=False)


class FoundShotsForm(AddForm):
    """The same for the shots of a search."""

    every = forms.BooleanField(label=_("Every shot found"), required=False)
    nothing = _("Choose at least one shot.")


class ShotsForm(AddForm):
    """For shots and typed stretches of one film."""

    every = forms.BooleanField(label=_("The whole file"), required=False)
    ranges = RangesField()
    nothing = _("Choose at least one shot, or write a range.")

    def clean(self) -> dict[str, Any]:
        self.assets = self.assets or self.cleaned_data.get("ranges", [])
        return super().clean()
