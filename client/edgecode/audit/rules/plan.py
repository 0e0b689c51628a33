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
from edgecode.log.leaf import Leaf
from edgecode.log.schema import TOKEN, Kind, base_of, plain

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

_KNOWN_MAX = 1000


class Plan:
    """What is to be done with an entry of one kind. Versions of a kind share their handlers."""

    __slots__ = (
        "_is_simple",
        "_known",
        "_many",
        "_names",
        "_prefix",
        "_private",
        "_roles",
        "_roles_at_most",
        "_shapes",
        "_texts",
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
        self._shapes: set[object] = set()  # of entries whose names fit
        self.bare_shapes: set[object] = set()  # the same, where there is no data to look at
        self._known: dict[int, Mapping[str, JSON]] = {}  # facts that fit, by their id
        self._is_simple = kind is not None and _is_simple(kind)
        if kind is not None:
            self._prepare(kind)

    def _prepare(self, kind: Kind) -> None:
        self._prefix = f"{kind.subject}:"
        # In the order in which canonical JSON writes names.
        self._roles = tuple(sorted(role for role in kind.refs if role[-1] != "*"))
        self._roles_at_most = tuple(sorted(map(plain, kind.refs)))
        self._many = frozenset(self._roles_at_most).difference(self._roles)
        self._private = tuple(sorted(kind.private))
        self._names = tuple(sorted(kind.data))
        self._texts = [
            (name, None if isinstance(shape, str) else frozenset(shape))
            for name, shape in kind.data.items()
        ]

    def fits(self, leaf: Leaf) -> bool:
        """Return whether the entry surely carries what its kind declares, but for lists among its
        refs. False is a maybe: `Kind.check_leaf` tells, and says what is wrong."""
        if leaf.shape not in self._shapes:
            if not self._names_fit(leaf):
                return False
            if leaf.shape is not None:
                (self._shapes if self._texts else self.bare_shapes).add(leaf.shape)
        if not self._texts:
            return True
        # The reader gives one object for facts that come again; a look at it is enough.
        return self._known.get(id(leaf.data)) is leaf.data or self._texts_fit(leaf.data)

    def _names_fit(self, leaf: Leaf) -> bool:
        """Judge what entries of one shape have in common: all but the values of data."""
        return (
            self._is_simple
            and tuple(leaf.commitments) == self._private
            and tuple(leaf.data) == self._names
            and tuple(leaf.refs) in {self._roles, self._roles_at_most}
            and leaf.stream.startswith(self._prefix)
            and not any(isinstance(leaf.refs.get(role), str) for role in self._many)
        )

    def _texts_fit(self, data: Mapping[str, JSON]) -> bool:
        for name, allowed in self._texts:
            value = data[name]
            if not isinstance(value, str):
                return False
            if not TOKEN.fullmatch(value) if allowed is None else value not in allowed:
                return False
        if len(self._known) >= _KNOWN_MAX:
            self._known.clear()
        self._known[id(data)] = data
        return True

    def may_list(self, role: str) -> bool:
        """Return whether the ref of this role takes a list."""
        return self.kind is not None and role in self._many


def _is_simple(kind: Kind) -> bool:
    """Return whether `fits` can judge: one subject, texts only, nothing that may be left out."""
    names = (*kind.data, *kind.refs, *kind.private)
    texts = all(not isinstance(shape, str) or shape == "str" for shape in kind.data.values())
    return kind.subject != "*" and texts and not any(name.endswith("?") for name in names)
