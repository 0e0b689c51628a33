"""Hostile files are read only in here: a module of ours in a process of its own, with limits.

The process has no network, no secrets in its environment, a bound on memory, time, output and
files, and where the kernel can (Landlock) no file system but its libraries and what it is given.
A child module reads its arguments from `sys.argv`, writes its answer to standard output (JSON,
by custom) and turns a file down with `catalog.sandbox_child.refuse(reason)`. It imports no Django.
"""

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from catalog.sandbox_child import OUT_OF_MEMORY, REFUSED

_CHILD = Path(__file__).with_name("sandbox_child.py")
_ERROR_TAIL_BYTES = 2**14


class Refused(Exception):
    """The child gave no answer: it turned the file down for `reason`, or it failed (subclasses)."""

    def __init__(self, reason: str, params: Mapping[str, str | int] | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.params = params or {}


class Crashed(Refused):
    """The child died of an error; `reason` holds its last words, for the log only."""


class TimedOut(Refused):
    """The child used up its processor or wall-clock time."""


class OutOfMemory(Refused):
    """The child wanted more memory than it may have."""


class TooMuchOutput(Refused):
    """The child wrote a longer answer than was allowed."""


def run(
    module: str,
    args: Sequence[str],
    *,
    cpu_seconds: int = 30,
    memory_bytes: int = 2**30,
    wall_seconds: float = 60,
    output_limit: int = 2**20,
    reads: Sequence[Path] = (),
    writes: Sequence[Path] = (),
    file_bytes: int = 0,
) -> bytes:
    """Run `python -m module *args` in a limited process and return its standard output.

    `reads` are the files and folders it may read besides its own code, `writes` the folders it
    may change, `file_bytes` the longest file it may write (pipes do not count). Raises Refused
    or one of its subclasses. Nothing of it runs on after the return.
    """
    plan = {
        "limits": {
            "cpu_seconds": cpu_seconds,
            "memory_bytes": memory_bytes,
            "file_bytes": file_bytes,
        },
        "reads": [str(path.absolute()) for path in reads],
        "writes": [str(path.absolute()) for path in writes],
    }
    child = subprocess.Popen(  # noqa: S603 - our own interpreter and module, no shell
        # -I: no environment, no current folder, no user's packages. -B: writes nothing.
        [sys.executable, "-I", "-B", "-X", "utf8", str(_CHILD), json.dumps(plan), module, *args],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=_environment(writes),
        cwd="/",
        start_new_session=True,
    )
    with child:
        try:
            output, errors = _read(child, time.monotonic() + wall_seconds, output_limit)
        finally:
            # Whatever happened, and whatever the child started: nothing stays.
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
    if child.returncode != 0:
        raise _failure(module, child.returncode, errors)
    return output


def isolation() -> dict[str, str]:
    """Return what holds on this machine: `network` (namespace, seccomp, interpreter) and `files`
    (landlock, nothing)."""
    held: dict[str, str] = json.loads(run("catalog.isolation", []))
    return held


def _environment(writes: Sequence[Path]) -> dict[str, str]:
    environment = {"LANG": "C.UTF-8", "PATH": os.defpath, "MALLOC_ARENA_MAX": "2"}
    if writes:
        environment["TMPDIR"] = str(writes[0].absolute())
    return environment


def _read(
    child: subprocess.Popen[bytes], deadline: float, output_limit: int
) -> tuple[bytes, bytes]:
    """Read both pipes to their ends and wait for the exit, all before `deadline`."""
    assert child.stdout is not None  # noqa: S101 - both are pipes
    assert child.stderr is not None  # noqa: S101
    output, errors = bytearray(), bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(child.stdout, selectors.EVENT_READ, output)
        selector.register(child.stderr, selectors.EVENT_READ, errors)
        while selector.get_map():
            ready = selector.select(max(0, deadline - time.monotonic()))
            if not ready and time.monotonic() >= deadline:
                raise TimedOut("took too long")
            for key, _ in ready:
                chunk = os.read(key.fd, 2**16)
                if not chunk:
                    selector.unregister(key.fileobj)
                key.data.extend(chunk)
            if len(output) > output_limit:
                raise TooMuchOutput(f"answered with more than {output_limit} bytes")
            del errors[:-_ERROR_TAIL_BYTES]
    try:
        child.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        raise TimedOut("took too long") from None
    return bytes(output), bytes(errors)


def _failure(module: str, code: int, errors: bytes) -> Refused:
    lines = errors.decode(errors="replace").strip().splitlines() or ["no message"]
    if code == REFUSED:
        with suppress(ValueError, KeyError, TypeError):
            said = json.loads(lines[-1])
            return Refused(str(said["reason"]), said["params"])
    # Nobody but the kernel, short of memory, kills a child that has not run out of time.
    if code in {OUT_OF_MEMORY, -signal.SIGKILL}:
        return OutOfMemory("needs too much memory")
    if code == -signal.SIGXCPU:
        return TimedOut("used too much processor time")
    how = f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
    return Crashed(f"{module}: {how}: {lines[-1][:500]}")
