"""While the bucket does not answer: a problem that says when to ask again, and a page."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import override_settings
from pydantic import SecretStr

from catalog import objects
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
