"""The whole audit: the cryptography of each log, and one replay of the rules over a history."""

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from edgecode.audit import freshness, walking
from edgecode.audit.beginning import begin, find, open_source
from edgecode.audit.comparing import compare_copies
from edgecode.audit.sources import WITNESSED
from edgecode.audit.task import Audit, Progress, SignedLog, Task, reading
from edgecode.audit.web import Unreadable
from edgecode.log.shardlist import SHARDS

# First bundles that are kept until the rest is read: one may have 4 MiB, and there may be many.
_FIRST_KEPT_MAX = 8


def run(task: Task, progress: Progress) -> Audit:
    """Audit; never raises for what is wrong with a log, with its server or with this program. The
    sources stay open for the evidence: the caller closes them."""
    audit = Audit(datetime.now(UTC), task.with_rules)
    begun = time.monotonic()
    try:
        with _no_collector():
            _run(task, audit, progress)
    except KeyboardInterrupt:
        audit.was_stopped = True
    except BaseException:
        audit.close()
        raise
    audit.seconds = time.monotonic() - begun
    return audit


def _run(task: Task, audit: Audit, progress: Progress) -> None:
    logs: list[SignedLog] = []
    for address in dict.fromkeys(task.sources):
        places = find(address, audit)
        later: SignedLog | None = None
        found: list[SignedLog] = []
        # The newest first: each says how the one before it ended.
        for place in reversed(places):
            with reading(place.found):
                source = open_source(place, address, task, audit)
                later = begin(source, place, task, audit.started, later)
                if later is None:
                    continue
                copied = [each for each in logs if each.origin == later.origin]
                if copied:
                    compare_copies(copied[0], later)
                    raise Unreadable(f"{address}: a copy of a log given before; audit it by itself")
                found.insert(0, later)
                if len(logs) + len(found) > _FIRST_KEPT_MAX:
                    later.tree.forget_first()
        logs += found
    # What is of no one log is told with the first.
    with reading(audit.logs[0]):
        walking.walk(logs, task, audit.started, progress)
    with reading(audit.logs[0]):
        walking.look_for_the_rest([log.shard for log in logs], task)
    with reading(audit.logs[0]):
        walking.look_for_the_gone(logs, audit, task)
    continued = {log.shard.previous for log in logs}
    for log in logs:
        with reading(log.found):
            if log.origin not in continued:
                freshness.judge(log.found, task.policy, task.limits, audit.started)
            _complete(log)


def _complete(log: SignedLog) -> None:
    """A mirror becomes a log of its own once all under the checkpoint is there."""
    if not log.found.is_sound:
        return
    for each in log.earlier:
        if each.source == WITNESSED:
            log.source.keep_file(WITNESSED, each.note.encode())
    log.source.keep_file("checkpoint", log.found.note.encode())
    if log.place.history.raw and not log.place.line.folder:
        log.source.keep_file(SHARDS, log.place.history.raw)


@contextmanager
def _no_collector() -> Iterator[None]:
    """Let the cycle collector rest: entries make no cycles, and looking through all that the
    rules remember again and again would take a third of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()  # nor is that worth it at the end of the program
        if was_on:
            gc.enable()
