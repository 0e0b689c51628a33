"""Who besides the signer stands behind a statement: the identity assertion of CAWG in it."""

from collections.abc import Mapping
from typing import Any

from edgecode.verify.codes import Identity, identity_in
from edgecode.verify.found import Found
from edgecode.verify.shown import SHOWN_MAX
from edgecode.verify.verdict import Check, Outcome
from edgecode.verify.vouching import DEVELOPMENT


def identity_of(found: Found, label: str, party: Mapping[str, Any]) -> Check:
    """Return who stands behind what is said under a label, which names this party."""
    signed = identity_in(found.report, found.manifest_id)
    if signed is None:
        return Check("identity", Outcome.UNKNOWN, "identity.many")
    values = {
        "name": (signed.common_name or "-")[:SHOWN_MAX],
        "licensor": str(party.get("name") or "-")[:SHOWN_MAX],
    }
    outcome, said = _vouched(signed, label, party)
    return Check("identity", outcome, f"identity.{said}", values)


def _vouched(signed: Identity, label: str, party: Mapping[str, Any]) -> tuple[Outcome, str]:
    if not signed.sound:
        return Outcome.FAILED, "broken"
    if not signed.trusted:
        return Outcome.UNKNOWN, "over" if signed.over else "unknown"
    if label not in signed.about:
        return Outcome.WARNING, "elsewhere"
    if party and not signed.is_of(party.get("code")):
        return Outcome.FAILED, "other"
    if DEVELOPMENT in signed.organisation:  # an installation made it in that name
        return Outcome.WARNING, "development"
    return Outcome.OK, "trusted"
