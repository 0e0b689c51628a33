"""A ledger in a process of its own, to be killed: `python -m tests.ledger.standalone DIR STEP`.

STEP is `fill N` (migrate, append N events, advance), `advance`, or `die POINT COUNT`: append three
events, advance, and be killed, as by kill -9, right before or after the COUNTth call of a step.
"""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import django
from django.conf import settings

SETTINGS = {
    "INSTALLED_APPS": ["ledger"],
    "USE_TZ": True,
    "ENV": SimpleNamespace(
        ledger_origin="edgecode.localhost/ledger",
        ledger_second_signature=False,
        ledger_mirror_bucket=None,
        ledger_witnesses=None,
    ),
}


def configure(var_dir: Path) -> None:
    settings.configure(
        VAR_DIR=var_dir,
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": var_dir / "ledger.sqlite3",
                "OPTIONS": {
                    "transaction_mode": "IMMEDIATE",
                    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
                },
            }
        },
        **SETTINGS,
    )
    django.setup()


def die_at(owner: Any, name: str, *, before: bool, count: int) -> None:
    """Let the COUNTth call of owner.name be the last thing that this process does."""
    work: Callable[..., Any] = getattr(owner, name)
    calls = 0

    def counted(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if before and calls == count:
            os.kill(os.getpid(), signal.SIGKILL)
        result = work(*args, **kwargs)
        if calls == count:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, counted)


def main(var_dir: Path, step: str, *arguments: str) -> None:
    configure(var_dir)
    from django.core.management import call_command

    from edgecode.log import folder
    from ledger import kinds, sequencer

    kinds.register("crate.moved", subject="crate", meaning="For this test only.")
    if step == "fill":
        call_command("migrate", verbosity=0)
        append_events(int(arguments[0]))
    if step == "die":
        append_events(3)
        when, name = arguments[0].split(":")
        owner = folder.LogFolder if hasattr(folder.LogFolder, name) else sequencer
        die_at(owner, name, before=when == "before", count=int(arguments[1]))
    checkpoint = sequencer.advance()
    print(checkpoint.size if checkpoint else 0)  # noqa: T201 - read by the test


def append_events(count: int) -> None:
    from django.db import transaction

    from ledger.append import append

    with transaction.atomic():
        for number in range(count):
            append("crate.moved", stream=f"crate:{number % 5}", actor="organisation:1")


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
