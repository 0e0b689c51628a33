"""Amending a licence in the browser: the form, both sides' deal room, what the old one says."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.access import Actor
from accounts.models import Role
from catalog.models import Asset
from licensing.deals.transitions import approve_deal
from licensing.grants.issuing import issue_pending
from licensing.models import Deal, Grant, Request
from licensing.payments.settlements import record_bank_transfer, settle_nothing_due_pending
from tests import factories
from tests.web.reading import signed_in, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


@pytest.fixture
def studio() -> Actor:
    return factories.studio("Peach Pictures")


@pytest.fixture
def lab() -> Actor:
    return factories.lab("Lumen Lab")


@pytest.fixture
def file(studio: Actor) -> Asset:
    return factories.offered_words(studio)


@pytest.fixture
def grant(studio: Actor, lab: Actor, file: Asset) -> Grant:
    return factories.grant(studio, lab, [file])


def filled(**changes: Any) -> dict[str, Any]:
    """Return the form as it comes, but for these fields."""
    given = {
        "uses": ["train.pretrain"],
        "model_kinds": ["foundation"],
        "territory": "WORLD",
        "ends_at": "2036-01-01",
        "exclusivity": "non_exclusive",
        "price_minor": "0",
    }
    return given | changes


def test_a_lab_amends_and_both_see_what_changes_and_what_became_of_it(
    studio: Actor, lab: Actor, grant: Grant
) -> None:
    mine, theirs = signed_in(lab), signed_in(studio)
    address = f"/grants/{grant.code}/"
    assert "Amend this licence" in words(mine.get(address))
    form = words(mine.get(f"{address}amend/"))
    assert "The form begins with the present terms" in form
    made = mine.post(f"{address}amend/", filled(ends_at="2040-01-01", price_minor="300"))
    asked = Request.objects.get(amends=grant)
    assert (made.status_code, made["Location"]) == (303, f"/requests/{asked.code}/")
    draft = words(mine.get(f"/requests/{asked.code}/"))
    assert "Amends licence" in draft
    assert "changed" in draft
    assert "Add files" not in draft
    assert "Outside the offer" not in draft
    mine.post(f"/requests/{asked.code}/submit/")
    deal = Deal.objects.get(request=asked)
    room = words(theirs.get(f"/deals/{deal.code}/"))
    assert "Amends licence" in room
    assert "Additional, per file" in room
    assert "An amendment is under way" in words(theirs.get(address))
    for page in ("/deals/", "/requests/"):
        assert "amends" in words(mine.get(page))
    approve_deal(actor=studio, code=deal.code)
    record_bank_transfer(
        actor=studio,
        deal_code=deal.code,
        amount_minor=30_000,
        currency="USD",
        reference="Wire",
        settled_at=timezone.now(),
    )
    issue_pending()
    new = Grant.objects.get(deal=deal)
    old = words(mine.get(address))
    assert "An amended licence took the place of this one" in old
    assert "Amendment no. 1" in old
    assert "Amendment no. 1" in words(theirs.get(f"/grants/{new.code}/"))
    assert "amends" in words(mine.get("/grants/?state=active"))
    assert grant.display_code in words(mine.get("/grants/?state=superseded"))
    public = words(Client().get(address))
    assert "This grant has been superseded" in public
    assert new.display_code in public
    assert "can no longer be amended" in words(mine.get(f"{address}amend/"))


def test_a_licensor_proposes_and_the_lab_accepts_for_nothing(
    studio: Actor, lab: Actor, grant: Grant
) -> None:
    mine, theirs = signed_in(lab), signed_in(studio)
    terms = filled(ends_at="2030-01-01", message="We sell the title.", days="10")
    made = theirs.post(f"/grants/{grant.code}/amend/", terms)
    deal = Deal.objects.get(amends=grant)
    assert made["Location"] == f"/deals/{deal.code}/"
    assert deal.ends_at == datetime(2030, 1, 1, tzinfo=UTC)
    room = words(mine.get(made["Location"]))
    assert "We sell the title." in room
    assert "Amends licence" in room
    mine.post(f"/deals/{deal.code}/terms/1/refuse/", {"reason": "Too short."})
    assert "You have agreed to no terms" in words(mine.get(made["Location"]))
    assert "Lumen Lab has agreed to no terms" in words(theirs.get(made["Location"]))
    assert theirs.post(f"/deals/{deal.code}/approve/", {"terms": "0"}).status_code == 422
    again = {"answers": "0", "days": "10", "starts_at": deal.starts_at.date().isoformat()}
    theirs.post(f"/deals/{deal.code}/terms/", terms | again)
    mine.post(f"/deals/{deal.code}/terms/2/accept/")
    theirs.post(f"/deals/{deal.code}/approve/", {"terms": "2"})
    assert "Nothing is due" in words(theirs.get(made["Location"]))
    settle_nothing_due_pending()
    issue_pending()
    assert Grant.objects.get(pk=grant.pk).state == "superseded"
    assert "Nothing was due" in words(mine.get(made["Location"]))


def test_what_cannot_be_read_stands_beside_its_field(
    studio: Actor, lab: Actor, grant: Grant
) -> None:
    mine = signed_in(lab)
    address = f"/grants/{grant.code}/amend/"
    for changes, said in (
        ({"price_minor": "much"}, "price"),
        ({"left_out": "7K3F2Q9D+001"}, "Not a file of this licence"),
        ({"ends_at": "2020-01-01"}, "The end must lie after the start."),
        ({"model_kinds": []}, "Kinds of model"),
    ):
        answer = mine.post(address, filled(**changes))
        assert answer.status_code == 422
        assert said in words(answer)
    assert not Request.objects.filter(amends=grant).exists()
    assert signed_in(factories.lab()).get(address).status_code == 404
    assert signed_in(factories.member(lab, Role.VIEWER)).get(address).status_code == 403
    assert "Amend this licence" not in words(
        signed_in(factories.member(lab, Role.VIEWER)).get(f"/grants/{grant.code}/")
    )
