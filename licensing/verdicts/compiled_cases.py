"""Cases of many files compiled once, and then asked for one scope after another.

The engine's answer is the one that a single case gets; nothing is kept in the database.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from licensing.clearance import Clearing, CompiledAssets, RuleTables, compile_recorded
from licensing.verdicts.clearances import plain, verdict_of

# What a scope says of a question; the rest is of the file and of who asks.
SCOPE = frozenset({"uses", "model_kind", "territory", "start", "end", "exclusivity"})


class Told(NamedTuple):
    verdict: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class _Alike:
    """Cases of which the same is asked under the same rule tables; those that rest on the same
    words have one name in `compiled`."""

    question: dict[str, Any]
    compiled: CompiledAssets
    places: dict[str, list[int]]


@dataclass(frozen=True)
class _OfWorks:
    """A case of several works, which the compiled form does not know, and where it stands."""

    case: dict[str, Any]
    tables: RuleTables
    places: list[int]


@dataclass(frozen=True)
class CompiledCases:
    """So many cases (`clearance-case/1`, with `x_tables`), in the order in which they came."""

    count: int
    groups: tuple[_Alike, ...]
    of_works: Mapping[bytes, _OfWorks]

    def ask(self, scope: dict[str, Any]) -> list[Told]:
        """Return the verdict and reasons of each case for this scope, as the contract writes it."""
        told: list[Told] = [Told("", ())] * self.count
        for group in self.groups:
            for name, verdict, reasons in Clearing(
                group.compiled, group.question | scope
            ).answers():
                answer = Told(verdict, reasons)
                for place in group.places[name]:
                    told[place] = answer
        for each in self.of_works.values():
            asked = each.case | {"request": each.case["request"] | scope}
            answer = Told(*verdict_of(asked, each.tables))
            for place in each.places:
                told[place] = answer
        return told


def compile_cases(
    cases: Iterable[dict[str, Any]], editions: Mapping[str, RuleTables]
) -> CompiledCases:
    """Compile cases; each is read once and not kept. `editions` are the rule tables by version."""
    found: dict[bytes, _Gathered] = {}
    of_works: dict[bytes, _OfWorks] = {}
    count = 0
    for case in cases:
        question = dict(_question(case))
        key = orjson.dumps([case["x_tables"], question], option=orjson.OPT_SORT_KEYS)
        if "works" in case:
            each = _OfWorks(case, editions[case["x_tables"]], [])
            of_works.setdefault(key + plain(case), each).places.append(count)
        else:
            if key not in found:
                found[key] = _Gathered(question, case["as_of"], case["x_tables"])
            found[key].add(count, case)
        count += 1
    return CompiledCases(
        count,
        tuple(
            _Alike(
                each.question,
                compile_recorded(each.facts, each.as_of, editions[each.tables]),
                dict(each.places),
            )
            for each in found.values()
        ),
        of_works,
    )


@dataclass
class _Gathered:
    question: dict[str, Any]
    as_of: str
    tables: str
    facts: dict[str, Any] = field(default_factory=dict)
    places: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    _names: dict[bytes, str] = field(default_factory=dict)

    def add(self, place: int, case: dict[str, Any]) -> None:
        name = self._names.setdefault(plain(case), str(place))
        self.facts.setdefault(name, case["facts"])
        self.places[name].append(place)


def _question(case: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """What is asked whatever the scope, less what decides nothing."""
    return (
        (name, said)
        for name, said in case["request"].items()
        if name not in SCOPE and not name.startswith("x_")
    )
