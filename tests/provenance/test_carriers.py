"""A place for a manifest: filled for each licensee, in every format that has one."""

import hashlib
from pathlib import Path

import pytest

from provenance import carriers, countersign, jumbf, manifests
from provenance.c2pa_sdk.embedding import make_place, sign_embedded
from provenance.c2pa_sdk.signed import SigningError
from provenance.c2pa_sdk.signing import Signing
from provenance.carriers import Carrier
from tests.provenance.film import bunny
from tests.provenance.media import MADE
from tests.provenance.test_manifests import ASSET, CONSENT, GRANT
from tests.provenance.test_signing import codes, flip, outsider

DEFINITION = manifests.definition(ASSET, GRANT, [CONSENT])
ROOM = 16 * 1024


def filled(carrier: Carrier, file: bytes, store: bytes) -> bytes:
    end = carrier.offset + carrier.length
    return file[: carrier.offset] + carrier.encoded(store) + file[end:]


@pytest.mark.parametrize("mime", sorted(MADE))
def test_a_place_is_filled_for_one_licensee_after_the_other(mime: str, tmp_path: Path) -> None:
    source, prepared = tmp_path / "in", tmp_path / "prepared"
    source.write_bytes(MADE[mime]())
    carrier = make_place(mime, source, prepared, room=ROOM)
    others = []
    for number in range(2):
        definition = {**DEFINITION, "title": f"for licensee {number}"}
        signed = Signing().inside(carrier, definition)
        target = tmp_path / f"out{number}"
        target.write_bytes(filled(carrier, prepared.read_bytes(), signed.manifest))
        report = outsider(target, mime)
        assert report["validation_state"] == "Trusted"
        assert "timeStamp.trusted" in codes(report, "success")
        assert report["active_manifest"] == signed.manifest_id
        assert report["manifests"][signed.manifest_id]["title"] == f"for licensee {number}"
        near_end = {"image/png": 18, "image/svg+xml": 10}.get(mime, 9)
        at = source.stat().st_size // 2 if mime.endswith(("x-msvideo", "avi")) else -near_end
        altered = flip(target, at % target.stat().st_size)
        assert outsider(altered, mime)["validation_state"] == "Invalid"
        others.append(target.read_bytes())
    first, second = others
    end = carrier.offset + carrier.length
    assert (first[: carrier.offset], first[end:]) == (second[: carrier.offset], second[end:])
    assert first != second


@pytest.mark.parametrize("mime", sorted(MADE))
def test_a_file_keeps_a_long_past(mime: str, tmp_path: Path) -> None:
    """A camera's or an editor's manifests hold pictures, and are longer than a JPEG's segment."""
    file = tmp_path / "file"
    file.write_bytes(MADE[mime]())
    picture = {"label": "com.example.picture", "created": True, "data": {"held": "p" * 150_000}}
    assertions = [*DEFINITION["assertions"], picture]
    past = sign_embedded({**DEFINITION, "assertions": assertions}, mime, file, file)
    definition = manifests.definition(ASSET, GRANT, [CONSENT], continues=True)
    signed = sign_embedded(definition, mime, file, file, continues=True)

    report = outsider(file, mime)
    assert (report["validation_state"], report["active_manifest"]) == (
        "Trusted", signed.manifest_id,
    )  # fmt: skip
    assert past.manifest_id in report["manifests"]
    assert "timeStamp.trusted" in codes(report, "success")
    near_end = {"image/png": 18, "image/svg+xml": 10}.get(mime, 9)
    altered = flip(file, file.stat().st_size - near_end)
    assert outsider(altered, mime)["validation_state"] == "Invalid"


def test_what_has_no_room_is_refused(tmp_path: Path) -> None:
    carrier = make_place("video/mp4", bunny(), tmp_path / "prepared", room=0)
    large = {**DEFINITION, "title": "t" * 20_000}
    with pytest.raises(SigningError, match="does not fit into"):
        Signing().inside(carrier, large)


def test_a_stamp_and_a_length_leave_what_was_signed_as_it_was() -> None:
    signed = Signing().beside(DEFINITION, hashlib.sha256(b"frame").hexdigest())
    longer = countersign.filled(signed.manifest, 20_000)
    assert len(longer) == 20_000
    furthest = countersign.filled(signed.manifest, 200_000)
    assert (len(furthest), countersign.is_blank(furthest)) == (200_000, True)
    assert countersign.stamped(longer, b"other") == countersign.stamped(signed.manifest, b"other")
    assert jumbf.active_manifest_id(longer) == signed.manifest_id
    assert jumbf.signer_certificate(longer) == jumbf.signer_certificate(signed.manifest)
    assert countersign.to_stamp(longer) == countersign.to_stamp(signed.manifest)


@pytest.mark.parametrize("store", [b"", b"\0\0\0\x08jumb", b"no manifest at all"])
def test_what_is_no_manifest_is_not_stamped(store: bytes) -> None:
    with pytest.raises(ValueError, match=r"store|manifest|box|parent"):
        countersign.to_stamp(store)


def test_a_manifest_that_stands_twice_in_a_file_has_no_place() -> None:
    with pytest.raises(ValueError, match="was not found"):
        carriers.located(b"aXXbXXc", b"XX", "video/mp4")
