"""Gathering what an agreement says: the deal's parties, files and consents, and nobody else's."""

from typing import Any

import orjson
import pytest

from catalog.objects import object_store
from catalog.withdrawing import withdraw_consent
from licensing.deals.agreements import draw_up, keep_documents
from licensing.deals.counter_offers import accept_terms, rounds
from licensing.deals.requests import submit_request
from licensing.deals.transitions import approve_deal
from licensing.models import Agreement, Deal
from licensing.verdicts.clearances import consents_reaching
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


def test_the_same_terms_are_the_same_bytes_and_kept_once() -> None:
    studio, lab = factories.studio("Peach"), factories.lab("Lumen")
    file = factories.offered_words(studio, names={"ko": "빅 벅 버니"})
    deal = Deal.objects.get(pk=factories.deal(lab, [file]).pk)
    first = draw_up(deal, list(deal.items.all()), agreed_at=factories.STARTS, declared={})
    same = Deal.objects.get(pk=deal.pk)
    again = draw_up(same, list(deal.items.all()), agreed_at=factories.STARTS, declared={})
    assert (first.pdf, first.odrl) == (again.pdf, again.odrl)
    for _ in range(2):
        keep_documents(first)
    assert sorted(object_store().keys("agreements/")) == sorted([first.pdf_key, first.odrl_key])
    said = first.odrl.decode()
    for word in (deal.code, file.code, deal.licensor.code, deal.request.organisation.code):
        assert word in said
    assert orjson.loads(first.odrl)
    assert first.pdf.startswith(b"%PDF")


def test_an_agreement_names_only_the_consents_it_rests_on() -> None:
    agency, lab, rival = factories.talent(), factories.lab(), factories.lab()
    assert rival.organisation is not None
    likeness = factories.likeness(agency)
    file = factories.words(agency, likeness)
    factories.offer(agency, likeness)
    right = factories.consent(agency, likeness, attributes=["face", "voice"])
    file.kind = "audio"
    file.save(update_fields=["kind"])
    others = [
        factories.consent(agency, likeness, uses=["dub"]),
        factories.consent(agency, likeness, attributes=["face"]),
        factories.consent(agency, likeness, grantee_code=rival.organisation.code),
        factories.consent(agency, likeness, starts_at=factories.ENDS, ends_at=None),
        factories.consent(agency, likeness, model_kinds=["evaluation_only"]),
    ]
    gone = factories.consent(agency, likeness)
    withdraw_consent(actor=agency, code=gone.code)
    request = factories.draft(lab, [file], uses=["generate.likeness"])
    submit_request(actor=lab, code=request.code)
    deal, files = request.deals.get(), list(request.items.all())
    said = draw_up(deal, files, agreed_at=factories.STARTS, declared={}).odrl.decode()
    assert [each.code for each in [right, gone, *others] if each.code in said] == [right.code]
    assert consents_reaching(file, request) == [right]


def test_what_a_rate_card_promises_stands_in_the_agreement_until_other_terms_do() -> None:
    studio, lab = factories.studio(), factories.lab()
    title = factories.title(studio)
    words = factories.words(studio, title)
    factories.ownership(studio, title)
    factories.offer(studio, title, price_minor=1_000, most_favoured=True)

    def opened() -> Deal:
        request = factories.draft(lab, [words], price_minor=None)
        submit_request(actor=lab, code=request.code)
        return request.deals.get()

    def obligations(deal: Deal) -> list[dict[str, Any]]:
        approve_deal(actor=studio, code=deal.code)
        key = Agreement.objects.get(deal=deal).odrl_key
        with object_store().open(key) as file:
            said = orjson.loads(file.read())
        return [each for each in said["obligation"] if "edgecode:unitPrice" in each]

    [promise] = obligations(opened())
    assert promise["edgecode:of"] == title.code
    assert promise["edgecode:unitPrice"]["payAmount"] == "10.00"
    countered = opened()
    factories.counter_offer(studio, countered, price_minor=900)
    [told] = rounds(countered)
    assert (told.ends_promise, told.amount_before) == (True, 1_000)
    accept_terms(actor=lab, code=countered.code, number=1)
    assert obligations(countered) == []
