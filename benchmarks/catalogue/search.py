"""Search over a million files, on SQLite and on PostgreSQL, asked of the product's server.

    python -m benchmarks.catalogue.search [FILES]

Each question goes the whole way: HTTP, the caller's key, what has changed, the index, the rows of
the page, JSON or the page itself. Beside the clock stands the processor time of the server and, on
PostgreSQL, of the database's processes: what a busy machine lengthens least.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

import django
import orjson
from django.core.management import call_command

from benchmarks.__main__ import machine
from benchmarks.measure import Finding, table
from benchmarks.processor import Meter
from benchmarks.server import ROOT, environment, served
from tests import postgres

if TYPE_CHECKING:  # it can be imported only after django.setup()
    from accounts.access import Actor

FILES = 1_000_000
ROUNDS = 300
MOST_MS = 200
_WARM = 3
_SEARCH = "/api/v1/search/"
_ROWS = 50
_SHOWN = {"level": "asset", "q": "감"}

# The questions that cost most. Those of a lab are asked over what is on offer.
QUESTIONS: dict[str, dict[str, str | list[str]]] = {
    "everything, by name": {},
    "lab: one kind, newest first": {"kind": "picture", "order": "-added"},
    "three filters, by price": {
        "genre": ["genre3", "genre5"],
        "rights": "clear",
        "currency": "USD",
        "order": "price",
    },
    "감독 (two syllables)": {"q": "감독"},
    "감 (one syllable)": {"q": "감"},
    "ba (two letters)": {"q": "ba"},
    "three beginnings of words": {"q": "ba bo do"},
    "lab: 감, two filters, longest first": {
        "q": "감",
        "kind": "picture",
        "genre": ["genre3", "genre5"],
        "order": "-duration",
    },
}


def main(files: int = FILES) -> None:
    """Measure in a process for each database, in folders that are gone afterwards."""
    parent = Path(os.environ.get("EDGECODE_VAR_DIR", ROOT / "var"))
    parent.mkdir(parents=True, exist_ok=True)
    print(machine(), flush=True)
    with tempfile.TemporaryDirectory(prefix="benchmarks-", dir=parent) as folder:
        _on_database(Path(folder) / "sqlite", None, files)
        with postgres.server() as url:
            _on_database(Path(folder) / "postgresql", url, files)


def _on_database(folder: Path, url: str | None, files: int) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("EDGECODE_")}
    kept.pop("DATABASE_URL", None)
    kept |= environment(folder) | ({"DATABASE_URL": url} if url else {})
    command = [sys.executable, "-c", f"from {__spec__.name} import child; child({files})"]
    subprocess.run(command, env=kept, check=True)


def child(files: int) -> None:
    """Migrate, measure, print; on the database that the environment names."""
    django.setup()
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    from django.db import connection

    findings = measure(files)
    title = (
        f"Search over {files:,} files on {connection.display_name}, load {os.getloadavg()[0]:.1f}"
    )
    print(table(title, findings), flush=True)


def measure(files: int) -> list[Finding]:
    """Return what starting and asking cost."""
    from benchmarks.catalogue import million
    from catalog import search_snapshots, search_table
    from tests import factories

    studio, lab = factories.studio("Studio"), factories.lab("Lab")
    holder = studio.organisation
    assert holder is not None
    million.write(holder, files)
    start = time.process_time()
    search_snapshots.write()
    found = [Finding("the snapshot", f"processor {time.process_time() - start:,.0f} s")]
    changes = million.entries(holder.pk, 2 * ROUNDS, seed=5)
    with served() as server:
        meter = Meter(server.processes())
        ask = partial(server.get, key=factories.api_key(studio))
        ask_lab = partial(server.get, key=factories.api_key(lab))
        start = time.perf_counter()
        ask(_address())
        took = time.perf_counter() - start
        found.append(Finding("first answer of a new process", f"{took:.2f} s"))
        for name, asked in QUESTIONS.items():
            asker = ask_lab if name.startswith("lab") else ask
            found.append(_timed(meter, name, partial(asker, _address(**asked))))
        for name, address in (
            ("감, page 50", _page(ask, 50)),
            ("a page in the middle", _middle(files)),
        ):
            found.append(_timed(meter, name, partial(ask, address)))
        for name, actor, path in (("studio", studio, "/titles/"), ("lab", lab, "/search/")):
            look = partial(server.look, f"{path}?{urlencode(_SHOWN)}", _session(actor))
            found.append(_timed(meter, f"{name}: the page of 감", look))
        found.append(
            _timed(
                meter,
                "one file changed, then everything",
                partial(ask, _address()),
                lambda: search_table.put([next(changes)]),
            )
        )
        memory = (server.peak_bytes() or 0) / 2**20
    return [*found, Finding("the server's memory at most", f"{memory:,.0f} MB")]


def _address(**asked: str | list[str]) -> str:
    return f"{_SEARCH}?{urlencode({'level': 'asset', 'limit': str(_ROWS)} | asked, doseq=True)}"


def _page(ask: Callable[[str], bytes], number: int) -> str:
    """Return the address of this page, or of the last before it, as a program comes to it."""
    address = _address(q="감", order="-added")
    for _step in range(number - 1):
        if (following := orjson.loads(ask(address))["next"]) is None:
            break
        parts = urlsplit(following)
        address = f"{parts.path}?{parts.query}"
    return address


def _middle(files: int) -> str:
    from benchmarks.catalogue.million import COPIES, EPOCH
    from catalog.search.index import Cursor
    from catalog.search_live import seal

    added_s = int(EPOCH.timestamp()) + files // COPIES // 2
    return _address(order="added", cursor=seal(Cursor(added_s, files // 2)))


def _session(actor: "Actor") -> str:
    """Return the cookie of somebody who has logged in."""
    from django.conf import settings
    from django.test import Client

    client = Client()
    assert actor.user is not None
    client.force_login(actor.user)
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


def _timed(
    meter: Meter,
    name: str,
    ask: Callable[[], bytes],
    before: Callable[[], object] = lambda: None,
) -> Finding:
    """Ask many times; return the time by the clock, and the processors' of the server's side."""
    wall, work = [], []
    for number in range(ROUNDS + _WARM):
        before()
        worked, begun = meter.worked_ms(), time.perf_counter()
        ask()
        if number >= _WARM:
            wall.append((time.perf_counter() - begun) * 1000)
            work.append(meter.worked_ms() - worked)
    wall.sort()
    work.sort()
    middle, last = ROUNDS // 2, int(0.99 * ROUNDS)
    return Finding(
        name,
        f"p50 {wall[middle]:,.0f}  p99 {wall[last]:,.0f}"
        f"  processor {work[middle]:,.0f}  {work[last]:,.0f} ms",
        f"p99 < {MOST_MS} ms",
        wall[last] < MOST_MS,
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
