"""What a recorded fact says, line by line and in one line, in the reader's language."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from catalog.models import Fact, FactKind
from ledger import edge_code
from web import display, words
from web.fact_labels import OPTIONS, label_of
from web.forms.spans import length_text
from web.words import Text

# The tone of a standing fact: its look in the table and on the timeline.
TONES: Mapping[str, str] = {
    FactKind.GRANT_OUT: "taken",
    FactKind.RESTRICTION: "forbidden",
    FactKind.HOLDBACK: "held",
    FactKind.CAP: "narrowed",
    FactKind.OPTION: "narrowed",
}
_LONGEST = 300


@dataclass(frozen=True)
class Said:
    """One field of a fact with its value in words."""

    label: Text
    text: str


def tone_of(fact: Fact) -> str:
    """Return the look of a fact's band on the timeline; "" where it has no term."""
    if fact.is_holding:
        return "non-exclusive" if fact.exclusivity == "non_exclusive" else "exclusive"
    return TONES.get(fact.kind, "")


def lines_of_fact(fact: Fact) -> list[Said]:
    """Return every field of a fact but scope and term, which a page shows by their own means."""
    shown = {
        name: value
        for name, value in fact.body.items()
        if name not in ("uses", "territory", "start", "end", "tz", "modality", "model_kind")
    }
    return [Said(capfirst(str(label_of(fact.kind, n))), _value(n, v)) for n, v in shown.items()]


def headline(fact: Fact) -> str:
    """Return whom or what a fact is about: a party, an element, an event."""
    write = _HEADLINES.get(fact.kind)
    return write(fact) if write else fact.party


def in_one_line(fact: Fact) -> str:
    """Return what a fact is, whom or what it is about, and the share it says."""
    share = f"{fact.share.numerator}/{fact.share.denominator}" if fact.share else ""
    return ", ".join(filter(None, (fact.get_kind_display(), headline(fact), share)))


def instrument(fact: Fact) -> str:
    """Return the paper that a fact rests on, with its clause; "" where none is named."""
    paper = fact.document or (fact.evidence.filename if fact.evidence else "")
    return ", ".join(filter(None, (paper, fact.clause)))


def term_words(fact: Fact) -> str:
    """Return a term that hangs on an event or a length of time; "" where days say it all."""
    said = []
    start, end = fact.body.get("start"), fact.body.get("end")
    if isinstance(start, dict):
        said.append(_("from %(event)s") % {"event": _event(start)})
    if isinstance(end, dict) and "event" in end:
        said.append(_("until %(event)s") % {"event": _event(end)})
    if isinstance(end, dict) and "duration" in end:
        said.append(_("for %(length)s") % {"length": length_text(end["duration"])})
    return ", ".join(said)


def zone_of(fact: Fact) -> str:
    """Return the zone in which a fact's days are read."""
    return str(fact.body.get("tz", "UTC"))


def _event(at: Mapping[str, str]) -> str:
    if "lag" in at:
        return _("%(length)s after “%(event)s”") % {
            "length": length_text(at["lag"]),
            "event": at["event"],
        }
    return _("“%(event)s”") % {"event": at["event"]}


def _value(name: str, value: Any) -> str:
    if name in _WORDS:
        return _WORDS[name](value)
    table = OPTIONS.get(name, {})
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return display.list_text([str(table.get(each, each)) for each in value])
    return str(table.get(str(value), value))[:_LONGEST]


def day_words(text: str) -> str:
    """Return a recorded day or moment in words."""
    if "T" not in text:
        return display.day_text(date.fromisoformat(text))
    return (
        text
        if "+" not in text and "Z" not in text
        else display.datetime_text(datetime.fromisoformat(text))
    )


def _vesting(at: Mapping[str, Any]) -> str:
    standing = _("met") if at["satisfied"] else _("not met yet")
    return f"{at['condition']} ({standing})"


_WORDS: Mapping[str, Callable[[Any], str]] = {
    "executed": day_words,
    "effective": day_words,
    "offered": day_words,
    "signed": day_words,
    "date": day_words,
    "born": day_words,
    "notice": length_text,
    "excludes": lambda codes: display.list_text([edge_code.display(code) for code in codes]),
    "about": lambda codes: display.list_text([edge_code.display(code) for code in codes]),
    "target": edge_code.display,
    "timecode": lambda at: f"{at['from']} \N{EN DASH} {at['to']}",
    "vesting": _vesting,
    "price": lambda at: (
        f"{at['currency']} {at['amount']} {OPTIONS['price_per'].get(at['per'], at['per'])}"
    ),
}


def _forbidden(fact: Fact) -> str:
    uses = display.list_text([str(words.name_of(use)) for use in fact.uses])
    return _("Forbidden: %(uses)s") % {"uses": uses}


def _element(fact: Fact) -> str:
    body = fact.body
    name = str(OPTIONS["element"].get(body["element"], body["element"]))
    return f"{name}: {body['ref']}" if body.get("ref") else name


_HEADLINES: Mapping[str, Callable[[Fact], str]] = {
    FactKind.RESTRICTION: _forbidden,
    FactKind.CAP: lambda fact: (
        _("At most %(count)d licensees") % {"count": fact.body["max_licensees"]}
    ),
    FactKind.ELEMENT: _element,
    FactKind.GUILD: lambda fact: f"{fact.body['guild']}, {fact.body['agreement']}",
    FactKind.EVENT: lambda fact: str(fact.body["name"]),
    FactKind.REVOCATION: lambda fact: edge_code.display(fact.body["target"]),
    FactKind.OPINION: lambda fact: str(
        OPTIONS["resolves"].get(fact.body["resolves"], fact.body["resolves"])
    ),
}
