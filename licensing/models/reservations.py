"""What an agreed deal keeps back for its lab until the grant."""

from django.db import models

from catalog.models import Likeness, Title
from licensing.models.deals import Deal, DealState

# Agreed, and neither granted nor over.
RESERVING = (DealState.APPROVED, DealState.SETTLED, DealState.HELD)


class Reservation(models.Model):
    """One title or likeness of an agreed deal, so that no two are agreed on at the same time. What
    is kept back is said by the deal's files: titles are merged and split.

    `number` counts the reservations of a title or likeness from 1. Each is made after looking at
    those before it: of two that looked at the same time the database takes one.
    """

    deal = models.ForeignKey(Deal, on_delete=models.PROTECT, related_name="reservations")
    title = models.ForeignKey(Title, on_delete=models.PROTECT, null=True, related_name="+")
    likeness = models.ForeignKey(Likeness, on_delete=models.PROTECT, null=True, related_name="+")
    number = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["title", "number"], name="title_reserved_in_turn"),
            models.UniqueConstraint(
                fields=["likeness", "number"], name="likeness_reserved_in_turn"
            ),
            models.CheckConstraint(
                condition=models.Q(title__isnull=True, likeness__isnull=False)
                | models.Q(title__isnull=False, likeness__isnull=True),
                name="reservation_of_one",
            ),
        ]
