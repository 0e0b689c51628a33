"""What a lab asks for."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Coded, Organisation
from accounts.owned import Owned
from licensing.models.scopes import Scope


class RequestState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("Submitted")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class RequestQuerySet(Owned["Request"]):
    """Licensors see deals, never the whole request."""


class Request(Coded, Scope):
    """What a lab asks for: files, and the scope it wants for all of them."""

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="requests"
    )
    name = models.CharField(max_length=200)
    purpose = models.CharField(max_length=1000, default="", blank=True)
    currency = models.CharField(max_length=3)
    # Whether the rate cards on offer say the price; `price_minor` is 0 then.
    by_card = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=RequestState, default=RequestState.DRAFT)
    created_at = models.DateTimeField(default=timezone.now)
    submitted_at = models.DateTimeField(null=True)
    submitted_role = models.CharField(max_length=10, default="", blank=True)  # of who submitted it
    # The licence that it asks to amend: then `price_minor` comes on top of what was paid for that.
    amends = models.ForeignKey(
        "licensing.Grant", on_delete=models.PROTECT, null=True, related_name="amendments"
    )
    # What was paid per file by then; null where no licence is amended, or rate cards said it.
    paid_minor = models.PositiveBigIntegerField(null=True)
    # Of an amendment that the licensor proposed: nothing in it is the lab's word.
    proposed_by = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, related_name="+"
    )

    objects = RequestQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
                name="request_ends_after_start",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def stream(self) -> str:
        return f"request:{self.code}"
