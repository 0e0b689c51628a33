"""What was published of closed deals, so that others can compare."""

from django.db import models
from django.utils import timezone

from licensing.models.deals import Deal


class PrecedentRelease(models.Model):
    """The comparable deals that were published in one month, for good.

    `text` is the published document word for word, whose hash stands in the log.
    """

    month = models.CharField(max_length=7, unique=True)  # 2026-11
    text = models.TextField()
    sha256 = models.CharField(max_length=64)
    published_at = models.DateTimeField(default=timezone.now)

    @property
    def stream(self) -> str:
        return f"precedents:{self.month}"


class PublishedDeal(models.Model):
    """A deal that stands in a release; so it stands in no other."""

    deal = models.OneToOneField(
        Deal, on_delete=models.PROTECT, primary_key=True, related_name="published_in"
    )
    release = models.ForeignKey(PrecedentRelease, on_delete=models.PROTECT, related_name="deals")
