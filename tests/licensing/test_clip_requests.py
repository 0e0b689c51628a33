"""Asking for shots and stretches of a film instead of the whole of it."""

from typing import Any

import pytest
from django.utils import timezone

from accounts.access import Actor
from accounts.errors import Invalid, NotFound
from catalog.clip_ranges import MAX_RANGES
from catalog.models import Asset, Title
from catalog.rights import record_fact
from licensing.clearance import clear
from licensing.deals import requests
from licensing.deals.requests import Clips, add_assets, change_ranges, submit_request
from licensing.models import Clearance, Request
from licensing.verdicts.clearances import evaluate
from tests import factories
from tests.accounts.witness import refused

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]

LENGTH = 5_312  # of the film, as its container says


@pytest.fixture
def studio() -> Actor:
    return factories.studio()


@pytest.fixture
def lab() -> Actor:
    return factories.lab()


@pytest.fixture
def film(studio: Actor) -> Asset:
    file = factories.offered_film(studio)
    assert file.facts["duration_ms"] == LENGTH
    return file


def asked(lab: Actor, *assets: Any, **scope: Any) -> Request:
    request = factories.draft(lab, [], **scope)
    return add_assets(actor=lab, code=request.code, assets=assets)


def ranges(request: Request) -> list[list[int]]:
    found: list[list[int]] = request.items.get().ranges
    return found


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ([[0, 1000]], [[0, 1000]]),
        ([[3000, 4000], [0, 1000]], [[0, 1000], [3000, 4000]]),
        ([[0, 1000], [500, 2000]], [[0, 2000]]),
        ([[0, 1000], [1000, 2000]], [[0, 2000]]),
        ([[0, 1000], [0, 1000]], [[0, 1000]]),
        ([[4000, LENGTH]], [[4000, LENGTH]]),
        ([[0, LENGTH]], []),
        ([[2000, LENGTH], [0, 2000]], []),
        ([], []),
    ],
)
def test_ranges_are_kept_in_order_and_what_touches_is_one(
    lab: Actor, film: Asset, given: list[list[int]], kept: list[list[int]]
) -> None:
    assert ranges(asked(lab, Clips(film.code, given))) == kept


@pytest.mark.parametrize(
    "given",
    [
        [[1000, 1000]],
        [[2000, 1000]],
        [[0, LENGTH + 1]],
        [[LENGTH, LENGTH + 10]],
        [[-1, 1000]],
        [[0, 1000], [7, 6]],
        [[0]],
        [[0, 1, 2]],
        [[0.0, 1000.0]],
        [[False, True]],
        [["0", "1000"]],
        [[0, 10**30]],
        [[number, number + 1] for number in range(0, 2 * MAX_RANGES + 2, 2)],
        [[0, 1000]] * 10_000,
    ],
)
def test_a_range_that_is_none_leaves_nothing(lab: Actor, film: Asset, given: Any) -> None:
    request = factories.draft(lab, [film])
    with refused(Invalid, "assets"):
        asked(lab, Clips(film.code, given))
    with refused(Invalid, "ranges"):
        change_ranges(actor=lab, code=request.code, asset=film.code, ranges=given)
    assert ranges(request) == []


def test_what_does_not_last_is_asked_for_whole(studio: Actor, lab: Actor) -> None:
    words = factories.offered_words(studio)
    with refused(Invalid, "assets"):
        asked(lab, Clips(words.code, [[0, 1000]]))
    assert ranges(asked(lab, Clips(words.code, []))) == []


def test_parts_are_added_to_parts_and_to_the_whole_nothing(lab: Actor, film: Asset) -> None:
    request = asked(lab, Clips(film.code, [[0, 1000]]), Clips(film.code, [[3000, 3500]]))
    add_assets(actor=lab, code=request.code, assets=[Clips(film.code, [[1000, 1500]])])
    assert ranges(request) == [[0, 1500], [3000, 3500]]
    change_ranges(actor=lab, code=request.code, asset=film.code, ranges=[[2000, 2500]])
    assert ranges(request) == [[2000, 2500]]
    add_assets(actor=lab, code=request.code, assets=[film.code])
    assert ranges(request) == []
    add_assets(actor=lab, code=request.code, assets=[Clips(film.code, [[0, 1000]])])
    assert ranges(request) == []


def test_a_request_holds_so_many_ranges_and_no_more(
    lab: Actor, film: Asset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "MAX_CLIPS", 2)
    request = asked(lab, Clips(film.code, [[0, 1000], [2000, 3000]]))
    with refused(Invalid, "assets"):
        add_assets(actor=lab, code=request.code, assets=[Clips(film.code, [[4000, 5000]])])
    assert ranges(request) == [[0, 1000], [2000, 3000]]


def test_only_parts_of_what_is_in_the_draft_are_changed(
    studio: Actor, lab: Actor, film: Asset
) -> None:
    request = factories.draft(lab, [film])
    other = factories.offered_film(studio)
    for actor, code in ((lab, other.code), (factories.lab(), film.code)):
        with refused(NotFound):
            change_ranges(actor=actor, code=request.code, asset=code, ranges=[[0, 1000]])


def music(studio: Actor, title: Title, start: str, end: str, **more: Any) -> None:
    body = {
        "element": "music",
        "ai": "not_granted",
        "timecode": {"from": start, "to": end},
        "modality": ["video", "audio"],
    }
    record_fact(actor=studio, title=title, kind="element", body=body | more)


def verdict(lab: Actor, film: Asset, *parts: list[int]) -> tuple[str, list[str]]:
    item = asked(lab, Clips(film.code, list(parts))).items.get()
    result = evaluate(item, as_of=timezone.now())[1]
    return result["verdict"], [each["detail"] for each in result["conditions"]]


def test_what_others_own_outside_of_the_ranges_is_no_trouble(
    studio: Actor, lab: Actor, film: Asset
) -> None:
    assert film.title is not None
    music(studio, film.title, "00:00:02", "00:00:03.500")
    cut = "00:00:02-00:00:03.500"
    assert verdict(lab, film) == ("CONDITIONAL", [cut])
    assert verdict(lab, film, [0, 2000], [3500, 5000]) == ("CLEAR", [])
    assert verdict(lab, film, [0, 2001]) == ("CONDITIONAL", [cut])
    assert verdict(lab, film, [3499, 5000]) == ("CONDITIONAL", [cut])
    # Nothing would be left of it.
    assert verdict(lab, film, [2000, 3500]) == ("BLOCKED", [])
    assert verdict(lab, film, [2100, 2200], [3000, 3100]) == ("BLOCKED", [])


def test_what_others_own_somewhere_in_the_film_concerns_every_shot(
    studio: Actor, lab: Actor, film: Asset
) -> None:
    assert film.title is not None
    body = {"element": "music", "ai": "not_granted", "modality": ["video", "audio"]}
    record_fact(actor=studio, title=film.title, kind="element", body=body)
    assert verdict(lab, film, [0, 1000]) == ("BLOCKED", [])


@pytest.mark.parametrize(
    ("runtime_ms", "end"),
    [(6_000_000, "00:00:03"), (None, "00:20:00"), (LENGTH + 1_001, "00:00:03")],
)
def test_time_codes_of_the_work_say_nothing_of_a_file_that_is_not_all_of_it(
    studio: Actor, lab: Actor, film: Asset, runtime_ms: int | None, end: str
) -> None:
    """A reel, or a trailer: its beginning is another moment of the film."""
    assert film.title is not None
    Title.objects.filter(pk=film.title.pk).update(runtime_ms=runtime_ms)
    music(studio, film.title, "00:00:02", end)
    assert verdict(lab, film, [0, 1000])[0] == "CONDITIONAL"


def test_counsels_opinion_on_what_lies_elsewhere_does_not_matter(
    studio: Actor, lab: Actor, film: Asset
) -> None:
    assert film.title is not None
    music(studio, film.title, "00:00:02", "00:00:03", ai="unknown")
    element = film.title.facts.get(kind="element")
    opinion = {
        "resolves": "ELEMENT_UNKNOWN",
        "about": [element.code],
        "by": "R. Ito",
        "signed": "2026-01-01",
    }
    record_fact(
        actor=studio, title=film.title, kind="counsel_opinion", body=opinion, document="Opinion"
    )
    assert verdict(lab, film, [0, 1000]) == ("CLEAR", [])
    assert verdict(lab, film, [0, 2500])[0] == "CLEAR"


def test_the_stored_case_says_which_parts_and_gives_the_same_answer_again(
    studio: Actor, lab: Actor, film: Asset
) -> None:
    assert film.title is not None
    music(studio, film.title, "00:00:02", "00:00:03")
    request = asked(lab, Clips(film.code, [[0, 1000], [4000, 5000]]))
    submit_request(actor=lab, code=request.code)
    stored = Clearance.objects.get(item__request=request)
    assert stored.verdict == "CLEAR"
    assert stored.case["request"]["x_ranges_ms"] == [[0, 1000], [4000, 5000]]
    assert clear(stored.case) == stored.result
    whole = factories.deal(lab, [film]).request
    assert Clearance.objects.get(item__request=whole).case_sha256 != stored.case_sha256
