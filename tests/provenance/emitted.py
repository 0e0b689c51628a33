"""One file of every kind that leaves us, signed as the signing job signs it."""

import hashlib
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

from provenance import c2pa_sdk, manifests, pki
from provenance.carriers import Carrier
from tests.provenance.media import MADE
from tests.provenance.test_manifests import ASSET, CONSENT, GRANT

_ROOM = 24 * 1024
_WORDS = b"1\n00:00:01,000 --> 00:00:02,000\nHello\n"
_LIKENESS = replace(ASSET, title=ASSET.code, work="", identifier="")
_CONSENTS = [CONSENT, replace(CONSENT, code="TVWXYZ23", attributes=["face"])]


@dataclass(frozen=True)
class Emitted:
    """A file as a licensee gets it, and its manifest where that stands beside it."""

    mime: str
    content: bytes
    sidecar: bytes | None = None


@dataclass(frozen=True)
class Prepared:
    """A file with a place for manifests, as it is kept."""

    mime: str
    content: bytes
    place: Carrier

    def filled(self, store: bytes) -> Emitted:
        """The file with this manifest in its place."""
        end = self.place.offset + self.place.length
        written = self.place.encoded(store)
        return Emitted(self.mime, self.content[: self.place.offset] + written + self.content[end:])


def licensor() -> pki.Identity:
    """Return the identity that the licensor of GRANT signs under."""
    return pki.licensor_identity(GRANT.licensor.code, GRANT.licensor.name)


def said(mime: str, **more: Any) -> dict[str, Any]:
    """Return what is said of a title's file of this type."""
    return manifests.definition(replace(ASSET, format=mime), GRANT, **more)


def beside(content: bytes, definition: Mapping[str, Any] | None = None) -> Emitted:
    """Return a file of text with its manifest beside it."""
    digest = hashlib.sha256(content).hexdigest()
    signed = c2pa_sdk.sign_sidecar(definition or said("text/plain"), digest, licensor())
    return Emitted("text/plain", content, signed.manifest)


@cache
def prepared(mime: str) -> Prepared:
    """Return a file of this type with a place for manifests."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "source", Path(folder) / "target"
        source.write_bytes(MADE[mime]())
        place = c2pa_sdk.prepare(mime, source, target, room=_ROOM)
        return Prepared(mime, target.read_bytes(), place)


def _placed(mime: str, definition: Mapping[str, Any] | None = None) -> Emitted:
    file = prepared(mime)
    signed = c2pa_sdk.sign_for(file.place, definition or said(mime), licensor())
    return file.filled(signed.manifest)


def _continued(mime: str) -> Emitted:
    """A file that was delivered, registered by its licensee, and licensed on."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "file"
        file.write_bytes(emitted(mime).content)
        definition = said(mime, continues=True)
        c2pa_sdk.sign_embedded(definition, mime, file, file, continues=True, licensor=licensor())
        return Emitted(mime, file.read_bytes())


def _part_of_signed(whole: str, mime: str) -> Emitted:
    """A part of a file that carries manifests."""
    with tempfile.TemporaryDirectory() as folder:
        parent, part = Path(folder) / "whole", Path(folder) / "part"
        parent.write_bytes(emitted(whole).content)
        part.write_bytes(MADE[mime]())
        c2pa_sdk.sign_embedded(
            _part(mime), mime, part, part, parent=(parent, whole), licensor=licensor()
        )
        return Emitted(mime, part.read_bytes())


def _part(mime: str) -> dict[str, Any]:
    return said(mime, part=manifests.ClipFacts(1000, 2000, mime))


def _of_likeness(mime: str) -> dict[str, Any]:
    return manifests.definition(replace(_LIKENESS, format=mime), GRANT, _CONSENTS)


# Films are cut to MP4 and sounds to FLAC, whatever they are cut out of.
_MAKERS: Mapping[str, Callable[[], Emitted]] = {
    **{mime: partial(_placed, mime) for mime in MADE},
    **{f"{mime} of a signed file": partial(_continued, mime) for mime in MADE},
    **{f"{mime}, a part": lambda mime=mime: _placed(mime, _part(mime))
       for mime in ("video/mp4", "audio/flac")},
    **{f"video/mp4, a part of signed {whole}": partial(_part_of_signed, whole, "video/mp4")
       for whole in ("video/mp4", "video/quicktime", "video/avi")},
    **{f"audio/flac, a part of signed {whole}": partial(_part_of_signed, whole, "audio/flac")
       for whole in ("audio/flac", "audio/mp4", "audio/mpeg", "audio/wav")},
    "sidecar": lambda: beside(_WORDS),
    "sidecar of a likeness": lambda: beside(_WORDS, _of_likeness("text/plain")),
    "audio/wav of a likeness": lambda: _placed("audio/wav", _of_likeness("audio/wav")),
    "video/mp4 of a likeness": lambda: _placed("video/mp4", _of_likeness("video/mp4")),
}  # fmt: skip
KINDS = tuple(sorted(_MAKERS))


@cache
def emitted(kind: str) -> Emitted:
    """Return the file of this kind, made once."""
    return _MAKERS[kind]()
