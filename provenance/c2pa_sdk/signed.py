"""What signing gives, or why it does not."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from provenance import countersign

# What every manifest has to say, where it has nothing to say.
NOTHING_DONE: Final[Mapping[str, Any]] = {
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


@dataclass(frozen=True)
class Signed:
    """A fresh manifest store and the identifier (`urn:c2pa:…`) of its newest manifest; whether a
    time stamp is in it."""

    manifest_id: str
    manifest: bytes
    is_stamped: bool = False

    def digest_to_stamp(self) -> bytes:
        """Return the SHA-256 that a time stamp of it is about."""
        return hashlib.sha256(countersign.to_stamp(self.manifest)).digest()

    def with_stamp(self, token: bytes) -> "Signed":
        """Return it with this time stamp (DER), b"" for none."""
        store = countersign.stamped(self.manifest, token)
        return Signed(self.manifest_id, store, is_stamped=bool(token))


class SigningError(Exception):
    """Nothing was signed and nothing is left behind; the message says why."""


def problem_of(error: Exception) -> str:
    """Return why a file was not signed, for those whose file it is: no path of ours, which an
    OSError names."""
    if isinstance(error, OSError):
        return "the stored file could not be read"
    if isinstance(error, SigningError | ValueError):
        return str(error)[:300]
    return "a fault on our side keeps it from being signed"
