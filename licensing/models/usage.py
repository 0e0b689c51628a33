"""What a lab says it did with the files that it was granted."""

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Coded
from licensing.models.grants import Grant
from licensing.models.offers import ModelKind

if TYPE_CHECKING:
    from accounts.access import Actor


class Exceeded(models.TextChoices):
    """In what a use went beyond its grant."""

    FILE = "file", _("a file that the grant does not cover")
    USE = "use", _("a use that is not licensed")
    MODEL_KIND = "model_kind", _("a kind of model that is not licensed")
    TERRITORY = "territory", _("a country that is not licensed")
    BEFORE = "before", _("it began before the term")
    AFTER = "after", _("it went on after the term")
    REVOKED = "revoked", _("it went on after the grant was revoked")
    SUPERSEDED = "superseded", _("it went on after an amended licence took its place")
    CONSENT = "consent", _("it went on after a consent had ended")
    SUSPENDED = "suspended", _("it began while a consent was suspended")
    AMOUNT = "amount", _("more minutes than the grant covers")


class UsageQuerySet(models.QuerySet["Usage"]):
    def visible_to(self, actor: "Actor") -> Self:
        """Both sides of the licence."""
        if actor.organisation is None:
            return self.none()
        return self.filter(
            Q(grant__licensor=actor.organisation) | Q(grant__licensee=actor.organisation)
        )


class Usage(Coded):
    """One use that the licensee reported. It is never changed: another report corrects it."""

    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="usages")
    use = models.CharField(max_length=40)
    model_kind = models.CharField(max_length=20, choices=ModelKind)
    run = models.CharField(max_length=200)  # the lab's own name for the run and its model
    territory = models.JSONField()  # where it was done
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)  # exclusive; null: it goes on
    files = models.JSONField()  # codes of the files that were used
    used_ms = models.PositiveBigIntegerField()  # of their running time, each part counted once
    exceeded = models.JSONField(default=list, blank=True)  # `Exceeded`, in its order
    note = models.CharField(max_length=1000, default="", blank=True)
    reported_role = models.CharField(max_length=10, default="", blank=True)
    reported_at = models.DateTimeField(default=timezone.now)

    objects = UsageQuerySet.as_manager()

    @property
    def stream(self) -> str:
        return f"usage:{self.code}"
