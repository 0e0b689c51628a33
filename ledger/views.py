"""The published log over HTTP. Any static file server could do this, but for the two proofs."""

import hashlib

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from edgecode.log import notes
from edgecode.log.tiles import parse_path
from ledger import proofs

_TEXT = "text/plain; charset=utf-8"
_BYTES = "application/octet-stream"
_FOR_EVER = "public, max-age=31536000, immutable"
_MOMENT = "public, max-age=1"


@require_safe
def checkpoint(request: HttpRequest) -> HttpResponseBase:
    """The newest signed size and root."""
    note = proofs.checkpoint()
    if note is None:
        return _missing("nothing is published yet")
    return _answer(request, note.encode(), _TEXT, _MOMENT)


@require_safe
def vkey(request: HttpRequest) -> HttpResponseBase:
    """The key that verifies checkpoints."""
    key = proofs.vkey()
    if key is None:
        return _missing("nothing is published yet")
    return _answer(request, f"{key}\n".encode(), _TEXT, _MOMENT)


@require_safe
def tile(request: HttpRequest, name: str) -> HttpResponseBase:
    """A tile or an entry bundle, full or partial. Only names that parse reach the disk."""
    try:
        raw = proofs.folder().read(parse_path(f"tile/{name}"))
    except (ValueError, FileNotFoundError):
        return _missing("there is no such tile")
    return _answer(request, raw, _BYTES, _FOR_EVER)


@require_safe
def receipt(request: HttpRequest, index: int) -> HttpResponseBase:
    """The proof of one entry under the newest checkpoint, to keep and verify offline."""
    try:
        text = proofs.receipt(index)
    except proofs.NotLogged as error:
        return _missing(str(error))
    return _answer(request, text.encode(), _TEXT, _MOMENT)


@require_safe
def consistency(request: HttpRequest, old: int, new: int) -> HttpResponseBase:
    """The proof that a later log begins with an earlier one: base64 hashes, one a line."""
    try:
        proof = proofs.consistency(old, new)
    except proofs.NotLogged as error:
        return _missing(str(error))
    return _answer(request, notes.proof_lines(proof).encode(), _TEXT, _FOR_EVER)


def _answer(request: HttpRequest, raw: bytes, content_type: str, cache: str) -> HttpResponseBase:
    etag = f'"{hashlib.sha256(raw).hexdigest()[:32]}"'
    headers = {"Cache-Control": cache, "Access-Control-Allow-Origin": "*", "ETag": etag}
    response = HttpResponse(raw, content_type=content_type, headers=headers)
    conditional = get_conditional_response(request, etag=etag, response=response)
    return conditional or response


def _missing(reason: str) -> HttpResponse:
    """Programs read these addresses: one plain line, and no cache keeps it."""
    headers = {"Cache-Control": "no-store", "Access-Control-Allow-Origin": "*"}
    return HttpResponse(f"{reason}\n", content_type=_TEXT, status=404, headers=headers)
