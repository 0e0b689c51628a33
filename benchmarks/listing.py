"""The first page of 100,000 titles: from the API, and the same bytes from a bare Django view."""

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.access import Actor
from benchmarks.measure import Finding, by_turns, ratio, times
from benchmarks.server import served
from benchmarks.urls import PAGE
from catalog.titles import TitleRow, register_many

TITLES = 100_000
ROUNDS = 300
_BATCH = 5_000
_PATH = "/api/v1/titles/"
API, BARE = "from the API", "bare JsonResponse"


def measure(studio: Actor, key: str) -> list[Finding]:
    """Return what the first page of a large catalogue costs."""
    for start in range(0, TITLES, _BATCH):
        register_many(actor=studio, rows=[_row(start + number) for number in range(_BATCH)])
    with served() as server:
        page = server.get(_PATH, key)
        PAGE.write_bytes(page)
        assert server.get("/bare/") == page, "the two answers differ"
        seconds = by_turns(
            {BARE: lambda: server.get("/bare/"), API: lambda: server.get(_PATH, key)},
            rounds=ROUNDS,
        )
    return [
        *(times(name, values) for name, values in seconds.items()),
        ratio(seconds, API, BARE, most=3),
        Finding("the page", f"{len(page):,} bytes  {_queries(key)} queries"),
    ]


def _row(number: int) -> TitleRow:
    return {
        "kind": "film",
        "name": f"Film number {number}",
        "language": "en",
        "year": 1888 + number % 140,
    }


def _queries(key: str) -> int:
    client = Client(headers={"authorization": f"Bearer {key}", "host": "127.0.0.1"})
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(_PATH)
    assert answer.status_code == 200
    return len(queries)
