"""The newest verdicts on record of files, for those who need not, or cannot, clear them now."""

from django.db.models import Max, QuerySet

from licensing.models import Clearance, RequestItem

LIVE_LIMIT = 300
"""Up to so many files a page clears anew when it is opened; of more it says what is on record."""


def newest_clearances(items: QuerySet[RequestItem]) -> QuerySet[Clearance]:
    """Return the newest verdict on record of each of these files."""
    newest = Clearance.objects.filter(item__in=items.order_by()).order_by().values("item")
    return Clearance.objects.filter(pk__in=newest.annotate(newest=Max("pk")).values("newest"))
