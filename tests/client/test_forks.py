"""An operator who rewrites the past, and has witnesses of good faith for something beside it."""

import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edgecode.log import notes
from edgecode.log.cosignatures import cosign
from edgecode.log.keys import cosigner_key
from tests.client.conftest import Audit
from tests.client.logs import KEY, OTHER_KEY, member, publish
from tests.client.test_audit_folder import lines
from tests.client.test_shards import NEW, OLD, about_log, old_entries, shard_entries, write_list

WITNESS = Ed25519PrivateKey.from_private_bytes(bytes([7] * 32))
NOT_WITNESSED = "checkpoint: the witnesses that the policy demands did not cosign"


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    """Names the first log of the history, and one witness whose word is asked for."""
    path = tmp_path / "policy"
    witness = f"witness w {cosigner_key('w.example/1', WITNESS)}\nquorum w\n"
    path.write_text(f"log {notes.verifier_key(OLD, KEY)}\n{witness}")
    return path


def cosigned(log: Path, name: str = "checkpoint", note: str = "") -> None:
    """The witness cosigns a note of the log, the newest unless one is given."""
    note = note or (log / "checkpoint").read_text()
    line = cosign(notes.note_text(note), "w.example/1", WITNESS, int(time.time()))
    (log / name).write_text(note + line)


def fork(root: Path, *, year: str = "2027", key: Ed25519PrivateKey = KEY) -> Path:
    """Another past, closed and gone on with by a log of one entry that nobody has seen before."""
    entries = old_entries(300)
    entries[7] = member(950)
    entries[-1] = about_log(
        "shard.closed", "2026", 2, 301, origin=OLD, size=302, next_origin=f"{OLD}/{year}"
    )
    publish(root, entries, origin=OLD, key=key)
    publish(root / year, shard_entries(year, root, 400)[:1], origin=f"{OLD}/{year}")
    write_list(root, year)
    return root


@pytest.mark.parametrize("key", [KEY, OTHER_KEY])
@pytest.mark.parametrize("year", ["2027", "2099"])
def test_a_fork_is_not_witnessed_by_who_saw_the_log_after_it(
    tmp_path: Path, policy: Path, edgecode: Audit, year: str, key: Ed25519PrivateKey
) -> None:
    root = fork(tmp_path / "fork", year=year, key=key)
    cosigned(root / year)
    for given in ([root], [root, root / year], [root / year, root]):
        code, said = edgecode("audit", *given, "--policy", policy, "--no-rules")
        assert code == 2, said
        assert [line.startswith(NOT_WITNESSED) for line in lines(said, "Problem")] == [True]
    # A closed log that its witnesses did see needs no key that is known.
    cosigned(root)
    code, said = edgecode("audit", root, "--policy", policy, "--no-rules")
    assert code == 0, said


@pytest.mark.parametrize("apart", [False, True])
def test_the_end_of_a_closed_log_needs_its_own_witnesses_and_not_only_its_beginning(
    tmp_path: Path, policy: Path, edgecode: Audit, *, apart: bool
) -> None:
    root = fork(tmp_path / "fork")
    note = (publish(tmp_path / "x", old_entries(300)[:5], origin=OLD) / "checkpoint").read_text()
    cosigned(root, "checkpoint.witnessed", note)
    cosigned(root / "2027")
    given: Sequence[Path] = [root]
    if apart:
        (root / "shards").unlink()
        given = [root, (root / "2027").rename(tmp_path / "later")]
    code, said = edgecode("audit", *given, "--policy", policy, "--no-rules")
    assert code == 2, said
    told = f"{NOT_WITNESSED} the end of this log, which {NEW} goes on from"
    assert [line.startswith(told) for line in lines(said, "Problem")] == [True]
