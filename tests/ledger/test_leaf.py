from datetime import UTC, datetime
from typing import Any

import pytest

from edgecode.log.canonical import encode
from edgecode.log.leaf import BadLeaf, Leaf, parse

LEAF = Leaf(
    kind="grant.issued",
    stream="grant:5M8T1X0C",
    stream_version=1,
    actor="organisation:2B7K9Q0M",
    at=datetime(2026, 11, 21, 9, 30, tzinfo=UTC),
    refs={"deal": "deal:7K3F2Q9D@4", "assets": ["asset:7K3F2Q9D+001@1", "asset:7K3F2Q9D+002@1"]},
    data={"exclusivity": "sole"},
    commitments={"scope": "0" * 64},
)
BYTES = (
    b'{"actor":"organisation:2B7K9Q0M","at":"2026-11-21T09:30:00Z",'
    b'"commitments":{"scope":"' + b"0" * 64 + b'"},"data":{"exclusivity":"sole"},'
    b'"kind":"grant.issued",'
    b'"refs":{"assets":["asset:7K3F2Q9D+001@1","asset:7K3F2Q9D+002@1"],"deal":"deal:7K3F2Q9D@4"},'
    b'"stream":"grant:5M8T1X0C","stream_version":1,"v":1}'
)


def test_the_format_is_what_was_promised() -> None:
    assert LEAF.encode() == BYTES
    assert parse(BYTES) == LEAF


def test_empty_parts_are_left_out() -> None:
    leaf = Leaf("title.registered", "title:7K3F2Q9D", 2, "user:1", LEAF.at)
    assert leaf.encode() == (
        b'{"actor":"user:1","at":"2026-11-21T09:30:00Z","kind":"title.registered",'
        b'"stream":"title:7K3F2Q9D","stream_version":2,"v":1}'
    )
    assert parse(leaf.encode()) == leaf


def test_what_an_entry_rests_on() -> None:
    assert sorted(LEAF.rests_on()) == [
        ("asset:7K3F2Q9D+001", 1),
        ("asset:7K3F2Q9D+002", 1),
        ("deal:7K3F2Q9D", 4),
    ]


def changed(**fields: Any) -> bytes:
    value: dict[str, Any] = {
        "actor": "user:1",
        "at": "2026-11-21T09:30:00Z",
        "kind": "title.registered",
        "stream": "title:7K3F2Q9D",
        "stream_version": 1,
        "v": 1,
    } | fields
    return encode({name: content for name, content in value.items() if content != "gone"})


def test_the_unchanged_form_parses() -> None:
    parse(changed())


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"v": 2}, "format 1"),
        ({"v": True}, "format 1"),
        ({"v": "gone"}, "missing or unknown: v"),
        ({"extra": 1}, "missing or unknown: extra"),
        ({"kind": "Title.registered"}, "kind"),
        ({"kind": "title"}, "kind"),
        ({"kind": "title.registered.v1"}, "kind"),
        ({"stream": "title"}, "stream"),
        ({"stream": "title:a b"}, "stream"),
        ({"stream": "title:a@1"}, "stream"),
        ({"actor": "Min-ji Park"}, "actor"),
        ({"stream_version": 0}, "stream_version"),
        ({"stream_version": True}, "stream_version"),
        ({"stream_version": "1"}, "stream_version"),
        ({"at": "2026-11-21T09:30:00+00:00"}, "UTC second"),
        ({"at": "2026-11-21T09:30:00.5Z"}, "UTC second"),
        ({"at": "2026-1-1T9:30:00Z"}, "UTC second"),
        ({"at": "2026-02-30T00:00:00Z"}, "UTC second"),
        ({"at": 5}, "UTC second"),
        ({"refs": {}}, "refs"),
        ({"refs": []}, "refs"),
        ({"refs": {"Deal": "deal:1@1"}}, "lower_case"),
        ({"refs": {"deal": "deal:1"}}, "type:id@version"),
        ({"refs": {"deal": "deal:1@0"}}, "type:id@version"),
        ({"refs": {"deal": 1}}, "type:id@version"),
        ({"refs": {"deal": []}}, "sorted"),
        ({"refs": {"deal": ["deal:2@1", "deal:1@1"]}}, "sorted"),
        ({"refs": {"deal": ["deal:1@1", "deal:1@1"]}}, "sorted"),
        ({"data": {}}, "data"),
        ({"data": 1}, "data"),
        ({"commitments": {"name": "0" * 63}}, "64 lowercase"),
        ({"commitments": {"name": "F" * 64}}, "64 lowercase"),
        ({"commitments": {"name": None}}, "64 lowercase"),
    ],
)
def test_an_entry_that_breaks_a_rule_is_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(BadLeaf, match=message):
        parse(changed(**fields))


@pytest.mark.parametrize("raw", [b"[]", b"1", b"null", b'"x"'])
def test_an_entry_is_an_object(raw: bytes) -> None:
    with pytest.raises(BadLeaf, match="object"):
        parse(raw)
