"""A prepared file is put together from the original again, whatever part of it is asked for."""

from hypothesis import given
from hypothesis import strategies as st

from provenance.carriers import Carrier
from provenance.credentials.recipe import Piece, recipe, within


def put_together(pieces: list[Piece], original: bytes, kept: bytes, place: bytes) -> bytes:
    sources = {"original": original, "kept": kept, "place": place}
    return b"".join(
        sources[piece.kind][piece.start : piece.start + piece.length] for piece in pieces
    )


@given(
    original=st.binary(max_size=40).map(lambda part: part * 700),
    at=st.integers(0, 28_000),
    place=st.binary(min_size=1, max_size=30),
    changes=st.lists(st.tuples(st.integers(0, 28_000), st.binary(min_size=1, max_size=3))),
    span=st.tuples(st.integers(0, 30_000), st.integers(0, 30_000)),
)
def test_every_part_of_a_prepared_file_comes_back(
    original: bytes,
    at: int,
    place: bytes,
    changes: list[tuple[int, bytes]],
    span: tuple[int, int],
) -> None:
    at = min(at, len(original))
    changed = bytearray(original)
    for where, what in changes:
        changed[where : where + len(what)] = what[: max(0, len(changed) - where)]
    prepared = bytes(changed[:at] + place + changed[at:])
    carrier = Carrier("plain", at, len(place), len(place), "", {})
    pieces, kept = recipe(original, prepared, carrier)
    assert put_together(pieces, original, kept, place) == prepared
    start, length = span
    part = put_together([*within(pieces, start, length)], original, kept, place)
    assert part == prepared[start : start + length]


def test_of_a_long_file_little_is_kept() -> None:
    original = bytes(range(256)) * 40_000
    prepared = bytearray(original[:20] + b"\0" * 500 + original[20:])
    prepared[6_000_000:6_000_004] = b"shif"
    carrier = Carrier("plain", 20, 500, 500, "", {})
    pieces, kept = recipe(original, bytes(prepared), carrier)
    assert len(kept) == 4096
    assert put_together(pieces, original, kept, b"\0" * 500) == prepared
