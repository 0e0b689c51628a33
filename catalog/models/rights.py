"""What is known of the rights in a title: the facts that clearance rests on.

A fact is never edited: a correction is a new row that names the old one, and the old one says when
it was set aside. So any past decision can be explained by what was known at the time: two clocks,
when something holds (`starts_at`, `ends_at`) and when we knew it (`recorded_at`, `superseded_at`).
"""

from datetime import datetime
from fractions import Fraction
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Coded, Organisation
from accounts.owned import Owned
from catalog.models.titles import Title


class FactKind(models.TextChoices):
    """The kinds of the clearance contract, section 3; consents are rows of their own."""

    OWNERSHIP = "ownership", _("Ownership")
    ASSIGNMENT = "assignment", _("Assignment")
    GRANT_IN = "grant_in", _("Licence in")
    GRANT_OUT = "grant_out", _("Licence out")
    RESTRICTION = "restriction", _("Restriction")
    HOLDBACK = "holdback", _("Holdback")
    CAP = "cap", _("Limit of licensees")
    OPTION = "option", _("First refusal or negotiation")
    ELEMENT = "element", _("Third-party element")
    GUILD = "guild", _("Guild agreement")
    PERFORMER = "performer", _("Performer who can be recognised")
    EVENT = "event", _("Event")
    REVOCATION = "revocation", _("Revocation")
    OPINION = "counsel_opinion", _("Counsel’s opinion")


# What gives title; every other kind narrows it, or dates it.
HOLDINGS = (FactKind.OWNERSHIP, FactKind.ASSIGNMENT, FactKind.GRANT_IN)


class EvidenceQuerySet(Owned["Evidence"]):
    pass


class Evidence(Coded):
    """A document that facts rest on, kept as it came: a contract, a certificate, a letter."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    filename = models.CharField(max_length=255)
    mime = models.CharField(max_length=100)
    size_bytes = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    object_key = models.CharField(max_length=200)
    # What the store keeps unchanged: whoever deletes or overwrites the key does not touch it.
    object_version = models.CharField(max_length=1024, default="")
    created_at = models.DateTimeField(default=timezone.now)

    objects = EvidenceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "sha256"], name="evidence_once")
        ]

    def __str__(self) -> str:
        return self.filename

    @property
    def stream(self) -> str:
        return f"evidence:{self.code}"


class FactQuerySet(Owned["Fact"]):
    owner = "title__organisation"

    def holdings(self) -> "FactQuerySet":
        """The facts that give title."""
        return self.filter(kind__in=HOLDINGS)

    def standing(self) -> "FactQuerySet":
        """The facts that have not been set aside."""
        return self.filter(superseded_at__isnull=True)

    def known_at(self, moment: datetime | None) -> "FactQuerySet":
        """The facts that stood at a moment: recorded until then, and not set aside until then.
        None: those that stand."""
        if moment is None:
            return self.standing()
        stood = Q(superseded_at__isnull=True) | Q(superseded_at__gt=moment)
        return self.filter(stood, recorded_at__lte=moment)


class Fact(Coded):
    """One fact. `body` holds the fields of its kind as the clearance contract writes them,
    checked by `catalog.facts.shapes`; the term is repeated in columns, to be searched and drawn."""

    title = models.ForeignKey(Title, on_delete=models.PROTECT, related_name="facts")
    kind = models.CharField(max_length=16, choices=FactKind)
    body = models.JSONField()
    starts_at = models.DateTimeField(null=True)  # null: always, or when an event happens
    ends_at = models.DateTimeField(null=True)  # null: for ever, or …; half-open
    document = models.CharField(max_length=300, default="", blank=True)
    clause = models.CharField(max_length=100, default="", blank=True)
    note = models.CharField(max_length=500, default="", blank=True)
    evidence = models.ForeignKey(
        Evidence, on_delete=models.PROTECT, null=True, related_name="facts"
    )
    # The row of an Avails file that says it.
    avail = models.ForeignKey(
        "catalog.Avail", on_delete=models.PROTECT, null=True, related_name="facts"
    )
    corrects = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, related_name="corrected_by"
    )
    recorded_at = models.DateTimeField(default=timezone.now)
    superseded_at = models.DateTimeField(null=True)

    objects = FactQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(starts_at__isnull=True)
                | Q(ends_at__isnull=True)
                | Q(ends_at__gt=F("starts_at")),
                name="fact_ends_after_start",
            )
        ]
        indexes = [
            models.Index(fields=["title", "kind"], name="fact_of_title"),
            # For those who look for what was recorded or set aside of late.
            models.Index(fields=["recorded_at"], name="fact_recorded"),
            models.Index(
                fields=["superseded_at"],
                condition=Q(superseded_at__isnull=False),
                name="fact_superseded",
            ),
        ]

    @property
    def is_holding(self) -> bool:
        return self.kind in HOLDINGS

    @property
    def family(self) -> str:
        """What the log calls it: the two oldest kinds have entries of their own."""
        if self.is_holding:
            return "holding"
        return "restriction" if self.kind == FactKind.RESTRICTION else "fact"

    @property
    def stream(self) -> str:
        return f"{self.family}:{self.code}"

    @property
    def party(self) -> str:
        """Whom it is about: who holds it, or who gains by it; "" where it is about no one."""
        names = ("party", "to", "beneficiary", "holder", "person", "guild", "by")
        return next((str(self.body[name]) for name in names if name in self.body), "")

    @property
    def share(self) -> Fraction | None:
        """The share that a holding says, exactly."""
        return Fraction(self.body["share"]) if "share" in self.body else None

    @property
    def exclusivity(self) -> str:
        """How exclusive a holding is; owners and assignees hold alone."""
        usual = "non_exclusive" if self.kind == FactKind.GRANT_IN else "exclusive"
        return str(self.body.get("exclusivity", usual))

    @property
    def uses(self) -> list[str]:
        return list(self.body.get("uses", ["ALL"]))

    @property
    def territory(self) -> Any:
        return self.body.get("territory", "WORLD")
