"""The part of a fee that goes back when a licence ends early without the lab's fault.

By the agreement (clause `revocation.limits`): what falls on the files concerned and on the rest of
the term. A licence without end is reckoned with as one of ten years. The price of each licence that
another took the place of by its own term. Exact fractions, rounded down to the smallest unit once.
R85 of docs/invariants.md reckons the same from the log. Docs: docs/duties.md.
"""

from collections.abc import Collection
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
    concerned = set(files) - _returned(grant)
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
    of, falls on the term from `at` on, and was not returned before, in whole minor units."""
    exact, left, ends = Fraction(), set(files), list[datetime]()
    for deal in grant.deal.lineage:
        own = deal.grant
        # What a licence returned was of its own price and of those before it.
        left -= _returned(own)
        # What an amendment shortened was given up, whatever another prolonged later.
        ends += [own.ends_at] if own.ends_at else []
        exact += _paid_for(deal, left) * _share_left(own, min(ends, default=None), at)
    return int(exact)


def _returned(grant: Grant) -> set[str]:
    """Return the codes of the files whose price went back, or is to go back, under a grant."""
    told = grant.duties.filter(kind=DutyKind.REFUND).values_list("files", flat=True)
    return {code for codes in told for code in codes}


def _share_left(grant: Grant, until: datetime | None, at: datetime) -> Fraction:
    """Return the part of the term that a grant's price was paid for which lies after `at` and
    before `until`."""
    is_amendment = grant.deal.amends is not None
    begins = max(grant.starts_at, grant.issued_at) if is_amendment else grant.starts_at
    ends = grant.ends_at or _years_after(begins, ENDLESS_YEARS)
    rest = min(ends, until or ends) - max(at, begins)
    if begins >= ends or rest <= timedelta():
        return Fraction()
    return Fraction(rest // _MOMENT, (ends - begins) // _MOMENT)


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
