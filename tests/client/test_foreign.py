"""Programs that others wrote read our notes, and we read theirs."""

import sys
import time
from argparse import Namespace
from base64 import b64decode
from pathlib import Path
from subprocess import run

import aics_tlog
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from tlog_scales import cli, signing, tiles, tlog

from edgecode.log import keys, notes
from edgecode.log.cosignatures import cosign
from edgecode.log.folder import LogFolder
from edgecode.log.keys import VerifierKey
from edgecode.log.policy import LogKey, Policy, WitnessKey
from edgecode.log.tiles import encode_bundle
from tests.client.trees import KEY, ORIGIN, VKEY, Tree

SECOND = MLDSA44PrivateKey.from_seed_bytes(bytes([3] * 32))
WITNESSES: dict[str, Ed25519PrivateKey | MLDSA44PrivateKey] = {
    "one.example": Ed25519PrivateKey.from_private_bytes(bytes([4] * 32)),
    "two.example": MLDSA44PrivateKey.from_seed_bytes(bytes([5] * 32)),
}
VKEYS = {name: keys.cosigner_key(name, key) for name, key in WITNESSES.items()}
TREE = Tree(300)
TEXT = TREE.checkpoint().text


def whole_note(now: int) -> str:
    lines = [cosign(TEXT, name, key, now) for name, key in WITNESSES.items()]
    return TREE.note() + cosign(TEXT, ORIGIN, SECOND, 0) + "".join(lines)


def theirs(size: int = 300) -> tlog.Checkpoint:
    return tlog.Checkpoint(ORIGIN, size, TREE.checkpoint().root, [])


@pytest.mark.parametrize(
    "key", [VKEY, keys.verifier_key(ORIGIN, SECOND), *VKEYS.values()], ids=lambda key: key.name
)
def test_another_program_verifies_each_kind_of_signature(key: VerifierKey) -> None:
    foreign = signing.Vkey.from_string(str(key))
    assert foreign.serialize() == str(key)
    note = whole_note(1_795_000_000)
    lines = [line for name, key_id, line in notes.signature_lines(note) if key_id == key.key_id]
    assert len(lines) == 1
    signature = signing.NoteSignature.from_line(lines[0].rstrip("\n"))
    checkpoint = theirs()
    assert checkpoint.serialize_body() == TEXT
    foreign.get_verifier().verify_note(signature, checkpoint)
    with pytest.raises(Exception, match=r"^$"):  # InvalidSignature says nothing
        foreign.get_verifier().verify_note(signature, theirs(301))


def test_we_verify_what_another_program_signed() -> None:
    checkpoint = theirs()
    signers = (
        signing.PlainEd25519Signer(ORIGIN, KEY),
        signing.MLDSA44CosignatureSigner("two.example", bytes([5] * 32)),
    )
    lines = "".join(f"{signer.sign(checkpoint).serialize()}\n" for signer in signers)
    policy = Policy((LogKey(VKEY),), (WitnessKey("two", VKEYS["two.example"]),), (), "two")
    standing = policy.check(f"{TEXT}\n{lines}")
    assert standing.is_witnessed
    assert abs(standing.cosigned["two"] - time.time()) < 60


def published(folder: Path, note: str) -> Path:
    _, files = TREE.builder(TREE.size)
    for tile, raw in files.items():
        path = folder / tile.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(raw)
    for index, width in ((0, ""), (1, ".p/44")):
        path = folder / f"tile/entries/{index:03}{width}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encode_bundle(TREE.entries[index * 256 : (index + 1) * 256]))
    (folder / "checkpoint").write_text(note)
    return folder


def aics(*arguments: object) -> tuple[int, str]:
    command = [sys.executable, "-m", "aics_tlog", *map(str, arguments)]
    done = run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_another_command_line_checks_a_cosigned_log_and_an_entry(tmp_path: Path) -> None:
    note = whole_note(int(time.time()))
    folder = published(tmp_path / "log", note)
    trust = ["--tiles", folder, "--log-key", VKEY, "--witness-key", VKEYS["one.example"]]
    trust += ["--quorum", 1, "--max-age", 600, "--origin", ORIGIN]
    code, said = aics("verify-checkpoint", *trust)
    assert code == 0, said
    (tmp_path / "entry").write_bytes(TREE.entries[299])
    code, said = aics("verify-inclusion", *trust, "--leaf", tmp_path / "entry", "--index", 299)
    assert code == 0, said
    stranger = keys.cosigner_key("one.example", Ed25519PrivateKey.generate())
    trust[trust.index(VKEYS["one.example"])] = stranger
    assert aics("verify-checkpoint", *trust)[0] != 0


def test_another_program_makes_the_same_receipts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = published(tmp_path / "log", whole_note(1_795_000_000))
    for index in (0, 255, 256, 299):
        cli.cmd_gen_proof(Namespace(location=str(folder), leaf_index=index))
        assert capsys.readouterr().out == LogFolder(folder).receipt(index)


def test_another_program_verifies_a_receipt(tmp_path: Path) -> None:
    """With nothing of ours but the text of the `.tlog-proof`, the entry and the log's key."""
    log = LogFolder(published(tmp_path / "log", whole_note(1_795_000_000)))
    head, _, note = log.receipt(123).partition("\n\n")
    magic, index, *path = head.split("\n")
    assert (magic, index) == ("c2sp.org/tlog-proof@v1", "index 123")
    checkpoint = tlog.Checkpoint.from_text(note)
    checkpoint.verify(signing.Vkey.from_string(str(VKEY)))
    proof = tlog.InclusionProof(123, checkpoint.size, [b64decode(line) for line in path])
    proof.check(tiles.leaf_hash(TREE.entries[123]), checkpoint.root_hash)
    with pytest.raises(tlog.InclusionProofInvalid):
        proof.check(tiles.leaf_hash(TREE.entries[124]), checkpoint.root_hash)


@pytest.mark.parametrize("second", ["", cosign(TEXT, ORIGIN, SECOND, 0)], ids=["one", "two"])
def test_a_second_signature_disturbs_no_other_program(tmp_path: Path, second: str) -> None:
    folder = published(tmp_path / "log", TREE.note() + second)
    trust = ["--tiles", folder, "--log-key", VKEY, "--origin", ORIGIN]
    code, said = aics("verify-checkpoint", *trust)
    assert code == 0, said
    tlog.Checkpoint.from_text(TREE.note() + second).verify(signing.Vkey.from_string(str(VKEY)))


def test_another_library_makes_the_same_tree_and_the_same_note() -> None:
    tree = aics_tlog.MerkleTree(TREE.entries)
    assert tree.root() == TREE.checkpoint().root
    checkpoint = aics_tlog.Checkpoint(ORIGIN, TREE.size, tree.root())
    assert aics_tlog.sign_checkpoint(checkpoint, KEY, ORIGIN).serialise() == TREE.note()
