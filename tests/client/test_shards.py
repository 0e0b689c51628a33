"""A history in several logs, audited together."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from edgecode.log import notes
from edgecode.log.checkpoints import Checkpoint
from edgecode.log.folder import LogFolder
from tests.client.conftest import Audit
from tests.client.logs import AT, KEY, member, members, publish
from tests.client.test_audit_folder import lines

OLD, NEW = "log.example/2026", "log.example/2027"


def about_log(kind: str, name: str, version: int, second: int, **data: Any) -> bytes:
    return member(
        0,
        kind=kind,
        stream=f"log:{name}",
        stream_version=version,
        actor="system:ledger",
        at=AT + timedelta(seconds=second),
        data=data,
        commitments={},
    )


def old_entries(count: int) -> list[bytes]:
    return [
        about_log("log.opened", "2026", 1, 0, origin=OLD),
        *members(count, first=1),
        about_log("log.closed", "2026", 2, count + 1),
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
    opened = about_log("log.opened", "2027", 1, 400, **data | changes)
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
    assert "it continues log.example/2026, which was not given" in said
    assert "the rules were not replayed" in lines(said, "Result")[0]
    code, said = edgecode("audit", new, *keys(new), "--no-rules")
    assert code == 0, said


def test_a_log_with_two_continuations_is_a_fork(old: Path, tmp_path: Path, edgecode: Audit) -> None:
    other = "log.example/2027b"
    one = publish(tmp_path / "one", continued(old), origin=NEW)
    two = publish(tmp_path / "two", [*continued(old, origin=other), member(900)], origin=other)
    code, said = edgecode("audit", old, one, two, *keys(old, one, two), "--no-rules")
    assert code == 2
    assert lines(said, "Problem") == [
        f"entry 0 continues {OLD}, and so does {other}: another history",
        f"entry 0 continues {OLD}, and so does {NEW}: another history",
    ]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"previous_size": 5}, "entry 0 continues log.example/2026 at 5 entries"),
        ({"previous_root": "00" * 32}, "entry 0 continues log.example/2026 at 302 entries"),
        ({"origin": OLD}, "entry 0 opens the log 'log.example/2026'"),
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
    assert "whose last entry is not log.closed" in said


def test_shards_that_name_each_other_end(tmp_path: Path, edgecode: Audit) -> None:
    one = publish(
        tmp_path / "one",
        [about_log("log.opened", "2026", 1, 0, origin=OLD, previous_origin=NEW)],
        origin=OLD,
        key=KEY,
    )
    other = publish(
        tmp_path / "other",
        [about_log("log.opened", "2027", 1, 0, origin=NEW, previous_origin=OLD)],
        origin=NEW,
    )
    assert edgecode("audit", one, other, *keys(one, other))[0] == 2
