"""A likeness's file that comes in parts is sealed as it comes, on a folder and on a real bucket."""

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from accounts.access import Actor
from accounts.errors import Conflict, Invalid
from catalog.models import Asset, Likeness, Upload, UploadState
from catalog.object_interface import MIN_PART_BYTES
from catalog.objects import object_store
from catalog.references import register_reference
from catalog.sealing import SealingStore
from catalog.upload_checks import check_uploads_pending
from catalog.uploading import (
    abort_upload,
    begin_upload,
    complete_upload,
    link_parts,
    parts_of,
    put_together,
    sweep,
)
from ledger.models import Event
from tests import factories
from tests.catalog.links import send, tampered
from tests.catalog.test_uploading import (
    pieces,
    send_all,
    send_parts,
    sha256s,
    sound,
    store,
)

__all__ = ["sound", "store"]  # fixtures
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("received_apart", "small_parts")]


@pytest.fixture
def received_apart(tmp_path: Path, settings: object) -> None:
    """Files on their way, and all else that is kept on disk, lie in a folder of the test's own."""
    settings.VAR_DIR = tmp_path  # type: ignore[attr-defined]
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path / "tmp")  # type: ignore[attr-defined]
    (tmp_path / "tmp").mkdir()


@pytest.fixture
def agency() -> Actor:
    return factories.talent()


@pytest.fixture
def likeness(agency: Actor) -> Likeness:
    return factories.likeness(agency)


def begin(agency: Actor, likeness: Likeness, content: bytes) -> Upload:
    return begin_upload(
        actor=agency,
        owner=likeness,
        filename="voice.wav",
        source_type="digitalCapture",
        size_bytes=len(content),
    )


def one_of_each_part(content: bytes) -> list[bytes]:
    starts = range(0, len(content), MIN_PART_BYTES)
    return [content[at + 200_000 : at + 200_040] for at in starts]


def lies_plain(content: bytes) -> list[str]:
    """Return the keys under which a stretch of the content can be read in the store itself."""
    kept = object_store()
    assert isinstance(kept, SealingStore)
    raw = kept._inner
    middles = one_of_each_part(content)
    found = []
    for key in sorted(raw.keys()):
        with raw.open(key) as file:
            bytes_ = file.read()
        if any(each in bytes_ for each in middles):
            found.append(key)
    return found


def on_disk(content: bytes) -> list[Path]:
    """Return the files of the folder store, open uploads too, that hold a stretch of it."""
    middles = one_of_each_part(content)
    files = [path for path in Path(settings.VAR_DIR).rglob("*") if path.is_file()]
    return [path for path in files if any(each in path.read_bytes() for each in middles)]


def noise(content: bytes) -> bytes:
    """Return a sound of the same length with a content that is like nothing else."""
    head = content[:44]
    parts = [hashlib.sha256(str(at).encode()).digest() for at in range(len(content) // 32)]
    return (head + b"".join(parts))[: len(content)]


def test_nothing_of_it_ever_lies_plain(agency: Actor, likeness: Likeness, sound: bytes) -> None:
    content = noise(sound)
    upload = begin(agency, likeness, content)
    parts = pieces(upload, content)
    for number, part in parts.items():
        send_parts(agency, upload, {number: part})
        assert on_disk(content) == []
    assert lies_plain(content) == []
    complete_upload(actor=agency, code=upload.code)
    assert lies_plain(content) == []
    assert check_uploads_pending() >= 1
    while check_uploads_pending():
        pass
    upload.refresh_from_db()
    asset = Asset.objects.get()
    assert (upload.state, upload.asset) == (UploadState.DONE, asset)
    assert asset.sha256 == hashlib.sha256(content).hexdigest()
    assert (lies_plain(content), on_disk(content)) == ([], [])
    with object_store().open(asset.object_key) as file:
        assert file.read() == content
    # The parts are gone: one sealed object is left.
    assert list(object_store().keys()) == [asset.object_key]


def test_the_links_are_of_this_site_and_take_nothing_else(
    agency: Actor, likeness: Likeness, sound: bytes
) -> None:
    upload = begin(agency, likeness, sound)
    parts = pieces(upload, sound)
    links = dict(link_parts(actor=agency, code=upload.code, sha256s=sha256s(parts)))
    assert all(link.url.startswith("/objects/parts/") for link in links.values())
    assert not send(links[1], parts[2])
    assert not send(links[1], parts[1][:-1])
    assert not send(tampered(links[1]), parts[1])
    assert [part.is_in for part in parts_of(upload)] == [False] * 3
    assert send(links[1], parts[1])
    assert send(links[1], parts[1])
    assert [part.is_in for part in parts_of(upload)] == [True, False, False]


def test_what_is_missing_is_said_at_once(agency: Actor, likeness: Likeness, sound: bytes) -> None:
    upload = begin(agency, likeness, sound)
    parts = pieces(upload, sound)
    send_parts(agency, upload, {1: parts[1]})
    with pytest.raises(Conflict, match="2 of 3 parts are missing"):
        complete_upload(actor=agency, code=upload.code)
    send_parts(agency, upload, {2: parts[2], 3: parts[3]})
    assert complete_upload(actor=agency, code=upload.code).state == UploadState.COMPLETING
    assert complete_upload(actor=agency, code=upload.code).state == UploadState.COMPLETING


def test_a_worker_killed_after_the_object_was_made_is_followed_by_the_next(
    agency: Actor, likeness: Likeness, sound: bytes
) -> None:
    upload = begin(agency, likeness, sound)
    send_all(agency, upload, sound)
    complete_upload(actor=agency, code=upload.code)
    upload.refresh_from_db()
    put_together(upload)
    Upload.objects.update(state=UploadState.COMPLETING)
    while check_uploads_pending():
        pass
    upload.refresh_from_db()
    assert upload.state == UploadState.DONE
    assert Event.objects.filter(kind="asset.registered").count() == 1


def test_cancelled_or_forgotten_nothing_is_left(
    agency: Actor, likeness: Likeness, sound: bytes
) -> None:
    cancelled, forgotten = begin(agency, likeness, sound), begin(agency, likeness, sound)
    for upload in (cancelled, forgotten):
        send_parts(agency, upload, {1: pieces(upload, sound)[1]})
    abort_upload(actor=agency, code=cancelled.code)
    Upload.objects.filter(pk=forgotten.pk).update(expires_at=timezone.now() - timedelta(days=1))
    assert sweep() == 1
    while check_uploads_pending():
        pass
    assert list(object_store().keys()) == []


def test_what_no_row_knows_is_swept_and_what_goes_on_stays(
    agency: Actor, likeness: Likeness, sound: bytes
) -> None:
    upload = begin(agency, likeness, sound)
    assert object_store().abandon_uploads(timezone.now() - timedelta(days=14)) == 0
    assert parts_of(upload) == []
    later = timezone.now() + timedelta(minutes=1)
    assert object_store().abandon_uploads(later) >= 1  # a bucket may hold more, of other tests
    assert object_store().abandon_uploads(later) == 0
    assert list(object_store().keys()) == []


def test_a_likeness_is_not_registered_where_it_lies(agency: Actor, likeness: Likeness) -> None:
    with pytest.raises(Invalid, match="kept sealed, here: send the file") as refused:
        register_reference(
            actor=agency, owner=likeness, bucket="b", key="k", source_type="digitalCapture"
        )
    assert refused.value.field == "title"
