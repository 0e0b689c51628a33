"""How entries of one kind are checked, worked out once so that each entry costs little."""

from collections.abc import Mapping
from datetime import datetime

from edgecode.audit.rules import (
    cases,
    catalogue,
    consents,
    credentials,
    deals,
    grants,
    likenesses,
    log,
    opened,
    organisations,
    requests,
    works,
)
from edgecode.audit.rules.step import Following, Founding
from edgecode.log.canonical import JSON
from edgecode.log.leaf import BadLeaf, Leaf
from edgecode.log.schema import TOKEN, TYPES, Kind, base_of, plain

_MODULES = (
    log,
    organisations,
    catalogue,
    works,
    likenesses,
    consents,
    requests,
    deals,
    grants,
    credentials,
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

_KNOWN_MAX = 256
_KNOWN_LENGTH_MAX = 300
_NUMBERS = ("int", "bool")


class Plan:
    """What is to be done with an entry of one kind. Versions of a kind share their handlers."""

    __slots__ = (
        "_data",
        "_known",
        "_shapes",
        "bare_shapes",
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
        self._shapes: set[object] = set()  # of entries that fit but for the values of their data
        self.bare_shapes: set[object] = set()  # the same, where there is no data to look at
        self._known: dict[int, Mapping[str, JSON]] = {}  # facts that fit, by their id
        self._data = {plain(name): shape for name, shape in kind.data.items()} if kind else {}

    def fits(self, leaf: Leaf) -> bool:
        """Return whether the entry carries what its kind declares. What entries of one shape have
        in common, all but the values of their data, is looked at once."""
        if leaf.shape in self._shapes and (
            # The reader gives one object for facts that come again; a look at it is enough.
            self._known.get(id(leaf.data)) is leaf.data or self._values_fit(leaf.data)
        ):
            return True
        if self.kind is None:
            return False
        try:
            self.kind.check_leaf(leaf)
        except BadLeaf:
            return False
        if leaf.shape is not None:
            (self._shapes if leaf.data else self.bare_shapes).add(leaf.shape)
            if len(str(leaf.data)) <= _KNOWN_LENGTH_MAX:  # lists may be long
                self._remember(leaf.data)
        return True

    def _values_fit(self, data: Mapping[str, JSON]) -> bool:
        """Return whether these values surely are of the declared types. False is a maybe, where
        one is no text and no number."""
        for name, value in data.items():
            shape = self._data[name]
            if not isinstance(shape, str):
                if value not in shape:
                    return False
            elif isinstance(value, str):
                if shape != "str" or not TOKEN.fullmatch(value):
                    return False
            elif shape not in _NUMBERS or type(value) is not TYPES[shape]:
                return False
        self._remember(data)
        return True

    def _remember(self, data: Mapping[str, JSON]) -> None:
        if len(self._known) >= _KNOWN_MAX:
            self._known.clear()
        self._known[id(data)] = data
