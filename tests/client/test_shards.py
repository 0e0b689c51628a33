"""A history in several logs, audited together."""

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edgecode.log import notes
from edgecode.log.checkpoints import Checkpoint
from edgecode.log.cosignatures import cosign
from edgecode.log.folder import LogFolder
from edgecode.log.keys import cosigner_key
from edgecode.log.shardlist import ShardLine, dump_shards
from tests.client.conftest import Audit
from tests.client.logs import AT, KEY, OTHER_KEY, member, members, publish, serving
from tests.client.test_audit_folder import lines

OLD, NEW = "log.example", "log.example/2027"


def about_log(
    kind: str, name: str, version: int, second: int, refs: dict[str, str] | None = None, **data: Any
) -> bytes:
    return member(
        0,
        kind=kind,
        stream=f"log:{name}",
        stream_version=version,
        actor="system:ledger",
        at=AT + timedelta(seconds=second),
        data=data,
        commitments={},
        refs=refs or ({"previous": "log:2026@2"} if kind == "shard.opened" else {}),
    )


def old_entries(count: int) -> list[bytes]:
    return [
        about_log("log.opened", "2026", 1, 0, origin=OLD),
        *members(count, first=1),
        about_log(
            "shard.closed", "2026", 2, count + 1, origin=OLD, size=count + 2, next_origin=NEW
        ),
    ]


def checkpoint(folder: Path) -> Checkpoint:
    return notes.parse_checkpoint(notes.note_text(LogFolder(folder).checkpoint() or ""))


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return publish(tmp_path / "old", old_entries(300), origin=OLD)


def continued(old: Path, **changes: Any) -> list[bytes]:
    end = checkpoint(old)
    data = {
        "origin": NEW,
        "previous_origin": OLD,
        "previous_size": end.size,
        "previous_root": end.root.hex(),
    }
    opened = about_log("shard.opened", "2027", 1, 400, **data | changes)
    return [opened, *members(20, first=401)]


def keys(*folders: Path) -> list[str | Path]:
    return [each for folder in folders for each in ("--vkey", folder / "log.vkey")]


def test_two_shards_are_one_history_in_whatever_order_they_are_given(
    old: Path, tmp_path: Path, edgecode: Audit
) -> None:
    new = publish(tmp_path / "new", continued(old), origin=NEW)
    for folders in ((old, new), (new, old)):
        _, said = edgecode("audit", *folders, *keys(*folders))
        assert not lines(said, "Problem")
        replayed = {rules.partition(" over ")[2] for rules in lines(said, "Rules")}
        assert replayed == {"302 of 302 entries", "21 of 21 entries"}


def test_a_shard_alone_is_audited_without_the_rules_that_need_the_one_before(
    old: Path, tmp_path: Path, edgecode: Audit
) -> None:
    new = publish(tmp_path / "new", continued(old), origin=NEW)
    code, said = edgecode("audit", new, *keys(new))
    assert code == 3, said
    assert "it continues log.example, which was not given" in said
    assert "the rules were not replayed" in lines(said, "Result")[0]
    code, said = edgecode("audit", new, *keys(new), "--no-rules")
    assert code == 0, said
    assert f"it continues {OLD}, which was not given: nothing before it" in lines(said, "Note")[0]


def test_a_log_with_two_continuations_is_a_fork(old: Path, tmp_path: Path, edgecode: Audit) -> None:
    other = "log.example/2028"
    one = publish(tmp_path / "one", continued(old), origin=NEW)
    two = publish(tmp_path / "two", [*continued(old, origin=other), member(900)], origin=other)
    code, said = edgecode("audit", old, one, two, *keys(old, one, two), "--no-rules")
    assert code == 2
    assert set(lines(said, "Problem")) == {
        f"entry 0 continues {OLD}, and so does {other}: another history",
        f"entry 0 continues {OLD}, and so does {NEW}: another history",
        f"entry 0 continues {OLD}, which announced {NEW}",
    }


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"previous_size": 5}, "entry 0 continues log.example at 5 entries"),
        ({"previous_root": "00" * 32}, "entry 0 continues log.example at 302 entries"),
        ({"origin": OLD}, "entry 0 opens the log 'log.example'"),
    ],
)
def test_a_shard_that_continues_something_else_is_broken(
    old: Path, tmp_path: Path, edgecode: Audit, changes: dict[str, Any], problem: str
) -> None:
    new = publish(tmp_path / "new", continued(old, **changes), origin=NEW)
    code, said = edgecode("audit", old, new, *keys(old, new), "--no-rules")
    assert code == 2, said
    assert lines(said, "Problem")[0].startswith(problem)


def test_a_shard_that_went_on_after_its_successor_began_is_found_out(
    old: Path, tmp_path: Path, edgecode: Audit
) -> None:
    new = publish(tmp_path / "new", continued(old), origin=NEW)
    publish(old, [*old_entries(300), *members(3, first=500)], origin=OLD)
    code, said = edgecode("audit", old, new, *keys(old, new))
    assert code == 2
    assert len(lines(said, "Problem")) == 2
    assert "whose last entry is not shard.closed" in said


def test_shards_that_name_each_other_end(tmp_path: Path, edgecode: Audit) -> None:
    one = publish(
        tmp_path / "one",
        [about_log("shard.opened", "2026", 1, 0, origin=OLD, previous_origin=NEW)],
        origin=OLD,
        key=KEY,
    )
    other = publish(
        tmp_path / "other",
        [about_log("shard.opened", "2027", 1, 0, origin=NEW, previous_origin=OLD)],
        origin=NEW,
    )
    assert edgecode("audit", one, other, *keys(one, other))[0] == 2


@dataclass
class Site:
    """Three shards as a server has them, below one address."""

    root: Path

    def folder(self, year: str) -> Path:
        return self.root / year

    def run(self, edgecode: Audit, *options: str | Path) -> tuple[int, str]:
        return edgecode("audit", self.root, "--vkey", self.root / "log.vkey", *options)


def shard_entries(
    year: str, before: Path, first: int, *, closed: str = "", **lies: Any
) -> list[bytes]:
    """Entries of a shard that goes on from the one in `before`."""
    end, origin = checkpoint(before), f"{OLD}/{year}"
    data = {"origin": origin, "previous_origin": end.origin, "previous_size": end.size}
    data |= {"previous_root": end.root.hex(), **lies}
    previous = f"log:{int(year) - 1}@2"
    opened = about_log("shard.opened", year, 1, first, refs={"previous": previous}, **data)
    entries = [opened, *members(20, first=first + 1)]
    if closed:
        size = len(entries) + 1
        end_of = {"origin": origin, "size": size, "next_origin": f"{OLD}/{closed}"}
        entries.append(about_log("shard.closed", year, 2, first + 30, **end_of))
    return entries


@pytest.fixture
def site(tmp_path: Path) -> Site:
    root = publish(tmp_path / "site", old_entries(300), origin=OLD)
    publish(root / "2027", shard_entries("2027", root, 400, closed="2028"), origin=NEW)
    publish(root / "2028", shard_entries("2028", root / "2027", 500), origin=f"{OLD}/2028")
    write_list(root, "2027", "2028")
    return Site(root)


def write_list(root: Path, *years: str) -> None:
    shards, first = [], 0
    for year in ("", *years):
        end = checkpoint(root / year)
        is_last = year == (years or ("",))[-1]
        shards.append(ShardLine(year, end.origin, first, None if is_last else end))
        first += end.size
    (root / "shards").write_text(dump_shards(shards))


def test_one_address_stands_for_the_whole_history(site: Site, edgecode: Audit) -> None:
    code, said = site.run(edgecode)
    assert code == 0, said
    assert lines(said, "Origin") == [OLD, NEW, f"{OLD}/2028"]
    names = "whose first entry names this size and root"
    assert lines(said, "Goes on") == [f"in {NEW}, {names}", f"in {OLD}/2028, {names}"]
    replayed = [rules.partition(" over ")[2] for rules in lines(said, "Rules")]
    assert replayed == ["302 of 302 entries", "22 of 22 entries", "21 of 21 entries"]
    with serving(site.root) as server:
        for address in (server.url, f"{server.url}2027/", f"{server.url}2028"):
            code, said = edgecode("audit", address, "--vkey", site.root / "log.vkey")
            assert code == 0, said
            assert lines(said, "Origin") == [OLD, NEW, f"{OLD}/2028"]
        every = (f"{server.url}2028/", server.url, f"{server.url}2027")
        code, said = edgecode("audit", *every, "--vkey", site.root / "log.vkey")
        assert code == 0, said
        assert len(lines(said, "Origin")) == 3


def test_a_later_shards_key_is_as_good(site: Site, edgecode: Audit) -> None:
    code, said = edgecode("audit", site.root, "--vkey", site.root / "2028" / "log.vkey")
    assert code == 0, said


def test_a_mirror_of_a_history_is_an_export_of_it(
    site: Site, tmp_path: Path, edgecode: Audit
) -> None:
    key = site.root / "log.vkey"
    with serving(site.root) as server:
        assert edgecode("audit", server.url, "--vkey", key, "--mirror", tmp_path / "m")[0] == 0
    code, said = edgecode("audit", tmp_path / "m", "--vkey", key)
    assert code == 0, said
    assert len(lines(said, "Origin")) == 3


def test_a_shard_of_an_older_key_is_held_by_the_next(site: Site, edgecode: Audit) -> None:
    publish(site.root, old_entries(300), origin=OLD, key=OTHER_KEY)
    code, said = edgecode("audit", site.root, "--vkey", site.root / "2028" / "log.vkey")
    assert code == 0, said
    assert f"no key that the auditor trusts; {NEW} names its size and root" in said


def removed(site: Site) -> None:
    shutil.rmtree(site.folder("2027"))
    text = (site.root / "shards").read_text().split("\n")
    end = checkpoint(site.root)
    text[1:3] = [f"{OLD}/2028 {end.size}"]
    (site.root / "shards").write_text("\n".join(text))


def swapped(site: Site) -> None:
    site.folder("2027").rename(site.root / "x")
    site.folder("2028").rename(site.root / "2027")
    (site.root / "x").rename(site.root / "2028")


def listed_backwards(site: Site) -> None:
    first, second, third, *_ = (site.root / "shards").read_text().split("\n")
    (site.root / "shards").write_text(f"{second}\n{first}\n{third}\n")


def truncated(site: Site) -> None:
    publish(site.root, old_entries(300)[:250], origin=OLD)


def reopened(site: Site) -> None:
    publish(site.root, [*old_entries(300), *members(3, first=900)], origin=OLD)


def forged(site: Site) -> None:
    entries = old_entries(300)
    entries[7] = members(1, first=950)[0]
    publish(site.root, entries, origin=OLD)


def forged_by_another(site: Site) -> None:
    entries = shard_entries("2027", site.root, 400, closed="2028")
    publish(site.folder("2027"), entries[:-3], origin=NEW, key=OTHER_KEY)


def grown_while_listed_closed(site: Site) -> None:
    publish(site.folder("2027"), shard_entries("2027", site.root, 400), origin=NEW)


@pytest.mark.parametrize(
    ("lie", "told"),
    [
        (removed, f"it goes on from {NEW}, and listed before it is {OLD}: a shard is missing"),
        (swapped, f"here the list of shards has {NEW}, and here is {OLD}/2028"),
        (listed_backwards, "/shards: line 1: the first shard begins at 0"),
        (truncated, f"entry 0 continues {OLD} at 302 entries"),
        (truncated, "whose last entry is not shard.closed"),
        (reopened, f"entry 0 continues {OLD} at 302 entries"),
        (forged, f"entry 0 continues {OLD} at 302 entries"),
        (forged, "the list of shards has it closed with 302 entries"),
        (forged_by_another, f"no log of the policy signed the checkpoint of {NEW}"),
        (grown_while_listed_closed, f"entry 0 continues {NEW} at 22 entries"),
    ],
)
def test_a_history_that_was_tampered_with_is_found_out(
    site: Site, edgecode: Audit, lie: Callable[[Site], None], told: str
) -> None:
    lie(site)
    code, said = site.run(edgecode)
    assert code == 2, said
    assert any(told in line for line in lines(said, "Problem")), said


def test_a_newest_shard_that_is_gone_is_missed(site: Site, edgecode: Audit) -> None:
    shutil.rmtree(site.folder("2028"))
    write_list(site.root, "2027")
    code, said = site.run(edgecode)
    assert code == 3
    assert f"{NEW} is closed, and {OLD}/2028, which goes on from it, is not here" in said


def test_a_newest_shard_that_was_seen_before_was_removed(site: Site, edgecode: Audit) -> None:
    with serving(site.root) as server:
        assert edgecode("audit", server.url, "--vkey", site.root / "log.vkey")[0] == 0
        shutil.rmtree(site.folder("2028"))
        write_list(site.root, "2027")
        code, said = edgecode("audit", server.url, "--vkey", site.root / "log.vkey")
    assert code == 2
    assert "a shard was removed" in lines(said, "Problem")[0]


def test_a_listed_shard_that_cannot_be_read_is_named(site: Site, edgecode: Audit) -> None:
    shutil.rmtree(site.folder("2027"))
    code, said = site.run(edgecode)
    assert code in {2, 3}
    assert f"{site.folder('2027')}: there is no such folder" in said


def test_every_shard_needs_witnesses_of_its_own(
    site: Site, tmp_path: Path, edgecode: Audit
) -> None:
    witness = Ed25519PrivateKey.from_private_bytes(bytes([7] * 32))
    key = cosigner_key("w.example/1", witness)
    vkey = (site.root / "log.vkey").read_text().strip()
    policy = tmp_path / "policy"
    policy.write_text(f"log {vkey}\nwitness w {key}\nquorum w\n")
    for place in (site.folder("2028"), site.folder("2027"), site.root):
        assert edgecode("audit", site.root, "--policy", policy)[0] == 2
        note = (place / "checkpoint").read_text()
        line = cosign(notes.note_text(note), "w.example/1", witness, int(time.time()))
        (place / "checkpoint").write_text(note + line)
    code, said = edgecode("audit", site.root, "--policy", policy)
    assert code == 0, said
    assert lines(said, "Witnesses") == ["w of 1 that the policy knows; its quorum is met"] * 3


def test_openings_count_through_all_shards(site: Site, tmp_path: Path, edgecode: Audit) -> None:
    openings = tmp_path / "openings"
    row = {"name": "name", "salt": "00" * 32, "value": "x"}
    beyond = sum(checkpoint(site.root / year).size for year in ("", "2027", "2028"))
    openings.write_text(
        "".join(json.dumps({"index": index, **row}) + "\n" for index in (304, beyond))
    )
    code, said = site.run(edgecode, "--openings", openings)
    assert code == 1
    wrong = lines(said, "Violation")
    assert "opening, entry 2: organisation:C0000402: the opening of name was refused" in wrong[0]
    assert "openings are given for entry 21; the log has 21 entries" in wrong[1]
