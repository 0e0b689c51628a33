"""The edge code: the short readable number every object carries, like the numbers on film stock.

Seven random symbols and a check symbol in Crockford's base 32 (no I, L, O, U), written in two
groups after `EC`: `EC 7K3F 2Q9D`. An asset appends its number in the title: `EC 7K3F 2Q9D+041`.
Ledger entries use the codes that begin with Z, followed by their index.

The check symbol is a weighted sum over GF(32) with distinct weights, so every single wrong
symbol and every swap of two neighbours is caught.
"""

import re
import secrets
from collections.abc import Iterator

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 8
_VALUE = {symbol: value for value, symbol in enumerate(ALPHABET)}
_LOOKALIKES = str.maketrans({"O": "0", "I": "1", "L": "1"})
_FORM = re.compile(rf"([{ALPHABET}]{{{LENGTH}}})(?:\+(\d{{3,6}}))?")
_ENTRY_MARK = "Z"
_ENTRY_LIMIT = 32 ** (LENGTH - 2)


def new() -> str:
    """Return a random code that is not an entry's; uniqueness is the caller's to ensure.

    It holds a digit, so that nobody takes it for a word.
    """
    while True:
        bits = secrets.randbits(5 * (LENGTH - 1))
        body = "".join([ALPHABET[bits >> 5 * place & 31] for place in range(LENGTH - 1)])
        code = complete(body)
        if not body.startswith(_ENTRY_MARK) and not code.isalpha():
            return code


def complete(body: str) -> str:
    """Return the code whose first seven symbols are `body`."""
    return body + _check_symbol(body)


def for_entry(index: int) -> str:
    """Return the code of the ledger entry at `index` (0 up to 32**6 - 1)."""
    if not 0 <= index < _ENTRY_LIMIT:
        raise ValueError(f"entry index {index} is outside 0..{_ENTRY_LIMIT - 1}")
    digits = ""
    for _ in range(LENGTH - 2):
        index, digit = divmod(index, 32)
        digits = ALPHABET[digit] + digits
    body = _ENTRY_MARK + digits
    return body + _check_symbol(body)


def entry_index(code: str) -> int | None:
    """Return the ledger index a code stands for, or None when it is not an entry's code."""
    if not code.startswith(_ENTRY_MARK):
        return None
    index = 0
    for symbol in code[1 : LENGTH - 1]:
        index = index * 32 + _VALUE[symbol]
    return index


def parse(text: str) -> str:
    """Return the plain code that a person typed, as `7K3F2Q9D` or `7K3F2Q9D+041`.

    Accepts lower case, spaces, hyphens, the `EC` prefix and the look-alikes O, I and L.
    Raises ValueError when it is no code or its check symbol is wrong.
    """
    plain = re.sub(r"[\s-]", "", text.upper())
    if plain.startswith("EC") and len(plain.partition("+")[0]) == LENGTH + 2:
        plain = plain[2:]
    match = _FORM.fullmatch(plain.translate(_LOOKALIKES))
    if match is None:
        raise ValueError("not an edge code: eight letters and digits, such as EC 7K3F 2Q9D")
    code, number = match.groups()
    if _check_symbol(code[:-1]) != code[-1]:
        raise ValueError("the edge code has a typing error: its check symbol does not fit")
    return f"{code}+{number}" if number else code


def display(code: str) -> str:
    """Return the printed form of a plain code: `EC 7K3F 2Q9D+041`."""
    return f"EC {code[:4]} {code[4:]}"


def _check_symbol(body: str) -> str:
    total = 0
    for symbol, weighted in zip(body, _WEIGHTED, strict=True):
        total ^= weighted[symbol]
    return ALPHABET[total]


def _times_two(value: int) -> int:
    """Multiply by x in GF(32) modulo x^5 + x^2 + 1, which is primitive: 31 distinct weights."""
    value <<= 1
    return value ^ 0b100101 if value & 32 else value


def _times(left: int, right: int) -> int:
    product = 0
    while right:
        if right & 1:
            product ^= left
        left, right = _times_two(left), right >> 1
    return product


def _weighted() -> Iterator[dict[str, int]]:
    """Yield for each place of a body what its symbols add to the sum."""
    weight = 1
    for _ in range(LENGTH - 1):
        weight = _times_two(weight)
        yield {symbol: _times(weight, value) for symbol, value in _VALUE.items()}


_WEIGHTED = tuple(_weighted())
