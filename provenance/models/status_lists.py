"""What states grants are in, told in lists that everybody may keep."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from licensing.models import Grant


class StatusList(models.Model):
    """A list of what states grants are in, by index (`provenance.status_lists`). Its row is
    locked while an index is given out of it, and while it is brought up to date."""

    number = models.PositiveIntegerField(unique=True)
    seed = models.BinaryField()  # decides the order in which indexes are given out
    given = models.PositiveIntegerField(default=0)
    checked_at = models.DateTimeField(null=True)


class SignedStatusList(models.Model):
    """A status list as it was last signed, and the statuses in it."""

    list = models.OneToOneField(
        StatusList, on_delete=models.PROTECT, primary_key=True, related_name="signed"
    )
    statuses = models.BinaryField()
    token = models.TextField()
    etag = models.CharField(max_length=64)
    signed_at = models.DateTimeField()


class StatusIndex(models.Model):
    """Where a grant stands in a status list: given once, and to no other grant ever."""

    grant = models.OneToOneField(
        Grant, on_delete=models.PROTECT, primary_key=True, related_name="status_index"
    )
    list = models.ForeignKey(StatusList, on_delete=models.PROTECT, related_name="indexes")
    index = models.PositiveIntegerField()
    given_at = models.DateTimeField(default=timezone.now)
    # The grant's, which never change: by them the list finds whose state changes with time.
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["list", "index"], name="status_index_once")]
        indexes = [
            models.Index(fields=["list", "given_at"], name="status_index_given"),
            models.Index(fields=["list", "starts_at"], name="status_index_starts"),
            models.Index(
                fields=["list", "ends_at"],
                condition=Q(ends_at__isnull=False),
                name="status_index_ends",
            ),
        ]
