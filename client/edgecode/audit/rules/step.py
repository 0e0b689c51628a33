"""One entry on its way through the rules."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from edgecode.audit.rules.finding import Rule, Violation, one_line
from edgecode.audit.rules.things import Lost, Organisation, Thing
from edgecode.audit.rules.world import World
from edgecode.log.canonical import JSON
from edgecode.log.leaf import Leaf

REF_TYPE = Rule("R5", "A reference leads to an object of the type that its role names.")


class Step:
    """The entry at hand, with what its actor and its refs stand for. One object serves for all
    entries of a replay; handlers keep none of it but the things."""

    __slots__ = (
        "actor",
        "at",
        "data",
        "found",
        "index",
        "is_system",
        "leaf",
        "lists",
        "place",
        "refs",
        "world",
    )

    index: int  # in its log
    place: int  # in the history, which may be of several logs
    leaf: Leaf
    at: datetime  # the leaf's, as is the data
    data: Mapping[str, JSON]
    actor: Organisation | None  # None: the house itself, or not known (which is reported)
    is_system: bool
    refs: dict[str, Thing]
    lists: dict[str, list[Thing]]

    def __init__(self, world: World) -> None:
        self.world = world
        self.found: list[Violation] = []
        self.refs, self.lists = {}, {}
        self.actor, self.is_system = None, False

    def report(self, rule: Rule, message: str, *others: Thing | int | None) -> None:
        """Note a violation shown by this entry and these others: the newest of a thing, or one
        by its place. Those of an earlier log have no index in this one, and are left out."""
        # What this very entry founds has no place yet, and needs none.
        known = [each for each in others if not isinstance(each, Thing) or hasattr(each, "last")]
        places = [each.last if isinstance(each, Thing) else each for each in known if each]
        shown = {place - self.world.begins for place in places} - {self.index}
        indices = (*sorted(index for index in shown if index >= 0), self.index)
        line = one_line(f"{self.leaf.stream}: {message}")
        self.found.append(Violation(rule.id, indices, line))

    def need[T: Thing](self, role: str, cls: type[T]) -> T | None:
        """Return what the ref of this role leads to. None when it is not there or of another
        type; either is reported already, here or where refs are resolved."""
        thing = self.refs.get(role)
        if isinstance(thing, cls):
            return thing
        if thing is not None and not isinstance(thing, Lost):
            self.report(REF_TYPE, f"refs.{role} leads to {self.leaf.refs[role]}", thing)
        elif role in self.lists:
            self.report(REF_TYPE, f"refs.{role} is a list")
        return None

    def need_list[T: Thing](self, role: str, cls: type[T]) -> list[T]:
        """Return what the refs of this role lead to; one of another type is reported, and left
        out. What is not there is reported where refs are resolved."""
        found = []
        if role in self.refs:
            self.report(REF_TYPE, f"refs.{role} is not a list", self.refs[role])
        for thing in self.lists.get(role, ()):
            if isinstance(thing, cls):
                found.append(thing)
            elif not isinstance(thing, Lost):
                self.report(REF_TYPE, f"refs.{role} leads to another type of object", thing)
        return found


# A handler of entries that found a stream returns the thing that it stands for from now on.
type Founding = Callable[[Step], Thing]
# A handler of later entries gets that thing, which is of the class it is listed with.
type Following = tuple[type[Thing], Callable[[Step, Any], None]]
