"""Saying what a work is, what it is called, whose numbers it has, who made it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.text import check_name
from catalog.descriptions import check_description, check_language
from catalog.identifiers import canonical_eidr
from catalog.models import (
    CreditRole,
    NameKind,
    Party,
    PartyKind,
    Scheme,
    Technique,
    Title,
    TitleKind,
)
from ledger import edge_code
from web import work_words
from web.forms.verbs import gather

# What is registered most comes first, and what only holds others last.
TITLE_KINDS = [
    (kind.value, kind.label)
    for kind in (
        TitleKind.FILM,
        TitleKind.SERIES,
        TitleKind.SEASON,
        TitleKind.EPISODE,
        TitleKind.SHORT,
        TitleKind.CREATOR_VIDEO,
        TitleKind.EDIT,
        TitleKind.VERSION,
        TitleKind.FRANCHISE,
    )
]


class EditTitleForm(forms.Form):
    """All that may be said of a work but its other names, numbers and credits."""

    name = forms.CharField(
        label=_("Original name"), max_length=300, help_text=_("As the title card says it.")
    )
    language = forms.CharField(
        label=_("Language of that name"),
        max_length=20,
        help_text=_("A language tag, such as en, ko or pt-BR."),
    )
    kind = forms.ChoiceField(label=_("Kind"), choices=TITLE_KINDS)
    parent = forms.CharField(
        label=_("Part of"),
        required=False,
        max_length=40,
        help_text=_("The edge code of the series, season or franchise. Empty: it stands alone."),
    )
    number = forms.IntegerField(
        label=_("Number in it"), required=False, help_text=_("Of the season or episode.")
    )
    year = forms.IntegerField(
        label=_("Year"), required=False, help_text=_("Of the first publication.")
    )
    released_on = forms.DateField(
        label=_("First released on"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    runtime_ms = forms.CharField(
        label=_("Running time"),
        required=False,
        max_length=20,
        help_text=_("Such as 1:31:07, or 91 min."),
    )
    technique = forms.ChoiceField(
        label=_("Technique"), required=False, choices=[("", _("Not said")), *Technique.choices]
    )
    genres = forms.MultipleChoiceField(
        label=_("Genres"),
        required=False,
        choices=list(work_words.GENRES.items()),
        widget=forms.CheckboxSelectMultiple,
    )
    more_genres = forms.CharField(
        label=_("Other genres"), required=False, max_length=500, help_text=_("With commas between.")
    )
    countries = forms.CharField(
        label=_("Countries of production"),
        required=False,
        max_length=1000,
        help_text=_("By code or name, also of the past: KR, Soviet Union."),
    )
    spoken = forms.CharField(
        label=_("Spoken languages"),
        required=False,
        max_length=500,
        help_text=_("Language tags with commas between, such as ko, en."),
    )
    certifications = forms.CharField(
        label=_("Age ratings"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One a line: country, system, rating, as in KR, KMRB, 15."),
    )
    eidr = forms.CharField(
        label=_("EIDR"),
        required=False,
        max_length=80,
        help_text=_("10.5240/XXXX-XXXX-XXXX-XXXX-XXXX-C, where the work has one."),
    )

    @classmethod
    def of(cls, title: Title, data: Any = None) -> "EditTitleForm":
        """Return the form with what is said of a title."""
        columns = ("name", "language", "kind", "number", "year", "released_on", "technique")
        shown = {name: getattr(title, name) for name in columns}
        usual = work_words.GENRES.keys()
        return cls(
            data,
            initial={
                **shown,
                "parent": edge_code.display(title.parent.code) if title.parent else "",
                "runtime_ms": work_words.runtime_text(title.runtime_ms),
                "genres": [genre for genre in title.genres if genre in usual],
                "more_genres": ", ".join(genre for genre in title.genres if genre not in usual),
                "countries": ", ".join(map(work_words.country_name, title.countries)),
                "spoken": ", ".join(title.spoken),
                "certifications": work_words.certifications_text(title.certifications),
                "eidr": title.eidr or "",
            },
        )

    def clean_parent(self) -> str | None:
        return code_of(self.cleaned_data["parent"])

    def clean_runtime_ms(self) -> int | None:
        return work_words.runtime_of(self.cleaned_data["runtime_ms"])

    def clean_countries(self) -> list[str]:
        return work_words.countries_of(self.cleaned_data["countries"])

    def clean_spoken(self) -> list[str]:
        return work_words.words_of(self.cleaned_data["spoken"])

    def clean_certifications(self) -> list[dict[str, str]]:
        return work_words.certifications_of(self.cleaned_data["certifications"])

    def clean(self) -> None:
        data = self.cleaned_data
        if "genres" in data:
            data["genres"] = [*data["genres"], *work_words.words_of(data.pop("more_genres", ""))]
        gather(
            self,
            lambda: check_name("name", data["name"]),
            lambda: check_language("language", data["language"]),
            lambda: check_description({"year": data["year"]}),
            lambda: check_description({"runtime_ms": data["runtime_ms"]}),
            lambda: check_description({"genres": data["genres"]}),
            lambda: check_description({"spoken": data["spoken"]}),
            lambda: data["eidr"] and canonical_eidr(data["eidr"]),
        )

    def values(self) -> dict[str, Any]:
        """Return the `changes` of `change_title`."""
        return dict(self.cleaned_data) | {"eidr": self.cleaned_data["eidr"] or None}


class NameForm(forms.Form):
    language = forms.CharField(
        label=_("Language"), max_length=20, help_text=_("Such as en, ko or pt-BR.")
    )
    name = forms.CharField(label=_("Name"), max_length=300)
    kind = forms.ChoiceField(label=_("What it is"), choices=NameKind.choices)


class NumberForm(forms.Form):
    scheme = forms.ChoiceField(label=_("Whose number"), choices=Scheme.choices)
    value = forms.CharField(
        label=_("Number"), max_length=100, help_text=_("Its check characters are verified.")
    )


class CreditForm(forms.Form):
    role = forms.ChoiceField(label=_("What they did"), choices=CreditRole.choices)
    character = forms.CharField(
        label=_("Character"), required=False, max_length=200, help_text=_("For a part in the cast.")
    )
    position = forms.IntegerField(
        label=_("Place in the billing"), required=False, min_value=0, initial=0
    )

    def clean_position(self) -> int:
        return self.cleaned_data["position"] or 0


class PartyForm(forms.Form):
    kind = forms.ChoiceField(
        label=_("Person or company"), choices=PartyKind.choices, initial=PartyKind.PERSON
    )
    name = forms.CharField(label=_("Name"), max_length=200)
    other_name = forms.CharField(
        label=_("Name in another language"),
        required=False,
        max_length=230,
        help_text=_("Its language first, such as ko: 봉준호"),
    )
    eidr = forms.CharField(
        label=_("EIDR party"), required=False, max_length=40, help_text=_("10.5237/XXXX-XXXX")
    )
    isni = forms.CharField(
        label=_("ISNI"),
        required=False,
        max_length=40,
        help_text=_("16 digits. It tells people of one name apart."),
    )

    def values(self) -> dict[str, Any]:
        """Return the arguments of `register_party`."""
        data = self.cleaned_data
        language, _colon, name = data["other_name"].partition(":")
        return {
            "kind": data["kind"],
            "name": data["name"],
            "names": {language.strip(): name.strip()} if name.strip() else {},
            "eidr": data["eidr"] or None,
            "isni": data["isni"] or None,
        }

    def clean_other_name(self) -> str:
        text: str = self.cleaned_data["other_name"]
        if text and not text.partition(":")[2].strip():
            raise forms.ValidationError(_("Write the language, a colon and the name."))
        return text


class EditPartyForm(forms.Form):
    """All that is said of a party, to be corrected."""

    kind = forms.ChoiceField(label=_("Person or company"), choices=PartyKind.choices)
    name = forms.CharField(label=_("Name"), max_length=200)
    names = forms.CharField(
        label=_("Names in other languages"),
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One a line, its language first, such as ko: 봉준호"),
    )
    eidr = forms.CharField(
        label=_("EIDR party"), required=False, max_length=40, help_text=_("10.5237/XXXX-XXXX")
    )
    isni = forms.CharField(
        label=_("ISNI"),
        required=False,
        max_length=40,
        help_text=_("16 digits. It tells people of one name apart."),
    )

    @classmethod
    def of(cls, party: Party, data: Any = None) -> "EditPartyForm":
        """Return the form with what is said of a party."""
        lines = [f"{tag}: {name}" for tag, name in sorted(party.names.items())]
        said = {name: getattr(party, name) or "" for name in ("kind", "name", "eidr", "isni")}
        return cls(data, initial=said | {"names": "\n".join(lines)})

    def clean_names(self) -> dict[str, str]:
        names: dict[str, str] = {}
        for line in filter(str.strip, self.cleaned_data["names"].splitlines()):
            language, _colon, name = line.partition(":")
            if not name.strip():
                raise forms.ValidationError(_("Write the language, a colon and the name."))
            names[language.strip()] = name.strip()
        return names

    def values(self) -> dict[str, Any]:
        """Return the `changes` of `change_party`."""
        data = self.cleaned_data
        return dict(data) | {"eidr": data["eidr"] or None, "isni": data["isni"] or None}


class SamePartyForm(forms.Form):
    reason = forms.CharField(
        label=_("Why the two are one"),
        max_length=500,
        help_text=_("It stays with the party; nobody outside reads it."),
    )


class SplitPartyForm(forms.Form):
    reason = forms.CharField(label=_("Why it is one of its own"), max_length=500)


class MergeForm(forms.Form):
    reason = forms.CharField(
        label=_("Why the two are one work"),
        max_length=500,
        help_text=_("It stays with the title; nobody outside reads it."),
    )


class SplitForm(forms.Form):
    reason = forms.CharField(label=_("Why it is a work of its own"), max_length=500)


def code_of(text: str) -> str | None:
    """Return the plain edge code that was typed, None for nothing."""
    if not text.strip():
        return None
    try:
        return edge_code.parse(text)
    except ValueError:
        raise forms.ValidationError(
            _("“%(line)s” is no edge code."), params={"line": text[:40]}
        ) from None
