"""A child module that misbehaves on demand. Run by catalog.sandbox in tests."""

import ctypes
import json
import os
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

from catalog.sandbox_child import refuse


def connect() -> None:
    for family, kind, address in [
        (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 9)),
        (socket.AF_INET, socket.SOCK_DGRAM, ("192.0.2.1", 53)),
        (socket.AF_INET6, socket.SOCK_STREAM, ("::1", 9)),
    ]:
        try:
            with socket.socket(family, kind) as connection:
                connection.connect(address)
        except ConnectionRefusedError:  # somebody was asked: there is a network
            sys.stdout.write("network")
            return
        except OSError:
            continue
        sys.stdout.write("network")
        return
    sys.stdout.write("no network")


def fork_and_sleep() -> None:
    child = os.fork()
    if child:
        Path(sys.argv[2]).write_text(str(child))
    time.sleep(600)


def leave_group() -> None:
    if os.fork() == 0:  # the leader of a group cannot leave it, its child could
        try:
            os.setsid()
        except PermissionError:
            os._exit(1)
        os._exit(0)
    if os.waitstatus_to_exitcode(os.wait()[1]) == 1:
        raise PermissionError("cannot leave")


def spin() -> None:
    while True:
        pass


def environment() -> None:
    sys.stdout.write(json.dumps(dict(os.environ)))


def complain() -> None:
    sys.stderr.write("x" * 10_000_000)
    raise SystemExit(1)


ACTIONS: dict[str, Callable[[], object]] = {
    "echo": lambda: sys.stdout.write(json.dumps(sys.argv[2:])),
    "refuse": lambda: refuse("too odd", count=3),
    "divide": lambda: 1 // 0,
    "segfault": lambda: ctypes.string_at(0),
    "memory": lambda: bytearray(2**30),
    "spin": spin,
    "fork_and_sleep": fork_and_sleep,
    "leave_group": leave_group,
    "shout": lambda: sys.stdout.write("x" * 5000),
    "complain": complain,
    "write": lambda: Path(sys.argv[2]).write_bytes(bytes(5000)),
    "read": lambda: sys.stdout.write(Path(sys.argv[2]).read_text()),
    "environment": environment,
    "connect": connect,
}

if __name__ == "__main__":
    ACTIONS[sys.argv[1]]()
