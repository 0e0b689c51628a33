"""The library as a studio walks it: finding titles, registering one, its overview."""

import csv
import io
import unicodedata
from typing import Any, cast

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.access import Actor
from catalog.models import Title, TitleKind
from catalog.titles import TitleRow, register_many
from licensing.search.indexing import index_pending, mark_all
from tests import factories
from tests.web.reading import signed_in, text, words

pytestmark = pytest.mark.django_db

NEW = {"name": "괴물", "language": "ko", "kind": "film", "year": "2006", "eidr": "", "names": ""}


@pytest.fixture
def studio() -> Actor:
    return factories.studio("Peach Pictures")


@pytest.fixture
def client(studio: Actor) -> Client:
    return signed_in(studio)


def test_a_stranger_is_sent_to_sign_in_and_comes_back() -> None:
    response = Client().get("/titles/?q=host")
    assert response.status_code == 302
    assert response.headers["Location"] == "/accounts/login/?next=/titles/%3Fq%3Dhost"


def test_an_empty_library_teaches_what_a_title_is(client: Client) -> None:
    page = words(client.get("/titles/"))
    assert "Your library is empty" in page
    assert "Register a title" in page


def test_the_choice_of_kinds_begins_with_films(client: Client) -> None:
    kinds = [
        kind for kind, _label in client.get("/titles/new/").context["form"]["kind"].field.choices
    ]
    assert kinds[0] == "film"
    assert sorted(kinds) == sorted(TitleKind.values)


def test_a_registered_title_opens_and_says_what_it_needs_next(client: Client) -> None:
    response = client.post("/titles/new/", NEW | {"names": "en: The Host\n\nfr: The Host"})
    title = Title.objects.get()
    assert (response.status_code, response.headers["Location"]) == (303, f"/titles/{title.code}/")
    page = words(client.get(f"/titles/{title.code}/"))
    for said in ("괴물", "Korean", "French The Host", "Film", "2006", "Not on offer"):
        assert said in page
    assert "Add a file to do" in page
    assert "Title registered Peach Pictures" in page


def test_a_mistake_is_named_and_nothing_typed_is_lost(client: Client) -> None:
    for field, typed, said in (
        ("name", "", "Original name"),
        ("year", "1700", "Give a year from 1888 to 2100."),
        ("language", "klingonese", "Not a language tag"),
        ("eidr", "10.5240/7791-8534-2C23-9030-8610-6", "the check character C must fit"),
        ("names", "The Host", "Line 1: write the language, a colon and the name"),
        ("names", "en: A\nen: B", "Line 2: the language en stands there twice."),
        ("names", "xx-yy-zz: A", "Not a language tag"),
    ):
        response = client.post("/titles/new/", NEW | {"name": "Kept name", field: typed})
        assert response.status_code == 422, typed
        assert said in words(response)
        assert field == "name" or 'value="Kept name"' in text(response), typed
    assert not Title.objects.exists()


def test_all_mistakes_are_told_at_once(client: Client) -> None:
    mistakes = {"year": "1700", "language": "klingonese", "eidr": "10.5240", "names": "The Host"}
    page = words(client.post("/titles/new/", NEW | mistakes))
    assert "4 things to correct" in page
    for said in ("Give a year", "Not a language tag", "Not an EIDR", "Line 1:"):
        assert said in page


def test_the_same_eidr_twice_is_told_beside_its_field(client: Client, studio: Actor) -> None:
    factories.title(studio, eidr=factories.EIDR)
    response = client.post("/titles/new/", NEW | {"eidr": factories.EIDR})
    assert "EIDR: You have already registered a title with this EIDR." in words(response)


def reels(count: int) -> list[TitleRow]:
    return [
        {"kind": "film", "name": f"Reel {number:03}", "language": "en", "year": 1950 + number}
        for number in range(count)
    ]


@pytest.fixture
def shelf(studio: Actor) -> list[Title]:
    rows = reels(60)
    return register_many(actor=studio, rows=rows)


def indexed() -> None:
    mark_all()
    index_pending()


def shown(client: Client, **asked: str) -> list[str]:
    return [row.title.code for row in client.get("/titles/", asked).context["rows"]]


def test_words_find_names_translations_eidr_and_code(
    client: Client, studio: Actor, shelf: list[Title]
) -> None:
    host = factories.title(studio, name="괴물", names={"en": "The Host"}, eidr=factories.EIDR)
    factories.title(factories.studio(), name="The Host", names={"ko": "괴물"})
    indexed()
    first, second = host.code[:4], host.code[4:]
    for typed in (
        "괴물",
        "물",
        unicodedata.normalize("NFD", "괴물"),
        "host THE the",
        "hos",
        factories.EIDR,
        factories.EIDR.lower(),
        f"doi:{factories.EIDR}",
        f"host {factories.EIDR}",
        f"{first}{second}",
        f"EC {first} {second}",
        f"{first} {second}",
        f"host {first}{second}",
    ):
        page = words(client.get("/titles/", {"q": typed}))
        assert "1 title" in page, typed
        assert "괴물 The Host" in page, typed


def test_what_no_name_holds_is_not_found(client: Client, studio: Actor) -> None:
    factories.title(studio, name="The Host")
    indexed()
    for typed in ("nowhere", "host nowhere", "ost"):
        assert "Nothing matches" in words(client.get("/titles/", {"q": typed})), typed
    # Of this only what can be printed is looked for.
    assert "Nothing matches" not in words(client.get("/titles/", {"q": "host\0"}))


def test_too_much_is_refused_and_stays_typed(client: Client, shelf: list[Title]) -> None:
    indexed()
    page = client.get("/titles/", {"q": " ".join(f"w{number}" for number in range(40))})
    assert page.status_code == 422
    assert "Search for at most 20 words." in words(page)
    assert "w39" in text(page)


def test_filters_stand_in_the_address_and_keep_the_search(
    client: Client, studio: Actor, shelf: list[Title]
) -> None:
    film = factories.offered_words(studio, kind="short", name="Bunny")
    indexed()
    page = client.get("/titles/", {"kind": "short", "q": "bu"})
    assert f"/titles/{film.owner.code}/" in text(page)
    assert 'name="kind" value="short"' in text(page)
    assert "Query(" not in text(page)  # the search box of the frame stays empty
    assert shown(client, offer="published") == [film.owner.code]
    assert client.get("/titles/?offer=none").context["found"].total == 60
    assert client.get("/titles/?rights=unchecked").context["found"].total == 61
    assert "Not checked yet" in words(page)


def test_years_are_narrowed_by_what_is_typed(client: Client, shelf: list[Title]) -> None:
    indexed()
    page = client.get("/titles/?years=1950..1951")
    assert page.context["found"].total == 2
    assert 'value="1950..1951"' in text(page)
    assert "Years: 1950–1951" in words(page)


def test_pages_follow_each_other_in_any_order(client: Client, shelf: list[Title]) -> None:
    indexed()
    first = client.get("/titles/?order=name")
    assert "Reel 000" in words(first)
    assert "Reel 059" not in words(first)
    second = client.get(f"/titles/{first.context['next_href']}")
    assert [row.title.name for row in second.context["rows"]] == [
        f"Reel {number:03}" for number in range(48, 60)
    ]
    latest = client.get("/titles/?order=-year").context["rows"][0].title
    assert latest.year == 2009


def test_what_was_just_registered_is_said_to_be_on_its_way(client: Client, studio: Actor) -> None:
    factories.title(studio)
    assert "Your titles are being prepared for search" in words(client.get("/titles/"))
    index_pending()
    assert "1 title" in words(client.get("/titles/"))


def test_the_list_asks_the_same_queries_for_any_number_of_titles(
    client: Client, studio: Actor
) -> None:
    def queries() -> int:
        indexed()
        client.get("/titles/")
        with CaptureQueriesContext(connection) as asked:
            client.get("/titles/")
        return len(asked)

    factories.offered_words(studio)
    few = queries()
    register_many(actor=studio, rows=reels(45))
    assert queries() == few


def test_what_others_own_does_not_exist(studio: Actor) -> None:
    code = factories.title(studio).code
    for reader in (factories.studio(), factories.lab(), factories.talent()):
        client = signed_in(reader)
        for tab in ("", "files/", "rights/", "offer/", "licences/"):
            assert client.get(f"/titles/{code}/{tab}").status_code == 404


def test_a_viewer_reads_but_registers_nothing(studio: Actor) -> None:
    client = signed_in(factories.member(studio))
    assert client.get("/titles/").status_code == 200
    assert client.get("/titles/new/").status_code == 403
    assert client.post("/titles/new/", NEW).status_code == 403
    assert not Title.objects.exists()


def test_the_licences_tab_shows_the_grants(studio: Actor, var_dir: object) -> None:
    file = factories.offered_words(studio)
    grant = factories.grant(studio, factories.lab("Lumen Lab"), [file])
    response = signed_in(studio).get(f"/titles/{file.owner.code}/licences/")
    assert f'href="/grants/{grant.code}/"' in text(response)
    assert "Lumen Lab" in words(response)
    assert "1 grant in force" in words(response)


def rows_of(response: Any) -> list[list[str]]:
    content = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(content, newline="")))


def test_what_is_found_can_be_taken_along_as_a_file(client: Client, studio: Actor) -> None:
    films = [{"kind": "film", "name": f"Reel {n:03}", "language": "en"} for n in range(1, 702)]
    register_many(actor=studio, rows=cast("list[TitleRow]", films))
    factories.title(studio, kind="short", name="괴물", year=2006, names={"en": "The Host"})
    factories.title(factories.studio(), name="Reel of another house")
    mark_all()
    while index_pending():
        pass
    page = text(client.get("/titles/?q=reel&order=-name&cursor=x"))
    assert 'href="/titles/library.csv?level=title&amp;q=reel&amp;order=-name"' in page
    response = client.get("/titles/library.csv?q=reel&order=-name")
    assert response["Content-Disposition"] == 'attachment; filename="library.csv"'
    header, *rows = rows_of(response)
    assert header[:3] == ["Name", "Name in another language", "Year"]
    assert [row[0] for row in rows] == [f"Reel {n:03}" for n in range(701, 0, -1)]
    found = rows_of(client.get("/titles/library.csv?kind=short"))[1:]
    assert [row[:4] for row in found] == [["괴물", "The Host", "2006", "Short film"]]
    assert len(rows_of(client.get("/titles/library.csv"))) == 703


def test_no_name_becomes_a_formula_in_a_spreadsheet(client: Client, studio: Actor) -> None:
    for name in ("=1+1", "+82", "-film", "@now", "＝2"):
        factories.title(studio, name=name)
    indexed()
    names = {row[0] for row in rows_of(client.get("/titles/library.csv"))[1:]}
    assert names == {"'=1+1", "'+82", "'-film", "'@now", "'＝2"}
    assert signed_in(factories.lab()).get("/titles/library.csv").status_code == 404


def test_a_file_of_a_wrong_search_leads_to_the_page_that_says_so(client: Client) -> None:
    response = client.get("/titles/library.csv?years=long")
    assert (response.status_code, response["Location"]) == (303, "/titles/?years=long")
