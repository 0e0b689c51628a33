"""The clause library of the agreement: each clause with its versions, and which of them apply.

The texts are data, `clauses.toml`; an agreement names the version of each clause that it holds, and
the hash of their texts. Pure.
"""

import hashlib
import json
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from typing import Any, Final

from licensing.agreement.terms import AgreementTerms

WHEN: Final[dict[str, Callable[[AgreementTerms], bool]]] = {
    "always": lambda _terms: True,
    "ends": lambda terms: terms.ends_at is not None,
    "endless": lambda terms: terms.ends_at is None,
    "trains": lambda terms: terms.trains,
    "likeness": lambda terms: bool(terms.consents),
    "no_likeness": lambda terms: not terms.consents,
    "left_out": lambda terms: any(file.left_out for file in terms.files),
    "non_exclusive": lambda terms: terms.exclusivity == "non_exclusive",
    "sole": lambda terms: terms.exclusivity == "sole",
    "exclusive": lambda terms: terms.exclusivity == "exclusive",
    "priced": lambda terms: terms.fee_minor > 0,
    "promised": lambda terms: bool(terms.promises),
    "free": lambda terms: terms.fee_minor == 0,
    "amends": lambda terms: terms.amends is not None,
    "amends_priced": lambda terms: terms.amends is not None and terms.fee_minor > 0,
    "amends_free": lambda terms: terms.amends is not None and terms.fee_minor == 0,
}
# `*bold*`, or the name of a value.
_MARK = re.compile(r"\*([^*]+)\*|\{([a-z_.]+)\}")


@dataclass(frozen=True)
class Version:
    """One wording of a clause: its number from 1, the day it came, and the table below it if any.

    English is what is agreed; Korean is for reading.
    """

    number: int
    since: date
    en: str
    ko: str
    rows_en: tuple[tuple[str, ...], ...] = ()
    rows_ko: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Clause:
    """A clause: `when` names the condition under which it applies, `table` what of the terms is
    listed below it. The last version is the one in use."""

    id: str
    when: str
    table: str
    versions: tuple[Version, ...]

    @property
    def newest(self) -> Version:
        return self.versions[-1]


@dataclass(frozen=True)
class Section:
    """A numbered part of the agreement with its clauses, in their order."""

    number: int
    id: str
    en: str
    ko: str
    clauses: tuple[Clause, ...]


@dataclass(frozen=True)
class Piece:
    """A stretch of a clause's text with its values filled in; `style` is plain, strong or mono."""

    text: str
    style: str = "plain"


def _load() -> tuple[Section, ...]:
    text = files(__package__).joinpath("clauses.toml").read_text(encoding="utf-8")
    data = tomllib.loads(text)
    clauses = [_clause(row) for row in data["clause"]]
    return tuple(
        Section(number, row["id"], row["en"], row["ko"], tuple(_of(row["id"], clauses)))
        for number, row in enumerate(data["section"], 1)
    )


def _of(section: str, clauses: Sequence[Clause]) -> list[Clause]:
    return [clause for clause in clauses if clause.id.partition(".")[0] == section]


def _clause(row: Mapping[str, Any]) -> Clause:
    versions = tuple(
        Version(
            number,
            each["since"],
            each["en"],
            each["ko"],
            tuple(map(tuple, each.get("rows_en", ()))),
            tuple(map(tuple, each.get("rows_ko", ()))),
        )
        for number, each in enumerate(row["version"], 1)
    )
    return Clause(row["id"], row.get("when", "always"), row.get("table", ""), versions)


SECTIONS: Final[tuple[Section, ...]] = _load()
NUMBERS: Final = {f"section.{section.id}": str(section.number) for section in SECTIONS}


def applying(terms: AgreementTerms) -> list[tuple[Section, list[Clause]]]:
    """Return the sections with the clauses that these terms call for. The one that may be left out
    is the last, so that none has another number for it."""
    found = [
        (section, [clause for clause in section.clauses if WHEN[clause.when](terms)])
        for section in SECTIONS
    ]
    return [(section, clauses) for section, clauses in found if clauses]


def used(terms: AgreementTerms) -> list[tuple[str, int]]:
    """Return the clauses of an agreement on these terms, each with its version."""
    return [
        (clause.id, clause.newest.number) for _section, some in applying(terms) for clause in some
    ]


def digest(clauses: Sequence[tuple[str, int]]) -> str:
    """Return the SHA-256 of the texts of these versions: JSON (RFC 8785) of [id, version, text,
    rows] each, in English."""
    said = []
    for name, number in clauses:
        version = find(name).versions[number - 1]
        said.append([name, number, version.en, [list(row) for row in version.rows_en]])
    text = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def find(name: str) -> Clause:
    """Return the clause with this id, or raise KeyError."""
    for section in SECTIONS:
        for clause in section.clauses:
            if clause.id == name:
                return clause
    raise KeyError(name)


def pieces(text: str, values: Mapping[str, str]) -> list[Piece]:
    """Return a clause's text with `values` in the places of their names.

    What a value holds is never read as markup. Raises KeyError for a name without a value.
    """
    found: list[Piece] = []
    at = 0
    for mark in _MARK.finditer(text):
        found.append(Piece(text[at : mark.start()]))
        bold, name = mark.groups()
        if bold:
            found += [Piece(each.text, "strong") for each in pieces(bold, values)]
        else:
            found.append(Piece(values[name], "mono" if name == "log" else "plain"))
        at = mark.end()
    found.append(Piece(text[at:]))
    return [piece for piece in found if piece.text]
