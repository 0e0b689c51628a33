"""Who may do what: one table, read by the API, the pages and the verbs alike."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

from accounts.errors import NotAllowed
from accounts.models import ApiKey, Membership, Organisation, OrganisationKind, Role, Scope, User


class Permission(StrEnum):
    VIEW = "view"
    MANAGE_MEMBERS = "manage_members"
    MANAGE_KEYS = "manage_keys"
    EDIT_TITLES = "edit_titles"
    EDIT_LIKENESSES = "edit_likenesses"
    DECIDE_APPROVALS = "decide_approvals"
    ASK_APPROVALS = "ask_approvals"
    PUBLISH_OFFERS = "publish_offers"
    SEARCH_MARKET = "search_market"
    EDIT_REQUESTS = "edit_requests"
    SUBMIT_REQUESTS = "submit_requests"
    DECIDE_DEALS = "decide_deals"
    RECORD_PAYMENTS = "record_payments"
    PAY_DEALS = "pay_deals"
    REVOKE_GRANTS = "revoke_grants"
    DOWNLOAD_FILES = "download_files"
    OPEN_CASES = "open_cases"
    SHOW_CERTIFICATES = "show_certificates"
    DECLARE_OUTPUTS = "declare_outputs"
    DISPUTE_OUTPUTS = "dispute_outputs"
    EDIT_RULES = "edit_rules"
    SET_APPROVALS = "set_approvals"
    STORE_MANIFESTS = "store_manifests"
    JUDGE_SIGHTINGS = "judge_sightings"


class Rule(NamedTuple):
    kinds: frozenset[OrganisationKind]
    roles: frozenset[Role]
    scope: Scope


_ANY = frozenset(OrganisationKind)
_LICENSORS = frozenset({OrganisationKind.STUDIO, OrganisationKind.TALENT})
_MAKERS = frozenset({OrganisationKind.STUDIO, OrganisationKind.LAB})
_LABS = frozenset({OrganisationKind.LAB})
_ALL = frozenset(Role)
_EDITORS = frozenset({Role.EDITOR, Role.APPROVER, Role.OWNER})
_APPROVERS = frozenset({Role.APPROVER, Role.OWNER})
_FINANCE = frozenset({Role.FINANCE, Role.OWNER})
_OWNERS = frozenset({Role.OWNER})

RULES: dict[Permission, Rule] = {
    Permission.VIEW: Rule(_ANY, _ALL, Scope.READ),
    Permission.MANAGE_MEMBERS: Rule(_ANY, _OWNERS, Scope.BINDING),
    Permission.MANAGE_KEYS: Rule(_ANY, _OWNERS, Scope.BINDING),
    Permission.EDIT_TITLES: Rule(frozenset({OrganisationKind.STUDIO}), _EDITORS, Scope.CATALOG),
    Permission.EDIT_LIKENESSES: Rule(_LICENSORS, _EDITORS, Scope.CATALOG),
    Permission.DECIDE_APPROVALS: Rule(_LICENSORS, _APPROVERS, Scope.BINDING),
    Permission.ASK_APPROVALS: Rule(_MAKERS, _EDITORS, Scope.LICENSING),
    Permission.PUBLISH_OFFERS: Rule(_LICENSORS, _APPROVERS, Scope.LICENSING),
    Permission.SEARCH_MARKET: Rule(_LABS, _ALL, Scope.READ),
    Permission.EDIT_REQUESTS: Rule(_LABS, _EDITORS, Scope.LICENSING),
    Permission.SUBMIT_REQUESTS: Rule(_LABS, _APPROVERS, Scope.LICENSING),
    Permission.DECIDE_DEALS: Rule(_LICENSORS, _APPROVERS, Scope.BINDING),
    Permission.RECORD_PAYMENTS: Rule(_LICENSORS, _FINANCE, Scope.FINANCE),
    Permission.PAY_DEALS: Rule(_LABS, _FINANCE, Scope.FINANCE),
    Permission.REVOKE_GRANTS: Rule(_LICENSORS, _APPROVERS, Scope.BINDING),
    Permission.DOWNLOAD_FILES: Rule(_LABS, _EDITORS, Scope.DELIVERY),
    Permission.DECLARE_OUTPUTS: Rule(_MAKERS, _EDITORS, Scope.LICENSING),
    Permission.DISPUTE_OUTPUTS: Rule(_LICENSORS, _EDITORS, Scope.LICENSING),
    Permission.EDIT_RULES: Rule(frozenset({OrganisationKind.STUDIO}), _APPROVERS, Scope.LICENSING),
    Permission.SET_APPROVALS: Rule(_LICENSORS, _OWNERS, Scope.BINDING),
    Permission.STORE_MANIFESTS: Rule(_LICENSORS | _LABS, _EDITORS, Scope.CATALOG),
    Permission.JUDGE_SIGHTINGS: Rule(_LICENSORS, _EDITORS, Scope.LICENSING),
    Permission.OPEN_CASES: Rule(_LICENSORS | _LABS, _APPROVERS, Scope.BINDING),
    Permission.SHOW_CERTIFICATES: Rule(_LICENSORS | _LABS, _APPROVERS, Scope.BINDING),
}


def permissions_of(kind: str, role: str, scopes: Iterable[str] | None) -> frozenset[Permission]:
    """Return what a role in an organisation of this kind may do; `scopes` narrow an API key."""
    allowed = None if scopes is None else set(scopes)
    return frozenset(
        permission
        for permission, rule in RULES.items()
        if kind in rule.kinds and role in rule.roles and (allowed is None or rule.scope in allowed)
    )


@dataclass(frozen=True)
class Actor:
    """Who calls: a member at a page, a key at the API, or nobody (`ANONYMOUS`)."""

    organisation: Organisation | None = None
    user: User | None = None
    api_key: ApiKey | None = None
    role: str = ""
    permissions: frozenset[Permission] = field(default_factory=frozenset)

    @property
    def name(self) -> str:
        """How the ledger names the actor: by its organisation's code, never by a person."""
        return self.organisation.stream if self.organisation else "anonymous"

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions


ANONYMOUS = Actor()
# What jobs append under: nobody's wish, the consequence of what is already recorded.
SYSTEM = "system:worker"


def for_membership(membership: Membership) -> Actor:
    """Return the actor a person is in one organisation."""
    organisation = membership.organisation
    return Actor(
        organisation=organisation,
        user=membership.user,
        role=membership.role,
        permissions=permissions_of(organisation.kind, membership.role, None),
    )


def for_api_key(key: ApiKey) -> Actor:
    """Return the actor a live API key stands for."""
    return Actor(
        organisation=key.organisation,
        api_key=key,
        role=key.role,
        permissions=permissions_of(key.organisation.kind, key.role, key.scopes),
    )


def as_reader(actor: Actor) -> Actor:
    """Return the actor where it may read what its organisation may, else ANONYMOUS: to an address
    that is open to all a key without that right is a stranger."""
    return actor if actor.may(Permission.VIEW) else ANONYMOUS


def require(actor: Actor, permission: Permission) -> Organisation:
    """Return the actor's organisation, or raise NotAllowed."""
    if actor.organisation is None or not actor.may(permission):
        raise NotAllowed(
            _("Your role or key does not permit this: it needs the right “%(right)s”.")
            % {"right": permission.value}
        )
    return actor.organisation
