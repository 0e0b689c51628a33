"""One value, one sequence of bytes: the subset of RFC 8785 (JCS) that the ledger writes.

No floats, ASCII keys, integers below 2**53, at most 16 levels and 16 KiB. On this subset the
standard library's encoder with sorted keys is byte for byte JCS, whoever wrote it.
"""

import json
from collections.abc import Mapping, Sequence

type JSON = bool | int | str | Sequence[JSON] | Mapping[str, JSON] | None

BYTES_MAX = 16 * 1024
DEPTH_MAX = 16
# json.dumps would make one for each call.
_ENCODER = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True
)
INTEGER_LIMIT = 2**53


class NotCanonical(ValueError):
    """The value or the bytes are outside the subset; the message says where and why."""


def encode(value: JSON, most: int = BYTES_MAX) -> bytes:
    """Return the canonical UTF-8 bytes of `value`, at `most` so many.

    Takes None, bool, int, str, list, tuple and dict. Raises NotCanonical for anything else,
    naming the place as a path such as `$.refs.title`.
    """
    _check(value, "$", DEPTH_MAX)
    raw = _ENCODER.encode(value).encode()
    if len(raw) > most:
        raise NotCanonical(f"{len(raw)} bytes of canonical JSON; at most {most} are allowed")
    return raw


def decode(raw: bytes, most: int = BYTES_MAX) -> JSON:
    """Return the value whose one canonical encoding is `raw`, of at `most` so many bytes.

    Raises NotCanonical for every other sequence of bytes: spaces, another order of keys, a key
    given twice, floats, escapes that are not needed, too deep, too long.
    """
    if len(raw) > most:
        raise NotCanonical(f"{len(raw)} bytes of canonical JSON; at most {most} are allowed")
    reason = ""
    try:
        value: JSON = json.loads(raw.decode(), parse_float=_no_float, parse_constant=_no_float)
    except NotCanonical:
        raise
    except RecursionError:
        reason = "nested too deep"
    except ValueError as error:
        reason = str(error)
    if reason:
        # By its text only: the error holds all that was read, and with its frames a cycle.
        raise NotCanonical(f"not JSON: {reason}")
    # A key given twice is lost in `value`, so this comparison finds it too.
    if encode(value, most) != raw:
        raise NotCanonical("not the canonical encoding of its value")
    return value


def _no_float(text: str) -> JSON:
    raise NotCanonical(f"{text[:40]} is not an integer: floats have no place in the ledger")


def _check(value: object, place: str, depth: int) -> None:
    match value:
        case None | bool():
            return
        case int():
            if not -INTEGER_LIMIT < value < INTEGER_LIMIT:
                raise NotCanonical(f"{place}: an integer must lie between -2**53 and 2**53")
        case str():
            _check_text(value, place)
        case list() | tuple():
            _check_depth(place, depth)
            for number, item in enumerate(value):
                if not _is_plain(item):
                    _check(item, f"{place}[{number}]", depth - 1)
        case dict():
            _check_depth(place, depth)
            for key, item in value.items():
                if not (isinstance(key, str) and key.isascii()):
                    raise NotCanonical(f"{place}: the key {key!r:.40} is not ASCII text")
                if not _is_plain(item):
                    _check(item, f"{place}.{key}", depth - 1)
        case _:
            kind = type(value).__name__
            raise NotCanonical(f"{place}: {kind} has no canonical form here")


def _is_plain(value: object) -> bool:
    """Return whether a value is ASCII text, as most are: nothing can be wrong with it, so that its
    place need not be named."""
    return type(value) is str and value.isascii()


def _check_text(text: str, place: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise NotCanonical(f"{place}: the text holds half a surrogate pair") from None


def _check_depth(place: str, depth: int) -> None:
    if depth == 0:
        raise NotCanonical(f"{place}: nested more than {DEPTH_MAX} levels deep")
