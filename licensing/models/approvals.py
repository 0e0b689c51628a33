"""Who of a licensor has to approve a deal, and who has."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Organisation, Role, User
from accounts.owned import Owned
from licensing.models.deals import Deal


class ApprovalPolicyQuerySet(Owned["ApprovalPolicy"]):
    pass


class ApprovalPolicy(models.Model):
    """How many persons approve a deal, by its amount. They are numbered from 1; the newest counts,
    and none is ever changed.

    Up to and including `two_above_minor` one person approves, above it two (null: one always).
    Above `role_above_minor` one of them has the role `role` (null: no matter). An amount in another
    currency counts as above both; an amendment counts with what was paid before. `not_publisher`:
    who published the offer does not approve.
    """

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="approval_policies"
    )
    number = models.PositiveIntegerField()
    currency = models.CharField(max_length=3)
    two_above_minor = models.PositiveBigIntegerField(null=True)
    role_above_minor = models.PositiveBigIntegerField(null=True)
    role = models.CharField(max_length=10, choices=Role, default="", blank=True)
    not_publisher = models.BooleanField(default=False)
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField(default=timezone.now)

    objects = ApprovalPolicyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "number"], name="approval_policy_in_turn"
            ),
            models.CheckConstraint(
                condition=Q(role_above_minor__isnull=True, role="")
                | (Q(role_above_minor__isnull=False) & ~Q(role="")),
                name="approval_policy_names_role",
            ),
        ]


class Assent(models.Model):
    """One person's approval of a deal, for its licensor. `to_sha256` says to what: the terms, the
    amount, the files and the conditions that they are clear on. For anything else it does not
    count."""

    deal = models.ForeignKey(Deal, on_delete=models.PROTECT, related_name="assents")
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=10)  # when given
    to_sha256 = models.CharField(max_length=64)
    given_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["deal", "to_sha256", "person"], name="one_assent_of_a_person"
            )
        ]

    @property
    def role_name(self) -> Any:
        return Role(self.role).label
