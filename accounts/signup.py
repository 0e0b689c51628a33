"""How an organisation and its people come in."""

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts.access import Actor, Permission, permissions_of, require
from accounts.codes import allocate
from accounts.errors import Conflict, Invalid, NotAllowed
from accounts.models import Membership, Organisation, OrganisationKind, Role, User
from accounts.text import check_name
from ledger.append import append

_EMAIL_LIMIT = 254  # RFC 5321
PASSWORD_HELP = _("At least 10 characters, and not one of the passwords everybody uses.")


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
    name = check_name("organisation_name", organisation_name, 200)
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
    """Add a person, with a first password, to the actor's organisation.

    Raises Invalid naming the field, Conflict as `sign_up`, NotAllowed.
    """
    organisation = require(actor, Permission.MANAGE_MEMBERS)
    if role not in Role.values:
        raise Invalid("role", _("Choose one of: %(roles)s.") % {"roles": ", ".join(Role.values)})
    # Or whoever finds a key with few scopes makes an owner of themselves.
    if actor.api_key and not permissions_of(organisation.kind, role, None) <= actor.permissions:
        raise NotAllowed(_("A key cannot give a role that may do more than the key itself."))
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


def check_email(email: str) -> str:
    """Return an e-mail address as accounts are kept under it, or raise Invalid("email")."""
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError:
        raise Invalid("email", _("This is not an e-mail address.")) from None
    if len(email) > _EMAIL_LIMIT:
        raise Invalid("email", _("This is not an e-mail address."))
    return email


def check_password(password: str, *, email: str, person_name: str) -> None:
    """Raise Invalid("password") for one that others would guess of this person."""
    try:
        validate_password(password, User(email=email, name=person_name))
    except ValidationError as error:
        raise Invalid("password", " ".join(error.messages)) from None


def _create_user(*, person_name: str, email: str, password: str) -> User:
    user = User(email=check_email(email), name=check_name("person_name", person_name, 200))
    check_password(password, email=user.email, person_name=user.name)
    user.set_password(password)
    try:
        with transaction.atomic():  # the constraint decides, also between two at once
            user.save(force_insert=True)
    except IntegrityError:
        raise Conflict(
            _("Somebody already logs in with this e-mail address."), field="email"
        ) from None
    return user
