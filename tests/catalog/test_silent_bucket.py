"""A bucket that takes a connection and never answers, or stops in the middle of an answer: nobody
waits for it for minutes."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from pydantic import SecretStr

from catalog.object_interface import StoreSilent
from catalog.objects_s3 import NotEncrypted, S3ObjectStore
from catalog.s3_client import LONG, SHORT, Patience
from catalog.s3_external import ExternalSource
from config.env import Environment

_HURRIED = Patience(connect_seconds=1, read_seconds=0.1, tries=2)


def settings_for(port: int) -> Environment:
    return Environment(
        debug=True,
        object_store="s3",
        s3_bucket="films",
        s3_region="us-east-1",
        s3_endpoint_url=f"http://127.0.0.1:{port}",
        s3_access_key_id=SecretStr("key"),
        s3_secret_access_key=SecretStr("secret"),
    )


@pytest.fixture
def silent() -> Iterator[Environment]:
    """The settings of a process whose bucket lies on a server that says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield settings_for(server.getsockname()[1])


@pytest.fixture
def stalling() -> Iterator[Environment]:
    """The same, of a server that says how long an object is, and sends the beginning of it."""
    is_over = threading.Event()

    class Stalling(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.send_header("ETag", '"mark"')
            self.end_headers()

        def do_GET(self) -> None:
            self.do_HEAD()
            self.wfile.write(b"beginning")
            self.wfile.flush()
            is_over.wait()

        def log_message(self, *_said: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Stalling) as server:
        threading.Thread(target=server.serve_forever, args=[0.01]).start()
        yield settings_for(server.server_port)
        is_over.set()
        server.shutdown()


def test_whoever_waits_for_an_answer_hears_that_there_is_none(silent: Environment) -> None:
    store = S3ObjectStore.from_environment(silent, _HURRIED)
    for ask in (
        lambda: store.exists("a"),
        lambda: list(store.keys()),
        lambda: b"".join(store.read_range("a", 0, 1)),
        lambda: store.put_bytes("a", b"a"),
    ):
        with pytest.raises(StoreSilent, match="does not answer") as refusal:
            ask()
        assert (refusal.value.status, refusal.value.retry_after_s) == (503, 30)
    theirs = ExternalSource.from_environment(silent, _HURRIED, "theirs", "", "")
    with pytest.raises(StoreSilent, match="The bucket does not answer") as refusal:
        theirs.facts("a")
    assert refusal.value.field == "bucket"


def test_an_answer_that_stops_in_the_middle_is_given_up(stalling: Environment) -> None:
    store = S3ObjectStore.from_environment(stalling, _HURRIED)
    theirs = ExternalSource.from_environment(stalling, _HURRIED, "theirs", "", '"mark"')
    with closing(store.read_range("a", 0, 1000)) as pieces, pytest.raises(StoreSilent):
        b"".join(pieces)
    with pytest.raises(StoreSilent), store.local_copy("a"):
        raise AssertionError("there is no whole file")
    # A ConnectionError, for whoever goes on at the next byte.
    with closing(theirs.read_range("a", 0, 1000)) as pieces, pytest.raises(ConnectionError):
        b"".join(pieces)
    with pytest.raises(ConnectionError), theirs.local_copy("a"):
        raise AssertionError("there is no whole file")


@pytest.fixture
def careless() -> Iterator[Environment]:
    """The settings of a process that wants encryption, of a server that has never heard of it."""

    class Careless(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(200)
            self.send_header("ETag", '"mark"')
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_PUT = do_HEAD = do_GET = do_DELETE = _answer  # noqa: N815 - as HTTP names them

        def log_message(self, *_said: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Careless) as server:
        threading.Thread(target=server.serve_forever, args=[0.01]).start()
        yield settings_for(server.server_port).model_copy(update={"s3_encryption": "AES256"})
        server.shutdown()


def test_nothing_is_kept_by_a_bucket_that_does_not_encrypt(
    careless: Environment, tmp_path: Path
) -> None:
    store = S3ObjectStore.from_environment(careless, _HURRIED)
    (draft := tmp_path / "draft").write_bytes(b"film")
    for keep in (
        lambda: store.put_bytes("a", b"film"),
        lambda: store.put_if_absent("a", b"film"),
        lambda: store.adopt(draft, "a"),
    ):
        with pytest.raises(NotEncrypted, match="does not encrypt"):
            keep()
    assert draft.exists()


def test_a_call_waits_seconds_and_a_worker_minutes() -> None:
    pause = 1  # at most, before the second try
    assert SHORT.tries == 2
    assert SHORT.tries * max(SHORT.connect_seconds, SHORT.read_seconds) + pause <= 15
    assert LONG.read_seconds >= 60
