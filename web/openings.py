"""What the sealed facts of an entry open to, for the reader they belong to and nobody else.

Closed by default: a fact opens only to a reader who may open the object that the entry is about,
and some only to one side of a deal, a work or a sighting, or to who manages the organisation.
"""

import json
from dataclasses import dataclass
from typing import Any

from accounts.access import Actor, Permission
from accounts.models import Organisation
from edgecode.log import commitments
from edgecode.log.leaf import Leaf
from ledger.models import Opening
from licensing.models import Clearance, Duty
from provenance.openings import LICENSORS_KINDS
from web.log_words import Text, field_name
from web.objects import find_object

# Seeing the organisation is not enough for these.
_MANAGED = {
    "member.added": Permission.MANAGE_MEMBERS,
    "approval_policy.set": Permission.SET_APPROVALS,
    "api_key.created": Permission.MANAGE_KEYS,
    "api_key.revoked": Permission.MANAGE_KEYS,
}

# Who reported what, and which file a licensee's work is like, is for the licensor alone.
_OF_LICENSORS = LICENSORS_KINDS | {"sighting.reported", "sighting.noted"}
# A work names what others licensed for it, its signed file holds that; and one of them disputes it.
_OF_MAKERS = {"output.declared", "output.signed", "output.disputed"}


@dataclass(frozen=True)
class Sealed:
    """One sealed fact. `value` and `salt` (hex) are empty unless it is open to this reader;
    `opens` says that both together give the commitment that stands in the log."""

    name: Text
    commitment: str
    value: str = ""
    salt: str = ""
    opens: bool = False


def sealed_facts(actor: Actor, leaf: Leaf) -> list[Sealed]:
    """Return the sealed facts of an entry, open as far as this reader may know them."""
    stream, version = leaf.stream, leaf.stream_version
    found = {}
    if leaf.commitments and _may_open(actor, leaf):
        rows = Opening.objects.filter(event__stream=stream, event__version=version)
        found = {row.name: row.opening() for row in rows}
    return [
        _sealed(name, commitment, found.get(name)) for name, commitment in leaf.commitments.items()
    ]


def _sealed(name: str, commitment: str, opening: commitments.Opening | None) -> Sealed:
    if opening is None:
        return Sealed(field_name(name), commitment)
    return Sealed(
        field_name(name),
        commitment,
        json.dumps(opening.value, ensure_ascii=False, indent=2, sort_keys=True),
        opening.salt.hex(),
        commitments.opens(commitment, opening),
    )


def _may_open(actor: Actor, leaf: Leaf) -> bool:
    kind, _, code = leaf.stream.partition(":")
    found = find_object(actor, kind, code)
    if found is None:
        return False
    if leaf.kind in _OF_LICENSORS and _licensor(found[0]) != actor.organisation:
        return False
    if leaf.kind in _OF_MAKERS and actor.name not in {leaf.actor, found[0].organisation.stream}:
        return False
    if leaf.kind == "duty.imposed" and not _may_read(actor, found[0]):
        return False
    needed = _MANAGED.get(leaf.kind, Permission.VIEW)
    return actor.may(needed)


def _may_read(actor: Actor, duty: Duty) -> bool:
    """Whether it may read the particulars, which stand in the entry that imposes a duty."""
    side = actor.organisation
    return side is not None and duty.detail_for(side) == duty.detail


def _licensor(found: Any) -> Organisation:
    licensor: Organisation = (
        found.item.asset.organisation if isinstance(found, Clearance) else found.licensor
    )
    return licensor
