"""The manifests inside a file that it was made from, each read as if it were the newest.

What whoever put one in says to have found in it is nothing that the SDK finds.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import c2pa
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from provenance import jumbf
from provenance.c2pa_sdk.reports import UnreadableError, is_checked, report_of
from provenance.c2pa_sdk.settings import Anchors


class Inner(NamedTuple):
    """What the SDK finds of one: `report` is about its signature, and what else of it fails;
    `certificate` the signer's, DER."""

    report: dict[str, Any]
    certificate: bytes


def inner_manifests(
    store: bytes, report: Mapping[str, Any], anchors: Anchors, context: c2pa.Context
) -> Iterator[tuple[str, Inner]]:
    """Yield by name those that may stand under a root of claims: all whose certificates name one.
    Reading each of the others, too, would take its time."""
    newest = report.get("active_manifest")
    if len(report["manifests"]) < 2 or not anchors.claims:
        return
    try:
        # Of two of one name the SDK has read one, who knows which: they are not among these.
        boxes = jumbf.manifests(store)
    except ValueError:
        return
    roots = _names(anchors.claims)
    for name, box in boxes.items():
        if name != newest and name in report["manifests"] and any(root in box for root in roots):
            told = _told_alone(name, _alone(name, boxes, store, report), context)
            if told is not None:
                yield name, told


@lru_cache(maxsize=2)
def _names(pem: str) -> tuple[bytes, ...]:
    """Return the names of roots as they stand in the certificates that these sign; for one in an
    encoding of its own nothing, which stands everywhere."""
    roots = x509.load_pem_x509_certificates(pem.encode())
    names = ((each.subject.public_bytes(), each.public_bytes(Encoding.DER)) for each in roots)
    return tuple(name if name in whole else b"" for name, whole in names)


def _alone(name: str, boxes: Mapping[str, bytes], store: bytes, report: Mapping[str, Any]) -> bytes:
    """Return a store in which a manifest is the newest; before it only those that it, and those
    between, take the content of: without the SDK does not read it."""
    chain = [name]
    while jumbf.is_update(boxes[chain[-1]]):
        parts = report["manifests"].get(chain[-1], {}).get("ingredients") or []
        parent = str(parts[0].get("active_manifest")) if len(parts) == 1 else ""
        if parent not in boxes or parent in chain:
            break
        chain.append(parent)
    return jumbf.store_of(store, [boxes[each] for each in reversed(chain)])


def _told_alone(name: str, store: bytes, context: c2pa.Context) -> Inner | None:
    try:
        report = report_of(store, context)
        found = jumbf.signer_certificate(store)
    except (UnreadableError, ValueError):
        return None
    if report.get("active_manifest") != name or not is_checked(found, report, name):
        return None
    active = report.get("validation_results", {}).get("activeManifest", {})
    own = f"self#jumbf=/c2pa/{name}/"
    told = {
        kind: [each for each in active.get(kind, []) if str(each.get("url")).startswith(place)]
        for kind, place in (("success", f"{own}c2pa.signature"), ("failure", own))
    }
    return Inner({"validation_results": {"activeManifest": told}}, found)
