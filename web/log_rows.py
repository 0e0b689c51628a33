"""Entries of the public log as a page shows them: in words, with what a reader may open."""

import re
from dataclasses import dataclass

from accounts.access import Actor
from edgecode.log.leaf import Leaf
from web import logbook
from web.history import entry_address
from web.log_words import Text, field_name, story_of, subject_of
from web.logbook import Line
from web.objects import find_object
from web.reasons import event_of

_CODE = re.compile(r"[0-9A-HJKMNP-TV-Z]{8}(?:\+[0-9]{3,6})?")


@dataclass(frozen=True)
class Who:
    """Who did something: a code for everybody, the name only for the reader's own house.
    No code: the installation itself."""

    code: str
    name: str = ""
    is_edge_code: bool = True


@dataclass(frozen=True)
class Thing:
    """What an entry is about: its type in words and its code or plain id."""

    what: Text
    code: str
    is_edge_code: bool
    href: str = ""


@dataclass(frozen=True)
class Row:
    """One line of the log as a page shows it."""

    index: int
    event: Text
    story: Text
    thing: Thing
    who: Who
    leaf: Leaf

    @property
    def href(self) -> str:
        return entry_address(self.index)


@dataclass(frozen=True)
class Ref:
    """What an entry rests on: the role, the thing, the entry that was its newest then."""

    role: Text
    thing: Thing
    version: int
    index: int | None

    @property
    def href(self) -> str:
        return entry_address(self.index)


def row(actor: Actor, line: Line, *, link: bool = False) -> Row:
    """Return a line in words; `link` also looks for the page of the thing, one query."""
    leaf = line.leaf
    thing = _thing(leaf.stream, _own_page(actor, leaf.stream) if link else "")
    who = _who(actor, leaf.actor)
    return Row(line.index, event_of(leaf.kind), story_of(leaf.kind), thing, who, leaf)


def refs(leaf: Leaf) -> list[Ref]:
    """Return what an entry rests on, each with its exact entry. One query."""
    at = logbook.places(leaf.rests_on())
    found = []
    for role, target in leaf.refs.items():
        for ref in [target] if isinstance(target, str) else target:
            stream, _, version = ref.rpartition("@")
            number = int(version)
            place = at.get((stream, number))
            found.append(Ref(field_name(role), _thing(stream), number, place))
    return found


def _own_page(actor: Actor, stream: str) -> str:
    kind, _, code = stream.partition(":")
    found = find_object(actor, kind, code)
    return found[1] if found else ""


def _thing(stream: str, href: str = "") -> Thing:
    code = stream.partition(":")[2]
    return Thing(subject_of(stream), code, _CODE.fullmatch(code) is not None, href)


def _who(actor: Actor, name: str) -> Who:
    kind, _, code = name.partition(":")
    if kind == "system":
        return Who("")
    own = actor.organisation
    house = own.name if own is not None and own.stream == name else ""
    return Who(code, house, _CODE.fullmatch(code) is not None)
