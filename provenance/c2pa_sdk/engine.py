"""A signer and the settings it signs under: what the SDK signs.

Time stamps are put in by us (countersign.py): the SDK would ask for each over HTTP.
"""

import io
import json
from collections.abc import Mapping
from typing import Any, BinaryIO, Final

import c2pa

from provenance import formats, jumbf
from provenance.c2pa_sdk.reports import UnreadableError, reached, report_of
from provenance.c2pa_sdk.settings import ANY_TYPE, Anchors, context_of
from provenance.c2pa_sdk.signed import Signed, SigningError
from provenance.c2pa_sdk.signers import MOST_SIGNERS, signer_of
from provenance.trust import stamps
from provenance.trust.pki import Identity

# As an ingredient: a manifest store without the file that it is of.
_STORE_TYPE: Final = "application/x-c2pa-manifest-store"

# Label and data of what binds a manifest to a file (a hard binding), as the SDK takes them.
type Binding = tuple[str, Mapping[str, Any]]


class Engine:
    """Signs claims for one identity, in one process. All raise SigningError."""

    def __init__(self, identity: Identity, anchors: Anchors) -> None:
        self.context = context_of(anchors)
        self.unchecked = context_of(anchors, check=False)
        self.identity = identity
        self._signers: dict[tuple[bool, Identity | None], c2pa.Signer] = {}

    def beside(
        self, definition: Mapping[str, Any], content: bytes, licensor: Identity | None = None
    ) -> Signed:
        """Return a manifest for a file of this content, to stand beside it."""
        return self._sign(
            definition, ANY_TYPE, io.BytesIO(content), io.BytesIO(), embed=False, licensor=licensor
        )

    def bound(
        self, definition: Mapping[str, Any], binding: Binding, licensor: Identity | None = None
    ) -> Signed:
        """Return a manifest for the file of a binding: given one, the SDK hashes nothing."""
        label, data = binding
        assertions = [*definition["assertions"], {"label": label, "data": dict(data)}]
        return self.beside({**definition, "assertions": assertions}, b"-", licensor)

    def update(self, definition: Mapping[str, Any]) -> Signed:
        """Return a manifest that follows its only ingredient, and binds nothing anew."""
        return self._sign(
            *(definition, ANY_TYPE, io.BytesIO(b"-"), io.BytesIO()),
            embed=False, intent=c2pa.C2paBuilderIntent.UPDATE,
        )  # fmt: skip

    def inside(
        self,
        definition: Mapping[str, Any],
        sdk_type: str,
        source: BinaryIO,
        dest: BinaryIO,
        *,
        continues: bool = False,
        parent: tuple[BinaryIO, str] | None = None,
        licensor: Identity | None = None,
    ) -> Signed:
        """Write the file at `source` to `dest` with a manifest inside, in which there is room for
        a time stamp. `continues` and `parent` are as for `embedding.sign_embedded`."""
        return self._sign(
            *(definition, sdk_type, source, dest),
            embed=True,
            # adds the source as parentOf ingredient, and c2pa.opened
            intent=c2pa.C2paBuilderIntent.EDIT if continues else None,
            parent=parent,
            licensor=licensor,
        )

    def stamped(self, signed: Signed) -> Signed:
        """Return what was signed with a time stamp, or without any where none is to be had now;
        alone, without manifests that it was not made from."""
        alone = self._reached_only(signed)
        return alone.with_stamp(token_if_any(alone.digest_to_stamp()))

    def _reached_only(self, signed: Signed) -> Signed:
        """Return what was signed without the manifests that nothing in it refers to: tools of
        others leave such ones behind, and no reader could tell them from something smuggled in."""
        try:
            report = report_of(signed.manifest, self.unchecked, b"-")
            kept = jumbf.only(signed.manifest, reached(report, signed.manifest_id))
        except (UnreadableError, ValueError) as error:
            raise SigningError(f"what was signed cannot be read: {error}") from error
        return Signed(signed.manifest_id, kept)

    def _sign(
        self,
        definition: Mapping[str, Any],
        sdk_type: str,
        source: BinaryIO,
        dest: BinaryIO,
        *,
        embed: bool,
        intent: c2pa.C2paBuilderIntent | None = None,
        parent: tuple[BinaryIO, str] | None = None,
        licensor: Identity | None = None,
    ) -> Signed:
        said = dict(definition)
        ingredients = list(said.pop("ingredients", ()))
        carried = [each for each in ingredients if "store" in each]
        if parent is None and ingredients and not carried:
            said["ingredients"] = ingredients
        # What is signed beside a file is small and the same each time: the self-test has read one,
        # and reading each would take twice as long as signing it. Of an ingredient that comes
        # without its file only the manifest can be checked, which readers do.
        context = self.context if embed and not carried else self.unchecked
        try:
            with c2pa.Builder(said, context) as builder:
                for each in carried:
                    _add_store(builder, each)
                if parent is not None:
                    file, mime = parent
                    sdk = formats.embedding_type(mime)
                    builder.add_ingredient(json.dumps(ingredients[0]), sdk, file)
                if intent is not None:
                    builder.set_intent(intent)
                if not embed:
                    builder.set_no_embed()
                signer = self._signer(roomy=embed, licensor=licensor)
                manifest: bytes = builder.sign(signer, sdk_type, source, dest)
            return Signed(jumbf.active_manifest_id(manifest), manifest)
        except (c2pa.C2paError, ValueError) as error:
            raise SigningError(f"could not sign as {sdk_type}: {error}") from error

    def _signer(self, *, roomy: bool, licensor: Identity | None) -> c2pa.Signer:
        """Return the signer of claims, beside whom a licensor signs; few are kept."""
        key = (roomy, licensor)
        if key not in self._signers:
            if len(self._signers) >= MOST_SIGNERS:
                self._signers.pop(next(iter(self._signers)))
            self._signers[key] = signer_of(self.identity, licensor, roomy=roomy)
        return self._signers[key]


def token_if_any(digest: bytes) -> bytes:
    """Return a time stamp, or b"" where none is to be had now."""
    try:
        return stamps.token(digest)
    except stamps.NoStamp:
        return b""


def _add_store(builder: c2pa.Builder, ingredient: Mapping[str, Any]) -> None:
    named = {name: said for name, said in ingredient.items() if name != "store"}
    builder.add_ingredient(json.dumps(named), _STORE_TYPE, io.BytesIO(ingredient["store"]))
