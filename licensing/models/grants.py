"""What a lab holds at the end."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Coded, Organisation
from catalog.models import Asset
from licensing.models.clearances import Clearance
from licensing.models.deals import Deal
from licensing.models.offers import Exclusivity

if TYPE_CHECKING:
    from accounts.access import Actor


def grant_state(
    starts_at: datetime,
    ends_at: datetime | None,
    revoked_at: datetime | None,
    superseded_at: datetime | None,
    at: datetime | None = None,
) -> str:
    """Return `revoked`, `superseded` (by that of an amendment), `expired`, `pending` (not begun) or
    `active`: at `at`, as far as is known now, or now.

    `GrantQuerySet.in_state` says the same to the database.
    """
    if _is_over(revoked_at, at):
        return "revoked"
    if _is_over(superseded_at, at):
        return "superseded"
    moment = timezone.now() if at is None else at
    if ends_at is not None and ends_at <= moment:
        return "expired"
    return "active" if starts_at <= moment else "pending"


def _is_over(ended_early_at: datetime | None, at: datetime | None) -> bool:
    return ended_early_at is not None and (at is None or ended_early_at <= at)


GRANT_STATES = ("active", "pending", "expired", "superseded", "revoked")


class GrantQuerySet(models.QuerySet["Grant"]):
    def in_state(self, state: str) -> Self:
        """Return the grants of which `grant_state` says so now."""
        return self.filter(_in_state(state, timezone.now()))

    def standing(self) -> Self:
        """Return those that are in force or still to begin."""
        now = timezone.now()
        return self.filter(_in_state("active", now) | _in_state("pending", now))

    def counts_by_state(self) -> dict[str, int]:
        """Return how many grants are in each of GRANT_STATES now. One query."""
        now = timezone.now()
        return self.aggregate(
            **{state: models.Count("pk", _in_state(state, now)) for state in GRANT_STATES}
        )

    def visible_to(self, actor: "Actor") -> Self:
        """Both sides of the licence."""
        if actor.organisation is None:
            return self.none()
        return self.filter(Q(licensor=actor.organisation) | Q(licensee=actor.organisation))


def _in_state(state: str, now: datetime) -> Q:
    revoked, superseded = Q(revoked_at__isnull=False), Q(superseded_at__isnull=False)
    live, over = ~revoked & ~superseded, Q(ends_at__isnull=False, ends_at__lte=now)
    return {
        "active": live & ~over & Q(starts_at__lte=now),
        "pending": live & ~over & Q(starts_at__gt=now),
        "expired": live & over,
        "superseded": superseded & ~revoked,
        "revoked": revoked,
    }[state]


class Grant(Coded):
    """What the lab holds at the end: files, scope and term."""

    deal = models.OneToOneField(Deal, on_delete=models.PROTECT, related_name="grant")
    licensor = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="grants_given"
    )
    licensee = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="grants_held")
    uses = models.JSONField()
    model_kinds = models.JSONField()
    territory = models.JSONField()
    exclusivity = models.CharField(max_length=15, choices=Exclusivity)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    issued_at = models.DateTimeField(default=timezone.now)
    revoked_at = models.DateTimeField(null=True)
    revocation_reason = models.CharField(max_length=500, default="", blank=True)
    # Since when, and by which, another grant has taken its place.
    superseded_at = models.DateTimeField(null=True)
    superseded_by = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, related_name="supersedes"
    )

    objects = GrantQuerySet.as_manager()

    class Meta:
        # For those who look for what was issued or revoked of late.
        indexes = [
            models.Index(fields=["issued_at"], name="grant_issued"),
            models.Index(
                fields=["revoked_at"],
                condition=Q(revoked_at__isnull=False),
                name="grant_revoked",
            ),
            models.Index(
                fields=["superseded_at"],
                condition=Q(superseded_at__isnull=False),
                name="grant_superseded",
            ),
        ]

    @property
    def stream(self) -> str:
        return f"grant:{self.code}"

    @property
    def state(self) -> str:
        """As `grant_state` says."""
        return grant_state(self.starts_at, self.ends_at, self.revoked_at, self.superseded_at)

    @property
    def ended_early_at(self) -> datetime | None:
        """When it was revoked or superseded; whichever it was, it happens once."""
        return self.revoked_at or self.superseded_at

    @property
    def newest(self) -> "Grant":
        """This licence, or that of the newest amendment in its place."""
        found = self
        while found.superseded_by is not None:
            found = found.superseded_by
        return found

    @property
    def stands(self) -> bool:
        """Whether it is in force or still to begin."""
        return self.state in {"active", "pending"}


def lineage(keys: Iterable[int]) -> set[int]:
    """Return these grants with all that they superseded, by their primary keys."""
    found: set[int] = set()
    newest = set(keys)
    while newest:
        found |= newest
        newest = set(Grant.objects.filter(superseded_by__in=newest).values_list("pk", flat=True))
    return found


class GrantedAssetQuerySet(models.QuerySet["GrantedAsset"]):
    def visible_to(self, actor: "Actor") -> Self:
        """Both sides of the licence."""
        if actor.organisation is None:
            return self.none()
        return self.filter(
            Q(grant__licensor=actor.organisation) | Q(grant__licensee=actor.organisation)
        )


class GrantedAsset(models.Model):
    """One file of a grant, or parts of it."""

    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="granted_assets")
    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="granted_assets")
    clearance = models.ForeignKey(Clearance, on_delete=models.PROTECT, related_name="+")
    ranges = models.JSONField(default=list, blank=True)  # as asked for; [] for the whole file
    # Until the job that signs has taken it up, which it does once. The database's own default: who
    # does not know of it yet, while an upgrade goes on, grants files all the same.
    awaits_credential = models.BooleanField(db_default=True)

    objects = GrantedAssetQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["grant", "asset"], name="asset_once_in_grant")
        ]
        indexes = [
            models.Index(
                fields=["id"],
                condition=Q(awaits_credential=True),
                name="granted_awaits_credential",
            )
        ]
