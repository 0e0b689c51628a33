"""Other terms for a deal on its page: proposed, compared, answered."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.access import Actor
from accounts.models import Role
from licensing.models import CounterOffer, Deal
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
def deal(studio: Actor, lab: Actor) -> Deal:
    return factories.deal(lab, [factories.offered_words(studio)])


def form(**changes: object) -> dict[str, object]:
    return {
        "answers": 0,
        "price_minor": "1,200.00",
        "uses": ["train.pretrain"],
        "model_kinds": ["foundation"],
        "territory": "World except JP",
        "starts_at": factories.STARTS.date().isoformat(),
        "ends_at": factories.ENDS.date().isoformat(),
        "exclusivity": "non_exclusive",
        "message": "Japan is sold.",
        "days": 10,
    } | changes


def test_a_proposal_is_read_beside_what_stands_and_accepted(
    studio: Actor, lab: Actor, deal: Deal
) -> None:
    mine, theirs = signed_in(studio), signed_in(lab)
    at = f"/deals/{deal.code}/"
    assert "Propose other terms" in words(mine.get(at))
    begun = mine.get(f"{at}terms/")
    assert 'value="1000.00"' in begun.text
    sent = mine.post(f"{at}terms/", form())
    assert sent.status_code == 303
    page = words(theirs.get(at))
    assert "Peach Pictures proposes other terms." in page
    assert "Japan is sold." in page
    assert "In these terms 1 of 1 file could be licensed now, for USD 1,200.00." in page
    assert "USD 1,000.00 USD 1,200.00" in page
    assert words(mine.get(at)).count("You proposed other terms.") == 1
    assert "Approve" not in words(mine.get(at))
    assert "Terms that you are asked to answer" in words(theirs.get("/home/"))
    assert "Terms that you are asked to answer" not in words(mine.get("/home/"))
    assert theirs.post(f"{at}terms/1/accept/").status_code == 303
    page = words(mine.get(at))
    assert "Approve 1 file for USD 1,200.00" in page
    assert "Terms both sides accepted" in page
    assert "The price agreed on is not the one on offer" in page
    assert "Offered at USD 1,000.00 per file, agreed on at USD 1,200.00" in page
    assert "1 earlier proposal of other terms" in page
    assert "Other terms accepted" in page  # in its history


def test_an_answer_with_other_terms_begins_with_theirs(
    studio: Actor, lab: Actor, deal: Deal
) -> None:
    mine, theirs = signed_in(studio), signed_in(lab)
    at = f"/deals/{deal.code}/"
    mine.post(f"{at}terms/", form())
    begun = theirs.get(f"{at}terms/")
    assert 'value="1200.00"' in begun.text
    wide = theirs.post(f"{at}terms/", form(answers=1, ends_at="", message=""))
    assert wide.status_code == 422
    assert "The term ends after the one that the lab has asked for." in words(wide)
    assert theirs.post(f"{at}terms/", form(answers=1, price_minor="1100")).status_code == 303
    refused = mine.post(f"{at}terms/2/refuse/", {"reason": ""})
    assert refused.status_code == 422
    mine.post(f"{at}terms/2/refuse/", {"reason": "Too little."})
    page = words(theirs.get(at))
    assert "Too little." in page
    assert "2 earlier proposals of other terms" in page
    assert [each.answer for each in CounterOffer.objects.order_by("number")] == [
        "countered",
        "refused",
    ]
    # What nobody touched stays to the second.
    assert CounterOffer.objects.latest("number").starts_at == deal.starts_at


def test_who_may_not_bind_the_side_reads_and_does_not_answer(
    studio: Actor, lab: Actor, deal: Deal
) -> None:
    made = factories.counter_offer(studio, deal)
    at = f"/deals/{deal.code}/"
    viewer = signed_in(factories.member(lab, Role.VIEWER))
    assert "A member with the role approver or owner answers." in words(viewer.get(at))
    assert viewer.get(f"{at}terms/").status_code == 403
    assert viewer.post(f"{at}terms/1/accept/").status_code == 403
    assert signed_in(factories.lab()).post(f"{at}terms/1/accept/").status_code == 404
    with time_machine.travel(made.expires_at + timedelta(seconds=1)):
        page = words(signed_in(lab).get(at))
        assert "Nobody answered the terms that were proposed in time." in page
    assert made.expires_at > timezone.now()
