"""What somebody looks for in the public log: an entry's number, a code, a history, a hash, a
manifest. What is typed names an entry, or histories, or nothing; then `problem` says what kind of
nothing."""

import re
from dataclasses import dataclass

from accounts.access import Actor
from catalog.models import Asset
from edgecode.log.leaf import check_stream
from ledger import kinds
from ledger.models import Opening, Stream
from provenance.models import Credential
from web import logbook
from web.addresses import printable
from web.typed import read

LENGTH_MAX = 120
_HASH = re.compile(r"[0-9a-f]{64}")
_MANIFEST = re.compile(
    r"(?:urn:(?:c2pa|uuid):)?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?::.{0,64})?"
)


@dataclass(frozen=True)
class Found:
    """One of three: the number of an entry, the streams to list, or what is wrong (`mistyped`,
    `form`, `hash`, `manifest`). Nothing typed: none of them."""

    entry: int | None = None
    streams: tuple[str, ...] = ()
    problem: str = ""


def search(actor: Actor, typed: str, size: int) -> Found:
    """Return what a typed text names in the log of `size` entries."""
    text = printable(typed.strip())[:LENGTH_MAX]
    if not text:
        return Found(problem="form" if typed.strip() else "")
    lower = text.lower().removeprefix("sha256:").strip()
    if _HASH.fullmatch(lower):
        return _by_hash(actor, lower, size)
    return _by_manifest(lower) if _MANIFEST.fullmatch(lower) else _by_name(text)


def _by_name(text: str) -> Found:
    """Look for a number, a code, or the name of a history."""
    asked = read(f"#{text}" if text.isdecimal() and len(text) < 8 else text)
    if asked.entry is not None:
        return Found(entry=asked.entry)
    if asked.code:
        return Found(streams=tuple(logbook.streams_of(asked.code)))
    try:
        check_stream(text)
    except ValueError:
        return Found(problem="mistyped" if asked.mistyped else "form")
    return Found(streams=(text,))


def _by_hash(actor: Actor, sha256: str, size: int) -> Found:
    """Look for a seal, for a key or document that an entry names, and for the reader's own files.

    The hash of a film is in the log only sealed: for others than its owner it is nothing.
    """
    at = Opening.objects.filter(commitment=sha256).values_list("event__entry__index", flat=True)
    sealed = at.first()
    if sealed is not None and sealed < size:
        return Found(entry=sealed)
    stream = f"key:{sha256[:32]}"
    if Stream.objects.filter(name=stream).exists():
        return Found(streams=(stream,))
    for kind in kinds.registered():
        # Few entries name documents; keys were looked for above.
        if "sha256" in kind.data and kind.subject != "key":
            for line in logbook.all_of_kind(size, kind.name, 1000):
                if line.leaf.data.get("sha256") == sha256:
                    return Found(entry=line.index)
    streams = _own_files(actor, sha256)
    return Found(streams=streams) if streams else Found(problem="hash")


def _own_files(actor: Actor, sha256: str) -> tuple[str, ...]:
    if actor.organisation is None:
        return ()
    assets = Asset.objects.visible_to(actor).filter(sha256=sha256)
    signed = Credential.objects.visible_to(actor).filter(file_sha256=sha256)
    return tuple(item.stream for rows in (assets, signed) for item in rows[:10])


def _by_manifest(name: str) -> Found:
    """Look for a C2PA manifest: its name is public in the entry that its signing made."""
    bare = name.removeprefix("urn:c2pa:").removeprefix("urn:uuid:")
    names = {bare, f"urn:c2pa:{bare}", f"urn:uuid:{bare}"}
    rows = Credential.objects.named(names)[:10]
    streams = tuple(row.stream for row in rows)
    return Found(streams=streams) if streams else Found(problem="manifest")
