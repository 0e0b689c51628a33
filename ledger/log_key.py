"""The keys that sign checkpoints: PEM files under VAR_DIR/keys, readable by their owner only.

ledger.key              Ed25519: signs every checkpoint
ledger.old.key          the key before it, while a rotation lasts: it signs too
ledger.ml-dsa-44.key    signs as well where EDGECODE_LEDGER_SECOND_SIGNATURE says so
"""

import os
import secrets
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from django.conf import settings

CURRENT, OLD, NEXT = "ledger.key", "ledger.old.key", "ledger.next.key"
SECOND = "ledger.ml-dsa-44.key"


def path(name: str = CURRENT) -> Path:
    """Return where a key is kept."""
    return Path(settings.VAR_DIR) / "keys" / name


def load(name: str = CURRENT) -> Ed25519PrivateKey | None:
    """Return a key, or None when there is none. Raises ValueError for a file that is no
    Ed25519 key."""
    key = _load(name)
    if key is None or isinstance(key, Ed25519PrivateKey):
        return key
    raise ValueError(f"{path(name)} is not an Ed25519 key")


def create(name: str = CURRENT) -> Ed25519PrivateKey:
    """Make the key if there is none yet, and return the one that is there."""
    _keep(name, Ed25519PrivateKey.generate())
    key = load(name)
    if key is None:
        raise ValueError(f"{path(name)} disappeared while it was made")
    return key


def second() -> MLDSA44PrivateKey:
    """Return the ML-DSA-44 key, made when there is none yet."""
    if not path(SECOND).exists():
        _keep(SECOND, MLDSA44PrivateKey.generate())
    key = _load(SECOND)
    if isinstance(key, MLDSA44PrivateKey):
        return key
    raise ValueError(f"{path(SECOND)} is not an ML-DSA-44 key")


def _load(name: str) -> object:
    try:
        return load_pem_private_key(path(name).read_bytes(), password=None)
    except FileNotFoundError:
        return None


def _keep(name: str, key: Ed25519PrivateKey | MLDSA44PrivateKey) -> None:
    target = path(name)
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    draft = target.with_name(f"{name}.{secrets.token_hex(4)}")
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
