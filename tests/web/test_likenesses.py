"""Performers, likenesses and consents on their pages."""

import pytest
from django.test import Client

from accounts.access import Actor
from catalog.models import Consent, Likeness, Performer
from tests import factories
from tests.web.reading import signed_in, words

pytestmark = pytest.mark.django_db

CONSENT = {
    "uses": ["dub"],
    "attributes": ["voice"],
    "territory": "World",
    "starts_at": "2027-01-01",
    "ends_at": "2029-01-01",
    "grantee_code": "",
    "description": "My voice may be dubbed.",
    "document": "Form of 2 January",
}


@pytest.fixture
def talent() -> Actor:
    return factories.talent("한빛 에이전시")


@pytest.fixture
def client(talent: Actor) -> Client:
    return signed_in(talent)


def test_from_a_performer_to_a_likeness(client: Client) -> None:
    assert "No performer yet" in words(client.get("/likenesses/"))
    response = client.post("/likenesses/new/", {"name": "김하늘", "born": "1990-05-01"})
    performer = Performer.objects.get()
    assert response.headers["Location"] == f"/likenesses/of/{performer.code}/new/"
    assert "김하늘 no likeness yet" in words(client.get("/likenesses/"))
    response = client.post(
        response.headers["Location"], {"attributes": ["voice"], "description": "Session B"}
    )
    likeness = Likeness.objects.get()
    assert response.headers["Location"] == f"/likenesses/{likeness.code}/"
    page = words(client.get(f"/likenesses/{likeness.code}/"))
    for said in ("김하늘 · Session B", "voice", "Record a consent to do", "Likeness registered"):
        assert said in page
    assert "1 performer" in words(client.get("/likenesses/?q=하늘"))
    assert "No performer fits" in words(client.get("/likenesses/?q=nobody"))


def test_a_birthday_in_the_future_is_refused(client: Client) -> None:
    response = client.post("/likenesses/new/", {"name": "Kim", "born": "2999-01-01"})
    assert response.status_code == 422
    assert "The date of birth lies in the future." in words(response)
    assert not Performer.objects.exists()


def test_a_consent_names_its_whole_scope(client: Client, talent: Actor) -> None:
    likeness, lab = factories.likeness(talent), factories.lab("Lumen Lab")
    assert lab.organisation is not None
    response = client.post(
        f"/likenesses/{likeness.code}/consents/new/",
        CONSENT | {"grantee_code": lab.organisation.display_code, "max_outputs": "500"},
    )
    consent = Consent.objects.get()
    address = f"/likenesses/{likeness.code}/consents/{consent.code}/"
    assert response.headers["Location"] == address
    page = words(client.get(address))
    for said in ("dubbing", "voice", "Lumen Lab", "1 Jan 2027 to 31 Dec 2028", "at most 500"):
        assert said in page
    listed = words(client.get(f"/likenesses/{likeness.code}/consents/"))
    assert "Not yet in force" in listed


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("attributes", ["motion"], "motion” is not in the list"),
        ("grantee_code", "NOSUCHLB", "No AI lab has this code."),
        ("starts_at", "", "From: Fill this in."),
        ("territory", "Nowhere", "is no country we know"),
        ("max_outputs", "0", "Give a number of at least 1"),
        ("ends_at", "2026-01-01", "The end must lie after the start."),
    ],
)
def test_a_consent_that_cannot_be_is_refused(
    client: Client, talent: Actor, field: str, typed: object, said: str
) -> None:
    likeness = factories.likeness(talent)
    response = client.post(f"/likenesses/{likeness.code}/consents/new/", CONSENT | {field: typed})
    assert response.status_code == 422
    assert said in words(response)
    assert "My voice may be dubbed." in response.content.decode()
    assert not Consent.objects.exists()


def test_withdrawing_is_typed_to_confirm(client: Client, talent: Actor) -> None:
    consent = factories.consent(talent, factories.likeness(talent))
    address = f"/likenesses/{consent.likeness.code}/consents/{consent.code}/"
    wrong = client.post(address, {"confirm": "Kim"})
    assert wrong.status_code == 422
    assert "This is not Kim Min. Nothing was withdrawn." in words(wrong)
    consent.refresh_from_db()
    assert consent.withdrawn_at is None
    assert client.post(address, {"confirm": " kim  min "}).status_code == 303
    consent.refresh_from_db()
    assert consent.withdrawn_at is not None
    page = words(client.get(address))
    assert "Withdrawn" in page
    assert "Withdraw the consent" not in page


def test_others_and_viewers_change_nothing(talent: Actor) -> None:
    consent = factories.consent(talent, factories.likeness(talent))
    base = f"/likenesses/{consent.likeness.code}/"
    performer = consent.likeness.performer
    rival, viewer = signed_in(factories.talent()), signed_in(factories.member(talent))
    posts = {
        f"{base}consents/{consent.code}/": {"confirm": "Kim Min"},
        f"{base}consents/new/": CONSENT,
        f"/likenesses/of/{performer.code}/new/": {"attributes": ["face"], "description": "x"},
    }
    for address, data in posts.items():
        assert rival.post(address, data).status_code == 404
        assert viewer.post(address, data).status_code == 403
    assert rival.get(base).status_code == 404
    assert viewer.get(base).status_code == 200
    consent.refresh_from_db()
    assert consent.withdrawn_at is None
    assert (Consent.objects.count(), Likeness.objects.count()) == (1, 1)
