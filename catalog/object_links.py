"""Signed, expiring links of the folder store; a bucket signs its own.

A view takes the token out of the path and asks here what it permits.
"""

import re
import time
from dataclasses import dataclass
from urllib.parse import quote

from django.core import signing
from django.utils.translation import gettext_lazy as _

from accounts.errors import Invalid, NotAllowed, NotFound
from catalog.object_interface import Link, Upload, checked, checked_seconds

PART_PATH = "/objects/parts/"
READ_PATH = "/objects/"
_PART, _READ = "edgecode.objects.part", "edgecode.objects.read"
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True)
class PartTicket:
    """One part that may be sent: where it belongs, how long it is, what it hashes to."""

    upload_id: str
    number: int
    offset: int
    size_bytes: int
    sha256: str


def part_link(upload: Upload, number: int, sha256: str, *, seconds: int) -> Link:
    """Return the link that takes this part."""
    size, offset = upload.bytes_of(number), (number - 1) * upload.part_bytes
    facts: list[str | int] = [upload.id, number, offset, size, checked_sha256(sha256)]
    return Link("PUT", PART_PATH + _signed(facts, _PART, seconds), {})


def part_ticket(token: str) -> PartTicket:
    """Return what a part's link permits. NotFound for a forged one, NotAllowed for an expired."""
    upload_id, number, offset, size_bytes, sha256 = _opened(token, _PART)
    return PartTicket(str(upload_id), int(number), int(offset), int(size_bytes), str(sha256))


def read_link(key: str, *, seconds: int, filename: str) -> Link:
    """Return the link that gives the object out."""
    token = _signed([checked(key), filename], _READ, seconds)
    return Link("GET", f"{READ_PATH}{token}/{quote(filename, safe='')}", {})


def readable(token: str) -> tuple[str, str]:
    """Return key and file name of a link; NotFound for a forged one, NotAllowed for an expired."""
    key, filename = _opened(token, _READ)
    return str(key), str(filename)


def checked_sha256(sha256: str) -> str:
    """Return the hash in small letters, however it was written, or raise Invalid if it is none."""
    lower = sha256.lower()
    if _SHA256.fullmatch(lower) is None:
        raise Invalid("sha256", _("A SHA-256 has 64 digits of 0-9 and a-f."))
    return lower


def _signed(facts: list[str | int], salt: str, seconds: int) -> str:
    until = int(time.time()) + checked_seconds(seconds)
    return signing.dumps([*facts, until], salt=salt)


def _opened(token: str, salt: str) -> list[str | int]:
    facts: list[str | int]
    try:
        *facts, until = signing.loads(token, salt=salt)
    except (signing.BadSignature, ValueError):
        raise NotFound from None
    if until < time.time():
        raise NotAllowed(_("This link has expired; ask for a new one."))
    return facts
