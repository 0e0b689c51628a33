"""While the bucket does not answer: a problem that says when to ask again, and a page."""

import errno
import hashlib
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client, override_settings
from pydantic import SecretStr

from catalog import objects
from catalog.intake import Draft
from tests import factories
from tests.api.callers import caller
from tests.catalog.test_consents import likeness, offered, speaker
from tests.web.test_consents import browser

_NOBODY_LISTENS = "http://127.0.0.1:9"


@pytest.fixture
def bucket_away() -> Iterator[dict[str, object]]:
    """What to change of the settings, to keep files in a bucket that is out of reach."""
    yield {
        "object_store": "s3",
        "s3_bucket": "films",
        "s3_region": "us-east-1",
        "s3_endpoint_url": _NOBODY_LISTENS,
        "s3_access_key_id": SecretStr("key"),
        "s3_secret_access_key": SecretStr("secret"),
    }
    objects._bucket.cache_clear()


@pytest.mark.django_db
@pytest.mark.usefixtures("var_dir")
def test_a_part_for_which_there_is_no_room_is_sent_again_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    studio = factories.studio()
    film = factories.title(studio)
    api = caller(studio)
    named = {"of": film.code, "filename": "a.mov", "source_type": "digitalCapture"}
    code = api.post("uploads/", named | {"size_bytes": 4}).data["code"]
    asked = {"parts": [{"number": 1, "sha256": hashlib.sha256(b"film").hexdigest()}]}
    [part] = api.post(f"uploads/{code}/parts/", asked).data["parts"]
    path = urlsplit(part["url"]).path
    sender = Client(raise_request_exception=False)

    def full(_self: Draft, _chunk: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Draft, "write", full)
        refused = sender.put(path, b"film", "application/octet-stream")
    assert (refused.status_code, refused["Retry-After"]) == (503, "300")
    assert "There is no room for more just now" in refused.content.decode()
    assert sender.put(path, b"film", "application/octet-stream").status_code == 200


@pytest.mark.django_db
def test_a_file_that_cannot_be_read_just_now(bucket_away: dict[str, object]) -> None:
    agency = factories.talent()
    of = likeness(agency)
    speaker(agency, of)
    consent = offered(agency, of)
    page, api = browser(agency), caller(agency)
    with override_settings(ENV=settings.ENV.model_copy(update=bucket_away)):
        told = api.get(f"consents/{consent.code}/form.pdf")
        shown = page.get(f"/consents/{consent.code}/form-en.pdf")
    assert (told.status, told.headers["Retry-After"]) == (503, "30")
    assert "does not answer. Try again" in told.data["detail"]
    assert (shown.status_code, shown.headers["Retry-After"]) == (503, "30")
    assert "The place where files are kept does not answer" in shown.content.decode()
