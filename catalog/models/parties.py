"""People and companies, and what they did for a work."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Coded, Organisation
from accounts.owned import Owned
from catalog.models.titles import Title


class PartyKind(models.TextChoices):
    PERSON = "person", _("Person")
    COMPANY = "company", _("Company")


class PartyQuerySet(Owned["Party"]):
    pass


class Party(Coded):
    """A person or company as one organisation knows it. Names alone never make two one: people
    share names; EIDR party and ISNI tell them apart."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="parties")
    kind = models.CharField(max_length=8, choices=PartyKind)
    name = models.CharField(max_length=200)
    names = models.JSONField(default=dict)  # language tag -> name
    eidr = models.CharField(max_length=20, null=True)  # 10.5237/XXXX-XXXX
    isni = models.CharField(max_length=16, null=True)  # 16 characters, the last one checks
    # Of a duplicate: the party that speaks for both, itself no duplicate.
    canonical = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="duplicates"
    )
    created_at = models.DateTimeField(default=timezone.now)

    objects = PartyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "eidr"],
                condition=Q(eidr__isnull=False),
                name="one_party_per_eidr",
            ),
            models.UniqueConstraint(
                fields=["organisation", "isni"],
                condition=Q(isni__isnull=False),
                name="one_party_per_isni",
            ),
        ]
        indexes = [models.Index(fields=["organisation", "name"], name="party_by_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def stream(self) -> str:
        return f"party:{self.code}"


class CreditRole(models.TextChoices):
    DIRECTOR = "director", _("Director")
    WRITER = "writer", _("Writer")
    PRODUCER = "producer", _("Producer")
    CAST = "cast", _("Cast")
    CINEMATOGRAPHER = "cinematographer", _("Cinematographer")
    EDITOR = "editor", _("Film editor")
    COMPOSER = "composer", _("Composer")
    PRODUCTION = "production", _("Production company")
    DISTRIBUTOR = "distributor", _("Distributor")


class Credit(models.Model):
    """What a party did for a title."""

    title = models.ForeignKey(Title, on_delete=models.CASCADE, related_name="credits")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="credits")
    role = models.CharField(max_length=16, choices=CreditRole)
    character = models.CharField(max_length=200, default="", blank=True)
    position = models.PositiveSmallIntegerField(default=0)  # billing order within the role

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["title", "party", "role", "character"], name="credit_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()}: {self.party}"
