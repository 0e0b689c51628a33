"""A witness over HTTP (C2SP tlog-witness), for an organisation that wants to be one.

It needs two files of its own and the policy that names the logs, nothing of the log's operator.
Put a reverse proxy with TLS before it, and one process per state file behind.
"""

import argparse
import contextlib
import json
import logging
import socket
import sqlite3
import sys
import time
from collections.abc import Callable, Sequence
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock
from typing import Any

from edgecode.audit import evidence
from edgecode.log.checkpoints import parse_checkpoint
from edgecode.log.notes import note_text
from edgecode.log.policy import parse_policy
from edgecode.log.witness import TEXT, Answer, Witness
from edgecode.witness_state import State, open_witness

BODY_MAX = 256 * 1024
CONNECTIONS_MAX = 64
_SECONDS_MAX = 30
_ADDRESSES_MAX = 10_000
logger = logging.getLogger("edgecode.witness")


class Pace:
    """How fast one address may ask: `burst` at once, then `per_second`."""

    def __init__(self, burst: float = 50, per_second: float = 5) -> None:
        self._burst, self._per_second = burst, per_second
        self._lock = Lock()
        self._left: dict[str, tuple[float, float]] = {}

    def allows(self, address: str, now: float) -> bool:
        """Count one request; returns whether it is within the pace. `now` is monotonic."""
        with self._lock:
            left, since = self._left.pop(address, (self._burst, now))
            left = min(self._burst, left + (now - since) * self._per_second)
            self._left[address] = (max(left - 1, 0), now)
            if len(self._left) > _ADDRESSES_MAX:
                del self._left[next(iter(self._left))]  # whoever has been silent for longest
            return left >= 1


class WitnessServer(ThreadingHTTPServer):
    """Answers for `witness`; a thread per connection, 64 at most, each ended after 30 seconds."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(
        self, address: tuple[str, int], witness: Witness, state: State, pace: Pace | None = None
    ) -> None:
        self.witness, self.state, self.pace = witness, state, pace or Pace()
        self._ends: dict[socket.socket, float] = {}
        self._lock = Lock()
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        super().__init__(address, _Handler)

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Take the connection while there is room."""
        with self._lock:
            if len(self._ends) >= CONNECTIONS_MAX:
                return False
            self._ends[request] = time.monotonic() + _SECONDS_MAX
        return True

    def shutdown_request(self, request: Any) -> None:
        """End a connection."""
        with self._lock:
            self._ends.pop(request, None)
        super().shutdown_request(request)

    def service_actions(self) -> None:
        """End the connections that have had their time; called twice a second."""
        now = time.monotonic()
        with self._lock:
            late = [request for request, end in self._ends.items() if now > end]
        for request in late:
            try:
                request.shutdown(socket.SHUT_RDWR)  # its thread wakes up and closes it
            except OSError:
                continue

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say in one line what went wrong with a connection."""
        logger.info("connection of %s: %s", client_address[0], sys.exc_info()[1])


class _Handler(BaseHTTPRequestHandler):
    server: WitnessServer
    protocol_version = "HTTP/1.1"
    timeout = 10

    def do_POST(self) -> None:
        """add-checkpoint."""
        if self.path != "/add-checkpoint":
            self._answer(Answer(404, "not here\n"), close=True)
            return
        body = self._body()
        if body is not None:
            self._answer(self._stored(lambda: self._add(body)))

    def do_GET(self) -> None:
        """The checkpoint last cosigned of a log, by the hash of its origin."""
        parts = self.path.split("/")
        if len(parts) != 3 or parts[0] or parts[2] != "checkpoint":
            self._answer(Answer(404, "not here\n"))
            return
        self._answer(self._stored(lambda: self.server.witness.checkpoint(parts[1])))

    def _add(self, body: str) -> Answer:
        answer = self.server.witness.add_checkpoint(body, int(time.time()))
        if answer.fork is not None:
            forked = parse_checkpoint(note_text(answer.fork.later))
            document = evidence.of_fork(forked, answer.fork)
            if self.server.state.keep_fork(forked, json.dumps(document)):
                logger.error("%s signed what does not go with what it signed before", forked.origin)
        return answer

    def _stored(self, work: Callable[[], Answer]) -> Answer:
        """Do what needs the state; a disk that fails is an answer, not a signature."""
        if not self.server.pace.allows(self.client_address[0], time.monotonic()):
            return Answer(429, "too fast: once in ten seconds is enough\n")
        try:
            return work()
        except (sqlite3.Error, OSError) as error:
            logger.exception("the state cannot be used")
            return Answer(503, f"the witness cannot use its state: {type(error).__name__}\n")

    def _body(self) -> str | None:
        """Return the request's body, or None when it was answered already."""
        length = self.headers.get("Content-Length", "")
        if self.headers.get("Transfer-Encoding") or not length.isascii() or not length.isdigit():
            self._answer(Answer(411, "say the Content-Length\n"), close=True)
            return None
        if len(length) > 9 or int(length) > BODY_MAX:
            self._answer(Answer(413, f"at most {BODY_MAX} bytes\n"), close=True)
            return None
        raw = self.rfile.read(int(length))
        if len(raw) < int(length):
            self.close_connection = True
            return None
        try:
            return raw.decode()
        except UnicodeDecodeError:
            self._answer(Answer(400, "not UTF-8\n"))
            return None

    def _answer(self, answer: Answer, *, close: bool = False) -> None:
        raw = answer.body.encode()
        self.send_response(answer.status, HTTPStatus(answer.status).phrase)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(raw)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        if answer.status == 429:
            self.send_header("Retry-After", "10")
        if close:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(raw)
        if answer.content_type == TEXT and answer.status >= 400:
            said = answer.body.strip()
            logger.info("%s %.80s: %d %s", self.command, self.path, answer.status, said)

    def version_string(self) -> str:
        """What the header Server says: no versions."""
        return "edgecode-witness"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name it overrides
        """Say nothing of each request: addresses are nobody's business."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what serve() takes."""
    parser.add_argument("--listen", default="127.0.0.1:7380", metavar="HOST:PORT")
    parser.add_argument("--policy", type=Path, required=True, help="its log lines are followed")
    parser.add_argument("--key", type=Path, required=True, help="made on the first run")
    parser.add_argument("--state", type=Path, required=True, help="made on the first run")
    parser.add_argument("--name", help="on the first run: a name you own, witness.example.org/w1")


def serve(listen: str, policy: Path, key: Path, state: Path, name: str | None) -> None:
    """Run the witness until it is interrupted. Raises ValueError or OSError with one line."""
    host, _, port = listen.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or int(port) >= 2**16:
        raise ValueError(f"--listen {listen}: expected HOST:PORT, such as 127.0.0.1:7380")
    witness, kept = open_witness(parse_policy(policy.read_bytes()), key, state, name)
    with (
        contextlib.closing(kept),
        WitnessServer((host.strip("[]"), int(port)), witness, kept) as server,
    ):
        bound = server.socket.getsockname()
        sys.stdout.write(f"Witness {witness.name} listens on {bound[0]}:{bound[1]}\n")
        sys.stdout.writelines(f"{vkey}\n" for vkey in witness.vkeys)
        sys.stdout.flush()
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            sys.stdout.write("Witness ended\n")


def run(options: argparse.Namespace) -> int:
    """Serve as the command line says; return the exit code: 64 when it cannot."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    try:
        serve(options.listen, options.policy, options.key, options.state, options.name)
    except (ValueError, OSError) as error:
        sys.stderr.write(f"edgecode witness: {error}\n")
        return 64
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the witness by itself; returns the exit code."""
    parser = argparse.ArgumentParser(prog="edgecode witness", description="Run a witness of logs.")
    add_arguments(parser)
    return run(parser.parse_args(arguments))


if __name__ == "__main__":
    sys.exit(main())
