"""Whoever forges history is found out: each log breaks one rule, and that rule says so."""

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import chain
from pathlib import Path
from typing import Final

import pytest

from catalog.scope.territory import COUNTRIES
from catalog.scope.uses import ATTRIBUTES, EXCLUSIVITIES, HEREAFTER, MODEL_KINDS, USES
from edgecode.audit.entries import Reader
from edgecode.audit.rules import RULES, Replay, Violation, scopes, shipped_kinds
from edgecode.audit.rules.deals import STEPS
from edgecode.audit.rules.plan import Plan
from edgecode.audit.shapes import ShapedLeaf
from edgecode.log.canonical import JSON
from edgecode.log.commitments import Opening, opens
from edgecode.log.leaf import Leaf, parse
from edgecode.log.schema import Kind, dump
from ledger.simulation.market import Market
from tests.client.forgery import Log, change, find, fit, of
from tests.client.lies import BROKEN_TOO, LIES, Lie, Openings, consent, tell
from tests.client.mutations import (
    AUDITED,
    CONSEQUENCES,
    MUTATIONS,
    Mutation,
    carried_out_alone,
    cut,
    erased_after,
)
from tests.client.mutations_amendments import AMENDMENTS
from tests.client.mutations_life import CONSEQUENCES_OF_LIFE, LIFE
from tests.client.mutations_outputs import OUTPUTS

ENTRIES = 3400
SEED = 6  # of few with which so short a log has what every forgery and every lie begins with

type Given = tuple[Log, Openings]


class Eventful(Market):
    """A market in which files are seldom fetched and rare things happen more often: as every
    forgery is played from its first entry to its last, a short log is to hold all that happens."""

    MORE_OR_LESS: Final = {
        "deliver": 20,
        "submit_request": 30,
        "sign": 130,
        "change_keys": 12,
        "change_rights": 10,
        "change_authorities": 16,
        "tell_twins_apart": 16,
        "opine": 12,
        "certify": 9,
        "revoke": 6,
        "erase": 5,
    }

    def _steps(self) -> list[tuple[Callable[[], None], int]]:
        usual = super()._steps()
        return [(step, self.MORE_OR_LESS.get(step.__name__, often)) for step, often in usual]


# By identity, the entries of the honest log, each by its shape as an audit reads those that come
# often: as a forgery leaves most of them alone, they need not be taken apart hundreds of times.
READ: dict[int, tuple[Leaf, Leaf]] = {}


@pytest.fixture(scope="module")
def given() -> Given:
    market = Eventful(SEED, keep_openings=True)
    entries = list(market.entries(ENTRIES))
    log = [parse(entry) for entry in entries]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("edgecode.audit.entries._MET_MIN", 1)
        reader = Reader()
        list(reader.parse(entries))  # from which it learns every shape
    pairs = zip(log, reader.parse(entries), strict=True)
    READ.update({id(leaf): (leaf, read) for leaf, read in pairs})
    return log, market.openings


def replay(log: Log, openings: Openings | None = None) -> list[Violation]:
    rules = Replay(openings, now=AUDITED)
    found, begins, before = [], 0, ""
    for place, leaf in enumerate(log):
        if before == "shard.closed":
            begins = place  # each log counts from 0
        found += rules.entry(place - begins, as_read(leaf))
        before = leaf.kind
    return found + rules.end()


def judge(rules: Replay, log: Log) -> list[Violation]:
    """Return what is wrong with a log, but for what only its end shows."""
    return [each for at, leaf in enumerate(log) for each in rules.entry(at, as_read(leaf))]


def as_read(leaf: Leaf) -> Leaf:
    """Return the entry by its shape, where the honest log has it."""
    _, read = READ.get(id(leaf), (leaf, leaf))
    return read


FORGED = [
    pytest.param(rule, mutation, id=f"{rule}-{number}")
    for rule, mutations in chain(
        MUTATIONS.items(), LIFE.items(), AMENDMENTS.items(), OUTPUTS.items()
    )
    for number, mutation in enumerate(mutations)
]
LIED = [
    pytest.param(rule, lie, id=f"{rule}-{number}")
    for rule, lies in LIES.items()
    for number, lie in enumerate(lies)
]


def test_every_rule_has_a_log_that_breaks_it() -> None:
    by_other_tests = {"R9", "R51"}
    assert [rule.id for rule in RULES] == [f"R{number}" for number in range(1, len(RULES) + 1)]
    broken = MUTATIONS.keys() | LIFE.keys() | AMENDMENTS.keys() | OUTPUTS.keys() | LIES.keys()
    assert {rule.id for rule in RULES} == broken | by_other_tests


def test_every_rule_says_which_kinds_it_needs() -> None:
    known = set(shipped_kinds())
    assert [rule.id for rule in RULES if not known.issuperset(rule.needs)] == []
    assert all(rule.title.endswith(".") for rule in RULES)


@pytest.mark.parametrize(("rule", "mutation"), FORGED)
def test_a_forged_log_is_found_out(given: Given, rule: str, mutation: Mutation) -> None:
    log, _ = given
    forged = mutation(log)
    assert forged != log
    found = replay(forged)
    broken = {violation.rule for violation in found}
    assert rule in broken
    allowed = (CONSEQUENCES | CONSEQUENCES_OF_LIFE).get(mutation, set())
    assert broken - {rule} <= allowed, [str(each) for each in found[:5]]
    for violation in found:
        assert all(0 <= index < len(forged) for index in violation.indices)
        assert "\n" not in violation.message


def test_entries_read_by_their_shape_are_judged_as_each_by_itself(given: Given) -> None:
    forged, _ = given
    for rule in ("R15", "R25", "R31"):
        forged = MUTATIONS[rule][0](forged)
    shaped = list(Reader().parse([leaf.encode() for leaf in forged]))
    assert sum(isinstance(leaf, ShapedLeaf) for leaf in shaped) > 0.6 * len(shaped)
    found = replay(shaped)
    assert {violation.rule for violation in found} == {"R15", "R25", "R31"}
    assert found == replay([replace(leaf) for leaf in forged])


@pytest.mark.parametrize(("rule", "lie"), LIED)
def test_facts_that_contradict_each_other_are_found_out(given: Given, rule: str, lie: Lie) -> None:
    log, openings = given
    forged, told = lie(log, openings)
    # Without the facts there is nothing to be seen.
    assert forged == log or replay(forged) == []
    found = replay(forged, told)
    broken = {violation.rule for violation in found}
    assert rule in broken
    assert broken - {rule} <= BROKEN_TOO.get(rule, set()), [str(each) for each in found[:5]]


def test_an_honest_log_breaks_no_rule(given: Given) -> None:
    log, openings = given
    assert replay(log) == []
    assert all(
        opens(log[at].commitments[name], o) for at in openings for name, o in openings[at].items()
    )
    rules = Replay(openings)
    assert judge(rules, log) == []
    assert not any("form" in each for each in rules.unjudged)


def test_no_false_alarm() -> None:
    """Of a log as it usually grows; `make soak` has a million entries of another each time."""
    assert replay([parse(entry) for entry in Market(2).entries(12_000)]) == []


@pytest.mark.parametrize(
    ("after", "broken"), [(timedelta(days=14), []), (timedelta(days=14, minutes=-1), ["R27"])]
)
def test_who_proposed_cancels_alone_after_two_weeks(
    given: Given, after: timedelta, broken: list[str]
) -> None:
    log, _ = given
    found = replay(carried_out_alone(log, after))
    # Other deals, in the middle of something, are left alone for two weeks.
    assert [each.rule for each in found if each.rule not in {"R20", "R58"}] == broken


def test_the_market_takes_every_step_that_there_is(given: Given) -> None:
    log, _ = given
    between_logs = {"shard.closed", "shard.opened"}
    assert {leaf.kind for leaf in log} == set(shipped_kinds()) - between_logs


def test_a_seed_gives_one_log(given: Given) -> None:
    log, _ = given
    again = [parse(entry) for entry in Eventful(SEED).entries(ENTRIES)]
    assert again == log
    assert [parse(entry) for entry in Eventful(SEED + 1).entries(50)] != log[:50]


def published(log: Log, text: str) -> list[Violation]:
    """Replay the log with another kinds document than it had."""
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    count = text.count('"meaning"')
    log = change(log, find(log, "kinds.published"), data={"sha256": sha256, "kinds": count})
    rules = Replay(documents={sha256: text.encode()})
    return judge(rules, log[:100])


def test_a_kinds_document_may_add_kinds_and_change_none(given: Given) -> None:
    log, _ = given
    known = shipped_kinds()
    new = Kind("title.burned", 1, "title", "It is gone.")
    assert published(log, dump([*known.values(), new])) == []
    at = find(log, "title.registered")
    burned = [*log[:at], Leaf("title.burned", "title:00000000", 1, log[at].actor, log[at].at)]
    assert [violation.rule for violation in published(burned, dump([new]))] == []
    assert [violation.rule for violation in replay(burned)] == ["R1"]
    changed = Kind("deal.opened", 1, "deal", "It was opened.", {}, ("request",), ("terms",))
    assert [violation.rule for violation in published(log, dump([changed]))] == ["R9"]
    assert [violation.rule for violation in published(log, "{}")] == ["R9"]


def test_a_new_version_of_a_kind_cannot_shake_off_its_rules(given: Given) -> None:
    log, _ = given
    for weaker in (
        Kind("grant.issued.v3", 3, "grant", "It rests on less.", {}, ("request",), ("scope",)),
        Kind("delivery.authorised.v2", 2, "*", "Anywhere.", {}, ("credential", "grant")),
        Kind("grant.revoked.v2", 2, "grant", "For no reason."),
        Kind("grant.voided.v2", 2, "grant", "There was no first version."),
    ):
        assert [each.rule for each in published(log, dump([weaker]))] == ["R9"]
    longer = Kind("grant.revoked.v2", 2, "grant", "As asked.", {}, ("case",), ("reason",))
    assert published(log, dump([longer])) == []
    # One that calls itself a first version would be a kind without rules.
    text = dump([longer]).replace('"version": 2', '"version": 1')
    assert [each.rule for each in published(log, text)] == ["R9"]


def test_a_log_that_declares_a_newer_version_never_writes_the_older(given: Given) -> None:
    """Also where it never wrote the newer: then no rule about consents would hold."""
    log, _ = given
    text = dump(shipped_kinds().values()).encode()
    log = [leaf for leaf in log if leaf.kind != "kinds.published"]
    older = [
        replace(
            leaf,
            kind="asset.granted",
            refs={role: leaf.refs[role] for role in ("asset", "clearance")},
        )
        if leaf.kind == "asset.granted.v2"
        else leaf
        for leaf in log
    ]
    assert replay(older) == []  # a house that never came to name consents
    sha256, count = hashlib.sha256(text).hexdigest(), len(shipped_kinds())
    data: dict[str, JSON] = {"sha256": sha256, "kinds": count}
    said = Leaf("kinds.published", "document:kinds", 1, "system:ledger", log[0].at, data=data)
    rules = Replay(documents={str(data["sha256"]): text})
    found = judge(rules, [older[0], said, *older[1:]])
    allowed = log[0].at + timedelta(minutes=10)
    newer = {kind.name.removesuffix(".v2") for kind in shipped_kinds().values() if kind.version > 1}
    late = [leaf for leaf in older if leaf.kind in newer and leaf.at > allowed]
    assert len(found) == len(late) > 0
    assert {each.rule for each in found} == {"R62"}


def test_what_no_rule_is_about_is_said(given: Given) -> None:
    log, _ = given
    new = Kind("title.burned", 1, "title", "It is gone.")
    at, first = find(log, "title.registered"), find(log, "kinds.published")
    text = dump([new]).encode()
    sha256 = hashlib.sha256(text).hexdigest()
    log = change(log[:at], first, data={"sha256": sha256, "kinds": 1})
    log.append(Leaf("title.burned", "title:00000000", 1, log[-1].actor, log[-1].at))
    rules = Replay(documents={sha256: text})
    assert judge(rules, log) == []
    assert rules.unjudged == ["entries of the kind title.burned"]
    rules = Replay()
    rules.entry(0, log[first])
    assert rules.unjudged == [f"the kinds document {sha256}, which was not to be had"]


def test_an_erased_consent_that_a_grant_rests_on_is_said_not_to_be_judged(given: Given) -> None:
    """Who lives behind a consent may have it erased; what it allowed nobody can show afterwards."""
    log, _ = given
    named = {str(each).partition("@")[0] for leaf in log for each in leaf.refs.get("consents", ())}
    for test, told in (
        (lambda leaf: leaf.stream in named, True),
        (lambda leaf: leaf.stream not in named, False),
    ):
        erased = erased_after(log, find(log, "consent.recorded", test))
        tombstone = find(erased, "subject.erased", lambda leaf: leaf.stream.startswith("consent"))
        late = fit([*erased[:tombstone], *erased[tombstone + 1 :], erased[tombstone]])
        late = change(late, len(late) - 1, at=log[-1].at)
        rules = Replay()
        assert judge(rules, late) == []
        assert any("erased consents" in each for each in rules.unjudged) is told


@pytest.mark.parametrize("value", ["all fine", None, [], {"currency": "EUR"}])
def test_facts_of_an_unknown_form_are_said_not_to_be_judged(given: Given, value: JSON) -> None:
    log, openings = given
    at = find(log, "deal.approved")
    rules = Replay({**openings, at: {"approval": Opening(bytes(32), value)}})
    assert judge(rules, log) == []
    assert rules.unjudged[0].startswith(f"opened facts of an unknown form, met at entry {at}")


def exclusive_to_all(log: Log, openings: Openings, **scope: JSON) -> Openings:
    """All that was requested and granted is exclusive, and says this besides."""
    told = openings
    for at, leaf in enumerate(log):
        if leaf.kind.removesuffix(".v2") in {"request.submitted", "grant.issued"}:
            told = tell(told, at, "scope", **{"exclusivity": "exclusive"} | scope)
    return told


ALIKE: list[dict[str, JSON]] = [{"uses": ["TRAIN"]}, {"model_kinds": ["any"]}]


@pytest.mark.parametrize(
    "scope",
    [
        *ALIKE,
        {"territory": "World"},
        {"territory": ["USA"]},
        {"territory": ["ZZ"]},
        {"territory": []},
        {"territory": None},
        {"territory": {"include": ["US", "DE"], "except": []}},
        {"territory": {"include": ["WORLD"], "except": []}},
        {"territory": {"include": ["EU"], "as_of": "dynamic"}},
        {"uses": []},
        {"uses": "train"},
        {"model_kinds": []},
        {"ends_at": "2026-01-01T00:00:00"},
        {"ends_at": "2020-01-01T00:00:00+00:00"},
        {"ends_at": ""},
        {"exclusivity": "none"},
    ],
    ids=str,
)
def test_a_scope_of_another_form_is_said_not_to_be_judged(
    given: Given, scope: dict[str, JSON]
) -> None:
    """Else two exclusive grants could meet, unseen, wherever they are written otherwise."""
    log, openings = given
    told = exclusive_to_all(log, openings, **scope)
    rules = Replay(told)
    found = judge(rules, log)
    first = find(log, "grant.issued")
    # Where both say the same, they meet all the same.
    assert ("R46" in {each.rule for each in found}) is (scope in ALIKE)
    assert f"opened facts of an unknown form, met at entry {first}" in rules.unjudged[0]


def test_parts_of_one_file_that_have_nothing_in_common_do_not_meet(given: Given) -> None:
    """Two exclusive grants of one file: of other shots, of the same, of unknown ones."""
    log, openings = given
    told = exclusive_to_all(log, openings)
    issued = {leaf.stream: at for at, leaf in enumerate(log) if leaf.kind == "grant.issued.v2"}
    covered = Counter(leaf.stream for leaf in log if leaf.kind == "asset.granted.v2")
    files = {leaf.stream: of(leaf, "asset") for leaf in log if leaf.kind == "asset.granted.v2"}

    def meeting(told: Openings) -> set[tuple[str, str]]:
        """Return the pairs of grants that meet; both of one and the same file alone."""
        pairs = {
            (log[each.indices[0]].stream, log[each.indices[-1]].stream)
            for each in replay(log, told)
            if each.rule == "R46"
        }
        return {
            pair
            for pair in pairs
            if set(pair) <= issued.keys()
            and [covered[each] for each in pair] == [1, 1]
            and len({files[each] for each in pair}) == 1
        }

    first, second = min(meeting(told))
    file = files[first].partition(":")[2]

    def meet(one: list[JSON], other: list[JSON]) -> bool:
        said = tell(told, issued[first], "ranges", **{file: one})
        said = tell(said, issued[second], "ranges", **{file: other})
        return (first, second) in meeting(said)

    assert meet([[0, 1000]], [[999, 2000]])
    assert meet([[0, 1000]], [])
    assert meet([], [])
    assert not meet([[0, 1000], [3000, 4000]], [[1000, 3000]])


def test_a_scope_of_another_form_hides_no_other(given: Given) -> None:
    log, openings = given
    at = find(log, "grant.issued")
    told = exclusive_to_all(log, openings)
    found = {each.indices for each in replay(log, told) if each.rule == "R46"}
    odd = tell(told, at, "scope", territory="World")
    left = {each.indices for each in replay(log, odd) if each.rule == "R46"}
    of_it = {index for index, leaf in enumerate(log) if leaf.stream == log[at].stream}
    assert left >= {indices for indices in found if not of_it.intersection(indices)} != set()


@pytest.mark.parametrize("fact", [{"attributes": []}, {"uses": []}, {"territory": ["EU"]}], ids=str)
def test_a_consent_of_another_form_is_said_not_to_be_judged(
    given: Given, fact: dict[str, JSON]
) -> None:
    log, openings = given
    _, told = consent(**fact)(log, openings)
    rules = Replay(told)
    assert judge(rules, log) == []
    assert "opened facts of an unknown form" in rules.unjudged[0]


def test_the_rules_know_the_words_that_the_house_writes() -> None:
    assert scopes.WORLD == COUNTRIES
    assert {name: set(leaves) for name, leaves in scopes.LEAVES.items()} == {
        **{name: set(leaves) for name, leaves in USES.items()},
        HEREAFTER: set(USES["ALL"]),
    }
    assert set(MODEL_KINDS) == scopes.MODEL_KINDS
    assert set(ATTRIBUTES) == scopes.ATTRIBUTES
    assert set(EXCLUSIVITIES) == scopes.EXCLUSIVITIES


@pytest.mark.parametrize(
    ("kind", "name", "at"),
    [
        ("grant.issued", "scope", "grant.issued"),
        ("consent.recorded", "consent", "asset.granted.v2"),
        ("deal.approved", "approval", "settlement.recorded"),
    ],
)
def test_openings_that_are_withheld_are_missed(given: Given, kind: str, name: str, at: str) -> None:
    log, openings = given
    kept = {index: names for index, names in openings.items() if log[index].kind != kind}
    for some, wanted in ((openings, False), (kept, True)):
        rules = Replay(some)
        judge(rules, log)
        missed = [each for each in rules.missed if each.startswith(f"the {name} for {at}")]
        assert bool(missed) is wanted, rules.missed


def test_a_history_goes_on_in_the_next_log(given: Given) -> None:
    log, _ = given
    shards = cut(log)
    assert replay(shards) == []
    end = find(shards, "shard.closed")
    assert replay(shards[: end + 1]) == []  # closed just now
    assert [each.rule for each in replay([*shards[: end + 1], log[end]])] == ["R7"]


def test_the_documentation_has_every_rule() -> None:
    page = (Path(__file__).parents[2] / "docs" / "invariants.md").read_text("utf-8")
    for rule in RULES:
        needs = ", ".join(f"`{kind}`" for kind in rule.needs) or "all"
        assert f"| {rule.id} | {rule.title} | {needs} |" in page
    public, opened = page.split("## Where facts are opened")
    assert all((f"| {rule.id} |" in opened) is rule.opened for rule in RULES)
    assert all((f"| {rule.id} |" in public) is not rule.opened for rule in RULES)
    for kind, (before, after) in STEPS.items():
        lines = [line for line in page.splitlines() if f"`{kind}`" in line and line[:3] != "| R"]
        assert any(all(state in line for state in before) for line in lines), kind
        assert after is None or any(after in line for line in lines), kind


def test_a_checkpoint_is_signed_by_keys_that_the_log_has_published(given: Given) -> None:
    log, _ = given
    key = str(log[find(log, "key.published")].data["sha256"])
    at = find(log, "key.published", lambda leaf: leaf.data["purpose"] == "credential")

    def signed(log: Log, *keys: str) -> list[str]:
        rules = Replay()
        judge(rules, log)
        return [str(each) for each in rules.signed({key: key[:4] for key in keys})]

    assert signed(log, key) == []
    assert signed(log[: find(log, "key.published")], "none") == []  # it publishes none yet
    (found,) = signed(log, key, "0" * 64)
    assert found == (
        f"R51, entry {len(log) - 1}: 0000 signs the log, which has not published that key"
    )
    # A key for another purpose signs no checkpoints.
    assert len(signed(log, str(log[at].data["sha256"]))) == 1
    retired = Leaf("key.retired", f"key:{key[:32]}", 2, "system:ledger", log[at].at)
    assert signed([*log[:at], retired], key) == []  # its end is the last thing it signs
    (found,) = signed([*log[:at], retired, *log[at:]], key)
    assert f"R51, entry {at}: {key[:4]} signs the log, which retired it" in found


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("kinds.published", "which kinds of entries"),
        ("policy.published", "which policy"),
        ("engine.published", "which engines"),
        ("key.published", "which keys sign files"),
    ],
)
def test_what_a_log_leaves_unsaid_is_told(given: Given, kind: str, told: str) -> None:
    log, _ = given
    silent = [leaf for leaf in log if leaf.kind not in {kind, kind.replace("publish", "retir")}]
    for some, wanted in ((log, False), (silent, True)):
        rules = Replay()
        judge(rules, some)
        assert any(told in each for each in rules.unsaid) is wanted


def test_versions_of_a_kind_share_its_rules() -> None:
    for name, base in {
        "grant.voided.v2": "grant.voided",
        "asset.granted.v2": "asset.granted",
    }.items():
        assert Plan(name, Kind(name, 2, "grant", "It happened.")).base == base
    assert (
        Plan("grant.voided", Kind("grant.voided", 1, "grant", "It is void.")).base == "grant.voided"
    )
