"""Files that stay in a studio's own bucket, on a real S3 server."""

import hashlib
import unicodedata
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import override_settings

from accounts.access import Actor
from accounts.errors import Invalid, NotFound
from catalog.assets import register_asset
from catalog.hashing import hash_object
from catalog.intake import receive
from catalog.models import Asset, Title, Upload
from catalog.objects import object_store
from catalog.objects_s3 import S3ObjectStore
from catalog.pictures import make_pictures_pending
from catalog.readings import find_shots_pending
from catalog.reference_list import register_list
from catalog.references import register_reference, source_of
from catalog.upload_checks import check_uploads_pending
from catalog.uploading import abort_upload
from config.env import Environment
from tests import factories
from tests.catalog.media import film

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]

KEY = "마스터/reel 1/bikes final (2).mp4"
BUCKET = "edgecode-test"


@pytest.fixture
def studio() -> Actor:
    return factories.studio()


@pytest.fixture
def title(studio: Actor) -> Title:
    return factories.title(studio)


@pytest.fixture(autouse=True)
def theirs(s3: Environment, bucket: S3ObjectStore, studio: Actor) -> Iterator[S3ObjectStore]:
    """The studio's bucket with a film in it; our own files lie in a folder."""
    assert studio.organisation is not None
    changes = {
        "object_store": "local",
        "s3_bucket": None,
        "external_buckets": {BUCKET: studio.organisation.code},
    }
    put(bucket, film("bikes").read_bytes())
    with override_settings(ENV=s3.model_copy(update=changes)):
        yield bucket
    bucket._client.delete_object(Bucket=BUCKET, Key=KEY)


def put(bucket: S3ObjectStore, content: bytes) -> None:
    bucket._client.put_object(Bucket=BUCKET, Key=KEY, Body=content)


def register(actor: Actor, title: Title, **changes: str) -> Upload:
    given = {"bucket": BUCKET, "key": KEY, "source_type": "digitalCapture"} | changes
    return register_reference(actor=actor, owner=title, **given)


def reason(upload: Upload) -> str:
    check_uploads_pending()
    upload.refresh_from_db()
    return upload.reason


def test_a_film_is_hashed_and_read_where_it_lies(studio: Actor, title: Title) -> None:
    register(studio, title)
    assert not Asset.objects.exists()
    assert check_uploads_pending() == 1
    asset = Asset.objects.get()
    assert asset.sha256 == hashlib.sha256(film("bikes").read_bytes()).hexdigest()
    assert (asset.filename, asset.external_bucket, asset.object_key) == (
        "bikes final (2).mp4",
        BUCKET,
        KEY,
    )
    assert (make_pictures_pending(), find_shots_pending()) == (1, 1)
    asset.refresh_from_db()
    assert (asset.pictures_state, asset.shots.count()) == ("done", 6)
    # Nothing of the film itself was copied to us.
    assert {key.split("/")[0] for key in object_store().keys("")} == {
        "posters",
        "previews",
        "sheets",
        "shots",
    }


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("", "Give the key of an object"),
        ("../a.mp4", "part of the key is “..”"),
        ("a/./b.mp4", "part of the key is “.”"),
        ("a\nb.mp4", "Letter 2 of the key is a control character"),
        ("a\ud800.mp4", "Letter 2 of the key is a control character"),
        ("가" * 342, "has 1026 bytes in UTF-8; a bucket takes 1024"),
        ("s3://films/a.mp4", "Give the key alone"),
        ("/a.mp4", "begins with a slash or has two"),
        ("reels//a.mp4", "begins with a slash or has two"),
        ("a.mp4", "There is no such object, or it may not be read."),
    ],
)
def test_what_is_wrong_with_a_key_is_said_of_the_key(
    studio: Actor, title: Title, key: str, said: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        register(studio, title, key=key)
    assert (refusal.value.field, said in str(refusal.value.message)) == ("key", True)
    assert not Upload.objects.exists()


def test_a_key_is_found_in_whichever_letters_the_bucket_has_it(
    studio: Actor, title: Title, theirs: S3ObjectStore
) -> None:
    composed, decomposed = (unicodedata.normalize(form, "남자é.mp4") for form in ("NFC", "NFD"))
    theirs._client.put_object(Bucket=BUCKET, Key=decomposed, Body=b"x")
    try:
        assert register(studio, title, key=composed).object_key == decomposed
        again = register_list(
            actor=studio,
            lines=["title,key", f"{title.code},{composed}"],
            defaults={"bucket": BUCKET},
        )
        assert (again.new, again.known, again.refused) == (0, 1, [])
    finally:
        theirs._client.delete_object(Bucket=BUCKET, Key=decomposed)


def test_a_film_that_is_changed_meanwhile_is_not_registered(
    studio: Actor, title: Title, theirs: S3ObjectStore
) -> None:
    upload = register(studio, title)
    put(theirs, film().read_bytes())
    assert "changed where it lies" in reason(upload)
    gone = register(studio, title)
    theirs._client.delete_object(Bucket=BUCKET, Key=KEY)
    assert "no longer where it was" in reason(gone)
    assert not Asset.objects.exists()


def test_what_is_changed_later_is_not_read_any_more(
    studio: Actor, title: Title, theirs: S3ObjectStore
) -> None:
    register(studio, title)
    check_uploads_pending()
    put(theirs, film().read_bytes())
    find_shots_pending()
    assert Asset.objects.get().shots.count() == 0


def test_the_same_film_found_elsewhere_takes_the_place_of_one_that_is_gone(
    studio: Actor, title: Title, theirs: S3ObjectStore
) -> None:
    register(studio, title)
    check_uploads_pending()
    asset, content = Asset.objects.get(), film("bikes").read_bytes()
    moved = {"Bucket": BUCKET, "Key": "moved.mp4"}
    theirs._client.put_object(**moved, Body=content)
    register(studio, title, key="moved.mp4")
    check_uploads_pending()
    asset.refresh_from_db()
    assert asset.object_key == KEY  # where it was is as good
    put(theirs, b"another film")
    register(studio, title, key="moved.mp4")
    check_uploads_pending()
    assert hashes(asset) == asset.sha256
    assert asset.object_key == "moved.mp4"
    theirs._client.delete_object(**moved)
    with receive([content], max_bytes=len(content)) as intake:
        found, is_new = register_asset(
            actor=studio,
            owner=title,
            intake=intake,
            filename="bikes.mp4",
            source_type="digitalCapture",
        )
    assert (found, is_new, hashes(asset)) == (asset, False, asset.sha256)
    assert (asset.external_bucket, Asset.objects.count()) == ("", 1)


def hashes(asset: Asset) -> str:
    asset.refresh_from_db()
    return hash_object(source_of(asset), asset.object_key, lambda _done, _size: None)


def test_a_version_is_read_whatever_comes_after_it(
    studio: Actor, title: Title, locked_bucket: S3ObjectStore
) -> None:
    held = locked_bucket._client
    name = {"Bucket": "edgecode-evidence", "Key": KEY}
    held.put_object(**name, Body=film("bikes").read_bytes())
    assert studio.organisation is not None
    env = settings.ENV.model_copy(
        update={"external_buckets": {"edgecode-evidence": studio.organisation.code}}
    )
    with override_settings(ENV=env):
        register(studio, title, bucket="edgecode-evidence")
        held.put_object(**name, Body=b"something else")
        check_uploads_pending()
    asset = Asset.objects.get()
    assert asset.sha256 == hashlib.sha256(film("bikes").read_bytes()).hexdigest()
    assert asset.external_version


def test_a_cancelled_reference_leaves_the_bucket_alone(
    studio: Actor, title: Title, theirs: S3ObjectStore
) -> None:
    upload = register(studio, title)
    abort_upload(actor=studio, code=upload.code)
    check_uploads_pending()
    refused = register(studio, title, sha256="0" * 64)
    assert "has SHA-256" in reason(refused)
    assert theirs._client.head_object(Bucket=BUCKET, Key=KEY)["ContentLength"] > 0


def test_only_its_own_organisation_reads_a_bucket(studio: Actor, title: Title) -> None:
    other = factories.studio()
    with pytest.raises(Invalid, match="not set up for your organisation"):
        register(other, factories.title(other))
    with pytest.raises(NotFound):
        register(other, title)
    for changes, field in (
        ({"bucket": "edgecode-evidence"}, "bucket"),
        ({"key": "no such.mp4"}, "key"),
        ({"key": ""}, "key"),
        ({"key": "a\0b.mp4"}, "key"),
        ({"filename": "bikes.zip"}, "filename"),
    ):
        with pytest.raises(Invalid) as refused:
            register(studio, title, **changes)
        assert refused.value.field == field
    assert not Upload.objects.exists()
