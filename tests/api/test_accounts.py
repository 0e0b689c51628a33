"""Organisations, their people and their keys."""

from base64 import b64encode
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.keys import create_api_key
from accounts.models import ApiKey, Organisation, Role, Scope
from tests import factories
from tests.api.callers import Caller, caller
from tests.factories import PASSWORD

SIGN_UP = {
    "kind": "lab",
    "organisation_name": "Aleph Lab",
    "person_name": "Ada Park",
    "email": "Ada@Aleph.example",
    "password": PASSWORD,
}
NEW_KEY = {"name": "importer", "scopes": ["read", "catalog"]}


def basic(email: str, password: str = PASSWORD) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"{email}:{password}".encode()).decode()}


def test_anybody_signs_up_and_gets_a_key_with_the_password(anybody: Caller) -> None:
    signed_up = anybody.post("organisations/", SIGN_UP)
    assert signed_up.status == 201
    assert signed_up.data["organisation"]["name"] == "Aleph Lab"
    assert signed_up.data["owner"] == {"email": "ada@aleph.example", "name": "Ada Park"}
    made = anybody.post("keys/", NEW_KEY, **basic("ada@aleph.example"))
    assert made.status == 201
    me = Caller(secret=made.data["secret"]).get("me/")
    assert me.data["organisation"] == signed_up.data["organisation"]
    assert me.data["api_key"] == made.data["prefix"]
    assert me.data["person"] is None
    assert "search_market" in me.data["permissions"]
    assert "edit_requests" not in me.data["permissions"]  # the key's scopes lack it


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "bank"}, "kind"),
        ({"email": "nobody"}, "email"),
        ({"password": "short"}, "password"),
        ({"organisation_name": " "}, "organisation_name"),
        ({"organisation_name": "A\0B"}, "organisation_name"),
        ({"organisation_name": 7}, "organisation_name"),
        ({"person_name": "x" * 201}, "person_name"),
        ({"admin": True}, "admin"),
    ],
)
def test_a_wrong_sign_up_names_the_field(
    anybody: Caller, change: dict[str, Any], field: str
) -> None:
    refused = anybody.post("organisations/", SIGN_UP | change)
    assert (refused.status, refused.fields) == (422, [field])
    assert not Organisation.objects.exists()


def test_an_address_taken_is_a_conflict(anybody: Caller) -> None:
    anybody.post("organisations/", SIGN_UP)
    again = anybody.post("organisations/", SIGN_UP | {"email": "ADA@aleph.example"})
    assert (again.status, again.fields) == (409, ["email"])
    assert Organisation.objects.count() == 1


def test_signing_up_is_throttled_by_address(anybody: Caller) -> None:
    for _ in range(20):
        anybody.post("organisations/", {})
    refused = anybody.post("organisations/", SIGN_UP)
    assert refused.status == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 3601
    assert not Organisation.objects.exists()


def test_reading_needs_a_live_key_with_the_scope(studio: Caller, anybody: Caller) -> None:
    unknown = anybody.get("me/")
    assert unknown.status == 401
    assert unknown.headers["WWW-Authenticate"].startswith("Bearer")
    assert Caller(secret="eck_00000000_wrong").get("me/").status == 401
    narrow = Caller(secret=factories.api_key(studio.actor, scopes=[Scope.CATALOG]))
    assert narrow.get("me/").status == 403


def test_an_expired_or_revoked_key_opens_nothing(studio: Caller) -> None:
    key, secret = create_api_key(
        actor=studio.actor,
        name="short",
        scopes=["read"],
        expires_at=timezone.now() + timedelta(seconds=60),
    )
    assert Caller(secret=secret).get("me/").status == 200
    ApiKey.objects.filter(pk=key.pk).update(expires_at=timezone.now())
    assert Caller(secret=secret).get("me/").status == 401
    ApiKey.objects.filter(pk=key.pk).update(expires_at=None)
    assert studio.delete(f"keys/{key.prefix}/").status == 204
    assert Caller(secret=secret).get("titles/").status == 401


def test_keys_are_listed_without_their_secrets(studio: Caller) -> None:
    listed = studio.get("keys/")
    assert [key["name"] for key in listed.data["results"]] == ["tests"]
    assert "secret" not in listed.data["results"][0]
    viewer = factories.member(studio.actor)
    assert viewer.user is not None
    assert Caller().get("keys/", **basic(viewer.user.email)).status == 403


def test_a_wrong_password_and_an_unknown_address_look_the_same(anybody: Caller) -> None:
    anybody.post("organisations/", SIGN_UP)
    answers = [
        anybody.post("keys/", NEW_KEY, **basic(email, password))
        for email, password in [
            ("ada@aleph.example", "wrong"),
            ("nobody@aleph.example", PASSWORD),
            ("nobody\0@aleph.example", PASSWORD),
        ]
    ]
    assert {answer.status for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    assert anybody.post("keys/", NEW_KEY, Authorization="Basic %%%").status == 401


def test_guessing_passwords_is_throttled(anybody: Caller) -> None:
    for _ in range(10):
        anybody.post("keys/", NEW_KEY, **basic("ada@aleph.example", "wrong"))
    anybody.post("organisations/", SIGN_UP)
    refused = anybody.post("keys/", NEW_KEY, **basic("ada@aleph.example"))
    assert refused.status == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 61


def test_only_an_owner_in_person_makes_keys(studio: Caller) -> None:
    assert studio.post("keys/", NEW_KEY).status == 403
    editor = factories.member(studio.actor, Role.EDITOR)
    assert editor.user is not None
    assert Caller().post("keys/", NEW_KEY, **basic(editor.user.email)).status == 403
    assert ApiKey.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, "scopes"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": "2099-01-01T00:00:00"}, "expires_at"),
        ({"expires_at": "2099-01-01"}, "expires_at"),
        ({"expires_at": "0001-01-01T00:00:00+14:00"}, "expires_at"),
        ({"expires_at": 4070908800}, "expires_at"),
        ({"name": ""}, "name"),
    ],
)
def test_a_wrong_key_names_the_field(anybody: Caller, change: dict[str, Any], field: str) -> None:
    anybody.post("organisations/", SIGN_UP)
    refused = anybody.post("keys/", NEW_KEY | change, **basic("ada@aleph.example"))
    assert (refused.status, refused.fields) == (422, [field])
    assert not ApiKey.objects.exists()


def test_a_secret_is_never_told_twice(anybody: Caller) -> None:
    anybody.post("organisations/", SIGN_UP)
    headers = basic("ada@aleph.example") | {"Idempotency_Key": "one"}
    made = anybody.post("keys/", NEW_KEY, **headers)
    again = anybody.post("keys/", NEW_KEY, **headers)
    assert (made.status, again.status) == (201, 409)
    assert made.data["prefix"] in again.data["detail"]
    assert made.data["secret"].encode() not in again.content
    assert ApiKey.objects.count() == 1


def test_members_are_added_by_owners_and_seen_by_all(studio: Caller, outsider: Caller) -> None:
    new = {"role": "viewer", "person_name": "Bo", "email": "bo@x.example", "password": PASSWORD}
    added = studio.post("members/", new)
    assert (added.status, added.data["role"]) == (201, "viewer")
    assert studio.get("members/").data["results"][0]["email"] == "bo@x.example"
    assert "bo@x.example" not in outsider.get("members/").content.decode()
    narrow = Caller(secret=factories.api_key(studio.actor, scopes=["read"]))
    assert narrow.post("members/", new | {"email": "c@x.example"}).status == 403
    assert studio.post("members/", new | {"role": "king", "email": "d@x.example"}).status == 422


def test_another_organisations_key_cannot_be_revoked(studio: Caller, outsider: Caller) -> None:
    prefix = studio.get("keys/").data["results"][0]["prefix"]
    assert outsider.delete(f"keys/{prefix}/").status == 404
    assert outsider.delete("keys/nonsense/").status == 404
    assert studio.get("me/").status == 200


def test_a_session_works_and_needs_its_csrf_token(db: None) -> None:
    owner = factories.studio()
    browser = Client(enforce_csrf_checks=True)
    assert owner.user is not None
    browser.force_login(owner.user, "allauth.account.auth_backends.AuthenticationBackend")
    assert browser.get("/api/v1/me/").json()["person"]["email"] == owner.user.email
    body = '{"name": "k", "scopes": ["read"]}'
    refused = browser.post("/api/v1/keys/", body, content_type="application/json")
    assert refused.status_code == 403
    token = "a" * 32
    browser.cookies["csrftoken"] = token
    made = browser.post(
        "/api/v1/keys/", body, content_type="application/json", headers={"X-CSRFToken": token}
    )
    assert made.status_code == 201


def test_the_right_method_is_told(studio: Caller) -> None:
    refused = studio.send("PUT", "members/")
    assert (refused.status, refused.headers["Allow"]) == (405, "GET, HEAD, POST")
    assert studio.send("OPTIONS", "members/").status == 405


def test_a_talent_agency_is_known(db: None) -> None:
    assert caller(factories.talent()).get("me/").data["organisation"]["kind"] == "talent"
