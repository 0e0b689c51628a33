"""Receiving a file: whole and proven, or nothing on disk."""

import hashlib
import io
import os
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.http import UnreadablePostError
from hypothesis import given
from hypothesis import strategies as st

from accounts.errors import DomainError, Invalid, TooLarge
from catalog.intake import receive, remove_abandoned
from catalog.objects_folder import LocalObjectStore

LIMIT = 10 * 2**20


def drafts() -> list[Path]:
    return list(Path(settings.FILE_UPLOAD_TEMP_DIR).glob("intake-*"))


@given(pieces=st.lists(st.binary(max_size=5000), min_size=1, max_size=20))
def test_the_pieces_arrive_as_one_file_with_its_hash(pieces: list[bytes]) -> None:
    whole = b"".join(pieces)
    if not whole:
        return
    with receive(iter(pieces), max_bytes=LIMIT) as intake:
        assert intake.path.read_bytes() == whole
        assert intake.sha256 == hashlib.sha256(whole).hexdigest()
        assert intake.size_bytes == len(whole)
    assert not intake.path.exists()


def test_a_file_is_read_as_it_is_not_by_lines() -> None:
    content = b"a\nb\n" * 1_000_000
    digest = hashlib.sha256(content).hexdigest()
    with receive(
        io.BytesIO(content),
        max_bytes=LIMIT,
        expected_sha256=digest.upper(),
        expected_bytes=len(content),
    ) as intake:
        assert intake.sha256 == digest


def test_an_adopted_file_stays_and_its_draft_is_gone(tmp_path: Path) -> None:
    store = LocalObjectStore(tmp_path)
    with receive([b"film"], max_bytes=LIMIT) as intake:
        intake.adopt(store, "masters/a")
    assert b"".join(store.read_range("masters/a", 0, 10)) == b"film"
    assert drafts() == []


@pytest.mark.parametrize(
    ("pieces", "expectation", "error", "field"),
    [
        ([], {}, Invalid, "file"),
        ([b""], {}, Invalid, "file"),
        ([bytes(101)], {}, TooLarge, "file"),
        ([bytes(60), bytes(60)], {}, TooLarge, "file"),
        ([bytes(10)], {"expected_bytes": 101}, TooLarge, "file"),
        ([bytes(10)], {"expected_bytes": 11}, Invalid, "file"),
        ([bytes(10)], {"expected_bytes": 9}, Invalid, "file"),
        ([bytes(10)], {"expected_sha256": "0" * 64}, Invalid, "sha256"),
    ],
)
def test_a_wrong_file_is_refused_and_leaves_nothing(
    pieces: list[bytes], expectation: dict[str, object], error: type[DomainError], field: str
) -> None:
    with pytest.raises(error) as caught:
        receive(pieces, max_bytes=100, **expectation)  # type: ignore[arg-type]
    assert caught.value.field == field
    assert str(caught.value.message).endswith((".", ". "))
    assert drafts() == []


def test_a_connection_that_breaks_is_one_clear_error() -> None:
    def broken() -> Iterator[bytes]:
        yield b"half"
        raise UnreadablePostError("connection reset")

    with pytest.raises(Invalid, match="cut off"):
        receive(broken(), max_bytes=LIMIT)
    assert drafts() == []


def test_an_unforeseen_error_leaves_nothing_either() -> None:
    def broken() -> Iterator[bytes]:
        yield b"half"
        raise RuntimeError("anything")

    with pytest.raises(RuntimeError):
        receive(broken(), max_bytes=LIMIT)
    assert drafts() == []


def test_what_a_killed_process_left_is_removed_later() -> None:
    folder = Path(settings.FILE_UPLOAD_TEMP_DIR)
    (old := folder / "intake-old").write_bytes(b"half")
    (copy := folder / "tmp-of-a-worker").mkdir()
    (copy / "film.mov").write_bytes(b"half")
    os.utime(copy, (0, 0))
    os.utime(old, (0, 0))
    (busy := folder / "tmp-of-another").mkdir()
    with receive([b"film"], max_bytes=LIMIT) as intake:
        assert remove_abandoned() == 2
        assert not old.exists()
        assert not copy.exists()
        assert busy.exists()
        assert intake.path.exists()
    busy.rmdir()


def test_memory_stays_flat() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with receive((bytes(2**20) for _ in range(200)), max_bytes=2**30) as intake:
        assert intake.size_bytes == 200 * 2**20
    grown_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown_kib < 50 * 1024
