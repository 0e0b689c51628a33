"""Small logs to prove things about: the entries of a seed, their tree, and its signed notes."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edgecode.log import merkle, notes
from edgecode.log.checkpoints import Checkpoint
from edgecode.log.keys import VerifierKey, verifier_key
from edgecode.log.tiles import Tile, TileBuilder, node_reader

ORIGIN = "edgecode.example/ledger"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
VKEY: VerifierKey = verifier_key(ORIGIN, KEY)


class Tree:
    """The log of `size` entries that begin with `seed`, so that two seeds are two histories."""

    def __init__(self, size: int, seed: str = "entry", same: int = 0) -> None:
        self.entries = [f"{'entry' if n < same else seed} {n}".encode() for n in range(size)]
        self.size = size

    def builder(self, size: int) -> tuple[TileBuilder, dict[Tile, bytes]]:
        builder = TileBuilder()
        files = dict(builder.add(merkle.leaf_hashes(self.entries[:size])))
        return builder, files | dict(builder.partial_tiles())

    def checkpoint(self, size: int | None = None) -> Checkpoint:
        size = self.size if size is None else size
        return Checkpoint(ORIGIN, size, self.builder(size)[0].root())

    def note(self, size: int | None = None, key: Ed25519PrivateKey = KEY) -> str:
        return notes.sign(self.checkpoint(size).text, ORIGIN, key)

    def inclusion(self, index: int, size: int | None = None) -> list[bytes]:
        size = self.size if size is None else size
        files = self.builder(size)[1]
        return merkle.prove_inclusion(index, size, node_reader(size, files.__getitem__))

    def consistency(self, old: int, new: int | None = None) -> list[bytes]:
        new = self.size if new is None else new
        files = self.builder(new)[1]
        return merkle.prove_consistency(old, new, node_reader(new, files.__getitem__))
