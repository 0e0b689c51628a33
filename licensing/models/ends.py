"""Licences and consents that end by their own term, as those concerned were told."""

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Organisation
from catalog.models import Consent
from licensing.models.grants import Grant


class EndNotice(models.Model):
    """That a grant, or a consent, ends within so many days; 0: that it has ended. Each is told
    once, to both sides of the grant, or to who speaks for the performer."""

    grant = models.ForeignKey(
        Grant, on_delete=models.PROTECT, null=True, related_name="end_notices"
    )
    consent = models.ForeignKey(
        Consent, on_delete=models.PROTECT, null=True, related_name="end_notices"
    )
    days = models.PositiveSmallIntegerField()
    told_at = models.DateTimeField(default=timezone.now)
    mailed_at = models.DateTimeField(null=True)  # stays null where mail is not set up

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["grant", "days"], name="end_of_grant_told_once"),
            models.UniqueConstraint(fields=["consent", "days"], name="end_of_consent_told_once"),
            models.CheckConstraint(
                condition=Q(grant__isnull=False, consent__isnull=True)
                | Q(grant__isnull=True, consent__isnull=False),
                name="end_of_one_thing",
            ),
        ]
        indexes = [
            models.Index(
                fields=["told_at"], condition=Q(mailed_at__isnull=True), name="end_to_mail"
            )
        ]

    @property
    def of(self) -> Grant | Consent:
        found = self.grant or self.consent
        assert found is not None  # noqa: S101 - the database says so
        return found

    @property
    def stream(self) -> str:
        return self.of.stream

    @property
    def display_code(self) -> str:
        return self.of.display_code

    @property
    def ends_at(self) -> datetime:
        assert self.of.ends_at is not None  # noqa: S101 - what has no end is not told of
        return self.of.ends_at

    @property
    def is_over(self) -> bool:
        return self.days == 0

    @property
    def told(self) -> list[Organisation]:
        """Those whom it concerns."""
        if self.grant is not None:
            return [self.grant.licensor, self.grant.licensee]
        assert self.consent is not None  # noqa: S101 - the database says so
        return [self.consent.likeness.performer.organisation]
