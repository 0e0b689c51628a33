"""Reads hostile files: a process that has the SDK loaded, with a limited child for each file.

Loading the SDK costs some 100 ms, a fork and a first reading 5 ms more; so the process keeps
children ready, and each lives for one file. They hold no secret, no other open file and no
network, have bounded time and memory, and, where we are root, a user without rights. All this
starts without Django and ends when its parent does.

A request on stdin (a socket): four bytes of length, JSON, and the descriptors of the reply
socket, the file and, if there is one, the sidecar. The answer is one JSON object up to the end
of the reply; no answer means that the child ran into a limit.
"""

import base64
import gc
import io
import json
import os
import resource
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from provenance import c2pa_sdk

_LENGTH_BYTES = 4
_NOBODY = 65534
_SPARES = 2
_SIDECAR_BYTES_MAX = 32 * 2**20
_WARM_UP = Path(__file__).with_name("warm-up.c2pa").read_bytes()


def serve(control: socket.socket) -> None:
    """Hand each request from `control` to a child of its own, until `control` is closed."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # children are nobody's to wait for
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    _leave_network()
    gc.freeze()  # children share what is here, as long as nobody counts it anew
    spares: list[socket.socket] = []
    while (request := _next_request(control)) is not None:
        body, descriptors = request
        anchors = c2pa_sdk.Anchors(*json.loads(body)["anchors"])
        while True:
            spare = spares.pop(0) if spares else _fork_spare([control], anchors)
            with spare:
                try:
                    _send(spare, body, descriptors)
                except OSError:
                    continue  # somebody killed it while it waited
                break
        for descriptor in descriptors:
            os.close(descriptor)
        while len(spares) < _SPARES:
            spares.append(_fork_spare([control, *spares], anchors))


def _fork_spare(inherited: list[socket.socket], anchors: c2pa_sdk.Anchors) -> socket.socket:
    """Fork a child that warms up and waits for its one request; return the socket to send it on."""
    ours, theirs = socket.socketpair()
    if os.fork() == 0:
        for each in (ours, *inherited):
            each.close()
        _drop_rights()
        _warm_up(anchors)
        request = _next_request(theirs)
        if request is not None:
            _answer(json.loads(request[0]), request[1])
        os._exit(0)
    theirs.close()
    return ours


def _send(target: socket.socket, body: bytes, descriptors: list[int]) -> None:
    socket.send_fds(target, [len(body).to_bytes(_LENGTH_BYTES)], descriptors)
    target.sendall(body)


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


def _warm_up(anchors: c2pa_sdk.Anchors) -> None:
    """Read a small sidecar of no meaning, so that the SDK has made what it makes only once."""
    with suppress(c2pa_sdk.UnreadableError):
        file = io.BytesIO(b"warm-up")
        c2pa_sdk.read(file, "application/octet-stream", anchors=anchors, manifest_data=_WARM_UP)


def _answer(header: dict[str, Any], descriptors: list[int]) -> None:
    _limit(header["limits"])
    reply = socket.socket(fileno=descriptors[0])
    sidecar = None
    if len(descriptors) > 2:
        with os.fdopen(descriptors[2], "rb") as file:
            sidecar = file.read(_SIDECAR_BYTES_MAX)
    with os.fdopen(descriptors[1], "rb") as file:
        anchors = c2pa_sdk.Anchors(*header["anchors"])
        try:
            reading = c2pa_sdk.read(file, header["mime"], anchors=anchors, manifest_data=sidecar)
        except c2pa_sdk.NoManifestError as error:
            answer: dict[str, Any] = {"outcome": "none", "remote_url": error.remote_url}
        except c2pa_sdk.UnreadableError as error:
            answer = {"outcome": "unreadable", "detail": str(error)}
        else:
            answer = {
                "outcome": "read",
                "report": reading.report,
                "state": reading.state,
                "embedded": reading.embedded,
                "certificate": base64.b64encode(reading.certificate).decode(),
                "time_authority": reading.time_authority,
            }
    reply.sendall(json.dumps(answer).encode())
    reply.shutdown(socket.SHUT_WR)  # the parent need not wait until this memory is given back


def _limit(limits: dict[str, int]) -> None:
    """Bound this child; unanswerable alarms and limits end it, and its silence is the answer."""
    signal.alarm(limits["wall_seconds"])
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (limits["cpu_seconds"], hard))
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
