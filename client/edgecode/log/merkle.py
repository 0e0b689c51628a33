"""The tree of RFC 6962 section 2.1 (RFC 9162 is the same): hashes, proofs, their verification.

leaf = SHA-256(0x00 || entry), node = SHA-256(0x01 || left || right), empty tree = SHA-256("").
A proof is a list of 32-byte hashes. Where a proof is made, `node(level, index)` returns the hash
of the complete subtree over the leaves [index * 2**level, (index + 1) * 2**level).
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence

type Node = Callable[[int, int], bytes]

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()
_sha = hashlib.sha256


class BadProof(ValueError):
    """A proof has the wrong length or leads to another root."""


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of one entry as a leaf."""
    return _sha(b"\x00" + entry).digest()


def leaf_hashes(entries: Sequence[bytes]) -> list[bytes]:
    """Return the leaf hashes of many entries."""
    return [_sha(b"\x00" + entry).digest() for entry in entries]


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of the node over two subtrees."""
    return _sha(b"\x01%b%b" % (left, right)).digest()


def root_of(hashes: Sequence[bytes]) -> bytes:
    """Return the root over `hashes`, taken as leaf hashes or as equal complete subtrees.

    The last one may be the root of a smaller subtree: a tree grows to the right, so an odd hash
    at the end of a row moves up unchanged.
    """
    if not hashes:
        return EMPTY_ROOT
    row = list(hashes)
    while len(row) > 1:
        pairs = iter(row)  # taken twice at a time; an odd last one is left over
        halves = zip(pairs, pairs, strict=False)
        paired = [_sha(b"\x01" + left + right).digest() for left, right in halves]
        if len(row) % 2:
            paired.append(row[-1])
        row = paired
    return row[0]


def range_root(start: int, end: int, node: Node) -> bytes:
    """Return the hash of the subtree over leaves [start, end), where `start` is a multiple of the
    smallest power of two that is at least `end - start`."""
    parts = []
    while start < end:
        level = (end - start).bit_length() - 1
        parts.append(node(level, start >> level))
        start += 1 << level
    root = parts.pop()
    while parts:
        root = node_hash(parts.pop(), root)
    return root


def tree_root(size: int, node: Node) -> bytes:
    """Return the root of the tree over the first `size` leaves."""
    return range_root(0, size, node) if size else EMPTY_ROOT


def prove_inclusion(index: int, size: int, node: Node) -> list[bytes]:
    """Return the proof that leaf `index` is in the tree of `size` leaves.

    Raises ValueError when there is no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError(f"entry {index} is not in a tree of {size} entries")
    return _path(index, size, node)


def prove_consistency(old: int, new: int, node: Node) -> list[bytes]:
    """Return the proof that the tree of `new` leaves begins with the tree of `old` leaves.

    Raises ValueError unless 0 <= old <= new. The proof from the empty tree is empty.
    """
    if not 0 <= old <= new:
        raise ValueError(f"a tree of {new} entries does not contain one of {old}")
    if old in {0, new}:
        return []
    # The largest complete subtree that ends where the old tree ends: a whole node of both trees.
    level = (old & -old).bit_length() - 1
    path = _path(old - 1, new, node, level)
    if old == 1 << level:
        return path  # that node is the old tree itself: the verifier knows its root
    return [node(level, (old >> level) - 1), *path]


def root_from_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes:
    """Return the root that `proof` leads to from the leaf hash. Raises BadProof when the proof
    cannot belong to that index and size."""
    if not 0 <= index < size:
        raise BadProof(f"entry {index} is not in a tree of {size} entries")
    root = leaf
    for sibling, on_the_left in _turns(index, size - 1, proof):
        root = node_hash(sibling, root) if on_the_left else node_hash(root, sibling)
    return root


def verify_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> None:
    """Return when the proof shows the leaf hash at `index` under `root`; raise BadProof if not."""
    if root_from_inclusion(leaf, index, size, proof) != root:
        raise BadProof("the proof leads to another root")


def verify_consistency(
    old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Return when the proof shows that the new tree begins with the old one; raise BadProof if
    not (RFC 9162 section 2.1.4.2)."""
    if not 0 <= old <= new:
        raise BadProof(f"a tree of {new} entries does not contain one of {old}")
    if old in {0, new}:
        if proof or old_root != (EMPTY_ROOT if old == 0 else new_root):
            raise BadProof("the trees differ")
        return
    whole = [old_root] if old & (old - 1) == 0 else []
    if _roots_from_consistency(old, new, [*whole, *proof]) != (old_root, new_root):
        raise BadProof("the proof leads to other roots: one of the trees was changed")


def shown_root(old: int, new: int, new_root: bytes, proof: Sequence[bytes]) -> bytes | None:
    """Return the root of the first `old` entries of the tree of `new`, as the proof shows it: no
    other proof leads to `new_root`. None where a proof does not say it (`old` a power of two: the
    verifier is to know it) or leads elsewhere."""
    if not 0 < old < new or old & (old - 1) == 0:
        return None
    try:
        shown, root = _roots_from_consistency(old, new, proof)
    except BadProof:
        return None
    return shown if root == new_root else None


def _roots_from_consistency(old: int, new: int, hashes: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Return the roots of both trees that a proof leads to, from its first hash on."""
    if not hashes:
        raise BadProof("the proof is too short")
    position, last = old - 1, new - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    seen_old = seen_new = hashes[0]
    for sibling, on_the_left in _turns(position, last, hashes[1:]):
        if on_the_left:
            seen_old, seen_new = node_hash(sibling, seen_old), node_hash(sibling, seen_new)
        else:
            seen_new = node_hash(seen_new, sibling)
    return seen_old, seen_new


def _turns(position: int, last: int, proof: Sequence[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Yield each sibling on the way from node `position` of a row that ends at `last` up to the
    root, and whether it stands on the left."""
    for sibling in proof:
        if last == 0:
            raise BadProof("the proof is too long")
        on_the_left = bool(position & 1) or position == last
        yield sibling, on_the_left
        if on_the_left:
            # The right edge moves up unpaired until it is a right child.
            while position and not position & 1:
                position, last = position >> 1, last >> 1
        position, last = position >> 1, last >> 1
    if last:
        raise BadProof("the proof is too short")


def _path(index: int, size: int, node: Node, level: int = 0) -> list[bytes]:
    """Return the siblings from the complete subtree of height `level` over leaf `index` up to the
    root of the tree of `size` leaves."""
    siblings = []
    start, end = 0, size
    while end - start > 1 << level:
        middle = start + (1 << (end - start - 1).bit_length() - 1)
        if index < middle:
            siblings.append(range_root(middle, end, node))
            end = middle
        else:
            siblings.append(range_root(start, middle, node))
            start = middle
    return siblings[::-1]
