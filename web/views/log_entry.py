"""One entry of the public log: its story, its bytes, what it rests on, what it seals, its proof."""

import hashlib
import io
import json
import zipfile

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from edgecode.log import merkle
from edgecode.log.keys import VerifierKey
from ledger import documents, edge_code, proofs, shards
from web import display, log_rows, log_standing, logbook
from web.entrance import actor_of
from web.history import entry_address
from web.log_words import field_name, value_words
from web.logbook import Damaged
from web.openings import sealed_facts
from web.views.log import damaged

_HISTORY = 20
# No log will ever have so many entries; longer numbers cannot be written out for people.
_NUMBER_MAX = 10**24
_FOR_EVER = "public, max-age=31536000, immutable"


@never_cache
@require_safe
def entry(request: HttpRequest, index: int) -> HttpResponse:
    """Show one entry."""
    if index > _NUMBER_MAX:
        raise Http404
    try:
        size = logbook.size()
        if index >= size:
            absent = {"index": index, "size": size}
            return render(request, "web/log/no_entry.html", absent, status=404)
        raw, line = logbook.line(index)
        shard, at = proofs.locate(index)
        witnessed = log_standing.witnessed()
    except Damaged as error:
        return damaged(request, error)
    leaf, actor = line.leaf, actor_of(request)
    proven = logbook.prove(index, raw)
    history = logbook.of_streams(size, "", [leaf.stream])
    context = {
        "row": log_rows.row(actor, line, link=True),
        "number": display.number_text(index),
        "leaf": leaf,
        "pretty": json.dumps(json.loads(raw), ensure_ascii=False, indent=2, sort_keys=True),
        "bytes": len(raw),
        "sha256": hashlib.sha256(raw).hexdigest(),
        "leaf_hash": merkle.leaf_hash(raw).hex(),
        "code": edge_code.for_entry(index),
        "facts": [
            (field_name(name), display.list_text(value_words(name, value)))
            for name, value in leaf.data.items()
        ],
        "refs": log_rows.refs(leaf),
        "sealed": sealed_facts(actor, leaf),
        "proven": proven,
        "witnesses": witnessed.witnesses_of(index) if witnessed else 0,
        "at": at,
        "shard": shard,
        "origin": shards.origin(shard),
        "policy": documents.policy(shard) is not None,
        "earlier_keys": bool(proofs.key_lines(proofs.EARLIER_VKEYS, shard)),
        "root": proven.checkpoint.root.hex() if proven.checkpoint else "",
        "earlier": [log_rows.row(actor, each) for each in history.lines[:_HISTORY]],
        "previous": entry_address(index - 1 if index else None),
        "next": entry_address(index + 1 if index + 1 < size else None),
    }
    return render(request, "web/log/entry.html", context)


@require_safe
def entry_bytes(_request: HttpRequest, index: int) -> HttpResponse:
    """Give the exact bytes of an entry: with the receipt they verify offline, for ever."""
    try:
        raw, _line = logbook.line(index)
    except (proofs.NotLogged, Damaged) as error:
        return _refused(error)
    return _download(raw, f"entry-{index}.json", "application/json", _FOR_EVER)


@require_safe
def evidence(_request: HttpRequest, index: int) -> HttpResponse:
    """Give all that proves an entry as one archive: it needs nothing from this site any more."""
    try:
        raw, _line = logbook.line(index)
        shard, _at = proofs.locate(index)
        receipt, key = _receipt(index)
        files = {
            f"entry-{index}.json": raw,
            f"entry-{index}.tlog-proof": receipt.encode(),
            "log.vkey": f"{key}\n".encode(),
            "policy": (documents.policy(shard) or "").encode(),
        }
    except (proofs.NotLogged, Damaged) as error:
        return _refused(error)
    files["README.txt"] = _README.format(
        index=index, base=f"{settings.BASE_URL}/ledger/", vkey=key
    ).encode()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            if content:
                archive.writestr(f"entry-{index}/{name}", content)
    return _download(packed.getvalue(), f"entry-{index}.zip", "application/zip", "no-store")


@logbook.reading
def _receipt(index: int) -> tuple[str, VerifierKey]:
    receipt = proofs.receipt(index)
    return receipt, proofs.key_of(receipt)


def _download(raw: bytes, name: str, kind: str, cache: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": cache}
    return HttpResponse(raw, content_type=kind, headers=headers)


def _refused(error: proofs.NotLogged | Damaged) -> HttpResponse:
    status = 404 if isinstance(error, proofs.NotLogged) else 503
    kind, headers = "text/plain; charset=utf-8", {"Cache-Control": "no-store"}
    return HttpResponse(f"{error}\n", content_type=kind, status=status, headers=headers)


_README = """\
Entry {index} of a public log, with the proof that it is there.

  entry-{index}.json         the entry, byte for byte
  entry-{index}.tlog-proof   the proof: a path of hashes to a root that the log signed
  log.vkey            the log's key; compare it with one that reached you another way
  policy              the witnesses that watch the log (c2sp.org/tlog-policy)

To check it without {base}:

  pip install ./client  # in a copy of Edgecode's source
  edgecode verify-receipt entry-{index}.tlog-proof --entry entry-{index}.json --vkey log.vkey

Any other program that reads c2sp.org/tlog-proof does as well. The key that signed this
proof:

  {vkey}

It proves what was recorded, and that it has not changed since. It does not prove that what was
recorded is true.
"""

urlpatterns: list[URLPattern] = [
    path("ledger/entries/<int:index>/", entry, name="log-entry"),
    path("ledger/entries/<int:index>.json", entry_bytes, name="log-entry-bytes"),
    path("ledger/entries/<int:index>.zip", evidence, name="log-evidence"),
]
