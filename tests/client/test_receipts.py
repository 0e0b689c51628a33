"""Receipts as text (tlog-proof): any reads back, none is read otherwise."""

from collections.abc import Sequence

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from edgecode.log import notes
from edgecode.log.cosignatures import cosign
from edgecode.log.keys import BadNote, cosigner_key, to_base64
from edgecode.log.notes import Receipt
from edgecode.log.policy import LogKey, Policy, WitnessKey
from tests.client.trees import ORIGIN, VKEY, Tree

TREE = Tree(300)
WITNESS = Ed25519PrivateKey.from_private_bytes(bytes([9] * 32))
hashes = st.lists(st.binary(min_size=32, max_size=32), max_size=63)


@given(st.integers(0, 2**63 - 1), hashes, st.none() | st.binary())
def test_any_receipt_reads_back(index: int, proof: Sequence[bytes], extra: bytes | None) -> None:
    receipt = Receipt(index, tuple(proof), TREE.note())
    assert notes.parse_receipt(str(receipt)) == receipt
    if extra:
        with_extra = str(receipt).replace("@v1\n", f"@v1\nextra {to_base64(extra)}\n", 1)
        assert notes.parse_receipt(with_extra) == receipt


@given(st.text(st.characters(codec="utf-8")), st.text(max_size=40))
def test_no_text_breaks_the_reader(text: str, line: str) -> None:
    head = "c2sp.org/tlog-proof@v1\n"
    for receipt in (text, head + text, f"{head}index 0\n{line}\n\n{TREE.note()}x"):
        with pytest.raises(ValueError, match=r".+"):
            notes.verify_receipt(receipt, b"", VKEY)


def test_a_receipt_carries_the_cosignatures_of_its_checkpoint() -> None:
    line = cosign(TREE.checkpoint().text, "w.example", WITNESS, 1_795_000_000)
    text = str(Receipt(299, tuple(TREE.inclusion(299)), TREE.note() + line))
    assert notes.verify_receipt(text, TREE.entries[299], VKEY) == (299, TREE.checkpoint())
    witness = WitnessKey("w", cosigner_key("w.example", WITNESS))
    policy = Policy((LogKey(VKEY),), (witness,), (), "w")
    receipt = notes.parse_receipt(text)
    standing = policy.check(receipt.checkpoint)
    assert standing.is_witnessed
    notes.check_inclusion(receipt, TREE.entries[299], standing.checkpoint)
    with pytest.raises(ValueError, match="another root"):
        notes.check_inclusion(receipt, TREE.entries[298], standing.checkpoint)


@pytest.mark.parametrize("number", ["", "-1", "+1", "01", " 1", "1 ", "1.0", "१", str(2**63)])
def test_an_index_is_a_decimal_number(number: str) -> None:
    text = str(Receipt(5, tuple(TREE.inclusion(5)), TREE.note()))
    with pytest.raises(BadNote):
        notes.parse_receipt(text.replace("index 5", f"index {number}"))


def test_the_checkpoint_in_a_receipt_is_verbatim() -> None:
    text = str(Receipt(5, tuple(TREE.inclusion(5)), TREE.note()))
    assert text.endswith(f"\n\n{TREE.note()}")
    assert notes.parse_receipt(text).checkpoint.startswith(f"{ORIGIN}\n300\n")
