"""Signing up on the pages, as strangers try it."""

import pytest
from django.core.cache import cache
from django.test import Client

from accounts.models import Organisation
from tests.web.reading import words
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


@pytest.mark.parametrize("name", ["Lumen\tLab", "Lumen \N{RIGHT-TO-LEFT OVERRIDE}baL"])
def test_a_name_with_control_characters_is_told_what_is_wrong(client: Client, name: str) -> None:
    cache.clear()
    page = words(client.post("/signup/", {"kind": "lab", "organisation_name": name}))
    assert "Name of the organisation: Control characters are not allowed: leave out tabs" in page


def test_all_mistakes_are_told_at_once(client: Client) -> None:
    cache.clear()
    form = {
        "kind": "lab",
        "organisation_name": "\N{ZERO WIDTH SPACE}",
        "person_name": "Ada Park",
        "email": "ada at home",
        "password": "password",
    }
    page = words(client.post("/signup/", form))
    assert "3 things to correct" in page
    assert "Name of the organisation: Give a name of 1 to 200 characters." in page
    assert "E-mail: This is not an e-mail address." in page
    assert "Password: This password is too short." in page
    assert not Organisation.objects.exists()
