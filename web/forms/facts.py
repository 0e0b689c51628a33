"""One form for each kind of fact, made from the table of its fields: `catalog.facts.shapes`."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation
from accounts.text import check_note
from catalog.facts import fields as checks
from catalog.facts.fields import Check, limit_of, options_of, takes_several
from catalog.facts.shapes import SHAPES
from catalog.models import Evidence, Fact, FactKind, Party, Title
from ledger import edge_code
from web import words
from web.fact_labels import OPTIONS, help_of, label_of
from web.forms.fields import ChoicesField
from web.forms.spans import LengthField, LinesField, MomentField, StretchField, length_text
from web.forms.territory import TerritoryField
from web.forms.verbs import gather
from web.words import Text

_MOST_PAPERS = 200
_TERM = ("start", "start_event", "start_lag", "end_by", "end", "end_length", "end_event", "tz")
_SCOPE = ("uses", "territory", "modality", "model_kind", "excludes")
_SOURCE = ("document", "clause", "evidence", "note")
# Who is named in a deed: known names are proposed, so that one is written one way.
_PARTIES = ("party", "from", "to", "beneficiary", "holder", "reversion_to")
# What few papers say; folded away until it is said.
_RARE = frozenset({
    "after_acquired_title", "new_uses", "reserved", "vesting", "vesting_met", "status", "revocable",
    "against", "mfn", "price", "price_currency", "price_per", "modality", "model_kind", "excludes",
    "start_event", "start_lag",
})  # fmt: skip
_MOST_NAMES = 200
_MOST_LABS = 100
# More facts than these are named by their codes.
_MOST_CHOICES = 50
_HELP_OF_MANY = _(
    "The edge codes of these records, one a line. Open a record under Rights to begin from it."
)
_HELP_OF_ONE = _("The edge code of its record. Open the record under Rights to begin from it.")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class FactForm(forms.Form):
    """The fields of one kind of fact about a title. `correcting` fills in what stands, and asks
    for the reason."""

    def __init__(
        self,
        kind: str,
        title: Title,
        data: Any = None,
        *,
        correcting: Fact | None = None,
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial=dict(initial or {}))
        self.kind = FactKind(kind)
        self.correcting = correcting
        self._title = title
        self._shape = SHAPES[self.kind]
        for name, check in self._shape.checks.items():
            if name not in _TERM:
                self._add(name, check, required=name in self._shape.needs)
        if self._shape.scoped:
            self._add_term()
        elif "tz" in self._shape.checks:
            self.fields["tz"] = self._text("tz", 60)
        self._add_source()
        if correcting is not None:
            self.initial.update(_typed(correcting))
            if isinstance(place := self.fields.get("territory"), _PlaceField):
                place.recorded = correcting.territory
            self.fields["reason"] = self._text("reason", 500, required=True)

    def groups(self) -> list["Group"]:
        """Return the fields under headings, in the order of reading a contract."""
        scope, term, source = _SCOPE, _TERM, _SOURCE
        rest = [name for name in self.fields if name not in (*scope, *term, *source, "reason")]
        named: list[tuple[Text, Sequence[str]]] = [
            (_("What it says"), rest),
            (_("For what and where"), scope),
            (_("When"), term),
            (_("What it rests on"), (*source, "reason")),
        ]
        if not self._shape.scoped:
            rest += [name for name in ("uses", "modality", "excludes", "tz") if name in self.fields]
            del named[1:3]
        return [
            self._group(label, [name for name in names if name in self.fields])
            for label, names in named
            if any(name in self.fields for name in names)
        ]

    def _group(self, label: Text, names: Sequence[str]) -> "Group":
        rare = [self[name] for name in names if name in _RARE and self._is_usual(name)]
        folded = {bound.name for bound in rare}
        return Group(label, [self[name] for name in names if name not in folded], rare)

    def _is_usual(self, name: str) -> bool:
        """Whether nothing is said in a field, as mostly, and nothing is wrong."""
        return not self[name].errors and not self[name].value()

    def parties(self) -> list[str]:
        """Return the names that this title's facts and the organisation's list of parties know; of
        labs that it has dealt with, with their codes."""
        known = dict.fromkeys([self._title.organisation.name])
        if self.kind in (FactKind.GRANT_OUT, FactKind.OPTION):
            dealt = Organisation.objects.filter(
                requests__deals__licensor=self._title.organisation_id
            )
            labs = dealt.order_by("name", "pk").distinct()[:_MOST_LABS]
            known |= dict.fromkeys(f"{lab.name} ({lab.display_code})" for lab in labs)
        for body in (
            Fact.objects.standing().filter(title=self._title).values_list("body", flat=True)
        ):
            known |= dict.fromkeys(str(body[name]) for name in _PARTIES if name in body)
        mine = Party.objects.filter(organisation=self._title.organisation_id, canonical=None)
        names = mine.order_by("-pk").values_list("name", flat=True)[:_MOST_NAMES]
        return list(known | dict.fromkeys(names))[:_MOST_NAMES]

    def clean(self) -> None:
        data = self.cleaned_data
        body = self.body()
        gather(
            self,
            *(
                _checking(check, name, body[name])
                for name, check in self._shape.checks.items()
                if name in body and name not in ("start", "end")
            ),
            lambda: check_note("document", data["document"], 300),
            lambda: check_note("clause", data["clause"], 100),
            lambda: check_note("note", data["note"], 500),
        )
        if self._shape.scoped:
            self._clean_term(body)

    def body(self) -> dict[str, Any]:
        """Return the fact as the clearance contract writes it; what is empty is left out."""
        data = self.cleaned_data
        body = {name: data[name] for name in self._shape.checks if name in data}
        if body.get("vesting"):
            body["vesting"] = {
                "condition": body["vesting"],
                "satisfied": data.get("vesting_met", False),
            }
        if body.get("price"):
            currency, per = data.get("price_currency", ""), data.get("price_per", "")
            body["price"] = {"amount": body["price"], "currency": currency.upper(), "per": per}
        if self._shape.scoped:
            body |= {"start": self._start(), "end": self._end()}
        flags = {n for n, check in self._shape.checks.items() if check is checks.flag}
        empty: tuple[Any, ...] = (None, "", [])
        return {
            name: value
            for name, value in body.items()
            if value not in empty and not (name in flags and value is False)
        }

    def source(self) -> dict[str, Any]:
        """Return the other arguments of `record_fact` and `correct_fact`."""
        data = self.cleaned_data
        found = {name: data[name] for name in ("document", "clause", "note")}
        found["evidence"] = data["evidence"] or None
        return found | ({"reason": data["reason"]} if "reason" in data else {})

    def _add(self, name: str, check: Check, *, required: bool) -> None:
        label, helps = label_of(self.kind, name), help_of(self.kind, name)
        common: dict[str, Any] = {"label": label, "help_text": helps, "required": required}
        if name == "target":
            self.fields[name] = self._facts(common, ("grant_in", "grant_out"), several=False)
        elif name == "about":
            self.fields[name] = self._facts(common, None, several=True)
        elif name == "resolves":
            self.fields[name] = forms.ChoiceField(choices=OPTIONS["resolves"].items(), **common)
        elif name == "excludes":
            self.fields[name] = _CodesField(**common)
        elif name == "vesting":
            self.fields[name] = forms.CharField(max_length=200, **common)
            self.fields["vesting_met"] = forms.BooleanField(
                label=label_of(self.kind, "vesting_met"), required=False
            )
        elif name == "price":
            self.fields[name] = forms.CharField(max_length=30, **common)
            self.fields["price_currency"] = self._text("price_currency", 3)
            self.fields["price_per"] = self._choice("price_per", required=False)
        else:
            self.fields[name] = _field(name, check, common)
            if name in _PARTIES:
                self.fields[name].widget.attrs |= {"list": "parties", "autocomplete": "off"}

    def _add_term(self) -> None:
        for name in ("start", "end"):
            self.fields[name] = MomentField(
                label=label_of(self.kind, name), help_text=help_of(self.kind, name)
            )
        for name in ("start_lag", "end_length"):
            self.fields[name] = LengthField(
                label=label_of(self.kind, name), help_text=help_of(self.kind, name)
            )
        for name in ("start_event", "end_event"):
            self.fields[name] = self._text(name, 100)
        self.fields["tz"] = self._text("tz", 60)
        self.fields["end_by"] = self._choice("end_by", required=False)
        self.fields["end_by"].initial = "never"

    def _add_source(self) -> None:
        for name, limit in (("document", 300), ("clause", 100), ("note", 500)):
            self.fields[name] = self._text(name, limit)
        papers = Evidence.objects.filter(organisation=self._organisation()).order_by("-pk")
        rows = papers.values_list("code", "filename")[:_MOST_PAPERS]
        none: list[tuple[str, Any]] = [("", _("No document handed in"))]
        self.fields["evidence"] = forms.ChoiceField(
            label=label_of(self.kind, "evidence"),
            help_text=help_of(self.kind, "evidence"),
            required=False,
            choices=[*none, *((c, f"{name} · {edge_code.display(c)}") for c, name in rows)],
        )

    def _organisation(self) -> int:
        """Whose papers may be named."""
        return self._title.organisation_id

    def _text(self, name: str, limit: int, *, required: bool = False) -> forms.CharField:
        return forms.CharField(
            label=label_of(self.kind, name),
            help_text=help_of(self.kind, name),
            max_length=limit,
            required=required,
        )

    def _choice(self, name: str, *, required: bool) -> forms.ChoiceField:
        return forms.ChoiceField(
            label=label_of(self.kind, name),
            help_text=help_of(self.kind, name),
            required=required,
            choices=list(OPTIONS[name].items()),
        )

    def _facts(
        self, common: dict[str, Any], kinds: Sequence[str] | None, *, several: bool
    ) -> forms.Field:
        rows = Fact.objects.standing().filter(title=self._title).order_by("pk")
        if kinds is not None:
            rows = rows.filter(kind__in=kinds)
        if rows[_MOST_CHOICES : _MOST_CHOICES + 1].exists():
            common |= {"help_text": _HELP_OF_MANY if several else _HELP_OF_ONE}
            return _CodesField(**common) if several else _CodeField(**common)
        choices = [
            (f.code, " · ".join(filter(None, (str(f.get_kind_display()), f.party, f.document))))
            for f in rows
        ]
        if several:
            return forms.MultipleChoiceField(
                choices=choices, widget=forms.CheckboxSelectMultiple, **common
            )
        return forms.ChoiceField(choices=choices, **common)

    def _start(self) -> Any:
        data = self.cleaned_data
        if data.get("start_event"):
            return _event(data["start_event"], data.get("start_lag"))
        return data.get("start")

    def _end(self) -> Any:
        data = self.cleaned_data
        match data.get("end_by"):
            case "until":
                return data.get("end")
            case "through":
                return {"through": data.get("end")}
            case "duration":
                return {"duration": data.get("end_length")}
            case "event":
                return _event(data.get("end_event", ""), data.get("end_length"))
        return None

    def _clean_term(self, body: Mapping[str, Any]) -> None:
        data = self.cleaned_data
        if data.get("start") and data.get("start_event"):
            self.add_error("start_event", _("Write a day or an event, not both."))
        way = data.get("end_by") or "never"
        needed = {"until": "end", "through": "end", "duration": "end_length", "event": "end_event"}
        if way in needed:
            if not data.get(needed[way]) and needed[way] not in self.errors:
                self.add_error(needed[way], _("The chosen way of ending needs this."))
        elif data.get("end") or data.get("end_length") or data.get("end_event"):
            self.add_error("end_by", _("Choose how it ends, or leave day, length and event empty."))
        if way == "duration" and not (data.get("start") or data.get("start_event")):
            self.add_error("start", _("A length of time needs a start to count from."))
        for name in ("start", "end"):
            if data.get(name):
                gather(self, _checking(checks.instant, name, data[name]))
        if not self.errors:
            self._check_order(body)

    def _check_order(self, body: Mapping[str, Any]) -> None:
        start, end = body.get("start"), self.cleaned_data.get("end")
        if body.get("end") is None or not isinstance(start, str) or not end:
            return
        both_days = _DAY.fullmatch(start) and _DAY.fullmatch(end)
        through = self.cleaned_data["end_by"] == "through"
        if both_days and (end < start if through else end <= start):
            self.add_error("end", _("The end must lie after the start."))


class Group(NamedTuple):
    """Fields under one heading; `rare` are folded away."""

    label: Text
    usual: list[forms.BoundField]
    rare: list[forms.BoundField]


class _CodesField(LinesField):
    """Edge codes, one a line, in any spelling."""

    def clean(self, value: Any) -> list[str]:
        codes = []
        for line in super().clean(value):
            try:
                codes.append(edge_code.parse(line))
            except ValueError:
                raise forms.ValidationError(
                    _("“%(line)s” is no edge code."), params={"line": line[:40]}
                ) from None
        return codes

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(map(edge_code.display, value)) if isinstance(value, list) else value


class _CodeField(forms.CharField):
    """One edge code, in any spelling."""

    def clean(self, value: Any) -> str:
        text: str = super().clean(value)
        try:
            return edge_code.parse(text)
        except ValueError:
            raise forms.ValidationError(
                _("“%(line)s” is no edge code."), params={"line": text[:40]}
            ) from None


class _PlaceField(TerritoryField):
    """A territory that keeps what was recorded as long as it is not typed anew."""

    recorded: Any = None

    def clean(self, value: Any) -> Any:
        if self.recorded is not None and str(value).strip() == place_text(self.recorded):
            return self.recorded
        return super().clean(value)


def _field(name: str, check: Check, common: dict[str, Any]) -> forms.Field:
    """Return the form field that a check asks for."""
    if name == "uses":
        usual = ["ALL"] if check is checks.uses and not common["required"] else []
        return ChoicesField(words.USES, initial=usual, **common)
    if options := options_of(check):
        if takes_several(check):
            return ChoicesField(OPTIONS[name], options, **common)
        choices: list[tuple[str, Any]] = [(o, capfirst(str(OPTIONS[name][o]))) for o in options]
        none: list[tuple[str, Any]] = [] if common["required"] else [("", _("Not said"))]
        return forms.ChoiceField(choices=[*none, *choices], **common)
    if (simple := _SIMPLE.get(check)) is not None:
        return simple(**common)
    return forms.CharField(max_length=limit_of(check) or 100, **common)


def _box(**common: Any) -> forms.BooleanField:
    return forms.BooleanField(**(common | {"required": False}))


def _place(**common: Any) -> _PlaceField:
    return _PlaceField()


_SIMPLE: Mapping[Check, Callable[..., forms.Field]] = {
    checks.flag: _box,
    checks.territory: _place,
    checks.count: partial(forms.IntegerField, min_value=0),
    checks.instant: MomentField,
    checks.duration: LengthField,
    checks.names: LinesField,
    checks.party: partial(forms.CharField, max_length=220),
    checks.parties: LinesField,
    checks.timecode: StretchField,
}


def _event(name: str, lag: str | None) -> dict[str, str]:
    return {"event": name} | ({"lag": lag} if lag else {})


def _checking(check: Check, name: str, value: Any) -> Callable[[], object]:
    return lambda: check(name, value)


def place_text(territory: Any) -> str:
    """Return a recorded territory as one may type it: by codes, but the world by its name."""
    if territory == "WORLD":
        return gettext("World")
    if isinstance(territory, str):
        return territory
    if isinstance(territory, Mapping):
        inside, outside = _codes(territory.get("include", [])), _codes(territory.get("except", []))
        return f"{inside} except {outside}" if outside else inside
    return _codes(territory)


def _codes(given: str | Iterable[str]) -> str:
    return given if isinstance(given, str) else ", ".join(given)


def _typed(fact: Fact) -> dict[str, Any]:
    """Return what of a recorded fact stands in which field."""
    body = dict(fact.body)
    shown: dict[str, Any] = {"document": fact.document, "clause": fact.clause, "note": fact.note}
    shown["evidence"] = fact.evidence.code if fact.evidence else ""
    shown |= {name: value for name, value in body.items() if not isinstance(value, dict)}
    if "against" in body:
        shown["against"] = "\n".join(body["against"])
    if "territory" in body:
        shown["territory"] = place_text(body["territory"])
    if "notice" in body:
        shown["notice"] = length_text(body["notice"])
    if vesting := body.get("vesting"):
        shown |= {"vesting": vesting["condition"], "vesting_met": vesting["satisfied"]}
    if price := body.get("price"):
        shown |= {"price": price["amount"], "price_currency": price["currency"]}
        shown["price_per"] = price["per"]
    if stretch := body.get("timecode"):
        shown["timecode"] = f"{stretch['from']} - {stretch['to']}"
    return shown | _typed_term(body)


def _typed_term(body: Mapping[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    start, end = body.get("start"), body.get("end")
    if isinstance(start, dict):
        shown |= {"start": "", "start_event": start["event"]}
        shown["start_lag"] = length_text(start["lag"]) if "lag" in start else ""
    match end:
        case None:
            shown["end_by"] = "never"
        case str():
            shown |= {"end_by": "until", "end": end}
        case {"through": day}:
            shown |= {"end_by": "through", "end": day}
        case {"duration": length}:
            shown |= {"end_by": "duration", "end_length": length_text(length)}
        case {"event": name}:
            lag = length_text(end["lag"]) if "lag" in end else ""
            shown |= {"end_by": "event", "end_event": name, "end_length": lag}
    return shown
