"""What an operator may try with new versions of kinds, so that rules do not see what happened."""

import hashlib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from edgecode.audit.rules import Replay, shipped_kinds
from edgecode.log.commitments import Opening, commit
from edgecode.log.leaf import Leaf, parse
from edgecode.log.schema import BadKinds, Kind, dump, load
from ledger.simulation.market import Market
from tests.client.conftest import Audit
from tests.client.forgery import Log, find, insert, of
from tests.client.logs import VKEY, publish

KINDS = shipped_kinds()


@pytest.fixture(scope="module")
def market() -> tuple[Log, dict[int, dict[str, Opening]]]:
    made = Market(7, keep_openings=True)
    log = [parse(entry) for entry in made.entries(6000)]
    return log, made.openings


def declaring(log: Log, *more: Kind) -> tuple[Leaf, dict[str, bytes]]:
    """Return an entry that declares all known kinds and these, and its document."""
    text = dump([*KINDS.values(), *more]).encode()
    sha256 = hashlib.sha256(text).hexdigest()
    data = {"sha256": sha256, "kinds": len(KINDS) + len(more)}
    said = Leaf("kinds.published", "document:kinds", 1, "system:ledger", log[0].at, data=data)
    return said, {sha256: text}


def rules_broken(log: Log, documents: dict[str, bytes]) -> tuple[set[str], Replay]:
    rules = Replay(documents=documents)
    found = {each.rule for at, leaf in enumerate(log) for each in rules.entry(at, leaf)}
    return found, rules


def test_a_name_is_declared_once() -> None:
    for refs in (("grant", "grant*"), ("grant", "grant?"), ("grant", "grant")):
        with pytest.raises(ValueError, match="declares a name twice"):
            Kind("delivery.doubled", 1, "delivery", "It came twice.", refs=refs)
    text = dump([KINDS["delivery.authorised"]]).replace('"grant"', '"grant",\n    "grant*"')
    with pytest.raises(BadKinds, match="declares a name twice"):
        load(text)


@pytest.mark.parametrize(
    ("base", "changes"),
    [
        ("case.opened", {"refs": ("auditor", "subjects")}),  # was a list
        ("case.opened", {"refs": ("auditor",)}),  # had one, where there was one
        ("deal.opened", {"refs": ("licensor", "request*")}),  # became a list
        ("subject.erased", {"data": {"openings": "str"}}),
        ("grant.revoked", {"private": ("reason?",)}),  # may be left out now
    ],
)
def test_a_new_version_keeps_the_form_of_all_that_the_last_one_carries(
    market: tuple[Log, object], base: str, changes: dict[str, object]
) -> None:
    newest = max(
        (k for k in KINDS.values() if k.name.split(".v")[0] == base), key=lambda k: k.version
    )
    number = newest.version + 1
    weaker = replace(newest, name=f"{base}.v{number}", version=number, **changes)
    said, documents = declaring(market[0], weaker)
    found, _rules = rules_broken([market[0][0], said], documents)
    assert found == {"R9"}


def test_a_further_version_gives_no_more_time_for_the_oldest(market: tuple[Log, object]) -> None:
    log = [leaf for leaf in market[0] if leaf.kind != "kinds.published"]
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
    second, documents = declaring(log)
    third = replace(KINDS["asset.granted.v2"], name="asset.granted.v3", version=3)
    late = find(older, "asset.granted", lambda leaf: leaf.at > log[0].at + timedelta(minutes=20))
    said, more = declaring(log, third)
    forged = insert(insert(older, late, said), 1, second)
    rules = Replay(documents=documents | more)
    found = [each for at, leaf in enumerate(forged) for each in rules.entry(at, leaf)]
    assert {each.rule for each in found} == {"R62"}
    broken = [each for each in found if "asset.granted has a newer version" in each.message]
    allowed = log[0].at + timedelta(minutes=10)
    assert len(broken) == sum(leaf.kind == "asset.granted" and leaf.at > allowed for leaf in forged)


def test_what_an_entry_committed_to_is_not_said_anew_by_a_later_one(
    market: tuple[Log, dict[int, dict[str, Opening]]],
) -> None:
    """A grant whose term was over when its file was delivered: a later entry of the grant, in a
    version of its own, commits to a longer one."""
    log, openings = market
    delivered = find(log, "delivery.authorised")
    grant = of(log[delivered], "grant")
    issued = find(log, "grant.issued", lambda leaf: leaf.stream == grant)
    covers = log.index(next(leaf for leaf in log[issued + 1 :] if leaf.stream == grant))
    scope = openings[issued]["scope"].value
    assert isinstance(scope, dict)
    over = Opening(bytes(32), scope | {"ends_at": "2026-01-01T00:00:01+00:00"})
    longer = Opening(bytes(32), scope)
    told = {issued: {"scope": over}, covers: {"scope": longer}}
    newer = replace(
        KINDS["asset.granted.v2"], name="asset.granted.v3", version=3, private=("scope",)
    )
    forged = list(log)
    forged[issued] = replace(log[issued], commitments={"scope": commit(over)})
    forged[covers] = replace(log[covers], kind=newer.name, commitments={"scope": commit(longer)})
    rules = Replay(told, kinds={**KINDS, newer.name: newer})
    broken = {
        each.rule
        for at, leaf in enumerate(forged[: delivered + 1])
        for each in rules.entry(at, leaf)
    }
    assert "R45" in broken


def test_entries_newer_than_the_program_leave_the_audit_unfinished(
    market: tuple[Log, object], tmp_path: Path, edgecode: Audit
) -> None:
    log = [each for each in market[0][:200] if each.kind not in {"log.opened", "key.published"}]
    newer = replace(KINDS["title.registered"], name="title.registered.v2", version=2)
    said, documents = declaring(log, newer)
    known = find(log, "title.registered")
    title = replace(log[known], kind=newer.name, stream="title:00000000")
    forged = insert(insert(log, known + 1, title), 1, said)
    folder = publish(tmp_path / "log", [leaf.encode() for leaf in forged])
    (folder / "documents").mkdir(exist_ok=True)
    for sha256, text in documents.items():
        (folder / "documents" / sha256).write_bytes(text)
    code, out = edgecode("audit", folder, "--vkey", VKEY)
    assert code == 3, out
    assert "title.registered.v2: get a newer one" in out


def test_a_kinds_document_has_as_many_kinds_as_the_log_says(market: tuple[Log, object]) -> None:
    said, documents = declaring(market[0])
    wrong = replace(said, data={**said.data, "kinds": len(KINDS) - 1})
    assert rules_broken([market[0][0], wrong], documents)[0] == {"R9"}


def test_a_version_that_the_log_does_not_declare_is_told(market: tuple[Log, object]) -> None:
    """Else nothing would show that the older one, of which less is asked, may still be written."""
    log = [leaf for leaf in market[0] if leaf.kind not in {"kinds.published", "asset.granted.v2"}]
    fewer = [kind for kind in KINDS.values() if kind.version == 1]
    text = dump(fewer).encode()
    sha256 = hashlib.sha256(text).hexdigest()
    data = {"sha256": sha256, "kinds": len(fewer)}
    said = Leaf("kinds.published", "document:kinds", 1, "system:ledger", log[0].at, data=data)
    plain = find(market[0], "asset.granted.v2")
    leaf = market[0][plain]
    old = replace(
        leaf, kind="asset.granted", refs={r: leaf.refs[r] for r in ("asset", "clearance")}
    )
    _found, rules = rules_broken([log[0], said, old], {sha256: text})
    assert any("asset.granted.v2" in each for each in rules.unsaid)


def test_a_deal_on_a_request_that_was_withdrawn_is_told_and_breaks_nothing(
    market: tuple[Log, object],
) -> None:
    log = market[0]
    withdrawn = find(log, "request.withdrawn")
    request = log[withdrawn].stream
    opened = find(log, "deal.opened", lambda leaf: of(leaf, "request") == request)
    late = replace(log[opened], stream="deal:00000000")
    found, _rules = rules_broken(insert(log, withdrawn + 1, late), {})
    assert "R20" in found
