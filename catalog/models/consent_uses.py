"""What is made of consents: questions beforehand, and uses."""

from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Coded, Organisation
from catalog.models.consents import Consent


class Stage(models.TextChoices):
    """What is shown for approval."""

    SCRIPT = "script", _("Script")
    CLIP = "clip", _("Clip")
    FINAL = "final", _("Final work")


class Decision(models.TextChoices):
    OPEN = "open", _("Waits for an answer")
    APPROVED = "approved", _("Approved")
    REFUSED = "refused", _("Refused")


class ApprovalQuerySet(models.QuerySet["Approval"]):
    def visible_to(self, actor: Any) -> Self:
        """Who asks sees the question, who represents the performer sees it too."""
        if actor.organisation is None:
            return self.none()
        return self.filter(
            Q(asker=actor.organisation)
            | Q(consent__likeness__performer__organisation=actor.organisation)
        )


class Approval(Coded):
    """A licensee asks whether one use is as the performer wants it; silence has a meaning that the
    consent fixed."""

    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, related_name="approvals")
    asker = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    stage = models.CharField(max_length=8, choices=Stage)
    description = models.CharField(max_length=500)
    sha256 = models.CharField(max_length=64, default="", blank=True)  # of what is shown
    asked_at = models.DateTimeField(default=timezone.now)
    deadline_at = models.DateTimeField()
    silence = models.CharField(max_length=5, default="deny")  # what no answer means, when asked
    decision = models.CharField(max_length=8, choices=Decision, default=Decision.OPEN)
    by_silence = models.BooleanField(default=False)
    reason = models.CharField(max_length=500, default="", blank=True)
    decided_at = models.DateTimeField(null=True)

    objects = ApprovalQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["deadline_at"], condition=Q(decision="open"), name="approval_open")
        ]

    @property
    def stream(self) -> str:
        return f"approval:{self.code}"


class ConsentUseQuerySet(models.QuerySet["ConsentUse"]):
    def visible_to(self, actor: Any) -> Self:
        """Who used it, and who represents the performer."""
        if actor.organisation is None:
            return self.none()
        return self.filter(
            Q(user=actor.organisation)
            | Q(consent__likeness__performer__organisation=actor.organisation)
        )


class ConsentUse(Coded):
    """One use that was made of a consent; its outputs count against the quota."""

    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, related_name="uses_made")
    user = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    approval = models.ForeignKey(Approval, on_delete=models.PROTECT, null=True, related_name="uses")
    outputs = models.PositiveIntegerField(default=1)
    description = models.CharField(max_length=500)
    sha256 = models.CharField(max_length=64, default="", blank=True)  # of the output
    platform = models.CharField(max_length=100, default="", blank=True)
    url = models.CharField(max_length=500, default="", blank=True)
    used_at = models.DateTimeField()
    recorded_at = models.DateTimeField(default=timezone.now)

    objects = ConsentUseQuerySet.as_manager()

    @property
    def stream(self) -> str:
        return f"consent_use:{self.code}"
