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
from catalog.models import Title
from catalog.titles import TitleRow, register_many
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


def test_a_registered_title_opens_and_says_what_it_needs_next(client: Client) -> None:
    response = client.post("/titles/new/", NEW | {"names": "en: The Host\n\nfr: The Host"})
    title = Title.objects.get()
    assert (response.status_code, response.headers["Location"]) == (303, f"/titles/{title.code}/")
    page = words(client.get(f"/titles/{title.code}/"))
    for said in ("괴물", "Korean", "French The Host", "Film", "2006", "Not on offer"):
        assert said in page
    assert "Add a file to do" in page
    assert "Title registered Peach Pictures" in page


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("name", "", "Original name"),
        ("year", "1700", "Give a year from 1888 to 2100."),
        ("language", "klingonese", "Not a language tag"),
        ("eidr", "10.5240/7791-8534-2C23-9030-8610-6", "the check character C must fit"),
        ("names", "The Host", "Line 1: write the language, a colon and the name"),
        ("names", "en: A\nen: B", "Line 2: the language en stands there twice."),
        ("names", "xx-yy-zz: A", "Not a language tag"),
    ],
)
def test_a_mistake_is_named_and_nothing_typed_is_lost(
    client: Client, field: str, typed: str, said: str
) -> None:
    response = client.post("/titles/new/", NEW | {"name": "Kept name", field: typed})
    assert response.status_code == 422
    assert said in words(response)
    assert field == "name" or 'value="Kept name"' in text(response)
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


def test_words_find_names_translations_eidr_and_code(
    client: Client, studio: Actor, shelf: list[Title]
) -> None:
    host = factories.title(studio, name="괴물", names={"en": "The Host"}, eidr=factories.EIDR)
    for typed in ("괴물", "the host", "host THE", factories.EIDR, f"EC {host.code}"):
        page = words(client.get("/titles/", {"q": typed}))
        assert "1 of 61 titles" in page
        assert "괴물 The Host" in page
    assert "No title fits" in words(client.get("/titles/", {"q": "nowhere"}))


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("괴물", True),
        (unicodedata.normalize("NFD", "괴물"), True),
        ("host THE the", True),
        ("host nowhere", False),
        (factories.EIDR.lower(), True),
        (f"doi:{factories.EIDR}", True),
        (f"host {factories.EIDR}", True),
        ("EC {0} {1}", True),
        ("{0}-{1}", True),
        ("host {0}{1}", True),
        (" ".join(f"w{number}" for number in range(40)), False),
        (" ", True),
    ],
)
@pytest.mark.parametrize("kind", ["film", "series", ""])
def test_the_page_and_the_api_find_the_same(
    client: Client, studio: Actor, typed: str, found: bool, kind: str
) -> None:
    host = factories.title(studio, name="괴물", names={"en": "The Host"}, eidr=factories.EIDR)
    factories.title(studio, name="A host", kind="short")
    factories.title(factories.studio(), name="The Host")
    asked = {"q": typed.format(host.code[:4], host.code[4:])} | ({"kind": kind} if kind else {})
    shown = [row.title.code for row in client.get("/titles/", asked).context["shelf"].rows]
    given = [row["code"] for row in client.get("/api/v1/titles/", asked).json()["results"]]
    assert shown == given
    assert (host.code in shown) == (found and kind != "series")


def test_what_no_name_holds_is_not_found(client: Client, studio: Actor) -> None:
    factories.title(studio, name="The Host")
    for typed in ("\0", "host\0", "w " * 5000):
        assert "No title fits" in words(client.get("/titles/", {"q": typed}))


def test_filters_stand_in_the_address_and_keep_the_search(
    client: Client, studio: Actor, shelf: list[Title]
) -> None:
    film = factories.offered_film(studio, kind="short", name="Bunny")
    page = text(client.get("/titles/", {"kind": "short", "q": "b"}))
    assert f"/titles/{film.owner.code}/" in page
    assert 'name="kind" value="short"' in page
    assert "1 of 61 titles" in words(client.get("/titles/?offer=published"))
    assert "60 of 61 titles" in words(client.get("/titles/?rights=none"))
    assert "Without rights 60" in words(client.get("/titles/"))


def test_pages_follow_each_other_in_any_order(client: Client, shelf: list[Title]) -> None:
    first = client.get("/titles/?sort=name")
    assert "Reel 000" in words(first)
    assert "Reel 059" not in words(first)
    cursor = first.context["shelf"].next
    second = client.get("/titles/", {"sort": "name", "cursor": cursor})
    assert [row.title.name for row in second.context["shelf"].rows] == [
        f"Reel {number:03}" for number in range(50, 60)
    ]
    oldest = client.get("/titles/?sort=-year").context["shelf"].rows[0].title
    assert oldest.year == 2009


def test_a_large_library_is_not_counted_through(
    client: Client, shelf: list[Title], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.library.MOST_COUNTED", 10)
    monkeypatch.setattr("web.library.MOST_FOUND", 55)
    page = words(client.get("/titles/?kind=film"))
    assert "More than 1,000 of 60 titles" in page
    assert "Without rights 60" not in page


def test_the_list_asks_the_same_queries_for_any_number_of_titles(
    client: Client, studio: Actor
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            client.get("/titles/")
        return len(asked)

    factories.offered_film(studio)
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
    file = factories.offered_film(studio)
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
    page = text(client.get("/titles/?q=reel&sort=-name&cursor=x"))
    assert 'href="/titles/library.csv?q=reel&amp;sort=-name"' in page
    response = client.get("/titles/library.csv?q=reel&sort=-name")
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
    names = {row[0] for row in rows_of(client.get("/titles/library.csv"))[1:]}
    assert names == {"'=1+1", "'+82", "'-film", "'@now", "'＝2"}
    assert signed_in(factories.lab()).get("/titles/library.csv").status_code == 404
