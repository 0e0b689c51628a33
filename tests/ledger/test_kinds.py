from enum import StrEnum
from typing import Any

import pytest

from edgecode.log.leaf import BadLeaf
from ledger import kinds


class Size(StrEnum):
    SMALL = "small"
    LARGE = "large"


KIND = kinds.register(
    "widget.made",
    subject="widget",
    meaning="A widget exists.",
    data={"size": Size, "count": int, "code": str, "live?": bool, "scope?": dict, "uses?": list},
    refs=("maker", "parts*", "cause?"),
    private=("name", "note?"),
)
GOOD: dict[str, dict[str, Any]] = {
    "refs": {"maker": "organisation:1"},
    "data": {"size": "small", "count": 2, "code": "7K3F2Q9D"},
    "private": {"name": "A widget"},
}


def check(stream: str = "widget:1", **changes: dict[str, Any]) -> None:
    parts = {part: GOOD[part] | changes.get(part, {}) for part in GOOD}
    without = {
        part: {name: value for name, value in content.items() if value != "gone"}
        for part, content in parts.items()
    }
    KIND.check(stream, **without)


def test_an_event_may_carry_what_its_kind_declares() -> None:
    check()
    check(refs={"parts": ["part:1", "part:2"], "cause": "widget:2"})
    check(
        data={"size": Size.LARGE, "live": True, "scope": {"a": ["KR"]}, "uses": ["train.pretrain"]}
    )
    check(private={"note": "words, with spaces"})


@pytest.mark.parametrize(
    ("part", "change", "message"),
    [
        ("refs", {"maker": "gone"}, "refs lacks maker"),
        ("refs", {"owner": "organisation:1"}, "refs has no owner"),
        ("refs", {"maker": ["organisation:1"]}, "must be one stream"),
        ("refs", {"parts": "part:1"}, "must be a list"),
        ("data", {"size": "gone"}, "data lacks size"),
        ("data", {"colour": "red"}, "data has no colour"),
        ("data", {"size": "medium"}, "one of small, large"),
        ("data", {"count": "2"}, "must be int"),
        ("data", {"count": True}, "must be int"),
        ("data", {"live": 1}, "must be bool"),
        ("data", {"code": "Min-ji Park"}, "without spaces or @"),
        ("data", {"code": "minji@example.com"}, "without spaces or @"),
        ("data", {"code": "박민지"}, "without spaces or @"),
        ("data", {"uses": ["a b"]}, r"data\.uses\[0\] is public"),
        ("data", {"scope": {"a": {"b": "c d"}}}, r"data\.scope\.a\.b is public"),
        ("data", {"scope": {"Min-ji Park": 1}}, "is public"),
        ("private", {"name": "gone"}, "private lacks name"),
        ("private", {"price": 1}, "private has no price"),
    ],
)
def test_anything_else_is_refused(part: str, change: dict[str, Any], message: str) -> None:
    with pytest.raises(BadLeaf, match=message):
        check(**{part: change})


def test_an_event_belongs_in_a_stream_of_its_subject() -> None:
    with pytest.raises(BadLeaf, match="belongs in a widget stream"):
        check(stream="gadget:1")


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(BadLeaf, match="not registered"):
        kinds.get("widget.lost")


def test_a_kind_is_registered_once() -> None:
    again = kinds.register("gadget.made", subject="gadget", meaning="It exists.")
    assert kinds.register("gadget.made", subject="gadget", meaning="It exists.") is again
    with pytest.raises(ValueError, match="twice"):
        kinds.register("gadget.made", subject="gadget", meaning="Something else.")


def test_a_later_version_has_a_name_of_its_own() -> None:
    kind = kinds.register("widget.made", version=2, subject="widget", meaning="A widget exists.")
    assert kind.name == "widget.made.v2"
    assert kinds.get("widget.made") is KIND
    assert kind in kinds.registered()


@pytest.mark.parametrize(
    ("name", "declared", "message"),
    [
        ("widget", {}, "noun.verb_past"),
        ("widget.lost", {"data": {"Size": int}}, "lower_case"),
        ("widget.lost", {"data": {"size": float}}, "cannot be of float"),
        ("widget.lost", {"private": ["a name"]}, "lower_case"),
    ],
)
def test_a_bad_declaration_fails_at_start(
    name: str, declared: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        kinds.register(name, subject="widget", meaning="Never.", **declared)


def test_every_registered_kind_says_what_it_means() -> None:
    assert all(kind.meaning.endswith(".") for kind in kinds.registered())
