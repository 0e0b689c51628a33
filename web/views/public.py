"""Pages anyone may open: the start page, and the two addresses that operators watch."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django.views.i18n import set_language

# How long each shot of the drawn example is, as a share of its strip (they sum to 320).
_SHOTS = (26, 9, 14, 38, 6, 11, 22, 7, 31, 12, 18, 5, 9, 27, 16, 8, 21, 13, 19, 8)


@dataclass(frozen=True)
class Shot:
    """A drawn shot: where it starts in the strip, how long it is, whether it is licensed."""

    x: int
    width: int
    licensed: bool


def _example() -> dict[str, Any]:
    """Return one licence from title to log, with invented parties, for the start page's picture."""
    shots, x = [], 0
    for number, width in enumerate(_SHOTS):
        shots.append(Shot(x, width - 2, number not in {4, 11, 17}))
        x += width
    return {
        "title_code": "7K3F2Q9P",
        "request_code": "4M8T6RDE",
        "grant_code": "9WQ2XHVK",
        "credential_code": "3ZN7C5EB",
        "entry_code": "Z001EZG7",
        "runtime_ms": 5_467_000,
        "shots": shots,
        "territory": {"include": ["WORLD"], "except": ["JP"]},
        "start": datetime(2027, 1, 1, tzinfo=UTC),
        "end": datetime(2030, 1, 1, tzinfo=UTC),
        "price_minor": 18_450_000,
        "agreement_hash": "5f2b8c0d9e417a36b1c4d8f07e2a95638bd1f4607c9e3a52d8160f4be97c3a1d",
        "since": datetime(2027, 5, 3, tzinfo=UTC),
        "entry": 48_112,
    }


@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    """Say what this is, with one licence drawn from title to public log."""
    return render(request, "web/landing.html", {"example": _example()})


@require_safe
def healthz(_request: HttpRequest) -> HttpResponse:
    """Answer that the process runs; touches nothing else."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
def readyz(_request: HttpRequest) -> HttpResponse:
    """Answer 200 when the database answers and its schema is this version's, else 503."""
    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return JsonResponse(
            {"ready": False, "reason": _("The database does not answer.")}, status=503
        )
    if waiting:
        reason = _("The database waits for migrations: run manage.py migrate.")
        return JsonResponse({"ready": False, "reason": reason}, status=503)
    return JsonResponse({"ready": True})


urlpatterns: list[URLPattern] = [
    path("", landing, name="landing"),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("language/", set_language, name="set_language"),
]
