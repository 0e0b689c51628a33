"""Who owns what of a work at an instant: the shares that its deeds come to (contract 5.1)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from catalog.scope.uses import MODALITIES, MODEL_KINDS
from licensing.clearance.boxes import Box, merged, scope, sort_key
from licensing.clearance.case import SCHEMA, read_case
from licensing.clearance.coverage import cover
from licensing.clearance.facts import Scoped
from licensing.clearance.lines import TitleAt
from licensing.clearance.points import cells
from licensing.clearance.title import deeds_of

KINDS: Final = ("ownership", "assignment", "event")


@dataclass(frozen=True)
class Owned:
    """What is owned alike: the share of each owner, none where nobody is recorded; `scopes` as a
    verdict shows them. `is_whole`: the shares add up to one."""

    shares: Mapping[str, Fraction]
    is_whole: bool
    scopes: Sequence[Mapping[str, Any]]


def owners_at(facts: Sequence[Mapping[str, Any]], start: str, end: str) -> list[Owned]:
    """Return who owns the work in [start, end), for every use everywhere, by the facts of KINDS
    among `facts`; instants and facts as in a case. Raises CaseError for what is malformed."""
    case = read_case(
        {
            "schema": SCHEMA,
            "as_of": end,
            "facts": [dict(fact) for fact in facts if fact["kind"] in KINDS],
            "request": {
                "licensor": "-",
                "licensee": "-",
                "uses": ["ALL"],
                "modality": list(MODALITIES),
                "model_kind": list(MODEL_KINDS),
                "territory": "WORLD",
                "start": start,
                "end": end,
            },
        }
    )
    scoped = [fact for fact in case.facts if isinstance(fact, Scoped)]
    deeds = deeds_of(case.facts)
    found: dict[tuple[tuple[str, Fraction], ...], tuple[bool, list[Box]]] = {}
    for cell in cells(case, {}, case.request.start, case.request.end):
        covers = {fact.id: cover(fact, cell.point) for fact in scoped}
        history = TitleAt.of(deeds, covers).history
        shares = tuple(sorted((party, held.share) for party, held in history.final.items()))
        found.setdefault(shares, (history.balanced(), []))[1].append(Box(cell))
    owned = [(shares, whole, merged(boxes)) for shares, (whole, boxes) in found.items()]
    owned.sort(key=lambda row: (not row[0], sort_key(row[2][0].cell)))
    return [
        Owned(dict(shares), whole, [scope(box.cell, "", parts=False) for box in boxes])
        for shares, whole, boxes in owned
    ]
