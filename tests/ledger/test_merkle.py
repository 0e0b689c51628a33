import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgecode.log import merkle

# The eight entries and the roots of their first n, as published with Certificate Transparency.
ENTRIES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def naive_root(entries: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, word for word."""
    if not entries:
        return hashlib.sha256().digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\x00" + entries[0]).digest()
    k = 1
    while k * 2 < len(entries):
        k *= 2
    return hashlib.sha256(b"\x01" + naive_root(entries[:k]) + naive_root(entries[k:])).digest()


def naive_path(m: int, entries: list[bytes]) -> list[bytes]:
    """RFC 6962 section 2.1.1."""
    if len(entries) == 1:
        return []
    k = 1
    while k * 2 < len(entries):
        k *= 2
    if m < k:
        return [*naive_path(m, entries[:k]), naive_root(entries[k:])]
    return [*naive_path(m - k, entries[k:]), naive_root(entries[:k])]


def naive_consistency(m: int, entries: list[bytes], *, known: bool = True) -> list[bytes]:
    """RFC 6962 section 2.1.2."""
    if m == len(entries):
        return [] if known else [naive_root(entries)]
    k = 1
    while k * 2 < len(entries):
        k *= 2
    if m <= k:
        return [*naive_consistency(m, entries[:k], known=known), naive_root(entries[k:])]
    return [*naive_consistency(m - k, entries[k:], known=False), naive_root(entries[:k])]


def entries_of(size: int) -> list[bytes]:
    return [b"entry %d" % number for number in range(size)]


def node_over(entries: list[bytes]) -> merkle.Node:
    def node(level: int, index: int) -> bytes:
        part = entries[index << level : (index + 1) << level]
        assert len(part) == 1 << level, "only complete subtrees may be asked for"
        return naive_root(part)

    return node


@pytest.mark.parametrize("size", range(9))
def test_known_roots(size: int) -> None:
    assert merkle.root_of(merkle.leaf_hashes(ENTRIES[:size])).hex() == ROOTS[size]
    assert merkle.tree_root(size, node_over(ENTRIES)).hex() == ROOTS[size]


@given(st.integers(0, 130))
def test_roots_equal_the_definition(size: int) -> None:
    entries = entries_of(size)
    assert merkle.root_of(merkle.leaf_hashes(entries)) == naive_root(entries)
    assert merkle.tree_root(size, node_over(entries)) == naive_root(entries)


def test_every_inclusion_proof_up_to_33_entries() -> None:
    for size in range(1, 34):
        entries = entries_of(size)
        root = naive_root(entries)
        for index in range(size):
            proof = merkle.prove_inclusion(index, size, node_over(entries))
            assert proof == naive_path(index, entries)
            merkle.verify_inclusion(merkle.leaf_hash(entries[index]), index, size, proof, root)


def test_every_consistency_proof_up_to_33_entries() -> None:
    for new in range(34):
        entries = entries_of(new)
        for old in range(new + 1):
            proof = merkle.prove_consistency(old, new, node_over(entries))
            assert proof == (naive_consistency(old, entries) if old else [])
            merkle.verify_consistency(
                old, new, naive_root(entries[:old]), naive_root(entries), proof
            )


@given(st.data())
def test_a_tampered_inclusion_proof_is_noticed(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 70))
    index = data.draw(st.integers(0, size - 1))
    entries = entries_of(size)
    proof = merkle.prove_inclusion(index, size, node_over(entries))
    leaf, root = merkle.leaf_hash(entries[index]), naive_root(entries)
    place = data.draw(st.integers(0, len(proof) - 1))
    flipped = bytes([proof[place][0] ^ 1]) + proof[place][1:]
    wrong = [
        (leaf, index, [*proof[:place], flipped, *proof[place + 1 :]]),
        (leaf, index, proof[:-1]),
        (leaf, index, [*proof, root]),
        (leaf, (index + 1) % size, proof),
        (leaf, size, proof),
        (merkle.leaf_hash(b"other"), index, proof),
    ]
    for wrong_leaf, wrong_index, wrong_proof in wrong:
        with pytest.raises(merkle.BadProof):
            merkle.verify_inclusion(wrong_leaf, wrong_index, size, wrong_proof, root)


@given(st.data())
def test_a_rewritten_history_is_noticed(data: st.DataObject) -> None:
    new = data.draw(st.integers(2, 70))
    old = data.draw(st.integers(1, new - 1))
    entries = entries_of(new)
    changed = data.draw(st.integers(0, old - 1))
    rewritten = [*entries[:changed], b"rewritten", *entries[changed + 1 :]]
    proof = merkle.prove_consistency(old, new, node_over(rewritten))
    old_root = naive_root(entries[:old])
    for wrong_proof in (proof, proof[:-1], [*proof, old_root], []):
        with pytest.raises(merkle.BadProof):
            merkle.verify_consistency(old, new, old_root, naive_root(rewritten), wrong_proof)


def test_consistency_at_the_ends() -> None:
    root = naive_root(entries_of(5))
    merkle.verify_consistency(0, 5, merkle.EMPTY_ROOT, root, [])
    merkle.verify_consistency(5, 5, root, root, [])
    for old, new, old_root, proof in (
        (0, 5, root, []),
        (5, 5, merkle.EMPTY_ROOT, []),
        (5, 5, root, [root]),
        (6, 5, root, []),
    ):
        with pytest.raises(merkle.BadProof):
            merkle.verify_consistency(old, new, old_root, root, proof)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (5, 5), (-1, 5)])
def test_no_proof_of_an_entry_outside_the_tree(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="not in a tree"):
        merkle.prove_inclusion(index, size, node_over(entries_of(size)))


def test_no_proof_from_a_larger_tree_to_a_smaller() -> None:
    with pytest.raises(ValueError, match="does not contain"):
        merkle.prove_consistency(6, 5, node_over(entries_of(6)))
