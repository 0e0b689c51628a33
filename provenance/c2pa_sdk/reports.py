"""What the SDK says of a manifest store, and what can be told from that alone."""

import io
import json
from collections.abc import Mapping
from typing import Any

import c2pa
from cryptography import x509

from provenance.c2pa_sdk.settings import ANY_TYPE


class UnreadableError(Exception):
    """There is something like a manifest, or a media file, that the SDK cannot parse."""


def report_of(store: bytes, context: c2pa.Context, content: bytes = b"") -> dict[str, Any]:
    """Return what the SDK says of a store beside a file of this content. Raises UnreadableError."""
    try:
        with c2pa.Reader(
            ANY_TYPE, io.BytesIO(content), manifest_data=store, context=context
        ) as reader:
            report: dict[str, Any] = json.loads(reader.json())
    except c2pa.C2paError as error:
        raise UnreadableError(str(error)) from error
    return report


def reached(report: Mapping[str, Any], manifest_id: str) -> set[str]:
    """Return the manifests, by name, that this one was made from, and itself."""
    found, left = set[str](), [manifest_id]
    while left:
        name = left.pop()
        if name not in found and (manifest := report["manifests"].get(name)) is not None:
            found.add(name)
            parts = manifest.get("ingredients") or []
            left += [str(each.get("active_manifest") or "") for each in parts]
    return found


def is_checked(der: bytes, report: Mapping[str, Any], manifest_id: str) -> bool:
    """Return whether a certificate is what the SDK has checked, and not another that we found."""
    try:
        number = x509.load_der_x509_certificate(der).serial_number
    except (ValueError, x509.InvalidVersion):
        return False
    checked = report["manifests"][manifest_id].get("signature_info") or {}
    return bool(checked.get("cert_serial_number") == str(number))
