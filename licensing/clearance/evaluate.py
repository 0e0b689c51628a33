"""The plain evaluator: one case, one verdict."""

from typing import Any

from licensing.clearance.case import read_case
from licensing.clearance.checkpoints import checkpoint_verdict
from licensing.clearance.rules import SHIPPED, RuleTables
from licensing.clearance.verdict import verdict_of


def clear(case: dict[str, Any], tables: RuleTables = SHIPPED) -> dict[str, Any]:
    """The verdict on a `clearance-case/1` under these rule tables, keys in the order of the
    contract (docs/clearance.md).

    Raises CaseError, with the JSON path of the fault, for a malformed case.
    """
    resolved = read_case(case, tables)
    if resolved.request.checkpoints is not None:
        return checkpoint_verdict(resolved, resolved.request.checkpoints)
    return verdict_of(resolved)
