"""What pages show of amendments: what changes, and which licence came after which."""

from dataclasses import dataclass
from typing import NamedTuple

from accounts.access import Actor, Permission
from licensing.deals.amended import AMENDABLE, under_way
from licensing.deals.scopes import changes
from licensing.models import Grant, Request, Scope

_NAMED = 20  # files that are left out, by their codes


@dataclass(frozen=True)
class Difference:
    """A licence beside the terms that shall hold instead; `changed` names those that differ, and
    `left_out` are the files that go."""

    before: Grant
    offer: Scope
    changed: tuple[str, ...]
    files: int
    left_out: list[str]

    @property
    def kept(self) -> int:
        return self.files - len(self.left_out)

    @property
    def named(self) -> list[str]:
        return self.left_out[:_NAMED]

    @property
    def more(self) -> int:
        """How many files go besides those named."""
        return len(self.left_out) - len(self.named)


class Link(NamedTuple):
    """One licence in the chain of its amendments; number 0 is the first."""

    number: int
    grant: Grant
    is_here: bool


def difference(asked: Request, terms: Scope) -> Difference | None:
    """Return what an amendment changes in the terms that stand for it; None for other requests."""
    if asked.amends is None:
        return None
    before = asked.amends
    covered = before.granted_assets.order_by("asset__code").values_list("asset__code", flat=True)
    kept = set(asked.items.values_list("asset__code", flat=True))
    return Difference(
        before,
        terms,
        changes(before, terms, AMENDABLE),
        len(covered),
        [code for code in covered if code not in kept],
    )


def chain_of(grant: Grant) -> list[Link]:
    """Return a licence with those before and after it, the first one first; [] where it is alone.
    Both sides of one are the sides of all."""
    found = [grant]
    while (before := found[0].deal.amends) is not None:
        found.insert(0, before)
    while (after := found[-1].superseded_by) is not None:
        found.append(after)
    if len(found) == 1:
        return []
    return [Link(number, each, each.pk == grant.pk) for number, each in enumerate(found)]


def may_amend(actor: Actor, grant: Grant) -> bool:
    """Return whether a side of a grant may amend it now, as far as its role and the grant say."""
    is_licensor = grant.licensor == actor.organisation
    needed = Permission.DECIDE_DEALS if is_licensor else Permission.EDIT_REQUESTS
    return grant.stands and actor.may(needed) and under_way(grant) is None
