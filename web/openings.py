"""What the sealed facts of an entry open to, for the reader they belong to and nobody else.

Closed by default: a fact opens only to a reader who may open the object that the entry is about,
and some only to one side of a deal or to who manages the organisation.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from accounts.access import Actor, Permission
from accounts.models import Organisation
from edgecode.log import commitments
from edgecode.log.leaf import Leaf
from ledger.models import Opening
from web.log_words import Text, field_name
from web.objects import find_object

# Seeing the organisation is not enough for these.
_MANAGED = {
    "member.added": Permission.MANAGE_MEMBERS,
    "api_key.created": Permission.MANAGE_KEYS,
    "api_key.revoked": Permission.MANAGE_KEYS,
}
# A case holds the licensor's contracts; what was no longer clear, or clear on which conditions,
# is the licensor's to tell.
_LICENSORS: dict[str, Callable[[Any], Organisation]] = {
    "clearance.decided": lambda clearance: clearance.item.asset.organisation,
    "deal.held": lambda deal: deal.licensor,
    "deal.conditions_confirmed": lambda deal: deal.licensor,
}


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
    licensor = _LICENSORS.get(leaf.kind)
    if licensor is not None and licensor(found[0]) != actor.organisation:
        return False
    needed = _MANAGED.get(leaf.kind, Permission.VIEW)
    return actor.may(needed)
