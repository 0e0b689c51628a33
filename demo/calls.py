"""Calling the product the way its users do: over HTTP, with an API key."""

import hashlib
from pathlib import Path
from typing import Any, Protocol

import requests

from demo.site import SiteError

_TIMEOUT_SECONDS = 120


class Served(Protocol):
    """Whatever is reached at an address: the demo's site, or a test's."""

    @property
    def url(self) -> str: ...


class Caller:
    """One organisation's program. Every POST carries an Idempotency-Key, so that a story which
    was interrupted can be played again from the start without doing anything twice."""

    def __init__(self, site: Served, secret: str | None = None) -> None:
        self._root = f"{site.url}/api/v1/"
        self._session = requests.Session()
        self._session.trust_env = False  # the site is on loopback: no proxy
        self.secret = secret or ""
        if secret:
            self._session.headers["Authorization"] = f"Bearer {secret}"

    def get(self, path: str, **query: str) -> Any:
        """Return the JSON of a resource."""
        answer = self._session.get(self._root + path, params=query, timeout=_TIMEOUT_SECONDS)
        return self._checked(answer).json()

    def post(self, path: str, key: str = "", **body: Any) -> Any:
        """Send a JSON body and return the answer's JSON."""
        headers = {"Idempotency-Key": f"demo {key}"} if key else {}
        answer = self._session.post(
            self._root + path, json=body, headers=headers, timeout=_TIMEOUT_SECONDS
        )
        return self._checked(answer).json()

    def upload(self, path: str, file: Path, **query: str) -> Any:
        """Stream a file with its expected hash and return the registered asset."""
        with file.open("rb") as stream:
            sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
            stream.seek(0)
            answer = self._session.post(
                self._root + path,
                params={"filename": file.name, **query},
                data=stream,
                headers={
                    "Content-Type": "application/octet-stream",
                    "X-Content-SHA256": sha256,
                },
                timeout=_TIMEOUT_SECONDS,
            )
        return self._checked(answer).json()

    def download(self, url: str, target: Path) -> None:
        """Fetch a delivery in two ranges, as a resumed download would, and rename it whole."""
        draft = target.with_name(f".{target.name}.part")
        first = self._session.get(url, headers={"Range": "bytes=0-1023"}, timeout=_TIMEOUT_SECONDS)
        content = self._checked(first).content
        total = int(first.headers.get("Content-Range", f"/{len(content)}").rpartition("/")[2])
        if total > len(content):
            rest = self._session.get(
                url,
                headers={"Range": f"bytes={len(content)}-"},
                timeout=_TIMEOUT_SECONDS,
            )
            content += self._checked(rest).content
        draft.write_bytes(content)
        draft.replace(target)

    def raw(self, path: str) -> bytes:
        """Return the bytes of a document below the API."""
        return self._checked(self._session.get(self._root + path, timeout=_TIMEOUT_SECONDS)).content

    def status_of(self, url: str, **headers: str) -> int:
        """Return the HTTP status of an address, without insisting on success."""
        return self._session.get(url, headers=headers, timeout=_TIMEOUT_SECONDS).status_code

    def verify(self, file: Path, sidecar: Path | None = None) -> Any:
        """Ask the site what it knows of a file."""
        if sidecar is None:
            answer = self._session.post(
                f"{self._root}verify/",
                params={"filename": file.name},
                data=file.read_bytes(),
                headers={"Content-Type": "application/octet-stream"},
                timeout=_TIMEOUT_SECONDS,
            )
        else:
            with file.open("rb") as one, sidecar.open("rb") as two:
                answer = self._session.post(
                    f"{self._root}verify/",
                    files={"file": (file.name, one), "sidecar": (sidecar.name, two)},
                    timeout=_TIMEOUT_SECONDS,
                )
        return self._checked(answer).json()

    def _checked(self, answer: requests.Response) -> requests.Response:
        if answer.ok:
            return answer
        try:
            detail = answer.json().get("detail", "")
        except ValueError:
            detail = answer.text[:300]
        where = answer.url.split("?", 1)[0]
        raise SiteError(f"{answer.request.method} {where} → {answer.status_code}: {detail}")

    def make_key(self, email: str, password: str, scopes: list[str]) -> str:
        """Return the secret of a new key, made with a person's log-in."""
        answer = self._session.post(
            f"{self._root}keys/",
            json={"name": "Demo", "scopes": scopes},
            auth=(email, password),
            timeout=_TIMEOUT_SECONDS,
        )
        return str(self._checked(answer).json()["secret"])

    def pay_as_a_person(self, url: str) -> None:
        """Pay on the payment page, as somebody with a card would."""
        answer = self._session.post(
            url, data={"means": "card"}, allow_redirects=False, timeout=_TIMEOUT_SECONDS
        )
        self._checked(answer)
