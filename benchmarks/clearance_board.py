"""`python -m benchmarks.clearance_board [FILES]`: a request of many files, from submit to board.

The library is made up in the mix that the contract names, a title for each file, which is the
dearest there is: nothing of two files is the same. It is measured on SQLite and on a PostgreSQL of
its own, in a process that has served a small request before, as any server has; three requests,
each of files of its own, one after the other, of which the one that took neither least nor most
counts. *The plain way* evaluates each file by itself, as one evaluates a single file.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import django
from django.core.management import call_command

from benchmarks.measure import Finding, table
from benchmarks.server import environment

FILES: Final = 10_000
_SEED: Final = 7
_FEW: Final = 20
_TIMES: Final = 3
_PLAIN: Final = 500
_AT_ONCE: Final = 5_000
_FACTS: Final = {"duration_ms": 5_400_000, "audio_tracks": 1, "width": 1920, "height": 1080}


def main(vendor: str, files: int) -> None:
    """Make a product in a folder that is gone afterwards, and measure on it."""
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as folder:
        os.environ.update(environment(Path(folder)))
        django.setup()
        from config.wsgi import application

        assert application  # a process like the server's
        call_command("migrate", verbosity=0)
        call_command("collectstatic", verbosity=0, interactive=False)
        print(table(f"A request of {files:,} files on {vendor}", measure(files)), flush=True)


def measure(files: int) -> list[Finding]:
    """Return what it takes to submit a draft of so many files and to see its board."""
    from tests import factories

    studio, lab = factories.studio("Studio"), factories.lab("Lab")
    _served(lab, _library(studio, _FEW, "Short"))
    runs = [_served(lab, _library(studio, files, f"Film {n}", n)) for n in range(_TIMES)]
    every = " ".join(f"{_to_board(each)[0]:.2f}" for each, _plain in runs)
    runs.sort(key=lambda run: _to_board(run[0])[0])
    seconds, plain = runs[_TIMES // 2]
    both = _to_board(seconds)
    named = {
        "add": "all files are put into the draft",
        "submit": "it is submitted: verdicts kept and logged",
        "board": "the first page of its board",
    }
    return [
        *(Finding(named[name], _both(*taken)) for name, taken in seconds.items()),
        Finding("submit to board", _both(*both), "3 s", both[0] <= 3),
        Finding("submit to board, each of the requests", f"{every} s"),
        Finding("the plain way, evaluating alone", f"processor {plain:.1f} s"),
        Finding("the plain way / submit", f"{plain / seconds['submit'][1]:.1f}x"),
    ]


def _to_board(seconds: dict[str, tuple[float, float]]) -> tuple[float, float]:
    """Return what submitting and the board take together: by the clock, and of the processor."""
    clock, processor = (seconds["submit"][at] + seconds["board"][at] for at in (0, 1))
    return clock, processor


def _served(lab: Any, codes: list[str]) -> tuple[dict[str, tuple[float, float]], float]:
    """Return what each step of a request for these files takes, and the plain way of it."""
    from django.test import Client

    from licensing.deals.requests import add_assets, submit_request
    from tests import factories

    draft = factories.draft(lab, [], **_scope())
    seconds: dict[str, tuple[float, float]] = {}
    _timed(seconds, "add", lambda: add_assets(actor=lab, code=draft.code, assets=codes))
    plain = _plain(draft)
    _timed(seconds, "submit", lambda: submit_request(actor=lab, code=draft.code))
    client = Client(headers={"host": "127.0.0.1"})
    assert lab.user is not None
    client.force_login(lab.user)
    page = f"/requests/{draft.code}/"
    _timed(seconds, "board", lambda: _seen(client.get(page)))
    return seconds, plain


def _timed(seconds: dict[str, tuple[float, float]], name: str, act: Callable[[], object]) -> None:
    clock, processor = time.perf_counter(), time.process_time()
    act()
    seconds[name] = time.perf_counter() - clock, time.process_time() - processor


def _both(clock: float, processor: float) -> str:
    return f"{clock:.2f} s, processor {processor:.2f} s"


def _seen(answer: Any) -> None:
    assert answer.status_code == 200, answer.status_code


def _plain(draft: Any) -> float:
    """Return the seconds that all files would take one by one, from some of them."""
    from django.utils import timezone

    from licensing.verdicts.clearances import evaluate

    items = draft.items.select_related(
        "request__organisation", "asset__organisation", "asset__title", "asset__likeness__performer"
    )
    count, now = draft.items.count(), timezone.now()
    some = list(items.order_by("asset__code")[:_PLAIN])
    started = time.process_time()
    for item in some:
        evaluate(item, as_of=now)
    taken = time.process_time() - started
    return taken * float(count) / len(some)


def _scope() -> dict[str, Any]:
    return {
        "uses": ["train.generative", "evaluate"],
        "model_kinds": ["foundation"],
        "territory": {"include": ["WORLD"], "except": ["CN", "RU"]},
        "starts_at": datetime(2027, 1, 1, tzinfo=UTC),
        "ends_at": datetime(2030, 1, 1, tzinfo=UTC),
    }


def _library(studio: Any, files: int, name: str, nth: int = 0) -> list[str]:
    """Write so many titles with a file, an offer and one to six facts each; return the codes of
    the files. The log has them, the search does not."""
    from django.db import transaction

    from accounts.codes import allocate_many
    from catalog.models import Asset, Fact
    from catalog.titles import register_many
    from ledger.append import NewEvent, append_many
    from licensing.made_up_library import library
    from licensing.models import Offer

    known = list(library(files, _SEED + nth).values())
    before = datetime.now(UTC) - timedelta(days=1)
    codes: list[str] = []
    for start in range(0, files, _AT_ONCE):
        some = known[start : start + _AT_ONCE]
        with transaction.atomic():
            rows: Any = [
                {"kind": "film", "name": f"{name} {start + n}", "language": "en", "year": 2000}
                for n in range(len(some))
            ]
            titles = register_many(actor=studio, rows=rows)
            assets = Asset.objects.bulk_create(
                Asset(
                    code=f"{title.code}+001",
                    organisation=studio.organisation,
                    title=title,
                    number=1,
                    kind="picture",
                    source_type="digitalCapture",
                    filename=f"{title.name}.mp4",
                    mime="video/mp4",
                    size_bytes=1,
                    sha256=f"{title.pk:064x}",
                    object_key="none",
                    facts=_FACTS,
                    pictures_state="done",
                )
                for title in titles
            )
            append_many(
                [
                    NewEvent(
                        kind="asset.registered",
                        stream=asset.stream,
                        actor=studio.name,
                        refs={"owner": title.stream},
                        data={"asset_kind": "picture"},
                        private={"file": asset.sha256},
                    )
                    for asset, title in zip(assets, titles, strict=True)
                ]
            )
            said = [
                (title, fact) for title, facts in zip(titles, some, strict=True) for fact in facts
            ]
            Fact.objects.bulk_create(
                Fact(
                    code=code,
                    title=title,
                    kind=fact["kind"],
                    body={name: each for name, each in fact.items() if name not in {"id", "kind"}},
                    document="Contract",
                    recorded_at=before,
                )
                for code, (title, fact) in zip(
                    sorted(allocate_many("fact", len(said))), said, strict=True
                )
            )
            Offer.objects.bulk_create(
                Offer(
                    code=code,
                    organisation=studio.organisation,
                    title=title,
                    uses=["ai.all"],
                    model_kinds=["foundation"],
                    territory="WORLD",
                    price_minor=100_000,
                    currency="USD",
                    published_at=before,
                )
                for code, title in zip(allocate_many("offer", len(titles)), titles, strict=True)
            )
            codes += [asset.code for asset in assets]
    return codes


if __name__ == "__main__":
    size = int(sys.argv[1]) if len(sys.argv) > 1 else FILES
    if len(sys.argv) > 2:
        main(sys.argv[2], size)
    else:
        again = [sys.executable, "-m", "benchmarks.clearance_board", str(size)]
        subprocess.run([*again, "SQLite"], check=True)
        subprocess.run(
            [sys.executable, "-m", "tests.postgres", "--", *again, "PostgreSQL"], check=True
        )
