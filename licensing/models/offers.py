"""What licensors offer: prices and terms."""

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import ApiKey, Coded, Organisation, User
from accounts.owned import Owned
from catalog.models import Import, Likeness, Title

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


class PriceUnit(models.TextChoices):
    """What a price is for; `licensing.offers.pricing` counts with it."""

    FILE = "file", _("file")
    SEGMENT = "segment", _("segment")
    MINUTE = "minute", _("minute")
    HOUR = "hour", _("hour")


class Terms(models.Model):
    """What is offered: which uses, where, when, at what price. `price_minor` is in minor units
    `per` file, segment, minute or hour; licences lie in the half-open window, open where it is
    null."""

    uses = models.JSONField()
    model_kinds = models.JSONField()
    territory = models.JSONField()
    currency = models.CharField(max_length=3)
    per = models.CharField(max_length=7, choices=PriceUnit, default=PriceUnit.FILE)
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True


class OfferQuerySet(models.QuerySet["Offer"]):
    def published(self) -> Self:
        """Those that nobody has withdrawn; of some the window is over."""
        return self.filter(withdrawn_at__isnull=True)

    def on_market(self, at: datetime) -> Self:
        """Those by which something can be licensed at `at`, from then on or later."""
        return self.published().filter(Q(ends_at__isnull=True) | Q(ends_at__gt=at))

    def visible_to(self, actor: "Actor") -> Self:
        """A licensor sees its own offers; a lab sees what is on the market."""
        if actor.organisation is None:
            return self.none()
        if actor.organisation.kind == "lab":
            return self.on_market(timezone.now())
        return self.filter(organisation=actor.organisation)


class Offer(Coded, Terms):
    """A published price and terms for the files of one title or likeness."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="offers")
    title = models.ForeignKey(Title, on_delete=models.PROTECT, null=True, related_name="offers")
    likeness = models.ForeignKey(
        Likeness, on_delete=models.PROTECT, null=True, related_name="offers"
    )
    price_minor = models.PositiveBigIntegerField()
    # {by, of, times}: by what the price is multiplied for what is asked.
    modifiers = models.JSONField(default=list, blank=True)
    # What one deal comes to at least, for all files of the title or likeness together.
    minimum_minor = models.PositiveBigIntegerField(default=0)
    # Whether the licensor promises that nobody gets a lower price for a unit.
    most_favoured = models.BooleanField(default=False)
    published_at = models.DateTimeField(default=timezone.now)
    # Who made the key, where a key did it. None: before it was kept.
    published_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    published_with = models.ForeignKey(
        ApiKey, on_delete=models.PROTECT, null=True, related_name="+"
    )
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
            models.Index(fields=["ends_at"], name="offer_ends"),
        ]

    @property
    def stream(self) -> str:
        return f"offer:{self.code}"


class DraftState(models.TextChoices):
    """How a draft stands beside what its title has on the market."""

    READY = "ready", _("Ready to publish")
    INCOMPLETE = "incomplete", _("Not complete")
    DIFFERS = "differs", _("Other terms than on the market")
    PUBLISHED = "published", _("On the market")
    DROPPED = "dropped", _("No longer in the sheet")


class OfferDraftQuerySet(Owned["OfferDraft"]):
    pass


class OfferDraft(Coded, Terms):
    """An offer that rows of an Avails-AI sheet propose for a title, and that nobody published.

    `rows` names those rows: [ALID, AvailID, use]. `proposed` is what they say now; the terms are
    that, too, until somebody changes them by hand. It is a working paper: the log knows of it
    only when it is published.
    """

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="offer_drafts"
    )
    title = models.ForeignKey(Title, on_delete=models.PROTECT, related_name="offer_drafts")
    rows = models.JSONField()
    proposed = models.JSONField()
    is_edited = models.BooleanField(default=False)
    price_minor = models.PositiveBigIntegerField(null=True)
    # Modifiers, minimum and promise, as an offer has them. None: the sheet says none of them.
    card = models.JSONField(null=True)
    # What the window waits for, where the sheet names an event instead of a day.
    waits_for = models.CharField(max_length=200, default="", blank=True)
    state = models.CharField(max_length=10, choices=DraftState)
    revision = models.PositiveIntegerField(default=1)  # of the terms: what one saw is what one does
    changed_at = models.DateTimeField(default=timezone.now)

    objects = OfferDraftQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["organisation", "state", "id"], name="offer_draft_state")]


class DraftedImport(models.Model):
    """An import whose rows were drawn up as drafts."""

    of = models.OneToOneField(
        Import, on_delete=models.CASCADE, primary_key=True, related_name="drafted"
    )
