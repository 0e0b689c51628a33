"""What signs with the key of an identity: for the SDK, and for manifests written by hand.

What a credential says of rights a licensor signs, too, inside the claim that we sign: an identity
assertion (CAWG identity 1.3, `cawg.x509.cose`).
"""

import ctypes
from functools import lru_cache
from typing import Any, Final

import c2pa
from c2pa import c2pa as native
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding

from provenance import manifest_writer
from provenance.c2pa_sdk.signed import SigningError
from provenance.trust.pki import Identity

# What the signature of a licensor, or of an output's maker, is about, beside the file itself.
RIGHTS: Final = (
    *("cawg.training-mining", "cawg.metadata", "com.edgecode.grant"),
    "com.edgecode.registration",
    *("com.edgecode.output", "com.edgecode.dataset"),
)
MOST_SIGNERS: Final = 64


@lru_cache(maxsize=MOST_SIGNERS)  # by process too: what asks KMS is not for a fork
def key_of(pid: int, identity: Identity) -> manifest_writer.Key:
    """Return what signs a manifest that is written by hand. Raises SigningError."""
    key, scheme = identity.key, ec.ECDSA(hashes.SHA256())
    if not isinstance(key.curve, ec.SECP256R1):
        raise SigningError(f"{identity!r} has no key on P-256")

    def sign(data: bytes) -> bytes:
        halves: tuple[int, int] = decode_dss_signature(key.sign(data, scheme))
        return b"".join(half.to_bytes(32) for half in halves)

    chain = x509.load_pem_x509_certificates(identity.chain_pem.encode())
    header = manifest_writer.protected(each.public_bytes(Encoding.DER) for each in chain)
    return manifest_writer.Key(header, sign)


def signer_of(claims: Identity, licensor: Identity | None, *, roomy: bool) -> c2pa.Signer:
    """Return what signs a manifest by the SDK; beside the claims, RIGHTS by the licensor if there
    is one. Where `roomy`, it leaves some KB of room in the file, where the time stamp goes."""
    ours = _by_callback(claims) if roomy or not claims.is_local else _plain(claims)
    return ours if licensor is None else _beside(ours, licensor)


def _plain(identity: Identity) -> c2pa.Signer:
    return c2pa.Signer.from_info(
        c2pa.C2paSignerInfo("es256", identity.chain_pem.encode(), identity.key_pem.encode(), None)
    )


def _by_callback(identity: Identity) -> c2pa.Signer:
    key, scheme = identity.key, ec.ECDSA(hashes.SHA256())
    return c2pa.Signer.from_callback(
        lambda data: key.sign(data, scheme), c2pa.C2paSigningAlg.ES256, identity.chain_pem
    )


def _beside(claims: c2pa.Signer, licensor: Identity) -> c2pa.Signer:
    """Return a signer that has the licensor sign RIGHTS, too. The SDK's library has it, its Python
    face does not; both signers become part of the one that is returned."""
    theirs, callback = _plain(licensor), claims._callback_cb  # noqa: SLF001
    create = native._lib.c2pa_identity_signer_create  # noqa: SLF001
    create.restype = ctypes.POINTER(native.C2paSigner)
    create.argtypes = [
        *[ctypes.POINTER(native.C2paSigner)] * 2,
        *[ctypes.POINTER(ctypes.c_char_p)] * 2,
    ]
    named = (ctypes.c_char_p * (len(RIGHTS) + 1))(*(label.encode() for label in RIGHTS), None)
    roles = (ctypes.c_char_p * 2)(b"cawg.publisher", None)

    def together(handle: Any) -> Any:
        return theirs._consume_into(  # noqa: SLF001
            lambda own: create(handle, own, named, roles), "identity: {}"
        )

    both = c2pa.Signer(claims._consume_into(together, "identity: {}"))  # noqa: SLF001
    both._callback_cb = callback  # noqa: SLF001 - it is called as long as this one signs
    return both
