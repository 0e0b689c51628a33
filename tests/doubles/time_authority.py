"""An RFC 3161 authority at an address on loopback, which may be down, or lie."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import override

from django.conf import settings
from django.test import override_settings

from provenance.trust import pki, stamps, timestamps

type Answering = Callable[[bytes], bytes]


@contextmanager
def time_authority(
    folder: Path, answer: Answering = timestamps.respond, *, roots: str | None = None
) -> Iterator[None]:
    """Have credentials stamped by an authority that answers so, under these roots or our own."""

    class Handler(BaseHTTPRequestHandler):
        @override
        def log_message(self, format: str, *args: object) -> None:
            pass

        def do_POST(self) -> None:
            body = answer(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            with _asked(folder, f"http://127.0.0.1:{server.server_port}/tsr?policy=1", roots):
                yield
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def no_time_authority(folder: Path) -> Iterator[None]:
    """Have the settings name an authority that is down."""
    with _asked(folder, "http://127.0.0.1:9/tsr"):
        yield


@contextmanager
def _asked(folder: Path, url: str, roots: str | None = None) -> Iterator[None]:
    path = folder / "time-roots.pem"
    path.write_text(roots or pki._time_root().chain_pem)
    update = {"timestamp_url": url, "timestamp_roots": path}
    stamps._quiet_until = 0.0
    try:
        with override_settings(ENV=settings.ENV.model_copy(update=update)):
            yield
    finally:
        stamps._quiet_until = 0.0
