"""A film is registered in Korean with an English name, and found by whoever may find it."""

from typing import Any

import pytest
import time_machine
from django.utils import timezone

from demo.calls import Caller
from tests.journeys.conftest import Place, small_film
from tests.journeys.scenes import offer

pytestmark = pytest.mark.django_db(transaction=True)


def found(caller: Caller, **question: str) -> list[str]:
    """Return the codes of the titles of what is found."""
    answer: dict[str, Any] = caller.get("search/", **question)
    return [row["title"]["code"] for row in answer["results"]]


def test_a_film_is_found_in_both_languages_until_its_offer_is_withdrawn(place: Place) -> None:
    studio, other = place.join("studio", "Peach Pictures"), place.join("studio", "Plum Pictures")
    lab = place.join("lab", "Lumen Lab")
    host = studio.post(
        "titles/", kind="film", name="괴물", language="ko", year=2006, names={"en": "The Host"}
    )["code"]
    studio.upload(f"titles/{host}/assets/", small_film(), source_type="digitalCreation")
    theirs = other.post("titles/", kind="film", name="The Host of Plum", language="en")["code"]
    place.work()
    for typed in ("괴물", "host"):
        assert host in found(studio, q=typed, level="title")
        assert found(lab, q=typed, level="title") == []
    assert found(other, q="host", level="title") == [theirs]

    offer(studio, host)
    with time_machine.travel(timezone.now().timestamp() + 2):
        place.work()
    for typed in ("괴물", "Host"):
        answer = lab.get("search/", q=typed)
        assert [row["title"]["code"] for row in answer["results"]] == [host]
        assert (answer["total"], answer["duration_ms"]) == (1, 4004)
        assert answer["prices"] == [{"currency": "USD", "amount_minor": 50_000}]
    assert found(other, q="괴물") == []

    [published] = studio.get("offers/")["results"]
    studio.post(f"offers/{published['code']}/withdraw/")
    assert found(lab, q="괴물") == []  # at once, before the worker has looked
    with time_machine.travel(timezone.now().timestamp() + 4):
        place.work()
    assert lab.get("search/", q="괴물")["total"] == 0
    assert found(studio, q="괴물") == [host]
