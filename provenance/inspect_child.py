"""Reads hostile files: a process that has the SDK loaded, with limited children that read.

Loading the SDK costs some 100 ms, a fork and a first reading 5 ms more; so the process keeps
children ready. A stranger's file gets a child of its own. A caller known by name gets the child
back that has read this caller's files before, and nobody else's: it ends after some files, after
a minute without one, and after any file that it could not read. Children hold no secret, no other
open file and no network, have bounded time and memory for each file, and, where we are root, a
user without rights. All this starts without Django and ends when its parent does.

A request on stdin (a socket): four bytes of length, JSON, and the descriptors of the reply
socket, the file and, if there is one, the sidecar. The answer is one JSON object up to the end
of the reply; no answer means that the child ran into a limit.
"""

import base64
import gc
import io
import json
import math
import os
import resource
import select
import signal
import socket
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from provenance.c2pa_sdk.reading import NoManifestError, UnreadableSidecarError, read
from provenance.c2pa_sdk.reports import UnreadableError
from provenance.c2pa_sdk.settings import Anchors

_LENGTH_BYTES = 4
_NOBODY = 65534
_SPARES = 2
_KEPT = 4  # children that wait for their callers' next files, at most
_KEPT_SECONDS = 60.0
_KEPT_FILES = 50
_KEPT_BYTES = 32 * 2**20  # a child that read more has grown; it is not kept
_FREE = b"."  # says a child whose file is done and that would take another
_WARM_UP = Path(__file__).with_name("warm-up.c2pa").read_bytes()


@dataclass
class _Child:
    """A child as its parent knows it. `free_since` is None while it reads a file."""

    link: socket.socket
    caller: str = ""
    free_since: float | None = None


class _Children:
    """All that are alive: spares, who have seen no file yet, and those that serve a caller."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._spares: list[_Child] = []
        self._taken: list[_Child] = []

    def hand_over(
        self, request: bytes, descriptors: list[int], caller: str, anchors: Anchors
    ) -> None:
        """Give the file to the caller's own child if it is free, or else to a spare."""
        while True:
            child = self._free_child(caller) or self._spare(anchors)
            try:
                _send(child.link, request, descriptors)
            except OSError:
                child.link.close()  # somebody killed it while it waited
                continue
            child.caller, child.free_since = caller, None
            self._taken.append(child)
            return

    def wait(self) -> bool:
        """Return whether there is a request, or False after a change among the children."""
        links = [child.link for child in self._taken]
        kept = any(child.free_since is not None for child in self._taken)
        ready, _, _ = select.select(
            [*links, self._control], [], [], _KEPT_SECONDS if kept else None
        )
        for child in list(self._taken):
            if child.link in ready:
                self._hear(child)
        self._end_old()
        return self._control in ready

    def refill(self, anchors: Anchors) -> None:
        """Fork until there are enough spares."""
        while len(self._spares) < _SPARES:
            self._spares.append(self._forked(anchors))

    def _hear(self, child: _Child) -> None:
        try:
            said = child.link.recv(1)
        except OSError:
            said = b""
        if said == _FREE and child.caller:
            child.free_since = time.monotonic()
        else:
            self._end(child)

    def _end_old(self) -> None:
        now = time.monotonic()
        free = [child for child in self._taken if child.free_since is not None]
        free.sort(key=lambda child: child.free_since or now, reverse=True)
        for rank, child in enumerate(free):
            if rank >= _KEPT or now - (child.free_since or now) >= _KEPT_SECONDS:
                self._end(child)

    def _end(self, child: _Child) -> None:
        child.link.close()  # it ends at once, or with the file that it still reads
        self._taken.remove(child)

    def _free_child(self, caller: str) -> _Child | None:
        for child in self._taken if caller else ():
            if child.caller == caller and child.free_since is not None:
                self._taken.remove(child)
                return child
        return None

    def _spare(self, anchors: Anchors) -> _Child:
        return self._spares.pop(0) if self._spares else self._forked(anchors)

    def _forked(self, anchors: Anchors) -> _Child:
        """Fork a child that warms up and waits for its first file."""
        ours, theirs = socket.socketpair()
        if os.fork() == 0:
            try:
                for other in (*self._spares, *self._taken):
                    other.link.close()
                ours.close()
                self._control.close()
                _drop_rights()
                _warm_up(anchors)
                _read_files(theirs)
            finally:
                os._exit(0)  # whatever happened: a child never goes on as its parent
        theirs.close()
        return _Child(ours)


def serve(control: socket.socket) -> None:
    """Hand each request from `control` to a child, until `control` is closed."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # children are nobody's to wait for
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    _leave_network()
    gc.freeze()  # children share what is here, as long as nobody counts it anew
    children = _Children(control)
    anchors: Anchors | None = None
    while True:
        if not children.wait():
            if anchors:  # a file is done: now a new spare is in nobody's way
                children.refill(anchors)
            continue
        request = _next_request(control)
        if request is None:
            return
        body, descriptors = request
        header = json.loads(body)
        anchors = Anchors(*header["anchors"])
        children.hand_over(body, descriptors, header["caller"], anchors)
        for descriptor in descriptors:
            os.close(descriptor)


def _send(target: socket.socket, body: bytes, descriptors: list[int]) -> None:
    message = len(body).to_bytes(_LENGTH_BYTES) + body
    sent = socket.send_fds(target, [message], descriptors)
    target.sendall(message[sent:])


def _next_request(source: socket.socket) -> tuple[bytes, list[int]] | None:
    head, descriptors, _flags, _address = socket.recv_fds(source, _LENGTH_BYTES, 3)
    while head and len(head) < _LENGTH_BYTES:
        head += source.recv(_LENGTH_BYTES - len(head))
    if not head:
        return None
    length, body = int.from_bytes(head), b""
    while len(body) < length:
        part = source.recv(length - len(body))
        if not part:
            return None
        body += part
    return body, list(descriptors)


def _warm_up(anchors: Anchors) -> None:
    """Read a small sidecar of no meaning, so that the SDK has made what it makes only once."""
    with suppress(UnreadableError):
        file = io.BytesIO(b"warm-up")
        read(file, "application/octet-stream", anchors=anchors, manifest_data=_WARM_UP)


def _read_files(link: socket.socket) -> None:
    """Answer for each file from `link`, as long as this child may be kept."""
    for number in range(1, _KEPT_FILES + 1):
        request = _next_request(link)
        if request is None:
            return
        header, descriptors = json.loads(request[0]), request[1]
        is_small = os.fstat(descriptors[1]).st_size <= _KEPT_BYTES
        keep = header["caller"] != "" and is_small and number < _KEPT_FILES
        with socket.socket(fileno=descriptors[0]) as reply:
            _limit(header["limits"])
            answer = _answer(header, descriptors[1:])
            keep = keep and answer["outcome"] != "unreadable"
            reply.sendall(json.dumps(answer).encode())
            if keep:
                signal.alarm(0)
                link.sendall(_FREE)  # before the caller, who may have another file, knows
            reply.shutdown(socket.SHUT_WR)  # nobody waits until memory is given back
        if not keep:
            return


def _answer(header: dict[str, Any], descriptors: list[int]) -> dict[str, Any]:
    sidecar = None
    if len(descriptors) > 1:
        with os.fdopen(descriptors[1], "rb") as file:
            sidecar = file.read()  # our side has looked at its size
    with os.fdopen(descriptors[0], "rb") as file:
        anchors = Anchors(*header["anchors"])
        try:
            reading = read(file, header["mime"], anchors=anchors, manifest_data=sidecar)
        except NoManifestError as error:
            return {"outcome": "none", "remote_url": error.remote_url}
        except UnreadableError as error:
            of = "sidecar" if isinstance(error, UnreadableSidecarError) else "file"
            return {"outcome": "unreadable", "of": of, "detail": str(error)}
    return {
        "outcome": "read",
        "report": reading.report,
        "state": reading.state,
        "embedded": reading.embedded,
        "certificate": base64.b64encode(reading.certificate).decode(),
        "issuers": [base64.b64encode(each).decode() for each in reading.issuers],
        "time_authority": reading.time_authority,
        "standing": reading.standing,
        "inner": {
            name: {
                "report": each.report,
                "certificate": base64.b64encode(each.certificate).decode(),
            }
            for name, each in reading.inner.items()
        },
        **({"crjson": reading.crjson} if header.get("crjson") else {}),
    }


def _limit(limits: dict[str, int]) -> None:
    """Bound the next file; unanswerable alarms and limits end the child, silent as an answer."""
    signal.alarm(limits["wall_seconds"])
    used = resource.getrusage(resource.RUSAGE_SELF)
    spent = math.ceil(used.ru_utime + used.ru_stime)  # the limit counts the whole life
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (spent + limits["cpu_seconds"], hard))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform != "darwin":  # whose mapped libraries alone exceed any such limit
        resource.setrlimit(resource.RLIMIT_AS, (limits["memory_bytes"],) * 2)


def _drop_rights() -> None:
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(_NOBODY)
        os.setuid(_NOBODY)


def _leave_network() -> None:
    """Move to an empty network namespace where the system lets us; settings forbid it anyway."""
    if sys.platform != "linux":
        return
    for flags in (os.CLONE_NEWNET, os.CLONE_NEWNET | os.CLONE_NEWUSER):
        try:
            os.unshare(flags)
        except OSError:
            continue
        return


if __name__ == "__main__":
    serve(socket.socket(fileno=sys.stdin.fileno()))
