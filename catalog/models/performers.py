"""Performers, and who speaks for them."""

from datetime import UTC, datetime
from fractions import Fraction
from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Coded, Organisation
from accounts.owned import Owned
from catalog.consents.speaking import Standing, standing_at
from catalog.models.rights import Evidence


class HeirsRule(models.TextChoices):
    """How several who speak for one person decide."""

    ALL = "all", _("All must sign")
    MAJORITY = "majority", _("More than half of the shares must sign")


class PerformerQuerySet(Owned["Performer"]):
    pass


class Performer(Coded):
    """A person whose likeness may be licensed, registered by who represents them."""

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="performers"
    )
    name = models.CharField(max_length=200)
    stage_names = models.JSONField(default=list)
    born = models.DateField(null=True)
    deceased_on = models.DateField(null=True)
    # ISO 3166-1 or -2, as KR or US-CA; at death, if dead.
    domicile = models.CharField(max_length=6, default="", blank=True)
    guilds = models.JSONField(default=list)
    isni = models.CharField(max_length=16, default="", blank=True)
    imdb = models.CharField(max_length=12, default="", blank=True)
    heirs_rule = models.CharField(max_length=8, choices=HeirsRule, default=HeirsRule.ALL)
    created_at = models.DateTimeField(default=timezone.now)

    objects = PerformerQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    @property
    def stream(self) -> str:
        return f"performer:{self.code}"

    def standing_at(self, at: datetime) -> Standing:
        """What the person is on the day, UTC, of the aware instant `at`."""
        return standing_at(self.born, self.deceased_on, at.astimezone(UTC).date())


class PerformerName(models.Model):
    """A name that a performer is asked for by, as the digest of its normal form: found when it is
    known, and not listed."""

    performer = models.ForeignKey(Performer, on_delete=models.PROTECT, related_name="name_keys")
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["performer", "digest"], name="performer_name_once")
        ]
        indexes = [models.Index(fields=["digest"], name="performer_name_digest")]


class Basis(models.TextChoices):
    """Why somebody may speak for a person."""

    SELF = "self", _("The person")
    GUARDIAN = "guardian", _("Guardian of a minor")
    AGENT = "agent", _("Agent, by power of attorney")
    AGENCY = "agency", _("Agency, by contract")
    HEIR = "heir", _("Heir or executor")
    ASSIGNEE = "assignee", _("Assignee")
    UNION = "union", _("Union")


class AuthorityQuerySet(Owned["Authority"]):
    owner = "performer__organisation"

    def in_force(self, at: Any) -> Self:
        """Those that may sign at the aware instant `at`."""
        return self.filter(
            Q(starts_at__isnull=True) | Q(starts_at__lte=at),
            Q(ends_at__isnull=True) | Q(ends_at__gt=at),
            Q(ended_at__isnull=True) | Q(ended_at__gt=at),
        )


class Authority(Coded):
    """Somebody who may sign for a performer, why, and with which share of the estate."""

    performer = models.ForeignKey(Performer, on_delete=models.PROTECT, related_name="authorities")
    holder = models.CharField(max_length=200)
    email = models.EmailField(blank=True, default="")  # where the consent to sign is sent
    basis = models.CharField(max_length=10, choices=Basis)
    share_numerator = models.PositiveIntegerField(default=1)
    share_denominator = models.PositiveIntegerField(default=1)
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    objects = AuthorityQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(share_numerator__gt=0, share_numerator__lte=F("share_denominator")),
                name="authority_share_in_0_1",
            ),
            models.CheckConstraint(
                condition=Q(starts_at__isnull=True)
                | Q(ends_at__isnull=True)
                | Q(ends_at__gt=F("starts_at")),
                name="authority_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.holder} ({self.get_basis_display()})"

    @property
    def share(self) -> Fraction:
        return Fraction(self.share_numerator, self.share_denominator)

    @property
    def stream(self) -> str:
        return f"authority:{self.code}"
