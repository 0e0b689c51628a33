"""Credentials read by the SDK itself, as an outsider would: with our published anchors only."""

import hashlib
import io
import json
import subprocess
import sys
import time
import wave
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import c2pa
import pytest
import time_machine
from django.conf import settings
from PIL import Image

from provenance import formats, manifests
from provenance.c2pa_sdk.embedding import sign_embedded
from provenance.c2pa_sdk.engine import Engine
from provenance.c2pa_sdk.reading import read
from provenance.c2pa_sdk.self_test import _proven
from provenance.c2pa_sdk.settings import Anchors
from provenance.c2pa_sdk.signed import SigningError
from provenance.c2pa_sdk.signing import Signing
from provenance.trust import pki
from tests.provenance.film import bunny
from tests.provenance.test_manifests import ASSET, CONSENT, GRANT

OCTETS = "application/octet-stream"
DEFINITION = manifests.definition(ASSET, GRANT, [CONSENT])


def outsider(path: Path, mime: str, sidecar: bytes | None = None, anchors: str = "") -> Any:
    """Return the report of a plain Reader that knows only `anchors` (default: the published)."""
    trust = {"user_anchors": anchors or pki.trust_anchors_pem()}
    context = c2pa.Context.from_dict({"trust": trust})
    with path.open("rb") as file:
        reader = c2pa.Reader(mime, file, manifest_data=sidecar, context=context)
        with reader:
            return json.loads(reader.json())


def codes(report: Any, kind: str) -> set[str]:
    return {item["code"] for item in report["validation_results"]["activeManifest"][kind]}


def flip(source: Path, at: int) -> Path:
    data = bytearray(source.read_bytes())
    data[at] ^= 1
    target = source.with_name(f"flipped-{source.name}")
    target.write_bytes(data)
    return target


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("film") / "bunny.mp4"
    sign_embedded(DEFINITION, "video/mp4", bunny(), target)
    return target


def test_film_reads_as_trusted_with_the_published_anchors(film: Path) -> None:
    report = outsider(film, "video/mp4")

    assert report["validation_state"] == "Trusted"
    assert {"signingCredential.trusted", "timeStamp.trusted", "assertion.bmffHash.match"} <= codes(
        report, "success"
    )
    manifest = report["manifests"][report["active_manifest"]]
    labels = {item["label"] for item in manifest["assertions"] if item.get("created")}
    assert {manifests.GRANT, manifests.CONSENT, manifests.TRAINING_MINING} <= labels
    assert "thumbnail" not in manifest
    assert "NOT TRUSTED" in manifest["signature_info"]["common_name"]


def test_one_flipped_byte_of_film_reads_as_invalid(film: Path) -> None:
    report = outsider(flip(film, film.stat().st_size // 2), "video/mp4")

    assert report["validation_state"] == "Invalid"
    assert "assertion.bmffHash.mismatch" in codes(report, "failure")


def test_a_free_box_cannot_be_smuggled_into_film(film: Path, tmp_path: Path) -> None:
    stuffed = tmp_path / "stuffed.mp4"
    stuffed.write_bytes(film.read_bytes() + (16).to_bytes(4) + b"free" + b"smuggled")

    assert outsider(stuffed, "video/mp4")["validation_state"] == "Invalid"


def test_without_our_anchors_film_is_valid_but_nobody_vouches(film: Path) -> None:
    stranger = pki.issue_root("A stranger's root", path_length=1)
    report = outsider(film, "video/mp4", anchors=stranger.chain_pem)

    assert report["validation_state"] == "Valid"
    assert "signingCredential.untrusted" in codes(report, "failure")


def test_signing_returns_the_identifier_that_readers_show(tmp_path: Path) -> None:
    target = tmp_path / "out.mp4"
    signed = sign_embedded(DEFINITION, "video/mp4", bunny(), target)

    assert signed.manifest_id == outsider(target, "video/mp4")["active_manifest"]


def _image(mime: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), "#345").save(buffer, mime.partition("/")[2])
    return buffer.getvalue()


def _sound() -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as out:
        out.setparams((1, 2, 8000, 0, "NONE", ""))
        out.writeframes(bytes(8000))
    return buffer.getvalue()


_SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"><rect width="4"/></svg>'


@pytest.mark.parametrize(
    "mime",
    [
        "application/pdf",
        "audio/wav",
        "image/avif",
        "image/gif",
        "image/jpeg",
        "image/png",
        "image/svg+xml",
        "image/tiff",
        "image/webp",
    ],
)
def test_what_can_carry_its_manifest_does(mime: str, tmp_path: Path) -> None:
    made = {"audio/wav": _sound, "image/svg+xml": lambda: _SVG}
    source, target = tmp_path / "in", tmp_path / "out"
    source.write_bytes(made.get(mime, lambda: _image(mime))())
    sign_embedded(DEFINITION, mime, source, target)

    assert formats.embeddable(mime)
    assert outsider(target, mime)["validation_state"] == "Trusted"
    # In the media data: what is no PNG or SVG any more has no manifest to compare with.
    near_end = {"image/png": 18, "image/svg+xml": 10}.get(mime, 9)
    altered = flip(target, target.stat().st_size - near_end)
    assert outsider(altered, mime)["validation_state"] == "Invalid"


@pytest.mark.parametrize(
    "content",
    [b"1\n00:00:01,000 --> 00:00:02,000\nHello\n", _sound(), b"\0" * 4096],
    ids=["subtitles", "sound", "zeros"],
)
def test_a_sidecar_vouches_for_any_file_without_reading_it(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)
    signed = Signing().beside(DEFINITION, hashlib.sha256(content).hexdigest())

    assert outsider(file, OCTETS, signed.manifest)["validation_state"] == "Trusted"
    file.write_bytes(content + b".")
    report = outsider(file, OCTETS, signed.manifest)
    assert report["validation_state"] == "Invalid"
    assert codes(report, "failure") == {"assertion.dataHash.mismatch"}


@pytest.mark.parametrize("digest", ["", "A" * 64, "0" * 63, "sha256:" + "0" * 64])
def test_a_sidecar_needs_a_real_digest(digest: str) -> None:
    with pytest.raises(ValueError, match="64 lowercase hex digits"):
        Signing().beside(DEFINITION, digest)


def test_a_type_that_carries_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="text/plain: no manifest can be embedded"):
        sign_embedded(DEFINITION, "text/plain", bunny(), tmp_path / "out")


def test_a_failed_signing_leaves_nothing_behind(tmp_path: Path) -> None:
    source, target = tmp_path / "in.mp4", tmp_path / "out.mp4"
    source.write_bytes(b"this is no film")
    target.write_bytes(b"what stood here")

    with pytest.raises(SigningError, match="could not sign as video/mp4"):
        sign_embedded(DEFINITION, "video/mp4", source, target)
    assert sorted(tmp_path.iterdir()) == [source, target]
    assert target.read_bytes() == b"what stood here"


def test_signing_onto_itself_keeps_the_film(tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    film.write_bytes(bunny().read_bytes())
    sign_embedded(DEFINITION, "video/mp4", film, film)

    assert outsider(film, "video/mp4")["validation_state"] == "Trusted"


_FORKING = """
import json, os, signal, sys
import django

django.setup()
from provenance.c2pa_sdk.embedding import sign_embedded
from provenance.c2pa_sdk.engine import Engine
from provenance.c2pa_sdk.reading import read
from provenance.c2pa_sdk.self_test import _proven
from provenance.c2pa_sdk.settings import Anchors
from provenance.c2pa_sdk.signed import SigningError
from provenance.c2pa_sdk.signing import Signing

DEFINITION = json.load(sys.stdin)


def sign_in_fork():
    child = os.fork()
    if child == 0:
        signal.alarm(20)  # never a hanging test
        Signing().beside(DEFINITION, "0" * 64)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


before = sign_in_fork()
Signing().beside(DEFINITION, "0" * 64)
print(before, sign_in_fork())
"""


def test_a_fork_signs_whether_its_parent_has_signed_or_not() -> None:
    result = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _FORKING],
        cwd=settings.BASE_DIR,
        input=json.dumps(DEFINITION),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert result.stdout.splitlines() == ["0 0"], result.stderr


@pytest.fixture
def fresh_engine() -> Iterator[None]:
    _proven.cache_clear()
    yield
    _proven.cache_clear()


@pytest.mark.usefixtures("fresh_engine")
def test_nothing_is_signed_under_roots_that_were_not_published(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = pki.issue_root("Another root", path_length=1).chain_pem
    monkeypatch.setattr(pki, "claim_anchor_pem", lambda: other)

    with pytest.raises(SigningError, match=r"self-test: a probe .* reads as Valid"):
        Signing().beside(DEFINITION, "0" * 64)


@pytest.mark.usefixtures("fresh_engine")
def test_an_sdk_that_trusts_strangers_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    stranger = pki.issue_root("A stranger's root", path_length=0)
    published = pki.claim_anchor_pem() + stranger.chain_pem
    monkeypatch.setattr(pki, "claim_anchor_pem", lambda: published)
    monkeypatch.setattr(pki, "issue_root", lambda *_, **__: stranger)

    with pytest.raises(SigningError, match="a stranger's probe reads as trusted"):
        Signing().beside(DEFINITION, "0" * 64)


def test_the_time_stamp_outlives_the_signer() -> None:
    """A signer of two more seconds: afterwards only the time stamp keeps its word good."""
    root = pki.issue_root("A short-lived root", path_length=0)
    anchors = Anchors(root.chain_pem, pki.time_anchor_pem())
    with time_machine.travel(datetime.now(UTC) - timedelta(seconds=58), tick=False):
        signer = pki.issue_claim_signer(root, timedelta(minutes=1))
    expires_at = signer.leaf.not_valid_after_utc
    engine = Engine(signer, anchors)
    plain = engine.beside(DEFINITION, b"frame")
    manifests_by_stamp = {False: plain, True: engine.stamped(plain)}

    def state(*, stamped: bool) -> str:
        manifest = manifests_by_stamp[stamped].manifest
        frame = io.BytesIO(b"frame")
        return read(frame, OCTETS, anchors=anchors, manifest_data=manifest).state

    assert (state(stamped=False), state(stamped=True)) == ("Trusted", "Trusted")
    while datetime.now(UTC) <= expires_at + timedelta(seconds=1):
        time.sleep(0.1)
    assert (state(stamped=False), state(stamped=True)) == ("Invalid", "Trusted")
