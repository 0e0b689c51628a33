"""What callers send about organisations, people and keys."""

from accounts.models import OrganisationKind, Role, Scope
from api.fields import Input, Instant, Text, word, words


class NewOrganisation(Input):
    kind = word(OrganisationKind)
    organisation_name = Text(max_length=200)
    person_name = Text(max_length=200)
    email = Text(max_length=254)
    password = Text(max_length=200, help_text="At least 10 characters.")


class NewMember(Input):
    role = word(Role)
    person_name = Text(max_length=200)
    email = Text(max_length=254)
    password = Text(max_length=200, help_text="A first one, at least 10 characters.")


class NewKey(Input):
    name = Text(max_length=100)
    scopes = words(Scope)
    expires_at = Instant(required=False, allow_null=True)
