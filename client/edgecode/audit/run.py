"""The whole audit: the cryptography of each log, and one replay of the rules over a history."""

import gc
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import dropwhile, islice
from pathlib import Path

from edgecode.audit import freshness, gone, histories, shards
from edgecode.audit.findings import LogFindings, Seen, failure
from edgecode.audit.freshness import Limits
from edgecode.audit.histories import History
from edgecode.audit.memory import Memory
from edgecode.audit.mirror import MirroredSource
from edgecode.audit.openings import Openings
from edgecode.audit.replays import Given, Replays
from edgecode.audit.shards import Shard
from edgecode.audit.sources import (
    WITNESSED,
    FolderSource,
    Missing,
    Source,
    WebSource,
)
from edgecode.audit.tree import Tree, beginning, order_of
from edgecode.audit.web import Net, Unreadable
from edgecode.log.checkpoints import Checkpoint, parse_checkpoint
from edgecode.log.folder import NOTE_BYTES_MAX, read_file
from edgecode.log.leaf import TIME_FORMAT, Leaf, parse
from edgecode.log.notes import note_text, signers
from edgecode.log.policy import Policy, Standing
from edgecode.log.shardlist import SHARDS, BadShards, ShardLine, first_of
from edgecode.log.tiles import Tile

# First bundles that are kept until the rest is read: one may have 4 MiB, and there may be many.
_FIRST_KEPT_MAX = 8
type Progress = Callable[[int, int], None]  # entries read, entries of the log


@dataclass(frozen=True, slots=True)
class Task:
    """What to audit, and how. `sources` are addresses or folders of logs, each of which stands for
    its whole history; `openings` are by origin, None stands for the one history audited.
    `every_log_key`: all keys that the policy names for a log must sign, not just one of them."""

    sources: Sequence[str]
    policy: Policy
    mirror: Path | None = None
    memory: Memory = field(default_factory=lambda: Memory(None))
    openings: Mapping[str | None, Openings] = field(default_factory=dict)
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
class _Place:
    """Where a log stands in the list of its history, and its findings."""

    history: History
    line: ShardLine
    before: ShardLine | None
    found: LogFindings


@dataclass(frozen=True, slots=True)
class _Log:
    """A log whose checkpoint is signed, on its way through the audit."""

    source: Source
    found: LogFindings
    shard: Shard
    tree: Tree
    earlier: Sequence[Seen]
    place: _Place

    @property
    def origin(self) -> str:
        return self.shard.checkpoint.origin


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
    logs: list[_Log] = []
    for address in dict.fromkeys(task.sources):
        places = _find(address, audit)
        later: _Log | None = None
        found: list[_Log] = []
        # The newest first: each says how the one before it ended.
        for place in reversed(places):
            with _reading(place.found):
                source = _open(place, address, task, audit)
                later = _begin(source, place, task, audit.started, later)
                if later is None:
                    continue
                copied = [each for each in logs if each.origin == later.origin]
                if copied:
                    _compare_copies(copied[0], later)
                    raise Unreadable(f"{address}: a copy of a log given before; audit it by itself")
                found.insert(0, later)
                if len(logs) + len(found) > _FIRST_KEPT_MAX:
                    later.tree.forget_first()
        logs += found
    # What is of no one log is told with the first.
    with _reading(audit.logs[0]):
        _walk_all(logs, task, audit.started, progress)
    with _reading(audit.logs[0]):
        _look_for_the_rest([log.shard for log in logs], task)
    with _reading(audit.logs[0]):
        _look_for_the_gone(logs, audit, task)
    continued = {log.shard.previous for log in logs}
    for log in logs:
        with _reading(log.found):
            if log.origin not in continued:
                freshness.judge(log.found, task.policy, task.limits, audit.started)
            _complete(log)


def _find(address: str, audit: Audit) -> list[_Place]:
    """Return the places of the history that the log at an address is part of, but for those that
    were given before; where the list of shards is wrong, that of the log alone."""
    found = LogFindings(address)

    def read(root: str) -> bytes | None:
        source = audit.sources.get(root) or _reader(root, audit)
        audit.sources[root] = source
        return source.shards()

    history = History(address)
    with _reading(found):
        try:
            history = histories.find(address, read)
        except BadShards as error:
            found.problems.add(f"{error}")
    if found.unreadable or found.failed:
        audit.logs.append(found)
        return []
    places, before = [], None
    for line in history.lines:
        where = history.address(line)
        if not any(each.source.rstrip("/") == where.rstrip("/") for each in audit.logs):
            mine = found if where == address else LogFindings(where)
            places.append(_Place(history, line, before, mine))
            audit.logs.append(mine)
        before = line
    return places


def _reader(address: str, audit: Audit) -> Source:
    return WebSource(address, audit.net) if "://" in address else FolderSource(Path(address))


def _open(place: _Place, given: str, task: Task, audit: Audit) -> Source:
    """Return the source of a log, with its part of the mirror before it if there is to be one."""
    address = place.found.source
    source = audit.sources.get(address) or _reader(address, audit)
    if task.mirror is not None and "://" in address:
        # Several logs do not share a folder.
        name = "" if len(task.sources) == 1 else f"{task.sources.index(given) + 1}"
        source = MirroredSource(source, task.mirror / name / place.line.folder)
    audit.sources[address] = source
    return source


def _begin(
    source: Source, place: _Place, task: Task, now: datetime, later: _Log | None
) -> _Log | None:
    """Check a log's checkpoint by itself, and its first bundle; return None when it is no use to
    read on. `later` is the log that comes after it, if that is known already.

    What needs no other file comes first: a signed checkpoint that contradicts an earlier one is
    told and remembered, whether the server gives the files under it or not.
    """
    found, end = place.found, histories.held(later.shard if later is not None else None)
    kept = list(source.earlier())  # first: a log that grows meanwhile has not been wound back
    notes = list(_newest(source, found, task, end))
    if not notes:
        return None
    # The newest is audited; the log may have grown while it was asked.
    standing, found.note = max(notes, key=lambda each: each[0].checkpoint.size)
    found.standing, found.silent = standing, task.policy.silent(standing)
    found.seen_before = task.memory.seen(standing.checkpoint.origin)
    _compare(found, found.seen_before)
    with _reading(found):
        at = now.strftime(TIME_FORMAT)
        task.memory.add(Seen(standing.checkpoint, found.note, at, source.name))
    copy = tuple(_remembered(source, found.seen_before, standing.checkpoint.origin))
    found.seen_before += copy
    earlier = [*_others(notes, standing), *_earlier(kept, found, task.policy)]
    _compare(found, [*copy, *earlier])
    sizes = [seen.checkpoint.size for seen in (*found.seen_before, *earlier)]
    tree = Tree(source, standing.checkpoint, found, sizes)
    shard = Shard(found, standing.checkpoint)
    source.expect(_up_to_first(standing.checkpoint.size))
    try:
        head = tree.first()
        shard.first = _entry(head.entries) if head is not None else None
    finally:
        source.expect(iter(()))
        begins = shard.first.at if shard.first is not None else None
        if later is not None and standing.checkpoint == end:
            found.held_by = later.origin
        _count_witnesses(found, notes, task.policy, now, begins)
        if found.witnessed is None:
            told = "checkpoint: the witnesses that the policy demands did not cosign it"
            found.problems.add(told)
    return _Log(source, found, shard, tree, tuple(earlier), place)


def _newest(
    source: Source, found: LogFindings, task: Task, end: Checkpoint | None
) -> Iterator[tuple[Standing, str]]:
    """Yield what the log shows as its newest, and as the newest that its witnesses saw: also where
    the first has cosignatures of its own, for the two must agree. `end` is what a trusted log says
    that it goes on from: that needs no signature of a key that the auditor still knows, but the
    witnesses' as any other."""
    raw = source.checkpoint()
    if end is not None and (unsigned := _unsigned(raw, end, task.policy)) is not None:
        yield unsigned
        return
    first = _standing("checkpoint", raw, found, task)
    if first is None:
        return
    yield first
    cosigned = source.witnessed()
    other = _standing(WITNESSED, cosigned, found, task) if cosigned is not None else None
    if other is not None and other[0].checkpoint.origin != first[0].checkpoint.origin:
        found.problems.add(f"{WITNESSED}: of another log, {other[0].checkpoint.origin:.200}")
    elif other is not None:
        yield other


def _unsigned(raw: bytes, end: Checkpoint, policy: Policy) -> tuple[Standing, str] | None:
    """Return what the policy's witnesses say of a log that ended as the next one says, and its
    note, where the auditor knows none of its keys: they were changed since."""
    try:
        note = raw.decode()
        is_end = parse_checkpoint(note_text(note)) == end
        if not is_end or signers(note, [log.key for log in policy.keys_of(end.origin)])[1]:
            return None
        signed = signers(note, [witness.key for witness in policy.witnesses])[1]
    except ValueError:
        return None
    cosigned = {each.name: signed[each.key] for each in policy.witnesses if each.key in signed}
    return Standing(end, (), cosigned, policy.is_met_by(cosigned)), note


def _count_witnesses(
    found: LogFindings,
    notes: Sequence[tuple[Standing, str]],
    policy: Policy,
    now: datetime,
    begins: datetime | None,
) -> None:
    """Find the newest checkpoint that the quorum cosigned, at times that can be. Of a log that has
    entries, who cosigned it empty saw nothing: every log begins so."""
    is_empty = not any(each.checkpoint.size for each, _ in notes)
    known = [*found.seen_before, *(Seen(each.checkpoint, note, "", "") for each, note in notes)]
    for standing, _ in notes:
        counted, left_out = freshness.believed(standing, policy, now, begins, known)
        found.remarks += left_out
        if standing is found.standing:
            found.standing = counted
        size = found.witnessed.checkpoint.size if found.witnessed is not None else 0
        if counted.is_witnessed and (counted.checkpoint.size > size or is_empty):
            found.witnessed = counted
    if found.witnessed is not None and (at := policy.witnessed_at(found.witnessed)) is not None:
        found.witnessed_at = datetime.fromtimestamp(at, UTC)


def _standing(name: str, raw: bytes, found: LogFindings, task: Task) -> tuple[Standing, str] | None:
    """Return what the policy says of a note, and the note; None when it is not to be trusted."""
    try:
        note = raw.decode()
        standing = task.policy.check(note)
    except ValueError as error:
        reason = "not text" if isinstance(error, UnicodeDecodeError) else str(error)
        found.problems.add(f"{name}: {reason}")
        return None
    for key in task.policy.silent(standing) if task.every_log_key else ():
        found.problems.add(f"{name}: not signed by {key}, and every key of the log must sign")
    return standing, note


def _remembered(source: Source, known: Sequence[Seen], origin: str) -> Iterator[Seen]:
    """Yield what the mirror was complete under, where the state file has it not (any more)."""
    path = source.remembered()
    if path is None:
        return
    try:
        note = read_file(path, NOTE_BYTES_MAX).decode()
        checkpoint = parse_checkpoint(note_text(note))
        at = datetime.fromtimestamp(path.stat().st_mtime, UTC).strftime(TIME_FORMAT)
    except (OSError, ValueError):
        return  # damaged: it will be written anew
    if checkpoint.origin != origin:
        raise Unreadable(f"{path.parent}: the mirror is of another log, {checkpoint.origin:.200}")
    if all(each.checkpoint != checkpoint for each in known):
        yield Seen(checkpoint, note, at, str(path))


def _others(notes: Sequence[tuple[Standing, str]], newest: Standing) -> Iterator[Seen]:
    """Yield the notes just read but for the newest: they must agree with it like older ones."""
    for standing, note in notes:
        if standing is not newest:
            yield Seen(standing.checkpoint, note, "", WITNESSED)


def _earlier(
    kept: Sequence[tuple[str, bytes]], found: LogFindings, policy: Policy
) -> Iterator[Seen]:
    """Yield the earlier notes that came with the log, if they are its own. Those that no key of the
    policy signed, for keys are changed, are compared all the same, and remarked on."""
    assert found.checkpoint is not None  # noqa: S101 - begun only with a checkpoint
    origin, unknown = found.checkpoint.origin, 0
    keys = [each.key for each in policy.keys_of(origin)]
    for name, raw in kept:
        found.earlier += 1
        try:
            note = raw.decode()
            text, signed = signers(note, keys)
            checkpoint = parse_checkpoint(text)
            if signed or checkpoint.origin != origin:
                policy.check(note)
        except ValueError as error:
            found.problems.add(f"{name}: {error}")
            continue
        if checkpoint.origin != origin:
            found.problems.add(f"{name}: signed for another log, {checkpoint.origin:.200}")
            continue
        unknown += not signed
        yield Seen(checkpoint, note, "", name)
    if unknown:
        found.remarks.append(
            f"{unknown:,} of the {found.earlier:,} earlier checkpoints are signed by no key of the"
            " policy: they were compared, and show only what the server says of the past"
        )


def _walk_all(logs: Sequence[_Log], task: Task, now: datetime, progress: Progress) -> None:
    """Read every log to its end, an earlier shard before the one that continues it."""
    by_origin = {log.shard.checkpoint.origin: log for log in logs}
    histories_given = {log.place.history.root for log in logs}
    openings = Given(task.openings, is_one=len(histories_given) == 1)
    replays = Replays([log.source for log in logs], openings, now)
    for shard in shards.in_order([log.shard for log in logs]):
        log = next(log for log in logs if log.shard is shard)
        before = by_origin.get(shard.previous or "")
        if before is not None:
            shard.begins = before.shard.begins + before.shard.checkpoint.size
        if task.with_rules:
            is_last = not any(each.shard.previous == log.origin for each in logs)
            with _reading(log.found):
                replays.begin(shard, before.shard if before is not None else None, is_last=is_last)
        elif shard.previous is not None and before is None:
            log.found.remarks.append(
                f"it continues {shard.previous:.200}, which was not given: nothing before it was"
                " audited"
            )
        with _reading(log.found):
            _walk(log, replays, progress)
        with _reading(log.found):
            _compare(log.found, (*log.found.seen_before, *log.earlier), log.tree.roots)
        with _reading(log.found):
            for problem in _misplaced(log, before, [each.shard for each in logs]):
                log.found.problems.add(problem)
    replays.end()


def _misplaced(log: _Log, before: _Log | None, everyone: Sequence[Shard]) -> Iterator[str]:
    """Yield what is wrong with a log that was read to its end, as one of its history."""
    if log.source.refused:
        yield log.source.refused
    yield from histories.wrong(log.place.line, log.place.before, log.shard)
    yield from shards.wrong_origin(log.shard)
    if before is not None:
        yield from shards.broken_link(log.shard, before.shard)
    yield from shards.forked(log.shard, everyone)
    yield from shards.unseen_end(log.shard, everyone)


def _look_for_the_rest(found: Sequence[Shard], task: Task) -> None:
    """Say where a log was closed and the one after it is not there."""
    for shard in found:
        if missing := histories.unfinished(shard, found):
            seen = task.memory.seen(shard.next_origin or "")
            if seen and "://" in shard.found.source:
                shard.found.problems.add(
                    f"{missing}; on {seen[-1].at} it was, at {seen[-1].source}: a shard was removed"
                )
            shard.found.unreadable = shard.found.unreadable or f"{missing} (yet?)"


def _look_for_the_gone(logs: Sequence[_Log], audit: Audit, task: Task) -> None:
    """Say where a log that was seen before is not in its place any more."""
    known = {log.origin for log in logs}
    known |= {log.shard.next_origin for log in logs if log.shard.next_origin}
    firsts = {first_of(each.key.name) for each in task.policy.logs}
    roots = {log.place.history.root: log.found for log in reversed(logs)}
    for found in audit.logs[:1]:
        with _reading(found):
            gone.tell(audit.logs, roots, list(task.memory.seen_of(firsts)), known)


def _walk(log: _Log, replays: Replays, progress: Progress) -> None:
    size = log.shard.checkpoint.size
    bundle = None
    try:
        for bundle in log.tree.bundles():
            if not bundle.first:
                log.source.expect(_after_first(size))
            if bundle.is_whole:
                replays.take(log.shard, bundle.first, bundle.entries)
            else:
                replays.give_up(log.shard, bundle.first)
            progress(bundle.first + len(bundle.entries), size)
    finally:
        log.source.expect(iter(()))
    if bundle is not None:
        log.shard.last = _entry(bundle.entries[-1:])
        log.found.newest_at = log.shard.last.at if log.shard.last is not None else None
    replays.finish(log.shard)


def _up_to_first(size: int) -> Iterator[Tile]:
    """Yield the files of a tree, in order, up to its first bundle."""
    for tile in order_of(size):
        yield tile
        if tile.level is None:
            return


def _after_first(size: int) -> Iterator[Tile]:
    """Yield the rest of them."""
    return islice(dropwhile(lambda tile: tile.level is not None, order_of(size)), 1, None)


def _entry(entries: Sequence[bytes]) -> Leaf | None:
    """Return the one entry, or None when there is none or it cannot be parsed (which is reported
    where the rules are replayed)."""
    try:
        return parse(entries[0]) if entries else None
    except ValueError:
        return None


def _compare(
    found: LogFindings, earlier: Iterable[Seen], roots: Mapping[int, bytes] | None = None
) -> None:
    """Compare with checkpoints seen before or that came with the log: without `roots` with those
    of as many entries or more, for which no file is needed, else with those of fewer. `roots` are
    those of the smaller trees."""
    now = found.checkpoint
    assert now is not None  # noqa: S101 - begun only with a checkpoint
    for seen in earlier:
        then = seen.checkpoint
        if (then.size < now.size) != (roots is not None):
            continue
        what = f"seen on {seen.at} at {seen.source}" if seen.at else f"signed in {seen.source}"
        if then.size > now.size:
            found.problems.add(
                f"the log has {now.size} entries; {then.size} were {what}: entries were taken"
                " away, or this is an old copy"
            )
        elif (root := now.root if roots is None else roots.get(then.size)) is None:
            continue  # could not be read, or a problem is told already
        elif root != then.root:
            found.problems.add(
                f"another history: the log no longer begins with the {then.size} entries {what}"
            )
        else:
            continue
        found.conflicting.append(seen)


def _compare_copies(one: _Log, other: _Log) -> None:
    """Say where two copies of a log are of two histories; with the larger one, which shows it."""
    small, large = sorted((one, other), key=lambda each: each.shard.checkpoint.size)
    less, more = small.shard.checkpoint, large.shard.checkpoint
    root = more.root
    if 0 < less.size < more.size:
        try:
            root, _ = beginning(large.source, more, less.size)
        except (Missing, ValueError) as error:
            raise Unreadable(f"{small.source.name}: not compared with a copy: {error}") from None
    if less.size and root != less.root:
        large.found.problems.add(
            f"another history: it does not begin with the {less.size} entries that the log signed"
            f" at {small.source.name}"
        )
        large.found.conflicting.append(Seen(less, small.found.note, "", small.source.name))


def _complete(log: _Log) -> None:
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
def _reading(found: LogFindings) -> Iterator[None]:
    """Note in the findings that something could not be read, or that this program failed at it:
    what was found before and in other logs is told all the same."""
    try:
        yield
    except Unreadable as error:
        found.unreadable = found.unreadable or str(error)
    except Exception as error:  # noqa: BLE001 - a log that is made to break it would go free
        found.failed = found.failed or failure(error, f"entry {found.entries:,}")


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
