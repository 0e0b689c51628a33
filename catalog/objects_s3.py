"""Objects in a bucket, by the interface that a folder has too."""

import base64
import io
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import Any, BinaryIO, Self, cast
from urllib.parse import quote

from botocore.exceptions import ClientError, HTTPClientError, IncompleteReadError
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.errors import Conflict
from catalog.object_interface import (
    READ_BYTES,
    Facts,
    Link,
    Part,
    Retained,
    StoreSilent,
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
from catalog.s3_client import LONG, TRANSFER, Answering, Patience, code_of, make_client, status_of
from catalog.s3_reading import RangeReader
from config.env import Environment


class NotEncrypted(Conflict):
    """The bucket keeps plain what it was told to encrypt."""

    def __init__(self) -> None:
        super().__init__(
            _("The bucket does not encrypt what it keeps, as it was told to. Nothing was kept.")
        )


class S3ObjectStore:
    """Objects in one bucket of Amazon S3 or a server that speaks its protocol."""

    def __init__(
        self, client: Any, bucket: str, encryption: Mapping[str, str] | None = None
    ) -> None:
        self._client = Answering(client)
        self._bucket = bucket
        self._encryption = dict(encryption or {})

    @classmethod
    def from_environment(cls, env: Environment, patience: Patience = LONG) -> Self:
        """Return a store for the bucket that `env` names."""
        assert env.s3_bucket is not None  # noqa: S101 - Environment refuses s3 without a bucket
        encryption: dict[str, str] = {}
        if env.s3_encryption is not None:
            encryption["ServerSideEncryption"] = env.s3_encryption
        if env.s3_kms_key_id is not None:
            encryption["SSEKMSKeyId"] = env.s3_kms_key_id
        return cls(make_client(env, patience), env.s3_bucket, encryption)

    def adopt(self, path: Path, key: str) -> None:
        self._check_free(key)
        # Large files go in parts; the object appears only when the last one is in.
        self._client.upload_file(
            str(path), self._bucket, checked(key), Config=TRANSFER, ExtraArgs=self._encryption
        )
        self._check_encrypted(key)
        path.unlink()

    def put_bytes(self, key: str, data: bytes) -> None:
        self._check_free(key)
        answer = self._client.put_object(
            Bucket=self._bucket, Key=key, Body=data, **self._encryption
        )
        self._check_encrypted(key, answer)

    def put_if_absent(self, key: str, data: bytes) -> bool:
        try:
            answer = self._client.put_object(
                Bucket=self._bucket,
                Key=checked(key),
                Body=data,
                IfNoneMatch="*",
                **self._encryption,
            )
        except ClientError as error:
            if status_of(error) in {409, 412}:  # 409: another is storing it this moment
                return False
            raise
        self._check_encrypted(key, answer)
        return True

    def copy(self, source: str, target: str) -> None:
        self.size(source)
        self._check_free(target)
        self._client.copy(
            {"Bucket": self._bucket, "Key": source},
            self._bucket,
            target,
            Config=TRANSFER,
            ExtraArgs=self._encryption,
        )
        self._check_encrypted(target)

    def open(self, key: str) -> BinaryIO:
        raw = RangeReader(partial(self.read_range, key), self.size(key))
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
            if status_of(error) == 404 or code_of(error) == "NoSuchVersion":
                raise FileNotFoundError(key) from None
            if status_of(error) == 416:  # begins at or after the end
                return
            raise
        except (HTTPClientError, IncompleteReadError) as error:
            raise StoreSilent from error

    @contextmanager
    def local_copy(self, key: str) -> Iterator[Path]:
        self.size(key)
        # As large as a film: not where this machine keeps its small things.
        with tempfile.TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR) as folder:
            path = Path(folder) / checked(key).rsplit("/", 1)[-1]
            self._client.download_file(self._bucket, key, str(path), Config=TRANSFER)
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
        for page in self._client.pages("list_objects_v2", Bucket=self._bucket, Prefix=prefix):
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
            if code_of(error) == "NoSuchUpload":
                raise UploadGone from None
            if code_of(error) in {"BadDigest", "InvalidPart", "InvalidRequest"}:
                raise Conflict(
                    _("The parts hold another content than announced. Begin the upload again.")
                ) from error
            raise
        self._check_encrypted(upload.key)

    def abort_upload(self, upload: Upload) -> None:
        try:
            self._client.abort_multipart_upload(**self._named(upload))
        except ClientError as error:
            if code_of(error) != "NoSuchUpload":
                raise

    def abandon_uploads(self, idle_since: datetime) -> int:
        abandoned = 0
        for page in self._client.pages("list_multipart_uploads", Bucket=self._bucket):
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
        pages = self._client.pages("list_object_versions", Bucket=self._bucket, Prefix=checked(key))
        found = [
            Version(
                item["VersionId"], int(item["Size"]), item["LastModified"], bool(item["IsLatest"])
            )
            for page in pages
            for item in page.get("Versions", [])
            if item["Key"] == key
        ]
        # Times have whole seconds; the current one comes first among equals.
        return sorted(found, key=lambda item: (item.is_current, item.stored_at), reverse=True)

    def _head(self, key: str) -> dict[str, Any] | None:
        try:
            head: dict[str, Any] = self._client.head_object(Bucket=self._bucket, Key=checked(key))
        except ClientError as error:
            if status_of(error) == 404:
                return None
            raise
        return head

    @cached_property
    def _has_lock(self) -> bool:
        try:
            self._client.get_object_lock_configuration(Bucket=self._bucket)
        except ClientError as error:
            # 501 from servers that know no locks; 403 where one may not ask, and so not retain.
            if status_of(error) in {403, 404, 501}:
                return False
            raise
        return True

    def _check_encrypted(self, key: str, answer: Mapping[str, Any] | None = None) -> None:
        """Remove what a server has kept plain that takes our wish for encryption and ignores it.
        `answer` is what it said as it stored the object, where it said something."""
        wanted = self._encryption.get("ServerSideEncryption")
        if wanted is None:
            return
        said = answer if answer is not None else self._head(key) or {}
        if said.get("ServerSideEncryption") != wanted:
            self._client.delete_object(Bucket=self._bucket, Key=key)
            raise NotEncrypted

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
            for page in self._client.pages("list_parts", **self._named(upload)):
                for item in page.get("Parts", []):
                    number = int(item["PartNumber"])
                    if number in found and found[number]["ETag"] != item["ETag"]:
                        raise not_the_part(number)
                    found[number] = item
        except ClientError as error:
            if code_of(error) == "NoSuchUpload":
                raise UploadGone from None
            raise
        return found

    def _last_change(self, upload: Upload, begun: datetime) -> datetime:
        pages = self._client.pages("list_parts", **self._named(upload))
        try:
            times: list[datetime] = [
                item["LastModified"] for page in pages for item in page.get("Parts", [])
            ]
        except ClientError as error:
            if code_of(error) == "NoSuchUpload":
                raise UploadGone from None
            raise
        return max([begun, *times])


def _parts(listed: Mapping[int, Mapping[str, Any]]) -> list[Part]:
    return [
        Part(number, int(item["Size"]), _hex(item.get("ChecksumSHA256")))
        for number, item in sorted(listed.items())
    ]


def _retained_until(head: Mapping[str, Any]) -> datetime | None:
    until: datetime | None = head.get("ObjectLockRetainUntilDate")
    return until


def _base64(sha256: str) -> str:
    return base64.b64encode(bytes.fromhex(sha256)).decode()


def _hex(checksum: str | None) -> str | None:
    return base64.b64decode(checksum).hex() if checksum else None
