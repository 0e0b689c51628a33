"""Who signed a file's newest manifest, and whether he is one whom we trust."""

import base64
from collections.abc import Collection
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from edgecode.verify.codes import concerns_content, is_claim_trusted, is_revoked
from edgecode.verify.found import Found
from edgecode.verify.integrity import failures
from edgecode.verify.shown import SHOWN_MAX
from edgecode.verify.verdict import Check, Outcome
from edgecode.verify.vouching import (
    DEVELOPMENT,
    is_in_time,
    is_of,
    may_sign_claims,
    readable_certificate,
)


def signer_of(found: Found, now: datetime, signers: Collection[str]) -> Check:
    """Return whether the signature stands under a root of claims, on a day of its certificate, and
    is one of these signers, RFC 4514, where not everybody under a root counts."""
    certificate = readable_certificate(base64.b64decode(str(found.answer.get("certificate") or "")))
    if certificate is None:
        return Check("signer", Outcome.FAILED, "signer.nobody", {"name": "-"})
    values = {
        "name": _name_of(certificate.subject),
        "issuer": _name_of(certificate.issuer),
        "sha256": certificate.fingerprint(hashes.SHA256()).hex(),
    }
    if why := _unsigned(found, certificate):
        return Check("signer", Outcome.FAILED, f"signer.{why}", values)
    if not is_in_time(found.report, found.manifest_id, certificate, now):
        return Check("signer", Outcome.FAILED, "signer.expired", values)
    if not is_of(certificate, signers):
        values |= {"subject": certificate.subject.rfc4514_string()[:SHOWN_MAX]}
        return Check("signer", Outcome.FAILED, "signer.other", values)
    if DEVELOPMENT in certificate.issuer.rfc4514_string():
        return Check("signer", Outcome.WARNING, "signer.development", values)
    return Check("signer", Outcome.OK, "signer.trusted", values)


def _unsigned(found: Found, certificate: x509.Certificate) -> str:
    """Return why a signature says nothing of who stands behind a file, "" where it does: for its
    content first, of which a reader then asks no root."""
    # Its own: who signed what it was made from is another question.
    codes = failures(found.report, of_past=False)
    failed = {code for code in codes if not code.startswith("cawg.")}  # of an identity
    # "Valid" too: an identity inside that nobody vouches for takes the word "Trusted" from it.
    if (
        found.answer.get("state") in {"Trusted", "Valid"}
        and not failed
        and is_claim_trusted(found.report, found.manifest_id)
        and may_sign_claims(certificate)
    ):
        return ""
    if any(map(concerns_content, failed)):
        return "altered"
    if is_revoked(found.report, found.manifest_id):
        return "revoked"
    return "expired" if "signingCredential.expired" in failed else "nobody"


def _name_of(name: x509.Name) -> str:
    values = name.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return (str(values[0].value) if values else name.rfc4514_string())[:SHOWN_MAX]
