"""`manage.py serve`, as strangers meet it: what it says in its log, and whom it waits for."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from config.env import BASE_DIR


@contextmanager
def served(folder: Path) -> Iterator[tuple[int, Path]]:
    """Run `manage.py serve`; give its port and the file of what it says."""
    environment = {name: os.environ[name] for name in ("HOME", "PATH")} | {
        "EDGECODE_DEBUG": "true",
        "EDGECODE_VAR_DIR": str(folder),
    }
    manage = [sys.executable, "manage.py"]
    subprocess.run(
        [*manage, "migrate", "--verbosity", "0"], cwd=BASE_DIR, env=environment, check=True
    )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    said = folder / "said"
    with said.open("wb") as output:
        process = subprocess.Popen(
            [*manage, "serve", "--port", str(port)],
            cwd=BASE_DIR,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            deadline = time.monotonic() + 60
            while not answered(port, b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n", 5):
                assert process.poll() is None, said.read_text()
                assert time.monotonic() < deadline, said.read_text()
                time.sleep(0.2)
            yield port, said
        finally:
            process.terminate()
            process.wait(30)


def answered(port: int, sent: bytes, seconds: float) -> bytes:
    """Send this and no more; return what comes back until the server ends, or b""."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=seconds) as line:
            line.sendall(sent)
            return line.recv(65536)
    except OSError:
        return b""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Path]]:
    with served(tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.mark.long
def test_who_never_ends_the_head_of_a_request_is_sent_away(server: tuple[int, Path]) -> None:
    port, _said = server
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        line.sendall(b"GET / HTTP/1.1\r\nHost: loc")
        assert not line.recv(65536).startswith(b"HTTP/1.1 200")
    assert 5 < time.monotonic() - began < 15


def test_the_server_says_nothing_that_needs_no_attention(server: tuple[int, Path]) -> None:
    port, said = server
    strange = b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n"
    assert answered(port, strange, 10).startswith(b"HTTP/1.1 400 ")
    time.sleep(0.3)
    told = [line for line in said.read_text().splitlines() if "evil.example" in line]
    assert len(told) == 1
    assert "EDGECODE_ALLOWED_HOSTS" in told[0]
    assert "Traceback" not in said.read_text()
    assert "Python threads" not in said.read_text()
