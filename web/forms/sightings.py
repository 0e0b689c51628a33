"""Reporting where a file was seen, and what its licensor makes of it."""

from typing import Any, Final

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from licensing.models import ModelKind
from provenance.sightings.scope import Seen
from web import words
from web.forms.fields import choices_of

# What is seen in the wild, as people would say it; the API takes every use.
_USES: Final = ("distribute", "train", "generate", "input", "index")


class SightingForm(forms.Form):
    """Where and when. The file streams to disk and is read by the view."""

    file = forms.FileField(
        label=_("File"),
        required=False,
        help_text=_("As you found it. It is read once, to find out what it is, and kept nowhere."),
    )
    manifest_id = forms.CharField(
        label=_("Or the name of its manifest"),
        max_length=120,
        required=False,
        help_text=_("Where you have only that: it begins with urn:c2pa:."),
    )
    platform = forms.CharField(
        label=_("Where it was seen"),
        max_length=100,
        help_text=_("A platform, a site or a place."),
    )
    link = forms.CharField(
        label=_("Link"),
        max_length=1000,
        required=False,
        help_text=_("Kept as text for the licensor; we do not open it."),
    )
    seen_at = forms.DateTimeField(
        label=_("When it was seen (UTC)"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d"],
        widget=forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"}),
    )
    use = forms.ChoiceField(
        label=_("What was done with it"),
        required=False,
        help_text=_("Leave open what you do not know: its licensor looks at it then."),
    )
    model_kind = forms.ChoiceField(
        label=_("With which kind of model"),
        required=False,
        help_text=_("Where a model was made or run with it."),
    )
    territory = forms.CharField(
        label=_("Country"),
        max_length=2,
        required=False,
        help_text=_("Its code, such as KR."),
    )

    def __init__(self, data: Any = None, *, max_bytes: int, too_large: str) -> None:
        super().__init__(data, initial={"seen_at": timezone.now().replace(second=0, microsecond=0)})
        self.fields["file"].widget.attrs |= {
            "data-max-bytes": max_bytes,
            "data-too-large": too_large,
        }
        use = self.fields["use"]
        assert isinstance(use, forms.ChoiceField)  # noqa: S101 - for the type checker
        use.choices = [("", _("Not known")), *choices_of(words.USES, _USES)]
        kind = self.fields["model_kind"]
        assert isinstance(kind, forms.ChoiceField)  # noqa: S101 - for the type checker
        kind.choices = [("", _("Not known")), *ModelKind.choices]

    def seen(self) -> Seen:
        """Return what was typed, as the verb takes it."""
        data = self.cleaned_data
        return Seen(
            platform=data["platform"],
            link=data["link"],
            seen_at=data["seen_at"],
            use=data["use"],
            territory=data["territory"].upper(),
            model_kind=data["model_kind"],
        )


class DecisionForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Both sides of the licence read this. It is not in the public log."),
    )
