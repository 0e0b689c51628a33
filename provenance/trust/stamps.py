"""Time stamps for credentials: from our own authority, or from any that the settings name.

    EDGECODE_TIMESTAMP_URL     where it answers RFC 3161 over HTTP
    EDGECODE_TIMESTAMP_ROOTS   the roots that what it says is believed under, PEM

What comes from outside is verified as a reader would before anybody gets it. An authority that is
down is asked again after a minute: what was signed meanwhile is stamped later (stamping.py).
"""

import asyncio
import http.client
import logging
import secrets
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from asn1crypto import core, pem, tsp
from asn1crypto import x509 as asn1_x509
from django.conf import settings

from provenance import stamp_form
from provenance.trust import tokens

log = logging.getLogger("edgecode.provenance")

_SECONDS: Final = 10.0
_QUIET_SECONDS: Final = 60.0
_ANSWER_BYTES_MAX: Final = 64 * 2**10
_CLOCKS_DIFFER: Final = timedelta(minutes=5)

_quiet_until = 0.0


class NoStamp(Exception):
    """No time stamp is to be had now; the message says why, in one line."""


def token(digest: bytes) -> bytes:
    """Return a TimeStampToken, DER: that something of this SHA-256 existed now. Raises NoStamp."""
    url, roots = settings.ENV.timestamp_url, settings.ENV.timestamp_roots
    if url is None or roots is None:
        return tokens.token(digest)
    global _quiet_until  # noqa: PLW0603 - a process asks one authority
    if time.monotonic() < _quiet_until:
        raise NoStamp(f"{url} did not answer less than a minute ago")
    try:
        return asked(url, digest, roots)
    except NoStamp as reason:
        log.warning("for a minute files are signed without a time stamp: %s", reason)
        _quiet_until = time.monotonic() + _QUIET_SECONDS
        raise


def asked(url: str, digest: bytes, roots: Path) -> bytes:
    """Return the token of the authority at `url`, which a certificate under `roots` signed. Raises
    NoStamp."""
    nonce = secrets.randbits(63)
    imprint = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": digest}
    query = {"version": "v1", "message_imprint": imprint, "nonce": nonce, "cert_req": True}
    try:
        body = _post(url, tsp.TimeStampReq(query).dump())
        # A refusal has no token, which the library's form of an answer demands.
        status = tsp.PKIStatusInfo.load(core.Sequence.load(body, strict=True)[0].dump()).native
        if status["status"] not in {"granted", "granted_with_mods"}:
            reason = f"{status['status']} {status['status_string'] or ''}"
            raise NoStamp(f"{url} refused: {reason}"[:300])
        answer = tsp.TimeStampResp.load(body, strict=True)
        made = answer["time_stamp_token"]
        _verify(made["content"], digest, nonce, roots)
        der = stamp_form.bare(made.dump(), roots.read_text("utf-8"))
    except (OSError, http.client.HTTPException) as error:
        raise NoStamp(f"{url} did not answer: {error or type(error).__name__}"[:300]) from error
    except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        reason = " ".join(str(error).split())
        raise NoStamp(f"{url} gave no valid time stamp: {reason}"[:300]) from error
    return der


def _post(url: str, query: bytes) -> bytes:
    parts = urlsplit(url)
    kinds = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}
    connection = kinds[parts.scheme](parts.hostname or "", parts.port, timeout=_SECONDS)
    headers = {"Content-Type": "application/timestamp-query", "User-Agent": "edgecode"}
    target = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
    deadline, body = time.monotonic() + _SECONDS, b""
    with closing(connection):
        connection.request("POST", target, query, headers)
        # An answer that is not read to its end keeps the line open after the connection's own end.
        with connection.getresponse() as response:
            while part := response.read1(_ANSWER_BYTES_MAX):
                body += part
                if len(body) > _ANSWER_BYTES_MAX or time.monotonic() > deadline:
                    raise ValueError("its answer is too long, or takes too long")
    if response.status != 200:
        raise OSError(f"HTTP {response.status}")
    return body


def _verify(signed: Any, digest: bytes, nonce: int, roots: Path) -> None:
    """Raise ValueError unless the token is about this digest and question, now, and signed by a
    time stamper under these roots."""
    # It takes a second to load, and only who asks a foreign authority needs it.
    from pyhanko.sign.general import CMSExtractionError, CMSStructuralError
    from pyhanko.sign.validation.errors import SignatureValidationError
    from pyhanko.sign.validation.generic_cms import validate_tst_signed_data
    from pyhanko_certvalidator import ValidationContext
    from pyhanko_certvalidator.errors import ValidationError

    said = signed["encap_content_info"]["content"].parsed.native
    if said["nonce"] != nonce:
        raise ValueError("it answers another question")
    if said["message_imprint"]["hash_algorithm"]["algorithm"] != "sha256":
        raise ValueError("it is not about a SHA-256")
    if abs(datetime.now(UTC) - said["gen_time"]) > _CLOCKS_DIFFER:
        raise ValueError(f"it says {said['gen_time']:%Y-%m-%d %H:%M:%S} UTC; one clock is wrong")
    context = ValidationContext(trust_roots=_roots(roots), allow_fetching=False)
    try:
        found = asyncio.run(validate_tst_signed_data(signed, context, lambda _name: digest))
    except (
        *(SignatureValidationError, ValidationError),
        *(CMSExtractionError, CMSStructuralError),
    ) as error:
        raise ValueError(str(error)) from error
    if not (found["intact"] and found["valid"]):
        raise ValueError("its signature does not hold")
    if not found.get("validation_path"):
        raise ValueError("its signer stands under none of EDGECODE_TIMESTAMP_ROOTS")


@lru_cache(maxsize=2)
def _roots(path: Path) -> list[asn1_x509.Certificate]:
    parts = pem.unarmor(path.read_bytes(), multiple=True)
    return [asn1_x509.Certificate.load(der) for _name, _headers, der in parts]
