"""A file is read: what the SDK finds in it, unjudged. All of this runs without Django."""

import hashlib
import io
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, BinaryIO, Final

import c2pa

from provenance import carriers, countersign, formats, jumbf, stamp_form
from provenance.c2pa_sdk.inner import Inner, inner_manifests
from provenance.c2pa_sdk.reports import UnreadableError, is_checked, reached, report_of
from provenance.c2pa_sdk.settings import ANY_TYPE, Anchors, context_of

_SVG: Final = "image/svg+xml"
_REMOTE: Final = re.compile(r"remote manifests? from url\s*(\S+)", re.IGNORECASE)


@dataclass(frozen=True)
class Reading:
    """What the SDK found in a file, unjudged.

    `report` is its JSON document, `crjson` the one that C2PA describes, `state` one of Trusted,
    Valid, Invalid; `certificate` the signer's, DER, `issuers` those that stand behind it, and
    `time_authority` the name on its time stamp, each empty where not found. `standing` is how long
    the manifests are ("store"; "written", as the file holds them), whether the store, and what
    stands beside the newest signature, is only what we write there ("blank"), also with a stamp of
    an authority that nobody named ("bounded"), whether there is a time stamp of which can be told
    if it is trusted ("stamped"), and the SHA-256 of the store without its filling, "" where there
    is more in it ("sha256"); {} where that cannot be told.
    `inner` are the manifests of what it was made from, by their names.
    """

    report: dict[str, Any]
    crjson: dict[str, Any]
    state: str
    embedded: bool
    certificate: bytes
    issuers: tuple[bytes, ...]
    time_authority: str
    standing: Mapping[str, int | str]
    inner: Mapping[str, Inner]


class NoManifestError(Exception):
    """The file carries no manifest; `remote_url` is set where it points to one elsewhere."""

    def __init__(self, remote_url: str = "") -> None:
        super().__init__("the file carries no manifest")
        self.remote_url = remote_url


class UnreadableSidecarError(UnreadableError):
    """What was given as the manifest beside a file is none, whatever the file is."""


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
    context = _context(os.getpid(), anchors)
    try:
        with c2pa.Reader(sdk_type, file, manifest_data=manifest_data, context=context) as reader:
            report = json.loads(reader.json())
            embedded = bool(reader.is_embedded())
            manifest_id = report.get("active_manifest", "")
            store = _store(reader, manifest_id)
            crjson = json.loads(reader.crjson())
    except c2pa.C2paError as error:
        raise _failure(error, manifest_data, context) from error
    certificate, *issuers = _chain(store, report, manifest_id)
    return Reading(
        report=report,
        crjson=crjson,
        state=str(report.get("validation_state", "")),
        embedded=embedded,
        certificate=certificate,
        issuers=tuple(issuers),
        time_authority=_time_authority_name(crjson, manifest_id),
        standing=_standing(
            manifest_data or store, file, anchors.times, reached(report, manifest_id)
        ),
        inner=dict(inner_manifests(store, report, anchors, context)),
    )


@lru_cache(maxsize=2)  # by process too: a fork cannot use its parent's
def _context(pid: int, anchors: Anchors) -> c2pa.Context:
    return context_of(anchors)


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
        return told or ANY_TYPE
    return told if told == _SVG else None  # which is text, and has no magic number


def _failure(
    error: c2pa.C2paError, manifest_data: bytes | None, context: c2pa.Context
) -> NoManifestError | UnreadableError:
    """Return what it means that the SDK does not read a file."""
    is_beside = manifest_data is not None
    if isinstance(error, c2pa.C2paError.ManifestNotFound | c2pa.C2paError.NotSupported):
        return UnreadableSidecarError(str(error)) if is_beside else NoManifestError()
    if remote := _REMOTE.search(str(error)):
        return NoManifestError(remote.group(1))
    if manifest_data is not None and not _is_store(manifest_data, context):
        return UnreadableSidecarError(str(error))
    return UnreadableError(str(error))


def _is_store(manifest_data: bytes, context: c2pa.Context) -> bool:
    """Return whether the SDK can read it beside a file of nothing, whatever it then says of it."""
    try:
        report_of(manifest_data, context)
    except UnreadableError:
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


def _chain(store: bytes, report: Mapping[str, Any], manifest_id: str) -> list[bytes]:
    """Return the signer's certificate and its issuers', b"" alone where that is not to be found."""
    try:
        found = jumbf.signer_chain(store)
    except ValueError:
        return [b""]
    return found if is_checked(found[0], report, manifest_id) else [b""]


def _standing(store: bytes, file: BinaryIO, times: str, named: set[str]) -> dict[str, int | str]:
    try:
        token = countersign.token(store)
        is_alone = countersign.is_blank(store) and jumbf.is_alone(store, named)
        # Without its filling, which is zeros then.
        plain = countersign.stamped(store, token) if is_alone else b""
    except ValueError:
        return {}
    file.seek(0)
    return {
        "store": len(store),
        "written": carriers.written_length(store, file.read(formats.START_BYTES)),
        "blank": is_alone and (not token or stamp_form.is_bare(token, times)),
        "bounded": is_alone and (not token or stamp_form.is_bare(token, "")),
        "stamped": bool(token and times),
        "sha256": hashlib.sha256(plain).hexdigest() if plain else "",
    }


def _time_authority_name(crjson: Mapping[str, Any], manifest_id: str) -> str:
    for manifest in crjson.get("manifests", []):
        if manifest.get("label") == manifest_id:
            stamp = manifest.get("signature", {}).get("timeStampInfo", {})
            return str(stamp.get("certificateInfo", {}).get("subject", {}).get("CN", ""))
    return ""
