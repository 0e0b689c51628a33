"""Uploads from beginning to asset, on a folder and on a real S3 server, broken at every point."""

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import override_settings
from django.utils import timezone

from accounts.access import Actor
from accounts.errors import Conflict, Invalid, NotAllowed, NotFound, TooLarge
from catalog import objects
from catalog.models import Asset, Title, Upload, UploadState
from catalog.object_interface import ObjectStore
from catalog.objects import object_store
from catalog.upload_checks import check_uploads_pending
from catalog.uploading import (
    abort_upload,
    begin_upload,
    complete_upload,
    get_upload,
    link_parts,
    part_bytes_for,
    parts_of,
    sweep,
)
from config.env import Environment
from ledger.models import Event
from tests import factories
from tests.accounts.witness import at_once, last
from tests.catalog.links import send
from tests.catalog.media import write_wave

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("small_parts")]

MIB = 2**20


@pytest.fixture(params=["folder", "bucket"], autouse=True)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ObjectStore]:
    """Each store by turns, as the one that the settings name."""
    if request.param == "folder":
        with override_settings(VAR_DIR=tmp_path):
            yield object_store()
        return
    request.getfixturevalue("bucket")
    env: Environment = request.getfixturevalue("s3")
    objects._bucket.cache_clear()
    with override_settings(ENV=env):
        store = object_store()
        yield store
        for key in list(store.keys()):
            store.delete(key)
    objects._bucket.cache_clear()


@pytest.fixture
def studio() -> Actor:
    return factories.studio()


@pytest.fixture
def title(studio: Actor) -> Title:
    return factories.title(studio)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A WAV file of three parts."""
    return write_wave(tmp_path_factory.mktemp("media") / "sound.wav", 340).read_bytes()


def begin(actor: Actor, title: Title, content: bytes, **changes: str) -> Upload:
    given = {"filename": "sound.wav", "source_type": "digitalCapture"} | changes
    return begin_upload(actor=actor, owner=title, size_bytes=len(content), **given)


def pieces(upload: Upload, content: bytes) -> dict[int, bytes]:
    size = upload.part_bytes
    starts = range(0, len(content), size)
    return {number: content[at : at + size] for number, at in enumerate(starts, start=1)}


def sha256s(parts: dict[int, bytes]) -> dict[int, str]:
    return {number: hashlib.sha256(part).hexdigest() for number, part in parts.items()}


def send_parts(actor: Actor, upload: Upload, parts: dict[int, bytes]) -> None:
    links = link_parts(actor=actor, code=upload.code, sha256s=sha256s(parts))
    for number, link in links:
        assert send(link, parts[number])


def send_all(actor: Actor, upload: Upload, content: bytes) -> None:
    send_parts(actor, upload, pieces(upload, content))


def state(upload: Upload) -> str:
    return Upload.objects.get(pk=upload.pk).state


def nothing_is_left() -> bool:
    return list(object_store().keys()) == [] and not Asset.objects.exists()


def later() -> None:
    """Let every lease and every wait be over."""
    Upload.objects.update(work_not_before=timezone.now() - timedelta(seconds=1))


def test_a_file_is_sent_in_parts_checked_and_registered(
    studio: Actor, title: Title, sound: bytes
) -> None:
    upload = begin(studio, title, sound)
    parts = pieces(upload, sound)
    assert len(parts) == 3
    for number in (3, 1, 1, 2):
        send_parts(studio, upload, {number: parts[number]})
    assert [part.is_in for part in parts_of(upload)] == [True] * 3
    assert not Asset.objects.exists()
    assert complete_upload(actor=studio, code=upload.code).state == UploadState.CHECKING
    assert not Asset.objects.exists()
    assert check_uploads_pending() == 1
    done = get_upload(studio, upload.code)
    asset = done.asset
    assert asset is not None
    assert (done.state, asset.sha256) == ("done", hashlib.sha256(sound).hexdigest())
    assert (asset.kind, asset.size_bytes, asset.code) == ("audio", len(sound), f"{title.code}+001")
    with object_store().open(asset.object_key) as file:
        assert file.read() == sound
    assert last("asset.registered").facts().actor == studio.name
    assert check_uploads_pending() == 0


def test_what_is_missing_is_said_and_sent_after_a_break(
    studio: Actor, title: Title, sound: bytes
) -> None:
    upload = begin(studio, title, sound)
    parts = pieces(upload, sound)
    send_parts(studio, upload, {2: parts[2]})
    # Announced and never sent: the laptop was closed.
    link_parts(actor=studio, code=upload.code, sha256s=sha256s({1: parts[1]}))
    with pytest.raises(Conflict, match="2 of 3 parts are missing"):
        complete_upload(actor=studio, code=upload.code)
    there = parts_of(get_upload(studio, upload.code))
    assert [(part.number, part.is_in) for part in there] == [(1, False), (2, True)]
    assert there[1].sha256 == sha256s(parts)[2]
    send_parts(studio, upload, {1: parts[1], 3: parts[3]})
    assert complete_upload(actor=studio, code=upload.code).state == "checking"


def test_another_content_for_a_part_gets_no_link(studio: Actor, title: Title, sound: bytes) -> None:
    upload = begin(studio, title, sound)
    send_parts(studio, upload, {1: pieces(upload, sound)[1]})
    with pytest.raises(Conflict, match="another content"):
        link_parts(actor=studio, code=upload.code, sha256s={1: "0" * 64})
    for wrong in ({4: "0" * 64}, {0: "0" * 64}, {2: "zz"}, {}):
        with pytest.raises(Invalid):
            link_parts(actor=studio, code=upload.code, sha256s=wrong)
    assert len(parts_of(upload)) == 1


def test_completing_twice_and_at_once_makes_one_asset(
    studio: Actor, title: Title, sound: bytes
) -> None:
    upload = begin(studio, title, sound)
    send_all(studio, upload, sound)
    states = [complete_upload(actor=studio, code=upload.code).state for _ in range(2)]
    assert states == ["checking", "checking"]
    check_uploads_pending()
    assert complete_upload(actor=studio, code=upload.code).state == "done"
    assert Asset.objects.count() == 1


def test_a_completion_killed_before_or_after_the_store_is_finished_by_a_worker(
    studio: Actor, title: Title, sound: bytes
) -> None:
    for has_store_completed in (False, True):
        content = sound[: -2 - has_store_completed * 2]
        upload = begin(studio, title, content, filename=f"{has_store_completed}.srt")
        send_all(studio, upload, content)
        # As a process leaves it that is killed in the middle of complete_upload.
        Upload.objects.filter(pk=upload.pk).update(
            state="completing", work_not_before=timezone.now()
        )
        if has_store_completed:
            object_store().complete_upload(
                upload.parts_of_it, dict(upload.announced.values_list("number", "sha256"))
            )
        assert check_uploads_pending() == 2  # put together, then checked
        assert state(upload) == "refused"  # sound is no subtitle: it was checked
    assert nothing_is_left()


def test_a_completion_that_finds_nothing_says_so(studio: Actor, title: Title, sound: bytes) -> None:
    upload = begin(studio, title, sound)
    send_all(studio, upload, sound)
    object_store().abort_upload(upload.parts_of_it)  # as an operator might
    assert complete_upload(actor=studio, code=upload.code).state == "refused"
    assert "lost the parts" in get_upload(studio, upload.code).reason
    with pytest.raises(Conflict, match="lost the parts"):
        complete_upload(actor=studio, code=upload.code)


@pytest.mark.parametrize("step", ["begun", "linked", "half sent", "sent", "completed"])
def test_cancelled_at_any_step_nothing_is_left(
    studio: Actor, title: Title, sound: bytes, step: str
) -> None:
    upload = begin(studio, title, sound)
    parts = pieces(upload, sound)
    links = []
    if step != "begun":
        links = link_parts(actor=studio, code=upload.code, sha256s=sha256s(parts))
    if step in {"half sent", "sent", "completed"}:
        send_parts(studio, upload, {1: parts[1]})
    if step in {"sent", "completed"}:
        send_parts(studio, upload, parts)
    if step == "completed":
        complete_upload(actor=studio, code=upload.code)
    for _again in range(2):
        assert abort_upload(actor=studio, code=upload.code).state == "aborted"
    assert nothing_is_left()
    assert [send(link, parts[number]) for number, link in links] == [False] * len(links)
    assert check_uploads_pending() == 0
    for verb in (complete_upload, lambda **who: link_parts(**who, sha256s={1: "0" * 64})):
        with pytest.raises(Conflict):
            verb(actor=studio, code=upload.code)


def test_cancelled_while_it_is_put_together(studio: Actor, title: Title, sound: bytes) -> None:
    upload = begin(studio, title, sound)
    send_all(studio, upload, sound)
    Upload.objects.filter(pk=upload.pk).update(state="completing")
    abort_upload(actor=studio, code=upload.code)
    object_store().complete_upload(
        upload.parts_of_it, dict(upload.announced.values_list("number", "sha256"))
    )
    assert check_uploads_pending() == 0  # not before it is surely over
    later()
    assert check_uploads_pending() == 1
    assert nothing_is_left()


def test_a_registered_file_is_no_upload_to_cancel(
    studio: Actor, title: Title, sound: bytes
) -> None:
    upload = begin(studio, title, sound)
    send_all(studio, upload, sound)
    complete_upload(actor=studio, code=upload.code)
    check_uploads_pending()
    with pytest.raises(Conflict, match="registered already"):
        abort_upload(actor=studio, code=upload.code)
    assert object_store().exists(Asset.objects.get().object_key)


def test_the_same_file_twice_is_one_asset_and_one_object(
    studio: Actor, title: Title, sound: bytes
) -> None:
    uploads = [begin(studio, title, sound) for _ in range(2)]
    for upload in uploads:
        send_all(studio, upload, sound)
        complete_upload(actor=studio, code=upload.code)
    assert check_uploads_pending() == 2
    first, second = (get_upload(studio, upload.code).asset for upload in uploads)
    assert first == second == Asset.objects.get()
    assert len(list(object_store().keys())) == 1


def test_what_is_no_media_is_refused_in_the_senders_language(studio: Actor, title: Title) -> None:
    from django.utils import translation

    reasons = []
    for language in ("en", "ko"):
        with translation.override(language):
            upload = begin(studio, title, b"no sound at all")
        send_all(studio, upload, b"no sound at all")
        complete_upload(actor=studio, code=upload.code)
        check_uploads_pending()
        assert state(upload) == "refused"
        reasons.append(get_upload(studio, upload.code).reason)
    assert "content is something else" in reasons[0]
    assert reasons[1] != reasons[0]
    assert nothing_is_left()
    assert not Event.objects.filter(kind="asset.registered").exists()


def test_media_that_lies_about_its_length_is_refused(
    studio: Actor, title: Title, sound: bytes
) -> None:
    cut = sound[: len(sound) // 2]
    upload = begin(studio, title, cut)
    send_all(studio, upload, cut)
    complete_upload(actor=studio, code=upload.code)
    check_uploads_pending()
    assert "incomplete" in get_upload(studio, upload.code).reason
    assert nothing_is_left()


def test_the_hash_of_the_whole_must_come_true(studio: Actor, title: Title, sound: bytes) -> None:
    wrong = begin(studio, title, sound, sha256="0" * 64)
    right = begin(studio, title, sound, sha256=hashlib.sha256(sound).hexdigest().upper())
    for upload in (wrong, right):
        send_all(studio, upload, sound)
        complete_upload(actor=studio, code=upload.code)
    check_uploads_pending()
    assert (state(wrong), state(right)) == ("refused", "done")
    assert hashlib.sha256(sound).hexdigest() in get_upload(studio, wrong.code).reason


def test_a_worker_that_died_is_followed_by_the_next(
    studio: Actor, title: Title, sound: bytes
) -> None:
    upload = begin(studio, title, sound)
    send_all(studio, upload, sound)
    complete_upload(actor=studio, code=upload.code)
    # A worker took it and was killed: its lease is what is left of it.
    Upload.objects.update(work_not_before=timezone.now() + timedelta(minutes=3), work_attempts=1)
    assert check_uploads_pending() == 0
    later()
    assert check_uploads_pending() == 1
    assert state(upload) == "done"


def test_a_file_that_kills_every_worker_is_refused_in_the_end(
    studio: Actor, title: Title, sound: bytes
) -> None:
    upload = begin(studio, title, sound)
    send_all(studio, upload, sound)
    complete_upload(actor=studio, code=upload.code)
    Upload.objects.update(work_attempts=30)
    check_uploads_pending()
    assert "could not be checked" in get_upload(studio, upload.code).reason
    assert nothing_is_left()


def test_what_nobody_goes_on_with_is_given_up(studio: Actor, title: Title, sound: bytes) -> None:
    old, young = begin(studio, title, sound), begin(studio, title, sound)
    send_parts(studio, old, {1: pieces(old, sound)[1]})
    Upload.objects.filter(pk=old.pk).update(expires_at=timezone.now())
    assert sweep() == 1
    assert (state(old), state(young)) == ("aborted", "open")
    assert check_uploads_pending() == 1
    assert nothing_is_left()
    send_all(studio, young, sound)


def test_uploads_of_others_do_not_exist(studio: Actor, title: Title, sound: bytes) -> None:
    other, viewer = factories.studio(), factories.member(studio)
    upload = begin(studio, title, sound)
    for verb in (complete_upload, abort_upload):
        with pytest.raises(NotFound):
            verb(actor=other, code=upload.code)
        with pytest.raises(NotAllowed):
            verb(actor=viewer, code=upload.code)
    with pytest.raises(NotFound):
        link_parts(actor=other, code=upload.code, sha256s={1: "0" * 64})
    with pytest.raises(NotFound):
        begin(other, title, sound)
    assert state(upload) == "open"


def test_what_cannot_become_a_file_is_refused_before_a_byte_is_sent(
    studio: Actor, title: Title
) -> None:
    for changes in (
        {"filename": "a.zip"},
        {"filename": " .wav\x00"},
        {"source_type": "dreamt"},
        {"kind": "opera"},
        {"sha256": "abc"},
    ):
        with pytest.raises(Invalid) as refused:
            begin(studio, title, b"x", **changes)
        assert refused.value.field == next(iter(changes))
    with pytest.raises(Invalid):
        begin(studio, title, b"")
    with pytest.raises(TooLarge):
        begin_upload(
            actor=studio,
            owner=title,
            filename="a.wav",
            size_bytes=2**40,
            source_type="digitalCapture",
        )
    assert not Upload.objects.exists()


def test_parts_are_few_enough_to_list_and_small_enough_to_repeat() -> None:
    assert part_bytes_for(1) == 8 * MIB
    assert part_bytes_for(50 * 2**30) == 64 * MIB
    for size in (1, 2**33, 2**33 + 1, 50 * 2**30):
        assert size / part_bytes_for(size) <= 1024


@pytest.mark.django_db(transaction=True)
def test_two_workers_and_a_cancelling_at_once(studio: Actor, title: Title, sound: bytes) -> None:
    upload = begin(studio, title, sound)
    send_all(studio, upload, sound)
    complete_upload(actor=studio, code=upload.code)
    raised = at_once(
        check_uploads_pending,
        check_uploads_pending,
        lambda: abort_upload(actor=studio, code=upload.code),
    )
    assert all(error is None or isinstance(error, Conflict) for error in raised)
    ended = state(upload)
    assert (ended == "done") == Asset.objects.exists()
    assert len(list(object_store().keys())) == (1 if ended == "done" else 0)
