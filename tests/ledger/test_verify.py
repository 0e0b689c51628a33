import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edgecode.log import merkle, notes
from edgecode.log.folder import LogFolder
from edgecode.log.leaf import Leaf
from edgecode.log.notes import Checkpoint
from edgecode.log.tiles import WIDTH, Tile, TileBuilder, encode_bundle
from edgecode.log.verify import Report, verify_log

ORIGIN = "edgecode.example/ledger"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
VKEY = str(notes.verifier_key(ORIGIN, KEY))
AT = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


def leaf(stream: str, version: int, second: int = 0, **refs: str) -> bytes:
    at = AT.replace(second=second)
    return Leaf("sample.made", stream, version, "user:1", at, refs=refs).encode()


def publish(path: Path, entries: list[bytes]) -> Path:
    """Write a log as its operator would, whatever the entries say."""
    log, builder = LogFolder(path), TileBuilder()
    for start in range(0, len(entries), WIDTH):
        part = entries[start : start + WIDTH]
        log.write_tiles([(Tile(None, start // WIDTH, len(part)), encode_bundle(part))])
        log.write_tiles(list(builder.add(merkle.leaf_hashes(part))))
        note = notes.sign(Checkpoint(ORIGIN, builder.size, builder.root()).text, ORIGIN, KEY)
        log.write(f"checkpoints/{builder.size}", note.encode())
    log.write_tiles(list(builder.partial_tiles()))
    note = notes.sign(Checkpoint(ORIGIN, len(entries), builder.root()).text, ORIGIN, KEY)
    log.write("checkpoint", note.encode())
    return path


GOOD = [leaf(f"sample:{number}", 1) for number in range(300)]


def problems(report: Report) -> list[str]:
    assert not report.ok
    return [str(problem) for problem in report.problems]


def test_an_honest_log_verifies(tmp_path: Path) -> None:
    report = verify_log(publish(tmp_path, GOOD), VKEY)
    assert report.ok
    assert report.problems == []
    assert (report.entries, report.streams, report.kept_checkpoints) == (300, 300, 2)


def flip(path: Path, at: int = -1) -> None:
    raw = bytearray(path.read_bytes())
    raw[at] ^= 1
    path.write_bytes(bytes(raw))


DAMAGES: list[tuple[Callable[[Path], object], str]] = [
    (lambda log: flip(log / "tile/entries/000", 9), r"entry 0: .* differ"),
    (lambda log: flip(log / "tile/entries/000", 0), "tile/entries/000: .* exactly 256"),
    (lambda log: flip(log / "tile/entries/001.p/44"), r"entry 299: .* differ"),
    (lambda log: (log / "tile/entries/000").unlink(), "tile/entries/000: the file is missing"),
    (lambda log: flip(log / "tile/0/000", 40), r"entry 1: .* differ"),
    (lambda log: (log / "tile/0/001.p/44").unlink(), r"001\.p/44: the file is missing"),
    (lambda log: flip(log / "tile/1/000.p/1"), r"tile/1/000\.p/1: not the hashes"),
    (lambda log: (log / "tile/1/000.p/1").write_bytes(b""), r"tile/1/000\.p/1: not the hashes"),
    (lambda log: (log / "checkpoint").unlink(), "there is no checkpoint"),
    (lambda log: flip(log / "checkpoint", 5), "checkpoint: "),
    (lambda log: (log / "checkpoint").write_text("no"), "checkpoint: not a signed note"),
]


@pytest.mark.parametrize(("damage", "message"), DAMAGES)
def test_one_damaged_file_is_found_and_named(
    tmp_path: Path, damage: Callable[[Path], object], message: str
) -> None:
    log = publish(tmp_path, GOOD)
    damage(log)
    found = problems(verify_log(log, VKEY))
    assert any(re.search(message, problem) for problem in found), found


def test_another_key_is_not_trusted(tmp_path: Path) -> None:
    other = Ed25519PrivateKey.from_private_bytes(bytes([1] * 32))
    log = publish(tmp_path, GOOD[:3])
    found = problems(verify_log(log, str(notes.verifier_key(ORIGIN, other))))
    assert "not signed by" in found[0]


def test_a_rewritten_log_betrays_itself_by_an_old_checkpoint(tmp_path: Path) -> None:
    old = publish(tmp_path / "old", GOOD[:256])
    new = publish(tmp_path / "new", [leaf("sample:X", 1), *GOOD[1:]])
    (new / "checkpoints/256").write_bytes((old / "checkpoint").read_bytes())
    assert problems(verify_log(new, VKEY)) == [
        "checkpoints/256: the log no longer begins with this tree"
    ]


def test_a_shortened_log_betrays_itself_by_an_old_checkpoint(tmp_path: Path) -> None:
    log = publish(tmp_path, GOOD)
    publish(tmp_path, GOOD[:10])
    found = problems(verify_log(log, VKEY))
    assert "checkpoints/300: signed over more entries than the newest" in found


def spaced(entry: bytes) -> bytes:
    return json.dumps(json.loads(entry)).encode()


A1 = leaf("sample:A", 1)
BAD_HISTORIES: list[tuple[list[bytes], str]] = [
    ([spaced(A1)], "entry 0: not the canonical encoding of its value"),
    ([b"{}"], "entry 0: fields missing or unknown: actor, at, kind, stream, stream_version, v"),
    ([A1, A1], "entry 1: sample:A goes from version 1 to 1"),
    ([leaf("sample:A", 2)], "entry 0: sample:A goes from version 0 to 2"),
    ([A1, leaf("sample:A", 3)], "entry 1: sample:A goes from version 1 to 3"),
    (
        [leaf("sample:A", 1, parent="sample:B@1"), leaf("sample:B", 1)],
        "entry 0: rests on sample:B@1, which is not there yet",
    ),
    (
        [leaf("sample:A", 1, parent="sample:A@1")],
        "entry 0: rests on sample:A@1, which is not there yet",
    ),
    (
        [A1, leaf("sample:A", 2), leaf("sample:B", 1, parent="sample:A@1")],
        "entry 2: rests on sample:A@1 when it was already at 2",
    ),
    (
        [leaf("sample:A", 1, second=20), leaf("sample:A", 2, second=14)],
        "entry 1: sample:A goes back in time, from 2026-11-21T09:30:20Z to 2026-11-21T09:30:14Z",
    ),
]


@pytest.mark.parametrize(("entries", "message"), BAD_HISTORIES)
def test_a_signed_log_that_breaks_a_rule_is_found_out(
    tmp_path: Path, entries: list[bytes], message: str
) -> None:
    assert problems(verify_log(publish(tmp_path, entries), VKEY)) == [message]


def test_a_clock_may_be_a_few_seconds_off(tmp_path: Path) -> None:
    entries = [leaf("sample:A", 1, second=20), leaf("sample:A", 2, second=15)]
    assert verify_log(publish(tmp_path, entries), VKEY).ok


def test_many_problems_are_counted_and_the_first_hundred_told(tmp_path: Path) -> None:
    report = verify_log(publish(tmp_path, [A1] * 300), VKEY)
    assert report.problem_count == 299
    assert len(report.problems) == 100


def test_a_malformed_vkey_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(notes.BadNote, match="vkey"):
        verify_log(publish(tmp_path, GOOD[:1]), "not a key")
