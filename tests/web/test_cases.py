"""An auditor at the pages: let in on the page of a deal, shown what was given, and out again."""

import json
import re
from typing import NamedTuple

import pytest
from django.core.cache import cache
from django.test import Client

from accounts.access import Actor
from accounts.codes import allocate_many
from accounts.models import Role
from ledger import edge_code, sequencer
from ledger.append import erase
from ledger.models import Event
from licensing.deals.cases import open_case
from licensing.models import AuditCase, Deal
from tests import factories
from tests.web.reading import signed_in, text, words
from tests.worlds import kept

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


@pytest.fixture(autouse=True)
def _fresh() -> None:
    cache.clear()


class Granted(NamedTuple):
    studio: Actor
    lab: Actor
    auditor: Actor
    deal: Deal


@kept
def granted() -> Granted:
    """A deal that was granted, under a checkpoint, and an auditor who has seen nothing of it."""
    studio, lab = factories.studio("Peach Pictures"), factories.lab("Lumen Lab")
    auditor = factories.auditor("Han & Partners")
    grant = factories.grant(studio, lab, [factories.offered_words(studio)])
    sequencer.advance()
    return Granted(studio, lab, auditor, grant.deal)


@pytest.fixture
def studio(granted: Granted) -> Actor:
    return granted.studio


@pytest.fixture
def lab(granted: Granted) -> Actor:
    return granted.lab


@pytest.fixture
def auditor(granted: Granted) -> Actor:
    return granted.auditor


@pytest.fixture
def deal(granted: Granted) -> Deal:
    return granted.deal


@pytest.fixture
def case(studio: Actor, auditor: Actor, deal: Deal) -> AuditCase:
    assert auditor.organisation is not None
    return open_case(
        actor=studio, auditor=auditor.organisation.code, deals=[deal.code], note="For the board."
    )


def code_of(actor: Actor) -> str:
    assert actor.organisation is not None
    return actor.organisation.display_code


def test_a_studio_gives_an_auditor_access(
    studio: Actor, lab: Actor, auditor: Actor, deal: Deal
) -> None:
    client, page = signed_in(studio), f"/deals/{deal.code}/"
    assert "No auditor has been given access to this deal." in words(client.get(page))
    typed = {"auditor": f" {code_of(auditor).lower()} ", "note": "For the board."}
    answer = client.post(f"{page}cases/", typed)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{page}#auditors")
    case = AuditCase.objects.get()
    mine = words(client.get(page))
    assert "Han & Partners Open given by Peach Pictures" in mine
    assert "Shown to the auditor: not yet" in mine
    theirs = signed_in(lab).get(page)
    assert "Han & Partners Open given by Peach Pictures" in words(theirs)
    assert f"/cases/{case.code}/" not in text(theirs)
    assert "For the board." not in text(theirs)


def test_what_is_wrong_with_a_code_stands_beside_it(studio: Actor, lab: Actor, deal: Deal) -> None:
    for typed, said in (
        ("", "Fill this in."),
        ("7K3F 2Q9X", "This is not an edge code"),
        (code_of(lab), "There is no auditor with this code."),
    ):
        answer = signed_in(studio).post(f"/deals/{deal.code}/cases/", {"auditor": typed})
        assert answer.status_code == 422, typed
        assert said in words(answer)
    assert not AuditCase.objects.exists()


def test_only_who_binds_the_house_gives_access(studio: Actor, auditor: Actor, deal: Deal) -> None:
    clerk = signed_in(factories.member(studio, Role.EDITOR))
    assert "Give an auditor access" not in words(clerk.get(f"/deals/{deal.code}/"))
    sent = {"auditor": code_of(auditor)}
    assert clerk.post(f"/deals/{deal.code}/cases/", sent).status_code == 403
    stranger = signed_in(factories.studio())
    assert stranger.post(f"/deals/{deal.code}/cases/", sent).status_code == 404


def test_the_auditor_reads_each_step_with_its_facts(auditor: Actor, case: AuditCase) -> None:
    client = signed_in(auditor)
    home = words(client.get("/home/"))
    assert "Cases open to you 1" in home
    assert f"Peach Pictures {case.display_code} Open 1" in words(client.get("/cases/"))
    assert f"Peach Pictures {case.display_code} · 1 deal" in words(client.get("/home/"))
    answer = client.get(f"/cases/{case.code}/")
    page = words(answer)
    film = Event.objects.get(kind="asset.registered").stream_id.partition(":")[2]
    assert f"Files {edge_code.display(film)}" in page
    assert f"File {edge_code.display(film)}" in page  # which one was granted
    assert "Peach Pictures opens its facts to Han & Partners" in page
    assert "For the board." in page
    for said in ("Offer published", "Deal approved", "Grant issued", "A lab asked for a licence."):
        assert said in page
    assert "Amount USD 1,000.00" in page
    assert "Uses pre-training" in page
    assert "Ends 1 Jan 2036, 00:00 UTC" in page
    assert "Fact and salt give exactly this seal." in page
    assert "Fact and salt do not give" not in page
    assert "Not open in this case: Peach Pictures may not see it either." in page
    issued = Event.objects.get(kind="grant.issued.v2")
    assert f'href="/ledger/entries/{issued.index}/"' in text(answer)


def test_the_page_is_in_korean_too(auditor: Actor, case: AuditCase) -> None:
    page = words(signed_in(auditor).get(f"/cases/{case.code}/", headers={"Accept-Language": "ko"}))
    assert "Fact and salt" not in page
    assert "USD 1,000.00" in page


def test_looking_is_recorded_and_shown_to_who_opened_it(
    studio: Actor, auditor: Actor, case: AuditCase
) -> None:
    reader = signed_in(auditor)
    for _ in range(3):
        reader.get(f"/cases/{case.code}/")
    own = signed_in(studio)
    assert own.get(f"/cases/{case.code}/").status_code == 200
    assert Event.objects.filter(kind="openings.shown").count() == 1
    assert "Shown to the auditor 1 time, last" in words(own.get(f"/cases/{case.code}/"))
    reader.post(f"/cases/{case.code}/openings/")
    assert "Shown to the auditor 2 times, last" in words(own.get(f"/cases/{case.code}/"))


def test_the_openings_come_as_a_file_with_the_command_for_it(
    auditor: Actor, case: AuditCase
) -> None:
    client = signed_in(auditor)
    page = words(client.get(f"/cases/{case.code}/"))
    assert f"--openings openings-{case.code}.jsonl" in page
    assert "edgecode audit http://127.0.0.1:8000/ledger/" in page
    assert client.get(f"/cases/{case.code}/openings/").status_code == 405
    answer = client.post(f"/cases/{case.code}/openings/")
    assert answer.headers["Content-Disposition"] == (
        f'attachment; filename="openings-{case.code}.jsonl"'
    )
    assert answer.headers["Cache-Control"] == "private, no-store"
    lines = [json.loads(line) for line in answer.content.splitlines()]
    assert all(line["salt"] for line in lines if "index" in line)


def test_erased_facts_say_so(auditor: Actor, deal: Deal, case: AuditCase) -> None:
    erase(deal.agreement.stream, actor="system:operator")
    assert "Erased: what opened this seal was destroyed" in words(
        signed_in(auditor).get(f"/cases/{case.code}/")
    )


def test_nobody_else_finds_the_case(lab: Actor, case: AuditCase, client: Client) -> None:
    for other in (lab, factories.auditor(), factories.studio()):
        reader = signed_in(other)
        assert reader.get(f"/cases/{case.code}/").status_code == 404
        assert reader.post(f"/cases/{case.code}/openings/").status_code == 404
        assert reader.post(f"/cases/{case.code}/close/").status_code in {403, 404}
        assert case.code not in text(reader.get("/cases/"))
    assert client.get(f"/cases/{case.code}/").status_code == 302
    case.refresh_from_db()
    assert (case.closed_at, case.shown) == (None, 0)


def test_a_closed_case_shows_the_auditor_nothing_more(
    studio: Actor, auditor: Actor, deal: Deal, case: AuditCase
) -> None:
    own = signed_in(studio)
    answer = own.post(f"/cases/{case.code}/close/", follow=True)
    assert "The case is closed; the auditor sees nothing of it any more." in words(answer)
    assert "Closed given by Peach Pictures" in words(own.get(f"/deals/{deal.code}/"))
    reader = signed_in(auditor)
    page = words(reader.get(f"/cases/{case.code}/"))
    assert "Its facts are not open to you any more" in page
    for gone in ("For the board.", "Lumen Lab", "Amount", "Download the openings"):
        assert gone not in page
    assert reader.post(f"/cases/{case.code}/openings/").status_code == 303
    assert "Cases open to you" not in words(reader.get("/home/"))
    assert not Event.objects.filter(kind="openings.shown").exists()


def test_a_long_case_comes_in_pages(
    studio: Actor, lab: Actor, auditor: Actor, monkeypatch: pytest.MonkeyPatch, case: AuditCase
) -> None:
    monkeypatch.setattr("web.views.cases._STEPS", 4)
    client, seen = signed_in(auditor), []
    address = f"/cases/{case.code}/"
    while address:
        page = text(client.get(address))
        seen += re.findall(r'id="entry-(\d+)"', page)
        onward = re.search(r'rel="next" href="([^"]+)"', page)
        address = f"/cases/{case.code}/{onward[1]}" if onward else ""
    assert seen == sorted(set(seen), key=int)
    assert len(seen) == 12
    assert client.get(f"/cases/{case.code}/?cursor=-9").status_code == 200
    assert client.get(f"/cases/{case.code}/?cursor=99999").status_code == 200


def test_a_deal_lists_ten_of_its_cases_at_a_time(
    studio: Actor, auditor: Actor, deal: Deal, case: AuditCase
) -> None:
    more = AuditCase.objects.bulk_create(
        AuditCase(code=code, opened_by=studio.organisation, auditor=auditor.organisation, note=code)
        for code in allocate_many("case", 12)
    )
    deal.cases.add(*more)
    client, address = signed_in(studio), f"/deals/{deal.code}/"
    page = text(client.get(address))
    assert "10 of 13" in words(client.get(address))
    onward = re.search(r'rel="next" href="(\?cases=[^"]+)#auditors"', page)
    assert onward
    shown = [set(re.findall(r'href="/cases/(\w+)/"', each)) for each in (
        page, text(client.get(address + onward[1]))
    )]  # fmt: skip
    assert list(map(len, shown)) == [10, 3]
    assert shown[0] | shown[1] == {each.code for each in [*more, case]}


def test_a_code_leads_to_its_case(auditor: Actor, case: AuditCase) -> None:
    answer = signed_in(auditor).get("/find/", {"q": case.display_code})
    assert answer.headers["Location"] == f"/cases/{case.code}/"
