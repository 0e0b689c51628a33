"""Cases that were put together from records: each was checked by itself, and together they may
make no sense. Then nobody can say what may be licensed before a person has looked."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC
from typing import Any, Final

from catalog.scope.errors import CaseError
from catalog.scope.instants import read_instant
from catalog.scope.reader import Reader
from licensing.clearance.case import read_case, read_facts
from licensing.clearance.decisions import Decision
from licensing.clearance.evaluate import clear
from licensing.clearance.findings import finding
from licensing.clearance.points import cells
from licensing.clearance.reasons import REVIEW
from licensing.clearance.rules import SHIPPED, RuleTables
from licensing.clearance.verdict import verdict_of_decisions
from licensing.clearance.works import WHOLE, Works

CONTRADICTION: Final = "RECORDS_CONTRADICT"

type Written = Mapping[str, Any]


def clear_recorded(case: dict[str, Any], tables: RuleTables = SHIPPED) -> dict[str, Any]:
    """The verdict on a case as `clear` gives it, or a stricter one where records leave in doubt
    what the contract clears; REVIEW of all that is asked where the facts make a malformed case.
    `because` names those that do not go together, `fault` says why not.

    Raises CaseError where the request itself is malformed.
    """
    try:
        return clear(case, tables.of_records)
    except CaseError as error:
        return _reviewed(case, tables.of_records, error)


def fault_of(
    facts: Sequence[Written], as_of: str, tables: RuleTables = SHIPPED
) -> CaseError | None:
    """What is malformed about these facts together; None for nothing."""
    rows = [Reader(fact, f"$.facts[{n}]") for n, fact in enumerate(facts)]
    try:
        moment = read_instant(as_of, UTC, "$")
        read_facts(rows, moment, Works(), WHOLE, "-", tables=tables.of_records)
    except CaseError as error:
        return error
    return None


def involved(error: CaseError, facts: Sequence[Written]) -> tuple[str, ...]:
    """The ids of the facts that an error is about: the one it was found in, and those that this
    one names."""
    place, _, _ = error.path.removeprefix("$.facts[").partition("]")
    if not place.isdigit() or int(place) >= len(facts):
        return ()
    fact = facts[int(place)]
    names, events = set(_names(fact)), set(_events(fact))
    others = [
        each["id"]
        for each in facts
        if each["id"] in names or (each["kind"] == "event" and each["name"] in events)
    ]
    return tuple(sorted({fact["id"], *others}))


def _names(fact: Written) -> Iterator[str]:
    yield from fact.get("about", ())
    if "target" in fact:
        yield fact["target"]


def _events(fact: Written) -> Iterator[str]:
    if fact["kind"] == "event":
        yield fact["name"]
    for end in (fact.get("start"), fact.get("end")):
        if isinstance(end, dict) and "event" in end:
            yield end["event"]


def _reviewed(case: dict[str, Any], tables: RuleTables, error: CaseError) -> dict[str, Any]:
    asked = read_case(case | {"facts": []}, tables)
    found = finding(CONTRADICTION, *involved(error, case["facts"]))
    points = cells(asked, {}, asked.request.start, asked.request.end)
    decisions = tuple(Decision(cell, REVIEW, (found,)) for cell in points)
    told = verdict_of_decisions(asked, decisions)
    return told | {"fault": {"field": _field(error.path), "message": error.message}}


def _field(path: str) -> str:
    """Where in the fact: which number it has in the case says nothing to whoever recorded it."""
    return path.rpartition("].")[2] if "]." in path else ""
