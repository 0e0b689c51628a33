"""What the worker does for the log beside its rounds, each duty in a thread of its own: a picture
that takes a minute delays no checkpoint, and a dead mirror delays nothing at all."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.conf import settings
from django.db import close_old_connections, connections

from ledger import documents, mirror, sequencer, shards, witnesses

_LOOK_SECONDS = 10.0
_PAUSE_AFTER_FAILURE_MAX = 60.0
logger = logging.getLogger("edgecode.ledger")


@dataclass(frozen=True, slots=True)
class Duty:
    """Something to be done again and again, `pause` seconds after it was done."""

    name: str
    act: Callable[[], object]
    pause: float


def duties() -> Iterator[Duty]:
    """Yield what the settings ask for."""
    # Half of this is how long a commit waits until its checkpoint is begun.
    yield Duty("advancing the log", _Advancing().act, 0.05)
    bucket = mirror.bucket()
    if bucket is not None:
        # A bucket takes money for each object: not every checkpoint is worth one.
        yield Duty("copying the log", lambda: mirror.update(bucket), 10)
    if settings.ENV.ledger_witnesses:
        # It asks each of them once in ten seconds at most, whatever the pause is.
        yield Duty("asking the witnesses", witnesses.turn, 1)


class _Advancing:
    """Advances when there is something to do, and now and then when there is not: to look whether
    all still agree, and to go on with what was left undone."""

    def __init__(self) -> None:
        self._next = 0.0

    def act(self) -> None:
        if sequencer.is_idle() and time.monotonic() < self._next:
            return
        sequencer.advance()
        if shards.live().folder and documents.policy() is None:
            # A shard was opened here, and who closed the one before did not come to this.
            documents.publish_documents()
        self._next = time.monotonic() + _LOOK_SECONDS


def start(stop: threading.Event) -> list[threading.Thread]:
    """Begin all duties and return their threads, which end soon after `stop` is set."""
    threads = [
        threading.Thread(target=_repeat, args=[duty, stop], name=duty.name) for duty in duties()
    ]
    for thread in threads:
        thread.start()
    return threads


def _repeat(duty: Duty, stop: threading.Event) -> None:
    told, pause = set[str](), duty.pause
    try:
        while not stop.is_set():
            try:
                duty.act()
            except Exception as error:
                # Said once: it may be the same twenty times a second until somebody mends it.
                if str(error) not in told:
                    known = isinstance(error, OSError | ValueError | RuntimeError)
                    logger.log(logging.ERROR, "%s: %s", duty.name, error, exc_info=not known)
                told.add(str(error))
                pause = min(2 * pause, _PAUSE_AFTER_FAILURE_MAX)
            else:
                if told:
                    logger.warning("%s: goes on again", duty.name)
                told, pause = set(), duty.pause
            close_old_connections()
            stop.wait(pause)
    finally:
        connections.close_all()  # this thread's own
