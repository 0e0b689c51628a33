"""What a person must decide: the questions that the engine leaves open, as a queue."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Organisation
from accounts.owned import Owned
from catalog.models import Likeness, Title
from licensing.models.deals import Deal, DealState

# In these a question still stands between a deal and its grant.
WAITING = (DealState.OPEN, DealState.HELD)


class ReviewItemQuerySet(Owned["ReviewItem"]):
    def waiting(self) -> Self:
        """Those of the library, and those of deals that are not decided."""
        return self.filter(Q(deal=None) | Q(deal__state__in=WAITING))


class ReviewItem(models.Model):
    """A reason for review that a title or a likeness has, since when: for the standard question
    about a library (`deal` is None), or for what a deal asks. Rows follow the verdicts; nobody
    settles one by hand."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    title = models.ForeignKey(
        Title, on_delete=models.CASCADE, null=True, related_name="review_items"
    )
    likeness = models.ForeignKey(
        Likeness, on_delete=models.CASCADE, null=True, related_name="review_items"
    )
    deal = models.ForeignKey(Deal, on_delete=models.CASCADE, null=True, related_name="review_items")
    reason = models.CharField(max_length=40)
    since = models.DateTimeField(default=timezone.now)

    objects = ReviewItemQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["title", "reason"],
                condition=Q(deal__isnull=True),
                name="review_item_once_in_library",
            ),
            models.UniqueConstraint(
                fields=["deal", "title", "reason"],
                condition=Q(deal__isnull=False, title__isnull=False),
                name="review_item_once_in_deal",
            ),
            models.UniqueConstraint(
                fields=["deal", "likeness", "reason"],
                condition=Q(likeness__isnull=False),
                name="review_item_once_of_likeness",
            ),
        ]
        indexes = [models.Index(fields=["organisation", "reason", "id"], name="review_item_queue")]
