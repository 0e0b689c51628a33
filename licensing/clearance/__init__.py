"""Rights clearance: may this licensor license this, and if not, why not and what would mend it?

Pure: no Django, no database, no clock, no randomness. Same case, same bytes. Not legal advice:
the engine applies the rules of `tables/`; a person decides the law.
"""

from typing import Any

from catalog.scope.errors import CaseError
from catalog.scope.territory import COUNTRIES, describe_territory, parse_territory
from catalog.scope.uses import (
    ATTRIBUTES,
    MODALITIES,
    MODEL_KINDS,
    USES,
    expand_uses,
)
from licensing.clearance.case import read_case
from licensing.clearance.checkpoints import checkpoint_verdict
from licensing.clearance.reasons import REASONS, reason_text
from licensing.clearance.verdict import verdict_of

__all__ = [
    "ATTRIBUTES",
    "COUNTRIES",
    "MODALITIES",
    "MODEL_KINDS",
    "REASONS",
    "USES",
    "CaseError",
    "clear",
    "describe_territory",
    "expand_uses",
    "parse_territory",
    "reason_text",
]


def clear(case: dict[str, Any]) -> dict[str, Any]:
    """The verdict on a `clearance-case/1`, keys in the order of the contract (docs/clearance.md).

    Raises CaseError, with the JSON path of the fault, for a malformed case.
    """
    resolved = read_case(case)
    if resolved.request.checkpoints is not None:
        return checkpoint_verdict(resolved, resolved.request.checkpoints)
    return verdict_of(resolved)
