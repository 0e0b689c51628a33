"""What entries have in common that differ in their values only, and an entry by the two."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from edgecode.log.canonical import JSON
from edgecode.log.leaf import TIME_FORMAT, Leaf, split_ref

# As they stand in the entry: actor, time, the data as JSON if there is any, for each ref code and
# version, or the texts of a list, and last the code and the version of the stream.
type Values = tuple[str, ...]

_decode = json.JSONDecoder().raw_decode  # what was matched needs no look at what comes after it


class Shape:
    """The kind, the types of streams, the number of commitments, and which refs there are: the
    `singles` by role, type and where the code is among the values, with the version after it; the
    `lists` by role and place."""

    __slots__ = ("has_data", "kind", "lists", "sealed", "singles", "subject")

    def __init__(self, leaf: Leaf) -> None:
        self.kind, self.subject = leaf.kind, leaf.subject
        self.sealed = leaf.sealed
        self.has_data = bool(leaf.data)
        self.singles, self.lists = list[tuple[str, str, int]](), list[tuple[str, int]]()
        at = 3 if self.has_data else 2
        for role, target in leaf.refs.items():
            if isinstance(target, str):
                self.singles.append((role, split_ref(target)[0], at))
                at += 2
            else:
                self.lists.append((role, at))
                at += 1


def values_of(leaf: Leaf) -> Values:
    """Return the values of an entry; its data is left empty, for that is there already."""
    values = [leaf.actor, leaf.at.strftime(TIME_FORMAT), *([""] if leaf.data else [])]
    for target in leaf.refs.values():
        if isinstance(target, str):
            values += split_ref(target)[1:]
        else:
            values.append('"' + '","'.join(target) + '"' if target else "")
    return (*values, leaf.code, str(leaf.stream_version))


def targets_of(text: str) -> list[str]:
    """Return the refs of a list, by its text among the values."""
    return text[1:-1].split('","') if text else []


class ShapedLeaf(Leaf):
    """A Leaf by its shape and values. Both and its time are set one by one, which takes a third of
    the time of a frozen one; all else is put together once it is asked for, which is seldom."""

    __slots__ = ("line", "values")

    line: str
    shape: Shape
    values: Values
    __setattr__ = object.__setattr__
    __delattr__ = object.__delattr__

    @property
    def kind(self) -> str:
        """The name of its kind."""
        return self.shape.kind

    @property
    def subject(self) -> str:
        """The type of its stream."""
        return self.shape.subject

    @property
    def code(self) -> str:
        """What names its stream among those of the type."""
        return self.values[-2]

    @property
    def stream(self) -> str:
        """The name of its stream."""
        return f"{self.shape.subject}:{self.values[-2]}"

    @property
    def stream_version(self) -> int:
        """Its number in the stream."""
        return int(self.values[-1])

    @property
    def actor(self) -> str:
        """Who acted."""
        return self.values[0]

    @property
    def sealed(self) -> int:
        """How many commitments it has."""
        return self.shape.sealed

    @property
    def commitments(self) -> Mapping[str, str]:
        """The commitments by their names, out of the line that was matched."""
        found: dict[str, str] = json.loads(self.line)["commitments"] if self.sealed else {}
        return found

    @property
    def data(self) -> Mapping[str, JSON]:
        """The data by their names."""
        found: dict[str, Any] = _decode(self.values[2])[0] if self.shape.has_data else {}
        return found

    @property
    def refs(self) -> Mapping[str, str | Sequence[str]]:
        """The refs by their roles."""
        values, shape = self.values, self.shape
        single = {
            role: f"{subject}:{values[at]}@{values[at + 1]}" for role, subject, at in shape.singles
        }
        return {**single, **{role: targets_of(values[at]) for role, at in shape.lists}}

    def code_of(self, role: str) -> str:
        """Return what the ref of a role, which is no list, names."""
        places = {name: at for name, _, at in self.shape.singles}
        return self.values[places[role]]

    def __eq__(self, other: object) -> bool:
        """Compare with any Leaf."""
        if not isinstance(other, Leaf):
            return NotImplemented
        return all(getattr(self, each.name) == getattr(other, each.name) for each in _COMPARED)

    __hash__ = None  # type: ignore[assignment]


_COMPARED = [each for each in fields(Leaf) if each.compare]
