"""Who sees which row: each side its own, a stranger and nobody nothing."""

from typing import Any

import pytest
from django.utils import timezone

from accounts.access import Actor
from licensing.deals.holds import agree_to_cancellation, propose_cancellation
from licensing.models import (
    Agreement,
    Clearance,
    GrantedAsset,
    Payment,
    Refund,
    RequestItem,
    Settlement,
)
from licensing.payments.refunds import record_bank_refund
from tests import factories
from tests.licensing.law import american_law, held_for_a_condition

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


def test_both_sides_see_the_rows_of_their_deals_and_nobody_else_does() -> None:
    studio, lab = factories.studio(), factories.lab()
    factories.grant(studio, lab, [factories.offered_words(studio)])
    with american_law():
        deal = held_for_a_condition(studio, lab)
    propose_cancellation(actor=lab, code=deal.code, reason="Too late.")
    agree_to_cancellation(actor=studio, code=deal.code)
    record_bank_refund(
        actor=studio,
        deal_code=deal.code,
        amount_minor=deal.amount_minor,
        currency=deal.currency,
        reference="Back",
        refunded_at=timezone.now(),
    )
    strangers = [factories.studio(), factories.lab(), Actor()]
    models: list[Any] = [
        Agreement,
        Clearance,
        GrantedAsset,
        Refund,
        RequestItem,
        Settlement,
    ]
    for model in models:
        count = model.objects.count()
        assert count > 0
        assert [model.objects.visible_to(side).count() for side in (studio, lab)] == [count] * 2
        assert [model.objects.visible_to(who).count() for who in strangers] == [0] * 3


def test_a_draft_and_the_way_to_pay_are_the_labs_alone() -> None:
    studio, lab = factories.studio(), factories.lab()
    file = factories.offered_words(studio)
    factories.draft(lab, [file])
    assert not RequestItem.objects.visible_to(studio).exists()
    deal = factories.deal(lab, [file])
    Payment.objects.create(deal=deal, session_id="cs_1", url="https://pay.example/1")
    seen = [Payment.objects.visible_to(who).count() for who in (studio, lab, Actor())]
    assert seen == [0, 1, 0]
    assert RequestItem.objects.visible_to(studio).count() == 1
