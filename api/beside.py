"""What is asked for beside what is on offer, as JSON."""

from typing import Any

from django.db.models import QuerySet

from catalog.models import Likeness
from licensing.models import Request, RequestItem
from licensing.verdicts.outside import Beside, beside_offers


def beside(request: Request, items: QuerySet[RequestItem]) -> list[dict[str, Any]]:
    """Return the JSON of these items of a request beside their offers, by title or likeness."""
    return [_shown(each) for each in beside_offers(request, items)]


def _shown(each: Beside) -> dict[str, Any]:
    kind = "likeness" if isinstance(each.owner, Likeness) else each.owner.kind
    return {
        "of": {"code": each.owner.code, "kind": kind, "name": str(each.owner)},
        "offer": each.offer.code if each.offer else None,
        "files": each.files,
        "price_minor": each.price_minor,
        "currency": each.offer.currency if each.offer else None,
        "outside": [term.value for term in each.outside],
    }
