"""What a request asks for beyond the offers of its files, and what stays within them."""

from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest
import time_machine

from accounts.access import Actor
from catalog.models import Asset
from licensing.deals.requests import Clips, submit_request
from licensing.models import PriceUnit, Request
from licensing.offers.publishing import publish_offer, withdraw_offer
from licensing.verdicts.outside import Outside, beside_offers, propose
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
SCOPE: dict[str, Any] = {
    "uses": ["train.finetune"],
    "model_kinds": ["foundation"],
    "territory": ["KR", "JP"],
    "starts_at": datetime(2027, 1, 1, tzinfo=UTC),
    "ends_at": datetime(2029, 1, 1, tzinfo=UTC),
    "price_minor": 1_000,
}


def film(studio: Actor, *, duration_ms: int | None, **terms: Any) -> Asset:
    """Return a file of that duration, on offer from 2027 to 2029 unless `terms` say otherwise."""
    title = factories.title(studio)
    file = factories.words(studio, title)
    Asset.objects.filter(pk=file.pk).update(facts={"duration_ms": duration_ms})
    given: dict[str, Any] = {
        "uses": ["train"],
        "model_kinds": ["foundation", "open_weights"],
        "territory": {"include": ["WORLD"], "except": ["CN"]},
        "starts_at": SCOPE["starts_at"],
        "ends_at": SCOPE["ends_at"],
        "price_minor": 1_000,
        "currency": "USD",
    }
    publish_offer(actor=studio, owner_code=title.code, **(given | terms))
    file.refresh_from_db()
    return file


def outside(request: Request) -> dict[str, Any]:
    (found,) = beside_offers(request, request.items.all())
    return {term.value: said for term, said in found.outside.items()}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({}, {}),
        ({"uses": ["train.finetune", "dub"]}, {"uses": ["dub"]}),
        ({"model_kinds": ["customer_private"]}, {"model_kinds": ["customer_private"]}),
        ({"territory": ["KR", "CN"]}, {"territory": ["CN"]}),
        (
            {"starts_at": datetime(2026, 12, 31, 23, 59, tzinfo=UTC)},
            {"starts_at": SCOPE["starts_at"]},
        ),
        ({"ends_at": datetime(2029, 1, 1, 0, 0, 1, tzinfo=UTC)}, {"ends_at": SCOPE["ends_at"]}),
        ({"ends_at": None}, {"ends_at": SCOPE["ends_at"]}),
        ({"exclusivity": "sole"}, {"exclusivity": "sole"}),
        ({"price_minor": 999}, {"price": 1_000}),
        ({"currency": "EUR"}, {"price": 1_000}),
    ],
)
def test_what_lies_outside_of_an_offer_is_named(change: dict[str, Any], told: Any) -> None:
    studio, lab = factories.studio(), factories.lab()
    file = film(studio, duration_ms=1)
    request = factories.draft(lab, [file], **(SCOPE | change))
    assert outside(request) == told
    submit_request(actor=lab, code=request.code)  # told, and not refused


def test_the_offer_that_stood_when_it_was_asked_is_what_counts() -> None:
    studio, lab = factories.studio(), factories.lab()
    file = film(studio, duration_ms=1)
    asked = factories.draft(lab, [file], **SCOPE)
    waiting = factories.draft(lab, [file], **SCOPE)
    submit_request(actor=lab, code=asked.code)
    withdraw_offer(actor=studio, code=file.owner.offers.get().code)
    asked.refresh_from_db()
    assert outside(asked) == {}
    assert outside(waiting) == {Outside.OFFER: None}


def test_a_price_by_time_is_summed_exactly_and_shared_upwards() -> None:
    studio, lab = factories.studio(), factories.lab()
    lengths = (61_000, 125_500, 30_001)
    files = [film(studio, duration_ms=ms, per=PriceUnit.MINUTE) for ms in lengths]
    with time_machine.travel(NOW, tick=False):
        found = propose(lab, [file.code for file in files], at=NOW)
    assert found is not None
    exact = [Fraction(1_000 * ms, 60_000) for ms in lengths]
    # Each file by itself, a half upwards.
    assert found.total_minor == sum(int(amount + Fraction(1, 2)) for amount in exact)
    assert found.price_minor is not None
    assert 0 <= found.price_minor * 3 - found.total_minor < 3
    request = factories.draft(lab, files, **(SCOPE | {"price_minor": found.price_minor}))
    beside = beside_offers(request, request.items.all())
    # One is longer than the average; what their licensor gets in all is what it asks.
    assert [dict(each.outside) for each in beside] == [{}, {}, {}]
    less = factories.draft(lab, files, **(SCOPE | {"price_minor": found.price_minor - 1}))
    beside = beside_offers(less, less.items.all())
    assert {each.price_minor: dict(each.outside) for each in beside} == {
        1_017: {},
        2_092: {"price": 2_092},
        500: {},
    }


def test_a_part_costs_its_own_time() -> None:
    studio, lab = factories.studio(), factories.lab()
    file = film(studio, duration_ms=600_000, per=PriceUnit.HOUR, price_minor=36_000)
    found = propose(lab, [Clips(file.code, [[0, 1_500], [9_000, 10_000]])], at=NOW)
    assert found is not None
    assert (found.total_minor, found.files) == (25, 1)


def test_what_is_proposed_lies_within_every_offer() -> None:
    studio, lab = factories.studio(), factories.lab()
    late = datetime(2027, 6, 1, 15, 30, tzinfo=UTC)
    files = [
        film(studio, duration_ms=1),
        film(
            studio,
            duration_ms=1,
            uses=["train.finetune", "index"],
            model_kinds=["open_weights"],
            territory=["KR", "CN"],
            starts_at=late,
            ends_at=None,
        ),
    ]
    found = propose(lab, [file.code for file in files], at=NOW)
    assert found is not None
    assert (found.uses, found.model_kinds, found.territory) == (
        ["train.finetune"],
        ["open_weights"],
        ["KR"],
    )
    # A term begins with a day, UTC: the first whole one in the window.
    assert found.starts_at == datetime(2027, 6, 2, tzinfo=UTC)
    assert found.ends_at == SCOPE["ends_at"]
    scope = {name: getattr(found, name) for name in SCOPE}
    request = factories.draft(lab, files, **scope)
    assert [dict(each.outside) for each in beside_offers(request, request.items.all())] == [{}, {}]


def test_where_nothing_lies_within_nothing_is_proposed() -> None:
    studio, lab = factories.studio(), factories.lab()
    file = film(studio, duration_ms=None)
    apart = film(studio, duration_ms=1, uses=["dub"])
    assert propose(lab, [file.code], at=SCOPE["ends_at"]) is None
    assert propose(lab, [file.code, apart.code], at=NOW) is None
    assert propose(lab, ["7K3F2Q9D+001"], at=NOW) is None


def test_an_offer_that_begins_on_the_last_day_of_the_calendar_is_proposed_from_then() -> None:
    last = datetime(9999, 12, 31, 12, tzinfo=UTC)
    studio, lab = factories.studio(), factories.lab()
    file = film(studio, duration_ms=None, starts_at=last, ends_at=None)
    found = propose(lab, [file.code], at=NOW)
    assert found is not None
    assert found.starts_at == last


def test_a_price_by_time_counts_nothing_for_what_does_not_last() -> None:
    studio, lab = factories.studio(), factories.lab()
    film_ = film(studio, duration_ms=60_000, per=PriceUnit.MINUTE)
    script = factories.words(studio, film_.owner, "Another")
    found = propose(lab, [film_.code, script.code], at=NOW)
    assert found is not None
    assert (found.total_minor, found.price_minor) == (None, None)
    request = factories.draft(lab, [script], **SCOPE)
    assert outside(request) == {"price": None}


def test_of_very_many_files_only_keys_and_lengths_are_read(
    django_assert_max_num_queries: Any,
) -> None:
    studio, lab = factories.studio(), factories.lab()
    file = film(studio, duration_ms=90_000, per=PriceUnit.MINUTE)
    other = film(studio, duration_ms=30_000, per=PriceUnit.MINUTE)
    request = factories.draft(lab, [file, other], **SCOPE)
    with django_assert_max_num_queries(5) as asked:
        found = beside_offers(request, request.items.all())
    assert sorted(each.price_minor or 0 for each in found) == [500, 1_500]
    assert not [query for query in asked if "object_key" in query["sql"]]
