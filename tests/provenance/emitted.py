"""One file of every kind that leaves us, signed as the signing job signs it."""

import hashlib
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache, partial, wraps
from pathlib import Path
from typing import Any

from provenance import manifests, update_manifests
from provenance.c2pa_sdk.embedding import make_place, sign_embedded
from provenance.c2pa_sdk.signed import Signed
from provenance.c2pa_sdk.signing import Signing, sign_update
from provenance.carriers import Carrier
from provenance.content_codes import to_text
from provenance.outputs import manifests as output_manifests
from provenance.outputs.manifests import Ingredient, OutputFacts, SourceFacts
from provenance.repository.registration_manifest import RegisteredFile, registration
from provenance.trust import pki
from tests.provenance.media import MADE
from tests.provenance.test_manifests import ASSET, CONSENT, GRANT

_ROOM = 24 * 1024
_WORDS = b"1\n00:00:01,000 --> 00:00:02,000\nHello\n"
_UNITS = {"text": "ab" * 32, "data": "cd" * 32}
_CODE = to_text(_UNITS)
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
    return manifests.definition(replace(ASSET, format=mime, content_code=_CODE), GRANT, **more)


def beside(content: bytes, definition: Mapping[str, Any] | None = None) -> Emitted:
    """Return a file of text with its manifest beside it."""
    digest = hashlib.sha256(content).hexdigest()
    signed = Signing().beside(definition or said("text/plain"), digest, licensor())
    return Emitted("text/plain", content, signed.manifest)


def _once_under_each_root[**P, R](make: Callable[P, R]) -> Callable[P, R]:
    """Call a function once for the same arguments while the same root is in force: a test may have
    one of its own, under which nothing stands that another test signed."""

    @cache
    def made(_root: str, *arguments: P.args, **more: P.kwargs) -> R:
        return make(*arguments, **more)

    @wraps(make)
    def kept(*arguments: P.args, **more: P.kwargs) -> R:
        return made(pki.claim_anchor_pem(), *arguments, **more)

    return kept


@cache
def prepared(mime: str) -> Prepared:
    """Return a file of this type with a place for manifests."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "source", Path(folder) / "target"
        source.write_bytes(MADE[mime]())
        place = make_place(mime, source, target, room=_ROOM)
        return Prepared(mime, target.read_bytes(), place)


def _placed(mime: str, definition: Mapping[str, Any] | None = None) -> Emitted:
    file = prepared(mime)
    signed = Signing().inside(file.place, definition or said(mime), licensor())
    return file.filled(signed.manifest)


def _continued(mime: str) -> Emitted:
    """A file that was delivered, registered by its licensee, and licensed on."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "file"
        file.write_bytes(emitted(mime).content)
        definition = said(mime, continues=True)
        sign_embedded(definition, mime, file, file, continues=True, licensor=licensor())
        return Emitted(mime, file.read_bytes())


def _part_of_signed(whole: str, mime: str) -> Emitted:
    """A part of a file that carries manifests."""
    with tempfile.TemporaryDirectory() as folder:
        parent, part = Path(folder) / "whole", Path(folder) / "part"
        parent.write_bytes(emitted(whole).content)
        part.write_bytes(MADE[mime]())
        sign_embedded(_part(mime), mime, part, part, parent=(parent, whole), licensor=licensor())
        return Emitted(mime, part.read_bytes())


def _part(mime: str) -> dict[str, Any]:
    return said(mime, part=manifests.ClipFacts(1000, 2000, mime))


def _of_likeness(mime: str) -> dict[str, Any]:
    return manifests.definition(replace(_LIKENESS, format=mime), GRANT, _CONSENTS)


def _output(mime: str, **more: Any) -> dict[str, Any]:
    """What is said of a work that the licensee made: with a granted file, out of which a part is
    seen in it, and with a whole data set."""
    facts = OutputFacts(
        code="2345678Z",
        kind="performance",
        title="A night in Seoul",
        format=mime,
        made_by="trainedAlgorithmicMedia",
        maker=GRANT.licensee,
        use="generate.likeness",
        model_kind="foundation",
        territory=["KR"],
        made_at=datetime(2027, 2, 1, tzinfo=UTC),
        status_url="https://edgecode.example/api/v1/status/outputs/2345678Z/",
        ledger=GRANT.ledger,
    )
    granted = emitted("sidecar").sidecar
    assert granted is not None
    used = SourceFacts(
        grant=GRANT.code,
        status_url=GRANT.status_url,
        status_list={"uri": "https://edgecode.example/api/v1/status-lists/1/", "index": 7},
        on_consent=False,
        relation="inputTo",
        members=1,
        root="d" * 64,
        proof_url="https://edgecode.example/api/v1/outputs/2345678Z/members/0123456G/",
        ingredients=[Ingredient("words.srt", "text/plain", granted)],
    )
    sources = [used, replace(used, relation="componentOf"), replace(used, ingredients=())]
    return output_manifests.output_definition(facts, sources, _CONSENTS, [], **more)


def maker() -> pki.Identity:
    """Return the identity that the licensee of GRANT signs its own works under."""
    return pki.licensor_identity(GRANT.licensee.code, GRANT.licensee.name)


def _made(mime: str, *, continues: bool = False) -> Emitted:
    with tempfile.TemporaryDirectory() as folder:
        file, target = Path(folder) / "file", Path(folder) / "target"
        file.write_bytes(emitted(mime).content if continues else MADE[mime]())
        sign_embedded(
            _output(mime, continues=continues), mime, file, target,
            parent=(file, mime) if continues else None, licensor=maker(),
        )  # fmt: skip
        return Emitted(mime, target.read_bytes())


@_once_under_each_root
def renewed(mime: str) -> Emitted:
    """A work with its first manifest inside, and beside it the newest: a consent is struck out."""
    file = prepared(mime)
    first = Signing().inside(file.place, _output(mime), maker())
    definition = update_manifests.update_definition(
        "A night in Seoul", mime, first.manifest, first.manifest_id,
        [output_manifests.consent_label(0)],
    )  # fmt: skip
    return replace(file.filled(first.manifest), sidecar=sign_update(definition).manifest)


@_once_under_each_root
def _made_beside() -> Signed:
    digest = hashlib.sha256(_WORDS).hexdigest()
    return Signing().beside(_output("text/plain"), digest, maker())


def _struck(*numbers: int) -> Emitted:
    """A work's manifests after consents to it have ended, one after the other."""
    first = _made_beside()
    store = first.manifest
    for number in numbers:
        definition = update_manifests.update_definition(
            "A night in Seoul", "text/plain", store, first.manifest_id,
            [output_manifests.consent_label(number)],
        )  # fmt: skip
        store = sign_update(definition).manifest
    return Emitted("text/plain", _WORDS, store)


def _registered() -> Emitted:
    digest = hashlib.sha256(_WORDS).hexdigest()
    file = RegisteredFile(ASSET.code, "text/plain", "digitalCreation", digest)
    definition = registration(file, GRANT.licensor, _UNITS, "https://edgecode.example/verify/")
    signed = Signing().beside(definition, digest, licensor())
    return Emitted("text/plain", _WORDS, signed.manifest)


# Films are cut to MP4 and sounds to FLAC, whatever they are cut out of.
_ATTESTED: Mapping[str, Callable[[], Emitted]] = {
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
    **{f"{mime}, a work": partial(_made, mime) for mime in ("image/png", "video/mp4")},
    **{f"{mime}, a work of a signed file": partial(_made, mime, continues=True)
       for mime in ("image/png", "video/mp4")},
    "sidecar of a registered file": _registered,
    "sidecar of a work": lambda: Emitted("text/plain", _WORDS, _made_beside().manifest),
}  # fmt: skip
_REDACTED: Mapping[str, Callable[[], Emitted]] = {
    "sidecar of a work, a consent struck out": lambda: _struck(1),
    "sidecar of a work, all consents struck out": lambda: _struck(0, 1),
}
_MAKERS = {**_ATTESTED, **_REDACTED}
KINDS = tuple(sorted(_MAKERS))
# In these the licensor, or who made a work or registered a file, signs beside us.
ATTESTED = tuple(sorted(_ATTESTED))
REDACTED = tuple(sorted(_REDACTED))


@_once_under_each_root
def emitted(kind: str) -> Emitted:
    """Return the file of this kind."""
    return _MAKERS[kind]()
