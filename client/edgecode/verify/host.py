"""The side of those who ask a reading process: start it once, hand it files, wait for answers.

The process reads hostile files in limited children (provenance/inspect_child.py has the protocol).
"""

import json
import os
import socket
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

_ANSWER_BYTES_MAX = 16 * 2**20
_GRAVE_SECONDS = 0.2
_GRACE_SECONDS = 5  # the child's own alarm comes first; this is for a machine that hangs


class Host:
    """One reading process, started at first use and again when it has died. Thread-safe.

    `command` runs it in the folder `cwd`.
    """

    def __init__(self, command: Sequence[str], cwd: Path) -> None:
        self._command, self._cwd = command, cwd
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    def ask(self, request: dict[str, Any], files: Sequence[BinaryIO]) -> dict[str, Any] | None:
        """Return the child's answer about `files` (the file, perhaps its sidecar).

        None if the child ended without one: it ran into a limit, or crashed.
        """
        answer = None
        for _ in range(2):  # a process that somebody killed costs one file one more try
            reply, theirs = socket.socketpair()
            with reply:
                with theirs:
                    process = self._send(request, [theirs, *files])
                answer = _received(reply, request["limits"]["wall_seconds"] + _GRACE_SECONDS)
            if answer is not None or not _ended(process):
                break
        return answer

    def close(self) -> None:
        """End the process; it ends by itself when its socket is closed."""
        with self._lock:
            if self._process and self._control:
                self._control.close()
                self._process.wait()
            self._process = self._control = None

    def forget(self) -> None:
        """In a fork: leave the process to the parent, whose it is."""
        if self._process and self._control:
            self._process.returncode = 0  # not ours to wait for, nor to warn about
            self._control.close()
        self.__init__(self._command, self._cwd)  # type: ignore[misc]

    def _send(
        self, request: dict[str, Any], files: Sequence[socket.socket | BinaryIO]
    ) -> subprocess.Popen[bytes]:
        body = json.dumps(request).encode()
        message = len(body).to_bytes(4) + body
        descriptors = [file.fileno() for file in files]
        with self._lock:
            process, control = self._running()
            try:
                sent = socket.send_fds(control, [message], descriptors)
                control.sendall(message[sent:])
            except BrokenPipeError:
                process.wait()
        return process

    def _running(self) -> tuple[subprocess.Popen[bytes], socket.socket]:
        if self._process is None or self._control is None or self._process.poll() is not None:
            if self._control:
                self._control.close()
            self._control, theirs = socket.socketpair()
            with theirs:
                self._process = subprocess.Popen(  # noqa: S603 - the caller's own command
                    self._command,
                    cwd=self._cwd,
                    env={"PATH": os.defpath},  # no secret of ours
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                )
        return self._process, self._control


def _ended(process: subprocess.Popen[bytes]) -> bool:
    try:
        process.wait(timeout=_GRAVE_SECONDS)  # its sockets close before it can be waited for
    except subprocess.TimeoutExpired:
        return False
    return True


def _received(reply: socket.socket, seconds: float) -> dict[str, Any] | None:
    data = bytearray()
    deadline = time.monotonic() + seconds  # for it all: a trickle shall not hold us
    try:
        while (left := deadline - time.monotonic()) > 0:
            reply.settimeout(left)
            part = reply.recv(2**18)
            if not part:
                answer: dict[str, Any] = json.loads(data)
                return answer
            data += part
            if len(data) > _ANSWER_BYTES_MAX:
                break
    except (TimeoutError, ConnectionResetError, ValueError):  # ValueError: none, or cut off
        pass
    return None
