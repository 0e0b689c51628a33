"""A party as it turns out to be: corrected, found to be the same as another, split off again.

Nothing moves in a merge: credits stay with the row they were recorded for, and the log's
references stay true. A duplicate only names the party that speaks for both.
"""

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access import Actor, Permission, require
from accounts.errors import Conflict, Invalid, NotFound
from accounts.text import check_name
from catalog.models import Credit, Party, Title
from catalog.parties import check_party, get_party
from catalog.same import came_with, split_entries
from ledger.append import append, append_many

FIELDS = ("kind", "name", "names", "eidr", "isni")


@transaction.atomic
def change_party(*, actor: Actor, code: str, changes: Mapping[str, Any]) -> Party:
    """Correct what is said of a party: any of FIELDS, `names` as a whole. What is equal already
    changes nothing.

    Raises Invalid naming the field, Conflict where a number is that of another party, NotFound.
    """
    require(actor, Permission.EDIT_TITLES)
    party = _lock(actor, code)
    for name in changes:
        if name not in FIELDS:
            raise Invalid(name, _("There is no such field."))
    before = {name: getattr(party, name) for name in FIELDS}
    after = check_party(**before | dict(changes))
    changed = sorted(name for name in FIELDS if after[name] != before[name])
    if not changed:
        return party
    for name in changed:
        setattr(party, name, after[name])
    try:
        with transaction.atomic():
            party.save(update_fields=changed)
    except IntegrityError:
        raise Conflict(
            _("Another party has this EIDR party or ISNI already. Merge the two if they are one.")
        ) from None
    _touch_works(party)
    append(
        "party.changed",
        stream=party.stream,
        actor=actor.name,
        data={"fields": changed},
        private={
            "change": {
                "from": {name: before[name] for name in changed},
                "to": {name: after[name] for name in changed},
            }
        },
    )
    return party


@transaction.atomic
def merge_parties(*, actor: Actor, code: str, into: str, reason: str) -> Party:
    """Record that party `code` is the same as `into`, which speaks for both from now on.

    Raises Invalid where the two cannot be one, Conflict where `code` is a duplicate already,
    NotFound.
    """
    require(actor, Permission.EDIT_TITLES)
    mine = Party.objects.visible_to(actor).select_for_update(of=("self",))
    locked = {each.code: each for each in mine.filter(code__in={code, into}).order_by("pk")}
    if not {code, into} <= locked.keys():
        raise NotFound
    party, kept = locked[code], locked[into]
    if kept.canonical is not None:
        kept = _lock(actor, kept.canonical.code)
    if kept.pk == party.pk:
        raise Invalid("into", _("Choose another party: these two are one already."))
    if party.canonical_id is not None:
        raise Conflict(_("This party is recorded as a duplicate already. Split it off first."))
    if party.kind != kept.kind:
        raise Invalid("into", _("A person and a company are not one party."))
    for scheme in ("eidr", "isni"):
        mine_number, other = getattr(party, scheme), getattr(kept, scheme)
        if mine_number and other and mine_number != other:
            raise Invalid(
                "into",
                _("Their numbers differ: %(one)s and %(other)s. Correct the wrong one first.")
                % {"one": mine_number, "other": other},
            )
    reason = check_name("reason", reason, 500)
    Party.objects.filter(Q(pk=party.pk) | Q(canonical=party)).update(canonical=kept)
    _touch_works(party)
    append(
        "party.merged",
        stream=party.stream,
        actor=actor.name,
        refs={"into": kept.stream},
        private={"reason": reason},
    )
    return kept


@transaction.atomic
def split_party(*, actor: Actor, code: str, reason: str) -> Party:
    """Record that party `code` is one of its own after all, and with it those that were merged
    into it. Raises Conflict where it is no duplicate, NotFound."""
    require(actor, Permission.EDIT_TITLES)
    found = get_party(actor, code)
    same = Party.objects.filter(Q(pk=found.pk) | Q(canonical=found.canonical_id or found.pk))
    locked = {each.code: each for each in same.select_for_update().order_by("pk")}
    party = locked[code]
    if party.canonical is None:
        raise Conflict(_("This party is no duplicate of another."))
    reason = check_name("reason", reason, 500)
    kept, party.canonical = party.canonical, None
    others = {each.stream: each for each in locked.values() if each.canonical_id == kept.pk}
    along = [others[stream] for stream in came_with(party.stream, others)]
    party.save(update_fields=["canonical"])
    Party.objects.filter(pk__in=[each.pk for each in along]).update(canonical=party)
    _touch_works(party)
    append_many(split_entries(actor, party.stream, kept.stream, [e.stream for e in along], reason))
    return party


def _lock(actor: Actor, code: str) -> Party:
    pk = get_party(actor, code).pk
    locked = Party.objects.select_for_update(of=("self",)).select_related("canonical")
    return locked.get(pk=pk)


def _touch_works(party: Party) -> None:
    """Let those who pull say anew the works that the party had a part in: search finds by it."""
    works = Credit.objects.filter(Q(party=party) | Q(party__canonical=party)).values("title")
    Title.objects.filter(pk__in=works).update(changed_at=timezone.now())
