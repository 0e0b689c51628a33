import json
import random
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgecode.audit.entries import Reader
from edgecode.audit.rules import Replay
from edgecode.audit.shapes import ShapedLeaf
from edgecode.log.canonical import JSON
from edgecode.log.leaf import Leaf, parse
from edgecode.log.schema import Kind, Shape
from tests.client.logs import AT, member, members


def slowly(entries: list[bytes]) -> list[object]:
    """What the one strict parser says, errors by their words."""
    said: list[object] = []
    for entry in entries:
        try:
            said.append(parse(entry))
        except ValueError as error:
            said.append(str(error))
    return said


def quickly(entries: list[bytes], reader: Reader | None = None) -> list[object]:
    parsed = (reader or practised()).parse(entries)
    return [str(each) if isinstance(each, ValueError) else each for each in parsed]


def practised() -> Reader:
    """Return a reader that has met the shapes of the usual entries, and of ENTRY, often enough."""
    reader = Reader()
    for _ in range(20):
        list(reader.parse([*USUAL, ENTRY]))
    return reader


USUAL = [
    member(1),
    member(2, data={}),
    member(3, commitments={}),
    member(4, refs={"owner": "organisation:C0000001@1", "parts": ["a:b@1", "a:c@22"]}),
    member(5, data={"n": 0, "m": -5, "t": True, "none": None, "list": ["a", "b", 3], "e": []}),
    member(6, data={"text": "with spaces"}),
]


def test_usual_entries_are_read_as_the_strict_parser_reads_them() -> None:
    assert quickly(USUAL) == slowly(USUAL)
    assert all(isinstance(each, Leaf) for each in quickly(USUAL))


def test_a_reader_without_practice_says_the_same() -> None:
    reader = Reader()
    for _ in range(40):
        assert quickly(USUAL, reader) == slowly(USUAL)


def test_what_comes_often_is_read_the_quick_way() -> None:
    read = list(practised().parse([*USUAL, ENTRY]))
    assert all(isinstance(each, ShapedLeaf) for each in read)


def test_an_entry_that_was_read_quickly_encodes_to_its_bytes() -> None:
    read = list(practised().parse([*USUAL, ENTRY]))
    assert [each.encode() for each in read if isinstance(each, Leaf)] == [*USUAL, ENTRY]


def test_a_reader_remembers_only_what_it_has_checked() -> None:
    reader = practised()
    for odd in ODD:
        entries = [ENTRY, odd, member(7)]
        assert quickly(entries, reader) == slowly(entries)


ENTRY = member(1, refs={"owner": "organisation:C0000001@1"}, data={"a": 0, "b": "x", "c": ["y"]})
ODD = [
    ENTRY.replace(b":0,", b":-0,"),
    ENTRY.replace(b":0,", b":0.0,"),
    ENTRY.replace(b":0,", b":1e5,"),
    ENTRY.replace(b":0,", b":NaN,"),
    ENTRY.replace(b":0,", b":9007199254740992,"),
    ENTRY.replace(b":0,", b":-9007199254740991,"),
    ENTRY.replace(b":0,", b":00,"),
    ENTRY.replace(b":0,", b":{},"),
    ENTRY.replace(b":0,", b':{"b":1},'),
    ENTRY.replace(b":0,", b":[[1]],"),
    ENTRY.replace(b":0,", b":[-0],"),
    ENTRY.replace(b'"a":0,', b'"a":0,"a":0,'),
    ENTRY.replace(b'"a":0,', b'"d":0,'),
    ENTRY.replace(b'"a":0,', b'"A":0,'),
    ENTRY.replace(b'"a":0,', b'"a" :0,'),
    ENTRY.replace(b'"a":0,', b'"a":0,\n'),
    ENTRY.replace(b'"x"', b'"\\u0078"'),
    ENTRY.replace(b'"x"', b'"\\/"'),
    ENTRY.replace(b'"x"', '"é"'.encode()),
    ENTRY.replace(b'"x"', b'"\xff"'),
    ENTRY.replace(b'"x"', b'"\x01"'),
    ENTRY.replace(b'"x"', b'"\x7f"'),
    ENTRY.replace(b'"x"', b'"{}"'),
    ENTRY.replace(b'"x"', b'":"'),
    ENTRY.replace(b'"v":1', b'"v":true'),
    ENTRY.replace(b'"v":1', b'"v":2'),
    ENTRY.replace(b'"v":1', b'"v":1,"w":1'),
    ENTRY.replace(b'"stream_version":1', b'"stream_version":0'),
    ENTRY.replace(b'"stream_version":1', b'"stream_version":true'),
    ENTRY.replace(b"T09:30", b" 09:30"),
    ENTRY.replace(b"T09:30", b"T24:30"),
    ENTRY.replace(b"09:30:01Z", b"09:30:60Z"),
    ENTRY.replace(b"2026-01-05", b"2026-W47-6"),
    ENTRY.replace(b"2026-01-05", b"0026-11-21"),
    ENTRY.replace(b"2026-01-05T09:30:01Z", b"20261121T093001.00Z"),
    ENTRY.replace(b"@1", b"@01"),
    ENTRY.replace(b'"organisation:C0000001@1"', b"[]"),
    ENTRY.replace(b'"organisation:C0000001@1"', b'["b:c@1","a:b@1"]'),
    ENTRY.replace(b'"organisation:C0000001@1"', b'["a:b@1","a:b@1"]'),
    ENTRY.replace(b'"organisation:C0000001@1"', b"5"),
    ENTRY.replace(b'"organisation:C0000001@1"', b"[5]"),
    ENTRY.replace(b'"refs":{"owner":"organisation:C0000001@1"}', b'"refs":{}'),
    ENTRY.replace(b'"refs":{"owner":"organisation:C0000001@1"}', b'"refs":[]'),
    ENTRY.replace(b'"refs":{', b'"refs":{"zz":"a:b@1",'),
    ENTRY.replace(b'"refs":{', b'"refs":{"owner":"a:b@1",'),
    ENTRY.replace(b'"refs":{', b'"refs":{"a":"a:b@1","b":"a:b@1","a":"a:b@1",'),
    ENTRY.replace(b'{"name":', b'{"name":"' + b"0" * 64 + b'","name":'),
    ENTRY.replace(b'{"name":', b'{"zz":"' + b"0" * 64 + b'","name":'),
    ENTRY.replace(b"organisation.registered", b"organisation"),
    ENTRY.replace(b"0000000001", b"000000000G"),
    ENTRY[:-1],
    ENTRY + b"\n",
    b"\n" + ENTRY,
    ENTRY + b"\n" + ENTRY,
    ENTRY.replace(b'"x"', '"\u2028\x85"'.encode()),
    ENTRY.replace(b'"x"', b'"\xed\xa0\x80"'),
    ENTRY + b" ",
    ENTRY + ENTRY,
    b"[" + ENTRY + b"]",
    b"\xef\xbb\xbf" + ENTRY,
    b"",
    b"5",
    b"null",
    b'"text"',
    b"[" * 5000,
    ENTRY.replace(b'"x"', b'"' + b"x" * 20_000 + b'"'),
]


@pytest.mark.parametrize("odd", ODD)
def test_an_odd_entry_is_judged_as_strictly_and_its_neighbours_are_read(odd: bytes) -> None:
    assert odd != ENTRY
    entries = [ENTRY, odd, member(7)]
    assert quickly(entries) == slowly(entries)


def test_entries_that_only_together_make_sense_are_refused() -> None:
    first, second = b'{"a":1},{"b":[{"c":1}', b'{"d":1}]}'
    assert isinstance(json.loads(b"[" + first + b"," + second + b"]"), list)
    assert quickly([first, second]) == slowly([first, second])
    assert quickly([ENTRY + b"\n" + ENTRY, b"{}"]) == slowly([ENTRY + b"\n" + ENTRY, b"{}"])
    cut = len(ENTRY) // 2
    halves = [ENTRY[:cut], ENTRY[cut:]]
    assert quickly(halves) == slowly(halves)


@given(st.randoms(use_true_random=False), st.integers(1, 3))
def test_whatever_happens_to_an_entry_both_say_the_same(rng: random.Random, edits: int) -> None:
    raw = bytearray(ENTRY)
    for _ in range(edits):
        at = rng.randrange(len(raw))
        match rng.randrange(3):
            case 0:
                raw[at] = rng.choice(b'{}[]":,\\ 019-aZ.eE\x00\x1f\x7f\xc3')
            case 1:
                del raw[at]
            case _:
                raw.insert(at, rng.choice(b'{}[]":,\\ 019-aZ'))
    entries = [member(7), bytes(raw)]
    assert quickly(entries) == slowly(entries)


NAMES = st.sampled_from(["a", "b", "kind", "stream", "ab", "A", "é", "a\\", '"', "", "refs"])
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**54), 2**54)
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(st.characters(), max_size=8)
    | st.sampled_from(["organisation:C0000001@1", 'x","kind":"a.b","stream":"', "\u2028", "{}"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=20,
)


@given(
    st.lists(st.dictionaries(NAMES, VALUES, max_size=4), min_size=1, max_size=3),
    st.booleans(),
    st.booleans(),
    st.sampled_from([None, 1]),
)
def test_exactly_the_bytes_that_the_strict_reader_accepts_are_accepted(
    data: list[dict[str, object]], is_sorted: bool, is_ascii: bool, indent: int | None
) -> None:
    entries = []
    for each in data:
        text = json.dumps(
            each,
            ensure_ascii=is_ascii,
            sort_keys=is_sorted,
            separators=(",", ":") if indent is None else None,
        )
        raw = text.encode("utf-8", "surrogatepass")
        entries.append(ENTRY.replace(b'{"a":0,"b":"x","c":["y"]}', raw))
    reader = practised()
    for _ in range(20):  # it may learn the shape of these, too
        assert quickly(entries, reader) == slowly(entries)


def test_a_log_of_many_shapes_does_not_fill_the_memory() -> None:
    reader = Reader()
    for number in range(3000):
        entry = ENTRY.replace(b'"c":', b'"c%d":' % number)
        assert quickly([entry], reader) == slowly([entry])
    assert len(reader._met) < 1000


def test_facts_that_are_long_or_never_come_again_do_not_fill_the_memory() -> None:
    reader = Reader()
    entries = [member(number, data={"a": f"{number}"}) for number in range(1000)]
    entries += [member(number, data={"a": "x" * 10_000 + f"{number}"}) for number in range(300)]
    tracemalloc.start()
    try:
        assert sum(isinstance(leaf, Leaf) for each in entries for leaf in reader.parse([each]))
        assert tracemalloc.get_traced_memory()[0] < 1_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("data", "is_right"),
    [
        ({"count": 7, "name": "b", "of": "y", "list": ["c"]}, True),
        ({"count": True, "name": "b", "of": "y", "list": ["c"]}, False),
        ({"count": 7, "name": "of somebody", "of": "y", "list": ["c"]}, False),
        ({"count": 7, "name": "b", "of": "z", "list": ["c"]}, False),
        ({"count": 7, "name": "b", "of": "y", "list": ["of somebody"]}, False),
        ({"count": 7, "name": "b", "of": "y"}, False),
    ],
)
def test_a_wrong_value_is_found_among_many_entries_that_differ_in_values_only(
    data: dict[str, JSON], *, is_right: bool
) -> None:
    shapes: dict[str, Shape] = {"count": "int", "name": "str", "of": ("x", "y"), "list": "list"}
    name = "organisation.registered"
    kind = Kind(name, 1, "organisation", "", shapes, private=("name",))
    replay, good = Replay(kinds={name: kind}), {"count": 1, "name": "a", "of": "x", "list": ["a"]}
    entries = [member(number, data=good | {"count": number}) for number in range(30)]
    leaves = list(Reader().parse([*entries, member(30, data=data)]))
    found = [replay.entry(at, leaf) for at, leaf in enumerate(leaves) if isinstance(leaf, Leaf)]
    assert not any(found[:-1])
    assert [each.rule for each in found[-1]] == ([] if is_right else ["R1"])


def test_a_time_is_kept_apart_from_one_that_looks_like_it() -> None:
    reader = Reader()
    assert quickly([ENTRY], reader) == [parse(ENTRY)]
    assert next(leaf.at for leaf in reader.parse(members(300)) if isinstance(leaf, Leaf)) == AT
