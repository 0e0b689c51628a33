"""Evidence files, and receipts: verified offline, by whoever holds the key."""

import base64
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edgecode.log import cose, merkle, notes
from edgecode.log.folder import LogFolder
from edgecode.log.keys import verifier_key
from tests.client.conftest import Audit
from tests.client.logs import KEY, ORIGIN, OTHER_KEY, VKEY, member, members, publish, serving
from tests.client.test_audit_folder import lines

GOOD = members(300)
OTHER_VKEY = str(verifier_key(ORIGIN, OTHER_KEY))


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A sound log whose entry 299 repeats entry 7."""
    return publish(tmp_path / "log", [*GOOD[:299], GOOD[7]])


@pytest.fixture
def evidence(broken: Path, tmp_path: Path, edgecode: Audit) -> list[Path]:
    folder = tmp_path / "evidence"
    code, _ = edgecode("audit", broken, "--vkey", VKEY, "--evidence", folder)
    assert code == 1
    shutil.rmtree(broken)
    return sorted(folder.iterdir())


def test_a_violation_is_proven_without_the_log(evidence: list[Path], edgecode: Audit) -> None:
    for path in evidence:
        code, said = edgecode("evidence", path, "--vkey", VKEY)
        assert code == 0, said
        assert "entry 299 is in the log under this checkpoint" in lines(said, "Shown")
        assert GOOD[7].decode() in said
        assert lines(said, "Result")[0].startswith("VERIFIED: what is shown was signed by the log;")


def test_evidence_from_a_server_is_the_same(broken: Path, tmp_path: Path, edgecode: Audit) -> None:
    with serving(broken) as server:
        edgecode("audit", server.url, "--vkey", VKEY, "--evidence", tmp_path / "far")
    edgecode("audit", broken, "--vkey", VKEY, "--evidence", tmp_path / "near")
    far, near = (sorted((tmp_path / name).iterdir()) for name in ("far", "near"))
    assert [path.read_bytes() for path in far] == [path.read_bytes() for path in near]


def edited(change: Callable[[dict[str, Any]], object]) -> Callable[[bytes], bytes]:
    def edit(raw: bytes) -> bytes:
        value = json.loads(raw)
        change(value)
        return json.dumps(value).encode()

    return edit


FORGERIES: list[Callable[[bytes], bytes]] = [
    lambda _: b"",
    lambda _: b"{}",
    lambda _: b"[]",
    lambda _: b"\xff",
    lambda _: b"[" * 100_000,
    edited(lambda value: value["entries"][0].update(entry=base64.b64encode(b"{}").decode())),
    edited(lambda value: value["entries"][0].update(index=5)),
    edited(lambda value: value["entries"][0].update(entry=5)),
    edited(lambda value: value["entries"][0].pop("entry")),
    edited(lambda value: value.update(entries=[])),
    edited(lambda value: value.update(entries=[{"index": 3}])),
    edited(lambda value: value.update(checkpoint="no")),
    edited(lambda value: value.update(checkpoint=None)),
    edited(lambda value: value.update(claim="history")),
    edited(lambda value: value.update(format="edgecode-evidence/2")),
]


@pytest.mark.parametrize("forge", FORGERIES)
def test_forged_evidence_is_refused_in_one_line(
    evidence: list[Path], edgecode: Audit, forge: Callable[[bytes], bytes]
) -> None:
    evidence[0].write_bytes(forge(evidence[0].read_bytes()))
    code, said = edgecode("evidence", evidence[0], "--vkey", VKEY)
    assert code == 2
    assert said.count("\n") == 1
    assert not re.search("Expecting|codec|object has no|argument", said)  # the words of a parser


def test_what_a_file_claims_is_in_the_program_s_words(
    evidence: list[Path], edgecode: Audit
) -> None:
    forge = edited(lambda value: value.update(rule="R41", title="Guilty.", message="a\nResult b"))
    evidence[0].write_bytes(forge(evidence[0].read_bytes()))
    _, said = edgecode("evidence", evidence[0], "--vkey", VKEY)
    assert "Guilty." not in said
    assert lines(said, "Claim")[0].startswith("R41: What is received is the price agreed")
    assert lines(said, "Says") == ["a\\nResult b"]
    assert lines(said, "Result")[0].endswith("whether it breaks the rule is for you to judge")


def test_two_sizes_of_an_honest_log_are_no_evidence_against_it(
    tmp_path: Path, edgecode: Audit
) -> None:
    large = LogFolder(publish(tmp_path / "large", GOOD)).checkpoint()
    small = LogFolder(publish(tmp_path / "small", GOOD[:50])).checkpoint()
    claim = {"format": "edgecode-evidence/1", "claim": "history", "message": "It took entries away"}
    path = tmp_path / "claim.json"
    path.write_text(json.dumps({**claim, "checkpoint": small, "earlier": large}))
    code, said = edgecode("evidence", path, "--vkey", VKEY)
    assert code == 2
    assert "which came first, no file can show" in said


def test_evidence_is_against_the_log_of_the_key_only(evidence: list[Path], edgecode: Audit) -> None:
    assert edgecode("evidence", evidence[0], "--vkey", OTHER_VKEY)[0] == 2


@pytest.mark.parametrize("seen", [1, 200, 256, 300])
def test_two_histories_are_proven_by_the_log_s_own_signatures(
    tmp_path: Path, edgecode: Audit, seen: int
) -> None:
    log = publish(tmp_path / "log", GOOD[:seen])
    edgecode("audit", log, "--vkey", VKEY)
    publish(log, [member(0, commitments={"name": "f" * 64}), *GOOD[1:]])
    edgecode("audit", log, "--vkey", VKEY, "--evidence", tmp_path / "evidence")
    (path,) = (tmp_path / "evidence").iterdir()
    assert path.name == "001-history.json"
    code, said = edgecode("evidence", path, "--vkey", VKEY)
    assert code == 0, said
    assert lines(said, "Shown")[1].startswith(f"and 300 entries, of which the first {seen} have")


@pytest.mark.parametrize("size", [1, 200, 256])
def test_a_smaller_fork_is_proven_with_what_the_mirror_kept(
    tmp_path: Path, edgecode: Audit, size: int
) -> None:
    site, mirror = publish(tmp_path / "site", GOOD), tmp_path / "mirror"
    options = ("--vkey", VKEY, "--mirror", mirror)
    fork = [member(0, commitments={"name": "f" * 64}), *GOOD[1:size]]
    with serving(site) as server:
        assert edgecode("audit", server.url, *options)[0] == 0
        publish(site, GOOD[:size])
        edgecode("audit", server.url, *options, "--evidence", tmp_path / "none")
        publish(site, fork)
        code, _ = edgecode("audit", server.url, *options, "--evidence", tmp_path / "some")
    assert code == 2
    assert not (tmp_path / "none").exists()
    proven = [edgecode("evidence", path, "--vkey", VKEY) for path in (tmp_path / "some").iterdir()]
    assert {code for code, _ in proven} == {0}
    shown = f"and 300 entries, of which the first {size} have"
    assert any(lines(said, "Shown")[1].startswith(shown) for _, said in proven)


@pytest.mark.parametrize("sizes", [(300, 300), (300, 40), (40, 300), (300, 1)])
def test_two_copies_given_together_that_are_a_fork(
    tmp_path: Path, edgecode: Audit, sizes: tuple[int, int]
) -> None:
    forked = [member(0, commitments={"name": "f" * 64}), *GOOD[1:]]
    one = publish(tmp_path / "one", GOOD[: sizes[0]])
    other = publish(tmp_path / "other", forked[: sizes[1]])
    found = tmp_path / "evidence"
    code, said = edgecode("audit", one, other, "--vkey", VKEY, "--evidence", found)
    assert code == 2, said
    assert lines(said, "Problem")[0].startswith("another history: it does not begin with the ")
    (path,) = found.iterdir()
    assert edgecode("evidence", path, "--vkey", VKEY)[0] == 0


def test_one_history_is_no_evidence_of_two(tmp_path: Path, edgecode: Audit) -> None:
    log = LogFolder(publish(tmp_path / "log", GOOD))
    note, path = log.checkpoint(), tmp_path / "claim.json"
    claim = {"format": "edgecode-evidence/1", "claim": "history", "message": "x"}
    path.write_text(json.dumps({**claim, "checkpoint": note, "earlier": note}))
    code, said = edgecode("evidence", path, "--vkey", VKEY)
    assert code == 2
    assert "the two checkpoints agree" in said


def receipt(log: LogFolder, path: Path, index: int) -> tuple[Path, Path]:
    """Write the receipt of an entry and its bytes; return both files."""
    if path.suffix == ".tlog-proof":
        path.write_text(log.receipt(index))
    else:
        checkpoint = notes.parse_checkpoint(notes.note_text(log.checkpoint() or ""))
        proof = log.inclusion(index, checkpoint.size)
        path.write_bytes(cose.inclusion_receipt(checkpoint, index, proof, KEY))
    entry = path.with_suffix(".entry")
    entry.write_bytes(log.entry(index, 300))
    return path, entry


@pytest.mark.parametrize("name", ["r.tlog-proof", "r.cose"])
def test_a_receipt_is_verified_offline(tmp_path: Path, edgecode: Audit, name: str) -> None:
    log = LogFolder(publish(tmp_path / "log", GOOD))
    path, entry = receipt(log, tmp_path / name, 299)
    shutil.rmtree(tmp_path / "log")
    code, said = edgecode("verify-receipt", path, "--entry", entry, "--vkey", VKEY)
    assert code == 0, said
    assert lines(said, "Entry") == ["299 of 300"]


@pytest.mark.parametrize("name", ["r.tlog-proof", "r.cose"])
def test_a_receipt_of_other_bytes_or_another_log_is_refused(
    tmp_path: Path, edgecode: Audit, name: str
) -> None:
    log = LogFolder(publish(tmp_path / "log", GOOD))
    path, entry = receipt(log, tmp_path / name, 5)
    assert edgecode("verify-receipt", path, "--entry", entry, "--vkey", OTHER_VKEY)[0] == 2
    entry.write_bytes(GOOD[6])
    code, said = edgecode("verify-receipt", path, "--entry", entry, "--vkey", VKEY)
    assert code == 2
    assert said.count("\n") == 1
    raw = bytearray(path.read_bytes())
    entry.write_bytes(GOOD[5])
    for at in range(0, len(raw), 7):
        path.write_bytes(raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :])
        code, said = edgecode("verify-receipt", path, "--entry", entry, "--vkey", VKEY)
        assert code == 2 or lines(said, "Entry") == ["5 of 300"]
    path.write_bytes(b"")
    assert edgecode("verify-receipt", path, "--entry", entry, "--vkey", VKEY)[0] == 2


def test_proofs_are_those_of_the_tree(tmp_path: Path, evidence: list[Path]) -> None:
    value = json.loads(evidence[0].read_bytes())
    item = value["entries"][-1]
    parsed = notes.parse_receipt(item["proof"])
    checkpoint = notes.open_checkpoint(value["checkpoint"], verifier_key(ORIGIN, KEY))
    leaf = merkle.leaf_hash(base64.b64decode(item["entry"]))
    merkle.verify_inclusion(leaf, item["index"], 300, parsed.proof, checkpoint.root)
