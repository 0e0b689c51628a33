"""What of a studio's library could be licensed today: the engine's answers, kept to be counted."""

from django.db import models
from django.utils import timezone

from accounts.models import Organisation
from accounts.owned import Owned
from catalog.models import Title
from licensing.models.tables import TableVersion


class ReadinessQuerySet(Owned["Readiness"]):
    pass


class Readiness(models.Model):
    """The answer for one title to the standard question (`licensing.library.readiness`)."""

    title = models.OneToOneField(Title, on_delete=models.CASCADE, related_name="readiness")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    verdict = models.CharField(max_length=12)
    result = models.JSONField()  # the verdict as the engine gives it
    gaps = models.JSONField(default=list)  # licensing.library.readiness.Gap values
    runtime_ms = models.PositiveBigIntegerField(default=0)
    case_sha256 = models.CharField(max_length=64)
    engine = models.CharField(max_length=30)
    tables = models.ForeignKey(TableVersion, on_delete=models.PROTECT, null=True, related_name="+")
    checked_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField()  # when the answer may have changed by itself

    objects = ReadinessQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], name="readiness_due"),
            models.Index(fields=["checked_at"], name="readiness_checked"),
            models.Index(fields=["organisation", "-runtime_ms", "-id"], name="readiness_longest"),
        ]


class ReadyUseQuerySet(Owned["ReadyUse"]):
    pass


class ReadyUse(models.Model):
    """The same by use: whether the title is licensable for it, and what stands first in the way."""

    title = models.ForeignKey(Title, on_delete=models.CASCADE, related_name="ready_uses")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    use = models.CharField(max_length=30)
    verdict = models.CharField(max_length=12)
    reason = models.CharField(max_length=40, default="", blank=True)
    runtime_ms = models.PositiveBigIntegerField(default=0)

    objects = ReadyUseQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["title", "use"], name="use_once_in_title")]
        indexes = [
            models.Index(
                fields=["organisation", "use", "reason", "-runtime_ms"], name="ready_use_blocked"
            )
        ]


class LibraryReadiness(models.Model):
    """The sums of one library, counted by the worker after titles were checked."""

    organisation = models.OneToOneField(
        Organisation, on_delete=models.CASCADE, related_name="library_readiness"
    )
    titles = models.PositiveIntegerField(default=0)
    runtime_ms = models.PositiveBigIntegerField(default=0)
    by_use = models.JSONField(default=list)
    by_reason = models.JSONField(default=list)
    by_gap = models.JSONField(default=list)
    counted_at = models.DateTimeField(default=timezone.now)


class ReadinessSweep(models.Model):
    """Up to when changes of the catalogue have been looked for; one row."""

    swept_at = models.DateTimeField()
    # Of the titles up to this key all have an answer, but for what a look for changes finds.
    new_after = models.PositiveBigIntegerField(default=0)
