"""Comparable deals from those that were closed here: published once a month, and asked for beside
an offer or a request. What is published and why it tells no single deal: `licensing.precedents`.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

import orjson
from django.db import transaction
from django.utils import timezone

from accounts.access import SYSTEM, Actor, Permission, require
from accounts.errors import NotFound
from catalog.assets import Owner
from catalog.clip_ranges import lengths_of_files
from catalog.models import AssetKind, Likeness
from catalog.scope.ranges import total_ms
from ledger.append import append, lock_stream
from licensing.models import (
    Grant,
    GrantedAsset,
    Offer,
    PrecedentRelease,
    PublishedDeal,
    Request,
    SettlementMethod,
)
from licensing.precedents import Bucket, Cell, Closed, bucket_of, comparable, released
from licensing.precedents.batches import Batch

SCHEMA: Final = "precedents/1"
# A month is published a day after it has ended: by then its grants have been committed.
_AFTER: Final = timedelta(days=1)
# What is older says little of a price today.
_RELEASES: Final = 24
_MODALITY: Final = {
    AssetKind.PICTURE: "video",
    AssetKind.AUDIO: "audio",
    AssetKind.STILL: "image",
}


class Comparison(NamedTuple):
    """What is comparable to something: the narrowest and newest first, each with the month of its
    release. `wanted` None: nothing is compared with such a thing, as with a likeness."""

    wanted: Bucket | None
    found: list[tuple[str, Cell]]

    @property
    def best(self) -> tuple[str, Cell] | None:
        return self.found[0] if self.found else None


def publish_precedents_pending() -> int:
    """Publish the release of this month, once; return 1 where one was made.

    It holds deals granted before the month began. Where none waits there is no release.
    """
    now = timezone.now().astimezone(UTC)
    begins = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    name = f"{now:%Y-%m}"
    if now < begins + _AFTER or PrecedentRelease.objects.filter(month=name).exists():
        return 0
    if not _waiting(begins).exists():
        return 0
    with transaction.atomic():
        if lock_stream(f"precedents:{name}"):
            return 0  # another worker was quicker
        _publish(name, released(_closed(begins), _month(begins)))
    return 1


def _publish(month: str, batches: Sequence[Batch]) -> None:
    text = orjson.dumps(
        {"schema": SCHEMA, "month": month, "cells": [each.cell.written() for each in batches]},
        option=orjson.OPT_SORT_KEYS,
    )
    release = PrecedentRelease.objects.create(
        month=month, text=text.decode(), sha256=hashlib.sha256(text).hexdigest()
    )
    PublishedDeal.objects.bulk_create(
        PublishedDeal(deal_id=key, release=release) for each in batches for key in each.keys
    )
    append(
        "precedents.published",
        stream=release.stream,
        actor=SYSTEM,
        data={"sha256": release.sha256},
    )


def _waiting(before: datetime) -> Any:
    """The grants of deals that stand in no release yet; of titles, for likenesses are not compared:
    each is somebody's own. Of deals that Stripe says were paid: that a transfer arrived is one
    side's word, and costs nothing to write."""
    return Grant.objects.filter(
        issued_at__lt=before,
        deal__published_in__isnull=True,
        deal__settlement__method=SettlementMethod.STRIPE,
        deal__amends__isnull=True,  # its price is only what came on top
        granted_assets__asset__title__isnull=False,
    ).distinct()


class _File(NamedTuple):
    """A granted file: what it teaches, its kind of title, how long it is, 0 where not known."""

    modality: str
    kind: str
    ms: int


def _closed(before: datetime) -> list[Closed]:
    """Return the deals that wait, as they are compared."""
    waiting = _waiting(before)
    files = _files(GrantedAsset.objects.filter(grant__in=waiting.values("pk")).order_by())
    found = []
    for grant in waiting.select_related("deal__settlement"):
        own, settlement = files[grant.pk], grant.deal.settlement
        bucket = bucket_of(
            modalities={each.modality for each in own},
            uses=grant.uses,
            currency=settlement.currency,
            exclusivity=grant.exclusivity,
            starts_at=grant.starts_at,
            ends_at=grant.ends_at,
            kinds={each.kind for each in own},
        )
        if bucket is not None and (size := _size(bucket, own)):
            found.append(
                Closed(
                    grant.deal_id,
                    grant.licensor_id,
                    grant.licensee_id,
                    bucket,
                    size,
                    settlement.amount_minor,
                    _month(grant.issued_at),
                )
            )
    return found


def _files(granted: Any) -> dict[int, list[_File]]:
    """Return the granted files by the key of their grant. Two queries."""
    lasting = lengths_of_files(granted.values("asset"))
    found: dict[int, list[_File]] = defaultdict(list)
    for grant, asset, kind, of, ranges in granted.values_list(
        "grant", "asset", "asset__kind", "asset__title__kind", "ranges"
    ):
        ms = total_ms(ranges) if ranges else lasting[asset]
        found[grant].append(_File(_MODALITY.get(kind, "text"), of or "", ms))
    return found


def _size(bucket: Bucket, files: Iterable[_File]) -> int:
    """Return how much was licensed of what the price is for: files, or milliseconds; 0 where a
    length is not known."""
    own = [each.ms for each in files if each.modality == bucket.modality]
    if bucket.per == "file":
        return len(own)
    return sum(own) if all(own) else 0


def _month(at: datetime) -> int:
    day = at.astimezone(UTC)
    return day.year * 12 + day.month - 1


def releases() -> list[tuple[str, list[Cell]]]:
    """Return what was published of late, by month, the newest first. One query."""
    rows = PrecedentRelease.objects.order_by("-month").values_list("month", "text")[:_RELEASES]
    return [
        (month, [Cell.read(each) for each in orjson.loads(text)["cells"]]) for month, text in rows
    ]


def get_release(actor: Actor, month: str) -> PrecedentRelease:
    """Return a release by its month, as 2026-11, or raise NotFound."""
    require(actor, Permission.VIEW)
    found = PrecedentRelease.objects.filter(month=month) if month.isprintable() else None
    release = found.first() if found is not None else None
    if release is None:
        raise NotFound
    return release


def comparison(wanted: Bucket | None) -> Comparison:
    """Return what was published of deals like this, from the releases alone."""
    return Comparison(wanted, comparable(releases(), wanted) if wanted else [])


def beside_request(request: Request) -> Comparison:
    """Return what is comparable to what a lab asks for. Two queries."""
    items = request.items.order_by()
    files = items.values_list("asset__kind", "asset__title__kind", "asset__likeness").distinct()
    kinds, of, likenesses = zip(*files, strict=True) if files else ((), (), ())
    if any(likenesses):
        return Comparison(None, [])
    return comparison(
        bucket_of(
            modalities={_MODALITY.get(kind, "text") for kind in kinds},
            uses=request.uses,
            currency=request.currency,
            exclusivity=request.exclusivity,
            starts_at=request.starts_at,
            ends_at=request.ends_at,
            kinds=of,
        )
    )


def beside_offer(owner: Owner, offer: Offer | None) -> Comparison:
    """Return what is comparable to the offer of a title's files, for any term; without an offer for
    any use and currency."""
    if isinstance(owner, Likeness):
        return Comparison(None, [])
    kinds = owner.assets.order_by().values_list("kind", flat=True).distinct()
    return comparison(
        bucket_of(
            modalities={_MODALITY.get(AssetKind(kind), "text") for kind in kinds},
            uses=offer.uses if offer else (),
            currency=offer.currency if offer else "",
            exclusivity="non_exclusive",
            kinds=[owner.kind],
        )
    )
