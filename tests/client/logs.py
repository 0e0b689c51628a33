"""Small real logs in folders, and a server for them on this machine."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edgecode.log import merkle, notes
from edgecode.log.checkpoints import Checkpoint
from edgecode.log.folder import LogFolder
from edgecode.log.leaf import Leaf
from edgecode.log.tiles import WIDTH, Tile, TileBuilder, encode_bundle

ORIGIN = "edgecode.example/ledger"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes([1] * 32))
VKEY = str(notes.verifier_key(ORIGIN, KEY))
AT = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)


def member(number: int, **changes: Any) -> bytes:
    """An organisation signs up: an entry that no rule minds."""
    fields: dict[str, Any] = {
        "kind": "organisation.registered",
        "stream": f"organisation:C{number:07d}",
        "stream_version": 1,
        "actor": f"organisation:C{number:07d}",
        "at": AT + timedelta(seconds=number),
        "data": {"organisation_kind": "studio"},
        "commitments": {"name": f"{number:064x}"},
    }
    return Leaf(**fields | changes).encode()


def members(count: int, first: int = 0) -> list[bytes]:
    return [member(number) for number in range(first, first + count)]


def publish(
    path: Path,
    entries: Sequence[bytes],
    origin: str = ORIGIN,
    key: Ed25519PrivateKey = KEY,
    signed: Checkpoint | None = None,
) -> Path:
    """Write a log as its operator would, whatever the entries say."""
    log, builder = LogFolder(path), TileBuilder()
    for start in range(0, len(entries), WIDTH):
        part = entries[start : start + WIDTH]
        log.write_tiles([(Tile(None, start // WIDTH, len(part)), encode_bundle(part))])
        log.write_tiles(list(builder.add(merkle.leaf_hashes(part))))
    log.write_tiles(list(builder.partial_tiles()))
    checkpoint = signed or Checkpoint(origin, len(entries), builder.root())
    log.write("checkpoint", notes.sign(checkpoint.text, checkpoint.origin, key).encode())
    log.write("log.vkey", f"{notes.verifier_key(origin, key)}\n".encode())
    return path


def flip(path: Path, at: int = -1) -> None:
    raw = bytearray(path.read_bytes())
    raw[at] ^= 1
    path.write_bytes(bytes(raw))


class Server(ThreadingHTTPServer):
    """Serves a folder; `answers` replaces what it says to a path; `asked` are all paths."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), partial(_Handler, directory=str(folder)))
        self.asked: list[str] = []
        self.answers: dict[str, Callable[[SimpleHTTPRequestHandler], None]] = {}

    def handle_error(self, request: object, client_address: object) -> None:
        """An auditor that hangs up is no error of the server."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"


class _Handler(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        self.server.asked.append(self.path.lstrip("/"))
        answer = self.server.answers.get(self.path.lstrip("/"))
        if answer is not None:
            answer(self)
        else:
            super().do_GET()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Tests are quiet."""


@contextmanager
def serving(folder: Path) -> Iterator[Server]:
    with Server(folder) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.02])
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def send(handler: SimpleHTTPRequestHandler, body: bytes, status: int = 200, **headers: str) -> None:
    """Answer with these bytes; a header's underscores are hyphens."""
    handler.send_response(status)
    for name, value in {"Content_Length": str(len(body)), **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)
