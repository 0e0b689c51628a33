"""Performers, their likenesses, and what they consent to."""

from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Coded, Organisation
from accounts.owned import Owned


class PerformerQuerySet(Owned["Performer"]):
    pass


class Performer(Coded):
    """A person whose likeness may be licensed, registered by who represents them."""

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="performers"
    )
    name = models.CharField(max_length=200)
    born = models.DateField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = PerformerQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    @property
    def stream(self) -> str:
        return f"performer:{self.code}"


class Attribute(models.TextChoices):
    """What of a person a likeness holds; the words of the clearance contract."""

    FACE = "face", _("Image (face)")
    VOICE = "voice", _("Voice")
    MOTION = "motion", _("Motion")
    NAME = "name", _("Name")


class LikenessQuerySet(Owned["Likeness"]):
    owner = "performer__organisation"


class Likeness(Coded):
    """A set of a performer's attributes with the reference files that show them."""

    performer = models.ForeignKey(Performer, on_delete=models.PROTECT, related_name="likenesses")
    attributes = models.JSONField()  # list of Attribute values
    description = models.CharField(max_length=300)
    created_at = models.DateTimeField(default=timezone.now)

    objects = LikenessQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.performer.name} · {self.description}"

    @property
    def stream(self) -> str:
        return f"likeness:{self.code}"


class ConsentQuerySet(Owned["Consent"]):
    owner = "likeness__performer__organisation"

    def for_licensee(self, licensee: Organisation) -> Self:
        """The consents under which this organisation may be licensed."""
        return self.filter(Q(grantee__isnull=True) | Q(grantee=licensee))


class Consent(Coded):
    """Who allows which use of which attribute of a likeness, where and how long."""

    likeness = models.ForeignKey(Likeness, on_delete=models.PROTECT, related_name="consents")
    # Null: anyone may be licensed within the scope.
    grantee = models.ForeignKey(Organisation, on_delete=models.PROTECT, null=True)
    uses = models.JSONField()
    attributes = models.JSONField()
    model_kinds = models.JSONField(default=list)  # empty: all
    territory = models.JSONField(default=str)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    description = models.CharField(max_length=500)
    document = models.CharField(max_length=300, default="", blank=True)
    max_outputs = models.PositiveIntegerField(null=True)
    recorded_at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True)

    objects = ConsentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
                name="consent_ends_after_start",
            )
        ]

    @property
    def stream(self) -> str:
        return f"consent:{self.code}"

    def record(self) -> dict[str, Any]:
        """The consent as it is committed to the ledger: the facts, without the document."""
        return {
            "attributes": sorted(self.attributes),
            "description": self.description,
            "ends_at": self.ends_at.isoformat() if self.ends_at else None,
            "grantee": self.grantee.code if self.grantee else "*",
            "likeness": self.likeness.code,
            "max_outputs": self.max_outputs,
            "model_kinds": sorted(self.model_kinds),
            "starts_at": self.starts_at.isoformat(),
            "territory": self.territory,
            "uses": sorted(self.uses),
        }
