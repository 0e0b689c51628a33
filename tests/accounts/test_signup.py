"""Coming in: an organisation with its first owner, and the people it adds."""

from typing import Any

import pytest

from accounts.access import Permission, for_membership
from accounts.errors import Conflict, Invalid, NotAllowed
from accounts.models import EdgeCode, Membership, Organisation, OrganisationKind, Role, Scope, User
from accounts.signup import add_member, sign_up
from ledger import edge_code
from ledger.models import Event
from tests import factories
from tests.accounts.witness import at_once, facts, last, only_with, refused

NEW = {
    "kind": "lab",
    "organisation_name": " Lumen Lab ",
    "person_name": "Ada Park",
    "email": "Ada@Lumen.Example",
    "password": factories.PASSWORD,
}
PERSON = {"person_name": "Bo", "email": "bo@lumen.example", "password": factories.PASSWORD}


@pytest.mark.django_db
@pytest.mark.parametrize("kind", OrganisationKind)
def test_every_kind_of_organisation_signs_up_and_is_logged(kind: str) -> None:
    joined = sign_up(**(NEW | {"kind": kind}))
    organisation = joined.organisation
    assert (organisation.name, organisation.kind, joined.role) == ("Lumen Lab", kind, "owner")
    assert joined.user.email == "ada@lumen.example"
    assert joined.user.check_password(factories.PASSWORD)
    assert edge_code.parse(organisation.code) == organisation.code
    event = last("organisation.registered")
    assert event.stream_id == event.facts().actor == organisation.stream
    assert event.facts().data == {"organisation_kind": kind}
    assert facts(event) == {"name": "Lumen Lab"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "bank"}, "kind"),
        ({"organisation_name": "  "}, "organisation_name"),
        ({"organisation_name": "L" * 201}, "organisation_name"),
        ({"organisation_name": "\u200b\u2060"}, "organisation_name"),
        ({"organisation_name": "Lumen \u202ebaL"}, "organisation_name"),
        ({"organisation_name": "Lumen\0Lab"}, "organisation_name"),
        ({"organisation_name": "Lumen\ud800"}, "organisation_name"),
        ({"person_name": ""}, "person_name"),
        ({"person_name": "Ada\r\nBcc: everybody"}, "person_name"),
        ({"email": "ada"}, "email"),
        ({"email": f"ada@{'lumen.' * 45}example"}, "email"),
        ({"email": "ada@lumen.example\n"}, None),
        ({"password": "short"}, "password"),
        ({"password": "1234567890"}, "password"),
    ],
)
def test_what_cannot_be_accepted_leaves_nothing(change: dict[str, Any], field: str | None) -> None:
    if field is None:  # blanks around an address are no reason to refuse it
        assert sign_up(**(NEW | change)).user.email == "ada@lumen.example"
        return
    with refused(Invalid, field):
        sign_up(**(NEW | change))
    for model in (User, Organisation, Membership, EdgeCode):
        assert not model.objects.exists()  # type: ignore[attr-defined]


@pytest.mark.django_db
def test_an_address_logs_in_once_however_it_is_written() -> None:
    sign_up(**NEW)
    with refused(Conflict, "email"):
        sign_up(**(NEW | {"email": "ADA@LUMEN.EXAMPLE"}))
    assert Organisation.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_sign_ups_with_one_address_at_once_make_one_organisation() -> None:
    raised = at_once(*[lambda: sign_up(**NEW)] * 4)
    assert sorted(type(error).__name__ for error in raised) == ["Conflict"] * 3 + ["NoneType"]
    assert (User.objects.count(), Organisation.objects.count()) == (1, 1)
    assert Event.objects.count() == 1


@pytest.mark.django_db
def test_an_owner_adds_a_person_whose_address_is_committed_and_not_shown() -> None:
    owner = factories.lab()
    added = add_member(actor=owner, role=Role.FINANCE, **PERSON)
    assert (added.organisation, added.role) == (owner.organisation, "finance")
    event = last("member.added")
    assert event.facts().data == {"role": "finance"}
    assert facts(event) == {"email": "bo@lumen.example"}
    assert b"bo@lumen" not in bytes(event.leaf)
    elsewhere = factories.studio()
    with refused(Conflict, "email"):
        add_member(actor=elsewhere, role=Role.VIEWER, **PERSON)
    with refused(Invalid, "role"):
        add_member(actor=owner, role="king", **(PERSON | {"email": "c@lumen.example"}))


@pytest.mark.django_db
def test_only_owners_add_people() -> None:
    only_with(
        Permission.MANAGE_MEMBERS,
        factories.studio(),
        lambda actor: add_member(actor=actor, role=Role.VIEWER, **PERSON),
    )
    assert not User.objects.filter(email=PERSON["email"]).exists()


@pytest.mark.django_db
def test_a_key_makes_nobody_mightier_than_itself() -> None:
    owner = factories.studio()
    binding = factories.key_actor(owner, [Scope.READ, Scope.BINDING])
    for role in (Role.OWNER, Role.EDITOR, Role.FINANCE):
        with refused(NotAllowed):
            add_member(actor=binding, role=role, **PERSON)
    assert not User.objects.filter(email=PERSON["email"]).exists()
    viewer = for_membership(add_member(actor=binding, role=Role.VIEWER, **PERSON))
    assert viewer.permissions <= binding.permissions
