"""The running product the demo plays on: database, server, worker, and a stand-in for Stripe.

Everything is a child in this process's group, so Ctrl-C reaches all of it.
"""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import requests

ROOT = Path(__file__).resolve().parent.parent
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)
"""The signals that end the demo; the last is how it tells itself once more."""
_READY_SECONDS = 180  # it starts within seconds, but not on a machine that has much else to do
_STRIPE_KEY = "sk_test_demo_0123456789"
_STRIPE_WEBHOOK_SECRET = "whsec_demo_0123456789"


class SiteError(Exception):
    """The site could not be brought up, or ended; the message says what to do."""


class Site:
    """`with Site(8000) as site:` is a served Edgecode with its worker; `site.url` its address."""

    def __init__(self, port: int) -> None:
        self.url: str = f"http://127.0.0.1:{port}"
        self.port = port
        self.folder = Path(os.environ.get("EDGECODE_VAR_DIR", ROOT / "var")) / "demo"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.stripe_url = ""
        self._children: list[subprocess.Popen[str]] = []

    def __enter__(self) -> Self:
        self._require_free_port()
        try:
            self._start_stripe_double()
            self.manage("migrate", "--verbosity", "0")
            self._serve()
            self._wait_until_ready()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stop()

    @property
    def environment(self) -> dict[str, str]:
        """What the product's processes see: this environment and the demo's settings."""
        return {
            **os.environ,
            "EDGECODE_DEBUG": "true",
            "EDGECODE_BASE_URL": self.url,
            "EDGECODE_STRIPE_SECRET_KEY": _STRIPE_KEY,
            "EDGECODE_STRIPE_WEBHOOK_SECRET": _STRIPE_WEBHOOK_SECRET,
            "EDGECODE_STRIPE_API_BASE": self.stripe_url,
        }

    def manage(self, *arguments: str) -> str:
        """Run a management command and return what it printed. Raises SiteError."""
        done = subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), *arguments],
            env=self.environment,
            cwd=ROOT,
            text=True,
            capture_output=True,
            check=False,
        )
        if done.returncode:
            said = (done.stderr or done.stdout).strip()
            raise SiteError(f"manage.py {' '.join(arguments)} failed:\n{said}")
        return done.stdout

    def is_running(self) -> bool:
        return all(child.poll() is None for child in self._children)

    def _require_free_port(self) -> None:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", self.port))
            except OSError:
                raise SiteError(
                    f"port {self.port} is in use; end what uses it, or: make demo PORT=8001"
                ) from None

    def _start_stripe_double(self) -> None:
        command = [
            *(sys.executable, "-m", "tests.doubles.stripe_server", "--port", "0"),
            *("--webhook-url", f"{self.url}/api/v1/stripe/webhook/"),
            *("--webhook-secret", _STRIPE_WEBHOOK_SECRET),
        ]
        child = subprocess.Popen(
            command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._children.append(child)
        assert child.stdout is not None  # noqa: S101 - asked for above
        match = re.search(r"http://\S+", child.stdout.readline())
        if match is None:
            raise SiteError("the stand-in for Stripe did not start")
        self.stripe_url = match.group()

    def _serve(self) -> None:
        command = [sys.executable, str(ROOT / "manage.py"), "serve", "--port", str(self.port)]
        self._children.append(subprocess.Popen(command, env=self.environment, cwd=ROOT, text=True))

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline:
            if not self.is_running():
                raise SiteError("the server did not start; its message is above")
            try:
                if requests.get(f"{self.url}/readyz", timeout=5).ok:
                    return
            except requests.RequestException:
                pass
            time.sleep(0.2)
        raise SiteError(
            f"the server was not ready after {_READY_SECONDS} s;"
            " if the machine is busy, run it again"
        )

    def _stop(self) -> None:
        for ending in ENDINGS:
            signal.signal(ending, signal.SIG_IGN)  # told twice: the stopping itself goes on
        for child in reversed(self._children):
            child.terminate()
        for child in self._children:
            try:
                child.wait(15)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
