"""A question about the whole library, asked, followed and read on its pages."""

import csv
import io

import pytest
from django.test import Client

from accounts.access import Actor
from accounts.models import Role
from licensing.library.surveys import survey_pending
from licensing.models import Survey
from tests import factories
from tests.web.reading import signed_in, text, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]

ASKED = {
    "uses": ["train.finetune", "index"],
    "model_kinds": ["foundation"],
    "territory": "France, KR",
    "starts_at": "2027-01-01",
    "ends_at": "2030-01-01",
    "exclusivity": "non_exclusive",
}


@pytest.fixture
def studio() -> Actor:
    return factories.studio("Northgate")


@pytest.fixture
def page(studio: Actor) -> Client:
    return signed_in(studio)


def library(studio: Actor) -> None:
    """A work that is free, one of which a use is forbidden, and one whose name is a formula."""
    for name in ("Harbour", "Seoul 서울", "=cmd|' /C calc'!A0"):
        film = factories.title(studio, name=name)
        factories.words(studio, film)
        if name != "=cmd|' /C calc'!A0":
            factories.ownership(studio, film)
        if name == "Seoul 서울":
            factories.fact(studio, film, "restriction", uses=["index"])


def test_a_library_without_questions_teaches(page: Client) -> None:
    assert "/readiness/questions/" in text(page.get("/readiness/"))
    said = words(page.get("/readiness/questions/"))
    assert "Nothing has been asked yet" in said
    made = page.post("/readiness/questions/new/", ASKED)
    assert "there was nothing to answer" in words(page.get(made["Location"]))


def test_it_is_asked_followed_filtered_and_saved(studio: Actor, page: Client) -> None:
    library(studio)
    made = page.post("/readiness/questions/new/", ASKED)
    assert made.status_code == 303
    address = made["Location"]
    waiting = words(page.get(address))
    assert "0 of 3" in waiting
    assert "Answer no further" in waiting
    assert 'hx-trigger="every 2s"' in text(page.get(address))
    assert page.get(f"{address}answers.csv")["Location"] == address  # no part for the whole
    assert "HX-Refresh" not in page.get(f"{address}progress/").headers
    assert survey_pending() == 3
    assert page.get(f"{address}progress/")["HX-Refresh"] == "true"
    said = words(page.get(address))
    assert "Clear 1 file" in said
    assert "A contract prohibits this use." in said
    assert "the moment it was asked" in said
    only = words(page.get(f"{address}?verdict=PARTIAL"))
    assert "Seoul 서울" in only
    assert "Harbour" not in only
    assert "Seoul 서울" in words(page.get(f"{address}?reason=CONTRACT_PROHIBITION"))
    assert "No file matches." in words(page.get(f"{address}?reason=HOLDBACK"))
    assert "Harbour" in words(page.get(f"{address}?cursor=---5"))
    listed = words(page.get("/readiness/questions/"))
    assert "fine-tuning" in listed
    code = Survey.objects.get().code
    assert page.get(f"/find/?q={code}", follow=True).redirect_chain[-1][0] == address


def test_the_file_reads_in_excel_and_runs_nothing(studio: Actor, page: Client) -> None:
    library(studio)
    address = page.post("/readiness/questions/new/", ASKED)["Location"]
    survey_pending()
    for language, verdict in (("en", "What is clear"), ("ko", "허락")):
        answer = page.get(f"{address}answers.csv", headers={"Accept-Language": language})
        raw = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
        assert raw.startswith(b"\xef\xbb\xbf")
        header, *rows = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"))))
        assert language == "ko" or verdict in header
        by_name = {row[1]: row for row in rows}
        assert set(by_name) == {"Harbour", "Seoul 서울", "'=cmd|' /C calc'!A0"}
        assert by_name["Harbour"][3:5] == ["CLEAR", "OK"]
        assert by_name["Seoul 서울"][3:5] == ["PARTIAL", "CONTRACT_PROHIBITION"]
    english = b"".join(page.get(f"{address}answers.csv").streaming_content).decode()  # type: ignore[attr-defined]
    assert "fine-tuning · France and South Korea · " in english
    assert "Obtain a waiver." in english


def test_mistakes_stand_beside_their_fields_and_others_see_nothing(
    studio: Actor, page: Client
) -> None:
    wrong = page.post("/readiness/questions/new/", ASKED | {"ends_at": "2026-01-01"})
    assert wrong.status_code == 422
    assert "The end must lie after the start." in words(wrong)
    library(studio)
    address = page.post("/readiness/questions/new/", ASKED)["Location"]
    stranger = signed_in(factories.studio())
    for path in ("", "progress/", "answers.csv"):
        assert stranger.get(address + path).status_code == 404
    assert stranger.post(f"{address}cancel/").status_code == 404
    clerk = signed_in(factories.member(studio, Role.VIEWER))
    assert clerk.get(address).status_code == 200
    assert clerk.post("/readiness/questions/new/", ASKED).status_code == 403
    assert clerk.post(f"{address}cancel/").status_code == 403
    assert signed_in(factories.lab()).get("/readiness/questions/").status_code == 404
    assert page.post(f"{address}cancel/").status_code == 303
    assert "Cancelled" in words(page.get(address))
