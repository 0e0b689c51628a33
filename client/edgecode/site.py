"""Calling an Edgecode installation's API, over a line that breaks.

Broken lines and servers in trouble are waited out for some minutes. Redirects are not followed:
the key goes to whom it belongs.
"""

import http.client
import json
import secrets
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from mimetypes import guess_type
from pathlib import Path
from time import sleep
from typing import Any, BinaryIO, NamedTuple
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

_TRIES = 9
_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 60.0
_SILENCE_SECONDS = 60
_LONG_SECONDS = 4.0
_LONGEST_ASKED_SECONDS = 300.0
_ANSWER_BYTES_MAX = 256 * 2**20
_BUSY = {429, 502, 503, 504}
_WRONG_PARTS = 3
_CHUNK_BYTES = 2**20
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class Refused(Exception):
    """The server says no, and says why in one line. `status` is that of HTTP, 0 where this side
    refused; `errors` are the fields that are wrong, as the API names them (RFC 9457)."""

    def __init__(self, reason: str, status: int = 0, errors: list[dict[str, str]] | None = None):
        super().__init__(reason)
        self.status, self.errors = status, errors or []


class Unreachable(Exception):
    """The server could not be reached, or is in trouble, for minutes."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_given: Any, **_named: Any) -> None:
        return None


class _Answer(NamedTuple):
    status: int  # 0: there was none
    content: bytes = b""
    wait: str = ""  # Retry-After


class Site:
    """An installation and the key to it; usable from any thread. `tell` hears of long waits."""

    def __init__(self, url: str, key: str, tell: Callable[[str], None] = lambda _: None) -> None:
        self.url = _checked(url).rstrip("/") + "/"
        self._key, self._tell = key, tell
        self._opener = urllib.request.build_opener(_NoRedirect)

    def call(
        self, method: str, path: str, body: Any = None, query: Mapping[str, Any] | None = None
    ) -> Any:
        """Return the JSON that the API answers. Raises Refused, Unreachable."""
        return _json(self.url, self.content(method, path, body, query))

    def content(
        self, method: str, path: str, body: Any = None, query: Mapping[str, Any] | None = None
    ) -> bytes:
        """Return the bytes that the API answers. Raises Refused, Unreachable."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        return self._answered(method, path, query, headers, lambda: nullcontext(data))

    def send(self, path: str, file: Path, query: Mapping[str, Any]) -> Any:
        """Send a file as it is, in one request, and return the JSON that the API answers. Raises
        OSError, Refused, Unreachable."""
        headers = {
            "Content-Type": guess_type(file.name)[0] or "application/octet-stream",
            "Content-Length": str(file.stat().st_size),
        }
        return _json(
            self.url, self._answered("POST", path, query, headers, lambda: file.open("rb"))
        )

    def _answered(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None,
        headers: dict[str, str],
        body: Callable[[], AbstractContextManager[bytes | BinaryIO | None]],
    ) -> bytes:
        """Ask until there is an answer; `body` is opened anew for every try."""
        headers = {"Authorization": f"Bearer {self._key}", **headers}
        if method == "POST":
            # Sent again because the line broke, it acts once all the same.
            headers["Idempotency-Key"] = secrets.token_hex(16)
        asked = f"?{urlencode(query, doseq=True)}" if query else ""
        url = urljoin(self.url, f"api/v1/{path}{asked}")
        for tries in range(_TRIES):
            with body() as data:
                answer = self._ask(method, url, data, headers)
            if 200 <= answer.status < 300:
                return answer.content
            if answer.status and answer.status not in _BUSY:
                break
            if tries + 1 < _TRIES:
                self._wait(tries, answer)
        refusal = _refusal(answer)
        if 0 < answer.status < 500:
            raise refusal
        raise Unreachable(f"{self.url}: {refusal if answer.status else 'no answer'}")

    def pages(self, path: str, query: Mapping[str, Any]) -> Iterator[Any]:
        """Yield the pages of a list, one after another."""
        wanted = dict(query)
        while True:
            page = self.call("GET", path, query=wanted)
            yield page
            if not page["next"]:
                return
            # Its cursor alone: an address that somebody else writes is not followed.
            wanted["cursor"] = parse_qs(urlsplit(page["next"]).query)["cursor"][0]

    def _wait(self, tries: int, answer: _Answer) -> None:
        """Wait as long as the server asks for, or longer every time."""
        asked = int(answer.wait) if answer.wait.isdecimal() and len(answer.wait) < 10 else 0
        if asked > _LONGEST_ASKED_SECONDS:
            raise Unreachable(f"{self.url}: asks to be left alone for {asked} seconds")
        seconds = asked or _pause_seconds(tries)
        if seconds >= _LONG_SECONDS:
            told = answer.status or "no answer"
            self._tell(f"{self.url}: {told}; asking again in {seconds:.0f} seconds")
        sleep(seconds)

    def put(self, link: Callable[[], tuple[str, str, dict[str, str]]], content: bytes) -> None:
        """Send the content to where `link()` says, asking for a new link before every try."""
        wrong = 0
        for tries in range(_TRIES):
            method, url, headers = link()
            answer = self._ask(
                method,
                _checked(url),
                content,
                {"Content-Type": "application/octet-stream"} | headers,
            )
            if 200 <= answer.status < 300:
                return
            if 400 <= answer.status < 500 and answer.status != 429:
                wrong += 1  # the link ran out, or the part was damaged on its way
                if wrong == _WRONG_PARTS:
                    raise _refusal(answer)
            _pause(tries)
        raise Unreachable(f"{urlsplit(url).netloc}: {answer.status or 'no answer'}")

    def fetch(
        self, link: Callable[[], str], path: Path, size: int, done: Callable[[int], None]
    ) -> None:
        """Fetch the `size` bytes behind `link()` into the file at `path`, after those that it has;
        `done` hears how many came. A new link is asked for before every try."""
        had, tries, wrong = _length(path), 0, 0
        while had < size:
            answer = self._read_on(_checked(link()), path, had, size, done)
            if 400 <= answer.status < 500 and answer.status != 429:
                wrong += 1
                if wrong == _WRONG_PARTS:
                    raise _refusal(answer)
            before, had = had, _length(path)
            tries = 0 if had > before else tries + 1
            if tries == _TRIES:
                raise Unreachable(f"{self.url}: {answer.status or 'no answer'}")
            if had < size:
                _pause(tries)

    def small(self, url: str, most: int) -> bytes:
        """Return the content behind a link, which needs no key."""
        for tries in range(_TRIES):
            answer = self._ask("GET", _checked(url), None, {})
            if answer.status == 200 and len(answer.content) <= most:
                return answer.content
            if answer.status and answer.status != 429 and answer.status < 500:
                raise _refusal(answer)
            _pause(tries)
        raise Unreachable(f"{self.url}: {answer.status or 'no answer'}")

    def _read_on(
        self, url: str, path: Path, had: int, size: int, done: Callable[[int], None]
    ) -> _Answer:
        """Add what comes to the file; return the rest of the answer."""
        request = urllib.request.Request(  # noqa: S310 - _checked looked at the scheme
            url, headers={"User-Agent": "edgecode/1", "Range": f"bytes={had}-"}
        )
        try:
            with self._opener.open(request, timeout=_SILENCE_SECONDS) as answer:
                if had and answer.status != 206:
                    return _Answer(0)  # whoever answers knows no ranges: asked again
                with path.open("ab") as file:
                    while had < size and (chunk := answer.read(min(_CHUNK_BYTES, size - had))):
                        file.write(chunk)
                        had += len(chunk)
                        done(len(chunk))
                return _Answer(answer.status)
        except urllib.error.HTTPError as error:
            return _told(error)
        except (OSError, http.client.HTTPException):
            return _Answer(0)

    def _ask(
        self, method: str, url: str, data: bytes | BinaryIO | None, headers: dict[str, str]
    ) -> _Answer:
        request = urllib.request.Request(  # noqa: S310 - _checked looked at the scheme
            url, data=data, method=method, headers={"User-Agent": "edgecode/1"} | headers
        )
        try:
            with self._opener.open(request, timeout=_SILENCE_SECONDS) as answer:
                return _Answer(answer.status, answer.read(_ANSWER_BYTES_MAX))
        except urllib.error.HTTPError as error:
            return _told(error)
        except (OSError, http.client.HTTPException):
            return _Answer(0)


def _json(url: str, content: bytes) -> Any:
    try:
        return json.loads(content) if content else None
    except ValueError:
        raise Refused(f"{url}: what answers there is no Edgecode") from None


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url)
        host, scheme = parts.hostname, parts.scheme
    except ValueError as error:
        raise Refused(f"{url}: {error}") from None
    if scheme not in {"http", "https"} or not host:
        raise Refused(f"{url}: not an address such as https://example.org/")
    if scheme == "http" and host not in _LOOPBACK:
        raise Refused(f"{url}: http:// is for this machine only; use https://")
    return url


def _length(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _pause_seconds(tries: int) -> float:
    return float(min(_LONGEST_PAUSE_SECONDS, _FIRST_PAUSE_SECONDS * 2**tries))


def _pause(tries: int) -> None:
    sleep(_pause_seconds(tries))


def _told(error: urllib.error.HTTPError) -> _Answer:
    with error:
        try:
            content = error.read(2**20)
        except (OSError, http.client.HTTPException):
            content = b""
        return _Answer(error.code, content, error.headers.get("Retry-After", ""))


def _refusal(answer: _Answer) -> Refused:
    """Return what a problem (RFC 9457) says."""
    try:
        problem = json.loads(answer.content)
        reason, errors = str(problem["detail"])[:500], problem.get("errors", [])
    except (ValueError, KeyError, TypeError, AttributeError):
        return Refused(f"the server answers {answer.status}", answer.status)
    return Refused(reason, answer.status, errors if isinstance(errors, list) else [])
