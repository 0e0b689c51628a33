"""What to audit, what comes of it, and a log on its way through the audit."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from edgecode.audit.findings import LogFindings, Seen, failure
from edgecode.audit.freshness import Limits
from edgecode.audit.histories import History
from edgecode.audit.memory import Memory
from edgecode.audit.openings import Openings, Papers
from edgecode.audit.shards import Shard
from edgecode.audit.sources import Source
from edgecode.audit.tree import Tree
from edgecode.audit.web import Net, Unreadable
from edgecode.log.policy import Policy
from edgecode.log.shardlist import ShardLine

type Progress = Callable[[int, int], None]  # entries read, entries of the log


@dataclass(frozen=True, slots=True)
class Task:
    """What to audit, and how. `sources` are addresses or folders of logs, each of which stands for
    its whole history; `openings` are by origin, None stands for the one history audited. `engine`
    is the folder of the source that verdicts are reckoned again with; None: what is carried.
    `every_log_key`: all keys that the policy names for a log must sign, not just one of them."""

    sources: Sequence[str]
    policy: Policy
    mirror: Path | None = None
    memory: Memory = field(default_factory=lambda: Memory(None))
    openings: Mapping[str | None, Openings] = field(default_factory=dict)
    papers: Papers = field(default_factory=Papers)
    engine: Path | None = None
    with_rules: bool = True
    limits: Limits = field(default_factory=Limits)
    every_log_key: bool = False


@dataclass(slots=True)
class Audit:
    """What came of it. `seconds` are by the wall clock; `sources` are by address, still open.
    `was_stopped` where somebody ended it by hand: then it is what was found until then."""

    started: datetime
    with_rules: bool
    logs: list[LogFindings] = field(default_factory=list)
    sources: dict[str, Source] = field(default_factory=dict)
    seconds: float = 0.0
    was_stopped: bool = False
    net: Net = field(default_factory=Net)

    def close(self) -> None:
        """Let go of the sources."""
        for source in self.sources.values():
            source.close()
        self.net.close()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a log stands in the list of its history, and its findings."""

    history: History
    line: ShardLine
    before: ShardLine | None
    found: LogFindings


@dataclass(frozen=True, slots=True)
class SignedLog:
    """A log whose checkpoint is signed, on its way through the audit."""

    source: Source
    found: LogFindings
    shard: Shard
    tree: Tree
    earlier: Sequence[Seen]
    place: Place

    @property
    def origin(self) -> str:
        return self.shard.checkpoint.origin


@contextmanager
def reading(found: LogFindings) -> Iterator[None]:
    """Note in the findings that something could not be read, or that this program failed at it:
    what was found before and in other logs is told all the same."""
    try:
        yield
    except Unreadable as error:
        found.unreadable = found.unreadable or str(error)
    except Exception as error:  # noqa: BLE001 - a log that is made to break it would go free
        found.failed = found.failed or failure(error, f"entry {found.entries:,}")
