"""The published log over HTTP. Any static file server could do this, but for the two proofs."""

import gzip
import hashlib
import logging
from collections.abc import Callable
from functools import lru_cache, wraps

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from edgecode.log import cose, notes
from edgecode.log.tiles import parse_path
from ledger import documents, proofs, shards
from ledger.middleware import in_no_language
from ledger.mirror import BYTES, FOR_EVER, MOMENT, TEXT

logger = logging.getLogger("edgecode.ledger")


def _one_line_when_damaged[**P](
    view: Callable[P, HttpResponseBase],
) -> Callable[P, HttpResponseBase]:
    """Have a view of proofs say in one line that a file they are made of is damaged or gone."""

    @wraps(view)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        try:
            return view(*args, **kwargs)
        except (OSError, ValueError):
            logger.exception("a proof could not be made: ledger verify names what is damaged")
            return _missing("a file of the log is damaged or missing here; a copy may have it", 503)

    return wrapper


@require_safe
def shard_list(request: HttpRequest) -> HttpResponseBase:
    """Which logs the history is made of (edgecode.log.shardlist)."""
    text = shards.text_of_list()
    if text is None:
        return _missing("there is one log, this one")
    return _answer(request, text.encode(), TEXT, MOMENT)


@require_safe
def checkpoint(request: HttpRequest, shard: str = "") -> HttpResponseBase:
    """The newest signed size and root."""
    note = proofs.folder(shard).checkpoint()
    if note is None:
        return _nothing_in(shard, "nothing is published yet")
    return _answer(request, note.encode(), TEXT, MOMENT)


@require_safe
def witnessed(request: HttpRequest, shard: str = "") -> HttpResponseBase:
    """The newest checkpoint that the witnesses of the policy have cosigned."""
    note = proofs.folder(shard).witnessed()
    if note is None:
        return _nothing_in(shard, "no checkpoint is witnessed yet")
    return _answer(request, note.encode(), TEXT, MOMENT)


@require_safe
def vkey(request: HttpRequest, shard: str = "") -> HttpResponseBase:
    """The key that verifies checkpoints."""
    key = proofs.vkey(shard)
    if key is None:
        return _nothing_in(shard, "nothing is published yet")
    return _answer(request, f"{key}\n".encode(), TEXT, MOMENT)


@require_safe
def policy(request: HttpRequest, shard: str = "") -> HttpResponseBase:
    """The policy by which auditors judge checkpoints (tlog-policy)."""
    text = documents.policy(shard)
    if text is None:
        return _nothing_in(shard, "nothing is published yet")
    return _answer(request, text.encode(), TEXT, MOMENT)


@require_safe
def document(request: HttpRequest, sha256: str, shard: str = "") -> HttpResponseBase:
    """A document that an entry names by its hash: the kinds of entries, or a policy."""
    raw = documents.document(sha256, shard)
    if raw is None:
        return _nothing_in(shard, "there is no such document")
    return _answer(request, raw, TEXT, FOR_EVER)


@require_safe
def other_vkeys(request: HttpRequest, name: str, shard: str = "") -> HttpResponseBase:
    """The keys before a rotation, one a line, or the second, ML-DSA-44 key."""
    lines = proofs.key_lines(name, shard)
    if not lines:
        return _nothing_in(shard, "this log has no such key")
    text = "".join(f"{line}\n" for line in lines)
    return _answer(request, text.encode(), TEXT, MOMENT)


@require_safe
def tile(request: HttpRequest, name: str, shard: str = "") -> HttpResponseBase:
    """A tile or an entry bundle, full or partial. Only names that parse reach the disk."""
    try:
        tile = parse_path(f"tile/{name}")
        raw = proofs.folder(shard).read(tile)
    except (ValueError, FileNotFoundError):
        return _nothing_in(shard, "there is no such tile")
    if tile.level is not None:  # hashes do not compress
        return _answer(request, raw, BYTES, FOR_EVER)
    encoding = "gzip" if _accepts_gzip(request) else None
    body = _compressed(raw) if encoding else raw
    response = _answer(request, body, BYTES, FOR_EVER, encoding)
    response["Vary"] = "Accept-Encoding"
    return response


@require_safe
@_one_line_when_damaged
def receipt(request: HttpRequest, index: int, shard: str = "") -> HttpResponseBase:
    """The proof of one entry under the newest checkpoint, to keep and verify offline."""
    try:
        text = proofs.receipt(proofs.index_of(shard, index))
    except proofs.NotLogged as error:
        return _missing(str(error))
    return _answer(request, text.encode(), TEXT, MOMENT)


@require_safe
@_one_line_when_damaged
def cose_receipt(request: HttpRequest, index: int, shard: str = "") -> HttpResponseBase:
    """The proof of one entry as a COSE receipt (RFC 9942)."""
    try:
        raw = proofs.cose_receipt(proofs.index_of(shard, index))
        return _answer(request, raw, cose.MEDIA_TYPE, MOMENT)
    except proofs.NotLogged as error:
        return _missing(str(error))


@require_safe
@_one_line_when_damaged
def cose_consistency(request: HttpRequest, old: int, shard: str = "") -> HttpResponseBase:
    """The proof that the log begins with an earlier one, as a COSE receipt (RFC 9942)."""
    try:
        return _answer(request, proofs.cose_consistency(old, shard), cose.MEDIA_TYPE, MOMENT)
    except proofs.NotLogged as error:
        return _missing(str(error))


@require_safe
@_one_line_when_damaged
def consistency(request: HttpRequest, old: int, new: int, shard: str = "") -> HttpResponseBase:
    """The proof that a later log begins with an earlier one: base64 hashes, one a line."""
    try:
        proof = proofs.consistency(old, new, shard)
    except proofs.NotLogged as error:
        return _missing(str(error))
    return _answer(request, notes.proof_lines(proof).encode(), TEXT, FOR_EVER)


# The bundles that everybody who follows the log asks for; about 3 MB. What is older is rarely
# asked for twice: those who keep copies are told that they may keep them for ever.
@lru_cache(maxsize=64)
def _compressed(raw: bytes) -> bytes:
    return gzip.compress(raw, mtime=0)  # the same bytes each time: the ETag is made of them


def _accepts_gzip(request: HttpRequest) -> bool:
    for item in request.headers.get("Accept-Encoding", "").lower().split(","):
        coding, _, weight = item.replace(" ", "").partition(";q=")
        if coding in {"gzip", "x-gzip", "*"}:
            return weight.strip("0.") != "" or not weight
    return False


def _answer(
    request: HttpRequest, raw: bytes, content_type: str, cache: str, encoding: str | None = None
) -> HttpResponseBase:
    etag = f'"{hashlib.sha256(raw).hexdigest()[:32]}"'
    headers = {"Cache-Control": cache, "Access-Control-Allow-Origin": "*", "ETag": etag}
    if encoding:
        headers["Content-Encoding"] = encoding
    response = HttpResponse(raw, content_type=content_type, headers=headers)
    conditional = get_conditional_response(request, etag=etag, response=response)
    return in_no_language(conditional or response)


def _nothing_in(shard: str, reason: str) -> HttpResponse:
    """Say what a shard has not, or that there is no such shard."""
    is_there = not shard or any(each.folder == shard for each in shards.listed())
    return _missing(reason if is_there else f"there is no log of {shard} here")


def _missing(reason: str, status: int = 404) -> HttpResponse:
    """Programs read these addresses: one plain line, and no cache keeps it."""
    headers = {"Cache-Control": "no-store", "Access-Control-Allow-Origin": "*"}
    return HttpResponse(f"{reason}\n", content_type=TEXT, status=status, headers=headers)
