"""COSE receipts: ours verify in foreign code and here, and nothing may be changed in them."""

import cbor2
import pytest
import scitt_cose
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given
from hypothesis import strategies as st

from edgecode.audit.receipts import describe
from edgecode.log import cose
from edgecode.log.checkpoints import Checkpoint
from edgecode.log.cose import BadReceipt
from edgecode.log.keys import verifier_key
from edgecode.log.policy import LogKey, Policy
from tests.client.trees import KEY, ORIGIN, VKEY, Tree

PUBLIC = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
PRIVATE = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
TREE = Tree(300)
SIZES = [2, 3, 7, 8, 255, 256, 257, 300]


def included(size: int, index: int) -> bytes:
    return cose.inclusion_receipt(TREE.checkpoint(size), index, TREE.inclusion(index, size), KEY)


def grown(old: int, new: int) -> bytes:
    return cose.consistency_receipt(TREE.checkpoint(new), old, TREE.consistency(old, new), KEY)


def accepts(receipt: bytes, entry: bytes) -> scitt_cose.ReceiptResult:
    return scitt_cose.verify_receipt(receipt, leaf_entry_hex=entry.hex(), log_public_key_pem=PUBLIC)


@pytest.mark.parametrize("size", SIZES)
def test_foreign_code_accepts_our_receipts(size: int) -> None:
    for index in {0, size // 2, size - 1}:
        receipt = included(size, index)
        result = accepts(receipt, TREE.entries[index])
        assert (result.ok, result.tree_size, result.leaf_index) == (True, size, index)
        assert result.root == TREE.checkpoint(size).root.hex()
        assert result.issuer == ORIGIN
        assert result.protected_header_ext[4] == f"{ORIGIN}+{VKEY.key_id.hex()}".encode()
        assert cose.verify_inclusion(receipt, TREE.entries[index], VKEY) == (
            index,
            TREE.checkpoint(size),
        )


def test_the_only_entry_of_a_log_has_no_receipt() -> None:
    """The grammar of RFC 9942 (5.2, figure 3) wants a hash in the path, and there is none."""
    with pytest.raises(ValueError, match="one entry"):
        included(1, 0)
    for size in SIZES:
        for index in range(size):
            assert TREE.inclusion(index, size)


def test_a_receipt_has_the_form_of_the_standard() -> None:
    """RFC 9942, figure 1: tag, alg and vds signed, one kind of proof unsigned, payload detached."""
    for receipt, kind in ((included(7, 3), -1), (grown(3, 7), -2)):
        tag = cbor2.loads(receipt)
        protected, unprotected, payload, signature = tag.value
        header = cbor2.loads(protected)
        assert (tag.tag, header[1], header[395], payload) == (18, -8, 1, None)
        assert list(unprotected) == [396]
        assert list(unprotected[396]) == [kind]
        (proof,) = unprotected[396][kind]
        first, second, path = cbor2.loads(proof)
        assert type(first) is type(second) is int
        assert path
        assert all(isinstance(item, bytes) and len(item) == 32 for item in path)
        assert len(signature) == 64


def test_a_receipt_is_small() -> None:
    assert len(included(300, 7)) < 600


def test_labels_that_nobody_signed_are_ignored_and_told() -> None:
    """RFC 9942 lets anybody add to the unprotected header; nothing there may sway a verdict."""
    receipt = cbor2.loads(included(300, 7))
    protected, unprotected, payload, signature = receipt.value
    entry = TREE.entries[7]
    assert cose.unsigned_labels(included(300, 7)) == []
    for extra in ({4: b"another key"}, {15: {1: "another log"}}, {"note": "trust me"}, {395: 2}):
        more = cbor2.CBORTag(18, [protected, {**unprotected, **extra}, payload, signature])
        raw = cbor2.dumps(more, canonical=True)
        assert cose.verify_inclusion(raw, entry, VKEY) == (7, TREE.checkpoint())
        assert cose.unsigned_labels(raw) == list(extra)
        lines = describe(raw, entry, Policy((LogKey(VKEY),)))
        assert "Ignored     1 labels of the header that nobody signed" in lines
        with pytest.raises(ValueError, match=r".+"):
            cose.verify_inclusion(raw, TREE.entries[8], VKEY)


def test_no_bit_of_a_receipt_may_change() -> None:
    """Foreign code cannot see a change of the size alone where the root stays the same: the
    standard does not sign it. Ours does."""
    receipt, entry = included(7, 3), TREE.entries[3]
    let_pass = set()
    for at in range(len(receipt) * 8):
        changed = bytearray(receipt)
        changed[at // 8] ^= 1 << at % 8
        if accepts(bytes(changed), entry).ok:
            let_pass.add(at // 8)
        with pytest.raises(ValueError, match=r".+"):
            cose.verify_inclusion(bytes(changed), entry, VKEY)
    proof = cbor2.dumps([7, 3, TREE.inclusion(3, 7)])
    assert let_pass <= {receipt.index(proof) + 1}, "only the size"


def test_no_bit_of_a_receipt_of_consistency_may_change() -> None:
    old, new = TREE.checkpoint(3), TREE.checkpoint(7)
    receipt = grown(3, 7)
    for at in range(len(receipt) * 8):
        changed = bytearray(receipt)
        changed[at // 8] ^= 1 << at % 8
        with pytest.raises(ValueError, match=r".+"):
            cose.verify_consistency(bytes(changed), old, new.root, VKEY)


@given(st.integers(1, 299), st.integers(1, 299))
def test_any_two_sizes_have_a_receipt_of_consistency(first: int, second: int) -> None:
    old, new = sorted((first, second + 1))
    if old == new:
        new += 1
    receipt = grown(old, new)
    before, after = TREE.checkpoint(old), TREE.checkpoint(new)
    assert cose.verify_consistency(receipt, before, after.root, VKEY) == new
    proof = [item.hex() for item in TREE.consistency(old, new)]
    assert scitt_cose.verify_consistency(before.root.hex(), after.root.hex(), old, new, proof)
    with pytest.raises(ValueError, match=r".+"):
        cose.verify_consistency(receipt, before, before.root, VKEY)
    forked = Checkpoint(ORIGIN, old, bytes(32))
    with pytest.raises(ValueError, match=r".+"):
        cose.verify_consistency(receipt, forked, after.root, VKEY)


def test_the_receipt_of_consistency_is_signed_as_the_standard_says() -> None:
    scitt_cose.verify_sign1(
        grown(20, 104),
        public_key_pem=PUBLIC,
        detached_payload=TREE.checkpoint(104).root,
        understood_labels=frozenset({1, 2, 4, 15, 395}),
    )
    tag = cbor2.loads(grown(20, 104))
    assert (tag.tag, tag.value[2]) == (18, None)
    old, new, path = cbor2.loads(tag.value[1][396][-2][0])
    assert (old, new, list(path)) == (20, 104, TREE.consistency(20, 104))


@pytest.mark.parametrize(("old", "new"), [(0, 7), (7, 7), (8, 7), (-1, 7)])
def test_a_consistency_that_says_nothing_has_no_receipt(old: int, new: int) -> None:
    with pytest.raises(ValueError, match="no receipt"):
        cose.consistency_receipt(TREE.checkpoint(new), old, [], KEY)


def test_a_receipt_is_for_its_entry_its_log_and_its_kind_only() -> None:
    receipt = included(7, 3)
    with pytest.raises(BadReceipt, match="did not sign"):
        cose.verify_inclusion(receipt, TREE.entries[2], VKEY)
    other = verifier_key(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes([1] * 32)))
    with pytest.raises(BadReceipt, match="not by"):
        cose.verify_inclusion(receipt, TREE.entries[3], other)
    with pytest.raises(BadReceipt, match="not by"):
        cose.verify_inclusion(receipt, TREE.entries[3], verifier_key("other.example", KEY))
    with pytest.raises(BadReceipt, match="no such proof"):
        cose.verify_consistency(receipt, TREE.checkpoint(3), TREE.checkpoint(7).root, VKEY)
    with pytest.raises(BadReceipt, match="Ed25519"):
        cose.verify_inclusion(receipt, b"", verifier_key(ORIGIN, MLDSA44PrivateKey.generate()))


def test_a_receipt_cannot_claim_another_place() -> None:
    """The same path leads from entry 6 of 7, and from entry 3 of 4, to one root."""
    receipt = included(7, 6)
    moved = receipt.replace(
        cbor2.dumps([7, 6, TREE.inclusion(6, 7)]), cbor2.dumps([4, 3, TREE.inclusion(6, 7)])
    )
    assert moved != receipt
    assert accepts(moved, TREE.entries[6]).leaf_index == 3
    with pytest.raises(BadReceipt, match="over 4 entries"):
        cose.verify_inclusion(moved, TREE.entries[6], VKEY)


def test_foreign_code_makes_the_same_receipt() -> None:
    entries = [entry.hex() for entry in TREE.entries[:7]]
    theirs = scitt_cose.build_receipt(
        leaf_entry_hex=entries[3],
        tree_entries_hex=entries,
        leaf_index=3,
        alg="EdDSA",
        log_private_key_pem=PRIVATE,
        iss=ORIGIN,
        sub="7",
        kid=cose.key_id(VKEY),
    )
    ours, theirs = cbor2.loads(included(7, 3)).value, cbor2.loads(theirs).value
    assert cbor2.loads(ours[0]) == cbor2.loads(theirs[0])
    assert ours[1:3] == theirs[1:3]


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(raw: bytes) -> None:
    sign1 = cbor2.dumps(cbor2.CBORTag(18, [raw, {396: {-1: [raw]}}, None, raw]))
    for receipt in (raw, sign1):
        with pytest.raises(BadReceipt):
            cose.verify_inclusion(receipt, b"", VKEY)


cbor_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.binary(max_size=9) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.integers(), inner, max_size=3),
    max_leaves=8,
)


@given(cbor_values, cbor_values)
def test_no_values_break_the_reader(proof: object, header: object) -> None:
    good = cbor2.loads(included(7, 3)).value
    for parts in (
        [good[0], {396: {-1: [cbor2.dumps(proof, canonical=True)]}}, None, good[3]],
        [good[0], {396: {-1: proof}}, None, good[3]],
        [good[0], header, None, good[3]],
        [cbor2.dumps(header, canonical=True), good[1], None, good[3]],
        [good[0], good[1], proof, header],
        header,
    ):
        raw = cbor2.dumps(cbor2.CBORTag(18, parts), canonical=True)
        with pytest.raises(ValueError, match=r".+"):
            cose.verify_inclusion(raw, b"", VKEY)


@pytest.mark.parametrize("raw", [b"", b"\xd2" * 5000, b"\x81" * 9000, b"x" * 20_000, b"\xc0\x01"])
def test_hostile_cbor_is_refused(raw: bytes) -> None:
    with pytest.raises(BadReceipt):
        cose.verify_inclusion(raw, b"", VKEY)


def test_another_spelling_of_a_receipt_is_refused() -> None:
    receipt = included(7, 3)
    with pytest.raises(BadReceipt, match="spelling"):
        cose.verify_inclusion(receipt + b"\x00", TREE.entries[3], VKEY)
    longer = b"\xd8\x12" + receipt[1:]  # tag 18 in two bytes
    with pytest.raises(BadReceipt, match="spelling"):
        cose.verify_inclusion(longer, TREE.entries[3], VKEY)
