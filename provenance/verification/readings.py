"""What was read of a signed file when it first came back to us, kept beside it.

The same reader says the same of the same bytes under the same roots. So a file whose SHA-256 is
that of one we delivered is read once, unless roots or reader change or a certificate ends that no
time stamp outlives; whether its grant still holds is asked each time.
"""

import hashlib
import json
import zlib
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from django.utils import timezone

from catalog.objects import object_store
from edgecode.verify import codes
from provenance.models import Credential
from provenance.trust import pki
from provenance.verification import inspection
from provenance.verification.inspection import Inspection


def read(path: Path, credential: Credential, caller: str) -> Inspection | None:
    """Read the very file that was delivered under `credential`, and keep what was found; None
    where it cannot be read. Raises OSError and Unavailable.

    In a process of its own, that has read no other file: what it says is told to everybody.
    """
    answer = inspection.answer_about(
        path, mime=credential.mime, caller=caller, alone=True, crjson=True
    )
    if answer is None or answer["outcome"] != "read":
        return None
    of = {"reader": _reader(), "file": credential.file_sha256}
    found = json.dumps({**of, "answer": answer}).encode()
    object_store().put_bytes(key_of(credential), zlib.compress(found))
    return inspection.judged(answer, credential.file_sha256, credential.file_size)


def kept(credential: Credential) -> Inspection | None:
    """Return the inspection of the very file that was delivered under `credential`, or None where
    it must be read: nobody has asked yet, or under other roots."""
    try:
        with object_store().open(key_of(credential)) as file:
            found = json.loads(zlib.decompress(file.read()))
        # The file of a credential changes with its manifest.
        if (found["reader"], found["file"]) != (_reader(), credential.file_sha256):
            return None
        read = inspection.judged(found["answer"], credential.file_sha256, credential.file_size)
        return read if _lasts(read) else None
    except (OSError, ValueError, KeyError, zlib.error):
        return None


def _lasts(found: Inspection) -> bool:
    """Return whether the reader would say the same now: without a trusted time stamp a signature is
    good as long as its certificate, and the licensor's own always."""
    until = []
    if found.time_stamp is None or not found.time_stamp.trusted:
        until.append(found.signer.valid_until if found.signer is not None else "")
    if found.licensor is not None and not found.licensor.over:
        until.append(codes.identity_until(found.crjson or {}, found.said_in))
    now = timezone.now()
    return all(each and now < datetime.fromisoformat(each) for each in until)


def key_of(credential: Credential) -> str:
    """Return where the reading of this credential's file is stored."""
    return f"credentials/{credential.granted_asset.grant.code}/{credential.code}.reading"


def _reader() -> str:
    """Return what a reading depends on beside the bytes: its form, the SDK and the roots."""
    roots = pki.claim_anchor_pem() + pki.time_anchor_pem() + pki.identity_anchor_pem()
    return f"4, c2pa-python {version('c2pa-python')}, {hashlib.sha256(roots.encode()).hexdigest()}"
