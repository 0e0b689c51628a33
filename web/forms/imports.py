"""Sending a file to import, and saying how it is read."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.access import Actor
from catalog.imports.columns import COLUMNS
from catalog.models import DayOrder, EndPolicy, Import, ImportFormat, ImportSource, ImportState
from web.words import Text

_SUGGESTED = {
    "inclusive": _("Adjoining windows show: the last day that belongs (%(places)d places)."),
    "exclusive": _("Adjoining windows show: the first day after (%(places)d places)."),
}


# What the columns that people have most are called; the others have only MovieLabs' names.
_COLUMN_WORDS: Mapping[str, Text] = {
    "TitleInternalAlias": _("Original title"),
    "TitleDisplayUnlimited": _("Title as shown to viewers"),
    "NameKorean": _("Title in Korean"),
    "NameEnglish": _("Title in English"),
    "WorkType": _("Kind of work"),
    "ReleaseYear": _("Year"),
    "ReleaseHistoryOriginal": _("First release"),
    "TotalRunTime": _("Running time"),
    "OriginalLanguage": _("Languages"),
    "Countries": _("Countries"),
    "Genres": _("Genres"),
    "Director": _("Directors"),
    "Writer": _("Writers"),
    "Cast": _("Cast"),
    "RatingSystem": _("Who rated it"),
    "RatingValue": _("Age rating"),
    "EIDR": _("EIDR"),
    "ISAN": _("ISAN"),
    "IMDbID": _("IMDb number"),
    "AltID": _("Number of your own"),
    "SeriesTitleInternalAlias": _("Series"),
    "SeasonNumber": _("Season, number"),
    "EpisodeNumber": _("Episode, number"),
    "EpisodeTitleInternalAlias": _("Episode, title"),
    "Territory": _("Countries licensed"),
    "TerritoryExclusion": _("Countries left out"),
    "LicenseType": _("Kind of licence"),
    "DisplayName": _("Licensor"),
    "Licensee": _("Licensee"),
    "Start": _("Start"),
    "End": _("End"),
    "Exclusive": _("Exclusive or not"),
    "ContractID": _("Contract"),
}


def column_choices() -> list[tuple[str, str]]:
    """Return what a column of a table can be, with words: the usual first, each group in order."""
    usual = [(column, f"{word} · {column}") for column, word in _COLUMN_WORDS.items()]
    return usual + [(column, column) for column in sorted(COLUMNS - _COLUMN_WORDS.keys())]


_READING = ("zone", "day_order", "end_policy")


class SendForm(forms.Form):
    format = forms.ChoiceField(
        label=_("Format"),
        choices=[("", _("Find out from the file")), *ImportFormat.choices],
        required=False,
    )
    file = forms.FileField(
        label=_("File"),
        help_text=_("XLSX, CSV, Avails XML or JSON lines. It is read in isolation."),
        allow_empty_file=True,
    )


class ReadingForm(forms.Form):
    """How the dates of a file are read, and in which language its names are."""

    end_policy = forms.ChoiceField(
        label=_("What an end date means"), choices=EndPolicy.choices, required=False
    )
    day_order = forms.ChoiceField(
        label=_("Dates such as 03/04/2027"), choices=DayOrder.choices, required=False
    )
    zone = forms.CharField(label=_("Time zone of dates without one"), max_length=64, initial="UTC")


class SourceForm(ReadingForm):
    name = forms.CharField(
        label=_("Name of the source"), max_length=200, help_text=_("Who sends these files.")
    )
    field_order = ["name", "end_policy", "day_order", "zone"]


class StartForm(ReadingForm):
    source = forms.ChoiceField(
        label=_("Source"),
        required=False,
        help_text=_(
            "Who sent the file. What is decided for a source holds for all its files, unless you"
            " choose otherwise below."
        ),
    )
    zone = forms.CharField(
        label=_("Time zone of dates without one"),
        max_length=64,
        required=False,
        help_text=_("Left empty: as decided for the source, or UTC."),
    )
    language = forms.CharField(
        label=_("Language of names that do not say theirs"), max_length=20, initial="en"
    )
    field_order = ["source", "end_policy", "day_order", "zone", "language"]

    def __init__(self, actor: Actor, job: Import, data: Any = None) -> None:
        values = {name: getattr(job, name) for name in _READING}
        if job.state == ImportState.DRAFT:
            values["zone"] = ""
        source = job.source.code if job.source else ""
        super().__init__(data, initial=values | {"language": job.language, "source": source})
        sources = ImportSource.objects.visible_to(actor).order_by("name")
        field = self.fields["source"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = [("", _("No source")), *((each.code, each.name) for each in sources)]
        suggested = job.report.get("suggested_end_policy")
        if suggested in _SUGGESTED:
            places = {"places": job.report.get("suggested_places", 0)}
            self.fields["end_policy"].help_text = str(_SUGGESTED[suggested]) % places

    def clean(self) -> dict[str, Any]:
        """Give only what was chosen: the rest is the source's."""
        given: dict[str, Any] = super().clean() or {}
        for name in _READING:
            if not given.get(name) or (given.get("source") and name not in self.changed_data):
                given[name] = None
        if not given.get("source"):
            given |= {name: given[name] or "" for name in ("day_order", "end_policy")}
        return given
