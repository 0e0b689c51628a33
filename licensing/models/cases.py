"""The cases of auditors: who may see what lies behind the log's seals, of which deals."""

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Coded, Organisation
from licensing.models.deals import Deal

if TYPE_CHECKING:
    from accounts.access import Actor


class AuditCaseQuerySet(models.QuerySet["AuditCase"]):
    def visible_to(self, actor: "Actor") -> Self:
        """The party that opened it and the auditor it was given to."""
        if actor.organisation is None:
            return self.none()
        return self.filter(Q(opened_by=actor.organisation) | Q(auditor=actor.organisation))


class AuditCase(Coded):
    """An auditor's access to the sealed facts of some deals, as far as one party to them goes."""

    opened_by = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="cases_opened"
    )
    auditor = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="cases_given")
    deals = models.ManyToManyField(Deal, related_name="cases")
    note = models.CharField(max_length=1000, default="", blank=True)  # for the auditor alone
    opened_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True)
    shown = models.PositiveIntegerField(default=0)  # how often the log says so
    shown_at = models.DateTimeField(null=True)  # the last time
    viewed_at = models.DateTimeField(null=True)  # the last time that was on a page

    objects = AuditCaseQuerySet.as_manager()

    @property
    def stream(self) -> str:
        return f"case:{self.code}"

    @property
    def state(self) -> str:
        """`active` or `ended`."""
        return "active" if self.closed_at is None else "ended"
