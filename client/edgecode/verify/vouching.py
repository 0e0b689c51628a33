"""Whose signature counts: by the certificate, and by the root that it stands under.

What the reader calls "Trusted" is not taken for it: it says so of a claim signed under any root it
was given, one of time stampers too (C2PA 2.2, 14.4, keeps a list of each).
"""

import base64
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final

from cryptography import x509

from edgecode.verify.bundle import CERTIFIED
from edgecode.verify.codes import as_map, is_inner_trusted, is_time_trusted

DEVELOPMENT: Final = "NOT TRUSTED"  # in the names of roots that an installation made itself
_CLAIM_SIGNING: Final = x509.ObjectIdentifier("1.3.6.1.4.1.62558.2.1")


def readable_certificate(der: bytes) -> x509.Certificate | None:
    """Return the certificate in these bytes, None where any of it that is looked at is malformed:
    the library reads names only when somebody asks for them."""
    try:
        certificate = x509.load_der_x509_certificate(der)
        _ = certificate.issuer, certificate.subject, certificate.not_valid_after_utc
        _ = certificate.extensions
    except (
        ValueError,
        x509.InvalidVersion,
        x509.DuplicateExtension,
        x509.UnsupportedGeneralNameType,
    ):
        return None
    return certificate


def may_sign_claims(certificate: x509.Certificate) -> bool:
    """Return whether a certificate is meant for claims of C2PA, by its extended key usage."""
    try:
        usages = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except (x509.ExtensionNotFound, ValueError):
        return False
    return _CLAIM_SIGNING in usages


def is_in_time(
    report: Mapping[str, Any], manifest_id: str, certificate: x509.Certificate, now: datetime
) -> bool:
    """Return whether a signature is one of its certificate's days. The reader takes for that a time
    stamp under any root that it was given: only those of times say when something was signed."""
    return now < certificate.not_valid_after_utc or is_time_trusted(report, manifest_id)


def is_of(certificate: x509.Certificate, signers: Collection[str]) -> bool:
    """Return whether a certificate is of one of these signers, RFC 4514; none: of anybody."""
    subject = _organisation(certificate.subject)
    return not signers or subject in map(_organisation_in, signers)


def vouched_for(
    answer: Mapping[str, Any], now: datetime, signers: Collection[str] = ()
) -> dict[str, x509.Certificate]:
    """Return who signed each manifest that a file was made from, by its name, of those that are
    signed under a root of claims and, where not everybody under it counts, by one of `signers`."""
    found = {}
    for name, inner in as_map(answer.get("inner")).items():
        certificate = readable_certificate(base64.b64decode(inner["certificate"]))
        if (
            certificate is not None
            and is_inner_trusted(inner["report"], name)
            and may_sign_claims(certificate)
            and is_in_time(inner["report"], name, certificate, now)
            and is_of(certificate, signers)
        ):
            found[name] = certificate
    return found


def _organisation(name: x509.Name) -> list[tuple[str, str]]:
    """Return organisation and country of a name."""
    kept = (each for each in name if each.oid in CERTIFIED)
    return sorted((each.oid.dotted_string, str(each.value)) for each in kept)


def _organisation_in(text: str) -> list[tuple[str, str]]:
    return _organisation(x509.Name.from_rfc4514_string(text))
