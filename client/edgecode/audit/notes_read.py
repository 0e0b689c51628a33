"""The checkpoints that a log shows: the newest, what its witnesses saw, and earlier ones."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from edgecode.audit import freshness
from edgecode.audit.findings import LogFindings, Seen
from edgecode.audit.sources import WITNESSED, Source
from edgecode.audit.task import Task
from edgecode.audit.web import Unreadable
from edgecode.log.checkpoints import Checkpoint, parse_checkpoint
from edgecode.log.folder import NOTE_BYTES_MAX, read_file
from edgecode.log.leaf import TIME_FORMAT
from edgecode.log.notes import note_text, signers
from edgecode.log.policy import Policy, Standing


def newest(
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


def count_witnesses(
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


def remembered(source: Source, known: Sequence[Seen], origin: str) -> Iterator[Seen]:
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


def other_notes(notes: Sequence[tuple[Standing, str]], newest: Standing) -> Iterator[Seen]:
    """Yield the notes just read but for the newest: they must agree with it like older ones."""
    for standing, note in notes:
        if standing is not newest:
            yield Seen(standing.checkpoint, note, "", WITNESSED)


def earlier_notes(
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
