"""Who signs notes: keys of the three kinds a log or a witness has, and their vkeys.

C2SP signed-note (Ed25519), tlog-cosignature (Ed25519 `cosignature/v1`, and ML-DSA-44, which the
specification also names for a log's own second signature).
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from enum import IntEnum

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

type PrivateKey = Ed25519PrivateKey | MLDSA44PrivateKey

# No control characters: a note may hold none.
_NAME = re.compile(r"[^\s+\x00-\x1f]+")


class BadNote(ValueError):
    """A key, note, checkpoint or receipt is malformed, or not signed by the key."""


class Algorithm(IntEnum):
    """The signature types of c2sp.org/signed-note that are understood here."""

    ED25519 = 0x01
    COSIGNATURE = 0x04
    ML_DSA_44 = 0x06


# Points of the Ed25519 curve with order 1, 2, 4 or 8, by their y: under such a "key" anybody can
# make signatures that verify.
_P = 2**255 - 19
_Y8 = int.from_bytes(
    bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little"
)
_SMALL_ORDER = {0, 1, _P - 1, _Y8, _P - _Y8}
_PUBLIC_BYTES = {Algorithm.ED25519: 32, Algorithm.COSIGNATURE: 32, Algorithm.ML_DSA_44: 1312}


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A signer: its name, its public key (raw), and what kind of signature it makes."""

    name: str
    public_key: bytes
    algorithm: Algorithm = Algorithm.ED25519

    @property
    def key_id(self) -> bytes:
        """The 4 bytes that mark this key's signatures."""
        return hashlib.sha256(self.name.encode() + b"\n" + self._material).digest()[:4]

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of the key as DER SubjectPublicKeyInfo, as `key.published` names it."""
        public = (
            MLDSA44PublicKey.from_public_bytes(self.public_key)
            if self.algorithm is Algorithm.ML_DSA_44
            else Ed25519PublicKey.from_public_bytes(self.public_key)
        )
        der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return hashlib.sha256(der).hexdigest()

    @property
    def _material(self) -> bytes:
        return bytes([self.algorithm]) + self.public_key

    def __str__(self) -> str:
        """The vkey: `name+hex(key id)+base64(type || public key)`."""
        return f"{self.name}+{self.key_id.hex()}+{to_base64(self._material)}"


def verifier_key(name: str, key: PrivateKey) -> VerifierKey:
    """Return the public side of a log's `key`; BadNote for a name no note may carry."""
    check_name(name)
    public = key.public_key().public_bytes_raw()
    if isinstance(key, Ed25519PrivateKey):
        return VerifierKey(name, public)
    return VerifierKey(name, public, Algorithm.ML_DSA_44)


def cosigner_key(name: str, key: PrivateKey) -> VerifierKey:
    """Return the public side of a witness's `key`; BadNote for a name no note may carry."""
    public = verifier_key(name, key)
    if public.algorithm is Algorithm.ED25519:
        return VerifierKey(name, public.public_key, Algorithm.COSIGNATURE)
    return public


def parse_vkey(text: str) -> VerifierKey:
    """Return the key that a vkey line holds. Raises BadNote when it is damaged, or of a kind that
    is not understood here."""
    name, _, rest = text.strip(" \t\r\n").partition("+")
    key_id, _, encoded = rest.partition("+")
    material = from_base64(encoded, "the vkey")
    if not _NAME.fullmatch(name) or not material:
        raise BadNote("not a vkey: expected name+key id+base64 of a key")
    try:
        algorithm = Algorithm(material[0])
    except ValueError:
        raise BadNote(f"the vkey is of type {material[0]}: known are 1, 4 and 6") from None
    key = VerifierKey(name, material[1:], algorithm)
    if len(key.public_key) != _PUBLIC_BYTES[algorithm]:
        raise BadNote("not a vkey: the key in it has the wrong length")
    if algorithm is not Algorithm.ML_DSA_44 and _is_weak(key.public_key):
        raise BadNote("the vkey holds no sound Ed25519 key: anybody could sign for it")
    check_name(name)
    if key.key_id.hex() != key_id:
        raise BadNote("the vkey has a typing error: its key id does not fit")
    return key


def check_name(name: str) -> None:
    """Raise BadNote for a name no note may carry."""
    if not _NAME.fullmatch(name):
        raise BadNote(f"{name!r:.80} cannot name a key: no spaces and no plus sign")
    utf8(name)


def _is_weak(point: bytes) -> bool:
    y = int.from_bytes(point, "little") & (2**255 - 1)
    return y >= _P or y in _SMALL_ORDER


def utf8(text: str) -> bytes:
    """Return the bytes of `text`; BadNote when it came from bytes that are not UTF-8."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise BadNote("not UTF-8") from None


def to_base64(raw: bytes) -> str:
    """Return the standard base 64 (RFC 4648 section 4) of `raw`."""
    return base64.b64encode(raw).decode()


def from_base64(text: str, what: str) -> bytes:
    """Return the bytes that `text` spells; BadNote, naming `what`, for all but the one spelling."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise BadNote(f"{what} is not base64") from None
    if to_base64(raw) != text:
        raise BadNote(f"{what} is not base64 in its one spelling")
    return raw
