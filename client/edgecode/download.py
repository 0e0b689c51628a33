"""`edgecode download`: fetches the signed files of a grant, and goes on where it stopped.

What a file must be is known before its first byte: its length and its SHA-256, or the hashes of
its manifest and of all the rest. A file that is here
already, to the last byte, is not fetched again; half of one is gone on with.
"""

import hashlib
import re
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import unquote, urlsplit

from edgecode.audit.outcome import Exit
from edgecode.audit.words import plain
from edgecode.client import Client
from edgecode.progress import Progress
from edgecode.shapes import Credential
from edgecode.site import Refused, Site
from edgecode.terminal import add_server, at_site, say

# A name comes from the other side: it names a file in its folder, and nothing else.
_UNSAFE = re.compile(r"[\x00-\x1f\x7f/\\\\:*?\"<>|]")
_SIDECAR_BYTES_MAX = 2**26
_READ_BYTES = 2**20


def add_arguments(parser: ArgumentParser) -> None:
    """Describe the command line."""
    parser.add_argument("grants", nargs="+", metavar="GRANT", help="the grant's edge code")
    parser.add_argument(
        "--to", type=Path, default=Path(), metavar="DIR", help="default: the current folder"
    )
    add_server(parser)


def run(options: Namespace) -> int:
    """Fetch every file; one that is refused, or not signed yet, does not stop the others."""
    return at_site(options, lambda client: _fetch_all(client, options))


def _fetch_all(client: Client, options: Namespace) -> Exit:
    worst = Exit.CLEAN
    for grant in options.grants:
        try:
            if not _fetch_grant(client, grant, options.to):
                worst = Exit.VIOLATIONS
        except Refused as refusal:
            say(f"{grant}: {refusal}")
            worst = Exit.VIOLATIONS
    return worst


def _fetch_grant(client: Client, grant: str, to: Path) -> bool:
    """Fetch all files and parts of a grant; return whether that is all that was licensed."""
    found = client.grant(grant)
    if found["state"] != "active":
        begins = f"; it begins {found['starts_at']}" if found["state"] == "pending" else ""
        raise Refused(f"the grant is {found['state']}{begins}: its files cannot be fetched")
    wanted = sum(len(file["ranges"]) or 1 for file in found["files"])
    fetched = 0
    for credential in client.credentials(grant):
        try:
            _fetch(client.site, credential, to)
            fetched += 1
        except Refused as refusal:
            say(f"{credential['asset']}: {refusal}")
    if fetched < wanted:
        say(f"{grant}: {fetched} of {wanted} files are here; run the same command again later")
    return fetched >= wanted


def _fetch(site: Site, credential: Credential, to: Path) -> None:
    if credential["state"] != "done":
        raise Refused(credential["problem"] or "not signed yet")
    code = credential["code"]
    given = site.call("POST", f"credentials/{code}/deliveries/", {})
    folder = to / _safe(credential["asset"])
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / _safe(_name(given["file_url"]))
    what = "was here already"
    if not _is(path, given):
        _fetch_whole(site, code, given, path)
        what = "fetched"
    if given["sidecar_url"]:
        _fetch_sidecar(site, given["sidecar_url"], folder / _safe(_name(given["sidecar_url"])))
    sys.stdout.write(f"{plain(path)}: {what}\n")


def _fetch_whole(site: Site, code: str, given: Any, path: Path) -> None:
    draft = _draft(code, given, path)
    size = given["size_bytes"]
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
    if not _is(draft, given):
        draft.unlink()
        raise Refused("what came is not the file that was signed; run the same command again")
    draft.replace(path)


def _draft(code: str, given: Any, path: Path) -> Path:
    """Return where the file is put together: named by its credential and its bytes, so that what is
    gone on with is a part of them. What was begun before it got its time stamp is not."""
    placed = given["placed"]
    what = placed["manifest_sha256"] if placed else given["sha256"]
    draft = path.with_name(f".{code}.{_safe(what[:16])}.part")
    for each in path.parent.iterdir():
        is_draft = each.name.startswith(f".{code}.") and each.name.endswith(".part")
        if is_draft and each.name != draft.name:
            each.unlink()
    return draft


def _fetch_sidecar(site: Site, url: str, path: Path) -> None:
    draft = path.with_name(f".{path.name}.part")
    draft.write_bytes(site.small(url, _SIDECAR_BYTES_MAX))
    draft.replace(path)


def _is(path: Path, given: Any) -> bool:
    """Return whether a file is the one that was signed, to the last byte."""
    if not path.is_file() or path.stat().st_size != given["size_bytes"]:
        return False
    with path.open("rb") as file:
        if sha256 := given["sha256"]:
            return bool(hashlib.file_digest(file, "sha256").hexdigest() == sha256)
        return _is_placed(file, given["placed"])


def _is_placed(file: BinaryIO, placed: Any) -> bool:
    """Return whether a file has this manifest in its place and is what was prepared elsewhere.

    Nobody has hashed a long file with this manifest in it; with zeros there it has one hash.
    """
    length = placed["length"]
    blank = hashlib.sha256()
    left = placed["offset"]
    while left and (part := file.read(min(left, _READ_BYTES))):
        blank.update(part)
        left -= len(part)
    manifest = file.read(length)
    blank.update(bytes(length))
    while part := file.read(_READ_BYTES):
        blank.update(part)
    is_ours = hashlib.sha256(manifest).hexdigest() == placed["manifest_sha256"]
    return is_ours and bool(blank.hexdigest() == placed["blank_sha256"])


def _name(url: str) -> str:
    return unquote(urlsplit(url).path.rpartition("/")[2])


def _safe(name: str) -> str:
    return _UNSAFE.sub("_", name).lstrip(".") or "file"
