"""`manage.py work`: the worker. Each round it asks every stage for what is missing."""

import logging
import signal
import threading
from argparse import ArgumentParser
from collections.abc import Callable, Mapping, Sequence
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand
from django.db import close_old_connections, connections

from api.idempotency import forget_old
from catalog.approvals import close_approvals_pending
from catalog.clips import cut_pending
from catalog.importing.pending import import_pending
from catalog.intake import remove_abandoned
from catalog.objects import wait_longer
from catalog.pictures import make_pictures_pending
from catalog.readings import find_shots_pending
from catalog.reference_list import look_pending
from catalog.upload_checks import check_uploads_pending
from catalog.uploading import sweep
from catalog.withdrawing import end_noticed_pending
from ledger import background
from ledger.documents import publish_documents
from ledger.sequencer import advance
from ledger.sqlite.base import giving_way
from licensing.comparable_deals import publish_precedents_pending
from licensing.deals.counter_offers import lapse_terms_pending
from licensing.deals.lapsing import lapse_pending
from licensing.grants.ending import end_pending, tell_ends_pending
from licensing.grants.issuing import issue_pending
from licensing.grants.notices import mail_ends_pending, notify_pending, remind_pending
from licensing.library.readiness import check_readiness_pending
from licensing.library.surveys import survey_pending
from licensing.offers.drafting import draft_pending
from licensing.payments.refunds import return_nothing_due_pending
from licensing.payments.settlements import settle_nothing_due_pending
from licensing.payments.stripe import settle_pending
from licensing.search.indexing import index_pending, write_snapshot_pending
from licensing.verdicts.clearing_again import clear_again_pending
from licensing.verdicts.decisions import write_out_pending
from licensing.verdicts.engine import publish_engine, warn_of_other_source
from provenance.credentials.files import hash_pending
from provenance.credentials.signing import sign_pending
from provenance.credentials.updates import update_pending
from provenance.outputs.received import remove_undeclared
from provenance.outputs.signing import sign_outputs_pending
from provenance.reckoning import reckon_pending
from provenance.repository.registrations import register_pending
from provenance.seals import seal_pending
from provenance.trust.stamping import stamp_pending

log = logging.getLogger("edgecode.worker")

IDLE_SECONDS = 0.2
_ROUNDS_BETWEEN_CLEANING = 18_000  # about an hour of idle rounds


def advance_ledger() -> int:
    """Bring committed events under a checkpoint. Counts as no work: it always runs."""
    advance()
    return 0


# In the order of a licence's way, so that one round carries a deal as far as it can go.
QUICK: tuple[Callable[[], int], ...] = (
    settle_pending,
    settle_nothing_due_pending,
    return_nothing_due_pending,
    lapse_pending,
    lapse_terms_pending,
    close_approvals_pending,
    end_noticed_pending,
    notify_pending,
    issue_pending,
    advance_ledger,
    sign_pending,
    seal_pending,
    advance_ledger,
)
# A whole library that was brought in keeps these busy for minutes: nobody's deal waits for them.
LIBRARY: tuple[Callable[[], int], ...] = (
    hash_pending,
    write_out_pending,
    check_readiness_pending,
    index_pending,
    survey_pending,
)
SNAPSHOT: tuple[Callable[[], int], ...] = (
    write_snapshot_pending,
    publish_precedents_pending,
    clear_again_pending,
)
# Whole films are read in these, for minutes each: in a thread of their own they delay no deal.
MEDIA: tuple[Callable[[], int], ...] = (
    check_uploads_pending,
    make_pictures_pending,
    find_shots_pending,
    look_pending,
    register_pending,
)
# The first licensee's credential says it, so that it does not wait until films are read.
CODES: tuple[Callable[[], int], ...] = (reckon_pending,)
# A file of 100,000 rows takes minutes, too.
IMPORTS: tuple[Callable[[], int], ...] = (import_pending, draft_pending)
# Whole films are read here, too, and their makers wait for them.
OUTPUTS: tuple[Callable[[], int], ...] = (sign_outputs_pending,)
# What somebody has paid for does not wait until a library is read.
CUTTING: tuple[Callable[[], int], ...] = (cut_pending,)
# A time-stamping authority that does not answer holds up nobody either.
STAMPS: tuple[Callable[[], int], ...] = (stamp_pending, update_pending)
# A mail server that does not answer holds up nobody else.
LETTERS: tuple[Callable[[], int], ...] = (remind_pending, mail_ends_pending)
# A term does not end within seconds.
ENDS: tuple[Callable[[], int], ...] = (end_pending, tell_ends_pending)
STAGES = (
    *(*QUICK, *CUTTING, *OUTPUTS, *LIBRARY, *SNAPSHOT, *CODES, *MEDIA),
    *(*IMPORTS, *ENDS, *STAMPS, *LETTERS),
)
# Each in a thread of its own, with the seconds it waits when nothing was due.
APART: Mapping[str, tuple[Sequence[Callable[[], int]], float]] = {
    "library": (LIBRARY, IDLE_SECONDS),
    "snapshot": (SNAPSHOT, 10.0),
    "media": (MEDIA, IDLE_SECONDS),
    "codes": (CODES, IDLE_SECONDS),
    "imports": (IMPORTS, IDLE_SECONDS),
    "cutting": (CUTTING, IDLE_SECONDS),
    "outputs": (OUTPUTS, 1.0),
    "ends": (ENDS, 10.0),
    "stamps": (STAMPS, 10.0),
    "letters": (LETTERS, 10.0),
}


def publish_once() -> bool:
    """Record what the log does not yet say of itself; return whether that is done. A failure is
    logged and stops nobody: the log is tried again."""
    try:
        publish_documents()
        publish_engine()
    except Exception:
        log.exception("the log's documents were not published")
        return False
    warn_of_other_source()
    return True


def run_round(stages: Sequence[Callable[[], int]] = STAGES) -> int:
    """Let every stage do what is due; return how much was done. One failing stage is logged
    and does not stop the others."""
    done = 0
    for stage in stages:
        try:
            done += stage()
        except Exception:
            log.exception("stage %s failed", stage.__name__)
    return done


def work_apart(
    stages: Sequence[Callable[[], int]], idle_seconds: float, stop: threading.Event
) -> None:
    """Do what takes long, until `stop` is set. Nobody waits for what is at hand: it is begun again,
    or gone on with, when its lease has run out."""
    try:
        while not stop.is_set():
            with giving_way():
                busy = run_round(stages)
            close_old_connections()
            if not busy:
                stop.wait(idle_seconds)
    finally:
        connections.close_all()  # this thread's own


class Command(BaseCommand):
    help = "Run the worker: settle, grant, sign, deliver proofs, check files. Ctrl-C ends it."
    requires_system_checks = ()  # they load every page and form, which nothing here needs

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--once", action="store_true", help="work until nothing is due, then end"
        )

    def handle(self, *_args: Any, once: bool, **_options: Any) -> None:
        wait_longer()
        published = publish_once()
        if once:
            while run_round():
                pass
            return
        stop = threading.Event()

        def end(_signal: int, _frame: FrameType | None) -> None:
            stop.set()

        signal.signal(signal.SIGTERM, end)
        signal.signal(signal.SIGINT, end)
        threads = background.start(stop)
        for name, (stages, idle) in APART.items():
            threading.Thread(
                target=work_apart, args=[stages, idle, stop], name=name, daemon=True
            ).start()
        others = [stage for stage in QUICK if stage is not advance_ledger]  # a thread's, here
        rounds = 0
        while not stop.is_set():
            published = published or publish_once()
            busy = run_round(others)
            close_old_connections()
            rounds += 1
            if rounds % _ROUNDS_BETWEEN_CLEANING == 0:
                forget_old()
                remove_abandoned()
                run_round([sweep, remove_undeclared])
            if not busy:
                stop.wait(IDLE_SECONDS)
        for thread in threads:
            thread.join()
