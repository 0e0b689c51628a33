"""A file's type is told from how it begins; of no other is said that it is one of ours."""

import pytest

from provenance import formats
from tests.provenance.media import MADE

_SVG = b'<svg xmlns="http://www.w3.org/2000/svg"/>'
# As a drawing program writes it.
_PREFACE = b"""\xef\xbb\xbf<?xml version="1.0" encoding="utf-8"?>
<!-- Made > with <svg -- a drawing program -->
<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/svg11.dtd" [
  <!ENTITY ns_svg "http://www.w3.org/2000/svg">
]>
"""


@pytest.mark.parametrize("mime", sorted(MADE))
def test_the_bytes_tell_how_a_manifest_stands_inside(mime: str) -> None:
    boxes = {"audio/mp4", "image/avif", "image/heic", "image/heif", "video/quicktime"}
    told = "video/mp4" if mime in boxes else mime
    assert formats.told(MADE[mime]()[: formats.START_BYTES]) in {told, ""}
    assert formats.told(MADE[mime]()) or mime == "audio/mpeg"  # without a tag nothing is inside


@pytest.mark.parametrize("start", [_SVG, b"\n " + _SVG, _PREFACE + _SVG, b"<svg:svg >"])
def test_a_drawing_is_told_by_its_root(start: bytes) -> None:
    assert formats.told(start) == "image/svg+xml"


@pytest.mark.parametrize(
    "start",
    [
        b"",
        b"words",
        b"RIFF\0\0\0\0CDXA",
        b"<html>" + _SVG,
        b"<!-- " + _SVG + b" --><p>",
        b"words about <svg>",
        b"<svgs/>",
        b"<!---->" * 9000 + b"<p>",  # which a careless pattern would take for ever to read
        b"<!DOCTYPE" * 7000,
    ],
)
def test_of_others_nothing_is_said(start: bytes) -> None:
    assert formats.told(start) == ""
