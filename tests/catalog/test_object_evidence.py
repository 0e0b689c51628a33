"""Copies, links for reading, what is kept unchanged, encryption, the hash of the whole."""

import hashlib
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from accounts.errors import Conflict
from catalog.hashing import hash_object
from catalog.object_interface import MIN_PART_BYTES, ObjectStore, Retained
from catalog.objects_folder import LocalObjectStore
from catalog.objects_s3 import S3ObjectStore
from config.env import Environment
from tests.catalog.links import fetch, send, tampered


def content(store: ObjectStore, key: str) -> bytes:
    with store.open(key) as file:
        return file.read()


def soon(seconds: float = 4) -> datetime:
    # Whole seconds, as a bucket keeps them.
    return (datetime.now(UTC) + timedelta(seconds=seconds)).replace(microsecond=0)


def test_of_many_at_once_one_is_the_first(store: ObjectStore) -> None:
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda n: store.put_if_absent("a/b", b"%d" % n), range(8)))
    assert won.count(True) == 1
    assert content(store, "a/b") == b"%d" % won.index(True)
    assert not store.put_if_absent("a/b", b"late")


def test_a_copy_lives_by_itself(store: ObjectStore) -> None:
    store.put_bytes("first", b"film")
    store.copy("first", "second/copy")
    store.put_bytes("first", b"another")
    assert content(store, "second/copy") == b"film"
    store.copy("first", "second/copy")
    store.copy("second/copy", "second/copy2")
    store.copy("second/copy2", "second/copy")
    store.delete("first")
    assert content(store, "second/copy") == b"another"
    with pytest.raises(FileNotFoundError):
        store.copy("first", "third")
    assert not store.exists("third")


def test_a_link_gives_ranges_out_until_it_expires(store: ObjectStore) -> None:
    store.put_bytes("film", b"0123456789")
    link = store.read_link("film", seconds=60, filename="메밀꽃.mp4")
    assert fetch(store, link, 2, 3) == b"234"
    assert fetch(store, link, 8, 100) == b"89"
    assert fetch(store, tampered(link), 2, 3) is None
    short = store.read_link("film", seconds=1, filename="a")
    time.sleep(2.1)
    assert fetch(store, short, 2, 3) is None


def test_the_tag_changes_with_the_content(store: ObjectStore) -> None:
    store.put_bytes("film", b"one")
    before = store.facts("film")
    store.put_bytes("film", b"two")
    assert store.facts("film") != before
    assert store.facts("film").size_bytes == 3


def test_evidence_is_neither_deleted_nor_overwritten(evidence: ObjectStore, tmp_path: Path) -> None:
    evidence.put_bytes("deed-a", b"signed")
    until = soon()
    version = evidence.retain("deed-a", until)
    draft = tmp_path / "draft"
    draft.write_bytes(b"other")
    evidence.put_bytes("other", b"other")
    for attempt in (
        lambda: evidence.delete("deed-a"),
        lambda: evidence.put_bytes("deed-a", b"other"),
        lambda: evidence.adopt(draft, "deed-a"),
        lambda: evidence.copy("other", "deed-a"),
        lambda: evidence.begin_upload("deed-a", size_bytes=1, part_bytes=MIN_PART_BYTES),
        lambda: evidence.retain("deed-a", until - timedelta(seconds=2)),
    ):
        with pytest.raises(Retained, match="is evidence: it is kept unchanged until"):
            attempt()
    assert not evidence.put_if_absent("deed-a", b"other")
    assert content(evidence, "deed-a") == b"signed"
    assert draft.exists()
    assert b"".join(evidence.read_range("deed-a", 0, 99, version)) == b"signed"
    assert evidence.retain("deed-a", until + timedelta(seconds=1)) == version
    time.sleep(max(0, (until + timedelta(seconds=1.5) - datetime.now(UTC)).total_seconds()))
    evidence.delete("deed-a")
    assert not evidence.exists("deed-a")


def test_an_upload_does_not_replace_what_became_evidence(evidence: ObjectStore) -> None:
    evidence.put_bytes("deed-b", b"signed")
    upload = evidence.begin_upload("deed-b", size_bytes=5, part_bytes=MIN_PART_BYTES)
    evidence.retain("deed-b", soon(3))
    with pytest.raises(Retained):
        evidence.complete_upload(upload, {})
    assert content(evidence, "deed-b") == b"signed"
    evidence.abort_upload(upload)


def test_only_what_exists_is_retained(evidence: ObjectStore) -> None:
    with pytest.raises(FileNotFoundError):
        evidence.retain("never", soon())


def test_versions_are_listed_and_an_unknown_one_is_not_found(evidence: ObjectStore) -> None:
    evidence.put_bytes("deed-c", b"signed")
    evidence.put_bytes("deed-c2", b"a neighbour")
    [version] = evidence.versions("deed-c")
    assert version.size_bytes == 6
    assert version.is_current
    assert abs(version.stored_at - datetime.now(UTC)) < timedelta(minutes=1)
    assert evidence.versions("nothing") == []
    with pytest.raises(FileNotFoundError):
        b"".join(evidence.read_range("deed-c", 0, 9, "6715de20099dd9160401b4f963a69b08"))


def test_a_bucket_keeps_earlier_versions(locked_bucket: S3ObjectStore) -> None:
    locked_bucket.put_bytes("deed-d", b"first")
    [first] = locked_bucket.versions("deed-d")
    locked_bucket.put_bytes("deed-d", b"second")
    assert [v.is_current for v in locked_bucket.versions("deed-d")] == [True, False]
    assert b"".join(locked_bucket.read_range("deed-d", 0, 9, first.id)) == b"first"
    locked_bucket.delete("deed-d")
    assert b"".join(locked_bucket.read_range("deed-d", 0, 9, first.id)) == b"first"


def test_the_bucket_itself_refuses_to_lose_evidence(locked_bucket: S3ObjectStore) -> None:
    locked_bucket.put_bytes("deed-e", b"signed")
    until = soon(3600)
    version = locked_bucket.retain("deed-e", until)
    client, place = locked_bucket._client, {"Bucket": locked_bucket._bucket, "Key": "deed-e"}
    with pytest.raises(ClientError, match="AccessDenied"):
        client.delete_object(**place, VersionId=version)
    shorter = {"Mode": "COMPLIANCE", "RetainUntilDate": until - timedelta(minutes=30)}
    with pytest.raises(ClientError, match="AccessDenied"):
        client.put_object_retention(**place, VersionId=version, Retention=shorter)


def test_a_bucket_without_lock_says_so(bucket: S3ObjectStore) -> None:
    bucket.put_bytes("deed", b"signed")
    with pytest.raises(Conflict, match="without object lock"):
        bucket.retain("deed", soon())


def test_a_bucket_encrypts_everything_where_it_is_told_to(
    s3: Environment, bucket: S3ObjectStore, tmp_path: Path
) -> None:
    store = S3ObjectStore.from_environment(s3.model_copy(update={"s3_encryption": "AES256"}))
    draft = tmp_path / "draft"
    draft.write_bytes(b"film")
    store.adopt(draft, "enc/adopted")
    store.put_bytes("enc/put", b"film")
    store.put_if_absent("enc/absent", b"film")
    store.copy("enc/put", "enc/copied")
    upload = store.begin_upload("enc/parts", size_bytes=4, part_bytes=MIN_PART_BYTES)
    sha256 = hashlib.sha256(b"film").hexdigest()
    assert send(store.part_link(upload, 1, sha256, seconds=60), b"film")
    store.complete_upload(upload, {1: sha256})
    keys = list(store.keys("enc/"))
    assert len(keys) == 5
    for key in keys:
        head = store._client.head_object(Bucket=store._bucket, Key=key)
        assert head["ServerSideEncryption"] == "AES256", key
        assert content(store, key) == b"film"
        store.delete(key)
    store._client.close()


def test_the_hash_of_the_whole(store: ObjectStore) -> None:
    film = os.urandom(2**20) * 7 + b"end"
    store.put_bytes("film", film)
    seen: list[tuple[int, int]] = []
    found = hash_object(store, "film", lambda done, size: seen.append((done, size)))
    assert found == hashlib.sha256(film).hexdigest()
    assert seen == sorted(seen)
    assert seen[-1] == (len(film), len(film))
    assert max(b[0] - a[0] for a, b in pairwise(seen)) <= 2**20
    store.put_bytes("empty", b"")
    assert hash_object(store, "empty", lambda *_: None) == hashlib.sha256(b"").hexdigest()
    with pytest.raises(FileNotFoundError):
        hash_object(store, "none", lambda *_: None)


def test_a_file_that_changes_while_it_is_read_has_no_hash(store: ObjectStore) -> None:
    store.put_bytes("film", bytes(3 * 2**20))
    changed: list[int] = []

    def change(done: int, size: int) -> None:
        if not changed:
            store.put_bytes("film", bytes(2**20))
            changed.append(done)

    with pytest.raises(Conflict, match="changed while it was read"):
        hash_object(store, "film", change, pause_seconds=0)


class Unsteady(LocalObjectStore):
    """A folder whose connection breaks off after some bytes, as a far bucket's may."""

    steady_bytes = 2**20

    def read_range(
        self, key: str, start: int, length: int, version: str | None = None
    ) -> Iterator[bytes]:
        yield from super().read_range(key, start, min(length, self.steady_bytes), version)
        raise ConnectionError("lost")


def test_a_lost_connection_resumes_at_the_next_byte(tmp_path: Path) -> None:
    store = Unsteady(tmp_path)
    film = os.urandom(10 * 2**20)
    store.put_bytes("film", film)
    done: list[int] = []
    found = hash_object(store, "film", lambda at, _: done.append(at), pause_seconds=0)
    assert found == hashlib.sha256(film).hexdigest()
    assert done == sorted(set(done))
    store.steady_bytes = 0
    with pytest.raises(ConnectionError):
        hash_object(store, "film", lambda *_: None, pause_seconds=0)
