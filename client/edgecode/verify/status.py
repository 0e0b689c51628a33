"""What a status list says of a grant: a signed token (JWT, IETF Token Status List), downloaded
before and read offline."""

import base64
import json
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, Final, NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from edgecode.verify.verdict import Check, Outcome

CONSENT_ENDED: Final = "status.consent_ended"
ENDED_BY: Final = "status.ended_by"
TOKEN_BYTES_MAX: Final = 4 * 2**20
_LIST_BYTES_MAX: Final = 16 * 2**20
_STATUS_SIGNING: Final = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.30")
_ENDED: Final = 1
_SAID: Final = {
    0: (Outcome.OK, "status.valid"),
    _ENDED: (Outcome.FAILED, "status.invalid"),
    2: (Outcome.FAILED, "status.suspended"),
    3: (Outcome.UNKNOWN, CONSENT_ENDED),
}
# What a token that is none runs into: in its texts, its certificates, its list.
_MALFORMED: Final = (
    *(ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError),
    *(x509.ExtensionNotFound, x509.DuplicateExtension, x509.UnsupportedGeneralNameType),
    *(x509.InvalidVersion, zlib.error),
)
_AHEAD_SECONDS: Final = 300  # how much a signer's clock may be before ours
_WORSE: Final = (Outcome.OK, Outcome.UNKNOWN, Outcome.FAILED)


class Entry(NamedTuple):
    """Where a credential says that the state of its grant stands, and whether its file rests, or
    did, on a consent."""

    place: object
    on_consent: bool = False


class BadStatus(ValueError):
    """A status list cannot be believed; the message says why."""


def check_of(
    token: bytes, entry: Entry, roots: str, now: datetime, at: datetime | None = None
) -> Check:
    """Return what a list says of the grant whose credential has this entry, when its signer stands
    under one of these roots; `at` is the time that is asked about, where it is not now. Of a grant
    that ended by the time of the list none says since when."""
    place = entry.place
    try:
        claims = opened(token, roots, now)
        values = {"issued": f"{datetime.fromtimestamp(claims['iat'], UTC):%Y-%m-%d %H:%M:%S} UTC"}
        if claims["iat"] > now.timestamp() + _AHEAD_SECONDS:
            return Check("status", Outcome.UNKNOWN, "status.early", values)
        if not isinstance(place, dict) or claims["sub"] != place.get("uri"):
            return Check("status", Outcome.UNKNOWN, "status.elsewhere", values)
        if not now.timestamp() < claims["exp"]:  # what is no number either
            return Check("status", Outcome.UNKNOWN, "status.old", values)
        status = _status_at(claims["status_list"], place["index"])
    except BadStatus as error:
        return _unreadable(str(error))
    except _MALFORMED:
        return _unreadable("it is malformed, or no status list at all")
    outcome, said = _SAID[status]
    if said == CONSENT_ENDED and not entry.on_consent:  # that is of other files of the grant
        outcome, said = _SAID[0]
    is_before = at is not None and at.timestamp() < claims["iat"] - _AHEAD_SECONDS
    if status == _ENDED and is_before:
        outcome, said = Outcome.UNKNOWN, ENDED_BY
    return Check("status", outcome, said, values)


def _unreadable(reason: str) -> Check:
    return Check("status", Outcome.UNKNOWN, "status.unreadable", {"reason": reason})


def check_of_all(
    token: bytes,
    entries: Sequence[Entry],
    roots: str,
    now: datetime,
    at: datetime | None = None,
) -> Check:
    """Return the worst that a list says of the grants with these entries; of none nothing."""
    checks = [check_of(token, entry, roots, now, at) for entry in entries or [Entry(None)]]
    return max(checks, key=lambda check: _WORSE.index(check.outcome))


def opened(token: bytes, roots: str, now: datetime) -> dict[str, Any]:
    """Return the claims of a list that a signer of status lists under one of these roots signed.
    Raises BadStatus, and others of _MALFORMED."""
    head, body, signature = token.decode("ascii").strip().split(".")
    header = json.loads(_url(head))
    if header.get("alg") != "ES256" or header.get("typ") != "statuslist+jwt":
        raise BadStatus("it is no status list under ES256")
    chain = [x509.load_der_x509_certificate(base64.b64decode(each)) for each in header["x5c"][:5]]
    claims: dict[str, Any] = json.loads(_url(body))
    # No time stamp says when it was signed: a certificate that is over now proves nothing.
    for at in (datetime.fromtimestamp(claims["iat"], UTC), now):
        _check_chain(chain, roots, at)
    key, raw = chain[0].public_key(), _url(signature)
    if not isinstance(key, ec.EllipticCurvePublicKey) or len(raw) != 64:
        raise BadStatus("its signature is none of ES256")
    der = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    try:
        key.verify(der, f"{head}.{body}".encode(), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        raise BadStatus("its signature does not fit") from None
    return claims


def _check_chain(chain: list[x509.Certificate], roots: str, at: datetime) -> None:
    usages = chain[0].extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    if _STATUS_SIGNING not in usages:
        raise BadStatus("its signer may not sign status lists")
    anchors = x509.load_pem_x509_certificates(roots.encode()) if roots else []
    for below, above in pairwise(chain):
        _check_issued(below, above)
    if not any(_is_issued(chain[-1], root) for root in anchors):
        raise BadStatus("its signer stands under no root that is trusted")
    if not all(each.not_valid_before_utc <= at < each.not_valid_after_utc for each in chain):
        raise BadStatus("its signer's certificate was not valid then")


def _check_issued(below: x509.Certificate, above: x509.Certificate) -> None:
    if not above.extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
        raise BadStatus("what issued its signer's certificate is no authority")
    if not _is_issued(below, above):
        raise BadStatus("its signer's certificates do not hold together")


def _is_issued(below: x509.Certificate, above: x509.Certificate) -> bool:
    try:
        below.verify_directly_issued_by(above)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def _status_at(of: dict[str, Any], index: object) -> int:
    if of["bits"] != 2 or type(index) is not int or index < 0:
        raise BadStatus("it is of another form")
    unpacker = zlib.decompressobj()
    statuses = unpacker.decompress(_url(of["lst"]), _LIST_BYTES_MAX)
    if unpacker.unconsumed_tail or index // 4 >= len(statuses):
        raise BadStatus("it is too long, or has no such index")
    return statuses[index // 4] >> index % 4 * 2 & 3


def _url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
