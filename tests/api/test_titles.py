"""Titles, and what is recorded of their rights."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Role, Scope
from catalog.models import Fact, Title
from catalog.parties import credit, register_party
from catalog.titles import TitleRow, register_many
from ledger.models import Event
from licensing.search.indexing import index_pending
from tests import factories
from tests.api.callers import Caller
from tests.factories import EIDR

FILM = {"kind": "film", "name": "Big Buck Bunny", "language": "en", "year": 2008}
FILM_ROW: TitleRow = {"kind": "film", "name": "", "language": "en"}
OWNERSHIP = {"kind": "ownership", "body": {"party": "Studio", "share": "1/1"}}
BAN = {
    "kind": "restriction",
    "body": {"uses": ["train"], "territory": ["FR"]},
    "clause": "14.2",
}


def test_a_registered_title_is_found_again(studio: Caller) -> None:
    made = studio.post("titles/", FILM | {"eidr": EIDR.lower(), "names": {"ko": "큰 토끼"}})
    assert made.status == 201
    assert made.data["eidr"] == EIDR
    [named] = made.data["names"]
    assert (named["language"], named["name"], named["kind"]) == ("ko", "큰 토끼", "translated")
    assert studio.get(f"titles/{made.data['code']}/").data == made.data
    index_pending()
    for words in ("buck", "토끼", "BIG bunny", EIDR, made.data["code"]):
        found = studio.get(f"titles/?q={words}&kind=film").data["results"]
        assert [one["code"] for one in found] == [made.data["code"]]
    assert studio.get("titles/?q=buck&kind=series").data["results"] == []


def test_titles_are_found_as_search_finds_them(
    studio: Caller, outsider: Caller, lab: Caller
) -> None:
    for number in range(5):
        title = factories.title(studio.actor, name=f"영화 {number}", language="ko")
    series = factories.title(studio.actor, name="Signal", kind="series", names={"ko": "시그널"})
    part = factories.title(studio.actor, name="Part 1", kind="episode", parent=series.code)
    director = register_party(actor=studio.actor, kind="person", name="봉준호")
    credit(actor=studio.actor, title_code=title.code, party_code=director.code, role="director")
    index_pending()

    def found(words: str) -> list[str]:
        return [one["code"] for one in studio.get(f"titles/?q={words}").data["results"]]

    assert sorted(found("시그널")) == sorted([part.code, series.code])
    assert found("준호") == [title.code]
    address, names = "titles/?q=영화&limit=2", []
    while address:
        data = studio.get(address).data
        names += [one["name"] for one in data["results"]]
        assert data["previous"] is None
        address = data["next"] and _path(data["next"])
    assert sorted(names) == [f"영화 {number}" for number in range(5)]
    for other in (outsider, lab):
        assert other.get("titles/?q=영화").data["results"] == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "poem"}, "kind"),
        ({"name": ""}, "name"),
        ({"name": None}, "name"),
        ({"name": "A\0"}, "name"),
        ({"name": "x" * 301}, "name"),
        ({"language": "xx-yy-zz"}, "language"),
        ({"year": 1800}, "year"),
        ({"year": 2008.0}, "year"),
        ({"year": "2008"}, "year"),
        ({"year": True}, "year"),
        ({"year": 10**30}, "year"),
        ({"eidr": "10.5240/7791-8534-2C23-9030-8610-6"}, "eidr"),
        ({"eidr": "tt1254207"}, "eidr"),
        ({"names": {"ko": 1}}, "names.ko"),
        ({"names": {"q" * 30: "x"}}, "names"),
        ({"names": [1]}, "names"),
        ({"studio": "Blender"}, "studio"),
    ],
)
def test_a_wrong_title_names_the_field(studio: Caller, change: dict[str, Any], field: str) -> None:
    refused = studio.post("titles/", FILM | change)
    assert (refused.status, refused.fields) == (422, [field])
    assert not Title.objects.exists()


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b'{"a":' * 10_000 + b"1" + b"}" * 10_000 + b" " * 2**20, "application/json", 400),
        (b'{"a":' * 40 + b"1" + b"}" * 40, "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b"[1]", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b'{"name": NaN}', "application/json", 400),
        (b" " * (2 * 2**20 + 1), "application/json", 413),
        (b"name=x", "application/x-www-form-urlencoded", 415),
        (b"<title/>", "text/xml", 415),
        (b"", "application/json", 422),
    ],
    ids=range(10),
)
def test_a_body_that_is_not_a_small_json_object_is_refused(
    studio: Caller, body: bytes, kind: str, status: int
) -> None:
    assert studio.send("POST", "titles/", body, kind).status == status
    assert not Title.objects.exists()


def test_a_batch_is_registered_whole_or_not_at_all(studio: Caller, lab: Caller) -> None:
    rows = [{"kind": "film", "name": f"Film {number}", "language": "en"} for number in range(3)]
    made = studio.post("titles/batch/", {"titles": rows}, Idempotency_Key="a")
    assert (made.status, len(made.data["codes"])) == (201, 3)
    assert studio.get(f"titles/{made.data['codes'][2]}/").data["name"] == "Film 2"
    assert studio.post("titles/batch/", {"titles": rows}, Idempotency_Key="a").data == made.data
    for change, field in [
        ({"kind": "poem"}, "titles[1].kind"),
        ({"year": "x"}, "titles[1].year"),
        ({"eidr": EIDR}, "titles[1].eidr"),
        ({"language": "??"}, "titles[1].language"),
    ]:
        wrong = studio.post("titles/batch/", {"titles": [rows[0], rows[1] | change]})
        assert (wrong.status, wrong.fields) == (422, [field])
    assert studio.post("titles/batch/", {"titles": []}).status == 422
    assert studio.post("titles/batch/", {"titles": rows * 200}).status == 422
    assert lab.post("titles/batch/", {"titles": rows}).status == 403
    assert Title.objects.count() == 3


def test_an_episode_says_what_it_is_part_of(studio: Caller, outsider: Caller) -> None:
    row = {"kind": "episode", "name": "Pilot", "language": "en"}
    refused = studio.post("titles/", row)
    assert (refused.status, refused.fields) == (422, ["parent"])
    assert "is part of a season or a series" in str(refused.data["errors"])
    series = studio.post("titles/", FILM | {"kind": "series"}).data["code"]
    film = studio.post("titles/", FILM).data["code"]
    theirs = outsider.post("titles/", FILM | {"kind": "series"}).data["code"]
    for wrong in ({}, {"parent": film}, {"parent": theirs}):
        batch = studio.post("titles/batch/", {"titles": [row | {"parent": series}, row | wrong]})
        assert (batch.status, batch.fields) == (422, ["titles[1].parent"])
    made = studio.post("titles/batch/", {"titles": [row | {"parent": series, "number": 1}]})
    [code] = made.data["codes"]
    shown = studio.get(f"titles/{code}/").data
    assert (shown["parent"], shown["number"]) == (series, 1)
    assert studio.patch(f"titles/{code}/", {"parent": None}).fields == ["parent"]
    assert studio.patch(f"titles/{film}/", {"kind": "episode"}).fields == ["parent"]
    assert Title.objects.filter(kind="episode").get().parent is not None


def test_the_same_eidr_twice_is_a_conflict(studio: Caller, outsider: Caller) -> None:
    assert studio.post("titles/", FILM | {"eidr": EIDR}).status == 201
    again = studio.post("titles/", FILM | {"eidr": EIDR})
    assert (again.status, again.fields) == (409, ["eidr"])
    assert outsider.post("titles/", FILM | {"eidr": EIDR}).status == 201


def test_only_studios_with_the_right_register_titles(
    studio: Caller, lab: Caller, anybody: Caller
) -> None:
    viewer = factories.member(studio.actor, Role.VIEWER)
    assert viewer.user is not None
    reader = Caller(secret=factories.api_key(studio.actor, scopes=[Scope.READ]))
    assert [one.post("titles/", FILM).status for one in (lab, reader, anybody)] == [403, 403, 401]
    assert not Title.objects.exists()


def test_a_title_of_others_does_not_exist(studio: Caller, outsider: Caller) -> None:
    code = studio.post("titles/", FILM).data["code"]
    fact = studio.post(f"titles/{code}/facts/", OWNERSHIP).data["code"]
    for path in (f"titles/{code}/", f"titles/{code}/assets/", f"titles/{code}/facts/"):
        assert outsider.get(path).status == 404
    assert outsider.post(f"titles/{code}/facts/", OWNERSHIP).status == 404
    assert outsider.get(f"facts/{fact}/").status == 404
    assert outsider.post(f"facts/{fact}/supersede/", {"reason": "x"}).status == 404
    right = {"reason": "x", "body": OWNERSHIP["body"]}
    assert outsider.post(f"facts/{fact}/correct/", right).status == 404
    assert outsider.get("titles/").data["results"] == []
    assert Fact.objects.filter(superseded_at=None).count() == 1


def test_what_is_no_code_is_not_there(studio: Caller) -> None:
    for path in ("titles/7K3F2Q9D/", "titles/7k3f2q9d/", "titles/1/", "titles/../me/", "tit", ""):
        assert studio.get(path).status == 404
    assert studio.delete("titles/").status == 405


def test_pages_follow_each_other_in_both_directions(studio: Caller) -> None:
    _many(studio, 7)
    first = studio.get("titles/?limit=3&kind=film")
    assert first.data["previous"] is None
    second = studio.get(_path(first.data["next"]))
    third = studio.get(_path(second.data["next"]))
    names = [one["name"] for page in (first, second, third) for one in page.data["results"]]
    assert names == [f"Film {number}" for number in range(6, -1, -1)]
    assert third.data["next"] is None
    _many(studio, 1)  # what comes meanwhile moves nothing
    assert studio.get(_path(third.data["previous"])).data["results"] == second.data["results"]
    back = studio.get(_path(second.data["previous"]))
    assert back.data["results"] == first.data["results"]


def test_the_first_page_is_the_same_however_it_is_asked_for(
    studio: Caller, outsider: Caller
) -> None:
    _many(studio, 4)
    for path in ("titles/", "titles/?limit=3"):
        plain = studio.get(path)
        searched = studio.get(f"{path}{'&' if '?' in path else '?'}kind=film")
        assert plain.data["results"] == searched.data["results"]
        assert (plain.data["next"] is None) == (searched.data["next"] is None)
    assert outsider.get("titles/").data == {"next": None, "previous": None, "results": []}


@pytest.mark.parametrize(
    "query",
    ["cursor=abc", "cursor=%00", "limit=0", "limit=201", "limit=x", "page=2", "q=%00", "cursor="],
)
def test_a_wrong_page_is_refused(studio: Caller, query: str) -> None:
    refused = studio.get(f"titles/?{query}")
    assert (refused.status, refused.fields) == (422, [query.partition("=")[0]])


@pytest.mark.parametrize(("query", "field"), [("q=!!", "q"), ("q=a&cursor=a", "cursor")])
def test_a_wrong_search_is_refused(studio: Caller, query: str, field: str) -> None:
    refused = studio.get(f"titles/?{query}")
    assert (refused.status, refused.fields) == (422, [field])


def test_a_list_costs_two_queries_whatever_its_length(studio: Caller) -> None:
    studio.get("me/")  # the first use of a key is noted, once a minute
    counts = []
    for more in (1, 60):
        _many(studio, more)
        with CaptureQueriesContext(connection) as queries:
            assert studio.get("titles/").status == 200
        counts.append(len(queries))
    assert counts == [2, 2]  # who calls, and the rows


def test_facts_are_recorded_and_superseded_never_edited(studio: Caller) -> None:
    code = studio.post("titles/", FILM).data["code"]
    path = f"titles/{code}/facts/"
    deed = {
        "kind": "grant_in",
        "body": {
            "from": "Author",
            "to": "Studio",
            "uses": ["train", "index"],
            "territory": {"include": ["WORLD"], "except": ["FR"]},
            "start": "2026-01-01T09:00:00+09:00",
            "end": {"through": "2035-12-31"},
            "sublicensable": True,
        },
        "document": "Licence of 2025",
    }
    made = studio.post(path, deed)
    assert made.status == 201
    assert made.data["starts_at"] == "2026-01-01T00:00:00Z"
    assert made.data["ends_at"] == "2036-01-01T00:00:00Z"
    supersede = f"facts/{made.data['code']}/supersede/"
    assert studio.post(supersede, {}).fields == ["reason"]
    ended = studio.post(supersede, {"reason": "Wrong share"})
    assert ended.data["superseded_at"] is not None
    assert studio.post(supersede, {"reason": "Again"}).status == 409
    assert [one["code"] for one in studio.get(path).data["results"]] == [made.data["code"]]
    assert studio.get(f"{path}?kind=ownership").data["results"] == []


def test_a_correction_stands_in_place_of_what_it_corrects(studio: Caller) -> None:
    code = studio.post("titles/", FILM).data["code"]
    wrong = studio.post(f"titles/{code}/facts/", OWNERSHIP).data["code"]
    body = {"party": "Studio", "share": "2/6"}
    right = studio.post(f"facts/{wrong}/correct/", {"reason": "Two others", "body": body})
    assert (right.status, right.data["corrects"]) == (201, wrong)
    assert right.data["body"]["share"] == "1/3"
    assert studio.get(f"facts/{wrong}/").data["superseded_at"] is not None
    again = studio.post(f"facts/{wrong}/correct/", {"reason": "x", "body": body})
    assert again.status == 409


@pytest.mark.parametrize(
    ("kind", "change", "field"),
    [
        ("rumour", {}, "kind"),
        ("assignment", {}, "party"),
        ("ownership", {"share": "4/3"}, "share"),
        ("ownership", {"share": "1/0"}, "share"),
        ("ownership", {"share": 0.5}, "share"),
        ("ownership", {"share": None}, "share"),
        ("ownership", {"uses": ["sing"]}, "uses"),
        ("ownership", {"uses": []}, "uses"),
        ("ownership", {"territory": "XX"}, "territory"),
        ("ownership", {"territory": ["US", "ATLANTIS"]}, "territory"),
        ("ownership", {"territory": {"includes": ["US"]}}, "territory"),
        ("ownership", {"territory": 5}, "territory"),
        ("ownership", {"territory": ["US"] * 5000}, "body"),
        ("ownership", {"territory": []}, "territory"),
        ("ownership", {"start": "2027-01-01", "end": "2026-01-01"}, "end"),
        ("ownership", {"start": "yesterday"}, "start"),
        ("ownership", {"sublicensable": True}, "sublicensable"),
        ("holdback", {}, "party"),
        ("cap", {"party": None, "share": None, "max_licensees": -1}, "max_licensees"),
    ],
)
def test_a_wrong_fact_names_the_field(
    studio: Caller, kind: str, change: dict[str, Any], field: str
) -> None:
    code = studio.post("titles/", FILM).data["code"]
    before = Event.objects.count()
    body = {"party": "Studio", "share": "1/1"} | change
    refused = studio.post(f"titles/{code}/facts/", {"kind": kind, "body": body})
    assert (refused.status, refused.fields) == (422, [field])
    assert not Fact.objects.exists()
    assert Event.objects.count() == before


def test_lists_of_facts_cost_the_same_whatever_their_length(studio: Caller) -> None:
    code = studio.post("titles/", FILM).data["code"]
    counts = []
    for more in (1, 3):
        for _ in range(more):
            studio.post(f"titles/{code}/facts/", OWNERSHIP)
            studio.post(f"titles/{code}/facts/", BAN)
        with CaptureQueriesContext(connection) as queries:
            assert studio.get(f"titles/{code}/facts/").status == 200
        counts.append(len(queries))
    assert counts == [3, 3]


def _many(studio: Caller, count: int) -> None:
    rows = [{**FILM_ROW, "name": f"Film {number}"} for number in range(count)]
    register_many(actor=studio.actor, rows=rows)


def _path(address: str) -> str:
    assert address.startswith("http://testserver/api/v1/titles/?")
    return address.removeprefix("http://testserver")
