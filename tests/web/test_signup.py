"""Signing up on the pages, as strangers try it."""

import pytest
from django.core.cache import cache
from django.test import Client

from accounts.models import Organisation
from web.views import signup

pytestmark = pytest.mark.django_db


def test_one_address_signs_up_only_so_often(monkeypatch: pytest.MonkeyPatch) -> None:
    cache.clear()
    monkeypatch.setattr(signup, "SIGN_UPS_PER_HOUR", 1)
    client = Client()
    assert client.post("/signup/", {"email": "nobody"}).status_code == 422
    response = client.post("/signup/", {"email": "nobody"})
    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0
    assert not Organisation.objects.exists()
