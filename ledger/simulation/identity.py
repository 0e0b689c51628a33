"""Who the made-up log is: its origin, its key, the documents that its first entries name."""

import hashlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from edgecode.audit.rules import shipped_kinds
from edgecode.log.keys import verifier_key
from edgecode.log.policy import LogKey, Policy
from edgecode.log.schema import dump


class Identity:
    """The same for the same seed. The key is no secret: it follows from the seed."""

    def __init__(self, seed: int) -> None:
        self.origin = f"simulated.example/seed-{seed}"  # a year would be a later log's name
        secret = hashlib.sha256(self.origin.encode()).digest()
        self.key = Ed25519PrivateKey.from_private_bytes(secret)
        self.vkey = verifier_key(self.origin, self.key)
        kinds = shipped_kinds().values()
        self.kinds = dump(kinds)
        self.first_kinds = dump(kind for kind in kinds if kind.version == 1)
        self.policy = self.policy_of(self.origin)

    def policy_of(self, origin: str) -> str:
        """Return the policy that accepts the log of this name."""
        return str(Policy((LogKey(verifier_key(origin, self.key)),)))

    @property
    def key_sha256(self) -> str:
        """The SHA-256 of the public key as DER SubjectPublicKeyInfo."""
        der = self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return hashlib.sha256(der).hexdigest()

    @property
    def documents(self) -> dict[str, bytes]:
        """The documents by their SHA-256: the kinds at first and later, the policy."""
        texts = [self.first_kinds.encode(), self.kinds.encode(), self.policy.encode()]
        return {hashlib.sha256(text).hexdigest(): text for text in texts}
