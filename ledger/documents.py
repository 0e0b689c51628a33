"""Entries about the log itself: that it begins, and the documents by which it is to be read.

    kinds     what an entry of each kind carries (edgecode.log.schema reads it)
    policy    whose signatures make a checkpoint credible (edgecode.log.policy reads it)

A document is a row; the file documents/<sha256> beside the tiles is made from it, and an entry
names it. So an auditor learns from the log alone by which declarations an entry was made.
"""

import hashlib
import re
from collections.abc import Mapping

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from edgecode.log import schema
from edgecode.log.canonical import JSON
from edgecode.log.folder import DOCUMENTS, POLICY, LogFolder
from edgecode.log.policy import LogKey, Policy
from ledger import agreement, elsewhere, keys, kinds, live, policies, proofs, shards
from ledger.append import append, lock_stream
from ledger.models import Document, Event
from ledger.signing import Signer

_NAME = re.compile(r"[0-9a-f]{64}")


def publish_documents() -> None:
    """Record what the log does not say yet: its beginning, the kinds, its keys, the policy. For
    processes that sign; makes the log's key if the log is new. Raises what `sequencer.advance`
    raises.

    Any number of processes may call it at once: each is recorded once.
    """
    _, signer = agreement.agreeing_state()
    publish_kinds()
    for key in signer.keys:
        keys.publish(key.public_key(), purpose="checkpoint")
    if signer.second is not None:
        keys.publish(signer.second.public_key(), purpose="checkpoint")
    text = str(policy_of(signer))
    publish("policy", text)
    _keep(live.folder(), text)
    # The address of the history is that of its first log, which has no policy of its own any more.
    if len(listed := shards.listed()) > 1:
        _keep(shards.folder(""), str(policies.of_history(shards.folder("").path, listed)))


def publish_kinds() -> None:
    """Record the beginning of a new log, and the kinds as they are declared now. Needs no key."""
    open_log()
    declared = kinds.registered()
    publish("kinds", schema.dump(declared), {"kinds": len(declared)})
    for document in Document.objects.all():
        _show(document.sha256, document.text)


def open_log() -> None:
    """Record that a log begins, as its first entry; a log that has begun is left as it is."""
    if Event.objects.exists():
        return
    with transaction.atomic():
        if connection.vendor == "postgresql":
            # Nobody else's first event may come before this one, not even uncommitted.
            with connection.cursor() as cursor:
                cursor.execute("LOCK TABLE ledger_event IN SHARE ROW EXCLUSIVE MODE")
        if not Event.objects.exists():
            data = {"origin": settings.ENV.ledger_origin}
            append("log.opened", stream=f"log:{timezone.now().year}", actor=keys.ACTOR, data=data)


def publish(name: str, text: str, data: Mapping[str, JSON] | None = None) -> None:
    """Store the document and record `<name>.published`, unless it is the newest of that name."""
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    if published(name) == sha256:
        return
    with transaction.atomic():
        lock_stream(f"document:{name}")
        if published(name) == sha256:
            return
        Document.objects.get_or_create(sha256=sha256, defaults={"text": text})
        # Killed after this: a file that no entry names, which harms nobody. The other way round
        # an entry could name what nobody can read.
        _show(sha256, text)
        append(
            f"{name}.published",
            stream=f"document:{name}",
            actor=keys.ACTOR,
            data={"sha256": sha256, **(data or {})},
        )


def published(name: str) -> str | None:
    """Return the SHA-256 of the newest document of that name, or None."""
    events = Event.objects.filter(stream=f"document:{name}", kind=f"{name}.published")
    newest = events.order_by("-version").first()
    return None if newest is None else str(newest.facts().data["sha256"])


def policy_of(signer: Signer) -> Policy:
    """Return whose signatures count for this log: its own keys, and the witnesses, groups and
    quorum of the settings. Raises BadPolicy (a ValueError) for a file that holds no policy."""
    url = f"{settings.BASE_URL}/ledger{signer.origin.removeprefix(shards.origin(''))}"
    vkeys = [*signer.vkeys, *([signer.second_vkey] if signer.second_vkey else [])]
    wanted = elsewhere.policy()
    return Policy(
        tuple(LogKey(key, url) for key in vkeys), wanted.witnesses, wanted.groups, wanted.quorum
    )


def document(sha256: str, shard: str | None = None) -> bytes | None:
    """Return the document of this hash as it is published with a shard, or None. From its file, as
    `policy` is; a shard of None is the one that grows."""
    if not _NAME.fullmatch(sha256):
        return None
    return _read(proofs.folder(shard), f"{DOCUMENTS}/{sha256}")


def policy(shard: str | None = None) -> str | None:
    """Return the newest policy as it is published with a shard, a tlog-policy file, or None."""
    raw = _read(proofs.folder(shard), POLICY)
    return None if raw is None else raw.decode()


def _read(log: LogFolder, name: str) -> bytes | None:
    try:
        return (log.path / name).read_bytes()
    except FileNotFoundError:
        return None


def _keep(log: LogFolder, policy: str) -> None:
    if _read(log, POLICY) != policy.encode():
        log.write(POLICY, policy.encode())


def _show(sha256: str, text: str) -> None:
    log, name = live.folder(), f"{DOCUMENTS}/{sha256}"
    if _read(log, name) != text.encode():
        log.write(name, text.encode(), durable=True)
