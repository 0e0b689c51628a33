"""A private key that never leaves AWS KMS, as `cryptography` knows private keys.

The interface is the library's own: whatever signs with a key from a PEM file (certificates,
manifests, PDFs) signs with this one. P-256 with SHA-256 only, which is what credentials take.
"""

import hashlib
import logging
import os
import time
from functools import lru_cache
from typing import Any, Final, NoReturn, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

log = logging.getLogger("edgecode.provenance")

_RAW_BYTES_MAX: Final = 4096  # KMS takes no longer message
_QUIET_SECONDS: Final = 20.0

type _Place = tuple[str, str | None, str | None]
_quiet: dict[_Place, tuple[float, str]] = {}


class KeyUnavailable(Exception):
    """A key cannot be used, now or at all; the message says which and why, in one line."""


class KmsKey(ec.EllipticCurvePrivateKey):
    """The asymmetric key with this id, ARN or alias, of KeySpec ECC_NIST_P256 and for SIGN_VERIFY.

    `client` is boto3's. Raises KeyUnavailable where KMS does not answer or has no such key.
    """

    def __init__(self, client: Any, key_id: str) -> None:
        self._client, self._id = client, key_id
        der = self._ask("get_public_key", KeyId=key_id)["PublicKey"]
        public = load_der_public_key(der)
        if not isinstance(public, ec.EllipticCurvePublicKey) or public.curve.name != "secp256r1":
            raise KeyUnavailable(f"KMS key {key_id}: must be of KeySpec ECC_NIST_P256")
        self._public = public

    @property
    def curve(self) -> ec.EllipticCurve:
        return self._public.curve

    @property
    def key_size(self) -> int:
        return self._public.key_size

    def public_key(self) -> ec.EllipticCurvePublicKey:
        return self._public

    def sign(self, data: Any, signature_algorithm: ec.EllipticCurveSignatureAlgorithm) -> bytes:
        """Return the DER signature over `data`. It is verified before anybody gets it: a KMS that
        hashes twice, or an answer changed on its way, signs nothing."""
        if not isinstance(signature_algorithm, ec.ECDSA) or not isinstance(
            signature_algorithm.algorithm, hashes.SHA256
        ):
            raise KeyUnavailable(f"KMS key {self._id}: signs ECDSA with SHA-256 only")
        message, kind = bytes(data), "RAW"
        if len(message) > _RAW_BYTES_MAX:
            message, kind = hashlib.sha256(message).digest(), "DIGEST"
        signature: bytes = self._ask(
            "sign",
            KeyId=self._id,
            Message=message,
            MessageType=kind,
            SigningAlgorithm="ECDSA_SHA_256",
        )["Signature"]
        try:
            self._public.verify(signature, bytes(data), signature_algorithm)
        except InvalidSignature:
            raise KeyUnavailable(f"KMS key {self._id}: its {kind} signature is wrong") from None
        return signature

    def _ask(self, call: str, **arguments: Any) -> dict[str, Any]:
        from botocore.exceptions import BotoCoreError, ClientError  # as below

        try:
            answer: dict[str, Any] = getattr(self._client, call)(**arguments)
        except (BotoCoreError, ClientError) as error:
            # Who called may lose the reason: the signing library keeps no error of a callback.
            log.warning("KMS key %s: %s failed: %s", self._id, call, error)
            raise KeyUnavailable(f"KMS key {self._id}: {call} failed: {error}") from error
        return answer

    def exchange(self, algorithm: ec.ECDH, peer_public_key: ec.EllipticCurvePublicKey) -> NoReturn:
        raise KeyUnavailable(f"KMS key {self._id}: only signs")

    def private_numbers(self) -> NoReturn:
        raise KeyUnavailable(f"KMS key {self._id}: never leaves KMS")

    def private_bytes(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise KeyUnavailable(f"KMS key {self._id}: never leaves KMS")

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self


def kms_key(key_id: str, *, region: str | None, endpoint_url: str | None) -> KmsKey:
    """Return the key, asked for once in each process. AWS's own settings say who asks: profile,
    container or instance role. A KMS that did not answer is left alone for some seconds: who asks
    meanwhile need not wait for it as well. Raises KeyUnavailable."""
    from botocore.exceptions import BotoCoreError  # as below

    place = (key_id, region, endpoint_url)
    until, reason = _quiet.get(place, (0.0, ""))
    if time.monotonic() < until:
        raise KeyUnavailable(reason)
    try:
        return _kept(os.getpid(), *place)
    except KeyUnavailable as error:
        if isinstance(error.__cause__, BotoCoreError):  # none that it answered with
            _quiet[place] = (time.monotonic() + _QUIET_SECONDS, str(error))
        raise


@lru_cache(maxsize=4)
def _kept(_pid: int, key_id: str, region: str | None, endpoint_url: str | None) -> KmsKey:
    # It takes half a second to load, and only who keeps keys there needs it.
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError

    patience = Config(
        retries={"mode": "standard", "total_max_attempts": 3}, connect_timeout=3, read_timeout=6
    )
    try:
        client = boto3.client("kms", region_name=region, endpoint_url=endpoint_url, config=patience)
    except (BotoCoreError, ValueError) as error:
        raise KeyUnavailable(f"KMS key {key_id}: {error}") from error
    return KmsKey(client, key_id)
