"""The part of a fee that goes back when a licence ends early without the lab's fault.

By the agreement (clause `revocation.limits`): what falls on the files concerned and on the rest of
the term. A licence without end is reckoned with as one of ten years. Exact fractions, rounded down
to the smallest unit once. Docs: docs/duties.md.
"""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Final

from django.utils import timezone

from accounts.access import SYSTEM, Actor
from catalog.models import Consent
from licensing.grants.duties import impose
from licensing.models import BY_FAULT, Deal, Duty, DutyKind, Grant, Side
from licensing.money import plain_amount

# In which the licensor returns the money.
RETURN_WITHIN: Final = timedelta(days=30)
ENDLESS_YEARS: Final = 10
_MOMENT: Final = timedelta(microseconds=1)


def owe_return(
    grant: Grant,
    files: Collection[str],
    *,
    ground: str,
    actor: Actor | None,
    consent: Consent | None = None,
) -> list[Duty]:
    """Let the licensor owe the unexpired part of the fee for files of a locked grant that end now;
    `actor` None: the house says it. Nothing for what was returned before, by the lab's fault, or
    below the smallest unit. Call inside a transaction, after the entry that ended the licence."""
    if ground in BY_FAULT:
        return []
    now = timezone.now()
    told = grant.duties.filter(kind=DutyKind.REFUND).values_list("files", flat=True)
    concerned = set(files) - {code for codes in told for code in codes}
    amount = unexpired_minor(grant, concerned, at=now)
    if not amount:
        return []
    duty = Duty(
        deal=grant.deal,
        grant=grant,
        consent=consent,
        owed_by=Side.LICENSOR,
        kind=DutyKind.REFUND,
        detail=f"{plain_amount(amount, grant.deal.currency)} {grant.deal.currency}",
        ground=ground,
        files=sorted(concerned),
        imposed_by=actor.organisation if actor else None,
        imposed_at=now,
        due_at=now + RETURN_WITHIN,
    )
    return impose([duty], actor.name if actor else SYSTEM)


def unexpired_minor(grant: Grant, files: Collection[str], *, at: datetime) -> int:
    """Return what was paid for these files of a grant, also for the licences that it took the place
    of, and falls on the term from `at` on, in whole minor units."""
    ends_at = grant.ends_at or _years_after(grant.starts_at, ENDLESS_YEARS)
    rest = max(ends_at - max(at, grant.starts_at), timedelta())
    share = Fraction(rest // _MOMENT, (ends_at - grant.starts_at) // _MOMENT)
    paid = sum((_paid_for(deal, files) for deal in _lineage(grant)), Fraction())
    return int(paid * share)


def _lineage(grant: Grant) -> Iterator[Deal]:
    deal = grant.deal
    yield deal
    while deal.amends is not None:
        deal = deal.amends.deal
        yield deal


def _paid_for(deal: Deal, files: Collection[str]) -> Fraction:
    """Return what a deal's price comes to for these of its files: by the prices that the rate cards
    gave them, a minimum guarantee spread alike, or in equal parts."""
    agreed = set(deal.items.filter(agreed=True).values_list("asset__code", flat=True))
    weights = dict.fromkeys(agreed, 1)
    if deal.by_card:
        cards = deal.quote.body["cards"]
        prices = {code: how[0] for card in cards for code, how in card["files"].items()}
        priced = {code: prices[code] for code in agreed}
        weights = priced if any(priced.values()) else weights
    own = sum(weight for code, weight in weights.items() if code in files)
    return Fraction(deal.amount_minor * own, sum(weights.values()))


def _years_after(start: datetime, years: int) -> datetime:
    """Return the same day so many years later, the last of February for the 29th."""
    try:
        return start.replace(year=start.year + years)
    except ValueError:
        day = 28 if start.month == 2 else start.day
        return start.replace(year=min(start.year + years, 9999), day=day)
