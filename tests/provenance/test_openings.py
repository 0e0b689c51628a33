"""What an auditor sees in a case, and what nobody shows them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.access import Actor
from accounts.errors import Conflict, NotFound
from edgecode.log import commitments
from ledger.append import erase
from ledger.models import Event
from ledger.sequencer import advance
from licensing.deals.cases import close_case, open_case
from licensing.models import AuditCase, Deal
from provenance.credentials.delivery import open_delivery
from provenance.openings import Shown, download, entries, view
from tests import factories
from tests.accounts.witness import at_once, last, refused
from tests.provenance.delivered import licence
from tests.worlds import kept

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("var_dir")]


@dataclass(frozen=True)
class Done:
    """A deal that was licensed, signed and delivered, and an auditor."""

    studio: Actor
    lab: Actor
    auditor: Actor
    deal: Deal


@kept
def done() -> Done:
    studio, lab = factories.studio(), factories.lab()
    signed = licence(studio, factories.offered_words(studio), lab)
    open_delivery(actor=lab, credential_code=signed.credential.code)
    advance()
    return Done(studio, lab, factories.auditor(), signed.grant.deal)


@pytest.fixture
def studio(done: Done) -> Actor:
    return done.studio


@pytest.fixture
def lab(done: Done) -> Actor:
    return done.lab


@pytest.fixture
def auditor(done: Done) -> Actor:
    return done.auditor


@pytest.fixture
def deal(done: Done) -> Deal:
    return done.deal


def given(actor: Actor, auditor: Actor, *deals: Deal) -> AuditCase:
    assert auditor.organisation is not None
    codes = [deal.code for deal in deals]
    return open_case(actor=actor, auditor=auditor.organisation.code, deals=codes)


def opened(found: list[Shown]) -> dict[tuple[str, str], Any]:
    return {
        (entry.leaf.kind, fact.name): fact.opening.value
        for entry in found
        for fact in entry.facts
        if fact.opening is not None
    }


def test_the_licensors_auditor_sees_each_step_and_what_opens_it(
    studio: Actor, auditor: Actor, deal: Deal
) -> None:
    case = given(studio, auditor, deal)
    found = download(actor=auditor, code=case.code)
    assert [entry.leaf.kind for entry in found] == [
        "holding.recorded",
        "offer.published",
        "request.submitted.v2",
        "deal.opened",
        "clearance.decided",
        "clearance.decided",
        "deal.approved",
        "agreement.made",
        "settlement.recorded",
        "clearance.decided",
        "grant.issued.v2",
        "asset.granted.v2",
        "credential.signed.v2",
        "delivery.authorised",
    ]
    facts = opened(found)
    assert facts["deal.approved", "approval"]["amount_minor"] == 100_000
    assert facts["grant.issued.v2", "scope"]["uses"] == ["train.pretrain"]
    assert ("clearance.decided", "case") in facts
    for entry in found:
        assert entry.index is not None
        assert Event.objects.get(entry__index=entry.index).facts() == entry.leaf
        for fact in entry.facts:
            assert fact.opening is None or commitments.opens(fact.commitment, fact.opening)
    kept = [(entry.leaf.kind, fact.name) for entry in found for fact in entry.facts if fact.is_kept]
    # They may name the files of other licensors.
    assert kept == [("request.submitted.v2", "assets"), ("request.submitted.v2", "ranges")]


def test_the_labs_auditor_sees_what_the_lab_does(lab: Actor, auditor: Actor, deal: Deal) -> None:
    case = given(lab, auditor, deal)
    found = download(actor=auditor, code=case.code)
    facts = opened(found)
    assert len(facts["request.submitted.v2", "assets"]) == 1
    assert ("offer.published", "terms") in facts
    assert ("clearance.decided", "case") not in facts
    assert {entry.leaf.kind for entry in found for fact in entry.facts if fact.is_kept} == {
        "clearance.decided"
    }


def test_nothing_of_other_deals_is_shown(
    studio: Actor, lab: Actor, auditor: Actor, deal: Deal
) -> None:
    other = factories.deal(lab, [factories.offered_words(studio)])
    found = download(actor=auditor, code=given(studio, auditor, deal).code)
    streams = {entry.leaf.stream for entry in found}
    assert other.stream not in streams
    assert other.request.stream not in streams
    case = given(studio, auditor, deal, other)
    both = download(actor=auditor, code=case.code)
    assert streams < {entry.leaf.stream for entry in both}
    assert sum(entry.leaf.kind == "offer.published" for entry in both) == 2
    with CaptureQueriesContext(connection) as asked:
        entries(case)
    of_offers = [each for each in asked.captured_queries if "licensing_offer" in each["sql"]]
    assert len(of_offers) == 2  # of titles and of likenesses, not of each deal


def test_what_was_erased_is_not_shown(studio: Actor, auditor: Actor, deal: Deal) -> None:
    case = given(studio, auditor, deal)
    erase(deal.agreement.stream, actor="system:operator")
    found = download(actor=auditor, code=case.code)
    assert ("agreement.made", "documents") not in opened(found)
    (fact,) = next(entry.facts for entry in found if entry.leaf.kind == "agreement.made")
    assert (fact.opening, fact.is_kept) == (None, False)


def test_each_download_is_recorded_with_its_number(
    studio: Actor, auditor: Actor, deal: Deal
) -> None:
    case = given(studio, auditor, deal)
    for times in (1, 2):
        found = download(actor=auditor, code=case.code)
        number = sum(fact.opening is not None for entry in found for fact in entry.facts)
        told = last("openings.shown").facts()
        assert (told.stream, told.actor) == (case.stream, auditor.name)
        assert told.data["openings"] == number
        case.refresh_from_db()
        assert case.shown == times


def test_looking_at_the_page_is_recorded_once_an_hour(
    studio: Actor, auditor: Actor, deal: Deal
) -> None:
    case = given(studio, auditor, deal)

    def look() -> None:
        view(actor=auditor, case=AuditCase.objects.get())

    def records() -> int:
        return Event.objects.filter(kind="openings.shown").count()

    look()
    look()
    assert records() == 1
    assert at_once(*[look] * 3) == [None] * 3
    assert records() == 1
    download(actor=auditor, code=case.code)
    look()
    assert records() == 2
    with time_machine.travel(timezone.now() + timedelta(minutes=61)):
        assert at_once(*[look] * 3) == [None] * 3
    assert records() == 3


@pytest.fixture
def others(studio: Actor, lab: Actor) -> Iterator[Actor]:
    return iter([factories.auditor(), studio, lab])


def test_nobody_else_is_shown_anything(
    studio: Actor, auditor: Actor, deal: Deal, others: Iterator[Actor]
) -> None:
    case = given(studio, auditor, deal)
    for other in others:
        with refused(NotFound):
            download(actor=other, code=case.code)
        with refused(NotFound):
            view(actor=other, case=case)


def test_after_closing_nothing_more(studio: Actor, auditor: Actor, deal: Deal) -> None:
    case = given(studio, auditor, deal)
    close_case(actor=studio, code=case.code)
    with refused(Conflict):
        download(actor=auditor, code=case.code)
    with refused(Conflict):
        view(actor=auditor, case=case)
