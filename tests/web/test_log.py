"""The public log for people: what it shows to whom, and that its proofs are checked."""

import re
from pathlib import Path
from typing import NamedTuple

import pytest
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.access import Actor, Permission
from catalog.models import Asset
from catalog.titles import register_many
from edgecode.log import notes
from ledger import edge_code, kinds, proofs, sequencer
from ledger.models import Event
from licensing.models import Clearance, Grant
from tests import factories
from tests.worlds import kept
from web import log_words, typed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


class Story(NamedTuple):
    studio: Actor
    lab: Actor
    film: Asset
    grant: Grant


@pytest.fixture(autouse=True)
def _own_counters() -> None:
    cache.clear()


@kept
def story() -> Story:
    """One licence, from the title to the grant, under a checkpoint."""
    studio, lab = factories.studio("Peach Pictures"), factories.lab("Lumen Lab")
    film = factories.offered_film(studio)
    grant = factories.grant(studio, lab, [film])
    sequencer.advance()
    return Story(studio, lab, film, grant)


def reader(actor: Actor) -> Client:
    client = Client()
    assert actor.user is not None
    client.force_login(actor.user)
    return client


def text(response: HttpResponse) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def index_of(stream: str, kind: str) -> int:
    index = Event.objects.get(stream=stream, kind=kind).index
    assert index is not None
    return index


def page_of(client: Client, stream: str, kind: str) -> str:
    return text(client.get(f"/ledger/entries/{index_of(stream, kind)}/"))


def test_an_empty_log_says_what_will_be_here(client: Client) -> None:
    assert "The log has no entries yet" in text(client.get("/ledger/"))
    assert "nothing to audit" in text(client.get("/ledger/audit/"))
    assert client.get("/ledger/entries/0/").status_code == 404


def test_the_log_is_open_to_all_and_names_nobody(client: Client, story: Story) -> None:
    page = text(client.get("/ledger/"))
    size = proofs.folder().size()
    assert f'<dd class="log-size"><span class="number">{size}</span>' in page
    assert "Grant issued" in page
    assert "A licence was granted." in page
    assert "Peach Pictures" not in page
    assert "Big Buck Bunny" not in page
    assert page.index("Grant issued") < page.index('<span class="log-event">Title registered')


def test_a_reader_finds_their_own_name_and_no_other(story: Story) -> None:
    page = text(reader(story.studio).get("/ledger/"))
    assert 'Peach Pictures <span class="card-note">(you)' in page
    assert "Lumen Lab" not in page


def test_entries_are_chosen_by_kind_and_by_what_they_are_about(
    client: Client, story: Story
) -> None:
    page = text(client.get("/ledger/?kind=grant.issued.v2"))
    assert page.count('class="log-event"') == 1
    page = text(client.get("/ledger/", {"q": f"ec {story.grant.code[:4]}-{story.grant.code[4:]}"}))
    assert page.count('class="log-event"') == 2
    page = text(client.get("/ledger/", {"q": f"asset:{story.film.code}"}))
    assert page.count('class="log-event"') == 1
    assert "has no such entry" in text(client.get("/ledger/", {"q": edge_code.new()}))


def test_what_is_typed_wrong_is_said(client: Client, story: Story) -> None:
    wrong = story.grant.code[:-1] + ("0" if story.grant.code[-1] != "0" else "2")
    assert "typing error in this code" in text(client.get("/ledger/", {"q": f"EC {wrong}"}))
    assert "neither an edge code" in text(client.get("/ledger/", {"q": "the whole film"}))
    for cursor in ("x", "-", "9" * 40, "٣", "-99999"):
        assert client.get("/ledger/", {"cursor": cursor}).status_code == 200
    for number in ("3", "#3", "entry 3", edge_code.for_entry(3)):
        response = client.get("/ledger/", {"q": number})
        assert response.headers["Location"] == "/ledger/entries/3/"


def test_pages_lead_through_the_whole_log_and_back(client: Client, story: Story) -> None:
    films = [{"kind": "film", "name": f"Film {n}", "language": "en"} for n in range(300)]
    register_many(actor=story.studio, rows=films)
    sequencer.advance()
    for query in ("", "kind=title.registered&"):
        seen: list[int] = []
        address = f"/ledger/?{query}"
        back = ""
        while address:
            page = text(client.get(address))
            seen += map(int, re.findall(r'href="/ledger/entries/(\d+)/"', page))
            older = re.search(r'rel="next" href="([^"]+)"', page)
            newer = re.search(r'rel="prev" href="([^"]+)"', page)
            back = newer[1].replace("&amp;", "&") if newer else ""
            address = "/ledger/" + older[1].replace("&amp;", "&") if older else ""
        assert seen == sorted(seen, reverse=True)
        assert len(seen) == (proofs.folder().size() if not query else 301)
        before = re.findall(r'href="/ledger/entries/(\d+)/"', text(client.get("/ledger/" + back)))
        assert int(before[-1]) > int(re.findall(r"entries/(\d+)/", page)[0])


def test_lists_ask_the_same_number_of_questions_however_long(
    client: Client, story: Story, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client.get("/ledger/")
    index = index_of(story.grant.stream, "grant.issued.v2")
    with django_assert_max_num_queries(0):
        client.get("/ledger/")
    with django_assert_max_num_queries(1):
        client.get("/ledger/?kind=title.registered")
    with django_assert_max_num_queries(2):
        client.get(f"/ledger/entries/{index}/")


def test_an_entry_tells_its_story_and_what_it_rests_on(client: Client, story: Story) -> None:
    page = page_of(client, story.grant.stream, "grant.issued.v2")
    assert "A licence was granted." in page
    assert "In the public log since" in page
    assert "Checked just now by the server" in page
    deal = story.grant.deal
    for stream, kind in (
        (deal.agreement.stream, "agreement.made"),
        (deal.settlement.stream, "settlement.recorded"),
        (deal.request.stream, "request.submitted.v2"),
    ):
        assert f'href="/ledger/entries/{index_of(stream, kind)}/"' in page
    assert "Asset granted" in page  # the history of the same grant
    assert f"grant:{story.grant.code}" in page  # the entry itself


def test_sealed_facts_open_to_whom_they_concern_only(client: Client, story: Story) -> None:
    title = story.film.owner.stream
    response = reader(story.studio).get(f"/ledger/entries/{index_of(title, 'title.registered')}/")
    assert "no-store" in response.headers["Cache-Control"]
    open_to_studio = page_of(reader(story.studio), title, "title.registered")
    assert "Big Buck Bunny" in open_to_studio
    assert open_to_studio.count("give exactly this seal") == 2
    for stranger in (client, reader(story.lab), reader(factories.studio())):
        page = page_of(stranger, title, "title.registered")
        assert "Big Buck Bunny" not in page
        assert page.count("Not open to you") == 2
        assert "exactly this seal" not in page


def test_both_sides_open_their_grant_and_only_the_licensor_the_case(story: Story) -> None:
    for actor in (story.studio, story.lab):
        page = page_of(reader(actor), story.grant.stream, "grant.issued.v2")
        assert "train.pretrain" in page
        assert f'href="/grants/{story.grant.code}/"' in page
        agreement = story.grant.deal.agreement
        page = page_of(reader(actor), agreement.stream, "agreement.made")
        assert agreement.pdf_sha256 in page
    clearance = Clearance.objects.first()
    assert clearance is not None
    page = page_of(reader(story.studio), clearance.stream, "clearance.decided")
    assert clearance.case_sha256 in page
    page = page_of(reader(story.lab), clearance.stream, "clearance.decided")
    assert clearance.case_sha256 not in page


def test_who_does_not_manage_members_reads_no_address(story: Story) -> None:
    viewer = factories.member(story.studio)
    sequencer.advance()
    assert viewer.user is not None
    assert viewer.organisation is not None
    assert not viewer.may(Permission.MANAGE_MEMBERS)
    stream = viewer.organisation.stream
    assert viewer.user.email in page_of(reader(story.studio), stream, "member.added")
    assert viewer.user.email not in page_of(reader(viewer), stream, "member.added")


def test_public_facts_are_told_in_words(client: Client, story: Story) -> None:
    short = factories.title(story.studio, kind="short")
    likeness = factories.likeness(factories.talent())
    sequencer.advance()
    clearance = Clearance.objects.filter(item__asset=story.film)[0]
    cases = [
        (short.stream, "title.registered", "Short film", "단편"),
        (clearance.stream, "clearance.decided", "Clear", "허락 가능"),
        (likeness.stream, "likeness.registered", "face and voice", "얼굴 및 목소리"),
        (story.grant.deal.settlement.stream, "settlement.recorded", "Bank transfer", "계좌 이체"),
    ]
    for stream, kind, english, korean in cases:
        address = f"/ledger/entries/{index_of(stream, kind)}/"
        assert f"<dd>{english}</dd>" in text(client.get(address))
        page = text(client.get(address, headers={"Accept-Language": "ko"}))
        assert f"<dd>{korean}</dd>" in page


def test_receipt_and_entry_verify_without_us(client: Client, story: Story) -> None:
    index = index_of(story.grant.stream, "grant.issued.v2")
    raw = client.get(f"/ledger/entries/{index}.json").content
    receipt = client.get(f"/ledger/proof/{index}.tlog-proof").content.decode()
    key = notes.parse_vkey(client.get("/ledger/log.vkey").content.decode())
    assert notes.verify_receipt(receipt, raw, key)[0] == index
    assert client.get("/ledger/entries/99999.json").status_code == 404


def test_a_damaged_log_is_shown_as_damaged(client: Client, story: Story, var_dir: Path) -> None:
    size = proofs.folder().size()
    tile = var_dir / "ledger" / "tile" / "0" / f"000.p/{size}"
    raw = bytearray(tile.read_bytes())
    raw[0] ^= 1
    tile.write_bytes(raw)
    page = text(client.get("/ledger/entries/1/"))
    assert "The proof of this entry does not hold" in page
    assert "In the public log since" not in page


def test_an_entry_that_is_not_there_is_a_page_that_helps(client: Client, story: Story) -> None:
    response = client.get("/ledger/entries/123456789012345678901/")
    assert response.status_code == 404
    assert "There is no entry" in text(response)
    assert "123,456,789,012,345,678,901" in text(response)


def test_the_audit_page_gives_commands_that_name_this_log(
    client: Client, story: Story, settings: Settings
) -> None:
    page = text(client.get("/ledger/audit/"))
    size = proofs.folder().size()
    assert f"curl {settings.BASE_URL}/ledger/consistency/{size // 2}/{size}" in page
    assert (proofs.vkey() or "") in page.replace("&#x2B;", "+")
    for address in re.findall(rf"{settings.BASE_URL}(/ledger/[^\s<]+)", page):
        if address != "/ledger/":
            assert client.get(address).status_code == 200, address


def test_every_kind_of_entry_has_its_story() -> None:
    names = {kind.name for kind in kinds.registered()}
    made_by_tests = {"crate", "gadget", "probe", "sample", "widget"}
    rooms = {name for name in names if name.partition(".")[0] not in made_by_tests}
    assert rooms <= set(log_words.STORIES)
    assert set(log_words.STORIES) <= names
    fields = {
        field.rstrip("?*")
        for kind in kinds.registered()
        if kind.name in rooms
        for field in (*kind.data, *kind.refs, *kind.private)
    }
    # What has no name of its own is shown as the code writes it.
    assert sorted(field for field in fields if isinstance(log_words.field_name(field), str)) == []


@pytest.mark.parametrize(
    ("typing", "meant"),
    [
        ("#48,112", typed.Typed(entry=48112)),
        ("Entry 7", typed.Typed(entry=7)),
        ("기록 7", typed.Typed(entry=7)),
        ("EC 7K3F 2Q9P", typed.Typed(code="7K3F2Q9P")),
        ("7k3f-2q9p+041", typed.Typed(code="7K3F2Q9P+041")),
        ("EC 7K3F 2Q9D", typed.Typed(mistyped=True)),
        ("elephant", typed.Typed()),
        ("Big Buck Bunny", typed.Typed()),
        ("", typed.Typed()),
    ],
)
def test_what_is_typed_is_read_by_its_form(typing: str, meant: typed.Typed) -> None:
    assert typed.read(typing) == meant
