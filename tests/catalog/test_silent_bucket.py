"""A bucket that takes a connection and never answers: nobody waits for it for minutes."""

import socket
from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from catalog.object_interface import StoreSilent
from catalog.objects_s3 import S3ObjectStore
from catalog.s3_client import LONG, SHORT, Patience
from catalog.s3_external import ExternalSource
from config.env import Environment

_HURRIED = Patience(connect_seconds=1, read_seconds=0.1, tries=2)


@pytest.fixture
def silent() -> Iterator[Environment]:
    """The settings of a process whose bucket lies on a server that says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield Environment(
            debug=True,
            object_store="s3",
            s3_bucket="films",
            s3_region="us-east-1",
            s3_endpoint_url=f"http://127.0.0.1:{server.getsockname()[1]}",
            s3_access_key_id=SecretStr("key"),
            s3_secret_access_key=SecretStr("secret"),
        )


def test_whoever_waits_for_an_answer_hears_that_there_is_none(silent: Environment) -> None:
    store = S3ObjectStore.from_environment(silent, _HURRIED)
    for ask in (
        lambda: store.exists("a"),
        lambda: list(store.keys()),
        lambda: b"".join(store.read_range("a", 0, 1)),
        lambda: store.put_bytes("a", b"a"),
    ):
        with pytest.raises(StoreSilent, match="does not answer") as refusal:
            ask()
        assert (refusal.value.status, refusal.value.retry_after_s) == (503, 30)
    theirs = ExternalSource.from_environment(silent, _HURRIED, "theirs", "", "")
    with pytest.raises(StoreSilent, match="The bucket does not answer") as refusal:
        theirs.facts("a")
    assert refusal.value.field == "bucket"


def test_a_call_waits_seconds_and_a_worker_minutes() -> None:
    pause = 1  # at most, before the second try
    assert SHORT.tries == 2
    assert SHORT.tries * max(SHORT.connect_seconds, SHORT.read_seconds) + pause <= 15
    assert LONG.read_seconds >= 60
