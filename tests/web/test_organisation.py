"""Signing up, and an organisation's own pages."""

import re

import pytest
from django.test import Client

from accounts.access import Actor, Permission
from accounts.keys import authenticate
from accounts.models import ApiKey, Membership, Organisation, OrganisationKind, Role
from tests import factories
from tests.web.reading import signed_in, text, words
from web.roles import ACTS, role_table

pytestmark = pytest.mark.django_db

NEWCOMER = {
    "kind": "studio",
    "organisation_name": "Northgate Pictures",
    "person_name": "Mira Olsen",
    "email": "mira@northgate.example",
    "password": factories.PASSWORD,
}
MEMBER = {
    "person_name": "Bo Chen",
    "email": "bo@northgate.example",
    "role": "approver",
    "password": factories.PASSWORD,
}


@pytest.mark.parametrize("kind", OrganisationKind.values)
def test_whoever_signs_up_lands_at_home_as_owner(client: Client, kind: str) -> None:
    response = client.post("/signup/", NEWCOMER | {"kind": kind})
    assert (response.status_code, response.headers["Location"]) == (303, "/home/")
    membership = Membership.objects.get()
    assert (membership.role, membership.organisation.kind) == (Role.OWNER, kind)
    assert "Northgate Pictures" in words(client.get("/home/"))
    assert client.get("/signup/").headers["Location"] == "/home/"


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("kind", "", "What your organisation is: Choose one."),
        ("organisation_name", " ", "Name of the organisation: Fill this in."),
        ("email", "mira", "This is not an e-mail address."),
        ("password", "short", "This password is too short."),
    ],
)
def test_signing_up_names_what_is_wrong(client: Client, field: str, typed: str, said: str) -> None:
    response = client.post("/signup/", NEWCOMER | {field: typed})
    assert response.status_code == 422
    assert said in words(response)
    assert factories.PASSWORD not in text(response)
    assert not Organisation.objects.exists()


def test_signing_up_twice_with_one_address_is_refused(client: Client) -> None:
    client.post("/signup/", NEWCOMER)
    response = Client().post("/signup/", NEWCOMER | {"email": "MIRA@northgate.example"})
    assert "Somebody already logs in with this e-mail address." in words(response)
    assert Organisation.objects.count() == 1


def test_signing_up_is_found_from_the_start_and_from_signing_in(client: Client) -> None:
    for address in ("/", "/accounts/login/"):
        assert 'href="/signup/"' in text(client.get(address))


@pytest.fixture
def owner() -> Actor:
    return factories.studio("Peach Pictures")


def test_the_organisation_shows_itself(owner: Actor) -> None:
    assert owner.organisation is not None
    page = words(signed_in(owner).get("/organisation/"))
    for said in ("Peach Pictures", "Studio", "Ada Park, Owner", "Organisation registered"):
        assert said in page


def test_an_owner_adds_a_member_who_can_sign_in(owner: Actor) -> None:
    response = signed_in(owner).post("/organisation/members/", MEMBER, follow=True)
    assert "Bo Chen is a member." in words(response)
    entered = Client()
    signed = entered.post(
        "/accounts/login/", {"login": "bo@northgate.example", "password": factories.PASSWORD}
    )
    assert signed.headers["Location"] == "/home/"
    assert "Bo Chen, Approver" in words(entered.get("/organisation/"))


def test_a_member_who_is_no_owner_adds_nobody(owner: Actor) -> None:
    client = signed_in(factories.member(owner, Role.APPROVER))
    assert "Add member" not in words(client.get("/organisation/members/"))
    assert client.post("/organisation/members/", MEMBER).status_code == 403
    assert client.post("/organisation/keys/", {"name": "x", "scopes": "read"}).status_code == 403
    assert (Membership.objects.count(), ApiKey.objects.count()) == (2, 0)


def test_a_key_is_shown_once_works_and_ends(owner: Actor) -> None:
    client = signed_in(owner)
    made = client.post("/organisation/keys/", {"name": "Importer", "scopes": ["read", "catalog"]})
    found = re.search(r"<code>(eck_[^<]+)</code>", text(made))
    assert found is not None
    assert "no-store" in made.headers["Cache-Control"]
    key = authenticate(found[1])
    assert key is not None
    page = text(client.get("/organisation/keys/"))
    assert "<title>API keys · Peach Pictures" in " ".join(page.split())
    assert found[1] not in page
    assert "Importer" in page
    ending = f"/organisation/keys/{key.prefix}/revoke/"
    asked = words(client.get(ending))
    assert "Programs that use it are refused from now on." in asked
    assert "Type Importer to confirm" in asked
    slip = client.post(ending, {"confirm": "Exporter"})
    assert slip.status_code == 422
    assert "This is not Importer. Nothing was changed." in words(slip)
    assert client.post(ending).status_code == 422
    assert authenticate(found[1]) is not None
    assert client.post(ending, {"confirm": "importer"}).status_code == 303
    assert authenticate(found[1]) is None
    assert "Revoked" in words(client.get("/organisation/keys/"))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"name": "", "scopes": "read"}, "Name: Fill this in."),
        ({"name": "x"}, "What it may be used for: Choose at least one."),
        ({"name": "x", "scopes": "read", "expires_at": "2020-01-01"}, "lie in the future"),
    ],
)
def test_a_key_that_cannot_be_is_refused(owner: Actor, data: dict[str, str], said: str) -> None:
    response = signed_in(owner).post("/organisation/keys/", data)
    assert response.status_code == 422
    assert said in words(response)
    assert not ApiKey.objects.exists()


def test_keys_of_others_are_out_of_reach(owner: Actor) -> None:
    factories.api_key(owner)
    prefix = ApiKey.objects.get().prefix
    rival = signed_in(factories.studio())
    named = {"confirm": ApiKey.objects.get().name}
    assert rival.post(f"/organisation/keys/{prefix}/revoke/", named).status_code == 404
    clerk = signed_in(factories.member(owner, Role.EDITOR))
    assert clerk.get(f"/organisation/keys/{prefix}/revoke/").status_code == 403
    assert clerk.post(f"/organisation/keys/{prefix}/revoke/", named).status_code == 403
    assert ApiKey.objects.get().is_live


def test_every_permission_has_its_plain_words() -> None:
    assert set(ACTS) == set(Permission)
    studio, lab = role_table("studio"), role_table("lab")
    named = {str(act.name): list(act.may) for act in studio.acts}
    assert named["Approve or decline deals"] == [False, False, True, False, True]
    assert "Draft requests" not in named
    assert "Draft requests" in {str(act.name) for act in lab.acts}


def test_the_role_table_is_read_in_words(owner: Actor) -> None:
    page = words(signed_in(owner).get("/organisation/roles/"))
    assert "Publish and withdraw offers – no – no yes – no yes" in page


def test_a_person_of_two_organisations_chooses(owner: Actor) -> None:
    other = factories.lab("Lumen Lab")
    assert owner.user is not None
    assert other.organisation is not None
    Membership.objects.create(user=owner.user, organisation=other.organisation, role=Role.VIEWER)
    client = signed_in(owner)
    assert "Act for Lumen Lab" in words(client.get("/organisation/"))
    chosen = client.post("/organisation/switch/", {"organisation": other.organisation.code})
    assert chosen.headers["Location"] == "/home/"
    assert "AI lab" in words(client.get("/home/"))
    stranger = factories.studio()
    assert stranger.organisation is not None
    refused = client.post("/organisation/switch/", {"organisation": stranger.organisation.code})
    assert refused.status_code == 404
    assert "Lumen Lab" in words(client.get("/home/"))
