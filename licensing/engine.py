"""Which engine decides clearances: its version, the hash of its source, its entry in the log."""

import hashlib
import logging
from functools import cache
from pathlib import Path

from django.conf import settings
from django.db import transaction

from accounts.access import SYSTEM
from ledger.append import append, lock_stream
from ledger.models import Event
from licensing.clearance.verdict import ENGINE

log = logging.getLogger("edgecode.licensing")

# All that a verdict is computed from, beside the case.
_SOURCES = ("licensing/clearance", "catalog/scope")


def publish_engine() -> None:
    """Record this version of the engine, once, before the first verdict that names it."""
    if _published() is not None:
        return
    with transaction.atomic():
        if lock_stream(_stream()) == 0:
            append(
                "engine.published", stream=_stream(), actor=SYSTEM, data={"sha256": source_sha256()}
            )


def warn_of_other_source() -> None:
    """Log a warning when this version was published with another source: whoever re-runs a
    verdict would run something else. Whoever changes the engine counts its version up."""
    published = _published()
    if published is not None and published.facts().data["sha256"] != source_sha256():
        log.warning("%s was published with another source: count up ENGINE when it changes", ENGINE)


@cache
def source_sha256() -> str:
    """Return the SHA-256 of the engine's files in the form of `sha256sum`: a line for each, by
    path, of its hash, two spaces and its path."""
    base = Path(settings.BASE_DIR)
    files = [path for folder in _SOURCES for path in (base / folder).rglob("*")]
    names = [path.relative_to(base).as_posix() for path in files if path.suffix in {".py", ".json"}]
    lines = [
        f"{hashlib.sha256((base / name).read_bytes()).hexdigest()}  {name}\n"
        for name in sorted(names)
    ]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _stream() -> str:
    return f"engine:{ENGINE.replace('/', '-')}"


def _published() -> Event | None:
    return Event.objects.filter(stream=_stream(), kind="engine.published").first()
