"""How far the log's copy in another place is. Asking it takes a moment and costs money, so what it
said is kept for a minute, and pages show it apart from the rest."""

from dataclasses import dataclass

from django.conf import settings
from django.core.cache import cache

from edgecode.log.keys import BadNote
from edgecode.log.shardlist import ShardLine
from ledger import mirror, proofs, shards, signing
from web.logbook import reading

_SECONDS = 60


@dataclass(frozen=True)
class Copy:
    """`size` entries are in the copy; `problem` is `unreachable` or `other`, a copy of a log that
    is not this one."""

    size: int = 0
    problem: str = ""


def is_configured() -> bool:
    """Return whether this installation copies its log anywhere."""
    return settings.ENV.ledger_mirror_bucket is not None


@reading
def state() -> Copy | None:
    """Return what the copy holds, or None where there is none."""
    bucket = mirror.bucket()
    if bucket is None:
        return None
    place = f"log-mirror:{bucket.name}"
    known: Copy | None = cache.get(place)
    if known is None:
        known = _ask(bucket)
        cache.set(place, known, _SECONDS)
    return known


def _ask(bucket: mirror.Bucket) -> Copy:
    for shard in reversed(shards.listed()):
        try:
            note = mirror.note_in(bucket, shard.folder)
        except OSError:
            return Copy(problem="unreachable")
        if note is not None:
            return _compared(note, shard)
    return Copy()


def _compared(note: str, shard: ShardLine) -> Copy:
    try:
        held = signing.open_by_any(note, proofs.vkeys(shard.folder))
    except BadNote:
        return Copy(problem="other")
    log = shards.folder(shard.folder)
    same = held.size <= log.size() and log.root(held.size) == held.root
    return Copy(shard.first + held.size, "" if same else "other")
