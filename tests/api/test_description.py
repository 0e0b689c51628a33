"""The API's own description, and the limits every address shares."""

import json
import re
from typing import Any

import orjson
import pytest
from django.test import Client
from pytest_django import Settings  # type: ignore[attr-defined]

from api.views.description import SNAPSHOT
from tests.api.callers import Caller


def test_the_committed_description_is_served_for_this_site(
    anybody: Caller, settings: Settings
) -> None:
    settings.BASE_URL = "https://edgecode.example.org"
    served = Client().get("/api/v1/schema/")
    committed = json.loads(SNAPSHOT.read_text())
    intro = committed["info"].pop("description")
    said = served.json()
    assert "SITE=https://edgecode.example.org\n" in said["info"]["description"]
    assert len(said["info"].pop("description").splitlines()) == len(intro.splitlines())
    assert said == committed
    assert said["openapi"].startswith("3.1")
    assert 'href="/"' in Client().get("/api/v1/docs/").content.decode()


def test_every_post_that_changes_something_takes_an_idempotency_key_but_stripes() -> None:
    described: dict[str, Any] = json.loads(SNAPSHOT.read_text())["paths"]
    for path, operations in described.items():
        asks_only = path.endswith(("/verify/", "/estimate/", "/v1/clearance/"))
        if "post" in operations and "stripe" not in path and not asks_only:
            names = [one["name"] for one in operations["post"]["parameters"]]
            assert "Idempotency-Key" in names, path
        elif asks_only:
            assert "Idempotency-Key" not in json.dumps(operations), path


def test_the_docs_page_holds_nothing_that_a_strict_policy_forbids(db: None) -> None:
    page = Client().get("/api/v1/docs/")
    html = page.content.decode()
    assert page.headers["Content-Security-Policy"].startswith("default-src 'self'")
    assert "<style" not in html
    assert not re.search(r"<script(?![^>]*src=)", html)
    assert not re.search(r"\son\w+=|style=", html)
    sources = re.findall(r'(?:src|href)="([^"]+)"', html)
    assert all(source.startswith(("/", "?")) or "/api/v1/docs/" in source for source in sources)
    script = Client().get("/api/v1/docs/?script=")
    assert script.headers["Content-Type"].startswith("application/javascript")
    assert "/api/v1/schema/" in script.content.decode()


@pytest.mark.parametrize(
    "path", ["", "nothing/", "titles/x/", "x" * 5000, "%00/", "../../etc/passwd"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH"])
def test_any_other_address_is_a_problem(anybody: Caller, method: str, path: str) -> None:
    assert anybody.send(method, path).status in {404, 405}


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("titles", "titles/"),
        ("titles/7K3F2Q9D/assets", "titles/7K3F2Q9D/assets/"),
        ("assets/7K3F2Q9D+001", "assets/7K3F2Q9D%2B001/"),
        ("trust-anchors.pem/", "trust-anchors.pem"),
    ],
)
def test_a_slash_too_few_or_too_many_is_put_right(
    anybody: Caller, studio: Caller, wrong: str, right: str
) -> None:
    moved = Client().get(f"/api/v1/{wrong}?limit=3&q=%26")
    assert moved.status_code == 308
    assert moved.headers["Location"] == f"/api/v1/{right}?limit=3&q=%26"
    for method in ("POST", "DELETE", "PUT"):
        told = studio.send(method, wrong, b"{}")
        assert told.status == 404
        assert f"/api/v1/{right}" in told.data["detail"]


def test_a_host_that_is_not_ours_is_told_so(db: None) -> None:
    refused = Client().get("/api/v1/titles/", headers={"host": "evil.example"})
    assert refused.status_code == 400
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert "Host" in refused.json()["detail"]
    page = Client().get("/", headers={"host": "evil.example"})
    assert page.status_code == 400
    assert "The request cannot be read" in page.content.decode()


def test_a_moved_call_arrives(studio: Caller) -> None:
    answer = Client().get("/api/v1/me", headers=studio.headers, follow=True)
    assert answer.json()["organisation"]["code"]


def test_who_sends_no_key_is_told_how_to_get_one(anybody: Caller) -> None:
    refused = anybody.get("titles/")
    assert refused.status == 401
    assert refused.headers["WWW-Authenticate"].startswith("Bearer")
    for part in ("Authorization: Bearer eck_…", "/organisation/", "/api/v1/keys/", "/api/v1/docs/"):
        assert part in refused.data["detail"]
    wrong = anybody.get("titles/", Authorization="Bearer eck_00000000_x")
    assert "/organisation/" in wrong.data["detail"]


def test_the_description_begins_with_how_to_call(anybody: Caller) -> None:
    intro = Client().get("/api/v1/schema/").json()["info"]["description"]
    for heading in ("A first call", "Keys", "Idempotency", "Lists", "Errors", "Files"):
        assert f"## {heading}" in intro


def test_callers_who_call_too_often_are_told_when_to_come_back(
    studio: Caller, lab: Caller, anybody: Caller, settings: Settings
) -> None:
    settings.ENV = settings.ENV.model_copy(
        update={"throttle_actor_per_minute": 3, "throttle_anonymous_per_minute": 2}
    )
    assert [studio.get("me/").status for _ in range(4)].count(429) >= 1
    refused = studio.get("me/")
    assert refused.status == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 61
    assert lab.get("me/").status == 200
    assert [anybody.get("status/7K3F2Q9D/").status for _ in range(3)][-1] == 429


def test_answers_are_json_whatever_is_asked_for(studio: Caller) -> None:
    for accept in ("text/html", "image/png", "*/*"):
        answer = studio.get("me/", Accept=accept)
        assert answer.headers["Content-Type"] == "application/json"
    assert studio.get("titles/?format=xml").fields == ["format"]


def test_errors_speak_the_callers_language(studio: Caller) -> None:
    korean = studio.post("titles/", {}, Accept_Language="ko")
    assert korean.status == 422
    assert orjson.loads(korean.content) == korean.data
