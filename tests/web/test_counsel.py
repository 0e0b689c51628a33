"""Counsel's queue: what a person must decide, and the opinion that lets it be cleared again."""

from io import BytesIO

import pytest
from django.test import Client

from accounts.access import Actor
from catalog.models import Asset, Evidence, Fact
from licensing.counsel.likeness_opinions import record_likeness_opinion
from licensing.library.readiness import check_readiness_pending
from licensing.models import Clearance, Deal, LikenessOpinion, ReviewItem
from tests import factories
from tests.web.reading import signed_in, text, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


@pytest.fixture
def studio() -> Actor:
    return factories.studio("Northgate")


@pytest.fixture
def file(studio: Actor) -> Asset:
    """A film of which an old licence says nothing of AI."""
    film = factories.title(studio, name="Harbour")
    file = factories.words(studio, film)
    factories.fact(
        studio, film, "grant_in", document="Deed of 1991", clause="7.2",
        **{"from": "Alder", "to": "Northgate"}, uses=["ALL"], sublicensable=True,
        start="1991-06-01",
    )  # fmt: skip
    factories.offer(studio, film)
    return file


@pytest.fixture
def deal(file: Asset) -> Deal:
    return factories.deal(factories.lab("Quill"), [file])


@pytest.fixture
def page(studio: Actor) -> Client:
    return signed_in(studio)


def opinion(**changes: object) -> dict[str, object]:
    given: dict[str, object] = {
        "resolves": "LEGACY_NEW_USE",
        "about": [fact.code for fact in Fact.objects.filter(kind="grant_in")],
        "by": "R. Ito",
        "signed": "2026-01-20",
        "uses": ["ALL"],
        "territory": "World",
        "tz": "UTC",
        "end_by": "never",
        "file": paper(),
    }
    return given | changes


def paper() -> BytesIO:
    file = BytesIO(factories.paper())
    file.name = "opinion.pdf"
    return file


def test_the_queue_teaches_while_nothing_is_open(page: Client) -> None:
    assert "No question is open" in words(page.get("/counsel/"))
    assert "0 Questions for counsel" in words(page.get("/home/"))


def test_a_question_stands_once_with_its_clause_and_who_waits(page: Client, deal: Deal) -> None:
    check_readiness_pending()
    assert ReviewItem.objects.count() == 2  # of the library, and of the deal
    said = words(page.get("/counsel/"))
    assert "An old deed may or may not reach AI uses." in said
    assert "Deed of 1991, clause 7.2" in said
    assert "Obtain and record counsel’s opinion." in said
    assert f"Quill EC {deal.code[:4]}" in said
    assert "1 of 1" in said
    assert "1 Questions for counsel" in words(page.get("/home/"))
    for nothing in ("?reason=CHAIN_BREAK", "?q=elsewhere", "?q=%00&reason=CHAIN_BREAK"):
        assert "No question of this kind" in words(page.get(f"/counsel/{nothing}"))
    for found in ("?of=deals", "?q=harb", "?reason=LEGACY_NEW_USE", "?cursor=none", "?cursor=-0"):
        assert "Harbour" in text(page.get(f"/counsel/{found}"))
    other = signed_in(factories.studio())
    assert "No question is open" in words(other.get("/counsel/"))
    film = deal.items.get().asset.title
    assert film is not None
    assert other.get(f"/counsel/{film.code}/LEGACY_NEW_USE/").status_code == 404


def test_an_opinion_with_its_paper_clears_again_what_it_reaches(
    page: Client, file: Asset, deal: Deal
) -> None:
    assert file.title is not None
    check_readiness_pending()
    address = f"/counsel/{file.title.code}/LEGACY_NEW_USE/"
    missing = page.post(address, {k: v for k, v in opinion().items() if k != "file"})
    assert missing.status_code == 422
    assert "Hand in the opinion, or choose a document" in words(missing)
    assert not Fact.objects.filter(kind="counsel_opinion").exists()
    narrow = page.post(address, opinion(territory="KR"))
    assert narrow.status_code == 303
    assert narrow["Location"] == address
    assert "The question stays open" in words(page.get(address))
    assert Clearance.objects.filter(item__deal=deal).count() == 2
    assert Clearance.objects.latest("pk").verdict == "REVIEW"
    whole = page.post(address, opinion())
    assert whole["Location"] == "/counsel/"
    assert Clearance.objects.latest("pk").verdict == "CLEAR"
    fact = Fact.objects.filter(kind="counsel_opinion").latest("pk")
    assert fact.evidence == Evidence.objects.latest("pk")
    assert not ReviewItem.objects.exists()
    settled = page.get(address, follow=True)
    assert "This question is settled" in words(settled)


def test_a_question_that_a_record_settles_takes_no_opinion(
    studio: Actor, page: Client, file: Asset
) -> None:
    film = file.title
    assert film is not None
    Fact.objects.all().delete()
    factories.ownership(studio, film)
    factories.fact(
        studio, film, "holdback", beneficiary="Cinema", end={"event": "premiere", "lag": "P1M"}
    )
    check_readiness_pending()
    said = words(page.get(f"/counsel/{film.code}/EVENT_DATE_UNKNOWN/"))
    assert "No opinion can answer this" in said
    assert "Record the date of the event." in said
    viewer = signed_in(factories.member(studio))
    assert "Harbour" in words(viewer.get("/counsel/"))


def test_a_deal_that_is_decided_waits_no_longer(page: Client, deal: Deal) -> None:
    assert "1 of 1" in words(page.get("/counsel/?of=deals"))
    Deal.objects.update(state="declined")
    assert "No question is open" in words(page.get("/counsel/"))


def test_an_agencys_counsel_answers_a_question_of_a_likeness() -> None:
    agency = factories.talent("Hanbit")
    likeness = factories.likeness(agency, ["name"])
    consent = factories.consent(
        agency, likeness, uses=["ALL"], attributes=["name"], description="All purposes."
    )
    file = factories.words(agency, likeness)
    factories.offer(agency, likeness)
    deal = factories.deal(factories.lab("Quill"), [file])
    page = signed_in(agency)
    queue = words(page.get("/counsel/"))
    assert "An old deed may or may not reach AI uses." in queue
    assert "All purposes." in queue
    assert "1 Questions for counsel" in words(page.get("/home/"))
    assert "Kim Min" in words(page.get(f"/counsel/?q={likeness.code[:4]}"))
    address = f"/counsel/{likeness.code}/LEGACY_NEW_USE/"
    given = opinion(about=[consent.code], document="Privileged memo")
    bare = page.post(address, {k: v for k, v in given.items() if k != "file"})
    assert bare.status_code == 422
    assert "Hand in the opinion, or choose a document" in words(bare)
    viewer = signed_in(factories.member(agency))
    assert viewer.post(address, opinion(about=[consent.code])).status_code == 403
    assert signed_in(factories.talent()).get(address).status_code == 404
    done = page.post(address, given)
    assert done["Location"] == "/counsel/"
    assert Clearance.objects.filter(item__deal=deal).latest("pk").verdict == "CLEAR"
    assert "No question is open" in words(page.get("/counsel/"))
    recorded = LikenessOpinion.objects.get()
    assert recorded.evidence == Evidence.objects.latest("pk")
    own = f"/likenesses/{likeness.code}/opinions/{recorded.code}/"
    assert own in text(page.get(f"/likenesses/{likeness.code}/consents/"))
    assert own in text(page.get(f"/documents/{recorded.evidence.code}/"))
    assert "Privileged memo" in words(page.get(own))
    assert page.post(own, {"reason": ""}).status_code == 422
    assert page.post(own, {"reason": "Read again."}).status_code == 303
    assert "Kim Min" in words(page.get("/counsel/"))


def test_a_lab_reads_nothing_of_an_opinion() -> None:
    agency, quill = factories.talent("Hanbit"), factories.lab("Quill")
    likeness = factories.likeness(agency, ["name"])
    consent = factories.consent(agency, likeness, uses=["ALL"], attributes=["name"])
    file = factories.words(agency, likeness)
    factories.offer(agency, likeness)
    deal = factories.deal(quill, [file])
    made = record_likeness_opinion(
        actor=agency, likeness_code=likeness.code, document="Privileged memo", note="Weak point",
        body={"resolves": "LEGACY_NEW_USE", "about": [consent.code], "by": "R. Ito",
              "signed": "2026-01-20", "territory": ["KR"]},
        evidence=factories.evidence(agency).code,
    )  # fmt: skip
    page = signed_in(quill)
    verdict = Clearance.objects.filter(item__deal=deal).latest("pk")
    shown = [
        f"/clearances/{verdict.code}/",
        f"/deals/{deal.code}/",
        f"/requests/{deal.request.code}/",
    ]
    for address in shown:
        said = text(page.get(address))
        assert not [
            secret for secret in ("Privileged", "Weak", "R. Ito", made.code) if secret in said
        ]
    assert page.get(f"/likenesses/{likeness.code}/opinions/{made.code}/").status_code == 404
