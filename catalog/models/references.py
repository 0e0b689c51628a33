"""How files that stay in their holders' buckets were found at the last look."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.models.assets import Asset


class ReferenceState(models.TextChoices):
    VERIFIED = "verified", _("As it was registered")
    CHANGED = "changed", _("Changed")
    GONE = "gone", _("Not there, or not ours to read")
    UNREACHABLE = "unreachable", _("Cannot be reached")


class ReferenceLook(models.Model):
    """The last look at a file in its holder's own bucket, and when the next one is due."""

    asset = models.OneToOneField(
        Asset, on_delete=models.CASCADE, primary_key=True, related_name="look"
    )
    state = models.CharField(max_length=12, choices=ReferenceState, default=ReferenceState.VERIFIED)
    looked_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(default=timezone.now)  # also the lease

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], name="reference_look_due"),
            models.Index(fields=["state"], name="reference_look_state"),
        ]
