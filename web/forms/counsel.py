"""Counsel's opinion on one question of the queue, with the paper it is written on."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.models import Fact, FactKind, Title
from web.forms.documents import paper_field
from web.forms.facts import FactForm, Group


class OpinionForm(FactForm):
    """The form of a recorded opinion; the question stands, and a paper is required: one that was
    handed in before, or the `file` that comes with the form."""

    def __init__(
        self,
        title: Title,
        reason: str,
        about: Sequence[Fact],
        *,
        data: Any = None,
        files: Any = None,
        tz: str = "UTC",
        uses: Sequence[str] = (),
    ) -> None:
        initial: dict[str, Any] = {"resolves": reason, "about": [fact.code for fact in about]}
        # No wider than what is asked: who says more says so.
        initial |= {"tz": tz, "uses": list(uses) or ["ALL"]}
        super().__init__(FactKind.OPINION, title, data, initial=initial)
        if files is not None:
            self.files = files
        self.fields["resolves"] = forms.ChoiceField(
            choices=[(reason, reason)], widget=forms.HiddenInput
        )
        self.fields["file"] = paper_field(
            _("The opinion itself"),
            help_text=_("A PDF or pictures of its pages. It is kept unchanged for ten years."),
            required=False,
        )

    def groups(self) -> list[Group]:
        """The groups of a fact, with the file where the papers are; the question is hidden."""
        apart = {"resolves", "file"}
        found = [
            Group(label, [each for each in usual if each.name not in apart], rare)
            for label, usual, rare in super().groups()
        ]
        found[-1].usual.insert(0, self["file"])
        return found

    def clean(self) -> None:
        super().clean()
        named = self.cleaned_data.get("evidence") or self.cleaned_data.get("file")
        if not named and "file" not in self.errors:
            self.add_error(
                "file", _("Hand in the opinion, or choose a document that was handed in before.")
            )
