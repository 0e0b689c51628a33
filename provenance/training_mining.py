"""What an offer's title says of training and mining in C2PA: CAWG's assertion, version 1.1.

The same entries as a credential of a licensee carries, but they send the reader to the offer.
"""

from typing import Any

from licensing.standards.offered import Loss, Offered
from provenance.manifests import TRAINING_MINING, entries_reached, training_entries

_UNSAID = (
    "tokens", "model_kinds", "territory", "approval", "price", "licensee", "exclusivity",
    "exceptions", "place",
)  # fmt: skip


def assertion(offered: Offered) -> dict[str, Any]:
    """Return the assertion as a manifest carries it, label and data.

    No entry is ever "allowed": what is on offer is "constrained", and asked for at the address.
    """
    entries = training_entries(sorted(offered.uses), offered.terms)
    return {"label": TRAINING_MINING, "data": {"entries": entries}}


def losses(offered: Offered) -> list[Loss]:
    """Return what the assertion does not say as precisely as the offer."""
    found = [Loss(what, "unsaid") for what in _UNSAID]
    if unnamed := {use for use in offered.uses if not entries_reached([use])}:
        found.insert(0, Loss("uses", "denied", tuple(sorted(unnamed))))
    if offered.starts_at or offered.ends_at:
        found.append(Loss("term", "unsaid"))
    return found
