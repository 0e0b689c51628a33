"""Which events exist: every kind the ledger accepts, what it means and what it must carry.

Each room registers its own in a module `kinds` that its AppConfig.ready() imports:

    register(
        "grant.issued",
        subject="grant",
        meaning="A lab holds a licence.",
        data={"exclusivity": Exclusivity, "starts_at": str, "ends_at?": str},
        refs=("deal", "assets*", "supersedes?"),
        private=("scope", "price?"),
    )

A name that ends in `?` may be left out; a role that ends in `*` takes one stream or more.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from edgecode.log.canonical import JSON
from edgecode.log.leaf import BadLeaf, check_kind, check_stream

# A type (str, int, bool, list, dict), an Enum or TextChoices class, or the allowed texts.
type Shape = type | Collection[str]

ANY_SUBJECT = "*"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
# Public text is codes, hashes, dates and enumerations. What people wrote has spaces or an @.
_TOKEN = re.compile(r"[!-?A-~]{0,256}")
_TYPES = {str, int, bool, list, dict}


@dataclass(frozen=True, slots=True)
class Kind:
    """A registered kind. `name` is how entries spell it; `subject` is the type of its stream."""

    name: str
    version: int
    subject: str
    meaning: str
    data: Mapping[str, Shape]
    refs: tuple[str, ...]
    private: tuple[str, ...]

    def check(
        self,
        stream: str,
        refs: Mapping[str, str | Sequence[str]],
        data: Mapping[str, JSON],
        private: Mapping[str, JSON],
    ) -> None:
        """Raise BadLeaf (a ValueError) unless an event of this kind may carry just this."""
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
        shapes = {_plain(name): shape for name, shape in self.data.items()}
        for name, value in data.items():
            _check_value(f"{self.name}: data.{name}", value, shapes[name])

    def _check_names(self, part: str, given: Iterable[str], declared: Iterable[str]) -> None:
        declared = list(declared)
        known = {_plain(name) for name in declared}
        unknown = sorted(set(given) - known)
        if unknown:
            raise BadLeaf(f"{self.name}: {part} has no {', '.join(unknown)}")
        missing = sorted({name for name in declared if name[-1] not in "?*"} - set(given))
        if missing:
            raise BadLeaf(f"{self.name}: {part} lacks {', '.join(missing)}")


_kinds: dict[str, Kind] = {}


def register(
    name: str,
    *,
    version: int = 1,
    subject: str,
    meaning: str,
    data: Mapping[str, Shape] | None = None,
    refs: Iterable[str] = (),
    private: Iterable[str] = (),
) -> Kind:
    """Add a kind and return it. Version 2 of `noun.verb` is written `noun.verb.v2`; `append`
    takes that name, and the older version stays registered for the entries that exist.

    Registering the same again changes nothing; a different kind of that name is a ValueError.
    """
    written = name if version == 1 else f"{name}.v{version}"
    check_kind(written)
    kind = Kind(written, version, subject, meaning, dict(data or {}), tuple(refs), tuple(private))
    for field_name in (*kind.data, *kind.refs, *kind.private):
        if not _NAME.fullmatch(_plain(field_name)):
            raise ValueError(f"{written}: {field_name!r} must be lower_case, at most 40 long")
    for field_name, shape in kind.data.items():
        if isinstance(shape, type) and shape not in _TYPES and not issubclass(shape, Enum):
            raise ValueError(f"{written}: data.{field_name} cannot be of {shape.__name__}")
    known = _kinds.setdefault(written, kind)
    if known != kind:
        raise ValueError(f"{written} is registered twice, differently")
    return known


def get(name: str) -> Kind:
    """Return the kind that entries spell `name`. Raises BadLeaf for an unknown one."""
    try:
        return _kinds[name]
    except KeyError:
        raise BadLeaf(f"kind: {name!r:.80} is not registered") from None


def registered() -> list[Kind]:
    """Return every kind, by name."""
    return [_kinds[name] for name in sorted(_kinds)]


def _plain(name: str) -> str:
    return name.rstrip("?*")


def _check_value(place: str, value: JSON, shape: Shape) -> None:
    if isinstance(shape, type) and not issubclass(shape, Enum):
        fits = isinstance(value, shape) and isinstance(value, bool) == (shape is bool)
        wanted = shape.__name__
    else:
        allowed = [item.value if isinstance(item, Enum) else item for item in shape]
        fits = isinstance(value, str) and value in allowed
        wanted = "one of " + ", ".join(map(str, allowed))
    if not fits:
        raise BadLeaf(f"{place} must be {wanted}, not {value!r:.60}")
    _check_public(place, value)


def _check_public(place: str, value: JSON) -> None:
    """Refuse text that could be about a person; the canonical encoder refuses the rest."""
    if isinstance(value, str):
        if not _TOKEN.fullmatch(value):
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


register(
    "subject.erased",
    subject=ANY_SUBJECT,
    meaning="The openings of every commitment earlier in this stream were destroyed.",
    data={"openings": int},
)
