"""Other terms for a deal, through the API, from both sides."""

from typing import Any

import pytest

from catalog.models import Asset
from licensing.grants.issuing import issue_pending
from licensing.models import Deal
from tests import factories
from tests.api.callers import Caller
from tests.api.test_licensing import transfer

pytestmark = pytest.mark.usefixtures("var_dir")

TERMS: dict[str, Any] = {
    "uses": ["train.pretrain"],
    "model_kinds": ["foundation"],
    "territory": ["KR"],
    "starts_at": "2026-01-01T00:00:00Z",
    "ends_at": "2036-01-01T00:00:00Z",
    "exclusivity": "non_exclusive",
    "price_minor": 120_000,
}


@pytest.fixture
def film(studio: Caller) -> Asset:
    return factories.offered_film(studio.actor)


@pytest.fixture
def deal(lab: Caller, film: Asset) -> Deal:
    return factories.deal(lab.actor, [film])


def test_a_licence_in_other_terms_than_were_asked_for(
    studio: Caller, lab: Caller, outsider: Caller, deal: Deal
) -> None:
    at = f"deals/{deal.code}/"
    first = TERMS | {"answers": 0, "days": 7, "message": "Korea alone."}
    made = studio.post(f"{at}terms/", first, Idempotency_Key="p")
    assert (made.status, made.data["state"]) == (201, "countered")
    assert studio.post(f"{at}terms/", first, Idempotency_Key="p").data == made.data
    (told,) = made.data["counter_offers"]
    assert (told["side"], told["changed"], told["answer"]) == (
        "licensor",
        ["territory", "price_minor"],
        None,
    )
    assert (told["terms"]["territory"], told["before"]["territory"]) == (["KR"], "WORLD")
    # Who approves is the licensor's own affair.
    assert lab.get(at).data == made.data | {"approvals": None}
    for verb in ("accept", "take-back"):
        assert outsider.post(f"{at}terms/1/{verb}/").status == 404
    assert outsider.post(f"{at}terms/", first).status == 404
    assert studio.post(f"{at}approve/").status == 409
    assert studio.post(f"{at}terms/1/accept/").status == 409
    second = lab.post(f"{at}terms/", TERMS | {"answers": 1, "days": 7, "price_minor": 110_000})
    assert (second.status, second.data["price_minor"]) == (201, 100_000)
    refusal = {"reason": "Too little."}
    assert studio.post(f"{at}terms/1/refuse/", refusal).status == 409
    refused = studio.post(f"{at}terms/2/refuse/", refusal).data
    assert (refused["state"], refused["counter_offers"][1]["reason"]) == ("open", "Too little.")
    assert lab.post(f"{at}terms/", TERMS | {"answers": 0, "days": 7}).status == 201
    assert lab.post(f"{at}terms/3/take-back/").data["state"] == "open"
    studio.post(f"{at}terms/", TERMS | {"answers": 0, "days": 7})
    accepted = lab.post(f"{at}terms/4/accept/", Idempotency_Key="a").data
    assert (accepted["price_minor"], accepted["amount_minor"]) == (120_000, 120_000)
    assert (accepted["scope"]["territory"], accepted["terms_number"]) == (["KR"], 4)
    assert studio.post(f"{at}approve/", {"terms": 0}).status == 409
    assert studio.post(f"{at}approve/", {"terms": 4}).data["state"] == "approved"
    assert b'"KR"' in studio.get(f"{at}agreement.jsonld").content
    paid = studio.post(f"{at}bank-transfer/", transfer(amount_minor=120_000))
    assert paid.status == 201
    issue_pending()
    grant = lab.get("grants/").data["results"][0]["code"]
    assert lab.get(f"grants/{grant}/").data["territory"] == ["KR"]


def test_terms_beyond_the_request_name_their_field(studio: Caller, deal: Deal) -> None:
    wide = TERMS | {"answers": 0, "days": 7, "ends_at": None}
    answer = studio.post(f"deals/{deal.code}/terms/", wide)
    assert (answer.status, answer.fields) == (422, ["ends_at"])
    assert studio.post(f"deals/{deal.code}/terms/", {"answers": 0}).status == 422
