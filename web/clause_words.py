"""The clause library in words: when a clause applies, what is filled in, what a version changed."""

import re
from difflib import SequenceMatcher
from typing import NamedTuple

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from licensing.agreement.clauses import NUMBERS, Clause, Piece, Section, Version, pieces
from web.words import Text

WHEN: dict[str, Text] = {
    "always": _("In every agreement"),
    "ends": _("Where the term has an end"),
    "endless": _("Where the term has no end"),
    "trains": _("Where a model may be trained"),
    "likeness": _("Where a performer's likeness is licensed"),
    "no_likeness": _("Where no likeness is licensed"),
    "left_out": _("Where something is left out of a file"),
    "non_exclusive": _("Where the licence is non-exclusive"),
    "sole": _("Where the licence is sole"),
    "exclusive": _("Where the licence is exclusive"),
    "priced": _("Where a fee is due"),
    "promised": _("Where the lowest price is promised"),
    "free": _("Where no fee is due"),
    "amends": _("In every amendment"),
    "amends_priced": _("In an amendment with a fee"),
    "amends_free": _("In an amendment without a fee"),
}
VALUES: dict[str, Text] = {
    "log": _("[address of the log]"),
    "territory": _("[countries]"),
    "starts_at": _("[beginning]"),
    "ends_at": _("[end]"),
    "fee": _("[amount]"),
    "pay_by": _("[last day of payment]"),
    "amends.number": _("[number of the amendment]"),
    "amends.first": _("[code of the first agreement]"),
    "amends.agreement": _("[code of the agreement that is amended]"),
    "amends.hash": _("[SHA-256]"),
    "amends.grant": _("[code of the licence]"),
}


class Change(NamedTuple):
    """A stretch of a wording: `same`, `new` in it, or `gone` from the one before."""

    kind: str
    text: str


class Wording(NamedTuple):
    """One version in a language, and what it changed of the one before."""

    version: Version
    pieces: list[Piece]
    rows: tuple[tuple[str, ...], ...]
    changes: list[Change]


class Told(NamedTuple):
    """A clause as its page shows it: the newest wording in two languages, and its history."""

    clause: Clause
    when: Text
    english: Wording
    korean: Wording
    older: list[Wording]


def heading(section: Section) -> str:
    """Return a section's name in the reader's language."""
    return section.ko if (get_language() or "en").startswith("ko") else section.en


def told(clause: Clause) -> Told:
    """Return a clause with its history, the newest version first."""
    english = [_wording(clause, at, "en") for at in range(len(clause.versions))]
    korean = _wording(clause, len(clause.versions) - 1, "ko")
    return Told(clause, WHEN[clause.when], english[-1], korean, english[::-1])


def _wording(clause: Clause, at: int, language: str) -> Wording:
    version = clause.versions[at]
    text, rows = (
        (version.ko, version.rows_ko) if language == "ko" else (version.en, version.rows_en)
    )
    values = {**NUMBERS, **{name: str(words) for name, words in VALUES.items()}}
    before = clause.versions[at - 1].en if at else ""
    changes = differences(before, text) if at and language == "en" else []
    return Wording(version, pieces(text, values), rows, changes)


def differences(before: str, after: str) -> list[Change]:
    """Return `after` in stretches, word by word, with what is gone where it stood."""
    old, new = re.findall(r"\s*\S+", before), re.findall(r"\s*\S+", after)
    found = []
    for tag, i, j, k, m in SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
        if tag == "equal":
            found.append(Change("same", "".join(new[k:m])))
            continue
        found += [Change("gone", "".join(old[i:j])), Change("new", "".join(new[k:m]))]
    return [change for change in found if change.text]
