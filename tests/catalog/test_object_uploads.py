"""A large file comes in parts: the same protocol against a folder and a real S3 server."""

import hashlib
import io
import os
import random
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from accounts.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound
from catalog.object_interface import MIN_PART_BYTES, Link, ObjectStore, Upload, UploadGone
from catalog.object_links import PART_PATH
from catalog.object_receiving import receive_part
from catalog.objects_folder import LocalObjectStore
from tests.catalog.links import send, tampered

PART = MIN_PART_BYTES
FILM = os.urandom(2 * PART) + b"the end"
PARTS = {1: FILM[:PART], 2: FILM[PART : 2 * PART], 3: FILM[2 * PART :]}
SHA256S = {number: hashlib.sha256(part).hexdigest() for number, part in PARTS.items()}


def begin(store: ObjectStore) -> Upload:
    return store.begin_upload("film", size_bytes=len(FILM), part_bytes=PART)


def link(store: ObjectStore, upload: Upload, number: int, *, seconds: int = 60) -> Link:
    return store.part_link(upload, number, SHA256S[number], seconds=seconds)


def content(store: ObjectStore, key: str = "film") -> bytes:
    with store.open(key) as file:
        return file.read()


def numbers(store: ObjectStore, upload: Upload) -> list[int]:
    return [part.number for part in store.parts(upload)]


def test_a_file_comes_in_parts_and_is_seen_only_when_whole(store: ObjectStore) -> None:
    upload = begin(store)
    assert upload.part_count == 3
    for number, part in PARTS.items():
        assert send(link(store, upload, number), part)
        assert not store.exists("film")
        assert list(store.keys()) == []
    assert [(part.number, part.size_bytes) for part in store.parts(upload)] == [
        (1, PART), (2, PART), (3, 7),
    ]  # fmt: skip
    store.complete_upload(upload, SHA256S)
    assert content(store) == FILM
    assert list(store.keys()) == ["film"]


def test_parts_may_come_in_any_order_twice_and_at_once(store: ObjectStore) -> None:
    upload = begin(store)
    order = [3, 1, 2, 1, 3, 2, 2]
    random.shuffle(order)
    links = {number: link(store, upload, number) for number in PARTS}
    with ThreadPoolExecutor(4) as pool:
        sent = list(pool.map(lambda number: send(links[number], PARTS[number]), order))
    assert sent == [True] * len(order)
    assert numbers(store, upload) == [1, 2, 3]
    store.complete_upload(upload, SHA256S)
    assert content(store) == FILM


def test_a_wrong_part_is_refused_and_is_not_in(store: ObjectStore) -> None:
    upload = begin(store)
    wrong = {
        "another part": PARTS[2],
        "cut off": PARTS[1][:-1],
        "too long": PARTS[1] + b"x",
        "one byte else": PARTS[1][:-1] + b"x",
        "nothing": b"",
    }
    for name, body in wrong.items():
        assert not send(link(store, upload, 1), body), name
        assert numbers(store, upload) == [], name
    assert send(link(store, upload, 1), PARTS[1])
    # Nor does a wrong one that comes later harm the right one.
    for name, body in wrong.items():
        assert not send(link(store, upload, 1), body), name
    for number in (2, 3):
        assert send(link(store, upload, number), PARTS[number])
    store.complete_upload(upload, SHA256S)
    assert content(store) == FILM


def test_an_upload_goes_on_after_a_refused_completion(store: ObjectStore) -> None:
    upload = begin(store)
    for number in (1, 3):
        assert send(link(store, upload, number), PARTS[number])
    with pytest.raises(Conflict, match="1 of 3 parts are missing, the first of them part 2"):
        store.complete_upload(upload, SHA256S)
    assert not store.exists("film")
    assert send(link(store, upload, 2), PARTS[2])
    store.complete_upload(upload, SHA256S)
    assert content(store) == FILM


def test_it_is_completed_once(store: ObjectStore) -> None:
    upload = begin(store)
    for number, part in PARTS.items():
        send(link(store, upload, number), part)
    late = link(store, upload, 1)
    store.complete_upload(upload, SHA256S)
    with pytest.raises(UploadGone, match="no longer open"):
        store.complete_upload(upload, SHA256S)
    assert not send(late, PARTS[1])
    assert content(store) == FILM


def test_parts_other_than_announced_make_no_file(store: ObjectStore) -> None:
    upload = begin(store)
    for number, part in PARTS.items():
        send(link(store, upload, number), part)
    for sha256s in (
        {**SHA256S, 2: SHA256S[1]},
        {1: SHA256S[1], 2: SHA256S[2]},
        {**SHA256S, 3: hashlib.sha256(b"THE END").hexdigest()},
    ):
        with pytest.raises(Conflict, match="another content than announced"):
            store.complete_upload(upload, sha256s)
        assert not store.exists("film")


def test_a_part_with_two_contents_makes_no_file(store: ObjectStore) -> None:
    upload = begin(store)
    for number, part in PARTS.items():
        send(link(store, upload, number), part)
    other = PARTS[1][::-1]
    send(store.part_link(upload, 1, hashlib.sha256(other).hexdigest(), seconds=60), other)
    with_other = {**SHA256S, 1: hashlib.sha256(other).hexdigest()}
    with pytest.raises(Conflict, match="another content than announced"):
        store.complete_upload(upload, with_other)
    assert not store.exists("film")


@pytest.mark.parametrize("sent", [0, 1, 2, 3])
def test_an_upload_is_given_up_at_any_point(store: ObjectStore, sent: int) -> None:
    upload = begin(store)
    for number in range(1, sent + 1):
        send(link(store, upload, number), PARTS[number])
    late = link(store, upload, 1)
    store.abort_upload(upload)
    store.abort_upload(upload)
    assert not send(late, PARTS[1])
    with pytest.raises(UploadGone):
        store.complete_upload(upload, SHA256S)
    with pytest.raises(UploadGone):
        store.parts(upload)
    assert not store.exists("film")
    assert list(store.keys()) == []


def test_an_expired_or_tampered_link_takes_nothing(store: ObjectStore) -> None:
    upload = begin(store)
    expired = link(store, upload, 1, seconds=1)
    assert not send(tampered(link(store, upload, 1)), PARTS[1])
    time.sleep(2.1)
    assert not send(expired, PARTS[1])
    assert numbers(store, upload) == []


def test_a_link_is_for_its_own_part_only(store: ObjectStore) -> None:
    upload = begin(store)
    assert not send(link(store, upload, 1), PARTS[3])
    for number in (0, 4, -1):
        with pytest.raises(Invalid, match="numbered from 1 to 3"):
            store.part_link(upload, number, SHA256S[1], seconds=60)
    for sha256 in ("", "x" * 64, SHA256S[1] + "0"):
        with pytest.raises(Invalid, match="64 digits"):
            store.part_link(upload, 1, sha256, seconds=60)
    for seconds in (0, -1, 7 * 24 * 3600 + 1):
        with pytest.raises(ValueError, match="a link lives"):
            store.part_link(upload, 1, SHA256S[1], seconds=seconds)


@pytest.mark.parametrize(
    ("size", "part", "message"),
    [
        (0, PART, "empty"),
        (-1, PART, "empty"),
        (100, PART - 1, "5 MiB at least"),
        (2**43, 5 * 2**30 + 1, "5 GiB at most"),
        (PART * 10_000 + 1, PART, "more than 10000 parts"),
    ],
)
def test_sizes_that_a_bucket_would_not_take(
    store: ObjectStore, size: int, part: int, message: str
) -> None:
    with pytest.raises(Invalid, match=message):
        store.begin_upload("film", size_bytes=size, part_bytes=part)


def test_a_small_file_is_one_part(store: ObjectStore) -> None:
    upload = store.begin_upload("small", size_bytes=4, part_bytes=PART)
    sha256 = hashlib.sha256(b"tiny").hexdigest()
    assert send(store.part_link(upload, 1, sha256, seconds=60), b"tiny")
    store.complete_upload(upload, {1: sha256})
    assert content(store, "small") == b"tiny"


def test_abandoned_uploads_are_swept_and_live_ones_stay(store: ObjectStore) -> None:
    upload = begin(store)
    send(link(store, upload, 1), PARTS[1])
    now = datetime.now(UTC)
    assert store.abandon_uploads(now - timedelta(hours=1)) == 0
    assert numbers(store, upload) == [1]
    assert store.abandon_uploads(now + timedelta(hours=1)) >= 1
    with pytest.raises(UploadGone):
        store.parts(upload)
    assert store.abandon_uploads(now + timedelta(hours=1)) == 0


def test_an_upload_replaces_only_when_it_is_whole(store: ObjectStore) -> None:
    store.put_bytes("film", b"the first cut")
    upload = begin(store)
    for number, part in PARTS.items():
        send(link(store, upload, number), part)
        assert content(store) == b"the first cut"
    store.complete_upload(upload, SHA256S)
    assert content(store) == FILM


def test_an_upload_id_leads_nowhere_else(tmp_path: Path) -> None:
    store = LocalObjectStore(tmp_path)
    store.put_bytes("film", b"kept")
    for name in ("../film", "..", "", "a" * 31, "/etc"):
        upload = Upload("film", name, len(FILM), PART)
        store.abort_upload(upload) if len(name) == 32 else None
        with pytest.raises(UploadGone):
            store.parts(upload)
    assert content(store) == b"kept"


class CutOff(io.BytesIO):
    """A body whose sender goes away in the middle."""

    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell() > 2**20:
            raise ConnectionResetError
        return super().read(size)


@pytest.mark.parametrize("store", ["folder"], indirect=True)
def test_the_folder_says_why(store: ObjectStore, tmp_path: Path) -> None:
    upload = begin(store)

    def refusal(link: Link, body: io.BytesIO, length: int | None) -> DomainError:
        with pytest.raises(DomainError) as error:
            receive_part(link.url.removeprefix(PART_PATH), body, length)
        return error.value

    good = link(store, upload, 1)
    wrong = refusal(good, io.BytesIO(PARTS[2][:-1] + b"x"), PART)
    assert (wrong.status, wrong.field) == (422, "sha256")
    assert "has 5242880 bytes, not 7" in str(refusal(good, io.BytesIO(b"the end"), 7))
    assert "cut off after 7 of 5242880 bytes" in str(refusal(good, io.BytesIO(b"the end"), PART))
    assert isinstance(refusal(tampered(good), io.BytesIO(PARTS[1]), PART), NotFound)
    expired = link(store, upload, 1, seconds=1)
    time.sleep(2.1)
    assert isinstance(refusal(expired, io.BytesIO(PARTS[1]), PART), NotAllowed)
    with pytest.raises(ConnectionResetError):
        receive_part(good.url.removeprefix(PART_PATH), CutOff(PARTS[1]), PART)
    store.abort_upload(upload)
    assert isinstance(refusal(good, io.BytesIO(PARTS[1]), PART), UploadGone)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_what_a_killed_completion_left_is_gone_and_swept(tmp_path: Path) -> None:
    store = LocalObjectStore(tmp_path)
    upload = begin(store)
    # As a process leaves it that is killed between the renaming and the tidying up.
    (tmp_path / ".uploads" / upload.id / "whole").rename(tmp_path / "film")
    with pytest.raises(UploadGone):
        store.complete_upload(upload, SHA256S)
    assert store.abandon_uploads(datetime.now(UTC) + timedelta(seconds=1)) == 1
    assert list((tmp_path / ".uploads").iterdir()) == []
    assert store.exists("film")
