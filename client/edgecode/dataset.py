"""A data set as its credential names it: one root over the hashes of all of its members. Pure.

What an output was made with is too much to name one by one, so its manifest holds the assertion
`com.edgecode.dataset`: how many members, and the root of a tree over them (RFC 6962, as the log).
A member is a file as it was registered and the credential it was delivered under:

    {"asset":"…","manifest":"urn:c2pa:…","sha256":"…"}

as RFC 8785 writes it. Members are sorted by these bytes, each once. Whoever holds one file and a
proof of a few hashes knows whether it was among a million.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from edgecode.log import canonical, merkle


class Member(NamedTuple):
    """A granted file: its code, the name of its manifest, the SHA-256 it was registered with."""

    asset: str
    manifest: str
    sha256: str

    @property
    def entry(self) -> bytes:
        """The bytes that stand for it in the tree."""
        return canonical.encode(self._asdict())


class Proof(NamedTuple):
    """That a member is in a data set: its place, how many there are, and the hashes on its way."""

    place: int
    size: int
    hashes: Sequence[bytes]


class NotAMember(ValueError):
    """The file is not in this data set, or the proof is of another."""


def ordered(members: Iterable[Member]) -> list[Member]:
    """Return the members as the tree has them."""
    return sorted(set(members), key=lambda member: member.entry)


def root(members: Iterable[Member]) -> str:
    """Return the root over these members, hex."""
    entries = [member.entry for member in ordered(members)]
    return merkle.root_of(merkle.leaf_hashes(entries)).hex()


def prove(members: Iterable[Member], member: Member) -> Proof:
    """Return the proof that `member` is one of `members`. Raises NotAMember."""
    found = ordered(members)
    try:
        place = found.index(member)
    except ValueError:
        raise NotAMember(f"{member.asset} is not in this data set") from None
    return Tree(merkle.leaf_hash(each.entry) for each in found).prove(place)


class Tree:
    """All hashes over members, 64 bytes for each, by which one after the other can be proved."""

    def __init__(self, leaves: Iterable[bytes]) -> None:
        """`leaves` are the hashes of their entries, in the order of the tree."""
        row = list(leaves)
        self.size = len(row)
        self._rows = [b"".join(row)]
        while len(row) > 1:
            pairs = zip(row[::2], row[1::2], strict=False)  # an odd last one is no whole subtree
            row = [merkle.node_hash(left, right) for left, right in pairs]
            self._rows.append(b"".join(row))

    def prove(self, place: int) -> Proof:
        """Return the proof of the member at a place. Raises ValueError where there is none."""
        return Proof(place, self.size, merkle.prove_inclusion(place, self.size, self._node))

    def _node(self, level: int, at: int) -> bytes:
        return self._rows[level][at * merkle.HASH_BYTES : (at + 1) * merkle.HASH_BYTES]


def verify(assertion: Mapping[str, Any], member: Member, proof: Proof) -> None:
    """Return when the proof shows that `member` is in the data set that the assertion
    `com.edgecode.dataset` of a manifest names; raise NotAMember if not."""
    if proof.size != assertion.get("members"):
        raise NotAMember(f"the proof is of {proof.size} members")
    try:
        expected = bytes.fromhex(str(assertion.get("root", "")))
        merkle.verify_inclusion(
            merkle.leaf_hash(member.entry), proof.place, proof.size, proof.hashes, expected
        )
    except ValueError as error:
        raise NotAMember(f"{member.asset}: {error}") from error
