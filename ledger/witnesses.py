"""Other organisations watch the log: witnesses are asked to cosign what was published.

The published checkpoint is the note that is locked in, and the lines of the witnesses after it:
they come later, and never change what the log signed. Publishing waits for none of this: the worker
takes turns beside it (ledger/background.py). A log may grow faster than witnesses are
asked; `checkpoint.witnessed` is the newest note that the quorum of the policy has cosigned.
"""

import logging
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from edgecode.log import merkle, notes, witness
from edgecode.log.checkpoints import parse_checkpoint
from edgecode.log.cosignatures import wrong_time
from edgecode.log.folder import WITNESSED, LogFolder
from edgecode.log.keys import VerifierKey
from edgecode.log.leaf import parse
from edgecode.log.policy import Policy
from ledger import elsewhere, proofs, shards, witness_http
from ledger.models import LogState, WitnessState

INTERVAL = timedelta(seconds=10)
# An idle log is cosigned again, so that a reader knows that nothing newer is kept from him.
FRESH = timedelta(hours=1)
_HANDS = 8
logger = logging.getLogger("edgecode.ledger")


@dataclass(frozen=True, slots=True)
class Desk:
    """Where one witness is asked: its submission prefix, and its keys in the policy."""

    url: str
    name: str
    keys: tuple[VerifierKey, ...]


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of asking: signature lines over the checkpoint, or trouble in one line.

    `size` is what the witness is known to remember now.
    """

    lines: Mapping[VerifierKey, str]
    size: int
    trouble: str = ""


def turn() -> int:
    """Ask every witness that is due to cosign the published checkpoint; return how many did.

    A witness is due when its cosignature is missing, or an hour old, and no process has asked it
    for 10 seconds. The last checkpoint of each closed shard is shown to them as well, until today's
    quorum has cosigned it once: an auditor who trusts these witnesses needs them for every log.
    One that fails is noted (WitnessState.trouble) and hinders nobody. Raises ValueError for a
    policy file that is wrong.
    """
    policy, (*closed, live) = elsewhere.policy(), shards.listed()
    cosigned = _turn(policy, live.folder, FRESH)
    for shard in closed:
        note = proofs.folder(shard.folder).checkpoint()
        if note is not None and not _is_met(policy, note):
            cosigned += _turn(policy, shard.folder, None)
    return cosigned


def _turn(policy: Policy, shard: str, fresh: timedelta | None) -> int:
    """Have one shard's checkpoint cosigned; again when that was longer ago than `fresh`."""
    log = proofs.folder(shard)
    note = log.checkpoint()
    if note is None:
        return 0
    starts = {d: _claim(d, shard) for d in _desks(policy) if _lacks(note, d, fresh)}
    due = {desk: start for desk, start in starts.items() if start is not None}
    bare, cosigned = _without(note, policy), 0
    if not due:
        return 0
    with ThreadPoolExecutor(_HANDS) as hands:
        first = _begins(log)
        jobs = {
            hands.submit(ask, desk, bare, log, start, max(first, _last(log, desk))): desk
            for desk, start in due.items()
        }
        for job in as_completed(jobs):
            reply = job.result()
            _remember(jobs[job], shard, due[jobs[job]], reply)
            if reply.lines:
                note = _merge(note, reply.lines)
                _attach(log, note, reply.lines, policy)
                cosigned += 1
    return cosigned


def ask(desk: Desk, note: str, log: LogFolder, start: int, earliest: int = 0) -> Reply:
    """Ask one witness to cosign `note`, from the size it should remember; once more when it names
    another one. A cosignature of the future, or from before the second `earliest`, is not taken.
    Never raises: what goes wrong is the reply's trouble."""
    size = _size(note)
    old = start if start <= size else 0
    try:
        for _ in range(2):
            body = witness.request(old, _proof(log, old, note), note)
            answer = witness_http.post(desk.url, body)
            if answer.status != 409 or answer.content_type != witness.SIZE:
                break
            told = witness.parse_size(answer.body)
            if told > size or told == old:
                return Reply({}, start, f"remembers {told} entries, {size} are published: a fork?")
            old = told
        if answer.status != 200:
            return Reply({}, old, f"answered {answer.status}: {answer.body.strip():.200}")
        lines = witness.cosignature_lines(note, answer.body, desk.keys)
        for key, line in lines.items():
            at = notes.signers(f"{notes.note_text(note)}\n{line}", [key])[1][key]
            if why := wrong_time(at, timezone.now(), earliest):
                return Reply({}, size, f"signs by a wrong clock: {why}")
    except (OSError, ValueError) as error:
        return Reply({}, start, f"{error}"[:300] or type(error).__name__)
    if not lines:
        return Reply({}, size, "signed with a key that is not in the policy")
    forgot = f"had forgotten {start - old} entries: ask who runs it" if old < start else ""
    return Reply(lines, size, forgot)


def _begins(log: LogFolder) -> int:
    """Return the POSIX second of the log's first entry; 0 when it cannot be read now."""
    try:
        return int(parse(log.entry(0, log.size())).at.timestamp())
    except (OSError, ValueError):
        return 0


def _last(log: LogFolder, desk: Desk) -> int:
    """Return when a witness last signed what is published as witnessed, 0: never."""
    note = log.witnessed()
    times = notes.signers(note, desk.keys)[1].values() if note else ()
    # One from the future was taken before such were refused.
    return max((at for at in times if not wrong_time(at, timezone.now())), default=0)


def _proof(log: LogFolder, old: int, note: str) -> list[bytes]:
    """Return the proof that the tree of `note` begins with that of `old` entries. It is verified
    first: a damaged tile shall not look like a fork to others. Raises OSError or ValueError."""
    new = parse_checkpoint(notes.note_text(note))
    proof = log.consistency(old, new.size)
    merkle.verify_consistency(old, new.size, log.root(old), new.root, proof)
    return proof


def _desks(policy: Policy) -> list[Desk]:
    """Return one desk per address: a witness may sign with several keys."""
    keys: dict[str, list[VerifierKey]] = {}
    names: dict[str, str] = {}
    for item in policy.witnesses:
        if item.url:
            keys.setdefault(item.url, []).append(item.key)
            names.setdefault(item.url, item.name)
    return [Desk(url, names[url], tuple(held)) for url, held in keys.items()]


def _lacks(note: str, desk: Desk, fresh: timedelta | None) -> bool:
    oldest = (timezone.now() - fresh).timestamp() if fresh else 1
    times = notes.signers(note, desk.keys)[1]
    return any(times.get(key, 0) < oldest for key in desk.keys)


def _claim(desk: Desk, shard: str) -> int | None:
    """Return the size the witness remembers if it is due, and count it as asked from now on;
    None when another process has asked it, or this one, a moment ago."""
    now = timezone.now()
    row, _ = WitnessState.objects.get_or_create(url=desk.url, shard=shard)
    due = WitnessState.objects.filter(
        # Asked in the future: the clock was put back, and nobody waits for it.
        Q(asked_at=None) | Q(asked_at__lte=now - INTERVAL) | Q(asked_at__gt=now),
        pk=row.pk,
    )
    return row.size if due.exists() and due.update(asked_at=now) else None


def _remember(desk: Desk, shard: str, start: int, reply: Reply) -> None:
    rows = WitnessState.objects.filter(url=desk.url, shard=shard)
    changed = rows.exclude(trouble=reply.trouble)
    if changed.update(trouble=reply.trouble):
        logger.log(
            logging.WARNING if reply.trouble else logging.INFO,
            "the witness %s %s",
            desk.name,
            reply.trouble or "cosigns again",
        )
    if reply.size != start:
        rows.update(size=reply.size)


def _attach(log: LogFolder, note: str, lines: Mapping[VerifierKey, str], policy: Policy) -> None:
    """Publish the lines with the checkpoint they are over, if that is still the newest; and the
    note as the newest witnessed one, if it is. The row lock lets one process write at a time."""
    with transaction.atomic():
        LogState.objects.select_for_update().get(id=1)
        published = log.checkpoint() or ""
        if notes.note_text(published) == notes.note_text(note):
            note = _merge(published, lines)  # another process may have put lines there
            list(notes.signature_lines(note))  # raises for more of them than a note may have
            # Killed before this: the witness is asked again, and signs the same tree again.
            log.write("checkpoint", note.encode(), durable=True)
        if _is_met(policy, note) and _size(note) >= _size(log.witnessed()):
            log.write(WITNESSED, note.encode(), durable=True)


def _is_met(policy: Policy, note: str) -> bool:
    """Return whether witnesses cosigned the note, enough of them for the quorum."""
    signed = notes.signers(note, [item.key for item in policy.witnesses])[1]
    names = [item.name for item in policy.witnesses if item.key in signed]
    return bool(names) and policy.is_met_by(names)


def _size(note: str | None) -> int:
    return parse_checkpoint(notes.note_text(note)).size if note else -1


def _merge(note: str, lines: Mapping[VerifierKey, str]) -> str:
    """Return the note with these lines at its end, in place of older ones by the same keys."""
    return _drop(note, lines) + "".join(lines.values())


def _without(note: str, policy: Policy) -> str:
    """Return the note with the log's signatures only: a witness needs no others."""
    return _drop(note, [item.key for item in policy.witnesses])


def _drop(note: str, keys: Iterable[VerifierKey]) -> str:
    ids = {(key.name, key.key_id) for key in keys}
    kept = [line for name, key, line in notes.signature_lines(note) if (name, key) not in ids]
    return f"{notes.note_text(note)}\n{''.join(kept)}"
