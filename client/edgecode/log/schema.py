"""What an entry of each kind must carry: declared by the house, checked by house and auditor alike.

The house declares its kinds in code (`ledger.kinds`); the auditor reads the same declarations
from a kinds document, which `bin/kinds` writes from that code and the log itself can name.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from edgecode.log.canonical import JSON
from edgecode.log.leaf import BadLeaf, Leaf, check_kind, check_stream

# The name of a type, or the allowed texts.
type Shape = str | tuple[str, ...]

ANY_SUBJECT = "*"
TYPES: Mapping[str, type] = {"str": str, "int": int, "bool": bool, "list": list, "dict": dict}
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_SUBJECT = re.compile(r"\*|[a-z][a-z0-9_]{0,31}")
# Public text is codes, hashes, dates and enumerations. What people wrote has spaces or an @.
TOKEN = re.compile(r"[!-?A-~]{0,256}")


class BadKinds(ValueError):
    """A kinds document is damaged; the message says where."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind. `name` is how entries spell it; `subject` is the type of its stream.

    A name of data, refs or private that ends in `?` may be left out; a role that ends in `*`
    takes a list.
    """

    name: str
    version: int
    subject: str
    meaning: str
    data: Mapping[str, Shape] = field(default_factory=dict)
    refs: tuple[str, ...] = ()
    private: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a declaration that says nothing clear; raises ValueError."""
        check_kind(self.name)
        if self.version != version_of(self.name):
            raise ValueError(f"{self.name}: is not how version {self.version} is spelled")
        for name in (*self.data, *self.refs, *self.private):
            if not _NAME.fullmatch(plain(name)):
                raise ValueError(f"{self.name}: {name!r} must be lower_case, at most 40 long")
        for names in (self.data, self.refs, self.private):
            if len({plain(name) for name in names}) != len(names):
                raise ValueError(f"{self.name}: declares a name twice")
        for name, shape in self.data.items():
            if isinstance(shape, str) and shape not in TYPES:
                raise ValueError(f"{self.name}: data.{name} cannot be of {shape}")

    def check(
        self,
        stream: str,
        refs: Mapping[str, str | Sequence[str]],
        data: Mapping[str, JSON],
        private: Iterable[str],
    ) -> None:
        """Raise BadLeaf (a ValueError) unless an event of this kind may carry just this.

        `private` are the names of what is committed to; refs with or without `@version`.
        """
        check_stream(stream)
        if self.subject not in {ANY_SUBJECT, stream.partition(":")[0]}:
            raise BadLeaf(f"{self.name}: belongs in a {self.subject} stream, not in {stream}")
        self._check_names("refs", refs, self.refs)
        self._check_names("data", data, self.data)
        self._check_names("private", private, self.private)
        many = {role[:-1] for role in self.refs if role.endswith("*")}
        for role, target in refs.items():
            if isinstance(target, str) == (role in many):
                wanted = "a list of streams" if role in many else "one stream"
                raise BadLeaf(f"{self.name}: refs.{role} must be {wanted}")
        shapes = {plain(name): shape for name, shape in self.data.items()}
        for name, value in data.items():
            _check_value(f"{self.name}: data.{name}", value, shapes[name])

    def check_leaf(self, leaf: Leaf) -> None:
        """Raise BadLeaf unless this entry, of this kind, carries what it must and nothing else."""
        self.check(leaf.stream, leaf.refs, leaf.data, leaf.commitments)

    def includes(self, other: "Kind") -> bool:
        """Return whether every entry of the kind as `other` declares it fits this declaration,
        which differs at most in its wording and in texts that are allowed besides."""
        names = (self.name, self.version, self.subject, self.refs, self.private)
        if names != (other.name, other.version, other.subject, other.refs, other.private):
            return False
        return self.data.keys() == other.data.keys() and all(
            shape == other.data[name]
            or (
                not (isinstance(shape, str) or isinstance(other.data[name], str))
                and set(shape).issuperset(other.data[name])
            )
            for name, shape in self.data.items()
        )

    def carries(self, earlier: "Kind") -> bool:
        """Return whether this version of a kind carries all that an earlier one does, each in the
        same form: what rules rest on does not go away with a new version. What might be left out
        may have to be there, and other texts may be allowed."""
        shapes = {plain(name): shape for name, shape in self.data.items()}
        return (
            self.subject == earlier.subject
            and _carried(earlier.data, self.data)
            and _carried(earlier.refs, self.refs)
            and _carried(earlier.private, self.private)
            and all(
                shapes[plain(name)] == shape
                or not (isinstance(shape, str) or isinstance(shapes[plain(name)], str))
                for name, shape in earlier.data.items()
            )
        )

    def _check_names(self, part: str, given: Iterable[str], declared: Iterable[str]) -> None:
        every, needed = _named(tuple(declared))
        given = set(given)
        if needed <= given <= every:
            return
        if unknown := sorted(given - every):
            raise BadLeaf(f"{self.name}: {part} has no {', '.join(unknown)}")
        if missing := sorted(needed - given):
            raise BadLeaf(f"{self.name}: {part} lacks {', '.join(missing)}")


@lru_cache(maxsize=1024)  # of a few hundred declarations
def _named(declared: tuple[str, ...]) -> tuple[frozenset[str], frozenset[str]]:
    """Return the names that are declared, and those that must be there."""
    needed = frozenset(name for name in declared if name[-1] not in "?*")
    return frozenset(map(plain, declared)), needed


def plain(name: str) -> str:
    """Return a declared name without its mark."""
    return name.rstrip("?*")


def base_of(name: str) -> str:
    """Return the name that all versions of a kind share."""
    return ".".join(name.split(".")[:2])


def name_of(base: str, version: int) -> str:
    """Return the name of a version of a kind."""
    return base if version == 1 else f"{base}.v{version}"


def version_of(name: str) -> int:
    """Return the version that the name of a kind says: `noun.verb.v2` is 2, `noun.verb` 1."""
    version = name.removeprefix(base_of(name)).removeprefix(".v")
    return int(version) if version else 1


def _carried(earlier: Iterable[str], names: Iterable[str]) -> bool:
    """Return whether `names` has all of the earlier ones, none of them as a list that was none or
    the other way round, and none left out that had to be there."""
    forms = set(names)
    return all(name in forms or (name[-1] == "?" and name[:-1] in forms) for name in earlier)


def dump(kinds: Iterable[Kind]) -> str:
    """Return the kinds document: JSON, by name, each on its lines; one text for one set."""
    rows = [
        {
            "name": kind.name,
            "version": kind.version,
            "subject": kind.subject,
            "meaning": kind.meaning,
            "data": dict(kind.data),
            "refs": list(kind.refs),
            "private": list(kind.private),
        }
        for kind in sorted(kinds, key=lambda kind: kind.name)
    ]
    return json.dumps({"kinds": rows}, indent=1, sort_keys=True, ensure_ascii=True) + "\n"


def load(text: str | bytes) -> dict[str, Kind]:
    """Return the kinds of a kinds document by name. Raises BadKinds."""
    try:
        rows = json.loads(text)["kinds"]
        kinds = [_kind(row) for row in rows]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadKinds(f"not a kinds document: {type(error).__name__}: {error!s:.100}") from None
    if len({kind.name for kind in kinds}) != len(kinds):
        raise BadKinds("not a kinds document: a kind is declared twice")
    return {kind.name: kind for kind in kinds}


def _kind(row: Mapping[str, JSON]) -> Kind:
    """Read one declaration; what has not the right form raises ValueError or TypeError."""
    name, version, subject, meaning = (
        row[key] for key in ("name", "version", "subject", "meaning")
    )
    data, refs, private = row["data"], row["refs"], row["private"]
    if not (isinstance(name, str) and isinstance(meaning, str) and type(version) is int):
        raise TypeError("name and meaning are texts, version is a number")
    if not (isinstance(subject, str) and _SUBJECT.fullmatch(subject)):
        raise ValueError(f"{name}: {subject!r:.40} is no type of stream")
    if not isinstance(data, dict):
        raise TypeError(f"{name}: data is an object")
    shapes = {
        key: value if isinstance(value, str) else _texts(value) for key, value in data.items()
    }
    return Kind(name, version, subject, meaning, shapes, _texts(refs), _texts(private))


def _texts(value: JSON) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError(f"{value!r:.40} is not a list of texts")
    texts = tuple(item for item in value if isinstance(item, str) and item)
    if len(texts) != len(value):
        raise TypeError(f"{value!r:.40} is not a list of texts")
    return texts


def _check_value(place: str, value: JSON, shape: Shape) -> None:
    if isinstance(shape, str):
        fits = isinstance(value, TYPES[shape]) and isinstance(value, bool) == (shape == "bool")
        wanted = shape
    else:
        fits = isinstance(value, str) and value in shape
        wanted = "one of " + ", ".join(shape)
    if not fits:
        raise BadLeaf(f"{place} must be {wanted}, not {value!r:.60}")
    _check_public(place, value)


def _check_public(place: str, value: JSON) -> None:
    """Refuse text that could be about a person; the canonical encoder refuses the rest."""
    if isinstance(value, str):
        if not TOKEN.fullmatch(value):
            raise BadLeaf(
                f"{place} is public: a code, hash, date or enumeration without spaces or @; "
                "what people wrote goes into private"
            )
    elif isinstance(value, Mapping):
        for key, item in value.items():
            _check_public(place, str(key))
            _check_public(f"{place}.{key}", item)
    elif isinstance(value, Sequence):
        for number, item in enumerate(value):
            _check_public(f"{place}[{number}]", item)
