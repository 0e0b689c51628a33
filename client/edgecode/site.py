"""Calling an Edgecode installation's API, over a line that breaks.

Broken lines and servers in trouble are waited out for some minutes. Redirects are not followed:
the key goes to whom it belongs.
"""

import http.client
import json
import os
import sys
import time
import urllib.error
import urllib.request
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from edgecode.audit.outcome import Exit
from edgecode.audit.words import plain

_TRIES = 9
_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 60.0
_SILENCE_SECONDS = 60
_ANSWER_BYTES_MAX = 32 * 2**20
_WRONG_PARTS = 3
_CHUNK_BYTES = 2**20
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class Refused(Exception):
    """The server says no, and says why in one line."""


class Unreachable(Exception):
    """The server could not be reached, or is in trouble, for minutes."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_given: Any, **_named: Any) -> None:
        return None


class Site:
    """An installation and the key to it; usable from any thread."""

    def __init__(self, url: str, key: str) -> None:
        self.url = _checked(url).rstrip("/") + "/"
        self._key = key
        self._opener = urllib.request.build_opener(_NoRedirect)

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Return the JSON that the API answers. Raises Refused, Unreachable."""
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        url = urljoin(self.url, f"api/v1/{path}")
        for tries in range(_TRIES):
            status, answer = self._ask(method, url, data, headers)
            if 200 <= status < 300:
                return json.loads(answer) if answer else None
            if status and status != 429 and status < 500:
                raise Refused(_reason(status, answer))
            _pause(tries)
        raise Unreachable(f"{self.url}: {status or 'no answer'}")

    def put(self, link: Callable[[], tuple[str, str, dict[str, str]]], content: bytes) -> None:
        """Send the content to where `link()` says, asking for a new link before every try."""
        wrong = 0
        for tries in range(_TRIES):
            method, url, headers = link()
            status, answer = self._ask(
                method,
                _checked(url),
                content,
                {"Content-Type": "application/octet-stream"} | headers,
            )
            if 200 <= status < 300:
                return
            if 400 <= status < 500 and status != 429:
                wrong += 1  # the link ran out, or the part was damaged on its way
                if wrong == _WRONG_PARTS:
                    raise Refused(_reason(status, answer))
            _pause(tries)
        raise Unreachable(f"{urlsplit(url).netloc}: {status or 'no answer'}")

    def fetch(
        self, link: Callable[[], str], path: Path, size: int, done: Callable[[int], None]
    ) -> None:
        """Fetch the `size` bytes behind `link()` into the file at `path`, after those that it has;
        `done` hears how many came. A new link is asked for before every try."""
        had, tries, wrong = _length(path), 0, 0
        while had < size:
            status, reason = self._read_on(_checked(link()), path, had, size, done)
            if 400 <= status < 500 and status != 429:
                wrong += 1
                if wrong == _WRONG_PARTS:
                    raise Refused(reason)
            before, had = had, _length(path)
            tries = 0 if had > before else tries + 1
            if tries == _TRIES:
                raise Unreachable(f"{self.url}: {status or 'no answer'}")
            if had < size:
                _pause(tries)

    def small(self, url: str, most: int) -> bytes:
        """Return the content behind a link, which needs no key."""
        for tries in range(_TRIES):
            status, content = self._ask("GET", _checked(url), None, {})
            if status == 200 and len(content) <= most:
                return content
            if status and status != 429 and status < 500:
                raise Refused(_reason(status, content))
            _pause(tries)
        raise Unreachable(f"{self.url}: {status or 'no answer'}")

    def _read_on(
        self, url: str, path: Path, had: int, size: int, done: Callable[[int], None]
    ) -> tuple[int, str]:
        """Add what comes to the file; return the status, and why where it was refused."""
        request = urllib.request.Request(  # noqa: S310 - _checked looked at the scheme
            url, headers={"User-Agent": "edgecode-download/1", "Range": f"bytes={had}-"}
        )
        try:
            with self._opener.open(request, timeout=_SILENCE_SECONDS) as answer:
                if had and answer.status != 206:
                    return 0, ""  # whoever answers knows no ranges: asked again
                with path.open("ab") as file:
                    while had < size and (chunk := answer.read(min(_CHUNK_BYTES, size - had))):
                        file.write(chunk)
                        had += len(chunk)
                        done(len(chunk))
                return answer.status, ""
        except urllib.error.HTTPError as error:
            with error:
                return error.code, _reason(error.code, error.read(2**20))
        except (OSError, http.client.HTTPException):
            return 0, ""

    def _ask(
        self, method: str, url: str, data: bytes | None, headers: dict[str, str]
    ) -> tuple[int, bytes]:
        """Return status and body; 0 where there was no answer."""
        request = urllib.request.Request(  # noqa: S310 - _checked looked at the scheme
            url, data=data, method=method, headers={"User-Agent": "edgecode-upload/1"} | headers
        )
        try:
            with self._opener.open(request, timeout=_SILENCE_SECONDS) as answer:
                return answer.status, answer.read(_ANSWER_BYTES_MAX)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read(2**20)
        except (OSError, http.client.HTTPException):
            return 0, b""


def add_server(parser: ArgumentParser) -> None:
    """Describe the option that says which installation is meant."""
    parser.add_argument(
        "--server",
        default=os.environ.get("EDGECODE_SERVER"),
        metavar="URL",
        help="https://example.org/ (default: $EDGECODE_SERVER)",
    )


def site_of(options: Namespace) -> Site:
    """Return the installation that options and environment name. Raises Refused."""
    key = os.environ.get("EDGECODE_API_KEY", "")
    if not options.server or not key:
        raise Refused("set EDGECODE_API_KEY, and EDGECODE_SERVER or --server")
    return Site(options.server, key)


def at_site(options: Namespace, work: Callable[[Site], Exit]) -> Exit:
    """Do what goes on where it stopped with the installation that the options name; return how it
    ended, said in one line where not by itself."""
    try:
        site = site_of(options)
    except Refused as refusal:
        say(refusal)
        return Exit.USAGE
    try:
        return work(site)
    except Unreachable as error:
        say(f"{error}; run the same command again to go on")
        return Exit.UNREADABLE
    except KeyboardInterrupt:
        say("stopped; run the same command again to go on")
        return Exit.STOPPED


def say(text: object) -> None:
    """Tell the caller a line."""
    sys.stderr.write(f"edgecode: {plain(text)}\n")


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


def _pause(tries: int) -> None:
    time.sleep(min(_LONGEST_PAUSE_SECONDS, _FIRST_PAUSE_SECONDS * 2**tries))


def _reason(status: int, answer: bytes) -> str:
    try:
        problem = json.loads(answer)
        return str(problem["detail"])[:500]
    except (ValueError, KeyError, TypeError):
        return f"the server answers {status}"
