"""The ledger entries of this room."""

from accounts.models import OrganisationKind, Role
from ledger.kinds import register

register(
    "organisation.registered",
    subject="organisation",
    meaning="An organisation signed up.",
    data={"organisation_kind": OrganisationKind.values},
    private=["name"],
)
register(
    "member.added",
    subject="organisation",
    meaning="A person became a member of the organisation.",
    data={"role": Role.values},
    private=["email"],
)
register(
    "api_key.created",
    subject="organisation",
    meaning="The organisation made an API key.",
    private=["key"],
)
register(
    "api_key.revoked",
    subject="organisation",
    meaning="The organisation ended an API key.",
    private=["key"],
)
