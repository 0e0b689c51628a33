"""Objects in a bucket. The only file of the house's films that speaks to boto3; the log's copy has
ledger/mirror_s3.py, under other credentials."""

import io
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Self, cast

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

from catalog.objects import READ_BYTES, checked
from config.env import Environment

_PART_BYTES = 32 * 2**20
_TRANSFER = TransferConfig(
    multipart_threshold=_PART_BYTES, multipart_chunksize=_PART_BYTES, max_concurrency=4
)


class S3ObjectStore:
    """Objects in one bucket of Amazon S3 or a server that speaks its protocol."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    @classmethod
    def from_environment(cls, env: Environment) -> Self:
        """Return a store for the bucket that `env` names."""
        assert env.s3_bucket is not None  # noqa: S101 - Environment refuses s3 without a bucket
        key_id, secret = env.s3_access_key_id, env.s3_secret_access_key
        client = boto3.client(
            "s3",
            endpoint_url=env.s3_endpoint_url,
            region_name=env.s3_region,
            # Without keys boto3 looks where it always does: profile, container, instance role.
            aws_access_key_id=key_id.get_secret_value() if key_id else None,
            aws_secret_access_key=secret.get_secret_value() if secret else None,
            # Said explicitly: with its defaults boto3 signs links for other endpoints the old way.
            config=Config(
                signature_version="s3v4",
                s3={"addressing_style": "path"},
                retries={"mode": "standard", "max_attempts": 4},
                connect_timeout=10,
                read_timeout=60,
            ),
        )
        return cls(client, env.s3_bucket)

    def adopt(self, path: Path, key: str) -> None:
        # Large files go in parts; the object appears only when the last one is in.
        self._client.upload_file(str(path), self._bucket, checked(key), Config=_TRANSFER)
        path.unlink()

    def put_bytes(self, key: str, data: bytes) -> None:
        self._client.put_object(Bucket=self._bucket, Key=checked(key), Body=data)

    def open(self, key: str) -> BinaryIO:
        raw = _RangeReader(self, key, self.size(key))
        return cast("BinaryIO", io.BufferedReader(raw, READ_BYTES))

    def read_range(self, key: str, start: int, length: int) -> Iterator[bytes]:
        if length <= 0:
            return
        span = f"bytes={start}-{start + length - 1}"
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=checked(key), Range=span)
        except ClientError as error:
            if _status(error) == 404:
                raise FileNotFoundError(key) from None
            if _status(error) == 416:  # begins at or after the end
                return
            raise
        # Not the body's own context: it gives the raw connection, which does not check lengths.
        with closing(answer["Body"]) as body:
            yield from body.iter_chunks(READ_BYTES)

    @contextmanager
    def local_copy(self, key: str) -> Iterator[Path]:
        self.size(key)
        with tempfile.TemporaryDirectory(prefix="edgecode-object-") as folder:
            path = Path(folder) / checked(key).rsplit("/", 1)[-1]
            self._client.download_file(self._bucket, key, str(path), Config=_TRANSFER)
            yield path

    def size(self, key: str) -> int:
        size = self._size(key)
        if size is None:
            raise FileNotFoundError(key)
        return size

    def exists(self, key: str) -> bool:
        return self._size(key) is not None

    def keys(self, prefix: str = "") -> Iterator[str]:
        pages = self._client.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self._bucket, Prefix=prefix):
            for item in page.get("Contents", []):
                yield item["Key"]

    def delete(self, key: str) -> None:
        self._client.delete_object(Bucket=self._bucket, Key=checked(key))

    def _size(self, key: str) -> int | None:
        try:
            head = self._client.head_object(Bucket=self._bucket, Key=checked(key))
        except ClientError as error:
            if _status(error) == 404:
                return None
            raise
        return int(head["ContentLength"])


def _status(error: ClientError) -> int:
    return int(error.response["ResponseMetadata"]["HTTPStatusCode"])


class _RangeReader(io.RawIOBase):
    """An object read by ranges, so that ten bytes of a film cost ten bytes and not the film."""

    def __init__(self, store: S3ObjectStore, key: str, size: int) -> None:
        self._store = store
        self._key = key
        self._size = size
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError("cannot seek before the beginning")
        self._position = base + offset
        return self._position

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        filled = 0
        for chunk in self._store.read_range(self._key, self._position, len(view)):
            view[filled : filled + len(chunk)] = chunk
            filled += len(chunk)
        self._position += filled
        return filled
