"""The mirror's bucket on Amazon S3, or on a server that speaks its protocol. The only file of the
ledger that speaks to boto3; catalog/s3_client.py keeps the films, under other credentials."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any, Self

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from config.env import Environment

# Another object is there, or one was just put by somebody else.
_OTHERS = {409, 412}


class S3Bucket:
    """Objects below a prefix of one bucket, written only where nothing else would be lost."""

    def __init__(self, client: Any, bucket: str, prefix: str) -> None:
        self.name = f"s3://{bucket}/{prefix}".rstrip("/")
        self._client = client
        self._bucket = bucket
        self._prefix = prefix

    @classmethod
    def from_environment(cls, env: Environment) -> Self:
        """Return the bucket that `env` names."""
        assert env.ledger_mirror_bucket is not None  # noqa: S101 - asked by mirror.bucket()
        key_id, secret = env.ledger_mirror_access_key_id, env.ledger_mirror_secret_access_key
        client = boto3.client(
            "s3",
            endpoint_url=env.ledger_mirror_endpoint_url,
            region_name=env.ledger_mirror_region,
            # Without keys boto3 looks where it always does: profile, container, instance role.
            aws_access_key_id=key_id.get_secret_value() if key_id else None,
            aws_secret_access_key=secret.get_secret_value() if secret else None,
            config=Config(
                signature_version="s3v4",
                s3={"addressing_style": "path"},
                retries={"mode": "standard", "max_attempts": 3},
                connect_timeout=5,
                read_timeout=20,
            ),
        )
        return cls(client, env.ledger_mirror_bucket, env.ledger_mirror_prefix)

    def get(self, key: str) -> tuple[bytes, str] | None:
        with self._reached():
            try:
                answer = self._client.get_object(**self._place(key))
            except ClientError as error:
                if _status(error) == 404:
                    return None
                raise
            with closing(answer["Body"]) as body:
                return body.read(), answer["ETag"]

    def put_new(self, key: str, raw: bytes, **headers: str) -> bool:
        return self._put(key, raw, IfNoneMatch="*", **headers)

    def replace(self, key: str, raw: bytes, version: str | None, **headers: str) -> bool:
        if version is None:
            return self.put_new(key, raw, **headers)
        return self._put(key, raw, IfMatch=version, **headers)

    def keys(self, prefix: str) -> list[str]:
        with self._reached():
            pages = self._client.get_paginator("list_objects_v2")
            found = pages.paginate(Bucket=self._bucket, Prefix=self._prefix + prefix)
            return [
                item["Key"].removeprefix(self._prefix)
                for page in found
                for item in page.get("Contents", [])
            ]

    def delete(self, key: str) -> None:
        with self._reached():
            self._client.delete_object(**self._place(key))

    def _put(self, key: str, raw: bytes, **arguments: str) -> bool:
        with self._reached():
            try:
                self._client.put_object(**self._place(key), Body=raw, **arguments)
            except ClientError as error:
                if _status(error) in _OTHERS:
                    return False
                raise
        return True

    def _place(self, key: str) -> dict[str, str]:
        return {"Bucket": self._bucket, "Key": self._prefix + key}

    @contextmanager
    def _reached(self) -> Iterator[None]:
        try:
            yield
        except (BotoCoreError, ClientError) as error:
            raise OSError(f"{self.name}: {error}") from None


def _status(error: ClientError) -> int:
    return int(error.response["ResponseMetadata"]["HTTPStatusCode"])
