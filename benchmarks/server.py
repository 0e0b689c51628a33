"""The product's server in a folder of its own, as `manage.py serve` starts it, and its memory."""

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_READY_SECONDS = 60


def environment(folder: Path) -> dict[str, str]:
    """Return the settings of a product in `folder`, as it would be run for others."""
    return {
        "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
        "EDGECODE_DEBUG": "false",  # with it, Django keeps every query it makes
        "EDGECODE_SECRET_KEY": secrets.token_urlsafe(48),
        "EDGECODE_VAR_DIR": str(folder),
        "EDGECODE_THROTTLE_ACTOR_PER_MINUTE": "1000000",
    }


class Server:
    """A running server: call it, and ask for its memory."""

    def __init__(self, port: int, pid: int) -> None:
        self.port = port
        self._pid = pid
        self._connection = HTTPConnection("127.0.0.1", port, timeout=600)

    def get(self, path: str, key: str = "") -> bytes:
        """Return the body of an answer; the connection stays open for the next call."""
        self._connection.request("GET", path, headers=_headers(key))
        return self._answer(path)

    def look(self, path: str, cookie: str) -> bytes:
        """Return a page as somebody with this cookie sees it."""
        self._connection.request("GET", path, headers={"Cookie": cookie})
        return self._answer(path)

    def send(self, path: str, file: Path, key: str, *, mime: str = "video/mp4") -> bytes:
        """Post the file as the body and return the answer's."""
        headers = _headers(key) | {
            "Content-Type": mime,
            "Content-Length": str(file.stat().st_size),
        }
        with file.open("rb") as body:
            self._connection.putrequest("POST", path)
            for name, value in headers.items():
                self._connection.putheader(name, value)
            self._connection.endheaders()
            # The kernel sends the file: the client shall cost the server's machine little.
            self._connection.sock.sendfile(body)
            return self._answer(path)

    def peak_bytes(self) -> int | None:
        """Return the most memory that the server's processes have held since `forget_peak`,
        together; None where the system does not tell (it is read from Linux's /proc)."""
        lines = [_status(pid) for pid in self.processes()]
        if not lines or not all(lines):
            return None
        return sum(int(line["VmHWM"].split()[0]) * 1024 for line in lines)

    def forget_peak(self) -> None:
        """Begin to measure the peak anew."""
        for pid in self.processes():
            path = Path(f"/proc/{pid}/clear_refs")
            if path.exists():
                path.write_text("5")

    def processes(self) -> list[int]:
        """The server and the worker process it starts; not the sandbox, which ends by itself."""
        children = Path(f"/proc/{self._pid}/task/{self._pid}/children")
        found = children.read_text().split() if children.exists() else []
        return [self._pid, *map(int, found)]

    def _answer(self, path: str) -> bytes:
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status not in {200, 201}:
            raise RuntimeError(f"{path}: {answer.status} {body[:500].decode(errors='replace')}")
        return body


@contextmanager
def served() -> Iterator[Server]:
    """Serve the settings of this process on a free port of this machine until the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # The arguments of `manage.py serve`, without its worker, which would share the processor.
    command = [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1"),
        *("--port", str(port), "--blocking-threads", "32", "--workers", "1"),
        *("--backpressure", "128", "--no-ws", "--http", "1", "--log-level", "warning"),
        *("--http1-header-read-timeout", "10000", "--log-config", "config/granian.json"),
        "config.wsgi:application",
    ]
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ.copy())
    try:
        _wait_until_ready(process, port)
        yield Server(port, process.pid)
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_ready(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError("the server did not start; its message is above")
        try:
            Server(port, process.pid).get("/readyz")
        except (OSError, HTTPException, RuntimeError):
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"the server was not ready after {_READY_SECONDS} s")


def _headers(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"} if key else {}


def _status(pid: int) -> dict[str, str]:
    path = Path(f"/proc/{pid}/status")
    try:
        text = path.read_text()
    except OSError:
        return {}
    return {
        name: value.strip() for name, _, value in (row.partition(":") for row in text.splitlines())
    }
