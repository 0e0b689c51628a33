"""Who speaks for performers, and consents that are signed here."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, cast

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from catalog.consent_form.words import FIELDS, law_words, mark_words, value_words
from catalog.consents.terms import (
    AT_REST,
    DISCLOSURES,
    LAWS,
    MEDIA,
    PROHIBITED,
    REPLICAS,
    REVOCABLE,
    SILENCES,
    STAGES,
)
from catalog.models import Authority, Basis, Consent, HeirsRule, SuspensionReason
from catalog.scope.territory import COUNTRIES, parse_territory
from web.forms import pay
from web.forms.documents import paper_field
from web.forms.fields import DayField, show_also, untouched
from web.forms.likenesses import ConsentForm

_FLAGS: Final = ("survives_death", "strike_suspends", "in_lieu_of_in_person_work")
# For the type checker: a lazy text is a text to Django's fields.
_LABELS: Final = {name: cast("str", text) for name, text in FIELDS.items()}


def _day(label: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _listed(label: Any, help_text: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        required=False,
        max_length=2000,
        help_text=help_text or _("One a line."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )


def _chosen(
    codes: tuple[str, ...], name: str, word: Callable[[str], str | Promise] = value_words
) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=_LABELS[name],
        required=False,
        choices=[("", "—"), *((code, word(code)) for code in codes)],
    )


class PerformerForm(forms.Form):
    """What is said of a performer."""

    name = forms.CharField(label=_("Name"), max_length=200)
    stage_names = _listed(_("Stage names"), _("One a line; each is found by the public question."))
    born = _day(_("Date of birth"))
    deceased_on = _day(_("Date of death"))
    domicile = forms.CharField(
        label=_("Lives in, or lived at death"),
        required=False,
        max_length=6,
        help_text=_("By ISO code, such as KR or US-CA."),
    )
    guilds = _listed(_("Guilds and unions"), _("One a line, such as SAG-AFTRA."))
    heirs_rule = forms.ChoiceField(label=_("How heirs decide"), choices=HeirsRule.choices)

    def values(self) -> dict[str, Any]:
        data = dict(self.cleaned_data)
        return data | {name: _lines(data[name]) for name in ("stage_names", "guilds")}


class AuthorityForm(forms.Form):
    """Somebody who may sign."""

    holder = forms.CharField(label=_("Who signs"), max_length=200)
    basis = forms.ChoiceField(label=_("Why they may"), choices=Basis.choices)
    share = forms.CharField(
        label=_("Share of the estate"),
        max_length=20,
        initial="1/1",
        help_text=_("Of heirs only, as an exact fraction such as 1/3."),
    )
    email = forms.EmailField(
        label=_("E-mail"), required=False, help_text=_("Where the link to sign is sent.")
    )
    starts_at = DayField(label=_("From"))
    ends_at = DayField(label=_("Until (not including)"))
    file = paper_field(
        _("What shows it"),
        help_text=_(
            "A power of attorney, a court's order, a certificate of inheritance: a PDF or pictures"
            " of its pages. It is kept unchanged for ten years."
        ),
        required=False,
    )


class DraftForm(ConsentForm):
    """A consent to be signed here: its scope, and the terms beside it."""

    projects = _listed(_LABELS["projects"])
    languages = _listed(_LABELS["languages"])
    youngest = forms.IntegerField(label=_("Youngest apparent age"), required=False, min_value=0)
    oldest = forms.IntegerField(label=_("Oldest apparent age"), required=False, min_value=0)
    role = forms.CharField(label=_LABELS["role"], required=False, max_length=200)
    replica = _chosen(REPLICAS, "replica")
    shown_in = forms.MultipleChoiceField(
        label=_LABELS["media"],
        required=False,
        choices=[(code, value_words(code)) for code in MEDIA],
        widget=forms.CheckboxSelectMultiple,
    )
    prohibited = forms.MultipleChoiceField(
        label=_LABELS["prohibited"],
        required=False,
        choices=[(code, value_words(code)) for code in PROHIBITED],
        widget=forms.CheckboxSelectMultiple,
    )
    stages = forms.MultipleChoiceField(
        label=_("Shown for approval first"),
        required=False,
        choices=[(code, value_words(code)) for code in STAGES],
        widget=forms.CheckboxSelectMultiple,
    )
    hours = forms.IntegerField(label=_("Hours to answer"), required=False)
    silence = _chosen(SILENCES, "approvals")
    per_use = pay.price_field(_("Pay for each use"))
    scan_day = pay.price_field(_("Pay for a day of scanning"))
    flat = pay.price_field(_("Pay once"))
    days_equivalent = forms.IntegerField(
        label=_("Days of work that it stands for"), required=False, min_value=1
    )
    revenue_share = forms.CharField(
        label=_("Share of revenue"),
        required=False,
        max_length=20,
        help_text=_("An exact fraction, such as 1/20."),
    )
    residuals = forms.CharField(label=_("Residuals"), required=False, max_length=100)
    pension_health = forms.BooleanField(
        label=_("Contributions to pension and health are paid"), required=False
    )
    revocable = _chosen(REVOCABLE, "revocable")
    notice_days = forms.IntegerField(
        label=_("Days of notice"),
        required=False,
        min_value=0,
        help_text=_("So long the consent stands after notice was given. Empty: none."),
    )
    survives_death = forms.BooleanField(
        label=_("The consent goes on after the performer's death"), required=False
    )
    strike_suspends = forms.BooleanField(label=_("A strike suspends it"), required=False)
    in_lieu_of_in_person_work = forms.BooleanField(
        label=_LABELS["in_lieu_of_in_person_work"], required=False
    )
    scan_notice_hours = forms.IntegerField(
        label=_LABELS["scan_notice_hours"], required=False, help_text=_("In hours.")
    )
    counsel = forms.CharField(label=_("Counsel of the performer"), required=False, max_length=200)
    union = forms.CharField(label=_("Union agreement"), required=False, max_length=200)
    law = _chosen(LAWS, "law", law_words)
    policy = _chosen(("contract_only", "no_fakes_2026"), "policy")
    court_approval = forms.CharField(
        label=_LABELS["court_approval"],
        required=False,
        max_length=200,
        help_text=_("Of a minor: which court, which order."),
    )
    earnings_set_aside = forms.CharField(
        label=_LABELS["earnings_set_aside"],
        required=False,
        max_length=200,
        help_text=_("Of a minor: which account, which part."),
    )
    disclosure = forms.MultipleChoiceField(
        label=_LABELS["disclosure"],
        required=False,
        choices=[(code, value_words(code)) for code in DISCLOSURES],
        widget=forms.CheckboxSelectMultiple,
    )
    at_rest = _chosen(AT_REST, "security")
    kept_by = _listed(_("Kept by"), _("Who may hold the material, one a line."))
    deletion_due = DayField(label=_("Deleted by"))

    def __init__(
        self, *args: Any, attributes: list[str], begins: Consent | None = None, **kwargs: Any
    ) -> None:
        """`begins`: the consent that is written anew; what no field shows of it stays."""
        initial = draft_initial(begins) if begins else None
        super().__init__(*args, attributes=attributes, initial=initial, **kwargs)
        self.fields["silence"].label = _("Without an answer")
        self.begins = begins
        if begins is not None:
            show_also(self, "uses", initial["uses"] if initial else ())

    def clean(self) -> None:
        super().clean()
        ages = [self.cleaned_data.get(name) for name in ("youngest", "oldest")]
        if ages.count(None) == 1:
            self.add_error("youngest", _("Write the youngest and the oldest age."))

    def values(self) -> dict[str, Any]:
        """Return the arguments of `draft_consent`."""
        scope = super().values()
        data = {name: scope.pop(name) for name in DraftForm.declared_fields_beside()}
        approvals = {name: data.pop(name) for name in ("stages", "hours", "silence")}
        helped = {name: data.pop(name) for name in ("counsel", "union")}
        paid = {name: data.pop(name) for name in pay.PARTS}
        kept = {name: data.pop(name) for name in ("at_rest", "kept_by", "deletion_due")}
        revocable = data.pop("revocable")
        days, ages = data.pop("notice_days"), [data.pop("youngest"), data.pop("oldest")]
        media = data.pop("shown_in")
        known = self.begins.terms if self.begins else {}
        terms = data | {
            "media": media,
            "projects": _lines(data["projects"]),
            "languages": _lines(data["languages"]),
            "ages": None if ages == [None, None] else ages,
            "approvals": approvals if approvals["stages"] else None,
            "representation": {name: each for name, each in helped.items() if each},
            "security": _security(**kept, known=known.get("security", {})),
            "compensation": pay.compensation(paid, known.get("compensation", {})),
            "revocable": _revocable(revocable, days),
        }
        terms |= {name: self._flag(name, known) for name in _FLAGS}
        if self.begins is not None:
            scope = untouched(self, scope, vars(self.begins))
        return scope | {"terms": terms}

    def _flag(self, name: str, known: Mapping[str, Any]) -> bool | None:
        """Return what a box says; one that is not ticked says no only where no was, or has to be,
        said."""
        has_to = self.begins is None and name == "survives_death"
        return self.cleaned_data[name] or (False if name in known or has_to else None)

    @classmethod
    def declared_fields_beside(cls) -> list[str]:
        """Return the names of the fields that only a consent signed here has."""
        return [name for name in cls.base_fields if name not in ConsentForm.base_fields]


def draft_initial(consent: Consent) -> dict[str, Any]:
    """Return what a draft's form begins with."""
    terms = consent.terms
    youngest, oldest = terms.get("ages", (None, None))
    return {
        # `train.*` is `train`.
        "uses": [use.removesuffix(".*") for use in consent.uses],
        "attributes": consent.attributes,
        "model_kinds": consent.model_kinds,
        "territory": _places(consent.territory),
        "starts_at": consent.starts_at,
        "ends_at": consent.ends_at,
        "grantee_code": consent.grantee.code if consent.grantee else "",
        "max_outputs": consent.max_outputs,
        "description": consent.description,
        "document": consent.document,
        **{name: each for name, each in terms.items() if not isinstance(each, dict)},
        "shown_in": terms.get("media", []),
        "projects": "\n".join(terms.get("projects", [])),
        "languages": "\n".join(terms.get("languages", [])),
        "youngest": youngest,
        "oldest": oldest,
        **terms.get("approvals", {}),
        **terms.get("representation", {}),
        **_security_initial(terms.get("security", {})),
        "revocable": terms.get("revocable", {}).get("when", ""),
        "notice_days": terms.get("revocable", {}).get("notice_days"),
        **pay.initial(terms.get("compensation", {})),
    }


def _places(territory: Any) -> str:
    """Return the countries as the form takes them."""
    countries = parse_territory(territory)
    return "World" if countries == frozenset(COUNTRIES) else ", ".join(sorted(countries))


def _revocable(when: str, days: int | None) -> dict[str, Any] | None:
    if not when and not days:
        return None
    # Days alone: at any time, once they are over.
    return {"when": when or "any_time"} | ({"notice_days": days} if days else {})


def _security(
    at_rest: str, kept_by: str, deletion_due: datetime | None, known: Mapping[str, Any]
) -> dict[str, Any]:
    """Return how the material is kept; the hour of a day that nobody touched stays."""
    said: dict[str, Any] = {"at_rest": at_rest, "who": _lines(kept_by)}
    if deletion_due is not None:
        due = known.get("deletion_due", "")
        same = due.startswith(deletion_due.date().isoformat())
        said["deletion_due"] = due if same else deletion_due.date().isoformat()
    said = {name: each for name, each in said.items() if each}
    # Whoever says by whom or until when says that it is kept encrypted: that has to be said.
    return {"at_rest": "encrypted"} | said if said else {}


def _security_initial(security: Mapping[str, Any]) -> dict[str, Any]:
    due = security.get("deletion_due")
    return {
        "at_rest": security.get("at_rest", ""),
        "kept_by": "\n".join(security.get("who", [])),
        "deletion_due": due[:10] if due else None,
    }


class SuspendForm(forms.Form):
    reason = forms.ChoiceField(label=_("Reason"), choices=SuspensionReason.choices)
    note = forms.CharField(label=_("Note"), required=False, max_length=500)


class PaperForm(forms.Form):
    """A signature on paper: whose, as what, on which day, and the file that shows it."""

    authority_code = forms.ChoiceField(label=_("Who signed"))
    name = forms.CharField(
        label=_("Name"), max_length=200, help_text=_("As it stands on the paper.")
    )
    role = forms.CharField(
        label=_("Signs as"), max_length=100, help_text=_("Such as Myself, Her son, Guardian.")
    )
    signed_on = forms.DateField(
        label=_("Signed on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    language = forms.ChoiceField(label=_("Language of the form"))
    file = paper_field(_("The signed form"))

    def __init__(
        self, authorities: list[Authority], languages: list[str], *args: Any, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        names = {"en": "English", "ko": "한국어"}
        choices = {
            "authority_code": [(each.code, str(each)) for each in authorities],
            "language": [(each, names[each]) for each in languages],
        }
        for field, values in choices.items():
            chosen = self.fields[field]
            assert isinstance(chosen, forms.ChoiceField)  # noqa: S101 - for the type checker
            chosen.choices = values

    def values(self) -> dict[str, Any]:
        """Return the arguments of `bring_signature` but the file."""
        return {name: value for name, value in self.cleaned_data.items() if name != "file"}


class SignForm(forms.Form):
    """Name, role, and a mark for each term that is set apart."""

    name = forms.CharField(
        label=_("Your name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    role = forms.CharField(
        label=_("As what you sign"),
        max_length=100,
        help_text=_("Such as: the performer, guardian, heir, agent."),
    )
    form_sha256 = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, marks: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.marks = marks
        for mark in marks:
            self.fields[f"mark_{mark}"] = forms.BooleanField(
                label=cast("str", mark_words(mark)),
                error_messages={"required": _("Mark this term, or do not sign.")},
            )

    def values(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {
            "name": data["name"],
            "role": data["role"],
            "form_sha256": data["form_sha256"],
            "marks": [mark for mark in self.marks if data[f"mark_{mark}"]],
        }
