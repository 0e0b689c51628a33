"""What an audit found out about each log, for people (reports) and programs (JSON)."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePath

from edgecode.audit.rules import Violation
from edgecode.log.checkpoints import Checkpoint
from edgecode.log.keys import VerifierKey
from edgecode.log.policy import Standing

KEPT_MAX = 100
# The form of entries is checked by the program itself, before the rules.
FORM = "form"
OPENING = "opening"
CLEARANCE = "clearance"


@dataclass(slots=True)
class Found[T]:
    """The first hundred of something, and how many there were."""

    count: int = 0
    first: list[T] = field(default_factory=list)

    def add(self, item: T) -> None:
        """Count an item, and keep it if it is among the first."""
        self.count += 1
        if len(self.first) < KEPT_MAX:
            self.first.append(item)


@dataclass(frozen=True, slots=True)
class Seen:
    """A checkpoint that was seen before: its signed note, when (RFC 3339) and where."""

    checkpoint: Checkpoint
    note: str
    at: str
    source: str


def failure(error: Exception, at: str) -> str:
    """Say in a line that the program failed, and where: nothing that a log says may do that."""
    trace, where = error.__traceback__, "no known place"
    while trace is not None:
        where = f"{PurePath(trace.tb_frame.f_code.co_filename).name}, line {trace.tb_lineno}"
        trace = trace.tb_next
    return f"the program failed at {at} ({type(error).__name__} in {where}): please report"


@dataclass(slots=True)
class LogFindings:
    """One log (or shard): what was checked, and what is wrong with it.

    `problems` are breaks of the cryptography, `violations` those of business rules, and
    `unreadable` says why the audit ended early. `failed` says where the program itself did.
    `is_unjudged` when the rules were to be replayed and could not be: the log says that it
    continues another, which is not there.
    `is_partly_judged` when it holds entries that no rule of this program is about. `witnessed` is
    of the newest checkpoint that meets the policy's quorum: the audited one, or one before it.
    `conflicting` are the checkpoints seen before that this one does not continue. `silent` are the
    keys of the policy that did not sign. `newest_at` is when the operator dated the last entry,
    `witnessed_at` since when a quorum stands by `witnessed`; `stale` says where the log is older
    than the auditor allows. `held_by` is the log whose first entry names this one's size and root.
    `openings` are those that open, of `commitments`, which is None when no openings were given.
    `reproduced` are the verdicts that the engine gave once more, of the `verdicts` whose case was
    opened.
    """

    source: str
    note: str = ""
    standing: Standing | None = None
    witnessed: Standing | None = None
    entries: int = 0
    files: int = 0
    bytes_read: int = 0
    seen_before: tuple[Seen, ...] = ()
    earlier: int = 0
    replayed: int = 0
    openings: int = 0
    commitments: int | None = None
    verdicts: int = 0
    reproduced: int = 0
    is_unjudged: bool = False
    is_partly_judged: bool = False
    held_by: str = ""
    remarks: list[str] = field(default_factory=list)
    problems: Found[str] = field(default_factory=Found)
    conflicting: list[Seen] = field(default_factory=list)
    silent: tuple[VerifierKey, ...] = ()
    newest_at: datetime | None = None
    witnessed_at: datetime | None = None
    stale: list[str] = field(default_factory=list)
    violations: Found[Violation] = field(default_factory=Found)
    unreadable: str = ""
    failed: str = ""

    @property
    def checkpoint(self) -> Checkpoint | None:
        """The audited checkpoint, once its signature was found right."""
        return self.standing.checkpoint if self.standing is not None else None

    @property
    def is_sound(self) -> bool:
        """Whether everything was read and nothing breaks the cryptography."""
        return not (self.problems.count or self.unreadable or self.failed)
