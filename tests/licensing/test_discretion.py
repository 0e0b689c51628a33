"""What a lab may learn of other people's deals by trying terms: nothing but what it can have."""

from typing import Any

import pytest
from django.utils import timezone

from accounts.access import Actor
from catalog.models import Asset
from licensing.deals.requests import submit_request
from licensing.deals.transitions import approve_deal
from licensing.library.estimates import estimate
from licensing.models import Request
from licensing.verdicts.clearances import evaluate
from licensing.verdicts.discretion import discreet_result
from tests import factories
from tests.web.reading import signed_in, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


@pytest.fixture
def studio() -> Actor:
    return factories.studio()


@pytest.fixture
def file(studio: Actor) -> Asset:
    return factories.offered_words(studio)


def on_paper(studio: Actor, file: Asset, kind: str, **body: Any) -> None:
    assert file.title is not None
    factories.fact(studio, file.title, kind, **body)


def told(lab: Actor, file: Asset, **terms: Any) -> tuple[str, tuple[object, ...]]:
    """Return what the page of a new draft says of the file, and its estimate."""
    draft = factories.draft(lab, [file], **terms)
    page = words(signed_in(lab).get(f"/requests/{draft.code}/"))
    found = estimate(draft, Request.objects.get(pk=draft.pk))
    assert found is not None
    said = (found.answer.verdicts, found.answer.obstacles, found.answer.mends, found.changes)
    return page.replace(draft.display_code, "").replace(draft.code, ""), said


def test_a_price_that_was_promised_to_a_rival_shows_in_no_draft(studio: Actor, file: Asset) -> None:
    price = {"amount": "37.13", "currency": "USD", "per": "asset"}
    on_paper(studio, file, "grant_out", to="Vireo", uses=["train"], mfn="unit_price", price=price)
    lab = factories.lab()
    answers = [told(lab, file, price_minor=price)[1] for price in (3712, 3713)]
    assert answers[0] == answers[1]
    page = told(lab, file, price_minor=3712)[0]
    assert "promised" not in page
    # Its licensor is told, and so is the lab once it has asked.
    asked = factories.draft(lab, [file], price_minor=3712)
    submit_request(actor=lab, code=asked.code)
    result = evaluate(asked.items.get(), as_of=timezone.now())[1]
    assert result["reasons"] == ["MFN_TRIGGER"]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("grant_out", {"to": "Vireo", "uses": ["train"], "exclusivity": "exclusive"}),
        ("grant_out", {"to": "Vireo", "uses": ["train"], "exclusivity": "sole"}),
        ("holdback", {"beneficiary": "Vireo", "uses": ["train"]}),
        ("option", {"holder": "Vireo", "type": "rofr", "notice": "P30D", "state": "exercised"}),
        ("cap", {"max_licensees": 0}),
    ],
)
def test_whatever_others_have_reads_the_same_in_a_draft(
    studio: Actor, file: Asset, kind: str, body: dict[str, Any]
) -> None:
    on_paper(studio, file, kind, **body, end="2031-05-01")
    page, (verdicts, obstacles, mends, _changes) = told(factories.lab(), file)
    assert "Not available from this licensor in these terms." in page
    for edge in ("2031", "exclusively", "sole licensee", "holdback", "option", "waiver"):
        assert edge not in page
    assert [code for code, _part in obstacles] == ["NOT_AVAILABLE"]  # type: ignore[attr-defined]
    assert mends == []
    assert set(verdicts) <= {"PARTIAL", "BLOCKED"}  # type: ignore[call-overload]


def test_a_deal_that_is_only_agreed_shows_no_edge(studio: Actor, file: Asset) -> None:
    agreed = factories.deal(factories.lab(), [file])
    approve_deal(actor=studio, code=agreed.code)
    page = told(factories.lab(), file, exclusivity="exclusive")[0]
    assert "Not available from this licensor in these terms." in page
    assert "another licence runs" not in page


def test_what_is_the_licensors_own_is_told_in_full(studio: Actor, file: Asset) -> None:
    on_paper(studio, file, "restriction", uses=["train.pretrain"], end="2031-05-01")
    on_paper(studio, file, "option", holder="Vireo", type="rofr", notice="P30D")
    draft = factories.draft(factories.lab(), [file])
    result = evaluate(draft.items.get(), as_of=timezone.now())[1]
    shown = discreet_result(result)
    assert shown["reasons"] == ["CONTRACT_PROHIBITION"]
    assert shown["blocked"] == result["blocked"]
    assert shown["conditions"] == []
    assert all(not each["conditions"] for each in shown["cleared"])
