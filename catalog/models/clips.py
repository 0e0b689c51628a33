"""Parts of films and sounds, cut out of them once for all who are licensed."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from catalog.models.assets import Asset, WorkState

# What a clip is called, by its media type.
SUFFIX = {"video/mp4": ".mp4", "audio/flac": ".flac"}


class Clip(models.Model):
    """What lies in [from_ms, to_ms) of a file, as a file of its own; made by a worker."""

    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="clips")
    from_ms = models.PositiveBigIntegerField()
    to_ms = models.PositiveBigIntegerField()
    state = models.CharField(max_length=10, choices=WorkState, default=WorkState.DUE)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(default=timezone.now)  # also the lease
    problem = models.CharField(max_length=300, default="")
    # From here on: set when it is cut.
    object_key = models.CharField(max_length=200, default="")
    mime = models.CharField(max_length=100, default="")
    sha256 = models.CharField(max_length=64, default="")
    size_bytes = models.PositiveBigIntegerField(default=0)
    frames = models.PositiveIntegerField(default=0)
    duration_us = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["asset", "from_ms", "to_ms"], name="clip_once"),
            models.CheckConstraint(condition=Q(to_ms__gt=F("from_ms")), name="clip_lasts"),
        ]
        indexes = [models.Index(fields=["not_before"], condition=Q(state="due"), name="clip_due")]
