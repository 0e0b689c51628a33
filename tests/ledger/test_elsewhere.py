"""What witnesses remember of the log is asked before the first signature of a process, and what
the worker does for the log goes on whatever happens."""

import hashlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings as django_settings
from django.db import transaction
from pytest_django import Settings

from edgecode.log import notes
from edgecode.log.checkpoints import Checkpoint
from edgecode.log.keys import cosigner_key
from edgecode.log.policy import Policy, WitnessKey
from ledger import agreement, background, proofs, sequencer, signing, witness_http
from ledger.append import append
from ledger.models import Event
from tests.ledger.conftest import ACTOR

pytestmark = pytest.mark.django_db


@contextmanager
def witness(answer: str | int, settings: Settings, folder: Path) -> Iterator[None]:
    """A witness that remembers the note `answer`, or answers with that status."""
    origin = hashlib.sha256(django_settings.ENV.ledger_origin.encode()).hexdigest()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.path == f"/w/{origin}/checkpoint" and isinstance(answer, str)
            self.send_response(200 if known else answer if isinstance(answer, int) else 404)
            self.end_headers()
            if known:
                self.wfile.write(str(answer).encode())

        def log_message(self, *_arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    url = f"http://127.0.0.1:{server.server_address[1]}/w"
    key = cosigner_key("north.example", Ed25519PrivateKey.generate())
    path = folder / "policy"
    path.write_text(str(Policy(witnesses=(WitnessKey("north", key, url),), quorum="north")))
    settings.ENV = settings.ENV.model_copy(update={"ledger_witnesses": path})
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def forged(size: int, root: bytes = bytes(32)) -> str:
    """A checkpoint signed by the log's own key."""
    signer = signing.load()
    assert signer is not None
    return signer.sign(Checkpoint(signer.origin, size, root))


@pytest.fixture
def log(var_dir: Path, shake: Callable[..., Event]) -> Path:
    for _ in range(3):
        shake()
    sequencer.advance()
    return var_dir


def test_a_witness_that_remembers_our_past_lets_us_sign(
    log: Path, settings: Settings, tmp_path: Path
) -> None:
    roots = {size: proofs.folder().root(size) for size in (1, 3)}
    for size, root in roots.items():
        with witness(forged(size, root), settings, tmp_path):
            assert agreement.check_elsewhere() is True
    with witness(404, settings, tmp_path):
        assert agreement.check_elsewhere() is True


@pytest.mark.parametrize(
    ("size", "told"),
    [
        (4, "witness north remembers 4 entries and this database knows only 3: was a backup"),
        (3, "witness north remembers 3 entries and this database has others: two histories"),
        (2, "witness north remembers 2 entries and this database has others: two histories"),
    ],
)
def test_a_witness_that_remembers_another_history_stops_the_signing(
    log: Path, settings: Settings, tmp_path: Path, *, size: int, told: str
) -> None:
    published = proofs.checkpoint()
    with transaction.atomic():
        append("sample.shaken", stream="sample:S1", actor=ACTOR)
    with witness(forged(size), settings, tmp_path):
        memory = agreement.Once()
        with pytest.raises(sequencer.Diverged, match=told):
            memory.check()
        with pytest.raises(sequencer.Diverged, match=told):  # and it stays stopped
            memory.check()
    assert proofs.checkpoint() == published


def test_a_witness_with_a_checkpoint_of_another_log_stops_the_signing(
    log: Path, settings: Settings, tmp_path: Path
) -> None:
    note = notes.sign("other.example\n1\n" + "A" * 43 + "=\n", "x", Ed25519PrivateKey.generate())
    with (
        witness(note, settings, tmp_path),
        pytest.raises(sequencer.Diverged, match="north remembers another log"),
    ):
        agreement.check_elsewhere()


def test_a_witness_in_trouble_stops_nobody(log: Path, settings: Settings, tmp_path: Path) -> None:
    with witness(503, settings, tmp_path):
        assert agreement.check_elsewhere() is False
    assert agreement.check_elsewhere() is False  # nobody listens there any more


@pytest.mark.django_db(transaction=True)
def test_the_worker_publishes_soon_after_a_commit_and_says_a_failure_once(
    var_dir: Path, shake: Callable[..., Event], caplog: pytest.LogCaptureFixture
) -> None:
    def wait_for(size: int) -> None:
        deadline = time.monotonic() + 20
        while proofs.folder().size() != size:
            assert time.monotonic() < deadline
            time.sleep(0.01)

    stop = threading.Event()
    threads = background.start(stop)
    try:
        shake()
        wait_for(1)
        with transaction.atomic():
            append("sample.shaken", stream="sample:S1", actor=ACTOR)
        wait_for(2)
        draft = var_dir / "ledger" / ".draft"
        draft.rename(draft.with_name("aside"))
        draft.write_text("in the way")
        shake()
        time.sleep(0.5)
        draft.unlink()
        wait_for(3)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    told = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    # The same trouble may be met first here, then there: each is said, and none of them twice.
    assert told
    assert len(told) == len(set(told))
    assert all(message.startswith("advancing the log: ") for message in told)


@pytest.mark.parametrize("closes", [True, False])
def test_a_witness_that_answers_a_byte_at_a_time_is_not_waited_for(
    log: Path, monkeypatch: pytest.MonkeyPatch, *, closes: bool
) -> None:
    monkeypatch.setattr(witness_http, "SECONDS", 0.5)
    over = threading.Event()

    def drip(listener: socket.socket) -> None:
        caller, _ = listener.accept()
        with caller, suppress(OSError):
            caller.recv(4096)
            end = b"Connection: close\r\n" if closes else b"Content-Length: 9999\r\n"
            caller.sendall(b"HTTP/1.1 200 OK\r\n" + end + b"\r\n")
            while not over.wait(0.05):
                caller.sendall(b"x")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=drip, args=[listener])
        thread.start()
        started = time.monotonic()
        with suppress(OSError):
            witness_http.get(f"http://127.0.0.1:{listener.getsockname()[1]}/w", "checkpoint")
        assert time.monotonic() - started < 5
        over.set()
        thread.join()
