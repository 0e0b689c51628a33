import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgecode.log.commitments import Opening, commit, opens, pad256, seal, value_text

SALT = bytes(range(32))


def test_the_formula_written_out() -> None:
    message = b'{"price":1200}'
    framed = b"\x00\x00\x00\x0e" + message + bytes(256 - 4 - 14)
    expected = hashlib.sha256(b"\x02" + SALT + framed).hexdigest()
    assert commit(Opening(SALT, {"price": 1200})) == expected


def test_a_known_value_keeps_its_commitment_for_ever() -> None:
    assert (
        commit(Opening(SALT, "Min-ji Park"))
        == "950aec044e18bddf2105d9c601f55f475888b05c82b1f51df6f992e8f6d6e538"
    )


@given(st.binary(max_size=1000))
def test_padding_fills_blocks_and_can_be_undone(message: bytes) -> None:
    padded = pad256(message)
    assert len(padded) % 256 == 0
    assert len(padded) - len(message) - 4 < 256
    length = int.from_bytes(padded[:4], "big")
    assert padded[4 : 4 + length] == message
    assert not any(padded[4 + length :])


def test_a_sealed_value_opens_and_nothing_else_does() -> None:
    commitment, salt, text = seal(value_text({"name": "Min-ji Park"}))
    assert text == b'{"name":"Min-ji Park"}'
    opening = Opening(salt, {"name": "Min-ji Park"})
    assert opens(commitment, opening)
    assert not opens(commitment, Opening(opening.salt, {"name": "Min-ji Pack"}))
    assert not opens(commitment, Opening(SALT, opening.value))
    assert not opens("0" * 64, opening)
    assert not opens(commitment, Opening(opening.salt[:31], opening.value))


def test_the_same_value_never_looks_the_same_twice() -> None:
    assert seal(b'"yes"')[0] != seal(b'"yes"')[0]


def test_a_short_salt_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        commit(Opening(b"short", 1))
