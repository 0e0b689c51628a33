"""What a log says of itself (C2SP tlog-checkpoint): its name, its size, the root of its tree."""

import re
from dataclasses import dataclass

from edgecode.log import merkle
from edgecode.log.keys import BadNote, from_base64, to_base64

SIZE_MAX = 2**63 - 1
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The signed size and root (32 bytes) of the log named `origin`."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The note text: three lines."""
        return f"{self.origin}\n{self.size}\n{to_base64(self.root)}\n"


def parse_checkpoint(text: str) -> Checkpoint:
    """Return the checkpoint that a note's text holds; lines after the third must not be empty
    and are ignored."""
    lines = text.split("\n")
    if len(lines) < 4 or lines.pop() or not all(lines):
        raise BadNote("not a checkpoint: expected origin, size and root, a line each")
    size = parse_number(lines[1], "the size of the checkpoint")
    return Checkpoint(lines[0], size, parse_hash(lines[2], "the root"))


def parse_number(text: str, what: str) -> int:
    """Return the number that decimal `text` spells, 0 to 2**63 - 1; BadNote names `what`."""
    if not _NUMBER.fullmatch(text) or int(text) > SIZE_MAX:
        raise BadNote(f"{what} must be a decimal number without leading zeros")
    return int(text)


def parse_hash(text: str, what: str) -> bytes:
    """Return the 32 bytes that base64 `text` spells; BadNote names `what`."""
    raw = from_base64(text, what)
    if len(raw) != merkle.HASH_BYTES:
        raise BadNote(f"{what} is not a hash of {merkle.HASH_BYTES} bytes")
    return raw
