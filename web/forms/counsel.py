"""Counsel's opinion on one question of the queue, with the paper it is written on."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.models import Consent, Fact, FactKind, Likeness
from ledger import edge_code
from web import display, words
from web.fact_labels import OPTIONS
from web.forms.documents import paper_field
from web.forms.facts import FactForm, Group

_MOST_CONSENTS = 200
# A consent has no events that a term could hang on, and a likeness no works to except.
_OF_TITLES = ("excludes", "start_event", "start_lag", "end_event")


class OpinionForm(FactForm):
    """The form of a recorded opinion; the question stands, and a paper is required: one that was
    handed in before, or the `file` that comes with the form. `owner` is the title."""

    def __init__(
        self,
        owner: Any,
        reason: str,
        about: Sequence[Fact | Consent],
        *,
        data: Any = None,
        files: Any = None,
        tz: str = "UTC",
        uses: Sequence[str] = (),
    ) -> None:
        initial: dict[str, Any] = {"resolves": reason, "about": [record.code for record in about]}
        # No wider than what is asked: who says more says so.
        initial |= {"tz": tz, "uses": list(uses) or ["ALL"]}
        super().__init__(FactKind.OPINION, owner, data, initial=initial)
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


class LikenessOpinionForm(OpinionForm):
    """An opinion on consents to a likeness."""

    def __init__(self, likeness: Likeness, *args: Any, **options: Any) -> None:
        self._likeness = likeness
        super().__init__(likeness, *args, **options)
        for name in _OF_TITLES:
            del self.fields[name]
        self.fields["end_by"] = forms.ChoiceField(
            label=self.fields["end_by"].label,
            help_text=self.fields["end_by"].help_text,
            required=False,
            initial="never",
            choices=[each for each in OPTIONS["end_by"].items() if each[0] != "event"],
        )

    def _organisation(self) -> int:
        return self._likeness.performer.organisation_id

    def _facts(
        self, common: dict[str, Any], kinds: Sequence[str] | None, *, several: bool
    ) -> forms.Field:
        rows = Consent.objects.signed().filter(likeness=self._likeness).order_by("-pk")
        choices = [(row.code, self._line(row)) for row in rows[:_MOST_CONSENTS]]
        return forms.MultipleChoiceField(
            choices=choices, widget=forms.CheckboxSelectMultiple, **common
        )

    def _line(self, consent: Consent) -> str:
        uses = display.list_text([str(words.name_of(use)) for use in consent.uses])
        parts = (uses, consent.description, edge_code.display(consent.code))
        return " \N{MIDDLE DOT} ".join(filter(None, parts))
