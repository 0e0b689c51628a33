"""What a person means who types a code or the number of an entry."""

import re
from dataclasses import dataclass

from ledger import edge_code

_ENTRY = re.compile(r"(?:#|entry\b|기록)\s*#?\s*([0-9][0-9,]{0,11})", re.IGNORECASE)
_LETTERS_ONLY = re.compile(r"[^\W\d_\s-]+")


@dataclass(frozen=True)
class Typed:
    """One of three: an entry's number, a plain edge code, or neither.

    `mistyped` says that it looks like a code whose check symbol does not fit; `doubtful` that it
    is a code only by chance, as one word in thirty-two is.
    """

    entry: int | None = None
    code: str = ""
    mistyped: bool = False
    doubtful: bool = False


def read(text: str) -> Typed:
    """Return what a typed text names, going by its form alone."""
    if numbered := _ENTRY.fullmatch(text.strip()):
        return Typed(entry=int(numbered[1].replace(",", "")))
    try:
        code = edge_code.parse(text)
    except ValueError as error:
        return Typed(mistyped="check symbol" in str(error) and not _is_word(text))
    index = edge_code.entry_index(code)
    if index is not None and not _is_word(text):
        return Typed(entry=index)
    return Typed(code=code, doubtful=_is_word(text))


def _is_word(text: str) -> bool:
    """Codes hold a digit nearly always; eight letters in one piece are rather a word."""
    return _LETTERS_ONLY.fullmatch(text.strip()) is not None
