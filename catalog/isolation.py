"""What a process gives up before it reads a hostile file. Linux mostly; no Django, no database.

Called once, by catalog.sandbox_child, in a process with a single thread. Run as a module it
reports which of it held.
"""

import ctypes
import json
import os
import platform
import resource
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_SECCOMP = 22
_PR_SET_NO_NEW_PRIVS = 38
_SIGKILL = 9


def limit_resources(
    *, cpu_seconds: int, memory_bytes: int, file_bytes: int, open_files: int = 64
) -> None:
    """Set this process's limits; `file_bytes` is the longest file it may write."""
    limits = {
        "RLIMIT_CPU": cpu_seconds,
        "RLIMIT_AS": memory_bytes,
        "RLIMIT_FSIZE": file_bytes,
        "RLIMIT_NOFILE": open_files,
        "RLIMIT_CORE": 0,
    }
    for name, limit in limits.items():
        kind = getattr(resource, name)
        hard = resource.getrlimit(kind)[1]
        if hard == resource.RLIM_INFINITY:
            # A second more before the hard limit: the signal of the soft one tells why.
            soft, hard = limit, limit + 1 if name == "RLIMIT_CPU" else limit
        else:
            soft = min(limit, hard)
        # macOS knows RLIMIT_AS and refuses to set it.
        with suppress(ValueError, OSError):
            resource.setrlimit(kind, (soft, hard))


def leave_network() -> str:
    """Cut this process off from every network; return how: namespace, seccomp or interpreter.

    `namespace`: an own, empty network. `seccomp`: the kernel refuses new sockets. `interpreter`:
    only Python refuses them, native code could still open one.
    """
    is_alone = _enter_empty_network()
    if forbid_calls():
        return "namespace" if is_alone else "seccomp"
    sys.addaudithook(_refuse_socket)
    return "namespace" if is_alone else "interpreter"


def _enter_empty_network() -> bool:
    if sys.platform != "linux":
        return False
    if os.geteuid() == 0:
        try:
            os.unshare(os.CLONE_NEWNET)
        except OSError:  # root of a container that gives it little
            return _enter_namespaces()
        _drop_capabilities()
        return True
    return _enter_namespaces()


def _enter_namespaces() -> bool:
    uid, gid = os.geteuid(), os.getegid()
    try:
        os.unshare(os.CLONE_NEWUSER | os.CLONE_NEWNET)
    except OSError:
        return False
    with suppress(OSError):
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
        Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")
    # Counted inside the new namespace only, so the user's other processes do not matter here.
    resource.setrlimit(resource.RLIMIT_NPROC, (64, 64))
    return True


def _drop_capabilities() -> None:
    """Keep of root's powers only those to read files of other owners: the code may be theirs."""
    keep = 1 << 1 | 1 << 2  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
    header = (ctypes.c_uint32 * 2)(0x2008_0522, 0)
    sets = (ctypes.c_uint32 * 6)(keep, keep, 0, 0, 0, 0)
    if ctypes.CDLL(None, use_errno=True).capset(header, sets) != 0:
        raise OSError(ctypes.get_errno(), "capset")


# Calls that are refused: those that open a network, leave the process group (which is killed at
# the end), reach into other processes, or change what this process may see:
#   socket io_uring_setup setpgid setsid ptrace process_vm_readv process_vm_writev
#   mount unshare setns bpf
# For each machine the kernel's name of it, and its numbers of these calls, in this order.
_FORBIDDEN = {
    "x86_64": (0xC000_003E, (41, 425, 109, 112, 101, 310, 311, 165, 272, 308, 321)),
    "aarch64": (0xC000_00B7, (198, 425, 154, 157, 117, 270, 271, 40, 97, 268, 280)),
}


class _SockFilter(ctypes.Structure):
    _fields_ = [
        ("code", ctypes.c_ushort),
        ("jt", ctypes.c_ubyte),
        ("jf", ctypes.c_ubyte),
        ("k", ctypes.c_uint),
    ]


class _SockFprog(ctypes.Structure):
    _fields_ = [("len", ctypes.c_ushort), ("filter", ctypes.POINTER(_SockFilter))]


def forbid_calls() -> bool:
    """Have the kernel refuse the calls above from here on (EACCES); return whether it agreed."""
    calls = _FORBIDDEN.get(platform.machine())
    if sys.platform != "linux" or calls is None:
        return False
    load, equal, at_least, answer = 0x20, 0x15, 0x35, 0x06
    refuse, kill, allow = 0x0005_0000 | 13, 0x8000_0000, 0x7FFF_0000
    architecture, numbers = calls
    lines = [(load, 0, 0, 4), (equal, 1, 0, architecture), (answer, 0, 0, kill), (load, 0, 0, 0)]
    for number in numbers:
        lines += [(equal, 0, 1, number), (answer, 0, 0, refuse)]
    # The second set of x86-64 numbers ("x32") would be a way around.
    lines += [(at_least, 0, 1, 0x4000_0000), (answer, 0, 0, refuse), (answer, 0, 0, allow)]
    program = (_SockFilter * len(lines))(*(_SockFilter(*line) for line in lines))
    wanted = _SockFprog(len(lines), program)
    return _prctl(_PR_SET_NO_NEW_PRIVS, 1) and _prctl(_PR_SET_SECCOMP, 2, ctypes.addressof(wanted))


def _refuse_socket(event: str, args: tuple[object, ...]) -> None:
    if event == "socket.__new__":
        raise PermissionError("no network in here")


def die_with_parent() -> None:
    """Have the kernel kill this process when the one that started it ends."""
    if sys.platform == "linux":
        _prctl(_PR_SET_PDEATHSIG, _SIGKILL)


def _prctl(option: int, *arguments: int) -> bool:
    longs = [ctypes.c_ulong(argument) for argument in (*arguments, 0, 0, 0, 0)[:4]]
    return bool(ctypes.CDLL(None, use_errno=True).prctl(option, *longs) == 0)


# Landlock: the calls have the same numbers on every architecture.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_EXECUTE, _WRITE, _READ, _READ_FOLDER, _TRUNCATE, _IOCTL = (
    1,
    1 << 1,
    1 << 2,
    1 << 3,
    1 << 14,
    1 << 15,
)
_ON_FILES = _EXECUTE | _WRITE | _READ | _TRUNCATE | _IOCTL
_LOOK = _EXECUTE | _READ | _READ_FOLDER
_SYSTEM = ["/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache"]
_DEVICES = ["/dev/null", "/dev/urandom", "/proc/cpuinfo", "/sys/devices/system/cpu"]


def leave_files(*, code: Iterable[str], reads: Iterable[str], writes: Iterable[str]) -> bool:
    """Close the file system but for libraries, `code`, `reads` and the folders `writes`.

    Returns whether the kernel could (Landlock, Linux 5.13 and later).
    """
    if sys.platform != "linux":
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint(1))
    if version < 1:
        return False
    bits = {1: 13, 2: 14, 3: 15, 4: 15}.get(version, 16)
    every = (1 << bits) - 1
    attributes = ctypes.create_string_buffer(every.to_bytes(8, sys.byteorder), 8)
    rules = libc.syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(8), ctypes.c_uint(0))
    if rules < 0:
        return False
    python = [sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix]
    for path in {*python, *_SYSTEM, *_DEVICES, *code, *reads}:
        _allow(libc, rules, path, _LOOK)
    for path in writes:
        _allow(libc, rules, path, every)
    held = _prctl(_PR_SET_NO_NEW_PRIVS, 1) and libc.syscall(_RESTRICT_SELF, rules, 0) == 0
    os.close(rules)
    return bool(held)


def _allow(libc: ctypes.CDLL, rules: int, path: str, access: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:  # absent, or closed to this process anyway
        return
    if not Path(path).is_dir():
        access &= _ON_FILES
    rule = access.to_bytes(8, sys.byteorder) + place.to_bytes(4, sys.byteorder)
    libc.syscall(_ADD_RULE, rules, 1, ctypes.create_string_buffer(rule, 12), ctypes.c_uint(0))
    os.close(place)


def report(arguments: Sequence[str]) -> dict[str, str]:
    """Return what held in this process, as catalog.sandbox_child wrote it down."""
    names = arguments or ("network", "files")
    return {name: os.environ.get(f"SANDBOX_{name.upper()}", "nothing") for name in names}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(report(sys.argv[1:])))
