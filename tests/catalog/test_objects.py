"""Both object stores keep the same promises: a folder, and a bucket on a real S3 server."""

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from catalog.object_interface import ObjectStore, checked
from catalog.objects import object_store
from catalog.objects_folder import LocalObjectStore


@pytest.fixture
def draft(tmp_path: Path) -> Callable[[bytes], Path]:
    def make(content: bytes) -> Path:
        path = tmp_path / "draft"
        path.write_bytes(content)
        return path

    return make


def read(store: ObjectStore, key: str) -> bytes:
    with store.open(key) as file:
        return file.read()


def test_an_adopted_file_is_there_and_its_draft_is_not(
    store: ObjectStore, draft: Callable[[bytes], Path]
) -> None:
    path = draft(b"film")
    store.adopt(path, "masters/7K3F2Q9D/abc")
    assert not path.exists()
    assert read(store, "masters/7K3F2Q9D/abc") == b"film"
    assert store.size("masters/7K3F2Q9D/abc") == 4
    assert store.exists("masters/7K3F2Q9D/abc")


def test_a_file_of_several_parts_comes_back_the_same(
    store: ObjectStore, draft: Callable[[bytes], Path]
) -> None:
    content = os.urandom(2**20) * 40
    store.adopt(draft(content), "large")
    assert store.size("large") == len(content)
    with store.local_copy("large") as path:
        assert path.read_bytes() == content


def test_storing_again_replaces(store: ObjectStore, draft: Callable[[bytes], Path]) -> None:
    store.put_bytes("a/b", b"first, longer")
    store.adopt(draft(b"second"), "a/b")
    assert read(store, "a/b") == b"second"
    store.put_bytes("a/b", b"third")
    assert read(store, "a/b") == b"third"


@pytest.mark.parametrize(
    ("start", "length", "expected"),
    [(0, 3, b"012"), (4, 100, b"456789"), (9, 1, b"9"), (10, 5, b""), (50, 5, b""), (3, 0, b"")],
)
def test_ranges(store: ObjectStore, start: int, length: int, expected: bytes) -> None:
    store.put_bytes("digits", b"0123456789")
    assert b"".join(store.read_range("digits", start, length)) == expected


def test_an_open_object_reads_from_anywhere(store: ObjectStore) -> None:
    content = os.urandom(3_000_000)
    store.put_bytes("film", content)
    with store.open("film") as file:
        assert file.seekable()
        assert file.read(10) == content[:10]
        assert file.seek(-10, io.SEEK_END) == len(content) - 10
        assert file.read() == content[-10:]
        file.seek(1_500_000)
        file.seek(5, io.SEEK_CUR)
        assert file.read(1_100_000) == content[1_500_005:2_600_005]
        file.seek(0)
        assert file.read() == content


def test_an_absent_object_is_absent_in_every_way(store: ObjectStore) -> None:
    assert not store.exists("none")
    store.delete("none")
    questions: list[Callable[[], Any]] = [
        lambda: store.size("none"),
        lambda: store.open("none"),
        lambda: list(store.read_range("none", 0, 1)),
        lambda: store.local_copy("none").__enter__(),
    ]
    for question in questions:
        with pytest.raises(FileNotFoundError):
            question()


def test_a_folder_of_objects_is_no_object(store: ObjectStore) -> None:
    store.put_bytes("a/b", b"x")
    assert not store.exists("a")
    with pytest.raises(FileNotFoundError):
        store.open("a")


def test_keys_come_in_order_by_prefix(store: ObjectStore) -> None:
    for key in ["b/2", "a", "b/10", "bb", "b/1"]:
        store.put_bytes(key, b"x")
    assert list(store.keys()) == ["a", "b/1", "b/10", "b/2", "bb"]
    assert list(store.keys("b/1")) == ["b/1", "b/10"]
    store.delete("b/1")
    assert list(store.keys("b/")) == ["b/10", "b/2"]


@pytest.mark.parametrize(
    "key",
    ["", "/a", "a/", "a//b", "../a", "a/../b", "a/./b", ".hidden", "a/.b", "a b", "é", "a\n",
     "a\\b", "-a", "a" * 201],
)  # fmt: skip
def test_no_key_leaves_the_store(store: ObjectStore, key: str) -> None:
    with pytest.raises(ValueError, match="not an object key"):
        store.put_bytes(key, b"x")
    with pytest.raises(ValueError, match="not an object key"):
        store.exists(key)


@given(key=st.text(max_size=30))
def test_an_accepted_key_is_a_plain_path_inside(key: str) -> None:
    try:
        checked(key)
    except ValueError:
        return
    inside = (Path("/store") / key).resolve()
    assert inside.as_posix() == f"/store/{key}"
    assert key.isascii()


def test_a_draft_on_another_disk_is_copied_in_whole(tmp_path: Path) -> None:
    other = Path("/dev/shm")  # noqa: S108 - a second file system, where there is one
    if not other.is_dir() or other.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is only one file system here")
    path = other / f"edgecode-test-{os.getpid()}"
    path.write_bytes(b"film")
    store = LocalObjectStore(tmp_path)
    store.adopt(path, "a/film")
    assert not path.exists()
    assert read(store, "a/film") == b"film"
    assert [file.name for file in tmp_path.rglob("*") if file.is_file()] == ["film"]


def test_the_default_is_a_folder_under_var() -> None:
    store = object_store()
    store.put_bytes("test/a", b"x")
    assert (settings.VAR_DIR / "objects" / "test" / "a").read_bytes() == b"x"
    store.delete("test/a")
