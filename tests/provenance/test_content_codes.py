"""Content codes: what still is the same work after a platform had it, and what never was."""

import base64
import itertools
import os
import struct
import zlib
from contextlib import suppress
from pathlib import Path
from random import Random

import iscc_lib
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from provenance.content_child import units as units_of
from provenance.content_codes import (
    DISTANCE_MAX,
    NotACode,
    bands,
    from_base64,
    from_bytes,
    likeness,
    probes,
    to_bytes,
    to_text,
)
from provenance.reckoning import content_units
from tests.provenance.pictures import drawn, jpeg, png

DIGEST = st.binary(min_size=32, max_size=32).map(bytes.hex)
WORDS = ("light", "window", "the", "river", "again", "nobody", "train", "winter", "her", "before")


def code(tmp_path: Path, content: bytes, mime: str = "image/jpeg") -> dict[str, str]:
    path = tmp_path / "file"
    path.write_bytes(content)
    return units_of(path, mime)


def chunk(kind: bytes, body: bytes) -> bytes:
    """A chunk of a PNG."""
    check = zlib.crc32(kind + body).to_bytes(4)
    return len(body).to_bytes(4) + kind + body + check


def by(one: dict[str, str], other: dict[str, str], unit: str) -> bool:
    """Whether they match by this unit alone."""
    return likeness({unit: one[unit]}, {unit: other[unit]}) is not None


class TestForm:
    def test_it_is_that_of_the_standard(self) -> None:
        assert iscc_lib.conformance_selftest()
        content = b"edge" * 5000
        unit = iscc_lib.gen_data_code_v0(content, 256).iscc.removeprefix("ISCC:")
        raw = base64.b32decode(unit + "=" * (-len(unit) % 8))
        assert from_bytes(raw) == {"data": raw[2:].hex()}
        assert to_bytes(from_bytes(raw)) == raw

    @given(
        st.dictionaries(st.sampled_from(["text", "image", "data", "instance"]), DIGEST, min_size=1)
    )
    def test_what_is_written_is_read_back(self, units: dict[str, str]) -> None:
        assert from_bytes(from_base64(to_text(units))) == units

    @given(st.binary(max_size=400))
    def test_anything_else_is_refused_as_that(self, raw: bytes) -> None:
        with suppress(NotACode):
            assert from_bytes(raw).keys() <= DISTANCE_MAX.keys()

    @pytest.mark.parametrize("text", ["", "A", "====", "<script>", "\0", "é", "AAAA" * 1000])
    def test_text_that_is_no_base64_is_refused(self, text: str) -> None:
        with pytest.raises(NotACode):
            from_bytes(from_base64(text))


class TestBands:
    @given(DIGEST, st.sets(st.integers(0, 255), max_size=31))
    def test_whatever_differs_in_31_bits_is_found(self, digest: str, flips: set[int]) -> None:
        changed = int(digest, 16)
        for bit in flips:
            changed ^= 1 << bit
        kept = {(number, value) for _unit, number, value in bands({"data": f"{changed:064x}"})}
        asked = {(number, value) for number, some in probes("data", digest) for value in some}
        assert kept & asked

    def test_an_exact_unit_is_not_looked_up_nearby(self) -> None:
        assert all(len(values) == 1 for _number, values in probes("instance", "ab" * 32))


class TestPictures:
    def test_a_picture_is_known_again_smaller_recompressed_and_converted(
        self, tmp_path: Path
    ) -> None:
        for seed in range(12):
            picture = drawn(seed)
            first = code(tmp_path, jpeg(picture))
            for changed in (
                jpeg(picture, 30),
                png(picture),
                jpeg(picture.resize((240, 160))),
                jpeg(picture.convert("L").convert("RGB")),
                jpeg(picture.resize((960, 640)), 60),
            ):
                again = code(tmp_path, changed)
                assert by(first, again, "image"), seed
                assert not by(first, again, "instance")

    def test_no_two_pictures_are_taken_for_each_other(self, tmp_path: Path) -> None:
        codes = [code(tmp_path, jpeg(drawn(seed))) for seed in range(150)]
        assert all("image" in one for one in codes)
        pairs = list(itertools.combinations(codes, 2))
        assert len(pairs) == 11_175
        assert [pair for pair in pairs if likeness(*pair)] == []

    @pytest.mark.parametrize("colour", ["black", "white", "#345"])
    def test_a_picture_with_nothing_to_see_has_no_code_of_its_own(
        self, tmp_path: Path, colour: str
    ) -> None:
        assert "image" not in code(tmp_path, png(Image.new("RGB", (300, 200), colour)))

    def test_a_gradient_that_every_poster_has_is_no_fingerprint(self, tmp_path: Path) -> None:
        faint = Image.linear_gradient("L").point(lambda grey: 100 + grey // 20)
        assert "image" not in code(tmp_path, png(faint.convert("RGB")))


class TestData:
    def test_a_file_is_known_again_when_its_metadata_went(self, tmp_path: Path) -> None:
        content = Random(1).randbytes(400_000)
        first = code(tmp_path, content, "video/mp4")
        for changed in (Random(2).randbytes(6_000) + content, content[5_000:], content[:-9_000]):
            again = code(tmp_path, changed, "video/mp4")
            assert by(first, again, "data")
            assert likeness(first, again) is not None

    def test_files_that_share_nothing_are_not_taken_for_each_other(self, tmp_path: Path) -> None:
        sizes = (10, 1_000, 5_000, 50_000)
        codes = [
            code(tmp_path, Random(seed).randbytes(sizes[seed % 4]), "application/x")
            for seed in range(80)
        ]
        assert [pair for pair in itertools.combinations(codes, 2) if likeness(*pair)] == []


class TestText:
    def _script(self, seed: int) -> str:
        rng = Random(seed)
        return " ".join(rng.choice(WORDS) + str(rng.randrange(99)) for _ in range(400))

    def test_a_script_is_known_again_in_other_lines(self, tmp_path: Path) -> None:
        script = self._script(1)
        first = code(tmp_path, script.encode(), "text/plain")
        reflowed = script.upper().replace(" ", "\n").encode("utf-8")
        assert by(first, code(tmp_path, reflowed, "text/plain"), "text")
        other = code(tmp_path, self._script(2).encode(), "text/plain")
        assert likeness(first, other) is None

    def test_a_line_is_too_short_to_be_told_from_others(self, tmp_path: Path) -> None:
        assert "text" not in code(tmp_path, b"To be, or not to be", "text/plain")


class TestHostileFiles:
    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"\0",
            b"\x89PNG\r\n\x1a\n" + bytes(50),
            jpeg(drawn(1))[:900],
            b"<svg onload='alert(1)'/>",
            b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n(/etc/passwd) run\n",
        ],
    )
    def test_every_file_has_an_answer(self, tmp_path: Path, content: bytes) -> None:
        path = tmp_path / "file"
        path.write_bytes(content)
        for mime in ("", "text/../../etc/passwd"):
            assert content_units(path, mime).keys() <= DISTANCE_MAX.keys()

    def test_a_picture_that_would_fill_the_memory_is_not_unpacked(self, tmp_path: Path) -> None:
        path, side = tmp_path / "bomb.png", 40_000
        head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
        rows = zlib.compress(bytes((side // 8 + 1) * side), 1)
        path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows))
        assert "image" not in content_units(path, "image/png")

    def test_a_text_in_no_encoding_is_read_as_it_may(self, tmp_path: Path) -> None:
        assert "data" in code(tmp_path, os.urandom(40_000), "text/plain")
