"""Comparable deals over the API: what is like a deal one has in mind, and a whole release."""

import hashlib

import pytest
from time_machine import travel

from licensing.comparable_deals import publish_precedents_pending
from licensing.models import PrecedentRelease
from tests import closed_deals, factories
from tests.api.callers import Caller

pytestmark = pytest.mark.django_db


def test_comparable_deals_are_found_and_a_release_is_had_word_for_word() -> None:
    with travel(closed_deals.NOVEMBER):
        closed_deals.twelve()
        publish_precedents_pending()
        lab = factories.lab()
        caller = Caller(lab, factories.api_key(lab))
        answer = caller.get("precedents/?modality=video&use=train.generative&currency=USD")
        (cell,) = answer.data["found"]
        assert (cell["month"], cell["deals"], cell["licensors"]) == ("2026-11", 12, 7)
        assert (cell["low_minor"], cell["median_minor"], cell["high_minor"]) == (320, 400, 500)
        assert (cell["per"], cell["kind"]) == ("minute", "film")
        assert caller.get("precedents/?modality=video&currency=KRW").data == {"found": []}
        for wrong in ("", "?modality=smell", "?modality=video&licensor=me"):
            assert caller.get(f"precedents/{wrong}").status == 422
        whole = caller.get("precedents/2026-11/")
        assert hashlib.sha256(whole.content).hexdigest() == PrecedentRelease.objects.get().sha256
        assert whole.data["cells"][0]["deals"] == 12
        assert caller.get("precedents/2026-12/").status == 404
        assert Caller().get("precedents/2026-11/").status == 401
