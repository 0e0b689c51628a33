"""The files of a request or a deal, each with the newest verdict and its reasons in words."""

from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from api.outputs.licensing import Item
from api.shapes import build, columns
from licensing.clearance import reason_text
from licensing.models import Clearance, RequestItem


def items(found: QuerySet[RequestItem]) -> list[dict[str, Any]]:
    """Return the JSON of request items (at most 10,000 in a request), by file. Two queries."""
    newest = Clearance.objects.filter(item=OuterRef("pk")).order_by("-pk").values("pk")[:1]
    listed = list(
        found.annotate(newest=Subquery(newest))
        .order_by("asset__code")
        .values_list(*columns(Item), "newest")
    )
    verdicts = {
        pk: {"verdict": verdict, "clearance": code, "reasons": _explain(reasons.split())}
        for pk, verdict, code, reasons in Clearance.objects.filter(
            pk__in=[row[-1] for row in listed if row[-1] is not None]
        ).values_list("pk", "verdict", "code", "decision__reasons")
    }
    return [build(Item, row) | verdicts.get(row[-1], _UNDECIDED) for row in listed]


_UNDECIDED: dict[str, Any] = {"verdict": None, "clearance": None, "reasons": []}


def _explain(codes: list[str]) -> list[dict[str, str]]:
    return [{"code": code, "text": reason_text(code)} for code in codes]
