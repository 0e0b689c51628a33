"""Which closed deals become comparable, when they are published, and what the log says of it."""

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from time_machine import travel

from accounts.access import ANONYMOUS
from accounts.errors import NotAllowed, NotFound
from ledger.models import Event
from licensing.comparable_deals import (
    beside_offer,
    beside_request,
    get_release,
    publish_precedents_pending,
    releases,
)
from licensing.models import PrecedentRelease, PublishedDeal, Settlement, SettlementMethod
from licensing.precedents import Bucket, Cell
from tests import closed_deals, factories
from tests.closed_deals import NOVEMBER, OCTOBER

pytestmark = pytest.mark.django_db
FILMS = Bucket("video", "USD", "non_exclusive", "train.generative", "longer", "film")


@pytest.fixture(autouse=True)
def in_october() -> Iterator[None]:
    with travel(OCTOBER):
        yield


def publish(at: datetime = NOVEMBER) -> int:
    with travel(at, tick=False):
        return publish_precedents_pending()


def test_deals_are_published_once_with_their_hash_in_the_log() -> None:
    studio, lab = factories.studio(), factories.lab()
    closed_deals.twelve()
    # One more as the verbs leave it: seconds of film, for far more than the others.
    more = factories.grant(studio, lab, [factories.offered_film(studio)])
    Settlement.objects.filter(deal=more.deal).update(method=SettlementMethod.STRIPE)
    assert publish(NOVEMBER - timedelta(days=1)) == 0  # a day after the month has ended
    assert [publish(), publish(), publish(NOVEMBER + timedelta(days=20))] == [1, 0, 0]
    assert releases() == [("2026-11", [Cell(FILMS, 13, 8, 400, 400, 500)])]
    release = get_release(studio, "2026-11")
    assert hashlib.sha256(release.text.encode()).hexdigest() == release.sha256
    entry = Event.objects.get(stream=release.stream)
    assert (entry.kind, entry.facts().data) == ("precedents.published", {"sha256": release.sha256})
    # In no release again, whatever the program does: the database says so.
    assert publish(NOVEMBER + timedelta(days=40)) == 0
    one = PublishedDeal.objects.first()
    assert one is not None
    with pytest.raises(IntegrityError), transaction.atomic():
        PublishedDeal.objects.create(deal=one.deal, release=release)
    for stranger, month, refusal in (
        (studio, "2026-12", NotFound),
        (ANONYMOUS, "2026-11", NotAllowed),
    ):
        with pytest.raises(refusal):
            get_release(stranger, month)


@pytest.mark.parametrize("method", ["bank_transfer", "nothing_due"])
def test_what_one_side_only_says_was_paid_counts_for_nothing(method: str) -> None:
    deals = [grant.deal for grant in closed_deals.twelve()]
    Settlement.objects.filter(deal__in=deals).update(method=method)
    assert publish() == 0
    assert releases() == []


def test_what_is_published_names_nobody_and_no_price_that_was_paid() -> None:
    grants = closed_deals.twelve([311, 312, 413, 414, 415, 516, 9_017])
    publish()
    text = PrecedentRelease.objects.get().text
    for grant in grants:
        assert grant.code not in text
        assert grant.deal.code not in text
        assert str(grant.deal.amount_minor // 100) not in text
        assert grant.licensor.name not in text


def test_deals_that_find_no_like_wait_for_those_of_the_next_month() -> None:
    """Four licensors in October, and three in November: published in December."""
    studios, labs = [factories.studio() for _ in range(7)], [factories.lab() for _ in range(4)]
    for number in range(12):
        studio = studios[number % 7]
        if number % 7 < 4:
            closed_deals.granted(studio, labs[number % 4], 400)
    assert publish() == 1
    assert releases() == [("2026-11", [])]
    late = OCTOBER + timedelta(days=30)
    for number in range(12):
        if number % 7 >= 4:
            closed_deals.granted(studios[number % 7], labs[number % 4], 400, issued_at=late)
    assert publish(NOVEMBER + timedelta(days=31)) == 1
    assert releases()[0] == ("2026-12", [Cell(FILMS, 12, 7, 400, 400, 400)])


def test_a_title_is_beside_films_and_a_request_beside_what_it_asks_for() -> None:
    closed_deals.twelve()
    publish()
    studio, lab = factories.studio(), factories.lab()
    film = factories.offered_film(studio)
    assert film.title is not None
    offer = film.title.offers.get()
    shown = beside_offer(film.title, offer)
    assert shown.best == ("2026-11", Cell(FILMS, 12, 7, 320, 400, 500))
    assert beside_offer(film.title, None).found == shown.found
    offer.currency = "KRW"
    assert beside_offer(film.title, offer).found == []
    asked = factories.draft(lab, [film])
    assert beside_request(asked).best == shown.best
    short = factories.draft(lab, [film], ends_at=factories.STARTS + timedelta(days=90))
    assert beside_request(short).found == []
    # A likeness is somebody's own: it is compared with nothing.
    agency = factories.talent()
    face = factories.likeness(agency)
    assert beside_offer(face, None).wanted is None
