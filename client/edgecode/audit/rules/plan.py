"""How entries of one kind are checked, worked out once so that each entry costs little."""

from collections.abc import Mapping
from datetime import datetime

from edgecode.audit.rules import (
    amendments,
    cases,
    catalogue,
    certificates,
    consents,
    credentials,
    deals,
    duties,
    grants,
    kinds,
    likenesses,
    log,
    opened,
    organisations,
    outputs,
    requests,
    tracking,
    works,
)
from edgecode.audit.rules.step import Following, Founding
from edgecode.audit.rules.things import Thing
from edgecode.audit.shapes import Shape
from edgecode.log.canonical import JSON
from edgecode.log.schema import TOKEN, TYPES, Kind, base_of, plain

_MODULES = (
    kinds,
    log,
    organisations,
    catalogue,
    works,
    likenesses,
    consents,
    requests,
    deals,
    grants,
    amendments,
    credentials,
    certificates,
    tracking,
    outputs,
    duties,
    cases,
)
RULES = tuple(
    sorted(
        (rule for module in (*_MODULES, opened) for rule in module.RULES),
        key=lambda rule: int(rule.id[1:]),
    )
)
FOUNDING: Mapping[str, Founding] = {k: v for module in _MODULES for k, v in module.FOUNDING.items()}
FOLLOWING: Mapping[str, Following] = {
    k: v for module in _MODULES for k, v in module.FOLLOWING.items()
}

_KNOWN_MAX = 256  # of the facts of one shape; those that never come again are no use
_KNOWN_LENGTH_MAX = 200
_NUMBERS = ("int", "bool")


class Plan:
    """What is to be done with an entry of one kind. Versions of a kind share their handlers."""

    __slots__ = (
        "base",
        "by_house",
        "following",
        "founding",
        "kind",
        "name",
        "names",
        "until",
        "who",
    )

    def __init__(self, name: str, kind: Kind | None) -> None:
        """`kind` None: it is not declared anywhere, and no entry fits it."""
        self.base = base = base_of(name)
        self.name, self.kind = name, kind
        self.founding = FOUNDING.get(base)
        self.following = FOLLOWING.get(base)
        self.who = organisations.WHO.get(base)
        self.by_house = base not in organisations.NOT_THE_HOUSE
        self.names = organisations.house_names(base)
        self.until: datetime | None = None  # when a newer version took its place


class Route:
    """What is to be done with an entry of one shape, with the things that its stream and its refs
    are among. `is_known` once an entry of the shape carried what its kind declares: then all do,
    but for the values of their data; `facts` are data that fit, by their text."""

    __slots__ = (
        "_forms",
        "facts",
        "has_data",
        "is_known",
        "lists",
        "own",
        "plan",
        "refs",
        "sealed",
    )

    def __init__(self, shape: Shape, plan: Plan, things: Mapping[str, dict[str, Thing]]) -> None:
        self.plan, self.sealed, self.has_data = plan, shape.sealed, shape.has_data
        self.own = things[shape.subject]
        self.refs = [(role, things[subject], at) for role, subject, at in shape.singles]
        self.lists = shape.lists
        self.is_known = False
        self.facts: dict[str, Mapping[str, JSON]] = {}
        kind = plan.kind
        self._forms = {plain(name): form for name, form in kind.data.items()} if kind else {}

    def has_only(self, data: Mapping[str, JSON]) -> bool:
        """Return whether these values surely are of the declared types. False is a maybe, where
        one is no text and no number."""
        for name, value in data.items():
            form = self._forms[name]
            if not isinstance(form, str):
                if value not in form:
                    return False
            elif isinstance(value, str):
                if form != "str" or not TOKEN.fullmatch(value):
                    return False
            elif form not in _NUMBERS or type(value) is not TYPES[form]:
                return False
        return True

    def remember(self, text: str, data: Mapping[str, JSON]) -> None:
        """Take up data that fits."""
        if len(text) <= _KNOWN_LENGTH_MAX:  # lists may be long
            if len(self.facts) >= _KNOWN_MAX:
                self.facts.clear()
            self.facts[text] = data
