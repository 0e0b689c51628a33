"""A studio's own rows of the rule tables: what its counsel says instead of, or beside, ours."""

from datetime import date, datetime
from typing import Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Coded, Organisation, User
from accounts.owned import Owned


class RuleTable(models.TextChoices):
    """Values are those of `licensing.clearance.rows`."""

    CO_OWNERS = "co_owners", _("Co-owners, by law")
    VOID_CONSENT = "void_consent", _("Laws that void a vague consent")
    MINOR = "minor", _("Minors: age and longest term")
    POLICIES = "policies", _("Policies that limit a consent")
    GUILDS = "guilds", _("Guild agreements")
    GROUPS = "groups", _("Groups of countries")
    MEMBERS = "members", _("Members of groups, by date")
    BUNDLES = "bundles", _("What a country brings with it under IFTA")
    SUCCESSORS = "successors", _("Successors of vanished states")


class RuleRowQuerySet(Owned["RuleRow"]):
    def known_at(self, moment: datetime) -> Self:
        """Those recorded until a moment, in the order in which they were."""
        return self.filter(recorded_at__lte=moment).order_by("recorded_at", "pk")


class RuleRow(Coded):
    """What a row says from `valid_from` (None: always) until `valid_until` (None: for good), as it
    was told at `recorded_at`. Rows are only added: of those that speak of a day, the last one
    recorded counts. `body` None: the tables have no such row."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    table = models.CharField(max_length=20, choices=RuleTable)
    key = models.CharField(max_length=120)
    body = models.JSONField(null=True)
    valid_from = models.DateField(null=True)
    valid_until = models.DateField(null=True)
    source = models.CharField(max_length=300)
    note = models.CharField(max_length=500, blank=True)
    supersedes = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, related_name="superseded_by"
    )
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField(default=timezone.now)

    objects = RuleRowQuerySet.as_manager()

    class Meta:
        constraints = [
            # Two that add the same row at once: one of them supersedes nothing any more.
            models.UniqueConstraint(
                fields=["organisation", "table", "key"],
                condition=models.Q(supersedes__isnull=True),
                name="rule_row_begun_once",
            )
        ]
        indexes = [
            models.Index(fields=["organisation", "table", "key", "-id"], name="rule_row_history")
        ]

    @property
    def stream(self) -> str:
        return f"rule:{self.code}"

    def speaks_of(self, day: date) -> bool:
        """Whether the row says anything for this day."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_until is None or day < self.valid_until
        )
