"""The way of a licence through the API, seen from both sides and from outside."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Scope
from catalog.models import Asset
from licensing.grants.issuing import issue_pending
from licensing.models import Deal, Grant, Offer, Request, Settlement
from tests import factories
from tests.api.callers import Caller, caller
from tests.licensing.law import american_law, held_for_a_condition

pytestmark = pytest.mark.usefixtures("var_dir")

REQUEST = {
    "name": "Set one",
    "uses": ["train.pretrain"],
    "model_kinds": ["foundation"],
    "territory": "WORLD",
    "starts_at": "2026-01-01T00:00:00Z",
    "ends_at": "2036-01-01T00:00:00Z",
    "price_minor": 100_000,
    "currency": "USD",
}


def transfer(**changes: object) -> dict[str, object]:
    """Return a bank transfer that has just arrived."""
    price = {"amount_minor": 100_000, "currency": "USD", "reference": "Wire 1"}
    return price | {"settled_at": timezone.now().isoformat()} | changes


@pytest.fixture
def film(studio: Caller) -> Asset:
    return factories.offered_film(studio.actor)


def test_lists_are_asked_by_state_and_request(studio: Caller, lab: Caller, film: Asset) -> None:
    deal = factories.deal(lab.actor, [film])
    draft = factories.draft(lab.actor, [film])
    for address, found in (
        ("requests/?state=draft", [draft.code]),
        ("requests/?state=submitted", [deal.request.code]),
        ("deals/?state=open", [deal.code]),
        ("deals/?state=granted", []),
        (f"deals/?request={deal.request.code}", [deal.code]),
        (f"deals/?request={draft.code}&state=open", []),
        ("grants/?state=active", []),
        ("market/?use=train", [Offer.objects.get().code]),
    ):
        assert [row["code"] for row in lab.get(address).data["results"]] == found, address
    for address in ("requests/?state=new", "deals/?state=new", "grants/?state=new"):
        wrong = lab.get(address)
        assert (wrong.status, wrong.data["errors"][0]["field"]) == (422, "state")
        assert "Choose one of: " in wrong.data["detail"]
    assert lab.get("market/?use=fly").status == 422


def test_a_licence_from_the_market_to_its_revocation(
    studio: Caller, lab: Caller, outsider: Caller, film: Asset
) -> None:
    found = lab.get("market/?q=bunny&kind=film&use=train").data["results"]
    assert [one["of"]["name"] for one in found] == ["Big Buck Bunny"]
    assert lab.get("market/?q=bunny&kind=likeness").data["results"] == []
    offered = lab.get(f"market/{found[0]['of']['code']}/")
    assert [one["code"] for one in offered.data["results"]] == [film.code]
    assert "sha256" not in offered.data["results"][0]

    # What the offer allows is proposed, and a request that sends it back lies within.
    proposal = dict(offered.data["proposal"])
    assert proposal.pop("total_minor") == 100_000
    asked = lab.post("requests/", {"name": "As offered", "assets": [film.code]} | proposal).data
    assert [one["outside"] for one in asked["offers"]] == [[]]

    draft = lab.post(
        "requests/", REQUEST | {"assets": [film.code], "price_minor": 90_000}, Idempotency_Key="r"
    )
    assert draft.status == 201
    code = draft.data["code"]
    assert draft.data["items"][0]["verdict"] is None
    submitted = lab.post(f"requests/{code}/submit/", Idempotency_Key="s")
    item = submitted.data["items"][0]
    assert (item["asset"], item["verdict"]) == (film.code, "CLEAR")
    assert item["reasons"] == [{"code": "OK", "text": "Nothing stands in the way."}]
    assert lab.post(f"requests/{code}/submit/", Idempotency_Key="s").data == submitted.data
    assert lab.post(f"requests/{code}/submit/").status == 409
    assert lab.post(f"requests/{code}/assets/", {"assets": [film.code]}).status == 409

    deal = studio.get("deals/").data["results"][0]["code"]
    assert deal == item["deal"]
    seen = studio.get(f"deals/{deal}/")
    assert (seen.data["state"], seen.data["scope"]["uses"]) == ("open", ["train.pretrain"])
    beside = seen.data["offers"][0]
    assert (beside["of"]["name"], beside["outside"]) == ("Big Buck Bunny", ["price"])
    assert "Set one" not in seen.content.decode()  # the lab's own name for it
    assert lab.get(f"deals/{deal}/").data == seen.data | {"approvals": None}
    for path in ("", "agreement.pdf", "agreement.jsonld"):
        assert outsider.get(f"deals/{deal}/{path}").status == 404
    assert studio.get(f"deals/{deal}/agreement.pdf").status == 404
    assert lab.post(f"deals/{deal}/approve/").status == 403
    assert outsider.post(f"deals/{deal}/approve/").status == 404
    approved = studio.post(f"deals/{deal}/approve/", Idempotency_Key="a")
    assert (approved.status, approved.data["state"]) == (200, "approved")
    assert approved.data["items"][0]["agreed"] is True
    assert studio.post(f"deals/{deal}/approve/", Idempotency_Key="a").data == approved.data
    assert studio.post(f"deals/{deal}/approve/").status == 409
    pdf = lab.get(f"deals/{deal}/agreement.pdf")
    assert pdf.content.startswith(b"%PDF")
    assert pdf.headers["Content-Type"] == "application/pdf"
    policy = studio.get(f"deals/{deal}/agreement.jsonld")
    assert policy.headers["Content-Type"] == "application/ld+json"

    money = transfer(amount_minor=90_000)
    paid = studio.post(f"deals/{deal}/bank-transfer/", money, Idempotency_Key="t")
    assert (paid.status, paid.data["settlement"]["method"]) == (201, "bank_transfer")
    assert studio.post(f"deals/{deal}/bank-transfer/", money, Idempotency_Key="t").status == 201
    assert studio.post(f"deals/{deal}/bank-transfer/", transfer()).status == 409
    assert studio.post(f"deals/{deal}/decline/", {"reason": "late"}).status == 409
    assert Settlement.objects.count() == 1
    issue_pending()

    grant = lab.get("grants/").data["results"][0]["code"]
    assert lab.get(f"deals/{deal}/").data["grant"] == grant
    held = lab.get(f"grants/{grant}/").data
    assert (held["state"], [one["asset"] for one in held["files"]]) == ("active", [film.code])
    assert held["files"][0]["credential"] is None
    assert held["signing"] == {"due": 1, "signed": 0, "failed": 0}
    assert lab.get(f"grants/{grant}/credentials/").data["results"] == []
    assert Caller().get(f"status/{grant}/").data["state"] == "active"
    for path in ("", "credentials/"):
        assert outsider.get(f"grants/{grant}/{path}").status == 404
    assert lab.post(f"requests/{code}/withdraw/").status == 409

    assert lab.post(f"grants/{grant}/revoke/", {"reason": "x"}).status == 403
    assert outsider.post(f"grants/{grant}/revoke/", {"reason": "x"}).status == 404
    assert studio.post(f"grants/{grant}/revoke/").fields == ["reason"]
    ended = studio.post(f"grants/{grant}/revoke/", {"reason": "Rights sold"})
    assert (ended.data["state"], ended.data["revocation_reason"]) == ("revoked", "Rights sold")
    assert studio.post(f"grants/{grant}/revoke/", {"reason": "again"}).status == 409
    status = Caller().get(f"status/{grant}/")
    assert (status.data["state"], status.headers["Cache-Control"]) == (
        "revoked",
        "public, max-age=60",
    )


def test_a_blocked_file_says_why_and_stops_the_deal(
    studio: Caller, lab: Caller, film: Asset
) -> None:
    assert film.title is not None
    factories.fact(studio.actor, film.title, "restriction", uses=["train"])
    code = lab.post("requests/", REQUEST | {"assets": [film.code]}).data["code"]
    item = lab.post(f"requests/{code}/submit/").data["items"][0]
    assert item["verdict"] == "BLOCKED"
    assert item["reasons"] == [
        {"code": "CONTRACT_PROHIBITION", "text": "A contract forbids the use."}
    ]
    assert studio.post(f"deals/{item['deal']}/approve/").status == 409
    declined = studio.post(f"deals/{item['deal']}/decline/", {"reason": "Forbidden by contract"})
    assert (declined.data["state"], declined.data["decline_reason"]) == (
        "declined",
        "Forbidden by contract",
    )


def test_a_draft_is_changed_and_withdrawn(lab: Caller, film: Asset) -> None:
    code = lab.post("requests/", REQUEST).data["code"]
    assert lab.post(f"requests/{code}/submit/").status == 409  # nothing in it
    added = lab.post(f"requests/{code}/assets/", {"assets": [film.code]})
    assert [one["asset"] for one in added.data["items"]] == [film.code]
    dashed = film.code.replace("+", "-")
    assert lab.delete(f"requests/{code}/assets/{dashed}/").status == 204
    assert lab.delete(f"requests/{code}/assets/{dashed}/").status == 404
    assert lab.post(f"requests/{code}/withdraw/").data["state"] == "withdrawn"
    assert lab.post(f"requests/{code}/withdraw/").status == 409
    assert lab.get("requests/").data["results"][0]["state"] == "withdrawn"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"price_minor": -1}, "price_minor"),
        ({"price_minor": 10.5}, "price_minor"),
        ({"price_minor": True}, "price_minor"),
        ({"price_minor": 10**18}, "price_minor"),
        ({"currency": "XXX"}, "currency"),
        ({"currency": "usd"}, "currency"),
        ({"territory": ["Atlantis"]}, "territory"),
        ({"ends_at": "2026-01-01T00:00:00Z"}, "ends_at"),
        ({"ends_at": "2036-01-01"}, "ends_at"),
        ({"starts_at": "2026-13-01T00:00:00Z"}, "starts_at"),
        ({"uses": ["dance"]}, "uses"),
        ({"model_kinds": []}, "model_kinds"),
        ({"exclusivity": "mine"}, "exclusivity"),
        ({"assets": ["7K3F2Q9D+001"]}, "assets"),
        ({"assets": ["x"] * 501}, "assets"),
        ({"purpose": "x" * 1001}, "purpose"),
        ({"state": "submitted"}, "state"),
    ],
)
def test_a_wrong_request_names_the_field(lab: Caller, change: dict[str, Any], field: str) -> None:
    refused = lab.post("requests/", REQUEST | change)
    assert (refused.status, refused.fields) == (422, [field])
    assert not Request.objects.exists()


def test_a_request_of_others_does_not_exist(lab: Caller, outsider: Caller, film: Asset) -> None:
    code = lab.post("requests/", REQUEST | {"assets": [film.code]}).data["code"]
    other = Caller(secret=factories.api_key(factories.lab()))
    for stranger in (other, outsider):
        assert stranger.get(f"requests/{code}/").status == 404
        assert stranger.get("requests/").data["results"] == []
    assert other.post(f"requests/{code}/submit/").status == 404
    assert other.post(f"requests/{code}/withdraw/").status == 404
    assert other.post(f"requests/{code}/assets/", {"assets": [film.code]}).status == 404
    assert other.delete(f"requests/{code}/assets/{film.code}/").status == 404
    assert lab.get(f"requests/{code}/").data["state"] == "draft"


def test_what_is_not_offered_cannot_be_asked_for(studio: Caller, lab: Caller) -> None:
    hidden = factories.asset(studio.actor, factories.title(studio.actor))
    refused = lab.post("requests/", REQUEST | {"assets": [hidden.code]})
    assert (refused.status, refused.fields) == (422, ["assets"])
    assert not Request.objects.exists()


def test_offers_are_published_once_and_withdrawn(
    studio: Caller, lab: Caller, outsider: Caller
) -> None:
    title = factories.title(studio.actor)
    offer = {
        "of": title.code,
        "uses": ["train"],
        "model_kinds": ["foundation"],
        "price_minor": 5,
        "currency": "KRW",
    }
    assert studio.post("offers/", offer).status == 409  # no file yet
    factories.asset(studio.actor, title)
    assert outsider.post("offers/", offer).status == 404
    assert lab.post("offers/", offer).status == 403
    for change, field in [
        ({"price_minor": -5}, "price_minor"),
        ({"currency": "EURO"}, "currency"),
        ({"currency": "XTS"}, "currency"),
        ({"uses": []}, "uses"),
    ]:
        assert studio.post("offers/", offer | change).fields == [field]
    assert not Offer.objects.exists()
    made = studio.post("offers/", offer)
    assert (made.status, made.data["of"]["code"]) == (201, title.code)
    assert studio.post("offers/", offer).status == 409
    assert [one["code"] for one in lab.get("offers/").data["results"]] == [made.data["code"]]
    assert lab.get(f"market/{title.code}/").status == 200
    assert studio.get("market/").status == 403
    path = f"offers/{made.data['code']}/withdraw/"
    assert outsider.post(path).status == 404
    assert studio.post(path).data["withdrawn_at"] is not None
    assert studio.post(path).status == 409
    assert lab.get("offers/").data["results"] == []
    assert lab.get(f"market/{title.code}/").status == 404
    assert outsider.get("offers/").data["results"] == []


def test_money_is_recorded_exactly_and_by_finance_only(
    studio: Caller, lab: Caller, outsider: Caller, film: Asset
) -> None:
    deal = factories.deal(lab.actor, [film]).code
    path = f"deals/{deal}/bank-transfer/"
    assert studio.post(path, transfer()).status == 409  # not approved yet
    studio.post(f"deals/{deal}/approve/")
    for change, field in [
        ({"amount_minor": 99_999}, "amount_minor"),
        ({"amount_minor": -1}, "amount_minor"),
        ({"amount_minor": 100_000.0}, "amount_minor"),
        ({"currency": "EUR"}, "currency"),
        ({"settled_at": "2999-01-01T00:00:00Z"}, "settled_at"),
        ({"settled_at": "2026-01-01T00:00:00"}, "settled_at"),
        ({"settled_at": "2026-01-01T00:00:00Z"}, "settled_at"),  # before it was agreed
        ({"reference": ""}, "reference"),
    ]:
        assert studio.post(path, transfer(**change)).fields == [field]
    assert outsider.post(path, transfer()).status == 404
    assert lab.post(path, transfer()).status == 403
    poor = Caller(secret=factories.api_key(studio.actor, scopes=[Scope.READ, Scope.BINDING]))
    assert poor.post(path, transfer()).status == 403
    assert not Settlement.objects.exists()


def test_an_unpaid_deal_is_not_pushed_to_a_grant(
    studio: Caller, lab: Caller, outsider: Caller, film: Asset
) -> None:
    deal = factories.deal(lab.actor, [film]).code
    studio.post(f"deals/{deal}/approve/")
    assert outsider.post(f"deals/{deal}/retry/").status == 404
    assert studio.post(f"deals/{deal}/retry/").status == 409
    assert studio.get(f"deals/{deal}/").data["state"] == "approved"


def test_without_stripe_paying_says_so(studio: Caller, lab: Caller, film: Asset) -> None:
    deal = factories.deal(lab.actor, [film]).code
    assert lab.post(f"deals/{deal}/pay/").status == 409
    assert studio.post(f"deals/{deal}/pay/").status == 403
    assert lab.post(f"deals/{deal}/pay/cancel/").status == 409
    assert studio.post(f"deals/{deal}/pay/cancel/").status == 403
    assert Caller().post("stripe/webhook/", {"id": "evt_1"}).status in {409, 422, 503}


def test_lists_and_details_cost_the_same_whatever_their_length(
    studio: Caller, lab: Caller, film: Asset
) -> None:
    for who in (studio, lab):
        who.get("me/")
    factories.grant(studio.actor, lab.actor, [film])
    before = _costs(studio, lab)
    more = factories.offered_film(studio.actor, name="Sintel")
    factories.grant(studio.actor, lab.actor, [film, more])
    assert _costs(studio, lab) == before
    assert max(before.values()) <= 12


def _costs(studio: Caller, lab: Caller) -> dict[str, int]:
    grant, deal = Grant.objects.latest("pk").code, Deal.objects.latest("pk").code
    request = Request.objects.latest("pk").code
    asked = [(studio, path) for path in ("offers/", "deals/", f"deals/{deal}/", "grants/")]
    asked += [(lab, path) for path in ("market/", "requests/", f"requests/{request}/")]
    asked += [(lab, path) for path in (f"grants/{grant}/", f"grants/{grant}/credentials/")]
    costs = {}
    for who, path in asked:
        with CaptureQueriesContext(connection) as queries:
            assert who.get(path).status == 200
        costs[path.replace(grant, "").replace(deal, "").replace(request, "")] = len(queries)
    return costs


def test_a_held_deal_is_confirmed_over_the_api(studio: Caller, lab: Caller) -> None:
    with american_law():
        deal = held_for_a_condition(studio.actor, lab.actor).code
        [waits] = studio.get(f"deals/{deal}/").data["open_conditions"]
        assert (waits["side"], waits["conditions"][0]["detail"]) == ("licensor", "Heir 1/2")
        [seen] = lab.get(f"deals/{deal}/").data["open_conditions"]
        assert seen["conditions"][0]["detail"] == ""
        named = {"clearances": [waits["clearance"]]}
        assert lab.post(f"deals/{deal}/confirm/", named).fields == ["clearances"]
        assert studio.post(f"deals/{deal}/confirm/").fields == ["clearances"]
        assert studio.post(f"deals/{deal}/confirm/", named).data["state"] == "settled"
        issue_pending()
    assert lab.get(f"deals/{deal}/").data["state"] == "granted"


def test_a_held_deal_is_cancelled_and_refunded_over_the_api(
    studio: Caller, lab: Caller, outsider: Caller
) -> None:
    with american_law():
        deal = held_for_a_condition(studio.actor, lab.actor).code
    path = f"deals/{deal}/"
    assert outsider.post(f"{path}cancel/", {"reason": "No."}).status == 404
    assert lab.post(f"{path}cancel/agree/").status == 409
    proposed = lab.post(f"{path}cancel/", {"reason": "Too late."}).data["cancellation"]
    assert (proposed["reason"], proposed["agreed_at"]) == ("Too late.", None)
    fourteen_days = instant(proposed["alone_from"]) - instant(proposed["proposed_at"])
    assert (fourteen_days, proposed["carried_out_at"]) == (timedelta(days=14), None)
    assert outsider.post(f"{path}cancel/alone/").status == 404
    assert lab.post(f"{path}cancel/alone/").status == 409
    assert proposed["proposed_by"]["code"] == lab.actor.organisation.code  # type: ignore[union-attr]
    assert studio.post(f"{path}cancel/agree/").data["state"] == "refunding"
    money = {"amount_minor": 100_000, "currency": "USD", "reference": "Back 7"}
    money |= {"refunded_at": timezone.now().isoformat()}
    assert lab.post(f"{path}bank-refund/", money).status == 403
    wrong = studio.post(f"{path}bank-refund/", money | {"amount_minor": 1})
    assert wrong.fields == ["amount_minor"]
    done = studio.post(f"{path}bank-refund/", money)
    assert (done.status, done.data["state"]) == (201, "cancelled")
    refund = lab.get(path).data["refund"]
    assert (refund["method"], refund["amount_minor"]) == ("bank_transfer", 100_000)
    assert lab.get(f"codes/{refund['code']}/").data["kind"] == "refund"


def test_a_proposal_without_an_answer_is_carried_out_over_the_api(
    studio: Caller, lab: Caller
) -> None:
    with american_law():
        deal = held_for_a_condition(studio.actor, lab.actor).code
    path = f"deals/{deal}/"
    proposed = lab.post(f"{path}cancel/", {"reason": "Too late."}).data["cancellation"]
    with time_machine.travel(instant(proposed["alone_from"])):
        assert studio.post(f"{path}cancel/alone/").status == 409
        done = lab.post(f"{path}cancel/alone/").data
    assert (done["state"], done["cancellation"]["agreed_at"]) == ("refunding", None)
    assert done["cancellation"]["carried_out_at"] is not None


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_an_unpaid_deal_is_withdrawn_alone(studio: Caller, lab: Caller, film: Asset) -> None:
    deal = factories.deal(lab.actor, [film]).code
    studio.post(f"deals/{deal}/approve/")
    assert studio.post(f"deals/{deal}/withdraw/").status == 403
    assert lab.post(f"deals/{deal}/withdraw/").data["state"] == "withdrawn"
    assert lab.post(f"deals/{deal}/withdraw/").status == 409


@pytest.mark.django_db
def test_a_rate_card_is_published_and_a_price_by_it_is_explained() -> None:
    studio, lab = factories.studio(), factories.lab()
    file = factories.offered_words(studio)
    before = file.title.offers.get()  # type: ignore[union-attr]
    card = {
        "of": file.owner.code,
        "uses": ["train"],
        "model_kinds": ["foundation"],
        "price_minor": 1001,
        "currency": "USD",
        "per": "segment",
        "modifiers": [{"by": "exclusivity", "of": "sole", "times": "150%"}],
        "minimum_minor": 2000,
        "replaces": before.code,
    }
    api, theirs = caller(studio), caller(lab)
    made = api.post("offers/", card)
    assert made.status == 201
    assert made.data["modifiers"] == [{"by": "exclusivity", "of": "sole", "times": "3/2"}]
    bad = {"modifiers": [{"by": "use", "of": {}, "times": "2"}], "replaces": made.data["code"]}
    wrong = api.post("offers/", card | bad)
    assert wrong.status in {400, 422}
    asked = {
        "name": "Set", "uses": ["train.pretrain"], "model_kinds": ["foundation"],
        "starts_at": "2027-01-01T00:00:00Z", "ends_at": None, "exclusivity": "sole",
        "currency": "USD", "assets": [file.code],
    }  # fmt: skip
    draft = theirs.post("requests/", asked).data
    (price,) = draft["prices"]
    (line,) = price["lines"]
    assert (draft["by_card"], price["total_minor"], price["minimum_minor"]) == (True, 2000, 2000)
    assert (line["quantity"], line["amount_minor"], line["rounding_minor"]) == ("1", 1502, 0)
    deal = theirs.post(f"requests/{draft['code']}/submit/").data["items"][0]["deal"]
    for side in (api, theirs):
        told = side.get(f"deals/{deal}/").data
        assert told["prices"] == [price]
        assert told["amount_minor"] == 2000
