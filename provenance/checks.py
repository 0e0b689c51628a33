"""What keeps credentials from being trusted or signed, told before anybody waits for them.

What the settings alone show is told by every command; what has to be asked of KMS or of the
time-stamping authority by `manage.py check --deploy`.
"""

import hashlib
import io
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage
from django.core.exceptions import ImproperlyConfigured

from config.env import Environment
from edgecode.verify.codes import is_time_trusted
from provenance import authority, pki, stamps


def check_settings(**_: Any) -> list[CheckMessage]:
    """Return what is wrong with the certificates that the settings name."""
    env: Environment = settings.ENV
    try:
        if env.signing_certificates is not None and not str(env.signing_key).startswith(
            authority.KMS
        ):
            authority.named()
        authority.earlier_roots_pem()
        authority.time_roots_pem()
    except ImproperlyConfigured as error:
        return [checks.Error(str(error), id="provenance.E001")]
    return []


def check_deployment(**_: Any) -> list[CheckMessage]:
    """Return what is wrong or missing for credentials that others shall trust: signs one."""
    from provenance import c2pa_sdk  # takes a moment to load, and other commands sign nothing

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
    digest = hashlib.sha256(b"check").hexdigest()
    try:
        pki.signing_chain()
        stamps.token(bytes.fromhex(digest))
        signed = c2pa_sdk.sign_sidecar({"assertions": [_ACTIONS], **_GENERATOR}, digest)
        if not _is_time_trusted(signed.manifest):
            found.append(
                checks.Error(
                    "readers of C2PA do not trust what the time-stamping authority says: its"
                    " certificate is not one for time stamps alone, or its root another",
                    id="provenance.E003",
                )
            )
    except (ImproperlyConfigured, authority.KeyUnavailable, c2pa_sdk.SigningError) as error:
        found.append(checks.Error(f"nothing can be signed: {error}", id="provenance.E002"))
    except stamps.NoStamp as error:
        found.append(
            checks.Warning(f"files wait for their time stamps: {error}", id="provenance.W003")
        )
    return found


def _is_time_trusted(manifest: bytes) -> bool:
    """Return whether the reader takes the stamp: it asks more of certificates than others do."""
    from provenance import c2pa_sdk  # as above

    anchors = c2pa_sdk.Anchors(pki.claim_anchor_pem(), pki.time_anchor_pem())
    file = io.BytesIO(b"check")
    reading = c2pa_sdk.read(
        file, "application/octet-stream", anchors=anchors, manifest_data=manifest
    )
    return is_time_trusted(reading.report, str(reading.report.get("active_manifest")))


_GENERATOR = {"claim_generator_info": [{"name": "Edgecode check", "specVersion": "2.4.0"}]}
_ACTIONS = {
    "label": "c2pa.actions.v2",
    "created": True,
    "data": {
        "allActionsIncluded": True,
        "actions": [
            {
                "action": "c2pa.created",
                "digitalSourceType": "http://c2pa.org/digitalsourcetype/empty",
            }
        ],
    },
}
