"""A conditional verdict: the catalogue cannot record yet what leads to one."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from django.utils import timezone

from accounts.access import Actor
from catalog.models import Asset, Title
from catalog.rights import supersede
from licensing.deals.transitions import approve_deal
from licensing.grants.issuing import issue_pending
from licensing.models import Deal
from licensing.payments.settlements import record_bank_transfer
from licensing.verdicts import clearances
from tests import factories


@contextmanager
def american_law() -> Iterator[None]:
    """Let requests be under a law by which one co-owner may license, for a share of the fee."""
    real = clearances.build_case

    def case(*given: Any, **named: Any) -> dict[str, Any]:
        built = real(*given, **named)
        return built | {"request": built["request"] | {"governing_law": "US"}}

    with patch.object(clearances, "build_case", case):
        yield


def shared_by(studio: Actor, title: Title, *others: str) -> None:
    """Record the studio and the others as owners in equal shares."""
    share = f"1/{len(others) + 1}"
    factories.ownership(studio, title, share=share)
    for party in others:
        factories.ownership(studio, title, party=party, share=share)


def an_heir_appears(studio: Actor, file: Asset, *before: str, heir: str = "Heir") -> None:
    """Let the owners of a file's title be others than before: one more must have its share."""
    title = file.title
    assert title is not None
    for holding in title.facts.holdings().standing():
        supersede(actor=studio, code=holding.code, reason="A heir came forward.")
    shared_by(studio, title, *before, heir)


def paid(studio: Actor, deal: Deal) -> Deal:
    """Return the deal, approved as it stands and paid by bank transfer."""
    approved = approve_deal(actor=studio, code=deal.code)
    record_bank_transfer(
        actor=studio,
        deal_code=deal.code,
        amount_minor=approved.amount_minor,
        currency=approved.currency,
        reference="Wire 1",
        settled_at=timezone.now(),
    )
    return approved


def held_for_a_condition(studio: Actor, lab: Actor, files: int = 1) -> Deal:
    """Return a paid deal that waits for the studio's word about a co-owner. Under american_law."""
    bought = [factories.offered_words(studio) for _ in range(files)]
    deal = paid(studio, factories.deal(lab, bought))
    for file in bought:
        an_heir_appears(studio, file)
    issue_pending()
    deal.refresh_from_db()
    assert deal.state == "held"
    return deal
