"""`manage.py serve`: web, API and worker in one process group. Ctrl-C ends all of it."""

import os
import signal
import socket
import subprocess
import sys
import time
from argparse import ArgumentParser
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from config.env import Environment

_STOP_SECONDS = 10
_HEADER_MILLISECONDS = "10000"


class Command(BaseCommand):
    help = "Serve the pages and the API and run the worker. Ctrl-C ends all of it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--threads", type=int, default=32)

    def handle(self, *_args: Any, host: str, port: int, threads: int, **_options: Any) -> None:
        """Start both, wait until one ends or a signal comes, then end the other."""
        _require_free(host, port)
        if not settings.ENV.debug:
            # The pages name these files by their hashes, which are only known once gathered.
            call_command("collectstatic", interactive=False, verbosity=0)
        server = [
            *(sys.executable, "-m", "granian", "--interface", "wsgi"),
            *("--host", host, "--port", str(port), "--blocking-threads", str(threads)),
            *("--workers", "1", "--backpressure", "128", "--http", "1", "--no-ws"),
            # Who connects and does not say what they want is sent away.
            *("--http1-header-read-timeout", _HEADER_MILLISECONDS, "--log-level", "warning"),
            *("--log-config", str(settings.BASE_DIR / "config" / "granian.json")),
            # Kept connections must not keep a worker that was told to end.
            *("--workers-kill-timeout", "3", "config.wsgi:application"),
        ]
        worker = [sys.executable, str(settings.BASE_DIR / "manage.py"), "work"]
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            **base_url(settings.ENV, host, port),
        }
        children: list[subprocess.Popen[bytes]] = []

        def end(_signal: int, _frame: FrameType | None) -> None:
            raise KeyboardInterrupt

        for ending in (signal.SIGINT, signal.SIGTERM):
            signal.signal(ending, end)
        try:
            children.extend(
                subprocess.Popen(command, env=environment, cwd=settings.BASE_DIR)  # noqa: S603
                for command in (server, worker)
            )
            while all(child.poll() is None for child in children):
                time.sleep(0.2)
        except KeyboardInterrupt:
            return
        finally:
            _stop(children)
        raise CommandError("The server or the worker ended by itself; its message is above.")


def base_url(env: Environment, host: str, port: int) -> dict[str, str]:
    """Return the setting by which links in letters and pages lead to this server: in development,
    where none is set. Elsewhere only the operator knows by which name it is reached."""
    if not env.debug or "base_url" in env.model_fields_set:
        return {}
    name = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - read, not bound
    return {
        "EDGECODE_BASE_URL": f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"
    }


def _require_free(host: str, port: int) -> None:
    # The server lets several processes share a port: a second site would take half the calls.
    family, _kind, _protocol, _name, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM
    )[0]
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            raise CommandError(
                f"{host} port {port} cannot be used ({error.strerror}); choose another with --port."
            ) from None


def _stop(children: list[subprocess.Popen[bytes]]) -> None:
    # Told twice, as by Ctrl-C and by whoever started us: the stopping itself goes on.
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, signal.SIG_IGN)
    for child in children:
        child.terminate()
    deadline = time.monotonic() + _STOP_SECONDS
    for child in children:
        try:
            child.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
