"""What a replay remembers: every stream, and what belongs to none of them."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from edgecode.audit.rules import log
from edgecode.log.schema import BadKinds, Kind, base_of, load, name_of

if TYPE_CHECKING:
    from edgecode.audit.rules.plan import Plan
    from edgecode.audit.rules.step import Step
    from edgecode.audit.rules.things import Deal, Grant, Key, Log, Organisation, Thing


class World:
    """The state of the market and of its log after some entries."""

    __slots__ = (
        "begins",
        "closed",
        "documents",
        "empty_grants",
        "ending",
        "engines",
        "file_keys",
        "first_origin",
        "keyless_since",
        "kinds",
        "learned",
        "log",
        "manifests",
        "met",
        "newer",
        "newest",
        "organisations",
        "paid",
        "plans",
        "purposes",
        "refunding",
        "signing_keys",
        "things",
        "unknown",
        "versions",
    )

    def __init__(self, kinds: Mapping[str, Kind], documents: Mapping[str, bytes]) -> None:
        """`documents` are those served with the log, by their SHA-256 as the log names it."""
        self.kinds = dict(kinds)
        self.plans: dict[str, Plan] = {}
        self.documents = documents
        self.learned: dict[str, int] = {}  # kinds documents, and how many kinds each declares
        self.met: set[str] = set()  # the kinds of entries so far, without their versions
        self.purposes: set[str] = set()  # of the keys that were published
        # By type and code: most of what entries rest on is of few types, and found in small tables.
        self.things: defaultdict[str, dict[str, Thing]] = defaultdict(dict)
        self.organisations: dict[str, Organisation] = {}
        self.engines: set[str] = set()
        self.manifests: set[int] = set()
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
        self.signing_keys: dict[str, Key] = {}  # for checkpoints, by their fingerprint
        self.paid: dict[Deal, datetime] = {}  # since when a grant is due
        self.refunding: dict[Deal, datetime] = {}  # since when a price is to be returned
        self.ending: set[Deal] = set()  # open when their request was withdrawn

    def learn_kinds(self, step: "Step") -> None:
        """Take up the declarations of the kinds document that the entry names, if it is given."""
        sha256 = str(step.leaf.data.get("sha256"))
        if self.learned.get(sha256) == step.leaf.data.get("kinds"):
            return  # named again
        text = self.documents.get(sha256)
        if text is None:
            self.unknown[f"the kinds document {sha256:.64}, which was not to be had"] = None
            return
        if hashlib.sha256(text).hexdigest() != sha256:
            step.report(log.KINDS, f"the document {sha256} has another hash")
            return
        try:
            published = load(text)
        except BadKinds as error:
            step.report(log.KINDS, str(error))
            return
        if step.leaf.data.get("kinds") != len(published):
            step.report(log.KINDS, f"the document declares {len(published)} kinds")
        self.learned[sha256] = len(published)
        for name, kind in published.items():
            known = self.kinds.setdefault(name, kind)
            if known.includes(kind) or kind.includes(known):
                self.kinds[name] = known if known.includes(kind) else kind
            else:
                step.report(log.KINDS, f"{name} is declared anew, differently")
        for name in published:
            self._check_version(step, name)
            self.note_version(self.kinds[name], step.leaf.at)
        self.plans.clear()

    def note_version(self, kind: Kind, at: datetime) -> None:
        """Take up that the log has this version of a kind."""
        base = base_of(kind.name)
        if kind.version not in (known := self.versions.setdefault(base, {})):
            known[kind.version] = at
            for version in known:
                self.plans.pop(name_of(base, version), None)

    def replaced(self, kind: Kind) -> datetime | None:
        """Return since when the log has had a newer version of this kind; None: never."""
        known = self.versions.get(base_of(kind.name), {})
        return min((at for version, at in known.items() if version > kind.version), default=None)

    def _check_version(self, step: "Step", name: str) -> None:
        kind = self.kinds[name]
        if kind.version == 1:
            return
        before = self.kinds.get(name_of(base_of(name), kind.version - 1))
        if before is None:
            step.report(log.KINDS, f"{name} is a version of what is not declared")
        elif not kind.carries(before):
            step.report(log.KINDS, f"{name} leaves out or changes what {before.name} carries")
