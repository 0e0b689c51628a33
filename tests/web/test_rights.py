"""Rights of a title on its page: recorded as people write them, superseded, never edited."""

import pytest
from django.test import Client

from accounts.access import Actor
from catalog.models import Fact, Title
from catalog.rights import record_restriction
from tests import factories
from tests.web.reading import signed_in, text, words

pytestmark = pytest.mark.django_db

HOLDING = {
    "kind": "ownership",
    "party": "Peach Pictures",
    "grantor": "",
    "share": "1/3",
    "uses": ["ALL"],
    "territory": "World except South Korea, JP",
    "starts_at": "2020-01-01",
    "ends_at": "2030-01-01",
    "exclusivity": "exclusive",
    "document": "Certificate",
    "clause": "14",
}


@pytest.fixture
def studio() -> Actor:
    return factories.studio("Peach Pictures")


@pytest.fixture
def title(studio: Actor) -> Title:
    return factories.title(studio)


@pytest.fixture
def client(studio: Actor) -> Client:
    return signed_in(studio)


def test_a_title_without_rights_says_what_follows(client: Client, title: Title) -> None:
    assert "every request for this title is blocked" in words(
        client.get(f"/titles/{title.code}/rights/")
    )


def test_a_right_is_recorded_as_it_was_written(client: Client, title: Title) -> None:
    response = client.post(f"/titles/{title.code}/rights/new/", HOLDING)
    assert response.headers["Location"] == f"/titles/{title.code}/rights/"
    holding = Fact.objects.get()
    assert holding.territory == {"include": ["WORLD"], "except": ["JP", "KR"]}
    assert str(holding.starts_at) == "2020-01-01 00:00:00+00:00"
    page = words(client.get(f"/titles/{title.code}/rights/"))
    for said in (
        "Ownership, exclusive, 1/3",
        "World except Japan and South Korea",
        "1 Jan 2020 to 31 Dec 2029",
        "ends before 1 Jan 2030",
        "Certificate clause 14",
        "Stands",
    ):
        assert said in page
    assert "<rect" in text(client.get(f"/titles/{title.code}/rights/"))


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("territory", "Atlantis", "“Atlantis” is no country we know."),
        ("territory", "KR except KR", "Nothing is left of this territory"),
        ("territory", "World except", "Name the countries left out"),
        ("share", "3/2", "A share is more than 0 and at most 1/1."),
        ("ends_at", "2019-01-01", "The end must lie after the start."),
        ("kind", "assignment", "Name the party that gave the right."),
        ("uses", [], "Uses: This field is required."),
        ("party", "", "Who holds it: This field is required."),
    ],
)
def test_a_mistake_stands_beside_its_field(
    client: Client, title: Title, field: str, typed: object, said: str
) -> None:
    response = client.post(f"/titles/{title.code}/rights/new/", HOLDING | {field: typed})
    assert response.status_code == 422
    assert said in words(response)
    assert 'value="Certificate"' in text(response)
    assert not Fact.objects.exists()


def test_all_mistakes_are_told_at_once(client: Client, title: Title) -> None:
    mistakes = {
        "kind": "assignment",
        "party": "\N{ZERO WIDTH SPACE}",
        "share": "half",
        "territory": "Atlantis",
        "ends_at": "2019-01-01",
    }
    page = words(client.post(f"/titles/{title.code}/rights/new/", HOLDING | mistakes))
    for said in (
        "Who holds it: Give a name of 1 to 200 characters.",
        "Who gave it: Name the party that gave the right.",
        "Share: Write the share as a fraction, such as 1/3.",
        "Territory: “Atlantis” is no country we know.",
        "Until (not including): The end must lie after the start.",
    ):
        assert page.count(said) == 1, said
    assert not Fact.objects.exists()


def test_a_restriction_shows_document_and_clause(client: Client, title: Title) -> None:
    response = client.post(
        f"/titles/{title.code}/rights/new-restriction/",
        {
            "uses": ["train"],
            "territory": "EU",
            "document": "Director's contract",
            "clause": "14",
            "model_kinds": ["foundation"],
        },
    )
    assert response.status_code == 303
    restriction = Fact.objects.get()
    assert len(restriction.territory) == 27
    page = words(client.get(f"/titles/{title.code}/rights/{restriction.code}/"))
    for said in ("Forbidden by contract", "Director's contract", "Clause 14", "foundation model"):
        assert said in page


def test_a_superseded_right_stays_and_shows_it(client: Client, studio: Actor, title: Title) -> None:
    holding = factories.ownership(studio, title)
    address = f"/titles/{title.code}/rights/{holding.code}/"
    refused = client.post(address, {"reason": ""})
    assert refused.status_code == 422
    holding.refresh_from_db()
    assert holding.superseded_at is None
    assert client.post(address, {"reason": "Typing error"}).status_code == 303
    holding.refresh_from_db()
    assert holding.superseded_at is not None
    page = words(client.get(address))
    assert "Superseded" in page
    assert "Supersede:" not in page
    again = client.post(address, {"reason": "Again"})
    assert "This record has already been superseded." in words(again)


def test_others_and_viewers_record_nothing(client: Client, studio: Actor, title: Title) -> None:
    fact = record_restriction(actor=studio, title=title, uses=["train"])
    rival, viewer = signed_in(factories.studio()), signed_in(factories.member(studio))
    for address in ("new/", "new-restriction/", f"{fact.code}/"):
        whole = f"/titles/{title.code}/rights/{address}"
        assert rival.post(whole, HOLDING | {"reason": "x"}).status_code == 404
        assert viewer.post(whole, HOLDING | {"reason": "x"}).status_code == 403
    other = factories.title(studio, name="Other")
    assert client.get(f"/titles/{other.code}/rights/{fact.code}/").status_code == 404
    fact.refresh_from_db()
    assert fact.superseded_at is None
    assert not Fact.objects.exists()
