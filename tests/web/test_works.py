"""What a work is, on its pages: edited, placed in the tree, named, numbered, credited, merged."""

from typing import Any

import pytest
from django.test import Client

from accounts.access import Actor
from accounts.models import Role
from catalog.merging import merge_titles, split_title
from catalog.models import Credit, Fact, Party, Title, TitleIdentifier
from catalog.parties import credit, register_party
from catalog.titles import identify_title, name_title
from licensing.search.indexing import index_pending
from tests import factories
from tests.web.reading import signed_in, text, words

pytestmark = pytest.mark.django_db

ISNI = "0000000121032683"
SAID: dict[str, Any] = {
    "name": "전함 바운티",
    "language": "ko",
    "kind": "film",
    "year": "1962",
    "released_on": "1962-05-04",
    "runtime_ms": "1:31:07",
    "technique": "live_action",
    "genres": ["drama", "war"],
    "more_genres": "Naval",
    "countries": "Soviet Union, 대한민국, JP",
    "spoken": "ko, ru",
    "certifications": "KR, KMRB, 15\nJP, Eirin, PG12",
}


@pytest.fixture
def studio() -> Actor:
    return factories.studio("Peach Pictures")


@pytest.fixture
def client(studio: Actor) -> Client:
    return signed_in(studio)


def test_all_that_is_said_of_a_work_is_edited_and_shown(client: Client, studio: Actor) -> None:
    title = factories.title(studio)
    base = f"/titles/{title.code}/"
    assert client.get(f"{base}edit/").status_code == 200
    response = client.post(f"{base}edit/", SAID)
    assert response.status_code == 303, words(response)
    title.refresh_from_db()
    assert (title.runtime_ms, title.genres) == (5_467_000, ["drama", "war", "naval"])
    assert title.countries == ["SU", "KR", "JP"]
    page = words(client.get(base))
    for said in ("전함 바운티", "1:31:07", "Live action", "Drama, War, naval", "Soviet Union"):
        assert said in page
    assert "Korean, Russian" in page
    assert "South Korea KMRB 15" in page
    client.cookies["language"] = "ko"
    sent = typed_in(client.get(f"{base}edit/", headers={"accept-language": "ko"}))
    assert client.post(f"{base}edit/", sent, headers={"accept-language": "ko"}).status_code == 303
    again = Title.objects.get(pk=title.pk)
    for name in ("genres", "countries", "spoken", "certifications", "runtime_ms", "released_on"):
        assert getattr(again, name) == getattr(title, name)


def typed_in(response: Any) -> dict[str, Any]:
    bound = {each.name: each.value() for each in response.context["form"]}
    return {name: value for name, value in bound.items() if value not in (None, "")}


def test_a_mistake_stands_beside_its_field(client: Client, studio: Actor) -> None:
    title, of_others = factories.title(studio), factories.title(factories.studio())
    for field, typed, said in (
        ("countries", "Atlantis", "“Atlantis” is no country we know."),
        ("runtime_ms", "long", "Write the running time as 1:31:07, or in minutes."),
        ("runtime_ms", "0", "Give a running time of more than nothing"),
        ("certifications", "15", "Line 1: write country, system and rating"),
        ("spoken", "klingonish", "Not a language tag"),
        ("year", "1700", "Give a year from 1888 to 2100."),
        ("parent", "EC 0000", "is no edge code."),
        ("parent", of_others.code, "You have no title of this code."),
        ("eidr", "10.5240/7791-8534-2C23-9030-8610-6", "Not an EIDR"),
        ("name", "", "Original name: Fill this in."),
    ):
        response = client.post(f"/titles/{title.code}/edit/", SAID | {field: typed})
        assert response.status_code == 422, (field, typed)
        assert said in words(response)
    title.refresh_from_db()
    assert title.name == "Big Buck Bunny"


def test_a_work_has_its_place_in_the_tree(client: Client, studio: Actor) -> None:
    series = factories.title(studio, kind="series", name="Harbour")
    season = factories.title(studio, kind="season", name="One", parent=series.code, number=1)
    for number in (10, 2):
        factories.title(
            studio, kind="episode", name=f"Part {number}", parent=season.code, number=number
        )
    new = {"name": "Pilot", "language": "en", "kind": "episode"}
    refused = client.post("/titles/new/", new)
    assert (refused.status_code, "An episode is part of a season" in words(refused)) == (422, True)
    assert client.post("/titles/new/", new | {"parent": f"EC {series.code}"}).status_code == 303
    unplaced = Title.objects.get(name="Pilot")
    assert unplaced.parent == series
    said = SAID | {"kind": "episode", "name": "Pilot", "parent": season.code, "number": "1"}
    assert client.post(f"/titles/{unplaced.code}/edit/", said).status_code == 303
    page = text(client.get(f"/titles/{unplaced.code}/"))
    assert page.index(f"/titles/{series.code}/") < page.index(f"/titles/{season.code}/")
    parts = words(client.get(f"/titles/{season.code}/parts/"))
    assert "3 parts" in parts
    assert parts.index("Pilot") < parts.index("Part 2") < parts.index("Part 10")
    wrong = client.post(f"/titles/{series.code}/edit/", SAID | {"kind": "film"})
    assert "It has parts of the kind “Season”" in words(wrong)
    assert "No parts" in words(client.get(f"/titles/{unplaced.code}/parts/"))


def test_names_and_numbers_are_added_and_taken_back(client: Client, studio: Actor) -> None:
    title = factories.title(studio)
    address = f"/titles/{title.code}/names/"
    name = {"language": "ko", "name": "큰 토끼", "kind": "translated"}
    assert client.post(address, name).status_code == 303
    assert client.post(address, {"scheme": "imdb", "value": "tt1254207"}).status_code == 303
    TitleIdentifier.objects.create(
        title=title, organisation=title.organisation, scheme="eidr", value="10.5240/X",
        verified=False,
    )  # fmt: skip
    page = words(client.get(address))
    for said in ("큰 토끼", "Korean", "tt1254207", "Kept apart: it fails its check"):
        assert said in page
    wrong = client.post(address, {"scheme": "isan", "value": "12"})
    assert (wrong.status_code, "Not an ISAN" in words(wrong)) == (422, True)
    assert client.post(address, name | {"language": "??"}).status_code == 422
    client.post(f"{address}remove/", name)
    assert not title.names.exists()
    assert client.post(f"{address}remove/", name).status_code == 404


def test_people_who_share_a_name_are_told_apart(client: Client, studio: Actor) -> None:
    title, other = factories.title(studio), factories.title(studio, name="Sintel")
    first = register_party(actor=studio, kind="person", name="Kim Min", names={"ko": "김민"})
    second = register_party(actor=studio, kind="person", name="Kim Min", isni=ISNI)
    credit(actor=studio, title_code=other.code, party_code=first.code, role="composer")
    address = f"/titles/{title.code}/credits/"
    found = words(client.get(f"{address}?q=Kim"))
    assert "Sintel (Composer)" in found
    assert f"ISNI {ISNI}" in found
    assert first.code in text(client.get(f"{address}?q=김민"))
    assert second.code not in text(client.get(f"{address}?q=김민"))
    said = {"role": "cast", "character": "Bunny", "position": "1"}
    assert client.post(f"{address}{second.code}/", said).status_code == 303
    assert Credit.objects.get(title=title).party == second
    assert "Bunny" in words(client.get(address))
    assert "Others of this name" in words(client.get(f"/parties/{second.code}/"))
    new = client.post(address, {"kind": "person", "name": "Lee An", "other_name": "ko: 이안"})
    lee = Party.objects.get(name="Lee An")
    assert new.headers["Location"] == f"{address}{lee.code}/"
    twin = client.post(address, {"kind": "person", "name": "Kim Min", "isni": ISNI})
    assert "You already know a party with this EIDR party or ISNI." in words(twin)
    client.post(f"{address}{second.code}/remove/", {"role": "cast"})
    assert not Credit.objects.filter(title=title).exists()
    assert "Lee An" in words(client.get("/parties/?q=이안"))


def test_duplicates_are_compared_merged_and_split(client: Client, studio: Actor) -> None:
    kept, twin = factories.title(studio), factories.title(studio, year=2009)
    factories.ownership(studio, twin)
    name_title(actor=studio, code=twin.code, language="ko", name="큰 토끼")
    identify_title(actor=studio, code=kept.code, scheme="eidr", value=factories.EIDR)
    index_pending()
    page = text(client.get(f"/titles/{twin.code}/same/"))
    address = f"/titles/{twin.code}/same/{kept.code}/"
    assert address in page
    preview = words(client.get(address))
    assert factories.EIDR in preview
    assert "Record two titles as one work" in preview
    assert client.post(address, {"reason": ""}).status_code == 422
    merged = client.post(address, {"reason": "Same film"})
    assert merged.headers["Location"] == f"/titles/{kept.code}/"
    assert "This title is a duplicate." in words(client.get(f"/titles/{twin.code}/"))
    assert f"Merged into {kept.name} as a duplicate" in words(client.get(f"/titles/{twin.code}/"))
    # Files, rights and offers are asked for at the title that speaks for both.
    assert "What a licence needs" not in words(client.get(f"/titles/{twin.code}/"))
    speaking = client.get(f"/titles/{kept.code}/")
    assert "What a licence needs" in words(speaking)
    assert f"{twin.name} merged into it as a duplicate" in words(speaking)
    assert "Duplicates" in words(speaking)
    assert f'href="/titles/{twin.code}/"' in text(speaking)
    assert "recorded for Big Buck Bunny" in words(client.get(f"/titles/{kept.code}/rights/"))
    again = client.post(f"/titles/{twin.code}/same/{kept.code}/", {"reason": "Again"})
    assert again.status_code == 422
    series = factories.title(studio, kind="series")
    assert (
        client.post(f"/titles/{series.code}/same/{kept.code}/", {"reason": "x"}).status_code == 422
    )
    client.post(f"/titles/{twin.code}/same/split/", {"reason": "Another cut"})
    twin.refresh_from_db()
    assert twin.canonical is None
    page = client.get(f"/titles/{kept.code}/")
    assert f"Split off from it {twin.name}" in words(page)
    assert f"{twin.name} split off Peach Pictures" in words(page)
    assert f"{twin.name} merged into it as a duplicate" in words(page)
    # The name as what was split off, and in both lines of the history.
    assert text(page).count(f'href="/titles/{twin.code}/"') == 3
    assert "split off from it" in words(client.get(f"/titles/{kept.code}/same/"))
    page = client.get(f"/titles/{twin.code}/")
    assert f"Split off from {kept.name} Peach Pictures" in words(page)
    assert text(page).count(f'href="/titles/{kept.code}/"') == 3


def test_the_duplicates_of_a_work_are_paged_and_counted_together(
    client: Client, studio: Actor, django_assert_max_num_queries: Any
) -> None:
    kept = factories.title(studio, name="Kept")
    row = {field.attname: getattr(kept, field.attname) for field in Title._meta.concrete_fields}
    row |= {"id": None, "canonical_id": kept.pk}
    Title.objects.bulk_create(
        Title(**(row | {"code": f"TWIN{number:04d}", "name": f"Twin {number}"}))
        for number in range(60)
    )
    twin = Title.objects.get(name="Twin 3")
    Fact.objects.create(title=twin, code="FACT0003", kind="ownership", body={"party": "Kim"})
    address = f"/titles/{kept.code}/same/?q="
    with django_assert_max_num_queries(20):
        first = client.get(address)
    assert [row.title.name for row in first.context["rows"]][::49] == ["Twin 0", "Twin 49"]
    assert [row.facts for row in first.context["rows"]][:5] == [0, 0, 0, 1, 0]
    assert "50 of 60" in words(first)
    rest = client.get(f"{address}&cursor={first.context['page'].next}")
    assert [row.title.name for row in rest.context["rows"]][::9] == ["Twin 50", "Twin 59"]
    # A duplicate shows the row that speaks for it once, before the others.
    address = "/titles/TWIN0000/same/"
    assert client.get(address).context["rows"][0].title == kept
    after = client.get(f"{address}?cursor=TWIN0050").context["rows"]
    assert after[0].title.name == "Twin 51"


def test_the_history_of_a_work_tells_the_merges_of_its_duplicates(
    client: Client, studio: Actor
) -> None:
    first, second, third = (factories.title(studio, name=name) for name in ("Eins", "Zwei", "Drei"))
    for code, into in ((first, second), (second, third)):
        merge_titles(actor=studio, code=code.code, into=into.code, reason="Same film")
    split_title(actor=studio, code=first.code, reason="Another cut")
    page = words(client.get(f"/titles/{third.code}/"))
    assert "Eins split off" in page
    assert "Zwei merged into it as a duplicate" in page
    assert "Eins merged into Zwei as a duplicate" in page
    assert "Split off from it Eins" in page
    assert "Eins merged into it as a duplicate" in words(client.get(f"/titles/{second.code}/"))
    merge_titles(actor=studio, code=first.code, into=third.code, reason="Not another cut")
    assert "Split off from it" not in words(client.get(f"/titles/{third.code}/"))


def test_others_and_viewers_change_nothing(studio: Actor) -> None:
    title, other = factories.title(studio), factories.title(studio)
    who = register_party(actor=studio, kind="person", name="Kim Min")
    rival, viewer = signed_in(factories.studio()), signed_in(factories.member(studio))
    for path in (
        f"/titles/{title.code}/edit/",
        f"/titles/{title.code}/names/",
        f"/titles/{title.code}/names/remove/",
        f"/titles/{title.code}/credits/",
        f"/titles/{title.code}/credits/{who.code}/",
        f"/titles/{title.code}/credits/{who.code}/remove/",
        f"/titles/{title.code}/same/{other.code}/",
        f"/titles/{title.code}/same/split/",
    ):
        sent = SAID | {"reason": "x", "role": "cast"}
        assert rival.post(path, sent).status_code == 404, path
        assert viewer.post(path, sent).status_code == 403, path
    for path in ("", "parts/", "names/", "credits/", "same/"):
        assert rival.get(f"/titles/{title.code}/{path}").status_code == 404
        assert viewer.get(f"/titles/{title.code}/{path}").status_code == 200
    assert rival.get(f"/parties/{who.code}/").status_code == 404
    assert "Kim Min" not in words(rival.get("/parties/"))


def test_a_party_is_corrected_and_found_to_be_another(client: Client, studio: Actor) -> None:
    kept = register_party(actor=studio, kind="person", name="봉준호", isni="0000000121032683")
    twin = register_party(actor=studio, kind="person", name="Bong Junho")
    film = factories.title(studio)
    credit(actor=studio, title_code=film.code, party_code=twin.code, role="director")
    form = {"kind": "person", "name": "Bong Joon-ho", "names": "ko: 봉준호", "eidr": "", "isni": ""}
    bad = client.post(f"/parties/{twin.code}/edit/", form | {"names": "봉준호"})
    assert (bad.status_code, "Write the language, a colon" in words(bad)) == (422, True)
    assert client.post(f"/parties/{twin.code}/edit/", form).status_code == 303
    assert "Bong Joon-ho" in words(client.get(f"/parties/{twin.code}/"))
    search = client.get(f"/parties/{twin.code}/same/?q=봉준호")
    merge = f"/parties/{twin.code}/same/{kept.code}/"
    assert merge in text(search)
    assert "speaks for Bong Joon-ho" in words(client.get(merge))
    assert client.post(merge, {"reason": "One passport."}).status_code == 303
    page = words(client.get(f"/parties/{kept.code}/"))
    assert "Also recorded as Bong Joon-ho" in page
    assert film.name in page
    assert "Merged as a duplicate" in page
    assert "봉준호 speaks for both." in words(client.get(f"/parties/{twin.code}/"))
    assert client.post(f"/parties/{twin.code}/split/", {"reason": "Two."}).status_code == 303
    assert "Also recorded as" not in words(client.get(f"/parties/{kept.code}/"))


def test_parties_of_others_are_not_there_to_change(client: Client, studio: Actor) -> None:
    party = register_party(actor=studio, kind="person", name="Ada Park")
    rival, viewer = (
        signed_in(who) for who in (factories.studio(), factories.member(studio, Role.VIEWER))
    )
    for page in ("edit/", "same/", f"same/{party.code}/", "split/"):
        address = f"/parties/{party.code}/{page}"
        assert rival.get(address).status_code == 404
        assert viewer.get(address).status_code == 403


def test_a_number_that_failed_its_check_is_seen_and_mended(client: Client, studio: Actor) -> None:
    title = factories.title(studio)
    bad = "10.5240/AAAA-AAAA-AAAA-AAAA-AAAA-A"
    number = TitleIdentifier.objects.create(
        title=title, organisation=title.organisation, scheme="eidr", value=bad, verified=False
    )
    assert "1 number that failed its check" in words(client.get(f"/titles/{title.code}/"))
    names = f"/titles/{title.code}/names/"
    address = f"{names}apart/{number.pk}/"
    assert address in text(client.get(names))
    assert bad in words(client.get(address))
    refused = client.post(address, {"value": bad})
    assert (refused.status_code, "Not an EIDR" in words(refused)) == (422, True)
    assert client.post(address, {"value": bad[:-1] + "Y"}).status_code == 303
    page = words(client.get(names))
    assert (bad in page, bad[:-1] + "Y" in page) == (False, True)
    assert client.get(address).status_code == 404
    assert "Number that failed its check settled" in words(client.get(f"/titles/{title.code}/"))


def test_a_number_is_dismissed_by_its_studio_only(client: Client, studio: Actor) -> None:
    title = factories.title(studio)
    number = TitleIdentifier.objects.create(
        title=title, organisation=title.organisation, scheme="isan", value="0-1", verified=False
    )
    address = f"/titles/{title.code}/names/apart/{number.pk}/"
    rival, viewer = (
        signed_in(who) for who in (factories.studio(), factories.member(studio, Role.VIEWER))
    )
    assert rival.post(address, {"dismiss": "1"}).status_code == 404
    assert viewer.post(address, {"dismiss": "1"}).status_code == 403
    assert client.post(address, {"dismiss": "1"}).status_code == 303
    assert "0-1" not in words(client.get(f"/titles/{title.code}/names/"))
