"""A ledger in processes of its own, to be killed: `python -m tests.ledger.standalone DIR STEP`.

STEP is
    fill N          migrate, append N events, advance
    advance         advance once, print the size
    sequence        advance for ever
    sequence POINT COUNT
                    the same, and be killed, as by kill -9, when a crash point is reached for the
                    COUNTth time: one of POINTS, named as in ledger/sequencer.py
    close YEAR [POINT]
                    close the shard and advance, and be killed at a point of SHARD_POINTS
    write           append for ever, in three threads: with rollbacks, late commits, and a line in
                    DIR/committed for each event that was committed
The database is SQLite in DIR, or the one that CRASH_DATABASE names (JSON, as Django takes it).
"""

import contextlib
import json
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import django
from django.conf import settings

SETTINGS = {
    "INSTALLED_APPS": ["ledger"],
    "USE_TZ": True,
    "BASE_URL": "http://127.0.0.1:8000",
    "ENV": SimpleNamespace(
        ledger_origin="edgecode.localhost/ledger",
        ledger_second_signature=False,
        ledger_mirror_bucket=None,
        ledger_witnesses=None,
    ),
}
# Name of a crash point -> whose call, of what, it comes before or after.
POINTS = {
    "numbering": ("after", "sequencer", "_number"),
    "numbered": ("after", "sequencer", "sequence_pending"),
    "building": ("after", "LogFolder", "write_tiles"),
    "built": ("before", "Signer", "sign"),
    "signed": ("before", "sequencer", "_lock_in"),
    "locked in": ("after", "sequencer", "_lock_in"),
    "publishing": ("before", "LogFolder", "put checkpoint"),
    "published": ("before", "sequencer", "_remove_partial_tiles"),
    "tidying": ("after", "shutil", "rmtree"),
}
# The same, of closing a shard and opening the next.
SHARD_POINTS = {
    "closing": ("after", "sequencer", "_number_now"),
    "closed": ("after", "sequencer", "close"),
    "opening": ("after", "sequencer", "_number_now"),
    "opened": ("after", "sequencer", "_open_next"),
    "listing": ("before", "sequencer", "_show_list"),
}


def configure(var_dir: Path) -> None:
    sqlite = {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(var_dir / "ledger.sqlite3"),
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        },
    }
    database = json.loads(os.environ.get("CRASH_DATABASE", "null")) or sqlite
    settings.configure(VAR_DIR=var_dir, DATABASES={"default": database}, **SETTINGS)
    django.setup()


def die_at(point: str, count: int) -> None:
    """Let the COUNTth time that a crash point is reached be the end of this process."""
    when, owner_name, call = (POINTS | SHARD_POINTS)[point]
    owner = _owner(owner_name)
    name, _, wanted = call.partition(" ")
    work: Callable[..., Any] = getattr(owner, name)
    calls = 0

    def counted(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        counts = not wanted or wanted in args
        calls += counts
        if counts and when == "before" and calls == count:
            os.kill(os.getpid(), signal.SIGKILL)
        result = work(*args, **kwargs)
        if counts and calls == count:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, counted)


def _owner(name: str) -> Any:
    import shutil

    from edgecode.log.folder import LogFolder
    from ledger import sequencer
    from ledger.models import LogState
    from ledger.signing import Signer

    owners = (LogState, LogFolder, Signer, sequencer, shutil)
    return {owner.__name__.rpartition(".")[2]: owner for owner in owners}[name]


def main(var_dir: Path, step: str, *arguments: str) -> None:
    configure(var_dir)
    from django.core.management import call_command
    from django.db import OperationalError

    from ledger import kinds, proofs, sequencer

    kinds.register("crate.moved", subject="crate", meaning="For this test only.")
    if step == "fill":
        call_command("migrate", verbosity=0)
        append_events(int(arguments[0]))
    if step == "write":
        write_for_ever(var_dir / "committed")
    if step == "sequence":
        if arguments:
            die_at(arguments[0], int(arguments[1]))
        while True:
            # As the worker does: a database that is too busy for a while is asked again.
            with contextlib.suppress(OperationalError):
                sequencer.advance()
            time.sleep(0.005)
    if step == "close":
        year, *point = arguments
        if point:
            # The first calls of these belong to the shard that ends, the second to the next.
            die_at(point[0], 2 if point[0] in {"opening", "opened"} else 1)
        sequencer.close(year)
    sequencer.advance()
    print(proofs.size())  # noqa: T201 - read by the test


def forked(
    said: Path, errors: Path, var_dir: Path, database: dict[str, Any] | None, *arguments: str
) -> None:
    """Do what the command would, in a process that was forked; it prints into the files."""
    for file, stream in ((said, sys.stdout), (errors, sys.stderr)):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), stream.fileno())
    os.environ["CRASH_DATABASE"] = json.dumps(database)
    main(var_dir, *arguments)


def append_events(count: int) -> None:
    from django.db import transaction

    from ledger.append import append

    with transaction.atomic():
        for number in range(count):
            append("crate.moved", stream=f"crate:{number % 5}", actor="organisation:1")


def write_for_ever(record: Path) -> None:
    threads = [threading.Thread(target=_write, args=[record, number]) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


class _Regret(Exception):
    """The business transaction fails after its event was appended."""


def _write(record: Path, writer: int) -> None:
    from django.db import OperationalError, transaction

    from ledger.append import append

    chance = random.Random(f"{os.getpid()} {writer}")
    with record.open("a") as file:
        while True:
            try:
                with transaction.atomic():
                    stream = f"crate:{chance.randrange(40)}"
                    event = append("crate.moved", stream=stream, actor="organisation:1")
                    fate = chance.random()
                    if fate < 0.1:
                        raise _Regret
                    if fate < 0.2:
                        time.sleep(chance.random() / 50)  # commits after events with larger ids
            except (_Regret, OperationalError):  # the latter: SQLite was busy for too long
                continue
            file.write(f"{event.stream_id}@{event.version}\n")
            file.flush()
            time.sleep(chance.random() / 50)  # busy, and leaving the machine to others


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
