"""`make soak`: kill the ledger's processes a thousand times on SQLite and on PostgreSQL.

    python -m tests.ledger.soak [KILLS]

Prints a report for each, or ends at the first fork, gap or loss with what was seen.
"""

import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests import postgres
from tests.ledger.killing import Site


def main(kills: int = 1000) -> None:
    """Torment a ledger on each database, under a seed that is printed."""
    seed = random.SystemRandom().randrange(10**6)
    print(f"{kills} kills each, seed {seed}", flush=True)  # noqa: T201
    _soak("SQLite", None, kills, seed)
    with postgres.server() as url:
        parts = urlsplit(url)
        database = {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": parts.path.strip("/"),
            "USER": parts.username,
            "PASSWORD": parts.password,
            "HOST": parts.hostname,
            "PORT": parts.port,
        }
        _soak("PostgreSQL", database, kills, seed)


def _soak(name: str, database: dict[str, Any] | None, kills: int, seed: int) -> None:
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="edgecode-soak-") as folder:
        site = Site(Path(folder), database)
        site.run("fill", "10")
        site.torment(kills, seed)
        site.settle()
        minutes = (time.monotonic() - start) / 60
        print(f"\n{name}, {minutes:.1f} minutes\n{site.summary()}", flush=True)  # noqa: T201


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
