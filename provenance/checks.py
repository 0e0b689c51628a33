"""What keeps credentials from being trusted or signed, told before anybody waits for them.

What the settings alone show is told by every command; what has to be asked of KMS or of the
time-stamping authority by `manage.py check --deploy`.
"""

import hashlib
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from cryptography import x509
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError
from django.db.models import Max, Min

from config.env import Environment
from edgecode.verify.bundle import BadBundle, parse_bundle
from edgecode.verify.codes import is_time_trusted
from provenance import countersign, stamp_form
from provenance.c2pa_sdk.signed import NOTHING_DONE, SigningError
from provenance.models import Manifest
from provenance.trust import authority, pki, stamps
from provenance.trust.bundle import trust_bundle

_TOLD_BEFORE: Final = timedelta(days=30)  # a certificate's end: an authority takes days, too
_STAMPS_LOOKED_AT: Final = 12


def check_settings(**_: Any) -> list[CheckMessage]:
    """Return what is wrong with the certificates that the settings name, and which ends soon."""
    try:
        theirs = authority.named()
        if theirs is not None and not theirs.key.startswith(authority.KMS):
            authority.signing_key(theirs)
        authority.earlier_roots_pem()
        authority.earlier_signers()
        authority.time_roots_pem()
        first = authority.first_to_end()
    except ImproperlyConfigured as error:
        return [checks.Error(str(error), id="provenance.E001")]
    if (shared := _root_of_both(theirs)) is not None:
        said = (
            f"{shared.subject.rfc4514_string()} certifies who signs and who says when, and nobody"
            " could read trust-bundle.pem: name the certificate of the time stamper's issuer in"
            " EDGECODE_TIMESTAMP_ROOTS in its place (docs/keys.md)"
        )
        return [checks.Error(said, id="provenance.E004")]
    if first is None or first.not_valid_after_utc - datetime.now(UTC) > _TOLD_BEFORE:
        return []
    name, ends = first.subject.rfc4514_string(), first.not_valid_after_utc
    said = f"{name} ends at {ends:%Y-%m-%d %H:%M} UTC, and nothing is signed after it: renew it"
    return [checks.Warning(said, id="provenance.W005")]


def _root_of_both(theirs: authority.Authority | None) -> x509.Certificate | None:
    """Return a root that the settings name for claims and for times."""
    signing = authority.earlier_roots_pem() + (theirs.root_pem if theirs is not None else "")
    of_claims = _certificates(signing)
    return next(
        (each for each in _certificates(authority.time_roots_pem()) if each in of_claims), None
    )


def _certificates(pem: str) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(pem.encode()) if pem else []


def check_deployment(**_: Any) -> list[CheckMessage]:
    """Return what is wrong or missing for credentials that others shall trust: signs one."""
    from provenance.c2pa_sdk.signing import Signing  # takes a moment; other commands sign nothing

    found: list[CheckMessage] = []
    env: Environment = settings.ENV
    if env.signing_certificates is None:
        found.append(
            checks.Warning(
                "credentials are signed by a development authority that nobody should trust: set"
                " EDGECODE_SIGNING_CERTIFICATES and EDGECODE_SIGNING_KEY (docs/keys.md)",
                id="provenance.W001",
            )
        )
    if env.timestamp_url is None:
        found.append(
            checks.Warning(
                "time stamps are our own, which prove nothing against us: set"
                " EDGECODE_TIMESTAMP_URL and EDGECODE_TIMESTAMP_ROOTS (docs/keys.md)",
                id="provenance.W002",
            )
        )
    found += [*_who_signs_lists(), *_who_else_signs(), *_unreadable_bundle()]
    digest = hashlib.sha256(b"check").hexdigest()
    try:
        pki.signing_chain()
        stamps.token(bytes.fromhex(digest))
        signed = Signing().beside({"assertions": [NOTHING_DONE], **_GENERATOR}, digest)
        if not _is_time_trusted(signed.manifest):
            found.append(
                checks.Error(
                    "readers of C2PA do not trust what the time-stamping authority says: its"
                    " certificate is not one for time stamps alone, or its root another",
                    id="provenance.E003",
                )
            )
    except (ImproperlyConfigured, authority.KeyUnavailable, SigningError) as error:
        found.append(checks.Error(f"nothing can be signed: {error}", id="provenance.E002"))
    except stamps.NoStamp as error:
        found.append(
            checks.Warning(f"files wait for their time stamps: {error}", id="provenance.W003")
        )
    return found


def check_stamps(**_: Any) -> list[CheckMessage]:
    """Return whether files bear stamps of an authority whose roots the settings name no more: some
    are looked at, from the first that was signed to the last."""
    try:
        roots = pki.time_anchor_pem()
        lost = [each for each in _some_stamped() if not _is_stamped_under(bytes(each.body), roots)]
    except (DatabaseError, ImproperlyConfigured):
        return []  # nothing was signed yet, or what is wrong is told elsewhere
    if not lost:
        return []
    return [
        checks.Warning(
            f"the time stamp of credential {lost[0].credential.code} stands under none of the roots"
            " of today, so that nobody can tell any more when it was signed: keep those of earlier"
            " authorities in EDGECODE_TIMESTAMP_ROOTS (docs/keys.md)",
            id="provenance.W007",
        )
    ]


def _some_stamped() -> Iterator[Manifest]:
    rows = Manifest.objects.filter(credential__stamped_at__isnull=False).order_by("pk")
    ends = rows.aggregate(first=Min("pk"), last=Max("pk"))
    if ends["first"] is None:
        return
    span = ends["last"] - ends["first"]
    for part in range(_STAMPS_LOOKED_AT):
        at = ends["first"] + span * part // (_STAMPS_LOOKED_AT - 1)
        if (found := rows.filter(pk__gte=at).select_related("credential").first()) is not None:
            yield found


def _is_stamped_under(store: bytes, roots: str) -> bool:
    return stamp_form.is_bare(countersign.token(store), roots)


def _who_signs_lists() -> list[CheckMessage]:
    try:
        theirs = authority.named()
    except ImproperlyConfigured:
        return []  # told where it is signed
    if theirs is None or theirs.is_issuer:
        return []
    return [
        checks.Warning(
            "status lists are signed by the development authority, since the settings name a signer"
            " and no issuer: whoever checks lists needs the root under the heading statuses of"
            " trust-bundle.pem, or status-anchors.pem (docs/status-lists.md)",
            id="provenance.W004",
        )
    ]


def _who_else_signs() -> list[CheckMessage]:
    try:
        is_told = authority.named() is None or pki.claim_signers()
    except ImproperlyConfigured:
        return []  # as above
    if is_told:
        return []
    return [
        checks.Warning(
            "offline everybody whom the same authorities certify passes for us: trust-bundle.pem"
            " names no signer, since our certificate names no organisation or it is not known who"
            " signed under EDGECODE_SIGNING_EARLIER_ROOTS: put a line there for each of these"
            " roots, signer O=...,C=... (docs/keys.md)",
            id="provenance.W006",
        )
    ]


def _unreadable_bundle() -> list[CheckMessage]:
    try:
        parse_bundle(trust_bundle())
    except BadBundle as error:
        return [checks.Error(f"nobody can read trust-bundle.pem: {error}", id="provenance.E005")]
    except (ImproperlyConfigured, authority.KeyUnavailable):
        pass  # as above
    return []


def _is_time_trusted(manifest: bytes) -> bool:
    """Return whether the reader takes the stamp: it asks more of certificates than others do."""
    from provenance.c2pa_sdk.reading import read  # as above
    from provenance.c2pa_sdk.settings import Anchors

    anchors = Anchors(pki.claim_anchor_pem(), pki.time_anchor_pem())
    file = io.BytesIO(b"check")
    reading = read(file, "application/octet-stream", anchors=anchors, manifest_data=manifest)
    return is_time_trusted(reading.report, str(reading.report.get("active_manifest")))


_GENERATOR = {"claim_generator_info": [{"name": "Edgecode check", "specVersion": "2.4.0"}]}
