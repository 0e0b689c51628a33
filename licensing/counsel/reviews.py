"""Counsel's queue: kept in step with the verdicts that it is made of."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from django.utils import timezone

from catalog.models import Title
from ledger.inserting import insert_rows
from licensing.clearance import REASONS
from licensing.clearance.reasons import REVIEW
from licensing.models import Deal, Readiness, RequestItem, ReviewItem

REVIEWED: Final = frozenset(code for code, reason in REASONS.items() if reason.status == REVIEW)
"""The reasons that a person must decide on."""


class _Place(NamedTuple):
    """What a question is about: one title or one likeness, in the library or in a deal."""

    title: int | None
    likeness: int | None
    deal: int | None


def follow_library(answers: Iterable[Readiness]) -> None:
    """Bring the queue in step with these answers to the standard question. In a transaction."""
    wanted: dict[_Place, set[str]] = {}
    owners: dict[_Place, int] = {}
    for answer in answers:
        place = _Place(answer.title_id, None, None)
        wanted[place] = {entry["reason"] for entry in answer.result["review"]}
        owners[place] = answer.organisation_id
    known = ReviewItem.objects.filter(deal=None, title__in=[each.title for each in wanted])
    _follow(wanted, owners, known)


def follow_deals(pairs: Sequence[tuple[RequestItem, tuple[str, ...]]]) -> None:
    """Bring the queue in step with new verdicts on files of one request, each with its reasons.
    In a transaction."""
    deals = {
        deal.licensor_id: deal.pk
        for deal in Deal.objects.filter(request=pairs[0][0].request_id if pairs else None)
    }
    known = list(ReviewItem.objects.filter(deal__in=deals.values()))
    told = [(item.asset, REVIEWED.intersection(reasons)) for item, reasons in pairs]
    # Where nothing is in the queue there is nothing to settle.
    told = [(asset, asked) for asset, asked in told if asked or known]
    titles = _canonical({asset.title_id for asset, _ in told} - {None})
    wanted: dict[_Place, set[str]] = defaultdict(set)
    owners: dict[_Place, int] = {}
    for asset, asked in told:
        if (deal := deals.get(asset.organisation_id)) is not None:
            place = _Place(titles.get(asset.title_id), asset.likeness_id, deal)
            wanted[place] |= asked
            owners[place] = asset.organisation_id
    _follow(wanted, owners, known)


def _follow(
    wanted: Mapping[_Place, set[str]], owners: Mapping[_Place, int], known: Iterable[ReviewItem]
) -> None:
    """Drop what is settled and add what is new; what stays keeps its moment."""
    left = {place: set(reasons) for place, reasons in wanted.items()}
    settled = []
    for row in known:
        place = _Place(row.title_id, row.likeness_id, row.deal_id)
        if place in left and row.reason in left[place]:
            left[place].discard(row.reason)
        elif place in left:
            settled.append(row.pk)
    ReviewItem.objects.filter(pk__in=settled).delete()
    now = timezone.now()
    insert_rows(
        ReviewItem,
        ("organisation_id", "title_id", "likeness_id", "deal_id", "reason", "since"),
        [
            (owners[place], *place, reason, now)
            for place, reasons in left.items()
            for reason in sorted(reasons)
        ],
        known=True,  # another wrote the same meanwhile
    )


def _canonical(keys: Iterable[Any]) -> dict[int | None, int]:
    """Return for each title the one that speaks for it."""
    rows = Title.objects.filter(pk__among=set(keys)).values_list("pk", "canonical_id")
    return {key: canonical or key for key, canonical in rows}
