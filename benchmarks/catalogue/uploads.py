"""A large file into a real S3 server: our links, part by part, and boto3's own transfer.

    python -m benchmarks.catalogue.uploads [MEGABYTES]

Both send the same parts over as many connections. Ours also computes the SHA-256 of each part
beforehand, as a browser must, and the server checks it.
"""

import hashlib
import http.client
import os
import random
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
import django
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

from benchmarks.__main__ import machine
from benchmarks.measure import Finding, by_turns, ratio, table, times
from benchmarks.server import ROOT, environment
from tests.catalog.seaweed import find_weed, running

if TYPE_CHECKING:  # they can be imported only after django.setup()
    from catalog.object_interface import Link
    from catalog.objects_s3 import S3ObjectStore
    from config.env import Environment

MEGABYTES = 5 * 1024
PART_BYTES = 32 * 2**20
CONNECTIONS = 4
# 0.8 of boto3's rate is 1 / 0.8 of its time.
MOST = 1.25
OURS, BOTO3 = "our links", "boto3's upload_file"


def main(megabytes: int = MEGABYTES) -> None:
    """Start a server in a folder that is gone afterwards, measure, print."""
    weed = find_weed()
    if weed is None:
        raise SystemExit("SeaweedFS is missing: run make setup")
    parent = Path(os.environ.get("EDGECODE_VAR_DIR", ROOT / "var"))
    parent.mkdir(parents=True, exist_ok=True)
    print(machine(), flush=True)
    with tempfile.TemporaryDirectory(prefix="benchmarks-", dir=parent) as name:
        folder = Path(name)
        os.environ.update(environment(folder / "product"))
        django.setup()
        server = folder / "seaweed"
        server.mkdir()
        with running(weed, server, volume_mb=1024) as env:
            from catalog.objects_s3 import S3ObjectStore

            bare = _client(env)
            _ready(bare, env)
            store = S3ObjectStore.from_environment(env)
            found = measure(store, bare, env, _film(folder / "film", megabytes))
            print(table(f"{megabytes:,} MB into a bucket", found), flush=True)


def measure(store: "S3ObjectStore", bare: Any, env: "Environment", path: Path) -> list[Finding]:
    """Return both ways' times and their ratio."""
    from catalog.hashing import hash_object

    transfer = TransferConfig(
        multipart_threshold=PART_BYTES, multipart_chunksize=PART_BYTES, max_concurrency=CONNECTIONS
    )
    ways = {
        OURS: lambda: upload(store, path),
        BOTO3: lambda: bare.upload_file(str(path), env.s3_bucket, "boto3", Config=transfer),
    }
    seconds = by_turns(ways, rounds=3 if path.stat().st_size < 2**30 else 1)
    start = time.perf_counter()
    sha256 = hash_object(store, "film", lambda *_: None)
    taken = time.perf_counter() - start
    with path.open("rb") as file:
        assert sha256 == hashlib.file_digest(file, "sha256").hexdigest()
    return [
        *(times(name, each) for name, each in seconds.items()),
        ratio(seconds, OURS, BOTO3, most=MOST),
        Finding("a worker hashes the whole", f"{path.stat().st_size / taken / 1e6:,.0f} MB/s"),
    ]


def upload(store: "S3ObjectStore", path: Path) -> None:
    """Send the file as a browser would: hash a part, ask for its link, put it."""
    size = path.stat().st_size
    upload = store.begin_upload("film", size_bytes=size, part_bytes=PART_BYTES)
    sha256s: dict[int, str] = {}

    def send(number: int) -> None:
        with path.open("rb") as file:
            file.seek((number - 1) * PART_BYTES)
            part = file.read(upload.bytes_of(number))
        sha256s[number] = hashlib.sha256(part).hexdigest()
        _put(store.part_link(upload, number, sha256s[number], seconds=3600), part)

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(send, range(1, upload.part_count + 1)))
    store.complete_upload(upload, sha256s)


def _put(link: "Link", part: bytes) -> None:
    address = urlsplit(link.url)
    connection = http.client.HTTPConnection(address.netloc, timeout=120)
    try:
        connection.request("PUT", f"{address.path}?{address.query}", part, dict(link.headers))
        with connection.getresponse() as answer:
            assert answer.status == 200, answer.read()
    finally:
        connection.close()


def _film(path: Path, megabytes: int) -> Path:
    chance = random.Random(5)
    with path.open("wb") as file:
        for _ in range(megabytes):
            file.write(chance.randbytes(2**20))
    return path


def _client(env: "Environment") -> Any:
    assert env.s3_access_key_id is not None
    assert env.s3_secret_access_key is not None
    return boto3.client(
        "s3",
        endpoint_url=env.s3_endpoint_url,
        region_name=env.s3_region,
        aws_access_key_id=env.s3_access_key_id.get_secret_value(),
        aws_secret_access_key=env.s3_secret_access_key.get_secret_value(),
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )


def _ready(bare: Any, env: "Environment") -> None:
    # The server answers before its first volume is there.
    for _ in range(120):
        try:
            bare.create_bucket(Bucket=env.s3_bucket)
            bare.put_object(Bucket=env.s3_bucket, Key="ready", Body=b"yes")
        except ClientError:
            time.sleep(0.5)
        else:
            return
    raise SystemExit("SeaweedFS never accepted an object")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
