"""What was read of a signed file before it was delivered, kept beside it.

The same reader says the same of the same bytes under the same roots. So a file whose SHA-256 is
that of one we delivered is not read again, unless roots or reader have changed since; whether its
grant still holds is asked each time.
"""

import hashlib
import json
import zlib
from importlib.metadata import version
from pathlib import Path

from catalog.objects import object_store
from provenance import inspection, pki
from provenance.inspection import Inspection
from provenance.models import Credential


def keep(path: Path, *, mime: str, key: str) -> None:
    """Read the signed file at `path` in a limited process and store what was found as `key`.

    A file that cannot be read there keeps nothing, and is read when somebody asks. Raises OSError.
    """
    answer = inspection.answer_about(path, mime=mime)
    if answer is not None and answer["outcome"] == "read":
        kept = json.dumps({"reader": _reader(), "answer": answer}).encode()
        object_store().put_bytes(key, zlib.compress(kept))


def kept(credential: Credential) -> Inspection | None:
    """Return the inspection of the very file that was delivered under `credential`, or None where
    it must be read: signed before readings were kept, or under other roots."""
    try:
        with object_store().open(key_of(credential)) as file:
            found = json.loads(zlib.decompress(file.read()))
        if found["reader"] != _reader():
            return None
        return inspection.judged(found["answer"], credential.file_sha256, credential.file_size)
    except (OSError, ValueError, KeyError, zlib.error):
        return None


def key_of(credential: Credential) -> str:
    """Return where the reading of this credential's file is stored."""
    return f"credentials/{credential.granted_asset.grant.code}/{credential.code}.reading"


def _reader() -> str:
    """Return what a reading depends on beside the bytes: the SDK and the roots."""
    roots = pki.claim_anchor_pem() + pki.time_anchor_pem()
    return f"c2pa-python {version('c2pa-python')}, {hashlib.sha256(roots.encode()).hexdigest()}"
