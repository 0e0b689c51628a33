"""A 1 GB film arrives: through the API, through intake and store alone, and by a plain copy."""

import hashlib
import os
import statistics
from collections.abc import Callable
from itertools import count
from pathlib import Path

from django.conf import settings

from accounts.access import Actor
from benchmarks.film import stamp, write_film
from benchmarks.measure import Finding, by_turns, ratio
from benchmarks.server import Server, served
from catalog.intake import receive
from catalog.objects import object_store
from catalog.titles import register_title

SIZE_BYTES = 2**30
ROUNDS = 5
_PIECE_BYTES = 2**20
_GROWTH_MAX_BYTES = 32 * 2**20
_INTAKE_KEY = "benchmark"
API, INTAKE, COPY = "through the API", "intake and store alone", "copy, SHA-256, fsync"


def measure(studio: Actor, key: str) -> list[Finding]:
    """Return what registering costs, in time and in the server's memory."""
    title = register_title(actor=studio, kind="film", name="Long film", language="en")
    film = write_film(settings.VAR_DIR / "long.mp4", SIZE_BYTES)
    copy = settings.VAR_DIR / "copy.mp4"
    numbers = count()
    path = f"/api/v1/titles/{title.code}/assets/?filename=long.mp4&source_type=digitalCapture"

    def take_in() -> None:
        with film.open("rb") as file, receive(file, max_bytes=2**40) as intake:
            intake.adopt(object_store(), _INTAKE_KEY)

    def remove() -> None:
        copy.unlink(missing_ok=True)
        for stored in [_INTAKE_KEY, *object_store().keys(f"masters/{title.code}/")]:
            object_store().delete(stored)

    with served() as server:

        def register() -> None:
            stamp(film, next(numbers))  # else it is known already, and not examined
            server.send(path, film, key)

        seconds = by_turns(
            {COPY: lambda: _copy(film, copy), API: register, INTAKE: take_in},
            rounds=ROUNDS,
            after=remove,
        )
        memory = _memory(server, register)
    remove()
    megabytes = film.stat().st_size / 1e6
    film.unlink()
    return [*_speeds(seconds, megabytes), *memory]


def _speeds(seconds: dict[str, list[float]], megabytes: float) -> list[Finding]:
    found = [
        Finding(name, f"{median:.2f} s  {megabytes / median:,.0f} MB/s  n={len(values)}")
        for name, values in seconds.items()
        for median in [statistics.median(values)]
    ]
    return [*found, ratio(seconds, API, COPY, most=1.5), ratio(seconds, INTAKE, COPY, most=1.5)]


def _copy(source: Path, target: Path) -> None:
    hasher = hashlib.sha256()
    with source.open("rb", buffering=0) as file, target.open("wb", buffering=0) as draft:
        while piece := file.read(_PIECE_BYTES):
            hasher.update(piece)
            draft.write(piece)
        os.fsync(draft.fileno())
    hasher.hexdigest()


def _memory(server: Server, register: Callable[[], None]) -> list[Finding]:
    server.forget_peak()
    before = server.peak_bytes()
    register()
    after = server.peak_bytes()
    if before is None or after is None:
        return [Finding("the server's peak memory", "not told by this system")]
    growth = after - before
    return [
        Finding(
            "the server's peak memory, before and after",
            f"{before / 2**20:.0f} MiB  {after / 2**20:.0f} MiB",
            "32 MiB more",
            growth <= _GROWTH_MAX_BYTES,
        )
    ]
