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
`make kinds` writes what is registered to docs/kinds.md, and for the auditor's program to
client/edgecode/audit/kinds.json.
"""

from collections.abc import Collection, Iterable, Mapping
from enum import Enum

from edgecode.log.leaf import BadLeaf
from edgecode.log.schema import ANY_SUBJECT, Kind
from edgecode.log.schema import Shape as Declared

# A type (str, int, bool, list, dict), an Enum or TextChoices class, or the allowed texts.
type Shape = type | Collection[str]

_kinds: dict[str, Kind] = {}
_evidence: set[str] = set()


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
    shapes = {field: _declared(shape) for field, shape in (data or {}).items()}
    kind = Kind(written, version, subject, meaning, shapes, tuple(refs), tuple(private))
    known = _kinds.setdefault(written, kind)
    if known != kind:
        raise ValueError(f"{written} is registered twice, differently")
    return known


def keep_as_evidence(*subjects: str) -> None:
    """Declare that the facts of such streams are evidence between parties, who may have to prove
    them to each other or to an auditor: `manage.py ledger erase` leaves them alone."""
    _evidence.update(subjects)


def is_evidence(stream: str) -> bool:
    """Return whether the facts of a stream are evidence between parties."""
    return stream.partition(":")[0] in _evidence


def get(name: str) -> Kind:
    """Return the kind that entries spell `name`. Raises BadLeaf for an unknown one."""
    try:
        return _kinds[name]
    except KeyError:
        raise BadLeaf(f"kind: {name!r:.80} is not registered") from None


def registered() -> list[Kind]:
    """Return every kind, by name."""
    return [_kinds[name] for name in sorted(_kinds)]


def _declared(shape: Shape) -> Declared:
    if isinstance(shape, type) and not issubclass(shape, Enum):
        return shape.__name__
    return tuple(str(item.value if isinstance(item, Enum) else item) for item in shape)


register(
    "subject.erased",
    subject=ANY_SUBJECT,
    meaning="The openings of every commitment earlier in this stream were destroyed.",
    data={"openings": int},
)
register(
    "log.opened",
    subject="log",
    meaning="A log begins; it may go on from another.",
    data={"origin": str, "previous_origin?": str, "previous_size?": int, "previous_root?": str},
)
register(
    "shard.closed",
    subject="log",
    meaning="The log ends here, with so many entries; the one named next_origin goes on from it.",
    data={"origin": str, "size": int, "next_origin": str},
)
register(
    "shard.opened",
    subject="log",
    meaning="A log begins that goes on from another, which was closed with this size and root.",
    data={"origin": str, "previous_origin": str, "previous_size": int, "previous_root": str},
    refs=("previous",),
)
register(
    "kinds.published",
    subject="document",
    meaning="The declarations of all kinds of entries were published as they are from here on.",
    data={"sha256": str, "kinds": int},
)
register(
    "policy.published",
    subject="document",
    meaning="The policy for checkpoints was published: keys of the log, witnesses, quorum.",
    data={"sha256": str},
)
register(
    "key.published",
    subject="key",
    meaning="A public key is in use from here on; sha256 is of its SubjectPublicKeyInfo in DER.",
    data={
        "purpose": ("checkpoint", "credential", "timestamp", "root"),
        "algorithm": str,
        "sha256": str,
    },
)
register(
    "key.retired",
    subject="key",
    meaning="The key signs nothing from here on; what it signed before stays signed.",
)
