"""What a replay remembers: every stream, and what belongs to none of them."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime

from edgecode.audit.rules.things import Asset, Deal, Grant, Key, Log, Organisation, Thing
from edgecode.log.schema import Kind, base_of


class World:
    """The state of the market and of its log after some entries."""

    __slots__ = (
        "begins",
        "closed",
        "documents",
        "dropping",
        "empty_grants",
        "ending",
        "engines",
        "file_keys",
        "first_origin",
        "identified",
        "keyless_since",
        "kinds",
        "kinds_changed",
        "learned",
        "log",
        "manifests",
        "met",
        "newer",
        "newest",
        "organisations",
        "paid",
        "purposes",
        "refunding",
        "signing_keys",
        "taking_place",
        "things",
        "unknown",
        "versions",
    )

    def __init__(
        self,
        kinds: Mapping[str, Kind],
        documents: Mapping[str, bytes],
        kinds_changed: Callable[[], None],
    ) -> None:
        """`documents` are those served with the log, by their SHA-256 as the log names it.
        `kinds_changed` is called when more is known of kinds or their versions than before."""
        self.kinds = dict(kinds)
        self.kinds_changed = kinds_changed
        self.documents = documents
        self.learned: dict[str, int] = {}  # kinds documents, and how many kinds each declares
        self.met: set[str] = set()  # the kinds of entries so far, without their versions
        self.purposes: set[str] = set()  # of the keys that were published
        # By type and code: most of what entries rest on is of few types, and found in small tables.
        self.things: defaultdict[str, dict[str, Thing]] = defaultdict(dict)
        self.organisations: dict[str, Organisation] = {}
        self.engines: set[str] = set()  # by their streams, and by their names once met
        self.manifests: set[int] = set()
        self.identified: set[Asset] = set()  # registered in the repository
        self.begins = 0  # the place in the history of the log's first entry
        self.log: Log | None = None  # as its first entry opened it
        self.closed: Log | None = None  # the log, after its last entry
        self.first_origin = ""  # the name of the first log, once that is closed
        self.newest: datetime | None = None
        self.unknown: dict[str, None] = {}  # kinds met that no rule is about, documents not there
        self.newer: dict[str, None] = {}  # kinds met, in versions newer than the rules
        self.versions: dict[str, dict[int, datetime]] = {}  # of each kind, since when
        self.file_keys: set[Key] = set()  # the keys for files that stand
        self.keyless_since: datetime | None = None  # when the last of them was retired
        self.empty_grants: set[Grant] = set()
        self.taking_place: set[Grant] = set()  # those of amendments, until they have done so
        # By the grants whose place they took, until a lab owes to stop what went with that.
        self.dropping: dict[Grant, Grant] = {}
        self.signing_keys: dict[str, Key] = {}  # for checkpoints, by their fingerprint
        self.paid: dict[Deal, datetime] = {}  # since when a grant is due
        self.refunding: dict[Deal, datetime] = {}  # since when a price is to be returned
        self.ending: set[Deal] = set()  # open when their request was withdrawn

    def note_version(self, kind: Kind, at: datetime) -> None:
        """Take up that the log has this version of a kind."""
        base = base_of(kind.name)
        if kind.version not in (known := self.versions.setdefault(base, {})):
            known[kind.version] = at
            self.kinds_changed()

    def replaced(self, kind: Kind) -> datetime | None:
        """Return since when the log has had a newer version of this kind; None: never."""
        known = self.versions.get(base_of(kind.name), {})
        return min((at for version, at in known.items() if version > kind.version), default=None)
