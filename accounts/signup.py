"""How an organisation and its people come in."""

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.access import Actor, Permission, require
from accounts.codes import allocate
from accounts.errors import Conflict, Invalid
from accounts.models import Membership, Organisation, OrganisationKind, Role, User
from ledger.append import append


@transaction.atomic
def sign_up(
    *, kind: str, organisation_name: str, person_name: str, email: str, password: str
) -> Membership:
    """Create an organisation with its first owner.

    Raises Invalid naming the field, or Conflict when the e-mail address is taken.
    """
    if kind not in OrganisationKind.values:
        raise Invalid(
            "kind", _("Choose one of: %(kinds)s.") % {"kinds": ", ".join(OrganisationKind.values)}
        )
    name = organisation_name.strip()
    if not name or len(name) > 200:
        raise Invalid(
            "organisation_name", _("Give the organisation a name of 1 to 200 characters.")
        )
    user = _create_user(person_name=person_name, email=email, password=password)
    organisation = Organisation.objects.create(code=allocate("organisation"), kind=kind, name=name)
    membership = Membership.objects.create(user=user, organisation=organisation, role=Role.OWNER)
    append(
        "organisation.registered",
        stream=organisation.stream,
        actor=organisation.stream,
        data={"organisation_kind": kind},
        private={"name": name},
    )
    return membership


@transaction.atomic
def add_member(
    *, actor: Actor, role: str, person_name: str, email: str, password: str
) -> Membership:
    """Add a person, with a first password, to the actor's organisation."""
    organisation = require(actor, Permission.MANAGE_MEMBERS)
    if role not in Role.values:
        raise Invalid("role", _("Choose one of: %(roles)s.") % {"roles": ", ".join(Role.values)})
    user = _create_user(person_name=person_name, email=email, password=password)
    membership = Membership.objects.create(user=user, organisation=organisation, role=role)
    append(
        "member.added",
        stream=organisation.stream,
        actor=actor.name,
        data={"role": role},
        private={"email": user.email},
    )
    return membership


def _create_user(*, person_name: str, email: str, password: str) -> User:
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError:
        raise Invalid("email", _("This is not an e-mail address.")) from None
    if not person_name.strip() or len(person_name) > 200:
        raise Invalid("person_name", _("Give a name of 1 to 200 characters."))
    user = User(email=email, name=person_name.strip())
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Invalid("password", " ".join(error.messages)) from None
    if User.objects.filter(email=email).exists():
        raise Conflict(_("Somebody already logs in with this e-mail address."), field="email")
    user.set_password(password)
    user.save(force_insert=True)
    return user
