"""Lists of what state every grant is in, signed and short-lived: by them whoever holds a million
files checks all of them with one small download, and we learn nothing of which.

An index says nothing by itself, and the lists are not of one licensor each. A list is brought up to
date when somebody asks for it and nobody has within CHECKED_EVERY; what changed since is looked up
by time, and it is signed anew only then or when the last signature grows old. So most who ask again
hear that nothing changed.
"""

import hashlib
import secrets
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import batched
from typing import Any, Final, TypedDict

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.errors import NotFound
from catalog.models import Consent
from catalog.models.consents import ConsentQuerySet
from licensing.models import Grant, GrantedAsset, grant_state
from licensing.verdicts.resting import rests_of
from provenance.models import SignedStatusList, StatusIndex, StatusList
from provenance.signing_now import signing_now
from provenance.status_tokens import (
    OF_STATE,
    SIZE,
    Status,
    blank,
    index_of,
    indexes_of,
    put,
    sealed,
)
from provenance.trust import pki

CHECKED_EVERY: Final = timedelta(seconds=30)
SIGNED_EVERY: Final = timedelta(minutes=5)
LIVES: Final = timedelta(minutes=15)
FRESH: Final = timedelta(seconds=60)
# A change is dated before it is committed; none takes as long to commit as this.
_IN_WRITING: Final = timedelta(minutes=10)
_AT_ONCE: Final = 5_000


class StatusEntry(TypedDict):
    """Where the state of a grant is found without asking about that grant."""

    uri: str
    index: int


def status_entry(grant: Grant) -> StatusEntry:
    """Return the list and the index that stand for a grant, the same each time."""
    return status_entries({grant.pk})[grant.pk]


def status_entries(grants: set[int]) -> dict[int, StatusEntry]:
    """Return the same for each of these grants, by their keys."""
    known = _known(grants)
    if missing := grants.difference(known):
        known |= _give(missing)
    return {
        key: {"uri": uri_of(each.list.number), "index": each.index} for key, each in known.items()
    }


def uri_of(number: int) -> str:
    """Return the address of a list."""
    return f"{settings.BASE_URL}/api/v1/status-lists/{number}/"


def numbers() -> list[int]:
    """Return the numbers of all lists."""
    return list(StatusList.objects.order_by("number").values_list("number", flat=True))


def etag_of(number: int) -> str:
    """Return what names a list as it is now; brings it up to date first. Raises NotFound, and
    CannotSign where it has to be signed and cannot be."""
    of_list = SignedStatusList.objects.filter(list__number=number)
    known = of_list.values_list("etag", "list__checked_at", "signed_at").first()
    now = timezone.now()
    if known is None or known[1] is None or known[1] <= now - CHECKED_EVERY:
        # One brings it up to date; the others meanwhile get what is kept, while it lives.
        _update(number, wait=known is None or known[2] <= now - LIVES + FRESH)
        known = of_list.values_list("etag", "list__checked_at", "signed_at").first()
    if known is None:
        raise NotFound
    return known[0]


def token_of(number: int) -> str:
    """Return a list as it was last signed. Raises NotFound."""
    kept = SignedStatusList.objects.filter(list__number=number)
    token = kept.values_list("token", flat=True).first()
    if token is None:
        raise NotFound
    return token


def _known(grants: set[int]) -> dict[int, StatusIndex]:
    rows = StatusIndex.objects.filter(grant__among=grants).select_related("list")
    return {each.grant_id: each for each in rows}


@transaction.atomic
def _give(grants: set[int]) -> dict[int, StatusIndex]:
    """Give grants an index each. Their rows are locked, so that each gets one only."""
    rows = Grant.objects.select_for_update().filter(pk__among=grants).order_by("pk")
    locked = list(rows.only("starts_at", "ends_at"))
    given = _known(grants)
    newest = StatusList.objects.select_for_update().order_by("-number").first()
    made: dict[int, StatusIndex] = {}
    for grant in locked:
        if grant.pk in given:
            continue
        if newest is None or newest.given >= SIZE:
            newest = _after(newest)
        made[grant.pk] = StatusIndex(
            grant=grant,
            list=newest,
            index=index_of(bytes(newest.seed), newest.given),
            starts_at=grant.starts_at,
            ends_at=grant.ends_at,
        )
        newest.given += 1
    for each in {each.list.pk: each.list for each in made.values()}.values():
        each.save(update_fields=["given"])
    StatusIndex.objects.bulk_create(made.values())
    return given | made


def _after(full: StatusList | None) -> StatusList:
    """Return the list that follows a full one, locked."""
    number = full.number + 1 if full is not None else 1
    StatusList.objects.get_or_create(number=number, defaults={"seed": secrets.token_bytes(32)})
    return StatusList.objects.select_for_update().get(number=number)


@transaction.atomic
def _update(number: int, *, wait: bool) -> None:
    """Bring a list up to date, unless somebody else is at it and we need not wait."""
    rows = StatusList.objects.filter(number=number)
    of = rows.select_for_update(skip_locked=not wait).first()
    now = timezone.now()
    if of is None or (of.checked_at is not None and of.checked_at > now - CHECKED_EVERY):
        return
    kept = SignedStatusList.objects.filter(list=of).first()
    statuses = blank() if kept is None else bytearray(kept.statuses)
    before = bytes(statuses)
    since = of.checked_at - _IN_WRITING if of.checked_at is not None and kept is not None else None
    put(statuses, _changes(of, before, since, now))
    if kept is None or bytes(statuses) != before or kept.signed_at <= now - SIGNED_EVERY:
        _sign(of, bytes(statuses), now)
    rows.update(checked_at=now)


def _changes(
    of: StatusList, statuses: bytes, since: datetime | None, now: datetime
) -> Iterator[tuple[int, Status]]:
    """Yield the status of each grant of the list whose state changed since then; without that, of
    each that is not valid. `statuses`: what the list says so far."""
    for condition in _conditions(of, statuses, since, now):
        rows = StatusIndex.objects.filter(condition)
        found = rows.values_list(
            *("list", "grant", "index", "starts_at", "ends_at"),
            *("grant__revoked_at", "grant__superseded_at"),
        )
        for some in batched(found.iterator(chunk_size=_AT_ONCE), _AT_ONCE):
            yield from _told([row for row in some if row[0] == of.pk], now)


def _told(rows: Iterable[tuple[Any, ...]], now: datetime) -> Iterator[tuple[int, Status]]:
    told = {
        grant: (index, OF_STATE[grant_state(*moments)]) for _list, grant, index, *moments in rows
    }
    # Only of what stands it matters what it rests on.
    rests = rests_of({grant for grant, (_at, said) in told.items() if said is Status.VALID}, now)
    for grant, (index, status) in told.items():
        is_left = grant in rests and rests[grant].ended_at is not None
        yield index, Status.CONSENT_ENDED if is_left else status


def _conditions(of: StatusList, statuses: bytes, since: datetime | None, now: datetime) -> list[Q]:
    """Each is answered from an index of its own; what ended early is of any list, since a database
    that knows the list would go through all of it."""
    early = Grant.objects.all()
    if since is None:
        return [
            Q(list=of, starts_at__gt=now),
            Q(list=of, ends_at__lte=now),
            Q(grant__in=early.filter(revoked_at__isnull=False)),
            Q(grant__in=early.filter(superseded_at__isnull=False)),
            Q(grant__in=_resting_on(Consent.objects.over(now))),
        ]
    ended = (
        Q(withdrawn_at__gt=since, withdrawn_at__lte=now)
        | Q(ends_at__gt=since, ends_at__lte=now)
        # Since whenever: who tells of a death tells of a day that has passed.
        | Q(stops_at__lte=now)
    )
    conditions = [
        Q(list=of, given_at__gt=since),
        Q(list=of, starts_at__gt=since, starts_at__lte=now),
        Q(list=of, ends_at__gt=since, ends_at__lte=now),
        Q(grant__in=early.filter(revoked_at__gt=since)),
        Q(grant__in=early.filter(superseded_at__gt=since)),
        Q(grant__in=_resting_on(Consent.objects.filter(ended))),
    ]
    if told := indexes_of(statuses, Status.CONSENT_ENDED):
        # A death that was recorded by mistake is taken back, and the consent goes on.
        standing = Q(grant__in=_resting_on(Consent.objects.not_over(now)))
        conditions.append(Q(list=of, index__among=told) & standing)
    return conditions


def _resting_on(consents: ConsentQuerySet) -> QuerySet[GrantedAsset, Any]:
    """The grants of files of likenesses that have such a consent. Their keys are asked for first:
    a database that knows of the grants, too, would go through all of them."""
    likenesses = set(consents.values_list("likeness", flat=True))
    return GrantedAsset.objects.filter(asset__likeness__among=likenesses).values("grant")


def _sign(of: StatusList, statuses: bytes, now: datetime) -> None:
    with signing_now():
        signer = pki.status_signer()
        token = sealed(
            statuses,
            uri=uri_of(of.number),
            issued=int(now.timestamp()),
            lives_s=int(LIVES.total_seconds()),
            fresh_s=int(FRESH.total_seconds()),
            key=signer.key,
            chain_pem=signer.chain_pem,
        )
    etag = hashlib.sha256(token.encode()).hexdigest()
    SignedStatusList.objects.update_or_create(
        list=of,
        defaults={"statuses": statuses, "token": token, "etag": etag, "signed_at": now},
    )
