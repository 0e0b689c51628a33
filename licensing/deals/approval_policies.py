"""How many persons of an organisation approve its deals, and who: one record after the other."""

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access import RULES, Actor, Permission, require
from accounts.errors import Conflict, Invalid
from accounts.models import Membership, Organisation
from ledger.append import append
from licensing.models import ApprovalPolicy
from licensing.offers.publishing import check_price, check_price_currency

APPROVERS = RULES[Permission.DECIDE_DEALS].roles


def policy_of(organisation: Organisation) -> ApprovalPolicy | None:
    """Return what counts now; None: any one person who may decide deals approves them."""
    return organisation.approval_policies.order_by("-number").first()


@transaction.atomic
def set_approval_policy(
    *,
    actor: Actor,
    currency: str,
    two_above_minor: int | None = None,
    role_above_minor: int | None = None,
    role: str = "",
    not_publisher: bool = False,
    replaces: int = 0,
) -> ApprovalPolicy:
    """Record who approves deals from now on, those that wait for approval included.

    `replaces` is the number of the policy that was seen, 0 where there was none. Raises Invalid
    naming the field, and Conflict where another was recorded since, or where the organisation has
    too few persons to approve anything by it.
    """
    organisation = require(actor, Permission.SET_APPROVALS)
    # Locked, so that of two at once the second sees the first.
    Organisation.objects.select_for_update().get(pk=organisation.pk)
    before = policy_of(organisation)
    if (before.number if before else 0) != replaces:
        raise Conflict(_("Another policy was recorded a moment ago; look at it first."))
    policy = ApprovalPolicy(
        organisation=organisation,
        number=replaces + 1,
        currency=check_price_currency(currency),
        two_above_minor=_limit("two_above_minor", two_above_minor),
        role_above_minor=_limit("role_above_minor", role_above_minor),
        role=role,
        not_publisher=not_publisher,
        recorded_by=actor.user,
        recorded_at=timezone.now(),
    )
    _check_role(policy)
    _check_persons(policy)
    if before is not None and said(before) == said(policy):
        raise Conflict(_("This is the policy that counts already."))
    policy.save()
    append(
        "approval_policy.set",
        stream=organisation.stream,
        actor=actor.name,
        data={"number": policy.number},
        private={"policy": said(policy)},
    )
    return policy


def said(policy: ApprovalPolicy) -> dict[str, Any]:
    """Return what a policy says, as the log commits to it."""
    return {
        "currency": policy.currency,
        "two_above_minor": policy.two_above_minor,
        "role_above_minor": policy.role_above_minor,
        "role": policy.role,
        "not_publisher": policy.not_publisher,
    }


def _limit(field: str, minor: int | None) -> int | None:
    return None if minor is None else check_price(minor, field)


def _check_role(policy: ApprovalPolicy) -> None:
    if policy.role_above_minor is None:
        if policy.role:
            raise Invalid("role_above_minor", _("Say above which amount the role has to approve."))
    elif policy.role not in APPROVERS:
        raise Invalid(
            "role",
            _("Choose a role that may approve deals: %(roles)s.")
            % {"roles": ", ".join(sorted(APPROVERS))},
        )


def _check_persons(policy: ApprovalPolicy) -> None:
    """Raise Conflict where a deal could wait for a person that there is not."""
    members = Membership.objects.filter(organisation=policy.organisation, role__in=APPROVERS)
    roles = list(members.values_list("role", flat=True))
    needed = (1 if policy.two_above_minor is None else 2) + policy.not_publisher
    if len(roles) < needed:
        raise Conflict(
            _("This needs %(needed)d persons who may approve deals; you have %(count)d.")
            % {"needed": needed, "count": len(roles)}
        )
    if policy.role and policy.role not in roles:
        raise Conflict(_("Nobody of your organisation has the role that has to approve."))
