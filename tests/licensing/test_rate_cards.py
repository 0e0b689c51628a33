"""Rate cards: what they say, what a request comes to by them, and what a deal keeps of them."""

from typing import Any

import pytest

from accounts.access import Actor
from accounts.errors import Conflict, Invalid
from catalog.models import Asset
from edgecode.log.commitments import VALUE_BYTES_MAX, value_text
from ledger.models import Event
from licensing.deals.counter_offers import accept_terms
from licensing.deals.requests import MAX_ITEMS, submit_request
from licensing.deals.transitions import approve_deal
from licensing.models import Deal, DraftState, OfferDraft
from licensing.money import MAX_MINOR
from licensing.offers.drafts import Chosen, publish_draft
from licensing.offers.publishing import publish_offer, withdraw_offer
from licensing.offers.quotes import amount_by, card_sha256, codes_of, committed, explained
from licensing.verdicts.outside import beside_offers
from tests import factories
from tests.accounts.witness import facts, last, refused

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]
EXCLUSIVE = {"by": "exclusivity", "of": "exclusive", "times": "5/2"}


@pytest.fixture
def studio() -> Actor:
    return factories.studio()


@pytest.fixture
def lab() -> Actor:
    return factories.lab()


def film(studio: Actor, **card: Any) -> Asset:
    """Subtitles of two seconds, with a card of their own."""
    title = factories.title(studio, name=f"Film {len(str(card))}")
    file = factories.words(studio, title, text=str(card))
    factories.ownership(studio, title)
    factories.offer(studio, title, **card)
    return file


def test_a_deal_of_as_many_titles_as_a_request_may_have_is_committed_to() -> None:
    cards = [
        {
            "offer": f"{number:08}",
            "sha256": "f" * 64,
            "minimum_minor": MAX_MINOR,
            "files": {f"{number:08}+001": [MAX_MINOR, "1", None]},
        }
        for number in range(MAX_ITEMS)
    ]
    terms = {"amount_minor": MAX_MINOR, "currency": "USD", "cards": committed({"cards": cards})}
    assert len(value_text(terms)) <= VALUE_BYTES_MAX


def by_card(lab: Actor, files: list[Asset], **changes: Any) -> Deal:
    request = factories.draft(lab, files, price_minor=None, **changes)
    submit_request(actor=lab, code=request.code)
    return request.deals.get()


def test_a_deal_by_card_keeps_the_card_and_says_how_it_comes_to_its_price(
    studio: Actor, lab: Actor
) -> None:
    dear = film(studio, price_minor=1001, modifiers=[EXCLUSIVE])
    cheap = film(studio, price_minor=3, minimum_minor=500)
    deal = by_card(lab, [dear, cheap], exclusivity="exclusive")
    assert (deal.by_card, deal.amount_minor, deal.price_minor) == (True, 2503 + 500, 1502)
    offer = dear.title.offers.get()  # type: ignore[union-attr]
    sealed = next(facts(event) for event in _events(deal) if event.kind == "deal.opened")["terms"]
    cards = {card["offer"]: card for card in sealed["cards"]}
    assert cards[offer.code] == {
        "offer": offer.code,
        "sha256": card_sha256(offer),
        "minimum_minor": 0,
        "prices": {dear.code: 2503},
    }
    # What is on offer afterwards changes nothing.
    withdraw_offer(actor=studio, code=offer.code)
    factories.offer(studio, dear.title, price_minor=9)  # type: ignore[arg-type]
    by_code = {each.offer: each for each in explained(deal.quote.body)}
    (line,) = by_code[offer.code].lines
    assert [each.of for each in line.modifiers] == ["exclusive"]
    assert (line.group.amount_minor, line.shift_minor) == (2503, 0)
    (other,) = (each for each in by_code.values() if each.offer != offer.code)
    assert (other.quote.sum_minor, other.total_minor) == (3, 500)
    agreed = approve_deal(actor=studio, code=deal.code)
    assert agreed.amount_minor == 3003
    assert facts(_last_approval(deal))["approval"]["amount_minor"] == 3003


def test_only_the_files_that_are_agreed_on_are_paid(studio: Actor, lab: Actor) -> None:
    first, second = film(studio, price_minor=1000), film(studio, price_minor=77, per="segment")
    deal = by_card(lab, [first, second])
    assert deal.amount_minor == 1077
    body = deal.quote.body
    assert amount_by(body, {second.code}) == 77
    factories.fact(studio, first.title, "restriction", uses=["train"])  # type: ignore[arg-type]
    assert approve_deal(actor=studio, code=deal.code).amount_minor == 77
    assert codes_of(body) == {first.code, second.code}


def test_what_the_cards_have_no_price_for_is_not_submitted(studio: Actor, lab: Actor) -> None:
    file = film(studio, price_minor=1000)
    request = factories.draft(lab, [file], price_minor=None, currency="EUR")
    with refused(Conflict):
        submit_request(actor=lab, code=request.code)


def test_other_terms_name_a_price_and_the_card_says_it_no_more(studio: Actor, lab: Actor) -> None:
    deal = by_card(lab, [film(studio, price_minor=1000)])
    factories.counter_offer(studio, deal, price_minor=900)
    accept_terms(actor=lab, code=deal.code, number=1)
    deal.refresh_from_db()
    assert (deal.by_card, deal.amount_minor) == (False, 900)
    assert approve_deal(actor=studio, code=deal.code).amount_minor == 900


def test_the_price_beside_an_offer_is_that_of_its_card(studio: Actor, lab: Actor) -> None:
    file = film(studio, price_minor=1000, modifiers=[EXCLUSIVE])
    request = factories.draft(lab, [file], price_minor=1000, exclusivity="exclusive")
    (each,) = beside_offers(request, request.items.all())
    assert each.price_minor == 2500
    assert "price" in each.outside
    free = factories.draft(lab, [file], price_minor=None, exclusivity="exclusive")
    (each,) = beside_offers(free, free.items.all())
    assert each.outside == {}  # the card names a factor for exclusive licences, so it offers them


@pytest.mark.parametrize(
    ("modifiers", "field"),
    [
        ([{"by": "colour", "of": "red", "times": "2"}], "modifiers[0]"),
        ([{"by": "use", "of": "dream", "times": "2"}], "modifiers[0].of"),
        ([{"by": "model_kind", "of": "huge", "times": "2"}], "modifiers[0].of"),
        ([{"by": "territory", "of": ["NO", "XX"], "times": "2"}], "modifiers[0].of"),
        ([EXCLUSIVE, EXCLUSIVE | {"times": "3"}], "modifiers[1]"),
        ([EXCLUSIVE | {"times": "0"}], "modifiers[0].times"),
        ([EXCLUSIVE | {"times": "1/0"}], "modifiers[0].times"),
        ([EXCLUSIVE | {"times": "1001"}], "modifiers[0].times"),
        ([EXCLUSIVE | {"times": "1e999999999"}], "modifiers[0].times"),
        ([EXCLUSIVE | {"times": "twice"}], "modifiers[0].times"),
    ],
)
def test_modifiers_that_make_no_sense_are_named(
    studio: Actor, modifiers: list[dict[str, Any]], field: str
) -> None:
    title = factories.title(studio)
    factories.words(studio, title)
    with refused(Invalid, field):
        factories.offer(studio, title, modifiers=modifiers)
    factories.offer(studio, title, modifiers=[EXCLUSIVE | {"times": "150%"}])
    assert facts(last("offer.published"))["terms"]["modifiers"][0]["times"] == "3/2"


def test_a_draft_of_a_sheet_keeps_the_card_that_it_replaces(studio: Actor) -> None:
    file = film(studio, modifiers=[EXCLUSIVE], minimum_minor=10)
    title = file.title
    assert title is not None
    before = title.offers.get()
    draft = OfferDraft.objects.create(
        code="7K3F2Q9D", organisation=title.organisation, title=title, rows=[["a", "b", "train"]],
        proposed={}, uses=["train"], model_kinds=["foundation"], territory="WORLD",
        price_minor=5, currency="USD", state=DraftState.DIFFERS,
    )  # fmt: skip
    made = publish_draft(actor=studio, chosen=Chosen(draft.code, 1, before.code))
    assert (made.price_minor, made.modifiers, made.minimum_minor) == (5, [EXCLUSIVE], 10)
    with refused(Conflict):
        publish_offer(
            actor=studio, owner_code=title.code, uses=["train"], model_kinds=["foundation"],
            price_minor=1, currency="USD",
        )  # fmt: skip


def _events(deal: Deal) -> Any:
    return Event.objects.filter(stream=deal.stream)


def _last_approval(deal: Deal) -> Any:
    return _events(deal).get(kind="deal.approved")
