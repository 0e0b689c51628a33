"""A certificate's statement in words, in the language that is active: for its PDF and its page."""

import unicodedata
from datetime import UTC, datetime
from typing import Any, Final

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal
from django.utils.functional import Promise
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext_lazy as _

from catalog.consent_form.words import attribute_words, kind_words, use_words
from catalog.scope.territory import COUNTRIES, parse_territory
from licensing.models import Exclusivity
from provenance.certificates.statement import Statement

type Text = str | Promise

TITLE: Final = _("Certificate of licence")
STATES: Final[dict[str, Text]] = {
    "active": _("This licence is in force."),
    "pending": _("This licence has not begun."),
    "expired": _("This licence has expired."),
    "superseded": _("This licence was amended; another has taken its place."),
    "revoked": _("This licence was revoked."),
    "without_consent": _("No file of this licence may be used any more."),
}
# What a certificate is not. Said on its second page and below every page that shows one.
LIMITS: Final[tuple[Text, ...]] = (
    _("The agreement decides. This certificate grants nothing and changes nothing."),
    _("That the licensor holds the rights is its own word. What is proven: who said so, and when."),
    _("What was agreed on money, and other clauses of the agreement, are not stated here."),
    _(
        "It says what held when it was made. A licence can be revoked since, and a consent"
        " withdrawn: what holds now is said at its address alone."
    ),
)


def lines_of(statement: Statement) -> list[tuple[str, str]]:
    """Return the terms of the licence, each with its name: those that both sides may show."""
    files = statement["files"]
    rows: list[tuple[Text, str]] = [
        (_("Uses"), "; ".join(use_words(statement["uses"]))),
        (_("Kinds of model"), "; ".join(kind_words(statement["model_kinds"]))),
        (_("Territory"), territory_words(statement["territory"])),
        (_("Term"), term_words(statement["starts_at"], statement["ends_at"])),
        (_("Exclusivity"), exclusivity_words(statement["exclusivity"])),
        (_("Files"), count_words(files)),
        *((_("Condition"), line) for line in conditions_of(statement)),
    ]
    if statement["amends"]:
        rows.append((_("Takes the place of"), spaced(statement["amends"])))
    return [(str(name), value) for name, value in rows]


def conditions_of(statement: Statement) -> list[str]:
    """Return what narrows the licence beside its scope."""
    files = statement["files"]
    lines = []
    if count := files["in_parts"]:
        text = ngettext(
            "Of %(count)s file only the parts named in the list of files are licensed.",
            "Of %(count)s files only the parts named in the list of files are licensed.",
            count,
        )
        lines.append(text % {"count": number(count)})
    if count := files["left_out"]:
        text = ngettext(
            "From %(count)s file material of others is left out, by the licensor's declaration, as"
            " the list of files says.",
            "From %(count)s files material of others is left out, by the licensor's declaration, as"
            " the list of files says.",
            count,
        )
        lines.append(text % {"count": number(count)})
    if since := statement.get("consent_ended"):
        ended = _(
            "Files whose licence ended with a performer’s consent, since %(moment)s, may not be"
            " used."
        )
        lines.append(str(ended % {"moment": moment(since)}))
    if since := statement.get("consent_suspended"):
        suspended = _("Of files whose consent is suspended, since %(moment)s, nothing new is made.")
        lines.append(str(suspended % {"moment": moment(since)}))
    lines += [_consent_line(consent) for consent in statement["consents"]]
    return lines


def _consent_line(consent: dict[str, Any]) -> str:
    parts = {
        "code": spaced(consent["code"]),
        "attributes": ", ".join(attribute_words(consent["attributes"])),
        "uses": "; ".join(use_words(consent["uses"])),
        "term": term_words(consent["starts_at"], consent["ends_at"]),
    }
    line = str(_("Rests on consent %(code)s: %(attributes)s, for %(uses)s, %(term)s.") % parts)
    most = consent["max_outputs"]
    if most is None:
        return line
    limit = ngettext("At most %(count)s output.", "At most %(count)s outputs.", most)
    return f"{line} {limit % {'count': number(most)}}"


def work_name(work: dict[str, Any]) -> str:
    """Return what a title is called; a likeness only says what of a person it holds."""
    if "name" in work:
        return str(work["name"])
    attributes = ", ".join(attribute_words(work["attributes"]))
    return str(_("Likeness (%(attributes)s)") % {"attributes": attributes})


def work_details(work: dict[str, Any]) -> str:
    """Return other names, the year and the EIDR number of a title, as far as they are known."""
    known = [*work.get("other_names", ()), work.get("year"), work.get("eidr")]
    return " · ".join(str(each) for each in known if each)


def count_words(files: dict[str, Any]) -> str:
    count = files["count"]
    return ngettext("%(count)s file", "%(count)s files", count) % {"count": number(count)}


def territory_words(territory: Any) -> str:
    """Return the countries by name; most of the world as the world without the others."""
    chosen = parse_territory(territory)
    missing = COUNTRIES - chosen
    if not missing:
        return str(_("the whole world"))
    if len(missing) < len(chosen):
        return str(_("the world without %(places)s") % {"places": _places(missing)})
    return _places(chosen)


def _places(codes: frozenset[str]) -> str:
    names = Locale.parse(_language()).territories
    return ", ".join(sorted(str(names.get(code, code)) for code in codes))


def exclusivity_words(name: str) -> str:
    return str(Exclusivity(name).label)


def term_words(start: str, end: str | None) -> str:
    if end is None:
        return str(_("from %(start)s, without end") % {"start": moment(start)})
    term = {"start": moment(start), "end": moment(end)}
    return str(_("from %(start)s until, and not including, %(end)s") % term)


def moment(instant: str) -> str:
    """Return an instant as people read it, in UTC."""
    at = datetime.fromisoformat(instant).astimezone(UTC)
    clock = f"{at:%H:%M:%S}" if at.second else f"{at:%H:%M}"
    return f"{day(instant)}, {clock} UTC"


def day(instant: str) -> str:
    at = datetime.fromisoformat(instant).astimezone(UTC)
    return str(format_date(at, "long", locale=_locale()))


def number(count: int) -> str:
    return str(format_decimal(count, locale=_locale()))


def spaced(code: str) -> str:
    """Return an edge code as printed: `EC 7K3F 2Q9D`."""
    return f"EC {code[:4]} {code[4:]}"


def width(text: str) -> int:
    """Return how wide a text is, in Latin letters: a Hangul syllable or a Han is two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def shortened(text: str, most: int) -> str:
    """Return a text of at most this width: what is longer ends in an ellipsis."""
    if width(text) <= most:
        return text
    kept, room = "", most - 1
    for char in text:
        room -= width(char)
        if room < 0:
            break
        kept += char
    return f"{kept.rstrip()}…"


def _locale() -> str:
    language = _language()
    return "en_GB" if language == "en" else language  # English dates are written day first


def _language() -> str:
    return (get_language() or "en").partition("-")[0]
