"""Fetching files from a server that may be slow, broken or hostile.

Limits stand on everything: bytes before and after decompression, seconds per answer, attempts.
Redirects are not followed: the log is where the auditor says that it is.
"""

import http.client
import socket
import ssl
import threading
import urllib.request
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlsplit

_CHUNK = 64 * 1024
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_USER_AGENT = "edgecode-audit/1"
_THREADS = 8


class Unreadable(Exception):
    """A file could not be read, for a reason that says nothing about the log."""


class Forbidden(Unreadable):
    """The server refuses a file; a bucket says so of what it does not have."""


class TooLong(Unreadable):
    """A file is longer than any of its kind can be."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How long to wait: for bytes, for a whole answer, before the second attempt (seconds; it
    doubles), and how often to try."""

    silence: float = 20
    answer: float = 120
    pause: float = 0.5
    attempts: int = 5


PACE = Pace()


class _Again(Exception):
    """Worth another attempt."""


type _Server = tuple[str, str, int | None]  # scheme, host, port


class Net:
    """What all logs of an audit share, however many they are: a few threads, and for each of those
    a connection to each server, which stays open."""

    def __init__(self) -> None:
        self.pool = ThreadPoolExecutor(_THREADS)
        self.closed = threading.Event()
        self._local = threading.local()
        self._open: list[http.client.HTTPConnection] = []

    def connection(self, server: _Server) -> http.client.HTTPConnection:
        """Return this thread's connection to a server."""
        mine = self._mine()
        if server not in mine:
            mine[server] = self._connect(*server)
            self._open.append(mine[server])
        return mine[server]

    def drop(self, server: _Server) -> None:
        """Close this thread's connection to a server: the next one is new."""
        connection = self._mine().pop(server, None)
        if connection is not None:
            connection.close()
            self._open.remove(connection)

    def close(self) -> None:
        """Close the connections of all threads; what they wait for comes to nothing."""
        self.closed.set()
        for connection in list(self._open):
            _hang_up(connection)
        self.pool.shutdown(cancel_futures=True)
        for connection in self._open:  # of some thread it was only just opened
            connection.close()

    def _mine(self) -> dict[_Server, http.client.HTTPConnection]:
        if not hasattr(self._local, "connections"):
            self._local.connections = {}
        mine: dict[_Server, http.client.HTTPConnection] = self._local.connections
        return mine

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context()

    def _connect(self, scheme: str, host: str, port: int | None) -> http.client.HTTPConnection:
        if scheme == "http":
            return http.client.HTTPConnection(host, port, timeout=PACE.silence)
        proxy = urlsplit(urllib.request.getproxies().get("https", ""))
        if not proxy.hostname or urllib.request.proxy_bypass(host):
            return http.client.HTTPSConnection(host, port, timeout=PACE.silence, context=self._tls)
        connection = http.client.HTTPSConnection(
            proxy.hostname, proxy.port or 8080, timeout=PACE.silence, context=self._tls
        )
        connection.set_tunnel(host, port)
        return connection


class Web:
    """GET below one address, from any thread."""

    def __init__(self, url: str, net: Net) -> None:
        try:
            parts = urlsplit(url)
        except ValueError as error:
            raise Unreadable(f"{url}: {error}") from None
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise Unreadable(f"{url}: not an address such as https://example.org/ledger/")
        if parts.query or parts.fragment or parts.username is not None:
            raise Unreadable(f"{parts.hostname}: give the address without user, ? and #")
        if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
            raise Unreadable(f"{url}: http:// is for this machine only; use https://")
        self.url = url.rstrip("/") + "/"
        self._server = parts.scheme, parts.hostname, _port(url)
        self._path = parts.path.rstrip("/") + "/"
        self._net = net

    def get(self, name: str, limit: int) -> bytes | None:
        """Return a file of at most `limit` bytes, or None when the server says that it has none.
        Raises Unreadable when that is all that can be said."""
        pause = PACE.pause
        for attempt in range(1, PACE.attempts + 1):
            try:
                return self._attempt(name, limit)
            except TooLong:
                self._net.drop(self._server)  # what is left of it would be taken for the next
                raise
            except ssl.SSLCertVerificationError as error:
                reason = f"the certificate is not valid: {error.verify_message}"
                raise Unreadable(f"{self.url}{name}: {reason}") from None
            except ValueError as error:  # a host or a path that no server can have
                raise Unreadable(f"{self.url}{name}: {error}") from None
            except (_Again, OSError, http.client.HTTPException) as error:
                self._net.drop(self._server)
                if attempt == PACE.attempts:
                    raise Unreadable(f"{self.url}{name}: {_reason(error)}") from None
            if self._net.closed.wait(pause):
                break
            pause *= 2
        raise Unreadable(f"{self.url}{name}: stopped")

    def _attempt(self, name: str, limit: int) -> bytes | None:
        connection = self._net.connection(self._server)
        # Time-outs are per read: one byte now and then would keep an answer going for ever.
        alarm = threading.Timer(PACE.answer, _hang_up, [connection])
        alarm.daemon = True
        alarm.start()
        try:
            headers = {"User-Agent": _USER_AGENT, "Accept-Encoding": "gzip"}
            connection.request("GET", self._path + name, headers=headers)
            if self._net.closed.is_set():
                raise Unreadable(f"{self.url}{name}: stopped")
            # What of it is not read would keep the line open after the connection's own end.
            with connection.getresponse() as response:
                return self._body(response, name, limit)
        finally:
            alarm.cancel()

    def _body(self, response: http.client.HTTPResponse, name: str, limit: int) -> bytes | None:
        status = response.status
        if status == 200:
            return _Body(response, f"{self.url}{name}", limit).read()
        self._net.drop(self._server)
        if status in {404, 410}:
            return None
        if status == 429 or status >= 500:
            raise _Again(f"the server answers {status}")
        if status == 403:
            raise Forbidden(f"{self.url}{name}: the server answers 403")
        where = response.headers.get("Location", "")
        to = f" to {where:.200}; redirects are not followed" if 300 <= status < 400 else ""
        raise Unreadable(f"{self.url}{name}: the server answers {status}{to}")


class _Body:
    """The bytes of one answer, unpacked, and never more than the limit."""

    def __init__(self, response: http.client.HTTPResponse, url: str, limit: int) -> None:
        self._response, self._url, self._limit = response, url, limit
        encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
        if encoding not in {"identity", "gzip"}:
            raise Unreadable(f"{url}: sent as {encoding:.40}, which was not asked for")
        self._unpacker = zlib.decompressobj(31) if encoding == "gzip" else None

    def read(self) -> bytes:
        parts: list[bytes] = []
        length = packed = 0
        while chunk := self._response.read(_CHUNK):
            packed += len(chunk)
            part = self._unpack(chunk, self._limit + 1 - length)
            length += len(part)
            if max(length, packed) > self._limit:
                raise TooLong(f"{self._url}: longer than the {self._limit} bytes it may have")
            parts.append(part)
        if self._response.length:
            raise _Again("the answer was cut short")
        if self._unpacker is not None and (not self._unpacker.eof or self._unpacker.unused_data):
            raise _Again("the compressed answer is damaged")
        return b"".join(parts)

    def _unpack(self, chunk: bytes, room: int) -> bytes:
        if self._unpacker is None:
            return chunk
        try:
            # What does not fit stays packed, and the answer is too long.
            part = self._unpacker.decompress(chunk, room)
        except zlib.error:
            raise _Again("the compressed answer is damaged") from None
        return part


def _hang_up(connection: http.client.HTTPConnection) -> None:
    """End whatever another thread is reading from the connection."""
    sock = connection.sock
    if sock is not None:
        with suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)


def _port(url: str) -> int | None:
    try:
        return urlsplit(url).port
    except ValueError:
        raise Unreadable(f"{url}: the port is not a number") from None


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return str(error) or type(error).__name__
