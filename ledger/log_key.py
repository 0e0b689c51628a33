"""The log's signing key: Ed25519, PEM, VAR_DIR/keys/ledger.key, readable by its owner only."""

import os
import secrets
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from django.conf import settings


def path() -> Path:
    """Return where the key is kept."""
    return Path(settings.VAR_DIR) / "keys" / "ledger.key"


def load() -> Ed25519PrivateKey | None:
    """Return the key, or None when there is none. Raises ValueError for a file that is no
    Ed25519 key."""
    try:
        pem = path().read_bytes()
    except FileNotFoundError:
        return None
    key = load_pem_private_key(pem, password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(f"{path()} is not an Ed25519 key")  # noqa: TRY004 - the file, not a type
    return key


def create() -> Ed25519PrivateKey:
    """Make the key if there is none yet, and return the one that is there."""
    target = path()
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    pem = Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    draft = target.with_name(f"ledger.key.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(descriptor)
    try:
        target.hardlink_to(draft)  # of two processes that start together one wins
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    key = load()
    if key is None:
        raise ValueError(f"{target} disappeared while it was made")
    return key
