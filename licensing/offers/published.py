"""What everybody may read of the market: the terms of offers whose window is not over, by code.

Titles only. A likeness is a person's: no standard here can say what a consent says of one.
"""

from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.db.models import QuerySet

from accounts.errors import NotFound
from catalog.scope.territory import parse_territory
from catalog.scope.uses import expand_uses
from licensing.models import Offer
from licensing.standards.offered import Offered


def terms_of_title(code: str, at: datetime) -> Offered:
    """Return the public terms of the title with this code, or raise NotFound: it is not on offer,
    or there is none, and nobody learns which."""
    return _offered(_on_offer(at).filter(title__code=code).first())


def terms_of_studio(code: str, at: datetime) -> Iterator[Offered]:
    """Return the public terms of all titles that the organisation has on offer, by their codes.
    Raises NotFound where there is none."""
    rows = _on_offer(at).filter(organisation__code=code).order_by("title__code")
    if not rows.exists():
        raise NotFound
    return map(_offered, rows.iterator(chunk_size=1000))


def studios_on_offer(at: datetime) -> list[str]:
    """Return the codes of the organisations that have a title on offer."""
    codes = _on_offer(at).order_by("organisation__code").values_list("organisation__code")
    return [code for (code,) in codes.distinct()]


def _on_offer(at: datetime) -> QuerySet[Offer]:
    found = Offer.objects.on_market(at).filter(title__isnull=False)
    return found.select_related("title", "organisation")


def _offered(offer: Offer | None) -> Offered:
    if offer is None or offer.title is None:
        raise NotFound
    return Offered(
        title=offer.title.code,
        licensor=offer.organisation.code,
        uses=expand_uses(offer.uses),
        model_kinds=frozenset(offer.model_kinds),
        territory=parse_territory(offer.territory),
        starts_at=offer.starts_at,
        ends_at=offer.ends_at,
        site=settings.BASE_URL,
    )
