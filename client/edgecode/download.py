"""`edgecode download`: fetches the signed files of a grant, and goes on where it stopped.

What a file must be is known before its first byte: its length and its SHA-256. A file that is here
already, to the last byte, is not fetched again; half of one is gone on with.
"""

import hashlib
import re
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from edgecode.audit.outcome import Exit
from edgecode.audit.words import plain
from edgecode.progress import Progress
from edgecode.site import Refused, Site, add_server, at_site, say

# A name comes from the other side: it names a file in its folder, and nothing else.
_UNSAFE = re.compile(r"[\x00-\x1f\x7f/\\\\:*?\"<>|]")
_SIDECAR_BYTES_MAX = 2**26


def add_arguments(parser: ArgumentParser) -> None:
    """Describe the command line."""
    parser.add_argument("grants", nargs="+", metavar="GRANT", help="the grant's edge code")
    parser.add_argument(
        "--to", type=Path, default=Path(), metavar="DIR", help="default: the current folder"
    )
    add_server(parser)


def run(options: Namespace) -> int:
    """Fetch every file; one that is refused, or not signed yet, does not stop the others."""
    return at_site(options, lambda site: _fetch_all(site, options))


def _fetch_all(site: Site, options: Namespace) -> Exit:
    worst = Exit.CLEAN
    for grant in options.grants:
        try:
            credentials = list(_credentials(site, _plain_code(grant)))
        except Refused as refusal:
            say(f"{grant}: {refusal}")
            worst = Exit.VIOLATIONS
            continue
        for credential in credentials:
            try:
                _fetch(site, credential, options.to)
            except Refused as refusal:
                say(f"{credential['asset']}: {refusal}")
                worst = Exit.VIOLATIONS
    return worst


def _credentials(site: Site, grant: str) -> Iterator[Any]:
    """Yield the credentials of the grant's files and parts, page by page."""
    place = f"grants/{grant}/credentials/?limit=200"
    while True:
        page = site.call("GET", place)
        yield from page["results"]
        if not page["next"]:
            return
        # Its query alone: an address that somebody else writes is not followed.
        place = f"grants/{grant}/credentials/?{urlsplit(page['next']).query}"


def _fetch(site: Site, credential: Any, to: Path) -> None:
    if credential["state"] != "done":
        raise Refused(credential["problem"] or "not signed yet; run the same command again later")
    code = credential["code"]
    given = site.call("POST", f"credentials/{code}/deliveries/", {})
    folder = to / _safe(credential["asset"])
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / _safe(_name(given["file_url"]))
    what = "was here already"
    if not _is(path, given["size_bytes"], given["sha256"]):
        _fetch_whole(site, code, given, path)
        what = "fetched"
    if given["sidecar_url"]:
        _fetch_sidecar(site, given["sidecar_url"], folder / _safe(_name(given["sidecar_url"])))
    sys.stdout.write(f"{plain(path)}: {what}\n")


def _fetch_whole(site: Site, code: str, given: Any, path: Path) -> None:
    size, sha256 = given["size_bytes"], given["sha256"]
    # By its hash: what is gone on with is a part of this very file.
    draft = path.with_name(f".{sha256[:32]}.part")
    links = iter([given["file_url"]])

    def link() -> str:
        if (url := next(links, None)) is not None:
            return str(url)
        return str(site.call("POST", f"credentials/{code}/deliveries/", {})["file_url"])

    progress = Progress(path.name, size)
    if draft.exists():
        progress.add(draft.stat().st_size)
    progress.begin()
    site.fetch(link, draft, size, progress.add)
    progress.end()
    if not _is(draft, size, sha256):
        draft.unlink()
        raise Refused("what came is not the file that was signed; run the same command again")
    draft.replace(path)


def _fetch_sidecar(site: Site, url: str, path: Path) -> None:
    draft = path.with_name(f".{path.name}.part")
    draft.write_bytes(site.small(url, _SIDECAR_BYTES_MAX))
    draft.replace(path)


def _is(path: Path, size: int, sha256: str) -> bool:
    if not path.is_file() or path.stat().st_size != size:
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == sha256


def _plain_code(printed: str) -> str:
    """Return an edge code as addresses have it, also of the printed form, `EC 7K3F 2Q9D`."""
    return re.sub(r"^EC\s+", "", printed.strip()).replace(" ", "")


def _name(url: str) -> str:
    return unquote(urlsplit(url).path.rpartition("/")[2])


def _safe(name: str) -> str:
    return _UNSAFE.sub("_", name).lstrip(".") or "file"
