"""A log may say anything that has the form of an entry: the rules answer, and never break."""

from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from edgecode.audit.rules import Replay, shipped_kinds
from edgecode.log.commitments import Opening
from edgecode.log.leaf import Leaf, parse
from ledger.simulation.market import Market
from tests.client.forgery import Log
from tests.client.lies import Openings

JUNK: list[Any] = [
    None, True, False, 0, -1, 2**52, "", "x", "CLEAR", "a\nb", "\x1b[31mred", "박민지", [],
    ["face"], [[]], [None, {}], {}, {"a": []}, {"uses": 1}, "WORLD", "2026-01-01T00:00:00",
    "0001-01-01",
]  # fmt: skip


@pytest.fixture(scope="module")
def given() -> tuple[Log, Openings]:
    market = Market(1, keep_openings=True)
    log = [parse(entry) for entry in market.entries(900)]
    return log, market.openings


def corrupt(rng: Random, log: Log, at: int) -> Leaf:
    """Return the entry with something else in it, and still an entry."""
    leaf, other = log[at], rng.choice(log)
    return rng.choice(
        [
            lambda: replace(leaf, kind=rng.choice(sorted(shipped_kinds()))),
            lambda: replace(leaf, kind="foo.bar"),
            lambda: replace(leaf, stream=other.stream, stream_version=other.stream_version),
            lambda: replace(leaf, actor=rng.choice([other.actor, other.stream, "system:x", "a:b"])),
            lambda: replace(leaf, refs=other.refs),
            lambda: replace(leaf, refs=dict.fromkeys(leaf.refs, f"{other.stream}@1")),
            lambda: replace(leaf, refs={role: [f"{other.stream}@1"] for role in leaf.refs}),
            lambda: replace(leaf, refs={}),
            lambda: replace(leaf, data={name: rng.choice(JUNK) for name in leaf.data}),
            lambda: replace(
                leaf, data={"attributes": rng.choice(JUNK), "sha256": rng.choice(JUNK)}
            ),
            lambda: replace(leaf, data={}),
            lambda: replace(leaf, commitments={}),
            lambda: replace(leaf, stream_version=rng.choice([1, 2, 10**14])),
            lambda: replace(leaf, at=leaf.at + rng.choice([-1, 1]) * timedelta(days=99_999)),
            lambda: replace(leaf, at=leaf.at.replace(year=1)),
        ]
    )()


def lie(rng: Random, openings: Openings) -> Openings:
    told = dict(openings)
    for at in rng.sample(sorted(told), 150):
        names = dict(told[at])
        for name, opening in names.items():
            value: Any = rng.choice(JUNK)
            if opening.value and isinstance(opening.value, dict) and rng.random() < 0.8:
                value = {**opening.value, rng.choice(sorted(opening.value)): value}
            names[name] = Opening(bytes(32), value)
        told[at] = names
    return told


@pytest.mark.parametrize("seed", range(60))
def test_nothing_that_an_entry_says_breaks_the_rules(
    given: tuple[Log, Openings], seed: int
) -> None:
    rng = Random(seed)
    log, openings = list(given[0]), lie(rng, given[1])
    for at in rng.sample(range(len(log)), 60):
        log[at] = corrupt(rng, log, at)
    rules = Replay(openings)
    found = [violation for at, leaf in enumerate(log) for violation in rules.entry(at, leaf)]
    for violation in found + rules.end():
        assert violation.message.isprintable()
        assert len(violation.message) <= 500
        assert list(violation.indices) == sorted(set(violation.indices))
        assert 0 <= violation.indices[0] <= violation.indices[-1] < len(log)
    assert found
