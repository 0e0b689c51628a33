"""Keys of the three kinds, their vkeys, and who signed a note."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from edgecode.log import cosignatures, keys, notes
from edgecode.log.checkpoints import Checkpoint, parse_checkpoint
from edgecode.log.keys import Algorithm, BadNote, VerifierKey

ORIGIN = "edgecode.example/ledger"
LOG = Ed25519PrivateKey.from_private_bytes(bytes(32))
WITNESS = Ed25519PrivateKey.from_private_bytes(bytes([1] * 32))
LATTICE = MLDSA44PrivateKey.from_seed_bytes(bytes([2] * 32))
CHECKPOINT = Checkpoint(ORIGIN, 7, bytes(range(32)))
NOTE = notes.sign(CHECKPOINT.text, ORIGIN, LOG)
NOW = 1_795_000_000

# The example of c2sp.org/tlog-cosignature and tlog-checkpoint: the log's key is not published,
# but the name and the key id in its line must stay readable.
SPEC_CHECKPOINT = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zh"
    "cyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJs"
    "X3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
)

names = st.text(
    st.characters(exclude_categories=["Z", "C"], exclude_characters="+"), min_size=1, max_size=40
)
algorithms = st.sampled_from(list(Algorithm))


def test_the_example_of_the_specification_reads() -> None:
    lines = list(notes.signature_lines(SPEC_CHECKPOINT))
    assert [(name, key_id.hex()) for name, key_id, _ in lines] == [
        ("example.com/behind-the-sofa", "033de0ae"),
        ("witness.example.com/w1", "8d66cf3f"),
    ]
    checkpoint = parse_checkpoint(notes.note_text(SPEC_CHECKPOINT))
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert checkpoint.text == notes.note_text(SPEC_CHECKPOINT)


@given(names, algorithms, st.data())
def test_any_vkey_reads_back(name: str, algorithm: Algorithm, data: st.DataObject) -> None:
    if algorithm is Algorithm.ML_DSA_44:
        public = data.draw(st.binary(min_size=1312, max_size=1312))
    else:
        seed = data.draw(st.binary(min_size=32, max_size=32))
        public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    key = VerifierKey(name, public, algorithm)
    assert keys.parse_vkey(str(key)) == key


@given(st.text())
def test_no_text_is_read_as_a_key_by_accident(text: str) -> None:
    with pytest.raises(BadNote):
        keys.parse_vkey(text)


def weak_points() -> list[bytes]:
    prime = 2**255 - 19
    eighth = "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"
    ys = [0, 1, prime - 1, prime, prime + 1, int.from_bytes(bytes.fromhex(eighth), "little")]
    return [(y | sign << 255).to_bytes(32, "little") for y in ys for sign in (0, 1)]


@pytest.mark.parametrize("public", weak_points(), ids=bytes.hex)
def test_a_key_under_which_anybody_can_sign_is_refused(public: bytes) -> None:
    for algorithm in (Algorithm.ED25519, Algorithm.COSIGNATURE):
        with pytest.raises(BadNote, match="anybody could sign"):
            keys.parse_vkey(str(VerifierKey("log.example", public, algorithm)))


def test_one_key_of_two_kinds_has_two_ids() -> None:
    log, witness = keys.verifier_key("w", WITNESS), keys.cosigner_key("w", WITNESS)
    assert log.public_key == witness.public_key
    assert log.key_id != witness.key_id


def test_a_note_tells_which_of_many_keys_signed_it_and_when() -> None:
    lattice, witness = keys.cosigner_key("l", LATTICE), keys.cosigner_key("w", WITNESS)
    own, absent = keys.verifier_key(ORIGIN, LOG), keys.cosigner_key("absent", WITNESS)
    note = NOTE + cosignatures.cosign(CHECKPOINT.text, "w", WITNESS, NOW)
    note += cosignatures.cosign(CHECKPOINT.text, "l", LATTICE, NOW + 1)
    text, signed = notes.signers(note, [own, lattice, witness, absent])
    assert text == CHECKPOINT.text
    assert signed == {own: 0, witness: NOW, lattice: NOW + 1}


def test_a_log_signs_a_second_time_with_ml_dsa() -> None:
    second = keys.verifier_key(ORIGIN, LATTICE)
    note = NOTE + cosignatures.cosign(CHECKPOINT.text, ORIGIN, LATTICE, 0)
    assert notes.open_checkpoint(note, second) == CHECKPOINT
    assert notes.open_checkpoint(note, keys.verifier_key(ORIGIN, LOG)) == CHECKPOINT
    with pytest.raises(BadNote, match="does not fit"):
        notes.open_checkpoint(note.replace("\n7\n", "\n8\n"), second)


@pytest.mark.parametrize("key", [WITNESS, LATTICE], ids=["Ed25519", "ML-DSA-44"])
def test_a_cosignature_holds_for_its_time_text_and_name_only(
    key: Ed25519PrivateKey | MLDSA44PrivateKey,
) -> None:
    public = keys.cosigner_key("w", key)
    line = cosignatures.cosign(CHECKPOINT.text, "w", key, NOW)
    raw = keys.from_base64(line.split(" ")[2].strip(), "it")[4:]
    assert cosignatures.verify(public, raw, CHECKPOINT.text) == NOW
    later = (NOW + 1).to_bytes(8, "big") + raw[8:]
    other = Checkpoint(ORIGIN, 8, CHECKPOINT.root).text
    for signature, text in [(later, CHECKPOINT.text), (raw, other), (raw[:-1], CHECKPOINT.text)]:
        with pytest.raises(BadNote):
            cosignatures.verify(public, signature, text)
    if public.algorithm is Algorithm.ML_DSA_44:
        renamed = VerifierKey("v", public.public_key, public.algorithm)
        with pytest.raises(BadNote, match="does not fit"):
            cosignatures.verify(renamed, raw, CHECKPOINT.text)


def test_the_messages_are_spelled_as_the_specification_says() -> None:
    text = notes.note_text(SPEC_CHECKPOINT)
    assert cosignatures.timestamped_message(text, 1679315147) == (
        b"cosignature/v1\ntime 1679315147\n"
        b"example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    )
    root = parse_checkpoint(text).root
    assert cosignatures.subtree_message(text, "w1", 1679315147) == (
        b"".join(
            (
                b"subtree/v1\n\x00\x02w1" + (1679315147).to_bytes(8, "big"),
                b"\x1bexample.com/behind-the-sofa" + bytes(8) + (20852163).to_bytes(8, "big"),
                root,
            )
        )
    )


@pytest.mark.parametrize("time", [-1, 2**63])
def test_a_time_out_of_range_is_not_signed(time: int) -> None:
    with pytest.raises(BadNote, match="POSIX"):
        cosignatures.cosign(CHECKPOINT.text, "w", WITNESS, time)


def test_only_checkpoints_are_cosigned() -> None:
    for key in (WITNESS, LATTICE):
        with pytest.raises(BadNote, match="not a checkpoint"):
            cosignatures.cosign("some text\n", "w", key, NOW)


def test_a_name_too_long_for_the_struct_is_refused() -> None:
    with pytest.raises(BadNote, match="255 bytes"):
        cosignatures.cosign(CHECKPOINT.text, "w" * 256, LATTICE, NOW)


def test_sixteen_signatures_of_five_kilobytes_are_read() -> None:
    strangers = "".join(
        f"— post-quantum{n}.example {keys.to_base64(bytes([n]) * 5000)}\n" for n in range(16)
    )
    assert notes.open_checkpoint(NOTE + strangers, keys.verifier_key(ORIGIN, LOG)) == CHECKPOINT


def test_a_wrong_second_signature_of_a_known_key_rejects_the_note() -> None:
    key = keys.cosigner_key("w", WITNESS)
    right = cosignatures.cosign(CHECKPOINT.text, "w", WITNESS, NOW)
    wrong = cosignatures.cosign(Checkpoint(ORIGIN, 8, CHECKPOINT.root).text, "w", WITNESS, NOW)
    with pytest.raises(BadNote, match="does not fit"):
        notes.signers(NOTE + right + wrong, [key])


def test_bytes_that_were_no_utf8_are_refused() -> None:
    note = NOTE.replace("ledger", "ledg\udc80r", 1)
    with pytest.raises(BadNote, match="UTF-8"):
        notes.open_note(note, keys.verifier_key(ORIGIN, LOG))


@given(names, st.integers(0, 2**63 - 1), st.binary(min_size=32, max_size=32))
def test_any_checkpoint_reads_back(origin: str, size: int, root: bytes) -> None:
    checkpoint = Checkpoint(origin, size, root)
    assert parse_checkpoint(checkpoint.text) == checkpoint
    key = keys.verifier_key(origin, LOG)
    assert notes.open_checkpoint(notes.sign(checkpoint.text, origin, LOG), key) == checkpoint


def test_a_size_beyond_what_can_be_is_refused() -> None:
    with pytest.raises(BadNote, match="size"):
        parse_checkpoint(Checkpoint(ORIGIN, 2**63, bytes(32)).text)


@given(st.text(st.characters(codec="utf-8"), max_size=300))
def test_no_text_breaks_the_reader(text: str) -> None:
    for note in (text, f"{text}\n\n— {text} AAAAAAAA\n", f"{CHECKPOINT.text}\n— a {text}\n"):
        with pytest.raises(BadNote):
            notes.open_note(note, keys.verifier_key(ORIGIN, LOG))
