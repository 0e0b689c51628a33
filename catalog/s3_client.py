"""How buckets are spoken to: access, patience, and the words for one that does not answer.

The only file of the house's films that speaks to boto3; the log's copy has ledger/mirror_s3.py,
under other credentials.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import Any, Final

import boto3
from boto3.exceptions import RetriesExceededError, S3UploadFailedError
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnection

from catalog.object_interface import StoreSilent
from config.env import Environment

_PART_BYTES = 32 * 2**20
TRANSFER: Final = TransferConfig(
    multipart_threshold=_PART_BYTES, multipart_chunksize=_PART_BYTES, max_concurrency=4
)
AILING: Final = frozenset({500, 502, 503, 504})


@dataclass(frozen=True)
class Patience:
    """How long one call waits for a bucket: for the connection, for each answer, how often."""

    connect_seconds: float
    read_seconds: float
    tries: int


# While somebody waits for a page: one that hangs costs two answers and a second between them.
SHORT: Final = Patience(connect_seconds=3, read_seconds=6, tries=2)
# A worker has time, and a bucket that joins a large file needs it.
LONG: Final = Patience(connect_seconds=10, read_seconds=60, tries=4)


def make_client(env: Environment, patience: Patience) -> Any:
    """Return boto3's client with the access that the settings give."""
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
            retries={"mode": "standard", "total_max_attempts": patience.tries},
            connect_timeout=patience.connect_seconds,
            read_timeout=patience.read_seconds,
        ),
    )


class Answering:
    """A client of which every call raises StoreSilent where the bucket hangs or ails."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._client, name)

        @wraps(call)
        def told(*args: Any, **kwargs: Any) -> Any:
            with _heard():
                return call(*args, **kwargs)

        return told

    def pages(self, call: str, **kwargs: Any) -> Iterator[Any]:
        """Yield the pages of a list that comes in several."""
        with _heard():
            yield from self._client.get_paginator(call).paginate(**kwargs)


@contextmanager
def _heard() -> Iterator[None]:
    try:
        yield
    except (HTTPClientError, NoConnection, RetriesExceededError) as error:
        raise StoreSilent from error
    except ClientError as error:
        if status_of(error) in AILING:
            raise StoreSilent from error
        raise
    except S3UploadFailedError as error:
        # What the bucket said stands behind it.
        if isinstance(error.__context__, ClientError) and status_of(error.__context__) in AILING:
            raise StoreSilent from error
        raise


def code_of(error: ClientError) -> str:
    """Return S3's word for an error."""
    return str(error.response["Error"].get("Code", ""))


def status_of(error: ClientError) -> int:
    """Return the status of HTTP that an error came with."""
    return int(error.response["ResponseMetadata"]["HTTPStatusCode"])
