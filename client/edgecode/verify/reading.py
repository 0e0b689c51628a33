"""Reading a file nobody vouches for: by the house's own reader, in a limited process.

The wheel carries the reader's files as they are, under `edgecode/reader`, and nothing imports them
here: they run in a process of their own, whose children have bounded memory and time, no network
where the system allows that, and no other open file.
"""

import importlib.util
import socket
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from edgecode.verify.bundle import Bundle
from edgecode.verify.host import Host

# What the wheel carries (hatch_build.py), and what a copy of the whole source has beside us.
SOURCES: Final = (
    *("__init__", "inspect_child", "carriers", "cbor", "countersign", "formats"),
    *("jumbf", "stamp_form", "c2pa_sdk/__init__", "c2pa_sdk/settings", "c2pa_sdk/reports"),
    *("c2pa_sdk/inner", "c2pa_sdk/reading"),
)
_PROGRAM: Final = (
    "import runpy, sys; sys.path.insert(0, sys.argv[1]);"
    " runpy.run_module('provenance.inspect_child', run_name='__main__')"
)
# As where files are verified for everybody: all is over within 20 seconds for up to 100 MB.
_MEMORY_BYTES: Final = 1536 * 2**20
_SECONDS: Final = 15
_BYTES_PER_SECOND: Final = 20 * 2**20
SIDECAR_BYTES_MAX: Final = 32 * 2**20


class CannotRead(Exception):
    """Files cannot be read here at all; the message says what is missing, in one line."""


class Reader:
    """Reads files until it is closed: `with Reader() as reader`. Raises CannotRead."""

    def __init__(self) -> None:
        if importlib.util.find_spec("c2pa") is None:
            raise CannotRead("the C2PA library is missing: pip install 'edgecode[verify]'")
        if not hasattr(socket, "send_fds"):
            raise CannotRead("files are read on Linux and macOS only: nothing else limits a reader")
        folder = _carried()
        command = [sys.executable, "-I", "-B", "-c", _PROGRAM, str(folder)]
        self._host = Host(command, folder)

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *_: object) -> None:
        self._host.close()

    def read(self, path: Path, sidecar: Path | None, trust: Bundle) -> dict[str, Any] | None:
        """Return what is found in a file under these roots, unjudged; None when the reader ran into
        a limit. Raises OSError, and CannotRead for a sidecar that is too large."""
        if sidecar is not None and sidecar.stat().st_size > SIDECAR_BYTES_MAX:
            raise CannotRead(f"{sidecar}: larger than any .c2pa file, {SIDECAR_BYTES_MAX} bytes")
        with ExitStack() as stack:
            files = [stack.enter_context(each.open("rb")) for each in (path, sidecar) if each]
            seconds = _SECONDS + path.stat().st_size // _BYTES_PER_SECOND
            request = {
                "caller": "",
                "mime": "application/octet-stream",  # the bytes tell, and no name
                "crjson": True,
                "anchors": [trust.claims, trust.times, trust.identities],
                "limits": {
                    "memory_bytes": _MEMORY_BYTES,
                    "cpu_seconds": seconds,
                    "wall_seconds": seconds,
                },
            }
            return self._host.ask(request, files)


def _carried() -> Path:
    package = Path(__file__).resolve().parent.parent
    for folder in (package / "reader", package.parent.parent):
        if all((folder / "provenance" / f"{name}.py").is_file() for name in SOURCES):
            return folder
    raise CannotRead("this program carries no reader: build the wheel from the whole source")
