"""Offers in public standards: what a crawler finds, and what a studio copies."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.test import Client

from accounts.access import Actor
from catalog.models import Asset
from licensing.grants.issuing import revoke_grant
from licensing.models import Offer
from licensing.offers.publishing import withdraw_offer
from tests import factories
from tests.licensing.rsl_reader import read
from tests.web.reading import signed_in, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


@pytest.fixture
def studio() -> Actor:
    return factories.studio("Peach Pictures")


@pytest.fixture
def film(studio: Actor) -> Asset:
    return factories.offered_words(studio)


def got(address: str) -> Any:
    """What anybody gets at an address, without a session."""
    return Client().get(address)


def body(response: Any) -> str:
    return bytes(response.getvalue()).decode()


def test_a_crawler_finds_the_licence_of_a_title_and_learns_no_name(
    studio: Actor, film: Asset
) -> None:
    site, code = settings.BASE_URL, film.code.partition("+")[0]
    lines = body(got("/robots.txt")).splitlines()
    licences = [line.removeprefix(f"License: {site}") for line in lines if "License" in line]
    assert licences == ["/rsl.xml", f"/id/organisation/{studio.organisation.code}/rsl.xml"]
    [reserved] = read(body(got("/rsl.xml")))["/"]
    assert not reserved.usage
    of_studio = got(licences[1])
    assert of_studio["Content-Type"] == "application/rsl+xml"
    assert list(read(body(of_studio))) == [f"/id/title/{code}"]
    page = got(f"/id/title/{code}/")
    assert page["Link"] == (
        f'<{site}/id/title/{code}/rsl.xml>; rel="license"; type="application/rsl+xml"'
    )
    assert page["tdm-reservation"] == "1"
    policy = json.loads(body(got(page["tdm-policy"].removeprefix(site))))
    assert policy["permission"][0]["duty"][0] == {"action": "obtainConsent"}
    entries = json.loads(body(got(f"/id/title/{code}/training-mining.json")))["data"]["entries"]
    assert {entry["use"] for entry in entries.values()} <= {"constrained", "notAllowed"}
    everything = [of_studio, page, got(f"/id/title/{code}/rsl.xml"), got("/robots.txt")]
    for answer in everything:
        assert film.title is not None
        assert film.title.name not in body(answer)
        assert "Peach" not in body(answer)


def test_who_asks_for_the_list_of_studios_again_and_again_is_told_to_wait(film: Asset) -> None:
    with time_machine.travel(datetime(2030, 1, 1, tzinfo=UTC), tick=False):
        answers = [got("/robots.txt").status_code for _ in range(31)]
    assert answers == [200] * 30 + [429]


def test_a_title_that_is_not_on_offer_says_nothing(studio: Actor, film: Asset) -> None:
    code = film.code.partition("+")[0]
    Offer.objects.update(ends_at=datetime(2030, 1, 1, tzinfo=UTC))
    addresses = [
        f"/id/title/{code}/",
        f"/id/title/{code}/rsl.xml",
        f"/id/title/{code}/tdm-policy.json",
        f"/id/title/{code}/training-mining.json",
        f"/id/organisation/{studio.organisation.code}/rsl.xml",
    ]
    assert {got(each).status_code for each in addresses} == {200}
    with time_machine.travel(datetime(2030, 1, 1, tzinfo=UTC) + timedelta(seconds=1)):
        assert {got(each).status_code for each in addresses} == {404}
    withdraw_offer(actor=studio, code=Offer.objects.get().code)
    assert {got(each).status_code for each in addresses} == {404}
    assert "organisation" not in body(got("/robots.txt"))
    assert got("/id/title/7K3F2Q9D/").status_code == 404


def test_a_studio_copies_its_addresses_and_reads_what_is_lost(studio: Actor, film: Asset) -> None:
    code = film.code.partition("+")[0]
    client = signed_in(studio)
    assert "Offers for programs" in words(client.get("/offers/"))
    page = words(client.get("/offers/standards/"))
    own = f"{settings.BASE_URL}/id/organisation/{studio.organisation.code}/rsl.xml"
    assert f"License: {own}" in page
    assert f"/id/title/{code}/" in page
    assert "what it cannot say" in words(client.get(f"/titles/{code}/offer/"))
    Offer.objects.update(model_kinds=["foundation"])
    told = words(client.get(f"/id/title/{code}/"))
    assert "For which kinds of model a use is licensed. So it is denied. foundation model" in told
    assert '<prohibits type="usage">all</prohibits>' in told
    other = signed_in(factories.studio("Plum Films"))
    nothing = words(other.get("/offers/standards/"))
    assert "No title is on offer" in nothing
    assert "/id/organisation/" not in nothing


def test_a_grant_has_a_policy_that_ends_with_it(studio: Actor, film: Asset) -> None:
    lab = factories.lab("Lumen Lab")
    grant = factories.grant(studio, lab, [film])
    client = signed_in(lab)
    page = words(client.get(f"/grants/{grant.code}/"))
    assert "That the licence may end before its term." in page
    key = factories.api_key(lab)
    address = f"/api/v1/grants/{grant.code}/policy/"
    said = client.get(address, headers={"Authorization": f"Bearer {key}"}).json()
    assert said == json.loads(body(client.get(f"/grants/{grant.code}/policy.jsonld")))
    assert said["dct:source"] == {"@id": f"{settings.BASE_URL}/id/agreement/{grant.deal.code}"}
    assert {"what": "clauses", "effect": "unsaid", "detail": []} in said["edgecode:cannotSay"]
    assert signed_in(factories.lab("Umber Lab")).get(address).status_code in {401, 404}
    revoke_grant(actor=studio, code=grant.code, reason="Not paid")
    grant.refresh_from_db()
    ended = json.loads(body(client.get(f"/grants/{grant.code}/policy.jsonld")))
    assert grant.revoked_at is not None
    for permission in ended["permission"]:
        last = permission["constraint"][-1]["rightOperand"]["@value"]
        assert datetime.fromisoformat(last) == grant.revoked_at
