"""Works through the API: changed, placed, named, numbered, credited, merged; parties, papers."""

import hashlib
from typing import Any

import pytest

from catalog.models import Title, TitleIdentifier
from tests import factories
from tests.api.callers import Caller

pytestmark = pytest.mark.usefixtures("var_dir")

FILM = {"kind": "film", "name": "Big Buck Bunny", "language": "en", "year": 2008}
ISNI = "0000000121032683"


def _film(studio: Caller, **more: Any) -> str:
    code: str = studio.post("titles/", FILM | more).data["code"]
    return code


def test_a_title_is_changed_field_by_field(studio: Caller) -> None:
    series = _film(studio, kind="series")
    code = _film(studio, kind="episode", parent=series, number=3, genres=["comedy"])
    said = {
        "released_on": "2008-05-20",
        "runtime_ms": 596_000,
        "technique": "animation",
        "countries": ["nl", "SU"],
        "certifications": [{"country": "KR", "system": "KMRB", "rating": "ALL"}],
    }
    changed = studio.patch(f"titles/{code}/", said)
    assert changed.status == 200
    assert changed.data["countries"] == ["NL", "SU"]
    assert (changed.data["parent"], changed.data["genres"]) == (series, ["comedy"])
    assert studio.get(f"titles/{code}/").data == changed.data
    assert studio.get(f"titles/{series}/").data["parts"] == 1
    assert [t["code"] for t in studio.get(f"titles/{series}/parts/").data["results"]] == [code]
    assert studio.patch(f"titles/{code}/", {"technique": None}).data["technique"] is None
    # An episode is part of something.
    assert studio.patch(f"titles/{code}/", {"parent": None}).fields == ["parent"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "poem"}, "kind"),
        ({"countries": ["XX"]}, "countries[0]"),
        ({"countries": "KR"}, "countries"),
        ({"spoken": ["klingonish"]}, "spoken[0]"),
        ({"runtime_ms": 0}, "runtime_ms"),
        ({"runtime_ms": 1.5}, "runtime_ms"),
        ({"number": -1}, "number"),
        ({"parent": "AAAAAAAA"}, "parent"),
        ({"certifications": [{"country": "KR"}]}, "certifications[0].rating"),
        ({"released_on": "yesterday"}, "released_on"),
        ({"technique": "mime"}, "technique"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_wrong_change_names_the_field(studio: Caller, change: dict[str, Any], field: str) -> None:
    code = _film(studio)
    refused = studio.patch(f"titles/{code}/", change)
    assert refused.status == 422
    assert field in refused.fields
    assert Title.objects.get().name == "Big Buck Bunny"


def test_names_and_numbers_come_and_go(studio: Caller) -> None:
    code = _film(studio)
    named = studio.post(f"titles/{code}/names/", {"language": "ko", "name": "큰 토끼"})
    assert named.data["names"] == [{"language": "ko", "name": "큰 토끼", "kind": "translated"}]
    number = {"scheme": "imdb", "value": "https://www.imdb.com/title/tt1254207/"}
    numbered = studio.post(f"titles/{code}/identifiers/", number)
    assert numbered.data["identifiers"] == [
        {"scheme": "imdb", "value": "tt1254207", "verified": True}
    ]
    other = _film(studio)
    assert studio.post(f"titles/{other}/identifiers/", number).status == 409
    gone = studio.post(f"titles/{code}/names/remove/", {"language": "ko", "name": "큰 토끼"})
    assert gone.data["names"] == []


def test_parties_are_registered_found_and_credited(studio: Caller, outsider: Caller) -> None:
    person = {"kind": "person", "name": "Kim Min"}
    first = studio.post("parties/", person | {"names": {"ko": "김민"}}).data["code"]
    second = studio.post("parties/", person | {"isni": ISNI}).data["code"]
    assert studio.post("parties/", person | {"isni": ISNI}).status == 409
    assert studio.post("parties/", person | {"isni": "0000000121032684"}).fields == ["isni"]
    found = studio.get("parties/?q=kim").data["results"]
    assert {one["code"] for one in found} == {first, second}
    assert [one["code"] for one in studio.get("parties/?q=김민").data["results"]] == [first]
    assert [one["code"] for one in studio.get(f"parties/?q={ISNI}").data["results"]] == [second]
    code = _film(studio)
    credit = {"party": second, "role": "director"}
    credited = studio.post(f"titles/{code}/credits/", credit)
    assert [each["party"]["code"] for each in credited.data["credits"]] == [second]
    assert studio.post(f"titles/{code}/credits/remove/", credit).data["credits"] == []
    assert outsider.get(f"parties/{first}/").status == 404
    theirs = outsider.post("titles/", FILM).data["code"]
    assert outsider.post(f"titles/{theirs}/credits/", credit).status == 404


def test_duplicates_are_merged_and_split(studio: Caller) -> None:
    kept, twin = _film(studio), _film(studio)
    merged = studio.post(f"titles/{twin}/merge/", {"into": kept, "reason": "Same film"})
    assert (merged.data["canonical"], merged.status) == (kept, 200)
    assert studio.get(f"titles/{kept}/").data["duplicates"] == [twin]
    assert studio.post(f"titles/{twin}/merge/", {"into": kept, "reason": "x"}).status == 409
    apart = studio.post(f"titles/{twin}/split/", {"reason": "Another cut"})
    assert (apart.data["canonical"], apart.data["split_from"]) == (None, [kept])
    left = studio.get(f"titles/{kept}/").data
    assert (left["duplicates"], left["split_off"]) == ([], [twin])
    assert studio.post(f"titles/{twin}/split/", {"reason": "x"}).status == 409


def test_a_document_is_handed_in_and_given_back(studio: Caller, outsider: Caller) -> None:
    paper = factories.paper()
    sent = studio.upload("evidence/?filename=deed.pdf", paper)
    assert sent.status == 201
    assert sent.data["sha256"] == hashlib.sha256(paper).hexdigest()
    link = studio.get(f"evidence/{sent.data['code']}/link/").data["url"]
    assert studio.get(link.removeprefix("http://testserver")).content == paper
    again = studio.upload("evidence/?filename=b.pdf", paper)
    assert (again.status, again.data["code"]) == (200, sent.data["code"])
    body = {"party": "Studio", "share": "1/1"}
    rests = {"kind": "ownership", "body": body, "evidence": sent.data["code"]}
    code = _film(studio)
    fact = studio.post(f"titles/{code}/facts/", rests)
    assert fact.data["evidence"] == sent.data["sha256"]
    for path in ("", "file"):
        assert outsider.get(f"evidence/{sent.data['code']}/{path}").status == 404
    theirs = outsider.post("titles/", FILM).data["code"]
    assert outsider.post(f"titles/{theirs}/facts/", rests).fields == ["evidence"]
    bad = studio.upload("evidence/?filename=a.pdf", b"MZ" + paper)
    assert (bad.status, bad.fields) == (422, ["file"])
    assert [one["code"] for one in studio.get("evidence/").data["results"]] == [sent.data["code"]]


def test_a_title_of_others_is_not_touched(studio: Caller, outsider: Caller) -> None:
    code, mine = _film(studio), _film(outsider)
    bodies: dict[str, dict[str, Any]] = {
        "names/": {"language": "ko", "name": "x"},
        "names/remove/": {"language": "ko", "name": "x"},
        "identifiers/": {"scheme": "own", "value": "1"},
        "credits/": {"party": "AAAAAAAA", "role": "cast"},
        "credits/remove/": {"party": "AAAAAAAA", "role": "cast"},
        "merge/": {"into": mine, "reason": "x"},
        "split/": {"reason": "x"},
    }
    for path, body in bodies.items():
        assert outsider.post(f"titles/{code}/{path}", body).status == 404, path
    assert outsider.patch(f"titles/{code}/", {"year": 2000}).status == 404
    assert outsider.get(f"titles/{code}/parts/").status == 404
    assert studio.post(f"titles/{code}/merge/", {"into": mine, "reason": "x"}).status == 404


def test_a_party_is_corrected_merged_and_split(studio: Caller, outsider: Caller) -> None:
    person = {"kind": "person", "name": "Kim Min"}
    first = studio.post("parties/", person | {"names": {"ko": "김민"}}).data["code"]
    second = studio.post("parties/", person).data["code"]
    changed = studio.patch(f"parties/{first}/", {"isni": ISNI, "names": {}}).data
    assert (changed["isni"], changed["names"], changed["canonical"]) == (ISNI, {}, None)
    assert studio.patch(f"parties/{second}/", {"isni": ISNI}).status == 409
    assert studio.patch(f"parties/{second}/", {"height": 180}).fields == ["height"]
    same = {"into": first, "reason": "One passport."}
    assert studio.post(f"parties/{second}/merge/", same).data["canonical"] == first
    assert studio.post(f"parties/{second}/merge/", same).status == 409
    listed = [one["code"] for one in studio.get("parties/").data["results"]]
    assert listed == [first]
    assert studio.post(f"parties/{second}/split/", {"reason": "Two."}).data["canonical"] is None
    assert outsider.patch(f"parties/{first}/", {"name": "X"}).status == 404
    assert outsider.post(f"parties/{first}/merge/", same | {"into": second}).status == 404
    assert outsider.post(f"parties/{first}/split/", {"reason": "X"}).status == 404


def test_a_number_that_failed_its_check_is_set_right_or_dismissed(
    studio: Caller, outsider: Caller
) -> None:
    title = factories.title(studio.actor)
    for scheme, value in (("eidr", "10.5240/AAAA-AAAA-AAAA-AAAA-AAAA-A"), ("isan", "0000-1")):
        TitleIdentifier.objects.create(
            title=title, organisation=title.organisation, scheme=scheme, value=value, verified=False
        )
    numbers = f"titles/{title.code}/identifiers/"
    bad = {"scheme": "eidr", "written": "10.5240/AAAA-AAAA-AAAA-AAAA-AAAA-A"}
    right = bad | {"value": "10.5240/AAAA-AAAA-AAAA-AAAA-AAAA-Y"}
    assert outsider.post(f"{numbers}correct/", right).status == 404
    assert studio.post(f"{numbers}correct/", right | {"value": "x"}).fields == ["value"]
    done = studio.post(f"{numbers}correct/", right)
    assert (done.status, done.data["eidr"]) == (200, right["value"])
    assert [each["scheme"] for each in done.data["identifiers"]] == ["isan"]
    gone = studio.post(f"{numbers}dismiss/", {"scheme": "isan", "written": "0000-1"})
    assert (gone.status, gone.data["identifiers"]) == (200, [])
    assert studio.post(f"{numbers}dismiss/", bad).status == 409
