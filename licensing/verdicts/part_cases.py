"""One case of what is told of several parts of a work, as the clearance contract writes it.

Pure. Each part comes with all that a case of its own would say. What all parts are told stands once
and without a work; the rest says which parts it is about. A record that is not the same everywhere
(an opinion about facts of which some parts know nothing, a term that hangs on an event which each
part has for itself) stands several times; its code is then followed by a number.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import orjson

type Written = dict[str, Any]
type Date = tuple[str, frozenset[str]]

_EVENT: Final = "event"
_COUNTING: Final = "cap"
_NAMING: Final = frozenset({"revocation", "counsel_opinion"})
_TELLING: Final = frozenset({"id", "source", "x_evidence", "recorded"})


class Told(NamedTuple):
    """What is told of a part, and the records of the events that its start and end hang on."""

    fact: Written
    dates: frozenset[Date] = frozenset()


class Part(NamedTuple):
    """A work by its code, the codes of the works that it is part of, the nearest first, and all
    that is told of it."""

    code: str
    above: tuple[str, ...]
    told: list[Told]


def with_dates(facts: Iterable[Written]) -> list[Told]:
    """Return facts that belong together, each with the events among them that it hangs on."""
    every = list(facts)
    events: dict[str, set[str]] = defaultdict(set)
    for fact in every:
        if fact["kind"] == _EVENT:
            events[fact["name"]].add(fact["id"])
    return [
        Told(fact, frozenset((name, frozenset(events[name])) for name in _events(fact)))
        for fact in every
    ]


def together(
    parts: Sequence[Part], as_of: str, beside: Sequence[Part] = ()
) -> tuple[list[Written], list[Written]]:
    """Return the facts and the works of the case of the first part and all others, which are below
    it: less those of which nothing else is told than of another, which stands for them. Those
    `beside` are no part of what is asked for, but something that is told of it reaches them too."""
    kept = _told_apart(parts, as_of)
    tree = _Tree(kept, [part.code for part in beside])
    return _Facts(tree).of([*kept, *beside]), tree.works


def _told_apart(parts: Sequence[Part], as_of: str) -> list[Part]:
    """The first, and those of which something else is told; of several alike the first by code."""
    found = {_said(parts[0].told, as_of): parts[0]}
    for part in sorted(parts[1:], key=lambda each: each.code):
        found.setdefault(_said(part.told, as_of), part)
    return list(found.values())


def _said(told: Iterable[Told], as_of: str) -> bytes:
    """Equal for parts with the same answer: of what names or counts others, or is named by where in
    a part it is, the record counts; of the rest the words."""
    words = []
    for fact, dates in told:
        is_itself = fact["kind"] in {*_NAMING, _EVENT, _COUNTING} or "timecode" in fact
        said = {name: value for name, value in fact.items() if name not in _TELLING}
        known = (fact.get("recorded") or "") <= as_of
        hangs = sorted((name, sorted(records)) for name, records in dates)
        words.append(_canonical([fact["id"] if is_itself else "", known, hangs, said]))
    return b"\n".join(sorted(words))


class _Tree:
    """The works of a case, first what is asked for. A work with parts stands for all of them, and
    its own material is one: that has its code, and it the same followed by `.all`. What is asked
    for and the works beside it are part of one whole, its code followed by `.around`."""

    def __init__(self, parts: Sequence[Part], beside: Sequence[str]) -> None:
        self.root = parts[0].code
        self.beside = sorted(beside)
        self.every = frozenset(part.code for part in parts)
        above = {
            part.code: next((code for code in part.above if code in self.every), self.root)
            for part in parts[1:]
        }
        self.within: dict[str, set[str]] = defaultdict(set)
        for code in above:
            around: str | None = code
            while around is not None:
                self.within[around].add(code)
                around = above.get(around)
        self.within[self.root].add(self.root)
        groups = {*above.values()}
        self.works: list[Written] = []
        for code in sorted(self.every, key=lambda each: (each != self.root, each)):
            place = {"parent": f"{above[code]}.all"} if code in above else {}
            if code in groups:
                self.works += [
                    {"id": f"{code}.all", **place},
                    {"id": code, "parent": f"{code}.all"},
                ]
            elif groups or beside:
                self.works.append({"id": code, **place})
        if beside:
            around = f"{self.root}.around"
            self.works[0]["parent"] = around
            self.works += [{"id": code, "parent": around} for code in self.beside]
            self.works.append({"id": around})

    def about(self, codes: frozenset[str]) -> Written:
        """How a fact says that it is about these parts; nothing for all of them."""
        if codes == self.every:
            return {}
        if len(codes) == 1:
            return {"work": next(iter(codes))}
        if not codes <= self.every:
            others = sorted({*self.every, *self.beside} - codes)
            return {"work": f"{self.root}.around", **({"excludes": others} if others else {})}
        around = [(len(some), code) for code, some in self.within.items() if codes <= some]
        _most, code = min(around)
        said: Written = {} if code == self.root else {"work": f"{code}.all"}
        less = sorted(self.within[code] - codes)
        return said | ({"excludes": less} if less else {})


class _Facts:
    """What is told of some parts, each record once for all that it says the same of."""

    def __init__(self, tree: _Tree) -> None:
        self._tree = tree
        self._names: dict[str, dict[bytes, str]] = defaultdict(dict)  # by record and wording
        self._found: dict[str, Told] = {}  # by name in the case
        self._parts: dict[str, set[str]] = defaultdict(set)
        self._events: dict[str, Written] = {}

    def of(self, parts: Sequence[Part]) -> list[Written]:
        for part in parts:
            here = self._plain(part)
            for fact, dates in part.told:
                if fact["kind"] in _NAMING and (said := _naming(fact, here)) is not None:
                    self._add(part.code, Told(said, dates))
        dated = {name for told in self._found.values() for name in told.dates}
        names = _event_names(dated)
        found = [self._written(name, told, names) for name, told in sorted(self._found.items())]
        return [*found, *self._dates(names)]

    def _plain(self, part: Part) -> dict[str, str]:
        """Add what names no other fact; return how each record is named for this part."""
        here = {}
        for told in part.told:
            if told.fact["kind"] == _EVENT:
                self._events[told.fact["id"]] = told.fact
                here[told.fact["id"]] = told.fact["id"]
            elif told.fact["kind"] not in _NAMING:
                here[told.fact["id"]] = self._add(part.code, told)
        return here

    def _add(self, part: str, told: Told) -> str:
        code = str(told.fact["id"])
        known = self._names[code]
        hangs = sorted((name, sorted(records)) for name, records in told.dates)
        said = _canonical([told.fact, hangs])
        name = known.setdefault(said, code if not known else f"{code}.{len(known) + 1}")
        self._found[name] = told
        self._parts[name].add(part)
        return name

    def _written(
        self, name: str, told: Told, names: Mapping[tuple[str, frozenset[str]], str]
    ) -> Written:
        fact = told.fact | {"id": name}
        for end in ("start", "end"):
            if isinstance(hung := fact.get(end), dict) and "event" in hung:
                records = next(some for event, some in told.dates if event == hung["event"])
                fact[end] = hung | {"event": names[hung["event"], records]}
        if fact["kind"] == "revocation":
            return fact
        return fact | self._tree.about(frozenset(self._parts[name]))

    def _dates(self, names: Mapping[Date, str]) -> Iterator[Written]:
        """The events that something hangs on, and those that an opinion is about."""
        about = {code for told in self._found.values() for code in told.fact.get("about", ())}
        copies: dict[str, int] = defaultdict(int)
        for (_event, records), name in sorted(names.items(), key=lambda each: each[1]):
            for code in sorted(records):
                copies[code] += 1
                copy = code if copies[code] == 1 else f"{code}.{copies[code]}"
                yield self._events[code] | {"id": copy, "name": name}
        for code in sorted(about & self._events.keys() - copies.keys()):
            yield self._events[code] | {"name": _apart(self._events[code]["name"], [code])}


def _naming(fact: Written, here: Mapping[str, str]) -> Written | None:
    """A revocation or an opinion with the names that facts have here; None where none is here."""
    if "target" in fact:
        return fact | {"target": here[fact["target"]]} if fact["target"] in here else None
    about = sorted({here[code] for code in fact["about"] if code in here})
    return fact | {"about": about} if about else None


def _event_names(
    dated: Iterable[tuple[str, frozenset[str]]],
) -> dict[tuple[str, frozenset[str]], str]:
    """How the events are called: as they are recorded, or with their records where what is called
    so is not the same for all."""
    alike: dict[str, set[frozenset[str]]] = defaultdict(set)
    for name, records in dated:
        alike[name].add(records)
    return {
        (name, records): name if len(some) == 1 else _apart(name, records)
        for name, some in alike.items()
        for records in some
    }


def _apart(name: str, records: Iterable[str]) -> str:
    return f"{name} ({', '.join(sorted(records))})"


def _events(fact: Written) -> Iterator[str]:
    for end in (fact.get("start"), fact.get("end")):
        if isinstance(end, dict) and "event" in end:
            yield end["event"]


def _canonical(value: object) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
