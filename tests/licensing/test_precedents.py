"""Comparable deals, and somebody who tries to read a single deal out of them.

A world is a number of closed deals; its history is what is published of it month by month. The
attacker knows everything that was ever published and which deals are behind it, which is more
than anybody is told, and is a party to some: as one licensor and as one lab.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import combinations, product
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from licensing.precedents import Bucket, Cell, Closed, bucket_of, comparable, released
from licensing.precedents.batches import Batch
from licensing.precedents.buckets import LEVELS, widened
from licensing.precedents.cells import coarse

MINUTE = 60_000
MONTHS = range(1, 9)
FILM = Bucket("video", "USD", "non_exclusive", "train.generative", "3y", "film")

type World = dict[int, Closed]
type Published = list[tuple[int, Batch]]

seeds = st.integers(0, 2**32 - 1)


def deal(key: int, licensor: int, licensee: int, price: int = 400, **changes: object) -> Closed:
    """A deal of a hundred minutes at `price` minor units each, granted in month 0."""
    made = Closed(key, licensor, licensee, FILM, 100 * MINUTE, 100 * price, 0)
    return made._replace(**changes)  # type: ignore[arg-type]


def world(seed: int) -> World:
    """Some dozens of deals of ten licensors and five labs in a few buckets, over six months. A
    licensor has one price, so that its price is what it got in every deal."""
    chance = Random(seed)
    buckets = [
        FILM._replace(term=term, kind=kind)
        for term, kind in product(("1y", "3y"), ("film", "series"))
    ]
    prices = [chance.randrange(1, 5_000) for _ in range(10)]
    found: World = {}
    for key in range(chance.randrange(20, 90)):
        licensor, minutes = chance.randrange(10), chance.randrange(1, 300)
        found[key] = Closed(
            key,
            licensor,
            chance.randrange(5),
            chance.choice(buckets[: chance.randrange(1, 5)]),
            minutes * MINUTE,
            minutes * prices[licensor],
            chance.randrange(6),
        )
    return found


def history(deals: World) -> Published:
    """All that is ever published of these deals, each batch with the month of its release."""
    waiting, told = dict(deals), []
    for month in MONTHS:
        for batch in released(waiting.values(), month):
            told.append((month, batch))
            for key in batch.keys:
                del waiting[key]
    return told


def cells(told: Published) -> list[tuple[int, Cell]]:
    return [(month, batch.cell) for month, batch in told]


def running_index(deals: World) -> Published:
    """What one would do at first: each month every bucket of every width with all deals so far,
    where they are of five licensors. It is here to be broken."""
    told = []
    for month, level in product(MONTHS, LEVELS):
        known = [each for each in deals.values() if each.month < month]
        for bucket in sorted({widened(each.bucket, level) for each in known}):
            mine = [each for each in known if widened(each.bucket, level) == bucket]
            if len({each.licensor for each in mine}) >= 5:
                keys = tuple(each.key for each in mine)
                told.append((month, Batch(Cell(bucket, len(mine), 5, 0, 0, 0), keys)))
    return told


def least_left(deals: World, told: Published) -> int:
    """The attack by differences: the fewest licensors whose deals are told apart by what two
    things that were published do not share."""
    sets = {frozenset(batch.keys) for _month, batch in told}
    parts = set(sets)
    for one, other in combinations(sets, 2):
        if one & other:
            parts |= {one - other, other - one, one & other}
    return min((len({deals[key].licensor for key in part}) for part in parts if part), default=99)


def unknown_to(deals: World, keys: Iterable[int], licensor: int, licensee: int) -> list[Closed]:
    """The deals that somebody who is this licensor and this lab has no part in."""
    return [
        deals[key]
        for key in keys
        if deals[key].licensor != licensor and deals[key].licensee != licensee
    ]


@settings(max_examples=150)
@given(seeds)
def test_no_two_things_ever_published_differ_by_fewer_than_five_licensors(seed: int) -> None:
    deals = world(seed)
    assert least_left(deals, history(deals)) >= 5


def test_the_attack_reads_single_licensors_out_of_a_running_index() -> None:
    """The attack is one that works: on what one would publish at first."""
    assert {least_left(deals, running_index(deals)) for deals in map(world, range(20))} == {1}


@settings(max_examples=150)
@given(seeds)
def test_whoever_is_a_party_still_faces_four_licensors_and_two_labs(seed: int) -> None:
    deals = world(seed)
    for _month, batch in history(deals):
        for licensor, licensee in product(range(10), range(5)):
            others = unknown_to(deals, batch.keys, licensor, licensee)
            assert len({each.licensor for each in others}) >= 4
            assert len({each.licensee for each in others}) >= 2


@settings(max_examples=100)
@given(seeds)
def test_licensors_can_exchange_prices_and_nothing_published_changes(seed: int) -> None:
    """Of two licensors in a batch nobody can tell which had which price: not from anything that is
    ever published."""
    deals = world(seed)
    told = history(deals)
    for _month, batch in told:
        licensors = sorted({deals[key].licensor for key in batch.keys})
        pair = Random(seed).sample(licensors, 2)
        assert cells(history(exchanged(deals, batch.keys, *pair))) == cells(told)


def exchanged(deals: World, keys: Iterable[int], one: int, other: int) -> World:
    """The same world, but that in these deals two licensors have each other's price."""
    price = {each.licensor: each.amount_minor * MINUTE // each.size for each in deals.values()}
    now = {one: price[other], other: price[one]}
    mine = [deals[key] for key in keys if deals[key].licensor in now]
    return deals | {
        each.key: each._replace(amount_minor=now[each.licensor] * (each.size // MINUTE))
        for each in mine
    }


@settings(max_examples=100)
@given(seeds, st.integers(0, 9), st.sampled_from([0, 1, 10**9]))
def test_whatever_one_licensor_was_paid_the_figures_lie_among_those_of_the_others(
    seed: int, licensor: int, price: int
) -> None:
    """So no price so high or so low shows, and what is published when does not hang on it."""
    deals = world(seed)
    told = history(deals)
    paid = {
        key: each._replace(amount_minor=price * (each.size // MINUTE))
        if each.licensor == licensor
        else each
        for key, each in deals.items()
    }
    again = history(paid)
    assert [(month, each.keys) for month, each in again] == [
        (month, each.keys) for month, each in told
    ]
    for _month, batch in again:
        others = [
            coarse(Fraction(each.amount_minor * MINUTE, each.size))
            for each in unknown_to(paid, batch.keys, licensor, -1)
        ]
        shown = (batch.cell.low, batch.cell.median, batch.cell.high)
        assert min(others) <= min(shown)
        assert max(shown) <= max(others)


@settings(max_examples=100)
@given(seeds)
def test_a_deal_more_changes_nothing_that_was_published_before(seed: int) -> None:
    deals = world(seed)
    late = {999: deal(999, 3, 2, month=4)}
    before = [each for each in history(deals) if each[0] <= 4]
    assert [each for each in history(deals | late) if each[0] <= 4] == before


def test_own_deals_of_one_licensor_and_one_lab_bring_nothing_to_light() -> None:
    """One real deal, and as many made up ones as somebody likes to pay to himself."""
    made_up = {key: deal(key, 1, 1, price=key) for key in range(1, 60)}
    bought = {key: deal(key, 100 + key, 1, price=key) for key in range(60, 90)}
    assert history({0: deal(0, 7, 7)} | made_up | bought) == []


def twelve() -> World:
    """Twelve deals of seven licensors with four labs, at 3.10, 3.10, 4, 4.20, 4.20, 5 and 90."""
    prices = [310, 310, 400, 420, 420, 500, 9_000]
    pairs = [(number % 7, number % 4) for number in range(12)]
    return {
        key: deal(key, licensor, lab, prices[licensor]) for key, (licensor, lab) in enumerate(pairs)
    }


def test_twelve_deals_of_seven_licensors_are_told_in_three_coarse_prices() -> None:
    [(month, batch)] = history(twelve())
    assert month == 1
    assert batch.cell == Cell(FILM, deals=12, licensors=7, low=320, median=400, high=500)


def test_a_large_deal_of_a_licensor_weighs_no_more_than_a_small_one() -> None:
    deals = twelve()
    large = deals[6]
    deals[6] = large._replace(size=large.size * 10_000, amount_minor=large.amount_minor * 10_000)
    assert cells(history(deals)) == cells(history(twelve()))


def one_lab_buys_most(count: int) -> World:
    """Five licensors, all of which sold to lab 0; `count` of them to two other labs, too."""
    first = [(licensor, 0) for licensor in range(5)]
    more = [(licensor, lab) for licensor in range(count) for lab in (1, 2)]
    return {key: deal(key, *pair) for key, pair in enumerate([*first, *more])}


@pytest.mark.parametrize(("count", "shown"), [(4, 0), (5, 1)])
def test_without_any_one_lab_five_licensors_remain(count: int, shown: int) -> None:
    assert len(history(one_lab_buys_most(count))) == shown


def test_deals_wait_for_their_like_and_are_then_told_with_wider_ones() -> None:
    """Seven licensors, each with a kind of title of its own: together after the second month."""
    deals = {
        key: each._replace(bucket=FILM._replace(kind=f"kind-{each.licensor}"))
        for key, each in twelve().items()
    }
    [(month, batch)] = history(deals)
    assert (month, batch.cell.bucket) == (2, FILM._replace(kind=""))


def test_prices_in_other_currencies_and_of_exclusive_licences_stand_apart() -> None:
    deals = {
        key: each._replace(
            bucket=FILM._replace(
                currency="KRW" if key % 2 else "USD",
                exclusivity="exclusive" if key % 3 else "non_exclusive",
            )
        )
        for key, each in twelve().items()
    }
    assert history(deals) == []


RELEASES: Sequence[tuple[str, list[Cell]]] = [
    ("2026-09", [Cell(FILM, 12, 7, 320, 400, 500)]),
    (
        "2026-10",
        [Cell(FILM._replace(use="", term="", kind=""), 40, 20, 200, 400, 800)],
    ),
    ("2026-11", [Cell(FILM, 9, 6, 320, 320, 500)]),
]


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, [("2026-11", 9), ("2026-09", 12), ("2026-10", 40)]),
        ({"kind": ""}, [("2026-11", 9), ("2026-09", 12), ("2026-10", 40)]),
        ({"use": "input"}, [("2026-10", 40)]),
        ({"exclusivity": "exclusive"}, []),
    ],
)
def test_the_narrowest_and_newest_comparison_comes_first(
    changes: dict[str, str], found: list[tuple[str, int]]
) -> None:
    told = comparable(RELEASES, FILM._replace(**changes))
    assert [(month, cell.deals) for month, cell in told] == found


def test_a_cell_is_read_as_it_was_written() -> None:
    wide = Cell(FILM._replace(use="", term="", kind=""), 40, 20, 200, 400, 800)
    assert Cell.read(wide.written()) == wide
    assert wide.written()["use"] is None


@pytest.mark.parametrize(
    ("price", "told"),
    [
        (Fraction(0), 0),
        (Fraction(1, 3), 0),
        (Fraction(7), 6),
        (Fraction(42), 40),
        (Fraction(420), 400),
        (Fraction(450), 400),
        (Fraction(9_999), 10_000),
        (Fraction(10**12 + 1), 10**12),
    ],
)
def test_a_price_is_told_in_coarse_steps(price: Fraction, told: int) -> None:
    assert coarse(price) == told


START = datetime(2027, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, FILM),
        ({"modalities": ["text", "audio", "video"]}, FILM),
        ({"uses": ["evaluate", "train.finetune"]}, FILM),
        ({"uses": ["ai.all"]}, FILM._replace(use="generate")),
        ({"exclusivity": "sole"}, FILM._replace(exclusivity="exclusive")),
        ({"kinds": ["film", "episode"]}, FILM._replace(kind="")),
        ({"ends_at": None}, FILM._replace(term="longer")),
        ({"ends_at": START.replace(year=2028)}, FILM._replace(term="1y")),
        ({"ends_at": START.replace(year=2030) + timedelta(days=1)}, FILM._replace(term="longer")),
        ({"starts_at": None}, FILM._replace(term="")),
        ({"uses": []}, FILM._replace(use="")),
        ({"modalities": []}, None),
        ({"uses": ["distribute.tv"]}, None),
    ],
)
def test_what_a_deal_is_compared_by(changes: dict[str, object], expected: Bucket | None) -> None:
    given: dict[str, object] = {
        "modalities": ["video"],
        "uses": ["train.generative"],
        "currency": "USD",
        "exclusivity": "non_exclusive",
        "starts_at": START,
        "ends_at": START.replace(year=2030),
        "kinds": ["film"],
    }
    asked: Callable[..., Bucket | None] = bucket_of
    assert asked(**(given | changes)) == expected
