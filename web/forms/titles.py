"""Registering a work."""

from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.text import check_name
from catalog.descriptions import check_language, check_year
from catalog.identifiers import canonical_eidr
from catalog.titles import check_placed
from web.forms.verbs import gather
from web.forms.works import TITLE_KINDS, code_of

_MOST_NAMES = 50


class TitleForm(forms.Form):
    name = forms.CharField(
        label=_("Original name"), max_length=300, help_text=_("As the title card says it.")
    )
    language = forms.CharField(
        label=_("Language of that name"),
        max_length=20,
        initial=get_language,
        help_text=_("A language tag, such as en, ko or pt-BR."),
    )
    kind = forms.ChoiceField(label=_("Kind"), choices=TITLE_KINDS, initial="film")
    parent = forms.CharField(
        label=_("Part of"),
        required=False,
        max_length=40,
        help_text=_(
            "The edge code of the series, season or franchise; an episode needs one. Empty: it"
            " stands alone."
        ),
    )
    number = forms.IntegerField(
        label=_("Number in it"), required=False, help_text=_("Of the season or episode.")
    )
    year = forms.IntegerField(
        label=_("Year"), required=False, help_text=_("Of the first publication.")
    )
    eidr = forms.CharField(
        label=_("EIDR"),
        required=False,
        max_length=80,
        help_text=_("10.5240/XXXX-XXXX-XXXX-XXXX-XXXX-C, where the work has one."),
    )
    names = forms.CharField(
        label=_("Names in other languages"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One a line, its language first, such as ko: 괴물"),
    )

    def clean_parent(self) -> str | None:
        return code_of(self.cleaned_data["parent"])

    def clean_names(self) -> dict[str, str]:
        names: dict[str, str] = {}
        for number, line in enumerate(self.cleaned_data["names"].splitlines(), 1):
            if not line.strip():
                continue
            tag, colon, name = line.partition(":")
            if not colon or not tag.strip() or not name.strip():
                raise forms.ValidationError(
                    _("Line %(number)s: write the language, a colon and the name, as in ko: 괴물"),
                    params={"number": number},
                )
            if tag.strip() in names:
                raise forms.ValidationError(
                    _("Line %(number)s: the language %(language)s stands there twice."),
                    params={"number": number, "language": tag.strip()},
                )
            names[tag.strip()] = name.strip()
        if len(names) > _MOST_NAMES:
            raise forms.ValidationError(
                _("At most %(most)s names, please."), params={"most": _MOST_NAMES}
            )
        return names

    def clean(self) -> None:
        data = self.cleaned_data
        gather(
            self,
            lambda: check_name("name", data["name"]),
            lambda: check_language("language", data["language"]),
            lambda: check_year("year", data["year"]),
            lambda: check_placed(data["kind"], has_parent=bool(data["parent"])),
            lambda: data["eidr"] and canonical_eidr(data["eidr"]),
        )

    def values(self) -> dict[str, Any]:
        """Return the arguments of `register_title`."""
        data = dict(self.cleaned_data)
        data["eidr"] = data["eidr"] or None
        return data
