"""Manifests for files that are not read, since what binds to them is known."""

import hashlib
import os
import re
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, Final

from provenance import manifest_writer
from provenance.c2pa_sdk.engine import Binding, Engine, token_if_any
from provenance.c2pa_sdk.reports import UnreadableError, report_of
from provenance.c2pa_sdk.self_test import proven_engine
from provenance.c2pa_sdk.settings import CLAIMS_LIST
from provenance.c2pa_sdk.signed import Signed, SigningError
from provenance.c2pa_sdk.signers import RIGHTS, key_of
from provenance.carriers import Carrier
from provenance.trust.kms import KeyUnavailable
from provenance.trust.pki import Identity

# That a licensor has a certificate of its own, which we vouch for to nobody.
_UNKNOWN_LICENSOR: Final = "cawg.x509.credential.untrusted"


class NoRoomError(SigningError):
    """The manifest is longer than the place that the file has for it."""


class Signing:
    """Signs manifests, each for a file.

    They are written by hand (manifest_writer.py), in a fifth of the time that the SDK takes. Of
    those that one such object signs under a licensor the first is written twice: once over content
    of ours, which the SDK reads and has to find in order. What has ingredients the SDK signs.
    """

    def __init__(self) -> None:
        self._proven: set[Identity | None] = set()

    @cached_property
    def _engine(self) -> Engine:
        return proven_engine()

    def beside(
        self, definition: Mapping[str, Any], sha256_hex: str, licensor: Identity | None = None
    ) -> Signed:
        """Return a manifest for the file whose SHA-256 is `sha256_hex`.

        `licensor` signs what is said of its rights. The caller vouches for the digest: a wrong one
        signs well and reads as altered. Raises SigningError.
        """
        if not re.fullmatch(r"[0-9a-f]{64}", sha256_hex):
            raise ValueError("sha256_hex: must be 64 lowercase hex digits")
        return self._bound(definition, whole_file(bytes.fromhex(sha256_hex)), licensor)

    def inside(
        self, carrier: Carrier, definition: Mapping[str, Any], licensor: Identity | None = None
    ) -> Signed:
        """Return a manifest for a file's place. `licensor` signs what is said of its rights.

        Raises SigningError, and NoRoomError for a manifest that has not enough room there.
        """
        signed = self._bound(definition, (carrier.label, carrier.binding), licensor)
        try:
            carrier.check(signed.manifest)
        except ValueError as error:
            raise NoRoomError(str(error)) from error
        return signed

    def _bound(
        self, definition: Mapping[str, Any], binding: Binding, licensor: Identity | None
    ) -> Signed:
        if not definition.keys() <= manifest_writer.WRITTEN:
            return self._engine.stamped(self._engine.bound(definition, binding, licensor))
        if licensor not in self._proven:
            self._prove(definition, licensor)
            self._proven.add(licensor)
        return self._written(definition, binding, licensor, token_if_any)

    def _written(
        self,
        definition: Mapping[str, Any],
        binding: Binding,
        licensor: Identity | None,
        stamp: Callable[[bytes], bytes],
    ) -> Signed:
        try:
            made = manifest_writer.written(
                definition,
                binding,
                key_of(os.getpid(), self._engine.identity),
                key_of(os.getpid(), licensor) if licensor is not None else None,
                rights=RIGHTS,
                stamp=stamp,
            )
        except (TypeError, KeyError, ValueError, KeyUnavailable) as error:
            raise SigningError(f"could not sign: {error}") from error
        return Signed(made.manifest_id, made.store, is_stamped=made.is_stamped)

    def _prove(self, definition: Mapping[str, Any], licensor: Identity | None) -> None:
        """Raise SigningError unless what says this, signed by these, reads well."""
        content = b"self-test"
        binding = whole_file(hashlib.sha256(content).digest())
        store = self._written(definition, binding, licensor, lambda _digest: b"").manifest
        try:
            found = report_of(store, self._engine.context, content)["validation_results"]
        except UnreadableError as error:
            raise SigningError(f"what was written cannot be read: {error}") from error
        failed = {each["code"] for each in found["activeManifest"]["failure"]} - {_UNKNOWN_LICENSOR}
        if failed or found.get("trustListUri") != CLAIMS_LIST:
            raise SigningError(f"what was written does not read well: {', '.join(sorted(failed))}")


def sign_update(definition: Mapping[str, Any]) -> Signed:
    """Return a manifest that follows the one whose store the definition's only ingredient brings.
    The file is neither read nor bound again: what binds the earlier one to it stays.

    Its `redactions` are struck out of the store. Raises SigningError.
    """
    engine = proven_engine()
    return engine.stamped(engine.update(definition))


def whole_file(sha256: bytes) -> Binding:
    """Return what binds a manifest to the file whose SHA-256 this is."""
    # `hash` must be a list of numbers: the SDK takes text for the bytes of the digest themselves.
    return "c2pa.hash.data", {"alg": "sha256", "hash": list(sha256), "pad": [], "name": "file"}
