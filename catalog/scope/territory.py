"""Territory expressions: 250 countries, groups, vanished states, and what they certainly hold.

An expression gives a `Territory`: which countries it holds at an instant, certainly or only
maybe (with the review codes that say why). Source of the tables: `territory.json`.
"""

import json
from bisect import bisect_right
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from importlib.resources import files
from typing import Any, Final

from catalog.scope.errors import CaseError
from catalog.scope.instants import ALWAYS, read_day, start_of
from catalog.scope.reader import JSON, Reader, strings

TABLE: Final[Any] = json.loads(
    files(__package__).joinpath("territory.json").read_text(encoding="utf-8")
)
COUNTRIES: Final[frozenset[str]] = frozenset(TABLE["countries"]["codes"].split())
WORLD: Final = "WORLD"
AMBIGUOUS: Final = "TERRITORY_AMBIGUOUS"
SUCCESSION: Final = "TERRITORY_SUCCESSION"

type Codes = frozenset[str]


@dataclass(frozen=True)
class Reach:
    """The countries held: certainly, and maybe with the review codes that say why."""

    certain: Codes = frozenset()
    maybe: Mapping[str, Codes] = field(default_factory=dict)

    def possible(self) -> Codes:
        """Every country it holds, maybe included."""
        return self.certain | self.maybe.keys()

    def __getitem__(self, country: str) -> Codes | None:
        """None when the country is outside, else the review codes (none when certain)."""
        return frozenset() if country in self.certain else self.maybe.get(country)


@dataclass(frozen=True)
class Territory:
    """A territory over time: each reach holds from its instant to the next one's."""

    instants: tuple[int, ...]
    reaches: tuple[Reach, ...]
    rules: Codes = frozenset()

    def at(self, instant: int) -> Reach:
        return self.reaches[bisect_right(self.instants, instant) - 1]

    def ever(self) -> Codes:
        """Every country it holds at any time, maybe included."""
        return frozenset().union(*(reach.possible() for reach in self.reaches))


EVERYWHERE: Final = Territory((ALWAYS,), (Reach(COUNTRIES),))


@dataclass(frozen=True, eq=False)
class Definitions:
    """What the names of groups, bundles and vanished states stand for: one edition of the table.

    The same few expressions are read again and again, so what they say is kept with it.
    """

    groups: Mapping[str, Codes]
    dated: Mapping[str, Mapping[str, Any]]
    bundles: Mapping[str, Codes]
    historic: Mapping[str, list[dict[str, Any]]]
    known: dict[tuple[str, bool], Territory] = field(default_factory=dict)

    @cached_property
    def countries(self) -> Codes:
        """The names that stand for one country each, and for nothing else."""
        return COUNTRIES - self.groups.keys() - self.dated.keys() - self.historic.keys()


def read_definitions(table: Mapping[str, Any]) -> Definitions:
    """The definitions of a table in the form of `territory.json`."""
    return Definitions(
        groups={name: frozenset(row["codes"].split()) for name, row in table["groups"].items()},
        dated={name: row["members"] for name, row in table["dated_groups"].items()},
        bundles={
            name: frozenset(codes.split()) for name, codes in table["bundles"]["codes"].items()
        },
        historic=table["historic"]["states"],
    )


SHIPPED: Final = read_definitions(TABLE)
HISTORIC_STATES: Final = frozenset(SHIPPED.historic)


@dataclass(frozen=True)
class _Expression:
    include: list[tuple[str, str]]
    exclude: list[tuple[str, str]]
    definition: str
    as_of: date | str | None
    definitions: Definitions


def read_territory(
    value: JSON, path: str, *, request: bool = False, definitions: Definitions = SHIPPED
) -> Territory:
    """A territory from its expression. A request may name nothing that is only maybe."""
    key = (repr(value), request)
    known = definitions.known.get(key)
    if known is None:
        known = _territory(value, path, definitions, request=request)
        if len(definitions.known) < _KNOWN_MOST:
            definitions.known[key] = known
    return known


_KNOWN_MOST: Final = 2_000


def _territory(value: JSON, path: str, definitions: Definitions, *, request: bool) -> Territory:
    if (countries := _named_one_by_one(value, definitions)) is not None:
        return Territory((ALWAYS,), (Reach(countries),), frozenset({"territory:iso"}))
    expression = _read(value, path, definitions)
    names = [*expression.include, *expression.exclude]
    for name, where in names:
        _check(name, where, expression, request=request)
    rules = {f"territory:{expression.definition}"} | {
        rule for name, _ in names if (rule := _rule(name, expression))
    }
    instants = _instants(names, definitions) if expression.as_of == "dynamic" else (ALWAYS,)
    reaches = tuple(_reach(expression, instant) for instant in instants)
    return Territory(instants, reaches, frozenset(rules))


def _named_one_by_one(value: JSON, definitions: Definitions) -> Codes | None:
    """The countries of an expression that names each, or each that it leaves out of the world, as
    most do; None for any other, and for one that is malformed."""
    is_less = isinstance(value, dict) and value.keys() == {"include", "except"}
    if is_less and value["include"] != [WORLD]:
        return None
    names = value["except"] if is_less else value
    try:
        if not isinstance(names, list) or not names or not definitions.countries.issuperset(names):
            return None
    except TypeError:  # what is in a list may be anything
        return None
    return COUNTRIES.difference(names) if is_less else frozenset(names)


def together(one: Territory, other: Territory) -> Territory:
    """What either holds; certain where it is so in one of them."""
    instants = tuple(sorted({*one.instants, *other.instants}))
    reaches = []
    for instant in instants:
        pair = one.at(instant), other.at(instant)
        certain = pair[0].certain | pair[1].certain
        maybe = {
            country: (pair[0][country] or frozenset()) | (pair[1][country] or frozenset())
            for country in (pair[0].maybe.keys() | pair[1].maybe.keys()) - certain
        }
        reaches.append(Reach(certain, maybe))
    return Territory(instants, tuple(reaches), one.rules | other.rules)


def parse_territory(expression: JSON) -> frozenset[str]:
    """The countries an expression certainly holds, for lists, searches and forms.

    A `dynamic` group counts every country that is a member at any time. Raises CaseError
    with a path from `$`; vanished states and `unknown` dates are refused, as in a request.
    """
    return read_territory(expression, "$", request=True).ever()


def describe_territory(codes: Collection[str]) -> str | list[str] | dict[str, list[str]]:
    """The canonical expression of a set of countries."""
    missing = COUNTRIES - frozenset(codes)
    if not missing:
        return WORLD
    if len(missing) < len(COUNTRIES) - len(missing):
        return {"include": [WORLD], "except": sorted(missing)}
    return sorted(codes)


def _read(value: JSON, path: str, definitions: Definitions) -> _Expression:
    if not isinstance(value, dict):
        return _Expression(strings(value, path), [], "iso", None, definitions)
    fields = Reader(value, path)
    include, exclude = fields.texts("include"), fields.texts("except", [])
    definition = fields.choice("definition", ("iso", "ifta"), "iso")
    as_of: date | str | None = None
    if fields.has("as_of"):
        raw = fields.raw("as_of")
        named = isinstance(raw, str) and raw in ("dynamic", "unknown")
        as_of = raw if named else read_day(raw, fields.at("as_of"))
    fields.done()
    return _Expression(
        [(name, f"{path}.include[{i}]") for i, name in enumerate(include)],
        [(name, f"{path}.except[{i}]") for i, name in enumerate(exclude)],
        definition,
        as_of,
        definitions,
    )


def _check(name: str, path: str, expression: _Expression, *, request: bool) -> None:
    known = expression.definitions
    if name in known.dated:
        if expression.as_of is None:
            raise CaseError(path, f"{name} needs as_of: a date, dynamic or unknown")
        if request and expression.as_of == "unknown":
            raise CaseError(path, "a request cannot use a group whose date is unknown")
    elif name in known.historic:
        if request:
            raise CaseError(path, f"a request cannot name the vanished state {name}")
    elif name != WORLD and name not in COUNTRIES and name not in known.groups:
        raise CaseError(path, f"unknown country or group {name!r}")


def _rule(name: str, expression: _Expression) -> str | None:
    known = expression.definitions
    if name in known.dated:
        return f"group:{name}@{expression.as_of}"
    if name in known.groups:
        return f"group:{name}"
    return f"succession:{name}" if name in known.historic else None


def _instants(names: list[tuple[str, str]], definitions: Definitions) -> tuple[int, ...]:
    days = {
        day
        for name, _ in names
        for member in definitions.dated.get(name, {}).values()
        for day in (member["from"], member["until"])
        if day
    }
    return (ALWAYS, *sorted(start_of(date.fromisoformat(day)) for day in days))


def _reach(expression: _Expression, instant: int) -> Reach:
    inside, maybe_inside = _members(expression.include, expression, instant)
    outside, maybe_outside = _members(expression.exclude, expression, instant)
    if not maybe_inside and not maybe_outside:
        return Reach(inside - outside)
    maybe: dict[str, Codes] = {}
    for country in (inside | maybe_inside.keys()) - outside:
        codes = maybe_outside.get(country, frozenset())
        if country not in inside:
            codes |= maybe_inside[country]
        if codes:
            maybe[country] = codes
    return Reach(frozenset(inside - outside - maybe.keys()), maybe)


def _members(
    names: list[tuple[str, str]], expression: _Expression, instant: int
) -> tuple[Codes, dict[str, Codes]]:
    """The countries certainly named, and those maybe named with the codes that say why."""
    known = expression.definitions
    certain: set[str] = set()
    maybe: dict[str, Codes] = {}
    for name, _ in names:
        unsure = SUCCESSION if name in known.historic else None
        if name in known.historic:
            codes = _successors(known.historic[name], expression.as_of)
        elif name in known.dated:
            unsure = AMBIGUOUS if expression.as_of == "unknown" else None
            codes = _dated(known.dated[name], expression.as_of, instant)
        else:
            certain |= _plain(name, expression)
            continue
        if unsure is None:
            certain |= codes
        else:
            maybe |= {code: maybe.get(code, frozenset()) | {unsure} for code in codes}
    return frozenset(certain), maybe


def _plain(name: str, expression: _Expression) -> Codes:
    known = expression.definitions
    if name == WORLD:
        return COUNTRIES
    if name in known.groups:
        return known.groups[name]
    if expression.definition == "ifta":
        return known.bundles.get(name, frozenset()) | {name}
    return frozenset((name,))


def _dated(members: Mapping[str, Any], as_of: date | str | None, instant: int) -> Codes:
    if as_of == "unknown":
        return frozenset(members)
    moment = start_of(as_of) if isinstance(as_of, date) else instant
    return frozenset(
        code
        for code, member in members.items()
        if start_of(date.fromisoformat(member["from"])) <= moment
        and (member["until"] is None or moment < start_of(date.fromisoformat(member["until"])))
    )


def _successors(rows: list[dict[str, Any]], as_of: date | str | None) -> Codes:
    day = as_of.isoformat() if isinstance(as_of, date) else None
    codes: set[str] = set()
    for row in rows:
        dated = day and (row["from"] or "") <= day and (not row["before"] or day < row["before"])
        if dated or (day is None and row["undated"]):
            codes |= set(row["codes"].split())
    return frozenset(codes)
