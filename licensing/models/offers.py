"""What licensors offer: prices and terms."""

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Coded, Organisation
from catalog.models import Likeness, Title

if TYPE_CHECKING:
    from accounts.access import Actor


class Exclusivity(models.TextChoices):
    NON_EXCLUSIVE = "non_exclusive", _("Non-exclusive")
    SOLE = "sole", _("Sole")
    EXCLUSIVE = "exclusive", _("Exclusive")


class ModelKind(models.TextChoices):
    FOUNDATION = "foundation", _("Foundation model")
    OPEN_WEIGHTS = "open_weights", _("Open-weights model")
    CUSTOMER_PRIVATE = "customer_private", _("Private model of one customer")
    EVALUATION_ONLY = "evaluation_only", _("Evaluation only")


class OfferQuerySet(models.QuerySet["Offer"]):
    def published(self) -> Self:
        return self.filter(withdrawn_at__isnull=True)

    def visible_to(self, actor: "Actor") -> Self:
        """A licensor sees its own offers; a lab sees what is published."""
        if actor.organisation is None:
            return self.none()
        if actor.organisation.kind == "lab":
            return self.published()
        return self.filter(organisation=actor.organisation)


class Offer(Coded):
    """A published price and terms for the files of one title or likeness."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="offers")
    title = models.ForeignKey(Title, on_delete=models.PROTECT, null=True, related_name="offers")
    likeness = models.ForeignKey(
        Likeness, on_delete=models.PROTECT, null=True, related_name="offers"
    )
    uses = models.JSONField()
    model_kinds = models.JSONField()
    territory = models.JSONField()
    price_minor = models.PositiveBigIntegerField()  # per file
    currency = models.CharField(max_length=3)
    published_at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True)

    objects = OfferQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(title__isnull=False, likeness__isnull=True)
                | Q(title__isnull=True, likeness__isnull=False),
                name="offer_of_title_or_likeness",
            ),
            models.UniqueConstraint(
                fields=["title"], condition=Q(withdrawn_at__isnull=True), name="one_offer_per_title"
            ),
            models.UniqueConstraint(
                fields=["likeness"],
                condition=Q(withdrawn_at__isnull=True),
                name="one_offer_per_likeness",
            ),
        ]
        # For those who pull what changed.
        indexes = [
            models.Index(fields=["published_at"], name="offer_published"),
            models.Index(fields=["withdrawn_at"], name="offer_withdrawn"),
        ]

    @property
    def stream(self) -> str:
        return f"offer:{self.code}"
