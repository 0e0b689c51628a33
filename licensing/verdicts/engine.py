"""Which engine decides clearances: its version, the hash of its source, its entry in the log."""

import logging
from functools import cache
from pathlib import Path

from django.conf import settings
from django.db import transaction

from accounts.access import SYSTEM
from edgecode.audit import engines
from ledger.append import append, lock_stream
from ledger.models import Event
from licensing.clearance.verdict import ENGINE

log = logging.getLogger("edgecode.licensing")


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
    """Return the hash of the engine's source, as the auditor's program computes it."""
    return engines.source_sha256(Path(settings.BASE_DIR))


def _stream() -> str:
    return f"engine:{ENGINE.replace('/', '-')}"


def _published() -> Event | None:
    return Event.objects.filter(stream=_stream(), kind="engine.published").first()
