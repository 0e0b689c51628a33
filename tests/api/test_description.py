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


def test_the_committed_description_is_served(anybody: Caller) -> None:
    served = Client().get("/api/v1/schema/")
    assert served.json() == json.loads(SNAPSHOT.read_text())
    assert served.json()["openapi"].startswith("3.1")


def test_every_post_takes_an_idempotency_key_but_stripes() -> None:
    described: dict[str, Any] = json.loads(SNAPSHOT.read_text())["paths"]
    for path, operations in described.items():
        if "post" in operations and "stripe" not in path:
            names = [one["name"] for one in operations["post"]["parameters"]]
            assert "Idempotency-Key" in names, path


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


@pytest.mark.parametrize("path", ["", "nothing/", "titles", "x" * 5000, "%00/", "../../etc/passwd"])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH"])
def test_any_other_address_is_a_problem(anybody: Caller, method: str, path: str) -> None:
    assert anybody.send(method, path).status in {404, 405}


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
