import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edgecode.log import merkle, notes
from edgecode.log.notes import BadNote, Checkpoint, Receipt
from edgecode.log.tiles import TileBuilder, node_reader

# The example of the signed note specification (c2sp.org/signed-note).
SPEC_VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
SPEC_NOTE = (
    "This is an example message.\n\n"
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAl"
    "TgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
# The example of the Go implementation (golang.org/x/mod/sumdb/note), with its private key.
GO_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_SEED = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
GO_TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
GO_NOTE = GO_TEXT + (
    "\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpR"
    "Zb6KE6RyyBwJnAM=\n"
)
ORIGIN = "edgecode.example/ledger"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes([1] * 32))
VERIFIER = notes.verifier_key(ORIGIN, KEY)


@pytest.mark.parametrize(("vkey", "note"), [(SPEC_VKEY, SPEC_NOTE), (GO_VKEY, GO_NOTE)])
def test_published_examples_verify(vkey: str, note: str) -> None:
    key = notes.parse_vkey(vkey)
    assert str(key) == vkey
    assert notes.open_note(note, key) == note.rpartition("\n\n")[0] + "\n"


def test_the_published_key_signs_the_published_note() -> None:
    key = Ed25519PrivateKey.from_private_bytes(GO_SEED)
    assert str(notes.verifier_key("PeterNeumann", key)) == GO_VKEY
    assert notes.sign(GO_TEXT, "PeterNeumann", key) == GO_NOTE


def signed_checkpoint(size: int = 3) -> tuple[Checkpoint, str]:
    checkpoint = Checkpoint(ORIGIN, size, merkle.leaf_hash(b"root"))
    return checkpoint, notes.sign(checkpoint.text, ORIGIN, KEY)


def test_a_checkpoint_reads_back() -> None:
    checkpoint, note = signed_checkpoint()
    assert notes.open_checkpoint(note, VERIFIER) == checkpoint


def test_signatures_of_strangers_are_skipped_and_ours_must_be_right() -> None:
    checkpoint, note = signed_checkpoint()
    strangers = [
        notes.sign(checkpoint.text, f"witness{n}.example", OTHER).rpartition("\n\n")[2]
        for n in range(20)
    ]
    same_name = notes.sign(checkpoint.text, ORIGIN, OTHER).rpartition("\n\n")[2]
    assert notes.open_checkpoint(note + "".join(strangers) + same_name, VERIFIER) == checkpoint
    _, _, line = note.rpartition("\n\n")
    forged = notes.sign("other\n", ORIGIN, KEY).rpartition("\n\n")[2]
    assert forged != line
    with pytest.raises(BadNote, match="does not fit"):
        notes.open_note(note + forged, VERIFIER)
    with pytest.raises(BadNote, match="not signed by"):
        notes.open_note(checkpoint.text + "\n" + "".join(strangers), VERIFIER)


def test_a_changed_checkpoint_is_refused() -> None:
    _, note = signed_checkpoint(3)
    with pytest.raises(BadNote, match="does not fit"):
        notes.open_checkpoint(note.replace("\n3\n", "\n4\n"), VERIFIER)


def test_a_checkpoint_of_another_log_is_refused() -> None:
    note = notes.sign(Checkpoint("other.example/log", 1, bytes(32)).text, ORIGIN, KEY)
    with pytest.raises(BadNote, match=r"other\.example"):
        notes.open_checkpoint(note, VERIFIER)


@pytest.mark.parametrize(
    "damage",
    [
        lambda note: note[:-1],
        lambda note: note.replace("\n\n", "\n"),
        lambda note: note.replace("—", "-"),
        lambda note: note.replace("— ", "—  "),
        lambda note: note + "\n",
        lambda note: note + "— a b\n",
        lambda note: note.replace("3", "3\r"),
        lambda note: note + "— x.example AAAAAAAA\n" * 100,
        lambda note: note * 10_000,
        lambda note: "",
    ],
)
def test_malformed_notes_are_refused(damage) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(BadNote):
        notes.open_checkpoint(damage(signed_checkpoint()[1]), VERIFIER)


@pytest.mark.parametrize(
    "text",
    [
        f"{ORIGIN}\n03\n{base64.b64encode(bytes(32)).decode()}\n",
        f"{ORIGIN}\n-3\n{base64.b64encode(bytes(32)).decode()}\n",
        f"{ORIGIN}\n3\n{base64.b64encode(bytes(31)).decode()}\n",
        f"{ORIGIN}\n3\n{base64.b64encode(bytes(32)).decode()}",
        f"{ORIGIN}\n3\n\n{base64.b64encode(bytes(32)).decode()}\n",
        f"{ORIGIN}\n3\n",
        f"{ORIGIN}\n3\n" + "A" * 42 + "B=\n",
    ],
)
def test_malformed_checkpoints_are_refused(text: str) -> None:
    with pytest.raises(BadNote):
        notes.parse_checkpoint(text)


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "a+b",
        GO_VKEY[:-4],
        GO_VKEY.replace("c74f20a3", "c74f20a4"),
        GO_VKEY.replace("+AR", "+BR"),
    ],
)
def test_damaged_vkeys_are_refused(vkey: str) -> None:
    with pytest.raises(BadNote):
        notes.parse_vkey(vkey)


@pytest.mark.parametrize("name", ["", "two words", "a+b"])
def test_names_that_no_note_may_carry_are_refused(name: str) -> None:
    with pytest.raises(BadNote, match="cannot name"):
        notes.verifier_key(name, KEY)


@pytest.mark.parametrize("text", ["no newline at the end", "tab\t\n"])
def test_texts_that_no_note_may_carry_are_not_signed(text: str) -> None:
    with pytest.raises(BadNote):
        notes.sign(text, ORIGIN, KEY)


ENTRIES = [b"entry %d" % number for number in range(7)]


def make_receipt(index: int) -> str:
    builder = TileBuilder()
    files = dict(builder.add(merkle.leaf_hashes(ENTRIES))) | dict(builder.partial_tiles())
    checkpoint = Checkpoint(ORIGIN, 7, builder.root())
    proof = merkle.prove_inclusion(index, 7, node_reader(7, files.__getitem__))
    return str(Receipt(index, tuple(proof), notes.sign(checkpoint.text, ORIGIN, KEY)))


@pytest.mark.parametrize("index", range(7))
def test_a_receipt_proves_its_entry_and_no_other(index: int) -> None:
    text = make_receipt(index)
    assert text.startswith(f"c2sp.org/tlog-proof@v1\nindex {index}\n")
    assert str(notes.parse_receipt(text)) == text
    at, checkpoint = notes.verify_receipt(text, ENTRIES[index], VERIFIER)
    assert (at, checkpoint.size) == (index, 7)
    for entry in (ENTRIES[index - 1], ENTRIES[index] + b"!"):
        with pytest.raises(merkle.BadProof):
            notes.verify_receipt(text, entry, VERIFIER)
    with pytest.raises(BadNote, match="not signed by"):
        notes.verify_receipt(text, ENTRIES[index], notes.verifier_key(ORIGIN, OTHER))


def test_extra_data_in_a_receipt_is_skipped() -> None:
    text = make_receipt(2).replace("@v1\n", "@v1\nextra aGVsbG8=\n")
    assert notes.verify_receipt(text, ENTRIES[2], VERIFIER)[0] == 2


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("@v1", "@v2"),
        ("index 2", "index 02"),
        ("index 2", "index -2"),
        ("index 2", "index 3"),
        ("index 2\n", ""),
        ("index 2", "index 2\nAAAA"),
        ("index 2", "index 2\n!"),
        ("index 2", "index 2" + ("\n" + "A" * 43 + "=") * 64),
        ("index 2", "extra %\nindex 2"),
        ("\n\n", "\n"),
    ],
)
def test_damaged_receipts_are_refused(old: str, new: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        notes.verify_receipt(make_receipt(2).replace(old, new), ENTRIES[2], VERIFIER)
