"""A caller of the API whose every answer is checked against the API's description."""

import json
from typing import Any

from django.test import Client

from accounts.access import Actor
from tests import factories
from tests.api import contract

BASE = "/api/v1/"


class Answer:
    """What came back: `status`, `data` (None without JSON), `headers`, `content`."""

    def __init__(self, response: Any) -> None:
        self.status: int = response.status_code
        self.headers = response.headers
        self.content: bytes = b"".join(response) if response.streaming else response.content
        media = self.headers.get("Content-Type", "").partition(";")[0]
        is_json = media.endswith(("/json", "+json")) and not response.streaming
        self.data: Any = json.loads(self.content) if is_json and self.content else None

    @property
    def fields(self) -> list[str]:
        """Which fields a problem names."""
        return [error["field"] for error in self.data.get("errors", [])]


class Caller:
    """Somebody with an API key, or without."""

    def __init__(self, actor: Actor | None = None, secret: str = "") -> None:
        self.actor = actor or Actor()
        self.headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        self._client = Client()

    def get(self, path: str, **headers: str) -> Answer:
        return self.send("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        return self.send("POST", path, json.dumps(body or {}).encode(), **headers)

    def patch(self, path: str, body: Any) -> Answer:
        return self.send("PATCH", path, json.dumps(body).encode())

    def delete(self, path: str) -> Answer:
        return self.send("DELETE", path)

    def upload(self, path: str, content: bytes, **headers: str) -> Answer:
        return self.send("POST", path, content, "application/octet-stream", **headers)

    def send(
        self,
        method: str,
        path: str,
        content: bytes = b"",
        content_type: str = "application/json",
        **headers: str,
    ) -> Answer:
        """Headers are given as `Idempotency_Key="…"`."""
        address = path if path.startswith(("/", "http")) else BASE + path
        sent = self.headers | {name.replace("_", "-"): value for name, value in headers.items()}
        response = self._client.generic(
            method, address, content, content_type=content_type, headers=sent
        )
        if not response.streaming:
            contract.check(method, response.resolver_match, response)  # type: ignore[arg-type]
        answer = Answer(response)
        if answer.status >= 400:
            assert answer.headers["Content-Type"] == "application/problem+json"
            assert answer.data["status"] == answer.status
        return answer


def caller(actor: Actor) -> Caller:
    """Return somebody with a key of the actor's organisation."""
    return Caller(actor, factories.api_key(actor))
