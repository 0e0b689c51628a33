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
    if member not in found:
        raise NotAMember(f"{member.asset} is not in this data set")
    rows = [merkle.leaf_hashes([each.entry for each in found])]
    while len(rows[-1]) > 1:
        row = rows[-1]
        pairs = zip(row[::2], row[1::2], strict=False)  # an odd last one is no complete subtree
        rows.append([merkle.node_hash(left, right) for left, right in pairs])
    place = found.index(member)
    hashes = merkle.prove_inclusion(place, len(found), lambda level, at: rows[level][at])
    return Proof(place, len(found), hashes)


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
