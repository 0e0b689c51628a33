"""Who holds which right over a title, and what contracts forbid.

Rights facts are never edited: a correction is a new row that supersedes the old one, so that
any past decision can be explained by what was known at the time (`recorded_at`).
"""

from fractions import Fraction

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Coded
from accounts.owned import Owned
from catalog.models.titles import Title


class RightsFact(Coded):
    """What every recorded right or restriction has: its scope, its source, its two clocks."""

    title = models.ForeignKey(Title, on_delete=models.PROTECT, related_name="%(class)ss")
    uses = models.JSONField(default=list)  # use names; ["ALL"] for every use
    territory = models.JSONField(default=str)  # a territory expression
    starts_at = models.DateTimeField(null=True)  # null: always
    ends_at = models.DateTimeField(null=True)  # null: for ever; half-open
    document = models.CharField(max_length=300, default="", blank=True)
    clause = models.CharField(max_length=100, default="", blank=True)
    note = models.CharField(max_length=500, default="", blank=True)
    recorded_at = models.DateTimeField(default=timezone.now)
    superseded_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(starts_at__isnull=True)
                | Q(ends_at__isnull=True)
                | Q(ends_at__gt=F("starts_at")),
                name="%(class)s_ends_after_start",
            )
        ]


class HoldingQuerySet(Owned["Holding"]):
    owner = "title__organisation"


class HoldingKind(models.TextChoices):
    OWNERSHIP = "ownership", _("Ownership")
    ASSIGNMENT = "assignment", _("Assignment")
    GRANT_IN = "grant_in", _("Licence in")


class Holding(RightsFact):
    """A right that a party holds over a title: ownership, or a deed that brought it."""

    kind = models.CharField(max_length=12, choices=HoldingKind)
    party = models.CharField(max_length=200)
    grantor = models.CharField(max_length=200, default="", blank=True)  # of a deed
    share_numerator = models.PositiveIntegerField(default=1)
    share_denominator = models.PositiveIntegerField(default=1)
    exclusivity = models.CharField(max_length=15, default="exclusive")
    sublicensable = models.BooleanField(default=False)
    executed_at = models.DateTimeField(null=True)

    objects = HoldingQuerySet.as_manager()

    class Meta(RightsFact.Meta):
        constraints = [
            *RightsFact.Meta.constraints,
            models.CheckConstraint(
                condition=Q(share_numerator__gt=0, share_numerator__lte=F("share_denominator")),
                name="share_in_0_1",
            ),
        ]

    @property
    def share(self) -> Fraction:
        return Fraction(self.share_numerator, self.share_denominator)

    @property
    def stream(self) -> str:
        return f"holding:{self.code}"


class RestrictionQuerySet(Owned["Restriction"]):
    owner = "title__organisation"


class Restriction(RightsFact):
    """Uses that a contract forbids."""

    modalities = models.JSONField(default=list)  # empty: all
    model_kinds = models.JSONField(default=list)  # empty: all

    objects = RestrictionQuerySet.as_manager()

    @property
    def stream(self) -> str:
        return f"restriction:{self.code}"
