"""Counsel records an opinion while somebody agrees on a deal that it concerns: one waits for the
other, and never both."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from time import monotonic, sleep

import pytest
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from accounts.access import Actor
from catalog.models import Asset, Fact, Title
from licensing.counsel.opinions import clear_waiting, record_opinion
from licensing.counsel.records import record
from licensing.deals.requests import submit_request
from licensing.deals.reservations import lock_material
from licensing.deals.transitions import lock_deal
from licensing.models import Clearance, Deal
from tests import factories

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("var_dir")]
UNKNOWN = {"element": "stock", "ai": "unknown", "modality": ["text"]}


@pytest.fixture
def studio() -> Actor:
    return factories.studio()


@pytest.fixture
def series(studio: Actor) -> Title:
    found = factories.title(studio, kind="series")
    factories.ownership(studio, found)
    return found


@pytest.fixture
def episode(studio: Actor, series: Title) -> Title:
    return factories.title(studio, kind="episode", parent=series.code)


@pytest.fixture
def question(studio: Actor, episode: Title) -> Fact:
    """What counsel is asked about the episode."""
    return factories.fact(studio, episode, "element", **UNKNOWN)


@pytest.fixture
def whole(studio: Actor, series: Title, question: Fact) -> Asset:
    file = factories.words(studio, series)
    factories.offer(studio, series)
    return file


def asked(file: Asset) -> Deal:
    lab = factories.lab()
    request = factories.draft(lab, [file], exclusivity="exclusive")
    submit_request(actor=lab, code=request.code)
    return request.deals.get()


def opinion(studio: Actor, question: Fact) -> None:
    """As the API records one."""
    said = {"resolves": "ELEMENT_UNKNOWN", "about": [question.code], "by": "R. Ito"}
    body = said | {"signed": "2026-01-01"}
    record(actor=studio, title=question.title, kind="counsel_opinion", body=body, document="Memo")


def opinion_on_the_page(studio: Actor, question: Fact) -> None:
    said = {"resolves": "ELEMENT_UNKNOWN", "about": [question.code], "by": "R. Ito"}
    body = said | {"signed": "2026-01-01"}
    record_opinion(actor=studio, title=question.title, body=body, document="Memo")


def newest(deal: Deal) -> Clearance:
    return deal.items.get().clearances.latest("pk")


def in_thread(threads: ThreadPoolExecutor, do: Callable[[], object]) -> "Future[None]":
    """Begin something that has to wait for this transaction; return once it does."""

    def work() -> None:
        try:
            do()
        finally:
            connection.close()

    begun = threads.submit(work)
    until = monotonic() + 10
    while connection.vendor == "postgresql" and monotonic() < until:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone() != (0,):
                return begun
        sleep(0.01)
    return begun


@pytest.mark.parametrize("give", [opinion, opinion_on_the_page])
def test_an_opinion_waits_for_the_agreement_and_knows_what_it_waited_for(
    studio: Actor, question: Fact, whole: Asset, give: Callable[[Actor, Fact], None]
) -> None:
    deal = asked(whole)
    assert newest(deal).verdict == "REVIEW"
    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            lock_deal(studio, deal.code)
            given = in_thread(threads, lambda: give(studio, question))
            lock_material(deal.items.select_related("asset"))
            until = timezone.now()
        given.result()
    kept = newest(deal)
    assert kept.verdict == "CLEAR"
    assert kept.evaluated_at >= until


def test_an_opinion_on_an_episode_waits_for_the_grant_of_its_series(
    studio: Actor, series: Title, question: Fact, whole: Asset
) -> None:
    """Of a deal that is paid, and so none that the opinion clears again: both need the titles."""
    deal = asked(whole)
    Deal.objects.filter(pk=deal.pk).update(state="settled")
    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            Title.objects.select_for_update().get(pk=series.pk)  # the first that a grant locks
            given = in_thread(threads, lambda: opinion(studio, question))
            lock_material(deal.items.select_related("asset"))
        given.result()
    assert Fact.objects.filter(title=question.title, kind="counsel_opinion").exists()


def test_no_deal_is_waited_for_while_titles_are_locked(
    studio: Actor, question: Fact, whole: Asset
) -> None:
    """Whoever has one in hand that came meanwhile may wait for these titles."""
    deal, came = asked(whole), asked(whole)

    def clear() -> None:
        try:
            with transaction.atomic():
                clear_waiting(Deal.objects.all(), Q(asset=whole), actor_name=studio.name)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            lock_deal(studio, came.code)
            cleared = threads.submit(clear)
            if connection.vendor == "postgresql":
                cleared.result(timeout=20)
        cleared.result()
    assert deal.items.get().clearances.count() == 2
