"""`edgecode audit FOLDER`: honest logs, damaged copies, other histories."""

import random
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from edgecode.audit.sources import FolderSource
from edgecode.log import notes
from edgecode.log.checkpoints import Checkpoint
from edgecode.log.folder import LogFolder
from edgecode.log.merkle import EMPTY_ROOT
from edgecode.log.verify import verify_log
from tests.client.conftest import Audit
from tests.client.logs import (
    KEY,
    ORIGIN,
    OTHER_KEY,
    VKEY,
    flip,
    member,
    members,
    publish,
)

GOOD = members(300)


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish(tmp_path_factory.mktemp("honest"), GOOD)


def lines(said: str, heading: str) -> list[str]:
    return re.findall(rf"^{heading} +(.*)$", said, re.MULTILINE)


def test_an_honest_log_is_clean_and_the_report_says_what_was_checked(
    honest: Path, edgecode: Audit
) -> None:
    code, said = edgecode("audit", honest, "--vkey", VKEY)
    assert code == 0, said
    assert lines(said, "Origin") == [ORIGIN]
    assert lines(said, "Checkpoint")[0].startswith("300 entries, root ")
    assert lines(said, "Compared") == ["none seen before: first time, nothing to compare with"]
    assert lines(said, "Checked")[0].startswith("300 entries, 5 files, ")
    assert lines(said, "Rules")[0].endswith("over 300 of 300 entries")
    assert lines(said, "Result") == [
        "CLEAN: the log is what it signed; seen for the first time; every rule holds"
    ]


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 512, 65_536, 65_793])
def test_logs_of_every_shape_are_clean(tmp_path: Path, edgecode: Audit, size: int) -> None:
    log = publish(tmp_path, [b"%d" % number for number in range(size)])
    code, said = edgecode("audit", log, "--vkey", log / "log.vkey", "--no-rules")
    assert code == 0, said
    assert lines(said, "Checked")[0].startswith(f"{size:,} entries, ")


def test_the_second_audit_compares_with_the_first(tmp_path: Path, edgecode: Audit) -> None:
    publish(tmp_path, GOOD[:200])
    edgecode("audit", tmp_path, "--vkey", VKEY)
    publish(tmp_path, GOOD)
    code, said = edgecode("audit", tmp_path, "--vkey", VKEY)
    assert code == 0
    assert lines(said, "Compared")[0].startswith("1 seen before, the first on 20")
    assert "it begins with all that was seen before" in said


def flipped(name: str, at: int = -1) -> Callable[[Path], None]:
    return lambda log: flip(log / name, at)


def gone(name: str) -> Callable[[Path], None]:
    return lambda log: (log / name).unlink()


def shortened(name: str) -> Callable[[Path], None]:
    return lambda log: (log / name).write_bytes((log / name).read_bytes()[:-1])


def written(name: str, raw: bytes) -> Callable[[Path], int]:
    return lambda log: (log / name).write_bytes(raw)


DAMAGES: list[tuple[Callable[[Path], object], str]] = [
    (flipped("tile/entries/000", 9), r"tile/entries/000: not the signed bytes of entry 0"),
    (flipped("tile/entries/000", 0), r"tile/entries/000: .* exactly 256 entries"),
    (
        flipped("tile/entries/001.p/44"),
        r"tile/entries/001\.p/44: not the .* entry 299",
    ),
    (shortened("tile/entries/000"), r"tile/entries/000: .* exactly 256 entries"),
    (gone("tile/entries/000"), r"tile/entries/000: the file is missing"),
    (gone("tile/entries/001.p/44"), r"tile/entries/001\.p/44: the file is missing"),
    (flipped("tile/0/000", 40), r"tile/0/000: not the hashes that the signed root demands"),
    (shortened("tile/0/000"), r"tile/0/000: .* exactly 256 hashes"),
    (gone("tile/0/000"), r"tile/0/000: the file is missing"),
    (flipped("tile/0/001.p/44"), r"tile/0/001\.p/44: not the hashes of what is below it"),
    (gone("tile/0/001.p/44"), r"tile/0/001\.p/44: the file is missing"),
    (flipped("tile/1/000.p/1"), r"tile/1/000\.p/1: not the hashes of what is below it"),
    (written("tile/1/000.p/1", b""), r"tile/1/000\.p/1: .* exactly 1 hashes"),
    (flipped("checkpoint", 5), r"checkpoint: .*"),
    (written("checkpoint", b"no"), r"checkpoint: not a signed note: .*"),
    (written("checkpoint", b"\xff\xfe"), r"checkpoint: not text"),
    (written("checkpoint", b""), r"checkpoint: not a signed note: .*"),
]


@pytest.mark.parametrize(("damage", "problem"), DAMAGES)
def test_one_damaged_file_is_named_in_one_line(
    honest: Path, tmp_path: Path, edgecode: Audit, damage: Callable[[Path], object], problem: str
) -> None:
    log = shutil.copytree(honest, tmp_path / "log")
    damage(log)
    code, said = edgecode("audit", log, "--vkey", VKEY)
    assert code == 2
    assert re.fullmatch(problem, lines(said, "Problem")[0])
    assert len(lines(said, "Problem")) == 1
    assert lines(said, "Result") == ["BROKEN: 1 problem; do not rely on this log"]
    assert lines(said, "Proves")[0].startswith("That the files, as they were read, have the faults")


def test_whatever_byte_is_changed_the_log_is_not_clean(tmp_path: Path, edgecode: Audit) -> None:
    rng = random.Random(7)
    log = publish(tmp_path, GOOD)
    for path in [each for each in log.rglob("*") if each.is_file() and each.name != "log.vkey"]:
        raw = path.read_bytes()
        for _ in range(12):
            at = rng.randrange(len(raw))
            flipped_bit = bytes([raw[at] ^ 1 << rng.randrange(8)])
            instead = rng.choice([flipped_bit, b"", raw[at : at + 1] * 2])
            path.write_bytes(raw[:at] + instead + raw[at + 1 :])
            code, said = edgecode("audit", log, "--vkey", VKEY, "--quiet")
            assert code == 2, (path, at, said)
        path.write_bytes(raw)
    assert edgecode("audit", log, "--vkey", VKEY)[0] == 0


def test_swapped_bundles_are_found_out(tmp_path: Path, edgecode: Audit) -> None:
    log = publish(tmp_path, members(600))
    (log / "tile/entries/000").rename(log / "aside")
    (log / "tile/entries/001").rename(log / "tile/entries/000")
    (log / "aside").rename(log / "tile/entries/001")
    code, said = edgecode("audit", log, "--vkey", VKEY)
    assert code == 2
    assert lines(said, "Problem") == [
        "tile/entries/000: not the signed bytes of entries 0, 1, 2, 3, 4 and 251 more",
        "tile/entries/001: not the signed bytes of entries 256, 257, 258, 259, 260 and 251 more",
    ]


def test_the_tile_above_tells_a_damaged_tile_from_a_damaged_bundle(
    tmp_path: Path, edgecode: Audit
) -> None:
    log = publish(tmp_path, GOOD)
    flip(log / "tile/0/000", 40)
    flip(log / "tile/entries/000", 9)
    _, said = edgecode("audit", log, "--vkey", VKEY)
    assert lines(said, "Problem") == [
        "tile/0/000: not the hashes that the signed root demands",
        "entries 0 to 255 do not lead to the signed root",
    ]
    assert "the rules were replayed up to entry 0 only" in said


def test_a_missing_checkpoint_is_no_log_rather_than_a_broken_one(
    honest: Path, tmp_path: Path, edgecode: Audit
) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        code, said = edgecode("audit", folder, "--vkey", VKEY)
        assert code == 3
        assert len(lines(said, "Unreadable")) == 1


def test_another_key_is_not_trusted(tmp_path: Path, edgecode: Audit) -> None:
    log = publish(tmp_path, GOOD[:3], key=OTHER_KEY)
    code, said = edgecode("audit", log, "--vkey", VKEY)
    assert code == 2
    assert lines(said, "Problem")[0].startswith("checkpoint: no log of the policy signed")


def test_a_signature_over_another_tree_does_not_fit_the_entries(
    tmp_path: Path, edgecode: Audit
) -> None:
    log = publish(tmp_path, GOOD, signed=Checkpoint(ORIGIN, 300, bytes(32)))
    code, said = edgecode("audit", log, "--vkey", VKEY)
    assert code == 2
    assert lines(said, "Problem") == ["the entries lead to another root than the signed one"]


def test_entries_nobody_signed_are_not_part_of_the_log(tmp_path: Path, edgecode: Audit) -> None:
    signed = publish(tmp_path / "signed", GOOD[:260]) / "checkpoint"
    log = publish(tmp_path / "log", GOOD)
    shutil.copy(signed, log / "checkpoint")
    code, said = edgecode("audit", log, "--vkey", VKEY)
    assert code == 0
    assert lines(said, "Checkpoint")[0].startswith("260 entries")


def test_a_checkpoint_over_entries_that_are_not_there(tmp_path: Path, edgecode: Audit) -> None:
    signed = publish(tmp_path / "signed", GOOD) / "checkpoint"
    log = publish(tmp_path / "log", GOOD[:200])
    shutil.copy(signed, log / "checkpoint")
    code, said = edgecode("audit", log, "--vkey", VKEY)
    assert code == 2
    assert "tile/0/001.p/44: the file is missing" in lines(said, "Problem")


def test_a_size_beyond_reason_is_refused_at_once(tmp_path: Path, edgecode: Audit) -> None:
    log = publish(tmp_path, GOOD, signed=Checkpoint(ORIGIN, 2**62 + 300, bytes(32)))
    code, said = edgecode("audit", log, "--vkey", VKEY)
    assert code == 2
    assert len(lines(said, "Problem")) < 12


@pytest.mark.parametrize("seen", [1, 200, 256, 299])
def test_a_rewritten_history_betrays_itself(tmp_path: Path, edgecode: Audit, seen: int) -> None:
    log = publish(tmp_path / "log", GOOD[:seen])
    edgecode("audit", log, "--vkey", VKEY)
    publish(log, [member(9000), *GOOD[1:]])
    code, said = edgecode("audit", log, "--vkey", VKEY)
    assert code == 2
    assert len(lines(said, "Problem")) == 1
    assert lines(said, "Problem")[0].startswith(
        f"another history: the log no longer begins with the {seen} entries seen on 20"
    )


def test_two_trees_of_one_size_are_a_fork(tmp_path: Path, edgecode: Audit) -> None:
    one = publish(tmp_path / "one", GOOD[:10])
    other = publish(tmp_path / "other", [*GOOD[:9], member(9000)])
    assert edgecode("audit", one, "--vkey", VKEY)[0] == 0
    assert edgecode("audit", other, "--vkey", VKEY)[0] == 2
    # Both are signed, so both are remembered: the log has had two histories for good.
    assert edgecode("audit", one, "--vkey", VKEY)[0] == 2


def test_a_log_that_was_wound_back_is_found_out(tmp_path: Path, edgecode: Audit) -> None:
    log = publish(tmp_path, GOOD)
    edgecode("audit", log, "--vkey", VKEY)
    publish(log, GOOD[:20])
    code, said = edgecode("audit", log, "--vkey", VKEY)
    assert code == 2
    assert lines(said, "Problem")[0].startswith("the log has 20 entries; 300 were seen on 20")


def test_an_emptied_log_is_found_out(tmp_path: Path, edgecode: Audit) -> None:
    log = publish(tmp_path, GOOD)
    edgecode("audit", log, "--vkey", VKEY)
    note = notes.sign(Checkpoint(ORIGIN, 0, EMPTY_ROOT).text, ORIGIN, KEY)
    (log / "checkpoint").write_text(note)
    assert edgecode("audit", log, "--vkey", VKEY)[0] == 2


def test_checkpoints_that_came_with_the_log_are_compared_too(
    tmp_path: Path, edgecode: Audit
) -> None:
    old = publish(tmp_path / "old", [member(9000), *GOOD[1:200]])
    log = publish(tmp_path / "log", GOOD)
    (log / "checkpoints").mkdir()
    shutil.copy(old / "checkpoint", log / "checkpoints/200")
    (log / "checkpoints/7").write_text("no")
    code, said = edgecode("audit", log, "--vkey", VKEY)
    assert code == 2
    assert lines(said, "Problem") == [
        "checkpoints/7: not a signed note: expected text, an empty line, signature lines",
        "another history: the log no longer begins with the 200 entries signed in checkpoints/200",
    ]


@pytest.mark.parametrize(("entries", "expected"), [(GOOD[:200], 0), (GOOD[1:201], 2)])
def test_an_older_checkpoint_of_a_key_that_was_changed_is_compared_all_the_same(
    tmp_path: Path, edgecode: Audit, entries: list[bytes], expected: int
) -> None:
    old, log = publish(tmp_path / "old", entries, key=OTHER_KEY), publish(tmp_path / "log", GOOD)
    (log / "checkpoints").mkdir()
    shutil.copy(old / "checkpoint", log / "checkpoints/200")
    code, said = edgecode("audit", log, "--vkey", VKEY)
    assert code == expected, said
    assert lines(said, "Note")[0].startswith(
        "1 of the 1 earlier checkpoints are signed by no key of the policy: they were compared"
    )
    assert ("the log no longer begins with the 200 entries" in said) is bool(expected)


def test_a_broken_rule_is_a_violation_of_a_sound_log(tmp_path: Path, edgecode: Audit) -> None:
    log = publish(tmp_path, [*GOOD[:5], GOOD[0], b"{}", b"\xff"])
    code, said = edgecode("audit", log, "--vkey", VKEY)
    assert code == 1
    assert not lines(said, "Problem")
    assert any(line.startswith("R2, entry 5: ") for line in lines(said, "Violation"))
    assert any(line.startswith("form, entry 6: fields") for line in lines(said, "Violation"))
    assert any(line.startswith("form, entry 7: not JSON") for line in lines(said, "Violation"))


def test_many_violations_are_counted_and_the_first_hundred_told(
    tmp_path: Path, edgecode: Audit
) -> None:
    log = publish(tmp_path, [b"{}"] * 300)
    code, said = edgecode("audit", log, "--vkey", VKEY)
    assert code == 1
    assert len(lines(said, "Violation")) == 101
    assert "VIOLATIONS: 300 violations of the rules" in said


def test_what_a_hostile_log_says_does_not_reach_the_terminal_as_commands(
    tmp_path: Path, edgecode: Audit
) -> None:
    log = publish(tmp_path, ['{"\x1b[2J\u202e":1}'.encode(), '{"a":"\x9b2J"}'.encode()])
    _, said = edgecode("audit", log, "--vkey", VKEY)
    assert not set(said) & {"\x1b", "\x9b", "\u202e"}


def test_files_longer_than_any_log_has_are_not_read(tmp_path: Path, edgecode: Audit) -> None:
    for name, expected in (("checkpoint", 3), ("tile/0/000", 2), ("tile/entries/000", 2)):
        log = publish(tmp_path / name.replace("/", "-"), GOOD)
        with (log / name).open("wb") as file:
            file.truncate(1 << 40)
        code, said = edgecode("audit", log, "--vkey", VKEY)
        assert code == expected
        assert f"{name}: longer than the " in said


def test_two_copies_of_one_log_are_two_audits(tmp_path: Path, edgecode: Audit) -> None:
    one, other = publish(tmp_path / "one", GOOD), publish(tmp_path / "other", GOOD[:9])
    code, said = edgecode("audit", one, other, "--vkey", VKEY)
    assert code == 3
    assert lines(said, "Unreadable") == [
        f"{other}: a copy of a log given before; audit it by itself"
    ]


def test_a_log_that_grows_while_it_is_read_was_not_wound_back(
    tmp_path: Path, edgecode: Audit, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = publish(tmp_path / "log", GOOD[:250])
    read: Callable[[LogFolder], str | None] = LogFolder.checkpoint
    of_source: Callable[[FolderSource], bytes] = FolderSource.checkpoint

    def grow() -> None:
        publish(log, GOOD)
        (log / "checkpoints").mkdir(exist_ok=True)
        shutil.copy(log / "checkpoint", log / "checkpoints/300")

    def then_grow[S, R](read: Callable[[S], R]) -> Callable[[S], R]:
        def reading(self: S) -> R:
            note = read(self)
            grow()
            return note

        return reading

    monkeypatch.setattr(FolderSource, "checkpoint", then_grow(of_source))
    code, said = edgecode("audit", log, "--vkey", VKEY)
    assert (code, lines(said, "Problem")) == (0, [])

    shutil.rmtree(log)
    publish(log, GOOD[:250])
    monkeypatch.setattr(LogFolder, "checkpoint", then_grow(read))
    assert verify_log(log, VKEY).problems == []
