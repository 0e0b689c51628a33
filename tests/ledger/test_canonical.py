import json

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from edgecode.log.canonical import BYTES_MAX, DEPTH_MAX, JSON, NotCanonical, decode, encode

text = st.text(st.characters(codec="utf-8"), max_size=30)
keys = st.text(st.characters(max_codepoint=127), max_size=12)
integers = st.integers(min_value=-(2**53) + 1, max_value=2**53 - 1)
values = st.recursive(
    st.none() | st.booleans() | integers | text,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(keys, inner, max_size=5),
    max_leaves=20,
)


@given(values)
def test_equals_the_independent_jcs_implementation(value: JSON) -> None:
    assert encode(value) == rfc8785.dumps(value)  # type: ignore[arg-type]


@given(values)
def test_reads_back_what_it_wrote(value: JSON) -> None:
    assert decode(encode(value)) == value


@given(values)
def test_another_spelling_of_the_same_value_is_refused(value: JSON) -> None:
    spaced = json.dumps(value, indent=1).encode()
    if spaced != encode(value):
        with pytest.raises(NotCanonical):
            decode(spaced)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (1.0, r"\$: float"),
        ({"a": [0, 1.5]}, r"\$\.a\[1\]: float"),
        (2**53, "integer"),
        (-(2**53), "integer"),
        ({"é": 1}, "ASCII"),
        ({1: 1}, "ASCII"),
        ({"a": b"x"}, r"\$\.a: bytes"),
        ({"a": {1, 2}}, r"\$\.a: set"),
        ("\ud800", "surrogate"),
        ("x" * BYTES_MAX, "16386 bytes"),
    ],
)
def test_values_outside_the_subset_are_refused(value: JSON, message: str) -> None:
    with pytest.raises(NotCanonical, match=message):
        encode(value)


def nested(levels: int) -> JSON:
    value: JSON = 0
    for _ in range(levels):
        value = [value]
    return value


def test_depth_is_bounded() -> None:
    assert encode(nested(DEPTH_MAX)).startswith(b"[[[")
    with pytest.raises(NotCanonical, match="levels deep"):
        encode(nested(DEPTH_MAX + 1))


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a":1,"a":1}',
        b'{"a":1,"a":2}',
        b'{"b":1,"a":2}',
        b'{ "a":1}',
        b'{"a":1}\n',
        b'"\\u0041"',
        b'"\\/"',
        b'"\\u00e9"',
        b'"\\ud800"',
        b"-0",
        b"1.0",
        b"1e3",
        b"NaN",
        b"Infinity",
        b"9007199254740992",
        b"9" * 5000,
        b"\xff",
        b"",
        b"\xef\xbb\xbf1",
        b"[" * 10_000,
        b"[" * 17 + b"]" * 17,
        b'"' + b"x" * BYTES_MAX + b'"',
    ],
)
def test_bytes_that_are_not_canonical_are_refused(raw: bytes) -> None:
    with pytest.raises(NotCanonical):
        decode(raw)
