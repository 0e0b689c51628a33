"""Objects in a bucket. The only file of the house's films that speaks to boto3; the log's copy has
ledger/mirror_s3.py, under other credentials."""

import base64
import io
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, Self, cast
from urllib.parse import quote

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    IncompleteReadError,
)
from django.utils.translation import gettext_lazy as _

from accounts.errors import Conflict
from catalog.object_interface import (
    READ_BYTES,
    Facts,
    Link,
    Part,
    Retained,
    Upload,
    UploadGone,
    Version,
    check_sizes,
    check_whole,
    checked,
    checked_seconds,
    not_the_part,
)
from catalog.object_links import checked_sha256
from config.env import Environment

_PART_BYTES = 32 * 2**20
_TRANSFER = TransferConfig(
    multipart_threshold=_PART_BYTES, multipart_chunksize=_PART_BYTES, max_concurrency=4
)


class S3ObjectStore:
    """Objects in one bucket of Amazon S3 or a server that speaks its protocol."""

    def __init__(
        self, client: Any, bucket: str, encryption: Mapping[str, str] | None = None
    ) -> None:
        self._client = client
        self._bucket = bucket
        self._encryption = dict(encryption or {})

    @classmethod
    def from_environment(cls, env: Environment) -> Self:
        """Return a store for the bucket that `env` names."""
        assert env.s3_bucket is not None  # noqa: S101 - Environment refuses s3 without a bucket
        encryption: dict[str, str] = {}
        if env.s3_encryption is not None:
            encryption["ServerSideEncryption"] = env.s3_encryption
        if env.s3_kms_key_id is not None:
            encryption["SSEKMSKeyId"] = env.s3_kms_key_id
        return cls(_client(env), env.s3_bucket, encryption)

    def adopt(self, path: Path, key: str) -> None:
        self._check_free(key)
        # Large files go in parts; the object appears only when the last one is in.
        self._client.upload_file(
            str(path), self._bucket, checked(key), Config=_TRANSFER, ExtraArgs=self._encryption
        )
        path.unlink()

    def put_bytes(self, key: str, data: bytes) -> None:
        self._check_free(key)
        self._client.put_object(Bucket=self._bucket, Key=key, Body=data, **self._encryption)

    def put_if_absent(self, key: str, data: bytes) -> bool:
        try:
            self._client.put_object(
                Bucket=self._bucket,
                Key=checked(key),
                Body=data,
                IfNoneMatch="*",
                **self._encryption,
            )
        except ClientError as error:
            if _status(error) in {409, 412}:  # 409: another is storing it this moment
                return False
            raise
        return True

    def copy(self, source: str, target: str) -> None:
        self.size(source)
        self._check_free(target)
        self._client.copy(
            {"Bucket": self._bucket, "Key": source},
            self._bucket,
            target,
            Config=_TRANSFER,
            ExtraArgs=self._encryption,
        )

    def open(self, key: str) -> BinaryIO:
        raw = _RangeReader(self, key, self.size(key))
        return cast("BinaryIO", io.BufferedReader(raw, READ_BYTES))

    def read_range(
        self, key: str, start: int, length: int, version: str | None = None
    ) -> Iterator[bytes]:
        if length <= 0:
            return
        span = f"bytes={start}-{start + length - 1}"
        chosen = {} if version is None else {"VersionId": version}
        try:
            answer = self._client.get_object(
                Bucket=self._bucket, Key=checked(key), Range=span, **chosen
            )
            # Not the body's own context: it gives the raw connection, which does not check lengths.
            with closing(answer["Body"]) as body:
                yield from body.iter_chunks(READ_BYTES)
        except ClientError as error:
            if _status(error) == 404 or _code(error) == "NoSuchVersion":
                raise FileNotFoundError(key) from None
            if _status(error) == 416:  # begins at or after the end
                return
            raise
        except (HTTPClientError, IncompleteReadError) as error:
            raise ConnectionError(f"lost the bucket while reading {key}: {error}") from error

    @contextmanager
    def local_copy(self, key: str) -> Iterator[Path]:
        self.size(key)
        with tempfile.TemporaryDirectory(prefix="edgecode-object-") as folder:
            path = Path(folder) / checked(key).rsplit("/", 1)[-1]
            self._client.download_file(self._bucket, key, str(path), Config=_TRANSFER)
            yield path

    def size(self, key: str) -> int:
        return self.facts(key).size_bytes

    def facts(self, key: str) -> Facts:
        head = self._head(key)
        if head is None:
            raise FileNotFoundError(key)
        return Facts(int(head["ContentLength"]), head["ETag"])

    def exists(self, key: str) -> bool:
        return self._head(key) is not None

    def keys(self, prefix: str = "") -> Iterator[str]:
        pages = self._client.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self._bucket, Prefix=prefix):
            for item in page.get("Contents", []):
                yield item["Key"]

    def delete(self, key: str) -> None:
        self._check_free(key)
        self._client.delete_object(Bucket=self._bucket, Key=key)

    def read_link(
        self, key: str, *, seconds: int, filename: str, version: str | None = None
    ) -> Link:
        saved_as = quote(filename, safe="")
        permitted = {
            **({} if version is None else {"VersionId": version}),
            "Bucket": self._bucket,
            "Key": checked(key),
            "ResponseContentDisposition": f"attachment; filename*=UTF-8''{saved_as}",
        }
        return Link("GET", self._signed("get_object", permitted, seconds), {})

    def begin_upload(self, key: str, *, size_bytes: int, part_bytes: int) -> Upload:
        check_sizes(size_bytes, part_bytes)
        self._check_free(key)
        # The algorithm is named here, or the bucket would refuse parts that carry a hash.
        answer = self._client.create_multipart_upload(
            Bucket=self._bucket, Key=key, ChecksumAlgorithm="SHA256", **self._encryption
        )
        return Upload(key, answer["UploadId"], size_bytes, part_bytes)

    def part_link(self, upload: Upload, number: int, sha256: str, *, seconds: int) -> Link:
        checksum = _base64(checked_sha256(sha256))
        permitted = {
            **self._named(upload),
            "PartNumber": number,
            "ContentLength": upload.bytes_of(number),
            "ChecksumSHA256": checksum,
        }
        # Both are signed headers: another length or another hash is another request. A sender
        # says the length by itself.
        url = self._signed("upload_part", permitted, seconds)
        return Link("PUT", url, {"x-amz-checksum-sha256": checksum})

    def parts(self, upload: Upload) -> list[Part]:
        return _parts(self._listed(upload))

    def complete_upload(self, upload: Upload, sha256s: Mapping[int, str]) -> None:
        self._check_free(upload.key)
        listed = self._listed(upload)
        check_whole(upload, _parts(listed), sha256s)
        parts = [
            # The bucket compares the hash with what it computed when the part came.
            {"PartNumber": number, "ETag": item["ETag"], "ChecksumSHA256": _base64(sha256s[number])}
            for number, item in sorted(listed.items())
        ]
        try:
            self._client.complete_multipart_upload(
                **self._named(upload), MultipartUpload={"Parts": parts}
            )
        except ClientError as error:
            if _code(error) == "NoSuchUpload":
                raise UploadGone from None
            if _code(error) in {"BadDigest", "InvalidPart", "InvalidRequest"}:
                raise Conflict(
                    _("The parts hold another content than announced. Begin the upload again.")
                ) from error
            raise

    def abort_upload(self, upload: Upload) -> None:
        try:
            self._client.abort_multipart_upload(**self._named(upload))
        except ClientError as error:
            if _code(error) != "NoSuchUpload":
                raise

    def abandon_uploads(self, idle_since: datetime) -> int:
        abandoned = 0
        pages = self._client.get_paginator("list_multipart_uploads")
        for page in pages.paginate(Bucket=self._bucket):
            for item in page.get("Uploads", []):
                # The sizes are not needed to give it up.
                upload = Upload(item["Key"], item["UploadId"], 1, 1)
                with suppress(UploadGone):
                    if self._last_change(upload, item["Initiated"]) < idle_since:
                        self.abort_upload(upload)
                        abandoned += 1
        return abandoned

    def retain(self, key: str, until: datetime) -> str:
        head = self._head(key)
        if head is None:
            raise FileNotFoundError(key)
        if not self._has_lock:
            raise Conflict(
                _("Evidence cannot be kept safe: the bucket was made without object lock.")
            )
        held = _retained_until(head)
        if held is not None and held > until:
            raise Retained(key, held)
        version: str = head["VersionId"]
        self._client.put_object_retention(
            Bucket=self._bucket,
            Key=key,
            VersionId=version,
            # COMPLIANCE: nobody, not even the account's owner, shortens it.
            Retention={"Mode": "COMPLIANCE", "RetainUntilDate": until.astimezone(UTC)},
        )
        return version

    def versions(self, key: str) -> list[Version]:
        pages = self._client.get_paginator("list_object_versions")
        found = [
            Version(
                item["VersionId"], int(item["Size"]), item["LastModified"], bool(item["IsLatest"])
            )
            for page in pages.paginate(Bucket=self._bucket, Prefix=checked(key))
            for item in page.get("Versions", [])
            if item["Key"] == key
        ]
        # Times have whole seconds; the current one comes first among equals.
        return sorted(found, key=lambda item: (item.is_current, item.stored_at), reverse=True)

    def _head(self, key: str) -> dict[str, Any] | None:
        try:
            head: dict[str, Any] = self._client.head_object(Bucket=self._bucket, Key=checked(key))
        except ClientError as error:
            if _status(error) == 404:
                return None
            raise
        return head

    @cached_property
    def _has_lock(self) -> bool:
        try:
            self._client.get_object_lock_configuration(Bucket=self._bucket)
        except ClientError as error:
            # 501 from servers that know no locks; 403 where one may not ask, and so not retain.
            if _status(error) in {403, 404, 501}:
                return False
            raise
        return True

    def _check_free(self, key: str) -> None:
        """Raise Retained if what lies under the key must stay. The bucket itself would only put
        a newer version, or a mark that it is deleted, above it."""
        checked(key)
        head = self._head(key) if self._has_lock else None
        until = _retained_until(head) if head else None
        if until is not None and until > datetime.now(UTC):
            raise Retained(key, until)

    def _named(self, upload: Upload) -> dict[str, str]:
        return {"Bucket": self._bucket, "Key": checked(upload.key), "UploadId": upload.id}

    def _signed(self, call: str, permitted: Mapping[str, Any], seconds: int) -> str:
        url: str = self._client.generate_presigned_url(
            call, Params=permitted, ExpiresIn=checked_seconds(seconds)
        )
        return url

    def _listed(self, upload: Upload) -> dict[int, dict[str, Any]]:
        """Return the parts as the bucket lists them. SeaweedFS lists a part that was sent twice
        twice; with two contents nobody can tell which would be taken."""
        found: dict[int, dict[str, Any]] = {}
        try:
            for page in self._client.get_paginator("list_parts").paginate(**self._named(upload)):
                for item in page.get("Parts", []):
                    number = int(item["PartNumber"])
                    if number in found and found[number]["ETag"] != item["ETag"]:
                        raise not_the_part(number)
                    found[number] = item
        except ClientError as error:
            if _code(error) == "NoSuchUpload":
                raise UploadGone from None
            raise
        return found

    def _last_change(self, upload: Upload, begun: datetime) -> datetime:
        pages = self._client.get_paginator("list_parts").paginate(**self._named(upload))
        try:
            times: list[datetime] = [
                item["LastModified"] for page in pages for item in page.get("Parts", [])
            ]
        except ClientError as error:
            if _code(error) == "NoSuchUpload":
                raise UploadGone from None
            raise
        return max([begun, *times])


def _client(env: Environment) -> Any:
    key_id, secret = env.s3_access_key_id, env.s3_secret_access_key
    return boto3.client(
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


def _parts(listed: Mapping[int, Mapping[str, Any]]) -> list[Part]:
    return [
        Part(number, int(item["Size"]), _hex(item.get("ChecksumSHA256")))
        for number, item in sorted(listed.items())
    ]


def _code(error: ClientError) -> str:
    return str(error.response["Error"].get("Code", ""))


def _retained_until(head: Mapping[str, Any]) -> datetime | None:
    until: datetime | None = head.get("ObjectLockRetainUntilDate")
    return until


def _base64(sha256: str) -> str:
    return base64.b64encode(bytes.fromhex(sha256)).decode()


def _hex(checksum: str | None) -> str | None:
    return base64.b64decode(checksum).hex() if checksum else None


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

    def readall(self) -> bytes:
        # The inherited one would ask for 8 KiB at a time.
        rest = b"".join(self._store.read_range(self._key, self._position, self._size))
        self._position += len(rest)
        return rest


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
    def from_environment(cls, env: Environment, bucket: str, version: str, etag: str) -> Self:
        """Return a source with the access that the settings give."""
        return cls(_client(env), bucket, version, etag)

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
        with tempfile.TemporaryDirectory(prefix="edgecode-object-") as folder:
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
        status = _status(error)
        if status == 412:
            raise Conflict(_("The file was changed where it lies. Register it again.")) from error
        if status in {403, 404} or _code(error) == "NoSuchVersion":
            raise FileNotFoundError(key) from error
        raise ConnectionError(f"the bucket of {key} answered {status}") from error
    except BotoCoreError as error:
        raise ConnectionError(f"the bucket of {key} did not answer: {error}") from error
