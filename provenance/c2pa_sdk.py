"""The one file that speaks to c2pa-python: sign into a file, beside it, for a place in it; read.

Its settings are fixed here and proven at first use, since this SDK ignores a key it does not
know: before a process signs, a probe under our root must read as trusted and one under a
stranger's root must not. Objects of the SDK do not survive a fork; they are made per process.

Time stamps are put in by us (countersign.py): the SDK would ask for each over HTTP.

What a credential says of rights a licensor signs, too, inside the claim that we sign: an identity
assertion (CAWG identity 1.3, `cawg.x509.cose`).
"""

import ctypes
import hashlib
import io
import json
import mmap
import os
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, NamedTuple

import c2pa
from c2pa import c2pa as native
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding

from provenance import carriers, countersign, formats, jumbf, stamp_form
from provenance.carriers import Carrier

if TYPE_CHECKING:
    from provenance import manifest_writer
    from provenance.pki import Identity

# What a reading says of a trusted signature: under which of our two lists it stands.
CLAIMS_LIST = "urn:edgecode:trust:claims"
TIMES_LIST = "urn:edgecode:trust:times"
IDENTITIES_LIST = "urn:edgecode:trust:identities"
# What the signature of a licensor, or of an output's maker, is about, beside the file itself.
RIGHTS: Final = (
    *("cawg.training-mining", "cawg.metadata", "com.edgecode.grant"),
    "com.edgecode.registration",
    *("com.edgecode.output", "com.edgecode.dataset"),
)

# Claim signing, document signing, e-mail protection: without this list of extended key usages
# the SDK calls a certificate for document signing invalid instead of untrusted.
_KEY_USAGES = "1.3.6.1.4.1.62558.2.1\n1.3.6.1.5.5.7.3.36\n1.3.6.1.5.5.7.3.4"
# Hashes every byte of a file of any type; under a real type some formats are rewritten.
_ANY_TYPE = "application/octet-stream"
_SVG: Final = "image/svg+xml"
# As an ingredient: a manifest store without the file that it is of.
_STORE_TYPE = "application/x-c2pa-manifest-store"
_MOST_SIGNERS = 64
# Another version may read the same settings otherwise, and says nothing of those that it ignores.
_MEASURED = "0.38.1"
_NOTHING = "http://c2pa.org/digitalsourcetype/empty"
# That a licensor has a certificate of its own, which we vouch for to nobody.
_UNKNOWN_LICENSOR = "cawg.x509.credential.untrusted"
_REMOTE = re.compile(r"remote manifests? from url\s*(\S+)", re.IGNORECASE)


class Anchors(NamedTuple):
    """The roots a reading trusts, PEM: for claim signatures, time stamps, and identities."""

    claims: str
    times: str
    identities: str = ""


@dataclass(frozen=True)
class Signed:
    """A fresh manifest store and the identifier (`urn:c2pa:…`) of its newest manifest; whether a
    time stamp is in it."""

    manifest_id: str
    manifest: bytes
    is_stamped: bool = False


@dataclass(frozen=True)
class Reading:
    """What the SDK found in a file, unjudged.

    `report` is its JSON document, `crjson` the one that C2PA describes, `state` one of Trusted,
    Valid, Invalid; `certificate` the signer's, DER, and `time_authority` the name on its time
    stamp, each empty where not found. `standing` is how long the manifests are ("store"; "written",
    as the file holds them), whether the store, and what stands beside the newest signature, is only
    what we write there ("blank"), and whether there is a time stamp of which can be told if it is
    trusted ("stamped"); {} where that cannot be told.
    `inner` are the manifests of what it was made from, by their names.
    """

    report: dict[str, Any]
    crjson: dict[str, Any]
    state: str
    embedded: bool
    certificate: bytes
    time_authority: str
    standing: Mapping[str, int]
    inner: "Mapping[str, Inner]"


class Inner(NamedTuple):
    """A manifest inside a file, read as if it were the newest: what whoever put it in says to have
    found in it is nothing that the SDK finds. `report` is what that finds of its signature, and of
    what else of it fails; `certificate` the signer's, DER."""

    report: dict[str, Any]
    certificate: bytes


class SigningError(Exception):
    """Nothing was signed and nothing is left behind; the message says why."""


class NoRoomError(SigningError):
    """The manifest is longer than the place that the file has for it."""


class NoManifestError(Exception):
    """The file carries no manifest; `remote_url` is set where it points to one elsewhere."""

    def __init__(self, remote_url: str = "") -> None:
        super().__init__("the file carries no manifest")
        self.remote_url = remote_url


class UnreadableError(Exception):
    """There is something like a manifest, or a media file, that the SDK cannot parse."""


class UnreadableSidecarError(UnreadableError):
    """What was given as the manifest beside a file is none, whatever the file is."""


def sign_embedded(
    definition: Mapping[str, Any],
    mime: str,
    source_path: Path,
    dest_path: Path,
    *,
    continues: bool = False,
    parent: tuple[Path, str] | None = None,
    licensor: "Identity | None" = None,
) -> Signed:
    """Write to `dest_path` the file at `source_path` with a signed manifest inside.

    The definition is the manifest builder's. `continues` keeps the manifests that the file
    carries, as those of the parent it was made from; without it they are lost. `parent` is a file
    with its media type that the first ingredient of the definition is of: its manifests are kept,
    too. `licensor` signs what is said of its rights. `dest_path` appears whole or not at all, and
    may be `source_path`. Raises ValueError for a type that embeds nothing (see
    `formats.embeddable`), SigningError for all that goes wrong.
    """
    with _draft(dest_path) as draft:
        signed = _embed(
            definition, mime, source_path, draft,
            continues=continues, parent=parent, licensor=licensor,
        )  # fmt: skip
        carrier = _carrier(draft, signed, formats.embedding_type(mime))
        stamped = _stamped(signed)
        if not stamped.is_stamped:  # nobody could find the place again, to put it in later
            raise SigningError("no time stamp is to be had now")
        with draft.open("r+b") as file:
            file.seek(carrier.offset)
            file.write(carrier.encoded(stamped.manifest))
    return stamped


def prepare(mime: str, source_path: Path, dest_path: Path, *, room: int) -> Carrier:
    """Write to `dest_path` the file with a place for manifests of `room` bytes or a little more,
    and return that place. What stands there meanwhile is signed and grants nothing.

    As `sign_embedded` in all else.
    """
    with _draft(dest_path) as draft:
        signed = _embed(_stand_in(room), mime, source_path, draft)
        return _carrier(draft, signed, formats.embedding_type(mime))


def sign_for(
    carrier: Carrier, definition: Mapping[str, Any], licensor: "Identity | None" = None
) -> Signed:
    """Return one manifest as `Signing.inside` does."""
    return Signing().inside(carrier, definition, licensor)


def sign_sidecar(
    definition: Mapping[str, Any], sha256_hex: str, licensor: "Identity | None" = None
) -> Signed:
    """Return one manifest as `Signing.beside` does."""
    return Signing().beside(definition, sha256_hex, licensor)


class Signing:
    """Signs manifests for files that are not read, since what binds to them is known.

    They are written by hand (manifest_writer.py), in a fifth of the time that the SDK takes. Of
    those that one such object signs under a licensor the first is written twice: once over content
    of ours, which the SDK reads and has to find in order. What has ingredients the SDK signs.
    """

    def __init__(self) -> None:
        self._proven: set[Identity | None] = set()

    @cached_property
    def _engine(self) -> "_Engine":
        return _engine()

    def beside(
        self, definition: Mapping[str, Any], sha256_hex: str, licensor: "Identity | None" = None
    ) -> Signed:
        """Return a manifest for the file whose SHA-256 is `sha256_hex`.

        `licensor` signs what is said of its rights. The caller vouches for the digest: a wrong one
        signs well and reads as altered. Raises SigningError.
        """
        if not re.fullmatch(r"[0-9a-f]{64}", sha256_hex):
            raise ValueError("sha256_hex: must be 64 lowercase hex digits")
        return self._bound(definition, _whole_file(bytes.fromhex(sha256_hex)), licensor)

    def inside(
        self, carrier: Carrier, definition: Mapping[str, Any], licensor: "Identity | None" = None
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
        self, definition: Mapping[str, Any], binding: "_Binding", licensor: "Identity | None"
    ) -> Signed:
        from provenance import manifest_writer  # not above: the limited process reads only

        if not definition.keys() <= manifest_writer.WRITTEN:
            return _stamped(_bound(self._engine, definition, binding, licensor))
        if licensor not in self._proven:
            self._prove(definition, licensor)
            self._proven.add(licensor)
        return self._written(definition, binding, licensor, _token)

    def _written(
        self,
        definition: Mapping[str, Any],
        binding: "_Binding",
        licensor: "Identity | None",
        stamp: Callable[[bytes], bytes],
    ) -> Signed:
        from provenance import manifest_writer  # as above: not in the limited process
        from provenance.kms import KeyUnavailable

        try:
            made = manifest_writer.written(
                definition,
                binding,
                _key(os.getpid(), self._engine.identity),
                _key(os.getpid(), licensor) if licensor is not None else None,
                rights=RIGHTS,
                stamp=stamp,
            )
        except (TypeError, KeyError, ValueError, KeyUnavailable) as error:
            raise SigningError(f"could not sign: {error}") from error
        return Signed(made.manifest_id, made.store, is_stamped=made.is_stamped)

    def _prove(self, definition: Mapping[str, Any], licensor: "Identity | None") -> None:
        """Raise SigningError unless what says this, signed by these, reads well."""
        content = b"self-test"
        binding = _whole_file(hashlib.sha256(content).digest())
        store = self._written(definition, binding, licensor, lambda _digest: b"").manifest
        try:
            with c2pa.Reader(
                _ANY_TYPE, io.BytesIO(content), manifest_data=store, context=self._engine.context
            ) as reader:
                found = json.loads(reader.json())["validation_results"]
        except c2pa.C2paError as error:
            raise SigningError(f"what was written cannot be read: {error}") from error
        failed = {each["code"] for each in found["activeManifest"]["failure"]} - {_UNKNOWN_LICENSOR}
        if failed or found.get("trustListUri") != CLAIMS_LIST:
            raise SigningError(f"what was written does not read well: {', '.join(sorted(failed))}")


def sign_update(definition: Mapping[str, Any]) -> Signed:
    """Return a manifest that follows the one whose store the definition's only ingredient brings.
    The file is neither read nor bound again: what binds the earlier one to it stays.

    Its `redactions` are struck out of the store. Raises SigningError.
    """
    return _stamped(
        _engine().sign(
            definition, _ANY_TYPE, io.BytesIO(b"-"), io.BytesIO(), embed=False, updates=True
        )
    )


type _Binding = tuple[str, Mapping[str, Any]]


def _whole_file(sha256: bytes) -> _Binding:
    # `hash` must be a list of numbers: the SDK takes text for the bytes of the digest themselves.
    return "c2pa.hash.data", {"alg": "sha256", "hash": list(sha256), "pad": [], "name": "file"}


def _bound(
    engine: "_Engine",
    definition: Mapping[str, Any],
    binding: _Binding,
    licensor: "Identity | None",
) -> Signed:
    """Sign with a hard binding that is known: given one, the SDK hashes nothing."""
    label, data = binding
    assertions = [*definition["assertions"], {"label": label, "data": dict(data)}]
    complete = {**definition, "assertions": assertions}
    return engine.sign(
        complete, _ANY_TYPE, io.BytesIO(b"-"), io.BytesIO(), embed=False, licensor=licensor
    )


def _token(digest: bytes) -> bytes:
    """Return a time stamp, or b"" where none is to be had now."""
    from provenance import stamps  # not above: the limited process reads only, without Django

    try:
        return stamps.token(digest)
    except stamps.NoStamp:
        return b""


def _stamped(signed: Signed) -> Signed:
    """Return what was signed with a time stamp, or without any where none is to be had now."""
    return _with_stamp(signed, _token(_digest_to_stamp(signed)))


def _digest_to_stamp(signed: Signed) -> bytes:
    return hashlib.sha256(countersign.to_stamp(signed.manifest)).digest()


def _with_stamp(signed: Signed, token: bytes) -> Signed:
    store = countersign.stamped(signed.manifest, token)
    return Signed(signed.manifest_id, store, is_stamped=bool(token))


@contextmanager
def _draft(dest_path: Path) -> Iterator[Path]:
    draft = dest_path.with_name(f".{dest_path.name}.{secrets.token_hex(4)}")
    try:
        yield draft
        draft.replace(dest_path)
    finally:
        draft.unlink(missing_ok=True)


def _embed(
    definition: Mapping[str, Any],
    mime: str,
    source_path: Path,
    dest_path: Path,
    *,
    continues: bool = False,
    parent: tuple[Path, str] | None = None,
    licensor: "Identity | None" = None,
) -> Signed:
    sdk_type = formats.embedding_type(mime)
    with ExitStack() as stack:
        source = stack.enter_context(source_path.open("rb"))
        dest = stack.enter_context(dest_path.open("x+b"))
        of = (stack.enter_context(parent[0].open("rb")), parent[1]) if parent else None
        return _engine().sign(
            definition, sdk_type, source, dest,
            continues=continues, parent=of, licensor=licensor,
        )  # fmt: skip


def _carrier(path: Path, signed: Signed, sdk_type: str) -> Carrier:
    """Return the place of the manifest that was just signed into a file."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        encoding, offset, length = carriers.located(content, signed.manifest, sdk_type)
        with c2pa.Reader(sdk_type, file, context=_engine().unchecked) as reader:
            label, binding = carriers.binding_of(json.loads(reader.detailed_json()))
    return Carrier(encoding, offset, length, len(signed.manifest), label, binding)


def _stand_in(room: int) -> dict[str, Any]:
    action = {"action": "c2pa.created", "digitalSourceType": _NOTHING}
    return {
        "claim_generator_info": [{"name": "Edgecode", "specVersion": "2.4.0"}],
        "assertions": [
            {
                "label": "c2pa.actions.v2",
                "created": True,
                "data": {"allActionsIncluded": True, "actions": [action]},
            },
            {"label": "com.edgecode.room", "created": True, "data": {"filled": "0" * room}},
        ],
    }


def read(
    file: BinaryIO, mime: str, *, anchors: Anchors, manifest_data: bytes | None = None
) -> Reading:
    """Return what the SDK finds in `file`, judged against `anchors`, without network access.

    `manifest_data` is a sidecar; without it the manifest is looked for in the file. The type of
    the file is told from its bytes where they tell it; `mime` decides for the rest. Raises
    NoManifestError, or UnreadableError: of a sidecar that no file could have, its kind
    UnreadableSidecarError. Hostile files: only call this in a limited process.
    """
    sdk_type = _sdk_type(file, mime, is_beside=manifest_data is not None)
    context = _reading_context(os.getpid(), anchors)
    try:
        with c2pa.Reader(sdk_type, file, manifest_data=manifest_data, context=context) as reader:
            report = json.loads(reader.json())
            embedded = bool(reader.is_embedded())
            manifest_id = report.get("active_manifest", "")
            store = _store(reader, manifest_id)
            certificate = _certificate(store, report, manifest_id)
            crjson = json.loads(reader.crjson())
    except (c2pa.C2paError.ManifestNotFound, c2pa.C2paError.NotSupported) as error:
        if manifest_data is not None:
            raise UnreadableSidecarError(str(error)) from error
        raise NoManifestError from error
    except c2pa.C2paError as error:
        remote = _REMOTE.search(str(error))
        if remote:
            raise NoManifestError(remote.group(1)) from error
        if manifest_data is not None and not _is_store(manifest_data, context):
            raise UnreadableSidecarError(str(error)) from error
        raise UnreadableError(str(error)) from error
    state = str(report.get("validation_state", ""))
    time_authority = _time_authority_name(crjson, manifest_id)
    standing = _standing(manifest_data or store, file, anchors.times, _reached(report, manifest_id))
    inner = dict(_inner(store, report, anchors, context))
    return Reading(report, crjson, state, embedded, certificate, time_authority, standing, inner)


def _sdk_type(file: BinaryIO, mime: str, *, is_beside: bool) -> str | None:
    """Return under which type the SDK shall read a file, None where it finds that out itself.

    What is inside a file shifts the places that a newer manifest beside it speaks of; the SDK
    reckons with that for the right type alone.
    """
    told = formats.told(file.read(formats.START_BYTES))
    file.seek(0)
    if not told and formats.embeddable(mime):
        told = formats.embedding_type(mime)
    if is_beside:
        return told or _ANY_TYPE
    return told if told == _SVG else None  # which is text, and has no magic number


def _is_store(manifest_data: bytes, context: c2pa.Context) -> bool:
    """Return whether the SDK can read it beside a file of nothing, whatever it then says of it."""
    try:
        with c2pa.Reader(
            _ANY_TYPE, io.BytesIO(), manifest_data=manifest_data, context=context
        ) as reader:
            reader.json()
    except c2pa.C2paError:
        return False
    return True


def _store(reader: c2pa.Reader, manifest_id: str) -> bytes:
    store = io.BytesIO()
    try:
        # Any address inside the manifest gives the whole store, which has no other way out.
        reader.resource_to_stream(f"self#jumbf=/c2pa/{manifest_id}", store)
    except c2pa.C2paError:
        return b""
    return store.getvalue()


def _standing(store: bytes, file: BinaryIO, times: str, reached: set[str]) -> dict[str, int]:
    try:
        token = countersign.token(store)
        blank = (
            countersign.is_blank(store)
            and jumbf.is_alone(store, reached)
            and (not token or _is_bare(token, times))
        )
    except ValueError:
        return {}
    file.seek(0)
    written = carriers.written_length(store, file.read(formats.START_BYTES))
    stamped = bool(token and times)
    return {"store": len(store), "written": written, "blank": blank, "stamped": stamped}


def _reached(report: Mapping[str, Any], manifest_id: str) -> set[str]:
    """Return the manifests, by name, that this one was made from, and itself."""
    found, left = set[str](), [manifest_id]
    while left:
        name = left.pop()
        if name not in found and (manifest := report["manifests"].get(name)) is not None:
            found.add(name)
            parts = manifest.get("ingredients") or []
            left += [str(each.get("active_manifest") or "") for each in parts]
    return found


def _is_bare(token: bytes, times: str) -> bool:
    try:
        return stamp_form.bare(token, times) == token
    except ValueError:
        return False


def _certificate(store: bytes, report: Mapping[str, Any], manifest_id: str) -> bytes:
    try:
        found = jumbf.signer_certificate(store)
    except ValueError:
        return b""
    return found if _is_checked(found, report, manifest_id) else b""


def _inner(
    store: bytes, report: Mapping[str, Any], anchors: Anchors, context: c2pa.Context
) -> Iterator[tuple[str, Inner]]:
    """Yield the manifests that a file was made from and that may stand under a root of claims: all
    whose certificates name one. Reading each of the others, too, would take its time."""
    newest = report.get("active_manifest")
    if len(report["manifests"]) < 2 or not anchors.claims:
        return
    try:
        # Of two of one name the SDK has read one, who knows which: they are not among these.
        boxes = jumbf.manifests(store)
    except ValueError:
        return
    roots = _names(anchors.claims)
    for name, box in boxes.items():
        if name != newest and name in report["manifests"] and any(root in box for root in roots):
            told = _told_alone(name, _alone(name, boxes, store, report), context)
            if told is not None:
                yield name, told


@lru_cache(maxsize=2)
def _names(pem: str) -> tuple[bytes, ...]:
    """Return the names of roots as they stand in the certificates that these sign; for one in an
    encoding of its own nothing, which stands everywhere."""
    roots = x509.load_pem_x509_certificates(pem.encode())
    names = ((each.subject.public_bytes(), each.public_bytes(Encoding.DER)) for each in roots)
    return tuple(name if name in whole else b"" for name, whole in names)


def _alone(name: str, boxes: Mapping[str, bytes], store: bytes, report: Mapping[str, Any]) -> bytes:
    """Return a store in which a manifest is the newest; before it only those that it, and those
    between, take the content of: without the SDK does not read it."""
    chain = [name]
    while jumbf.is_update(boxes[chain[-1]]):
        parts = report["manifests"].get(chain[-1], {}).get("ingredients") or []
        parent = str(parts[0].get("active_manifest")) if len(parts) == 1 else ""
        if parent not in boxes or parent in chain:
            break
        chain.append(parent)
    return jumbf.store_of(store, [boxes[each] for each in reversed(chain)])


def _told_alone(name: str, store: bytes, context: c2pa.Context) -> Inner | None:
    try:
        with c2pa.Reader(_ANY_TYPE, io.BytesIO(), manifest_data=store, context=context) as reader:
            report = json.loads(reader.json())
        found = jumbf.signer_certificate(store)
    except (c2pa.C2paError, ValueError):
        return None
    if report.get("active_manifest") != name or not _is_checked(found, report, name):
        return None
    active = report.get("validation_results", {}).get("activeManifest", {})
    own = f"self#jumbf=/c2pa/{name}/"
    told = {
        kind: [each for each in active.get(kind, []) if str(each.get("url")).startswith(place)]
        for kind, place in (("success", f"{own}c2pa.signature"), ("failure", own))
    }
    return Inner({"validation_results": {"activeManifest": told}}, found)


def _is_checked(der: bytes, report: Mapping[str, Any], manifest_id: str) -> bool:
    """Return whether it is what the SDK has checked, and not another that we found."""
    try:
        number = x509.load_der_x509_certificate(der).serial_number
    except (ValueError, x509.InvalidVersion):
        return False
    checked = report["manifests"][manifest_id].get("signature_info") or {}
    return bool(checked.get("cert_serial_number") == str(number))


def _time_authority_name(crjson: Mapping[str, Any], manifest_id: str) -> str:
    for manifest in crjson.get("manifests", []):
        if manifest.get("label") == manifest_id:
            stamp = manifest.get("signature", {}).get("timeStampInfo", {})
            return str(stamp.get("certificateInfo", {}).get("subject", {}).get("CN", ""))
    return ""


def _engine() -> "_Engine":
    # Here and not above: the limited process reads only, and starts without Django.
    from provenance import pki

    anchors = Anchors(pki.claim_anchor_pem(), pki.time_anchor_pem(), pki.identity_anchor_pem())
    return _proven_engine(os.getpid(), pki.signing_chain(), anchors)


@lru_cache(maxsize=_MOST_SIGNERS)  # by process too: what asks KMS is not for a fork
def _key(pid: int, identity: "Identity") -> "manifest_writer.Key":
    from provenance import manifest_writer  # as above: not in the limited process

    key, scheme = identity.key, ec.ECDSA(hashes.SHA256())
    if not isinstance(key.curve, ec.SECP256R1):
        raise SigningError(f"{identity!r} has no key on P-256")

    def sign(data: bytes) -> bytes:
        halves: tuple[int, int] = decode_dss_signature(key.sign(data, scheme))
        return b"".join(half.to_bytes(32) for half in halves)

    chain = x509.load_pem_x509_certificates(identity.chain_pem.encode())
    header = manifest_writer.protected(each.public_bytes(Encoding.DER) for each in chain)
    return manifest_writer.Key(header, sign)


def _plain(identity: "Identity") -> c2pa.Signer:
    return c2pa.Signer.from_info(
        c2pa.C2paSignerInfo("es256", identity.chain_pem.encode(), identity.key_pem.encode(), None)
    )


def _roomy(identity: "Identity") -> c2pa.Signer:
    """Return a signer that leaves some KB of room in the file, where the time stamp goes."""
    key, scheme = identity.key, ec.ECDSA(hashes.SHA256())
    return c2pa.Signer.from_callback(
        lambda data: key.sign(data, scheme), c2pa.C2paSigningAlg.ES256, identity.chain_pem
    )


def _beside(claims: c2pa.Signer, licensor: "Identity") -> c2pa.Signer:
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


class _Engine:
    """A signer and the settings it signs under, for one process."""

    def __init__(self, identity: "Identity", anchors: Anchors) -> None:
        self.context = _context(anchors)
        self.unchecked = _context(anchors, check=False)
        self.identity = identity
        self._signers: dict[tuple[bool, Identity | None], c2pa.Signer] = {}

    def _signer(self, *, roomy: bool, licensor: "Identity | None") -> c2pa.Signer:
        """Return the signer of claims, beside whom a licensor signs; few are kept."""
        key = (roomy, licensor)
        if key not in self._signers:
            if len(self._signers) >= _MOST_SIGNERS:
                self._signers.pop(next(iter(self._signers)))
            by_callback = roomy or not self.identity.is_local
            ours = _roomy(self.identity) if by_callback else _plain(self.identity)
            self._signers[key] = ours if licensor is None else _beside(ours, licensor)
        return self._signers[key]

    def sign(
        self,
        definition: Mapping[str, Any],
        sdk_type: str,
        source: BinaryIO,
        dest: BinaryIO,
        *,
        embed: bool = True,
        continues: bool = False,
        parent: tuple[BinaryIO, str] | None = None,
        licensor: "Identity | None" = None,
        updates: bool = False,
    ) -> Signed:
        complete = dict(definition)
        ingredients = list(complete.pop("ingredients", ()))
        carried = [each for each in ingredients if "store" in each]
        if parent is None and ingredients and not carried:
            complete["ingredients"] = ingredients
        # What is signed beside a file is small and the same each time: the self-test has read one,
        # and reading each would take twice as long as signing it. Of an ingredient that comes
        # without its file only the manifest can be checked, which readers do.
        context = self.context if embed and not carried else self.unchecked
        try:
            with c2pa.Builder(complete, context) as builder:
                for each in carried:
                    named = {name: said for name, said in each.items() if name != "store"}
                    builder.add_ingredient(
                        json.dumps(named), _STORE_TYPE, io.BytesIO(each["store"])
                    )
                if updates:
                    builder.set_intent(c2pa.C2paBuilderIntent.UPDATE)
                if parent is not None:
                    file, mime = parent
                    sdk = formats.embedding_type(mime)
                    builder.add_ingredient(json.dumps(ingredients[0]), sdk, file)
                if continues:  # adds the source as parentOf ingredient, and c2pa.opened
                    builder.set_intent(c2pa.C2paBuilderIntent.EDIT)
                if not embed:
                    builder.set_no_embed()
                signer = self._signer(roomy=embed, licensor=licensor)
                manifest: bytes = builder.sign(signer, sdk_type, source, dest)
            return Signed(jumbf.active_manifest_id(manifest), manifest)
        except (c2pa.C2paError, ValueError) as error:
            raise SigningError(f"could not sign as {sdk_type}: {error}") from error


@lru_cache(maxsize=2)  # two: the signer before and after its renewal
def _proven_engine(pid: int, identity: "Identity", anchors: Anchors) -> _Engine:
    if version("c2pa-python") != _MEASURED:
        raise SigningError(f"self-test: all was measured with c2pa-python {_MEASURED}, not this")
    from provenance import pki  # as above: not in the limited process

    engine = _Engine(identity, anchors)
    ours = _probe(engine, anchors, licensor=pki.passing_licensor())
    codes = {item["code"] for item in _results(ours)["success"]}
    trusted = ours.state == "Trusted" and _list_of(ours) == CLAIMS_LIST
    if not trusted or not {"timeStamp.trusted", "cawg.x509.credential.trusted"} <= codes:
        raise SigningError(
            f"self-test: a probe signed by {identity!r} and a licensor reads as {ours.state}, not"
            " as trusted and time-stamped under the published roots; until that is repaired"
            " nothing is signed"
        )
    stranger = pki.issue_claim_signer(pki.issue_root("A stranger's root", path_length=0))
    theirs = _probe(_Engine(stranger, anchors), anchors)
    if theirs.state == "Trusted":
        raise SigningError("self-test: a stranger's probe reads as trusted; nothing is signed")
    # The reader calls it trusted; that it names the list is what tells us.
    stamper = _probe(_Engine(pki.stray_claim_signer(), anchors), anchors)
    if _list_of(stamper) == CLAIMS_LIST:
        raise SigningError("self-test: a root of times vouches for a claim; nothing is signed")
    return engine


def _probe(engine: _Engine, anchors: Anchors, licensor: "Identity | None" = None) -> Reading:
    from provenance import tokens  # as above: not in the limited process

    action = {"action": "c2pa.created", "digitalSourceType": _NOTHING}
    actions = {"allActionsIncluded": True, "actions": [action]}
    definition = {
        "claim_generator_info": [{"name": "Edgecode self-test", "specVersion": "2.4.0"}],
        "assertions": [{"label": "c2pa.actions.v2", "created": True, "data": actions}],
    }
    content = b"self-test"
    signed = engine.sign(
        definition, _ANY_TYPE, io.BytesIO(content), io.BytesIO(), embed=False, licensor=licensor
    )
    # By our own authority, which is always there: what another says is verified before it is used.
    signed = _with_stamp(signed, tokens.token(_digest_to_stamp(signed)))
    return read(io.BytesIO(content), _ANY_TYPE, anchors=anchors, manifest_data=signed.manifest)


def _results(reading: Reading) -> dict[str, Any]:
    active: dict[str, Any] = reading.report["validation_results"]["activeManifest"]
    return active


def _list_of(reading: Reading) -> str:
    return str(reading.report["validation_results"].get("trustListUri", ""))


@lru_cache(maxsize=2)  # by process too: a fork cannot use its parent's
def _reading_context(pid: int, anchors: Anchors) -> c2pa.Context:
    return _context(anchors)


def _context(anchors: Anchors, *, check: bool = True) -> c2pa.Context:
    return c2pa.Context.from_dict(
        {
            "builder": {
                "thumbnail": {"enabled": False},  # a preview of unreleased film, and slow
                "bmff_hash_exclude_free_and_skip_boxes": False,  # else anyone may fill them
            },
            "verify": {
                "remote_manifest_fetch": False,
                "verify_after_sign": check,
                "verify_after_reading": check,
            },
            "core": {"allowed_network_hosts": []},
            "trust": {
                "anchors": [
                    {
                        "trust_anchors": anchors.claims,
                        "trust_uri": CLAIMS_LIST,
                        "trust_kind": "manifest",
                    },
                    {
                        "trust_anchors": anchors.times,
                        "trust_uri": TIMES_LIST,
                        "trust_kind": "tsa",
                    },
                    {
                        "trust_anchors": anchors.identities,
                        "trust_uri": IDENTITIES_LIST,
                        "trust_kind": "cawg",
                    },
                ],
                "trust_config": _KEY_USAGES,
            },
        }
    )
