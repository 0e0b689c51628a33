"""Files in buckets of others. They are only ever read."""

import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Self

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, IncompleteReadError
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.errors import Conflict
from catalog.object_interface import READ_BYTES, Facts, StoreSilent
from catalog.s3_client import AILING, Patience, code_of, make_client, status_of
from config.env import Environment


class ExternalSource:
    """One version of an object in a bucket that is not ours; only ever read.

    Its key may be any that S3 allows. Raises Conflict where the object is no longer the one with
    the tag that it had when it was registered.
    """

    def __init__(self, client: Any, bucket: str, version: str, etag: str) -> None:
        self._client = client
        self._named = {"Bucket": bucket} | ({"VersionId": version} if version else {})
        self._etag = etag

    @classmethod
    def from_environment(
        cls, env: Environment, patience: Patience, bucket: str, version: str, etag: str
    ) -> Self:
        """Return a source with the access that the settings give."""
        return cls(make_client(env, patience), bucket, version, etag)

    def facts(self, key: str) -> Facts:
        with _told(key):
            head = self._client.head_object(Key=key, **self._named, **self._unchanged())
        return Facts(int(head["ContentLength"]), head["ETag"])

    def version(self, key: str) -> str:
        """Return the id of the version that is read, "" in a bucket without versions."""
        with _told(key):
            head = self._client.head_object(Key=key, **self._named)
        version: str = head.get("VersionId") or ""
        return "" if version == "null" else version

    def read_range(self, key: str, start: int, length: int) -> Iterator[bytes]:
        if length <= 0:
            return
        span = f"bytes={start}-{start + length - 1}"
        try:
            with _told(key):
                answer = self._client.get_object(
                    Key=key, Range=span, **self._named, **self._unchanged()
                )
            with closing(answer["Body"]) as body:
                yield from body.iter_chunks(READ_BYTES)
        except (HTTPClientError, IncompleteReadError) as error:
            raise ConnectionError(f"lost the bucket while reading {key}: {error}") from error

    @contextmanager
    def local_copy(self, key: str) -> Iterator[Path]:
        size = self.facts(key).size_bytes
        with tempfile.TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR) as folder:
            path = Path(folder) / "object"
            with path.open("wb") as file:
                for piece in self.read_range(key, 0, size):
                    file.write(piece)
            yield path

    def _unchanged(self) -> dict[str, str]:
        return {"IfMatch": self._etag} if self._etag else {}


@contextmanager
def _told(key: str) -> Iterator[None]:
    """Say in our words what a bucket of others refuses."""
    try:
        yield
    except ClientError as error:
        status = status_of(error)
        if status == 412:
            raise Conflict(_("The file was changed where it lies. Register it again.")) from error
        if status in {403, 404} or code_of(error) == "NoSuchVersion":
            raise FileNotFoundError(key) from error
        if status in AILING:
            raise _silent() from error
        raise StoreSilent(
            _("The bucket answers %(status)d. Have its address, its region and our access checked.")
            % {"status": status},
            field="bucket",
        ) from error
    except BotoCoreError as error:
        raise _silent() from error


def _silent() -> StoreSilent:
    return StoreSilent(_("The bucket does not answer. Try again in a minute."), field="bucket")
