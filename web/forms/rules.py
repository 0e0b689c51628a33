"""One row of a studio's own rule tables; the fields are those of its table."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.errors import Invalid
from licensing.counsel.rule_rows import check_days, check_rule
from licensing.models import RuleTable
from web.forms.verbs import gather, place_error
from web.rules import period_text

_PERIOD = re.compile(r"\s*([\d-]{10})?\s*[–-]\s*([\d-]{10})?\s*(\*)?\s*:\s*(.*)")


class RuleForm(forms.Form):
    """`key` is given where a row is superseded or ours is replaced; else it is asked for."""

    def __init__(
        self,
        table: str,
        key: str = "",
        data: Any = None,
        *,
        body: Mapping[str, Any] | None = None,
        can_be_taken_out: bool = True,
    ) -> None:
        super().__init__(data, initial=_typed(table, body or {}))
        self.table = table
        self.reach = _WRITTEN_OUT if table in _OF_GROUPS else ""
        self._key = key
        if not key:
            self.fields["key"] = forms.CharField(
                label=_("What it is about"), max_length=120, help_text=_KEYS.get(table, "")
            )
        self.fields |= {name: make() for name, make in _FIELDS[table].items()}
        for name in _FIELDS[table].keys() - _MAY_BE_EMPTY:
            self.fields[name].required = not can_be_taken_out
        if can_be_taken_out:
            self.fields["take_out"] = forms.BooleanField(
                label=_("There shall be no such row: what hangs on it then needs review"),
                required=False,
            )
        self.fields["source"] = forms.CharField(
            label=_("Source"),
            max_length=300,
            help_text=_("The statute, the agreement or the memorandum that says so."),
        )
        self.fields["valid_from"] = _day(_("Valid from"), _("Empty: always."))
        self.fields["valid_until"] = _day(
            _("Valid before"), _("The first day for which it no longer counts. Empty: for good.")
        )
        self.fields["note"] = forms.CharField(label=_("Note"), max_length=500, required=False)

    def clean(self) -> None:
        if not self.errors:
            gather(
                self,
                lambda: check_days(
                    self.cleaned_data["valid_from"], self.cleaned_data["valid_until"]
                ),
            )
            try:
                check_rule(self.table, self.key, self.body())
            except Invalid as refusal:
                place_error(self, refusal)

    @property
    def key(self) -> str:
        """What the row is about."""
        return self._key or str(self.cleaned_data["key"]).strip()

    def body(self) -> dict[str, Any] | None:
        """What the row says; None where there shall be none."""
        data = self.cleaned_data
        if data.get("take_out"):
            return None
        return {name: _READ.get(name, _plain)(data[name]) for name in _FIELDS[self.table]}

    def rest(self) -> dict[str, Any]:
        """The other arguments of `add_rule` and `supersede_rule`."""
        names = ("source", "note", "valid_from", "valid_until")
        return {name: self.cleaned_data[name] for name in names}


def _plain(value: Any) -> Any:
    return value or None


def _codes(text: str) -> list[str]:
    return [code.upper() for code in re.split(r"[\s,;]+", text) if code]


def _periods(text: str) -> list[Any]:
    return [_period(line) for line in text.splitlines() if line.strip()]


def _period(line: str) -> Any:
    match = _PERIOD.fullmatch(line)
    if match is None:
        return line  # which the check refuses
    begin, end, mark, codes = match.groups()
    return {"from": begin, "before": end, "undated": bool(mark), "codes": _codes(codes)}


_READ: Mapping[str, Callable[[Any], Any]] = {
    "since": lambda day: day and day.isoformat(),
    "effective": lambda day: day and day.isoformat(),
    "from": lambda day: day and day.isoformat(),
    "until": lambda day: day and day.isoformat(),
    "codes": _codes,
    "periods": _periods,
}


def _day(label: Any, helps: Any = "") -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, help_text=helps, required=False, widget=widget)


def _text(label: Any, helps: Any = "") -> forms.CharField:
    return forms.CharField(label=label, help_text=helps, required=False, max_length=2000)


def _lines(label: Any, helps: Any) -> forms.CharField:
    return forms.CharField(label=label, help_text=helps, required=False, widget=forms.Textarea)


def _choice(label: Any, *options: tuple[str, Any]) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=options, required=False)


_LENGTH = _("Such as P5Y or P18M.")
_COUNTRIES = _("Codes of countries with spaces between, such as DE AT CH.")
_FIELDS: Mapping[str, Mapping[str, Callable[[], forms.Field]]] = {
    RuleTable.CO_OWNERS: {
        "rule": lambda: _choice(
            _("Non-exclusive licence"),
            ("consent", _("Every owner must consent.")),
            ("account", _("One owner may license alone and must account to the others.")),
        )
    },
    RuleTable.VOID_CONSENT: {"since": lambda: _day(_("A vague consent is void since"))},
    RuleTable.MINOR: {
        "of_age": lambda: _text(_("Of age after"), _LENGTH),
        "cap": lambda: _text(_("Longest term of a consent"), _LENGTH),
    },
    RuleTable.POLICIES: {"cap": lambda: _text(_("Longest term of a consent"), _LENGTH)},
    RuleTable.GUILDS: {
        "effective": lambda: _day(_("In force from"), _("Empty: always.")),
        "duty": lambda: _choice(
            _("Training licences"),
            ("", _("No duty for training licences.")),
            ("notice", _("The guild must be told of training licences.")),
            ("compensate", _("The guild’s members must be paid for training licences.")),
        ),
    },
    RuleTable.GROUPS: {"codes": lambda: _text(_("Countries"), _COUNTRIES)},
    RuleTable.MEMBERS: {
        "from": lambda: _day(_("Member from")),
        "until": lambda: _day(_("Member before"), _("Empty: it still is.")),
    },
    RuleTable.BUNDLES: {"codes": lambda: _text(_("Countries"), _COUNTRIES)},
    RuleTable.SUCCESSORS: {
        "periods": lambda: _lines(
            _("Successors, by the day that a deed is of"),
            _(
                "One period a line: first day, dash, first day after, colon, codes; an asterisk"
                " before the colon where it also counts for deeds without a day."
            ),
        )
    },
}
_MAY_BE_EMPTY = frozenset({"effective", "duty", "until"})
# Groups are written out as countries when a fact is recorded, by our tables.
_OF_GROUPS = (RuleTable.GROUPS, RuleTable.BUNDLES, RuleTable.SUCCESSORS)
_WRITTEN_OUT = _(
    "Facts of your titles are written out as countries when they are recorded, by our tables, and"
    " this row changes none of them. It counts for cases that name the group themselves: over the"
    " API and on the command line."
)
_KEYS: Mapping[str, Any] = {
    RuleTable.CO_OWNERS: _("The code of the country whose law it is, such as BR."),
    RuleTable.VOID_CONSENT: _("The code of the law, such as CA."),
    RuleTable.GUILDS: _("Guild and agreement, such as WGA/MBA 2026."),
    RuleTable.MEMBERS: _("Group and country, such as EU/GB."),
    RuleTable.BUNDLES: _("The code of the country that brings others with it, such as US."),
}


def _typed(table: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a row stands in which field."""
    shown = dict(body)
    if "codes" in shown:
        shown["codes"] = " ".join(shown["codes"])
    if "periods" in shown:
        shown["periods"] = "\n".join(map(period_text, shown["periods"]))
    return shown
