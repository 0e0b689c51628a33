"""A lab's request, from draft to the licensors, and back while nothing is paid."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.access import Actor, Permission
from accounts.errors import Conflict, Invalid, NotFound
from catalog.models import Asset
from ledger.models import Event
from licensing.deals import requests
from licensing.deals.requests import add_assets, remove_asset, submit_request, withdraw_request
from licensing.deals.transitions import approve_deal, decline_deal
from licensing.models import Clearance, Deal, DealState, Request, RequestItem
from licensing.money import MAX_MINOR
from tests import factories
from tests.accounts.witness import at_once, facts, only_with, refs, refused

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


@pytest.fixture
def studio() -> Actor:
    return factories.studio()


@pytest.fixture
def lab() -> Actor:
    return factories.lab()


@pytest.fixture
def file(studio: Actor) -> Asset:
    return factories.offered_words(studio)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"purpose": "p" * 1001}, "purpose"),
        ({"purpose": "p\0"}, "purpose"),
        ({"uses": []}, "uses"),
        ({"uses": ["dream"]}, "uses"),
        ({"model_kinds": []}, "model_kinds"),
        ({"model_kinds": ["huge"]}, "model_kinds"),
        ({"territory": ["Atlantis"]}, "territory"),
        ({"ends_at": factories.STARTS}, "ends_at"),
        ({"ends_at": factories.STARTS + timedelta(milliseconds=1)}, "ends_at"),
        ({"starts_at": datetime(2026, 1, 1)}, "starts_at"),  # noqa: DTZ001
        ({"starts_at": datetime(26, 1, 1, tzinfo=UTC)}, "starts_at"),
        ({"exclusivity": "very"}, "exclusivity"),
        ({"price_minor": -1}, "price_minor"),
        ({"price_minor": MAX_MINOR + 1}, "price_minor"),
        ({"currency": "BTC"}, "currency"),
    ],
)
def test_a_request_that_makes_no_sense_leaves_nothing(
    lab: Actor, change: dict[str, Any], field: str
) -> None:
    with refused(Invalid, field):
        factories.draft(lab, [], **change)
    assert not Request.objects.exists()


def test_a_draft_is_the_labs_own_affair(studio: Actor, lab: Actor, file: Asset) -> None:
    count = Event.objects.count()
    request = factories.draft(lab, [file])
    add_assets(actor=lab, code=request.code, assets=[file.code, file.code])
    assert request.items.count() == 1
    remove_asset(actor=lab, code=request.code, asset=file.code)
    assert not request.items.exists()
    with refused(NotFound):
        remove_asset(actor=lab, code=request.code, asset=file.code)
    with refused(Conflict):
        submit_request(actor=lab, code=request.code)
    withdraw_request(actor=lab, code=request.code)
    assert Event.objects.count() == count
    assert not Request.objects.visible_to(studio).exists()
    assert not Deal.objects.exists()


def test_only_what_is_offered_can_be_asked_for(studio: Actor, lab: Actor, file: Asset) -> None:
    hidden = factories.words(studio, factories.title(studio))
    request = factories.draft(lab, [])
    with refused(Invalid, "assets"):
        add_assets(actor=lab, code=request.code, assets=[file.code, hidden.code])
    with refused(Invalid, "assets"):
        add_assets(actor=lab, code=request.code, assets=["7K3F2Q9D+001", ""])
    assert not request.items.exists()


def test_a_request_holds_so_many_files_and_no_more(
    studio: Actor, lab: Actor, file: Asset, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert file.title is not None
    more = [factories.words(studio, file.title, str(number)).code for number in range(3)]
    monkeypatch.setattr(requests, "MAX_ITEMS", 2)
    request = factories.draft(lab, [file])
    for codes in (more, more[:2]):
        with refused(Invalid, "assets"):
            add_assets(actor=lab, code=request.code, assets=codes)
    assert request.items.count() == 1


def test_the_price_of_all_files_is_one_that_can_be_kept(
    studio: Actor, lab: Actor, file: Asset
) -> None:
    assert file.title is not None
    more = factories.words(studio, file.title, "more")
    request = factories.draft(lab, [file], price_minor=MAX_MINOR)
    with refused(Invalid, "price_minor"):
        add_assets(actor=lab, code=request.code, assets=[more.code])
    assert request.items.count() == 1
    submit_request(actor=lab, code=request.code)
    assert request.deals.get().amount_minor == MAX_MINOR


def test_a_request_reaches_every_licensor_with_a_verdict_for_each_file(
    studio: Actor, lab: Actor, file: Asset
) -> None:
    other = factories.studio()
    files = [file, factories.offered_words(other)]
    request = factories.draft(lab, files, territory=["US"])
    submit_request(actor=lab, code=request.code)
    events = list(Event.objects.filter(pk__gt=_submitted(request).pk).order_by("pk"))
    assert [event.kind for event in events] == [
        *["deal.opened"] * 2,
        "engine.published",  # before its first verdict
        *["clearance.decided"] * 2,
    ]
    said = facts(_submitted(request))
    assert said["assets"] == sorted(each.code for each in files)
    assert said["scope"] == {
        "uses": ["train.pretrain"],
        "model_kinds": ["foundation"],
        "territory": ["US"],
        "starts_at": "2026-01-01T00:00:00+00:00",
        "ends_at": "2036-01-01T00:00:00+00:00",
        "exclusivity": "non_exclusive",
        "price_minor": 100_000,
        "currency": "USD",
    }
    assert refs(_submitted(request)) == {"organisation": lab.name}
    for deal in request.deals.all():
        opened = Event.objects.get(stream=deal.stream)
        assert refs(opened) == {"request": request.stream, "licensor": deal.licensor.stream}
        assert facts(opened) == {"terms": {"amount_minor": 100_000, "currency": "USD"}}
        assert [item.asset.organisation for item in deal.items.all()] == [deal.licensor]
    for clearance in Clearance.objects.all():
        decided = Event.objects.get(stream=clearance.stream)
        assert decided.facts().data == {"verdict": "CLEAR", "engine": clearance.engine}
        assert refs(decided)["asset"] == clearance.item.asset.stream
        assert facts(decided)["case"] == {
            "sha256": clearance.case_sha256,
            "tables": clearance.decision.tables_id,
        }
    with refused(Conflict):
        submit_request(actor=lab, code=request.code)
    with refused(Conflict):
        add_assets(actor=lab, code=request.code, assets=[file.code])
    with refused(Conflict):
        remove_asset(actor=lab, code=request.code, asset=file.code)
    assert RequestItem.objects.count() == 2


def _submitted(request: Request) -> Event:
    return Event.objects.get(stream=request.stream, kind="request.submitted.v2")


def test_a_request_is_withdrawn_with_the_deals_that_are_open(lab: Actor, file: Asset) -> None:
    refuser, agreed = factories.studio(), factories.studio()
    files = [file, factories.offered_words(refuser), factories.offered_words(agreed)]
    request = factories.draft(lab, files)
    submit_request(actor=lab, code=request.code)
    decline_deal(
        actor=refuser, code=request.deals.get(licensor=refuser.organisation).code, reason="No."
    )
    approve_deal(actor=agreed, code=request.deals.get(licensor=agreed.organisation).code)
    withdraw_request(actor=lab, code=request.code)
    states = sorted(request.deals.values_list("state", flat=True))
    assert states == ["declined", "withdrawn", "withdrawn"]
    newest = list(Event.objects.order_by("-pk").values_list("kind", flat=True)[:3])
    assert newest == ["deal.withdrawn", "deal.withdrawn", "request.withdrawn"]
    with refused(Conflict):
        withdraw_request(actor=lab, code=request.code)


@pytest.mark.parametrize("state", [DealState.SETTLED, DealState.HELD, DealState.GRANTED])
def test_what_is_paid_is_not_withdrawn(lab: Actor, file: Asset, state: DealState) -> None:
    deal = factories.deal(lab, [file])
    Deal.objects.filter(pk=deal.pk).update(state=state)
    with refused(Conflict):
        withdraw_request(actor=lab, code=deal.request.code)
    deal.refresh_from_db()
    deal.request.refresh_from_db()
    assert (deal.state, deal.request.state) == (state, "submitted")


def test_each_step_needs_its_right_and_its_lab(lab: Actor, file: Asset) -> None:
    rival = factories.lab()
    request = factories.draft(lab, [file])
    code = request.code
    steps = (
        (Permission.EDIT_REQUESTS, lambda who: factories.draft(who, [])),
        (
            Permission.EDIT_REQUESTS,
            lambda who: add_assets(actor=who, code=code, assets=[file.code]),
        ),
        (Permission.EDIT_REQUESTS, lambda who: remove_asset(actor=who, code=code, asset=file.code)),
        (Permission.EDIT_REQUESTS, lambda who: withdraw_request(actor=who, code=code)),
        (Permission.SUBMIT_REQUESTS, lambda who: submit_request(actor=who, code=code)),
    )
    for number, (permission, step) in enumerate(steps):
        only_with(permission, lab, step)
        if number:
            with refused(NotFound):
                step(rival)
    request.refresh_from_db()
    assert (request.state, request.items.count()) == ("draft", 1)
    assert Request.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_draft_filled_and_submitted_at_once_stays_whole(lab: Actor, studio: Actor) -> None:
    files = [factories.offered_words(studio) for _ in range(2)]
    request = factories.draft(lab, files[:1])
    code, codes = request.code, [each.code for each in files]
    raised = at_once(
        lambda: add_assets(actor=lab, code=code, assets=codes),
        lambda: add_assets(actor=lab, code=code, assets=codes[::-1]),
        lambda: submit_request(actor=lab, code=code),
        lambda: submit_request(actor=lab, code=code),
    )
    assert all(error is None or isinstance(error, Conflict) for error in raised)
    assert raised[2:].count(None) == 1
    deal = request.deals.get()
    assert deal.items.count() == request.items.count() == Clearance.objects.count()
    assert deal.amount_minor == 100_000 * deal.items.count()
