"""The table of permissions in plain words: who may do what in an organisation of one kind."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from accounts.access import RULES, Permission
from accounts.models import Role, Scope
from web.words import Text

# In the order in which somebody new would ask.
ACTS: dict[Permission, Text] = {
    Permission.VIEW: _("See everything of the organisation"),
    Permission.EDIT_TITLES: _("Register titles, add files, record rights"),
    Permission.EDIT_LIKENESSES: _("Register performers and likenesses, record consents"),
    Permission.DECIDE_APPROVALS: _("Approve or refuse what is made of a likeness"),
    Permission.ASK_APPROVALS: _("Ask for approvals, record what was made of a likeness"),
    Permission.EDIT_RULES: _("Record how its own clearances read a law or an agreement"),
    Permission.PUBLISH_OFFERS: _("Publish and withdraw offers"),
    Permission.SEARCH_MARKET: _("Search what is on offer"),
    Permission.EDIT_REQUESTS: _("Draft requests"),
    Permission.SUBMIT_REQUESTS: _("Submit requests: they bind the organisation to pay"),
    Permission.DECIDE_DEALS: _("Approve or decline deals"),
    Permission.SET_APPROVALS: _("Set how many persons approve a deal"),
    Permission.RECORD_PAYMENTS: _("Record payments received"),
    Permission.PAY_DEALS: _("Pay for deals"),
    Permission.REVOKE_GRANTS: _("Revoke grants"),
    Permission.DOWNLOAD_FILES: _("Download granted files"),
    Permission.DECLARE_OUTPUTS: _("Declare what was made under licences and consents"),
    Permission.DISPUTE_OUTPUTS: _("Dispute what licensees declare"),
    Permission.JUDGE_SIGHTINGS: _("Dismiss sightings or mark them as incidents"),
    Permission.STORE_MANIFESTS: _("Put manifests into the repository"),
    Permission.OPEN_CASES: _("Give auditors access to deals"),
    Permission.SHOW_CERTIFICATES: _("Make certificates of licences, and withdraw them"),
    Permission.MANAGE_MEMBERS: _("Add members"),
    Permission.MANAGE_KEYS: _("Create and revoke API keys"),
}


@dataclass(frozen=True)
class Act:
    """One line: what is done, which of `Table.roles` may, and the scope an API key needs."""

    name: Text
    may: Sequence[bool]
    scope: Text


@dataclass(frozen=True)
class Table:
    roles: Sequence[Text]
    acts: Sequence[Act]


def role_table(kind: str) -> Table:
    """Return the table for an organisation of this kind; what it never does is left out."""
    acts = [
        Act(name, [role in RULES[act].roles for role in Role], Scope(RULES[act].scope).label)
        for act, name in ACTS.items()
        if kind in RULES[act].kinds
    ]
    return Table([role.label for role in Role], acts)
