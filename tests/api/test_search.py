"""Search through the API: what is found, counted and kept, and what a wrong question is told."""

from typing import Any
from urllib.parse import urlsplit

import pytest

from catalog.models import Asset
from catalog.search_live import NotReady
from licensing.search.indexing import index_pending, mark_all
from tests import factories
from tests.api.callers import Caller

pytestmark = pytest.mark.usefixtures("var_dir")


@pytest.fixture
def film(studio: Caller) -> Asset:
    file = factories.offered_film(
        studio.actor, name="괴물", language="ko", names={"en": "The Host"}
    )
    index_pending()
    return file


def test_a_film_is_found_in_either_language_with_all_that_is_asked(
    studio: Caller, lab: Caller, film: Asset
) -> None:
    for side in (studio, lab):
        for typed in ("괴물", "host"):
            data = side.get(f"search/?q={typed}").data
            assert (data["total"], data["duration_ms"], data["unpriced"]) == (1, 5312, 0)
            assert data["prices"] == [{"currency": "USD", "amount_minor": 100_000}]
            assert data["counts"]["kind"] == {"picture": 1}
            assert data["next"] is None
            [row] = data["results"]
            assert row["asset"]["code"] == film.code
            assert row["offer"]["price_minor"] == 100_000
            assert row["title"]["names"] == [{"language": "en", "name": "The Host"}]
            assert (row["shot"], row["line"]) == (None, None)
    assert studio.get("search/?level=title").data["results"][0]["asset"] is None


def test_values_of_one_filter_are_alternatives(studio: Caller, film: Asset) -> None:
    factories.words(studio.actor, film.owner)
    mark_all()
    index_pending()
    assert studio.get("search/?kind=picture&kind=subtitles").data["total"] == 2
    assert studio.get("search/?kind=picture&resolution=sd").data["total"] == 0
    assert studio.get("search/?seconds=5").data["total"] == 1


def test_pages_follow_each_other(studio: Caller) -> None:
    names = [f"Reel {number}" for number in range(5)]
    for name in names:
        factories.title(studio.actor, name=name)
    index_pending()
    address, seen = "search/?level=title&order=-name&limit=2", []
    while address:
        data = studio.get(address).data
        assert data["total"] == 5
        seen += [row["title"]["name"] for row in data["results"]]
        following = data["next"]
        address = following and urlsplit(following)._replace(scheme="", netloc="").geturl()
        address = address and address.removeprefix("/api/v1/")
    assert seen == names[::-1]


@pytest.mark.parametrize(
    ("question", "field"),
    [
        ("level=scene", "level"),
        ("order=price", "order"),
        ("order=best", "order"),
        ("q=%21%21", "q"),
        ("years=2000..1990", "years"),
        ("years=long+ago", "years"),
        ("price_minor=5..", "price_minor"),
        ("cursor=made-up", "cursor"),
        ("limit=0", "limit"),
        ("colour=red", "colour"),
    ],
)
def test_a_wrong_question_is_told_where(studio: Caller, question: str, field: str) -> None:
    answer = studio.get(f"search/?{question}")
    assert (answer.status, answer.fields) == (422, [field])


def test_a_lab_is_asked_and_told_nothing_of_the_licensor_s_own(lab: Caller, film: Asset) -> None:
    data = lab.get("search/").data
    assert not {"rights", "offer"} & data["counts"].keys()
    assert "bigbuckbunny" not in str(data)
    assert lab.get("search/?rights=clear").fields == ["rights"]
    assert lab.get("search/?q=bigbuckbunny").data["total"] == 0


def test_others_find_nothing(outsider: Caller, anybody: Caller, film: Asset) -> None:
    assert outsider.get("search/?q=host").data["total"] == 0
    assert outsider.get("search/").data["counts"]["level"] == {}
    assert anybody.get("search/").status == 401


def test_while_the_index_is_made_the_caller_is_told_when_to_come_back(
    studio: Caller, film: Asset, monkeypatch: pytest.MonkeyPatch
) -> None:
    def not_ready(*_arguments: Any, **_named: Any) -> None:
        raise NotReady("The search index is being made.")

    monkeypatch.setattr("catalog.search_live.Live.search", not_ready)
    answer = studio.get("search/")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    assert answer.data["title"] == "Not ready"


def test_a_search_is_kept_renamed_run_and_forgotten(
    studio: Caller, outsider: Caller, film: Asset
) -> None:
    body = {"name": "Korean films", "parameters": "?q=괴물&language=ko&order=-year"}
    made = studio.post("saved-searches/", body, Idempotency_Key="a")
    assert made.status == 201
    code = made.data["code"]
    assert studio.post("saved-searches/", body, Idempotency_Key="a").data == made.data
    assert studio.post("saved-searches/", body).status == 409
    assert studio.get(f"search/?{made.data['parameters']}").data["total"] == 1
    assert studio.get(f"saved-searches/{code}/results/").data["total"] == 1
    changed = studio.post(f"saved-searches/{code}/change/", {"parameters": "level=shot&q=x"})
    assert changed.data["parameters"] == "level=shot&q=x&order=name"
    assert studio.get(f"saved-searches/{code}/results/").data["total"] == 0
    assert outsider.post(f"saved-searches/{code}/change/", {"parameters": ""}).status == 404
    renamed = studio.post(f"saved-searches/{code}/rename/", {"name": "Ours"})
    assert renamed.data["name"] == "Ours"
    assert [one["name"] for one in studio.get("saved-searches/").data["results"]] == ["Ours"]
    for path in (f"saved-searches/{code}/", f"saved-searches/{code}/results/"):
        assert outsider.get(path).status == 404
    assert outsider.delete(f"saved-searches/{code}/").status == 404
    assert studio.delete(f"saved-searches/{code}/").status == 204
    assert studio.get("saved-searches/").data["results"] == []


@pytest.mark.parametrize(
    ("parameters", "field"),
    [("colour=red", "parameters"), ("level=scene", "level"), ("cursor=x&years=x", "years")],
)
def test_a_wrong_search_is_not_kept(studio: Caller, parameters: str, field: str) -> None:
    answer = studio.post("saved-searches/", {"name": "Wrong", "parameters": parameters})
    assert (answer.status, answer.fields) == (422, [field])


def test_who_only_reads_keeps_no_search(studio: Caller) -> None:
    viewer = Caller(studio.actor, factories.api_key(studio.actor, ["read"]))
    assert viewer.get("saved-searches/").status == 200
    body = {"name": "Mine", "parameters": ""}
    assert viewer.post("saved-searches/", body).status == 403
