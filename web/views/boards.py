"""The clearance board as a file: every file of a request or a deal, with its newest verdict."""

from collections.abc import Iterator
from typing import Final

from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

import web.addresses  # noqa: F401 - registers `<edge:code>`
from accounts.csv_download import Cell, csv_response
from accounts.errors import NotFound
from licensing.models import Deal, Request, RequestItem
from licensing.verdicts.on_record import newest_clearances
from web.entrance import actor_of, member
from web.reasons import reason_of

_COLUMNS: Final = (
    "item__asset__code",
    "item__asset__title__name",
    "item__asset__likeness__performer__name",
    "item__asset__organisation__name",
    "item__asset__facts__duration_ms",
    "verdict",
    "decision__reasons",
    "code",
)


@require_safe
@member("lab")
def of_request(request: HttpRequest, code: str) -> HttpResponseBase:
    """The board of a request, for the lab."""
    asked = Request.objects.visible_to(actor_of(request)).filter(code=code).first()
    if asked is None:
        raise NotFound
    return _csv(f"request-{code}.csv", asked.items.all())


@require_safe
@member()
def of_deal(request: HttpRequest, code: str) -> HttpResponseBase:
    """The board of a deal, for either side."""
    deal = Deal.objects.visible_to(actor_of(request)).filter(code=code).first()
    if deal is None:
        raise NotFound
    return _csv(f"deal-{code}.csv", deal.items.all())


def _csv(filename: str, items: QuerySet[RequestItem]) -> HttpResponseBase:
    header = [
        _("File"),
        _("Title or performer"),
        _("Licensor"),
        _("Milliseconds"),
        _("Verdict"),
        _("Reasons"),
        _("In words"),
        _("Clearance"),
    ]
    return csv_response(filename, header, _rows(items))


def _rows(items: QuerySet[RequestItem]) -> Iterator[list[Cell]]:
    found = newest_clearances(items).order_by("item__asset__code").values_list(*_COLUMNS)
    for file, title, performer, licensor, ms, verdict, reasons, code in found.iterator():
        words = " ".join(str(reason_of(each)) for each in reasons.split())
        yield [file, title or performer, licensor, ms, verdict, reasons, words, code]


urlpatterns: list[URLPattern] = [
    path("requests/<edge:code>/board.csv", of_request, name="request-csv"),
    path("deals/<edge:code>/board.csv", of_deal, name="deal-csv"),
]
