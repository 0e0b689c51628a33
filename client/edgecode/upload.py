"""`edgecode upload`: sends files of a title or likeness in parts, and goes on where it stopped.

Nothing is remembered on this side. The server knows which uploads are open and the hash of every
part; a file is the same if name, size and the hash of every part that was sent are.
"""

import hashlib
import os
import sys
import time
from argparse import ArgumentParser, Namespace
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any, BinaryIO
from urllib.parse import urljoin

from edgecode.audit.outcome import Exit
from edgecode.audit.words import plain
from edgecode.progress import Progress
from edgecode.site import Refused, Site
from edgecode.terminal import add_server, at_site, say

_LANES = 4
_SOURCES = (
    "digitalCapture",
    "negativeFilm",
    "positiveFilm",
    "digitalCreation",
    "composite",
    "trainedAlgorithmicMedia",
    "algorithmicMedia",
)
_POLL_SECONDS = 1.0


def add_arguments(parser: ArgumentParser) -> None:
    """Describe the command line."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    whose = parser.add_mutually_exclusive_group(required=True)
    whose.add_argument("--title", dest="of", metavar="CODE", help="the title's edge code")
    whose.add_argument("--likeness", dest="of", metavar="CODE", help="the likeness's edge code")
    parser.add_argument("--source-type", choices=_SOURCES, default="digitalCapture")
    add_server(parser)
    parser.add_argument(
        "--no-wait", action="store_true", help="end when all is sent, before it is checked"
    )


def run(options: Namespace) -> int:
    """Send every file; one that is refused does not stop the others."""
    return at_site(options, lambda client: _send_all(client.site, options))


def _send_all(site: Site, options: Namespace) -> Exit:
    worst = Exit.CLEAN
    for path in options.files:
        try:
            _send(site, path, options)
        except Refused as refusal:
            say(f"{path}: {refusal}")
            worst = Exit.VIOLATIONS
    return worst


def _send(site: Site, path: Path, options: Namespace) -> None:
    size = path.stat().st_size
    with path.open("rb") as file:
        upload = _open_upload(site, file, path.name, size, options.of) or site.call(
            "POST",
            "uploads/",
            {
                "of": options.of,
                "filename": path.name,
                "size_bytes": size,
                "source_type": options.source_type,
            },
        )
        _send_parts(site, file, upload, Progress(path.name, size))
    upload = site.call("POST", f"uploads/{upload['code']}/complete/", {})
    while not options.no_wait and upload["state"] in {"completing", "checking"}:
        time.sleep(_POLL_SECONDS)
        upload = site.call("GET", f"uploads/{upload['code']}/")
    if upload["state"] in {"aborted", "refused"}:
        raise Refused(upload["reason"] or "the upload was cancelled")
    what = {"done": f"registered as {upload['asset']}"}.get(upload["state"], "sent, being checked")
    if upload["is_copy"]:
        what = f"was here already, as {upload['asset']}"
    sys.stdout.write(f"{plain(path)}: {plain(what)}\n")


def _open_upload(site: Site, file: BinaryIO, name: str, size: int, of: str) -> Any:
    """Return an upload of this very file that was begun and not finished, or None."""
    query = {"of": of, "state": "open", "limit": 200}
    for each in site.call("GET", "uploads/", query=query)["results"]:
        if (each["filename"], each["size_bytes"]) != (name, size):
            continue
        upload = site.call("GET", f"uploads/{each['code']}/")
        # Every part that was hashed: another file may begin alike and be as long.
        known = upload["parts"]
        if all(_part(file, upload, part["number"])[1] == part["sha256"] for part in known):
            return upload
    return None


def _send_parts(site: Site, file: BinaryIO, upload: Any, progress: Progress) -> None:
    there = {part["number"] for part in upload["parts"] if part["is_in"]}
    for number in there:
        progress.add(_length(upload, number))
    missing = [number for number in range(1, upload["part_count"] + 1) if number not in there]
    progress.begin()
    stop = Event()

    def send(number: int) -> None:
        if stop.is_set():
            return
        try:
            _send_part(site, file, upload, number)
        except BaseException:
            stop.set()  # the others end with the part they are at
            raise
        progress.add(_length(upload, number))

    with ThreadPoolExecutor(_LANES) as pool:
        try:
            list(pool.map(send, missing))
        except BaseException:
            stop.set()
            raise
    progress.end()


def _send_part(site: Site, file: BinaryIO, upload: Any, number: int) -> None:
    content, sha256 = _part(file, upload, number)
    if len(content) != _length(upload, number):
        raise Refused("the file became shorter while it was sent")
    asked = {"parts": [{"number": number, "sha256": sha256}]}

    def link() -> tuple[str, str, dict[str, str]]:
        given = site.call("POST", f"uploads/{upload['code']}/parts/", asked)["parts"][0]
        return given["method"], urljoin(site.url, given["url"]), given["headers"]

    site.put(link, content)


def _part(file: BinaryIO, upload: Any, number: int) -> tuple[bytes, str]:
    """Return a part's content and hash; from any thread."""
    start = (number - 1) * upload["part_bytes"]
    content = os.pread(file.fileno(), _length(upload, number), start)
    return content, hashlib.sha256(content).hexdigest()


def _length(upload: Any, number: int) -> int:
    whole: int = upload["part_bytes"]
    rest: int = upload["size_bytes"] - (number - 1) * whole
    return min(whole, rest)
