"""How a witness is asked over HTTP: one request, a limited answer, a limited time."""

import contextlib
import http.client
import socket
import threading
from dataclasses import dataclass
from urllib.parse import urlsplit

SECONDS = 10.0
_ANSWER_BYTES_MAX = 100_000


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """Status, text and media type of an answer."""

    status: int
    body: str
    content_type: str


def post(prefix: str, body: str) -> HttpAnswer:
    """Send `body` to add-checkpoint below `prefix`, follow no redirection, and return the answer.

    Raises OSError when there is none within 10 seconds, ValueError for one that is no text or too
    long, and for an address that is none.
    """
    return _ask("POST", prefix, "add-checkpoint", body.encode())


def get(prefix: str, name: str) -> HttpAnswer:
    """Return the answer to a GET of `name` below `prefix`. Raises what `post` raises."""
    return _ask("GET", prefix, name, None)


def _ask(method: str, prefix: str, name: str, body: bytes | None) -> HttpAnswer:
    connection, path = _connect(prefix)
    connection.connect()
    # Each read has its time-out; this ends an answer that comes a byte at a time. The socket is
    # kept here: the connection forgets it when the answer is to be its last.
    watchdog = threading.Timer(SECONDS, _cut, [connection.sock])
    watchdog.daemon = True
    watchdog.start()
    try:
        headers = {"User-Agent": "edgecode"}
        if body is not None:
            headers["Content-Type"] = "text/plain; charset=utf-8"
        connection.request(method, f"{path}/{name}", body, headers)
        # What of it is not read would keep the line open after the connection's own end.
        with connection.getresponse() as response:
            raw = response.read(_ANSWER_BYTES_MAX + 1)
    except http.client.HTTPException as error:
        raise OSError(f"no answer: {type(error).__name__}") from None
    finally:
        watchdog.cancel()
        connection.close()
    if len(raw) > _ANSWER_BYTES_MAX:
        raise ValueError("the answer is too long")
    kind = response.headers.get_content_type()
    return HttpAnswer(response.status, raw.decode(), kind)


def _connect(prefix: str) -> tuple[http.client.HTTPConnection, str]:
    parts = urlsplit(prefix)
    kinds = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}
    if parts.scheme not in kinds or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(f"{prefix:.200} is not the address of a witness")
    connection = kinds[parts.scheme](parts.hostname, parts.port, timeout=SECONDS)
    return connection, parts.path.rstrip("/")


def _cut(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
