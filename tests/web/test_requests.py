"""A lab's requests: asking exactly, seeing what may be licensed before asking anyone."""

import re
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest

from accounts.access import Actor
from accounts.models import Role
from catalog.models import Asset
from catalog.pictures import make_pictures_pending
from ledger.models import Event
from licensing.models import Clearance, Deal, Request
from tests import factories
from tests.web.reading import signed_in, text, words
from tests.worlds import kept

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]

FORM: dict[str, Any] = {
    "name": "Dubbing model",
    "purpose": "Children's films",
    "uses": ["train.finetune", "dub"],
    "model_kinds": ["customer_private"],
    "territory": "World except KR, JP",
    "starts_at": "2027-01-01",
    "ends_at": "2030-01-01",
    "exclusivity": "non_exclusive",
    "price_minor": "1250.50",
    "currency": "USD",
}


class Market(NamedTuple):
    studio: Actor
    lab: Actor
    film: Asset


@kept
def market() -> Market:
    """A film on offer, and a lab that has asked for nothing yet."""
    studio, lab = factories.studio("Peach Pictures"), factories.lab("Lumen Lab")
    return Market(studio, lab, factories.offered_film(studio))


@pytest.fixture
def studio(market: Market) -> Actor:
    return market.studio


@pytest.fixture
def lab(market: Market) -> Actor:
    return market.lab


@pytest.fixture
def film(market: Market) -> Asset:
    return market.film


@pytest.fixture
def restricted(studio: Actor) -> Asset:
    """A file whose title's contract forbids pre-training."""
    owner = factories.title(studio, name="The Long Take")
    file = factories.words(studio, owner)
    factories.ownership(studio, owner)
    factories.fact(
        studio,
        owner,
        "restriction",
        uses=["train.pretrain"],
        document="Director's contract",
        clause="14",
    )
    factories.offer(studio, owner)
    return file


def test_a_request_says_exactly_what_was_typed(lab: Actor, film: Asset) -> None:
    client = signed_in(lab)
    answer = client.post("/requests/new/", FORM | {"of": film.owner.code, "asset": film.code})
    made = Request.objects.get()
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/requests/{made.code}/")
    assert made.price_minor == 125_050
    assert made.territory == {"include": ["WORLD"], "except": ["JP", "KR"]}
    assert made.starts_at == datetime(2027, 1, 1, tzinfo=UTC)
    assert made.ends_at == datetime(2030, 1, 1, tzinfo=UTC)
    page = text(client.get(f"/requests/{made.code}/"))
    assert "World except Japan and South Korea" in page
    assert "1 Jan 2027 to 31 Dec 2029" in page


def test_a_wrong_field_is_named_and_nothing_typed_is_lost(lab: Actor, film: Asset) -> None:
    client = signed_in(lab)
    wrong: list[tuple[str, Any, str]] = [
        ("price_minor", "12,50", "A comma only groups thousands"),
        ("price_minor", "1.005", "Write digits with at most 2 decimals in USD"),
        ("territory", "Atlantis", "“Atlantis” is no country we know"),
        ("ends_at", "2026-12-31", "The end must lie after the start."),
        ("starts_at", "tomorrow", "Write a day, such as 2027-01-31."),
        ("uses", [], "Choose at least one."),
        ("name", "", "Fill this in."),
    ]
    for field, value, message in wrong:
        answer = client.post("/requests/new/", FORM | {field: value, "asset": film.code})
        page = text(answer)
        assert answer.status_code == 422, (field, value)
        assert message in page
        assert "autofocus" in page, (field, value)
        assert "Children&#x27;s films" in page
        assert film.code in page
    assert not Request.objects.exists()


def test_a_request_begins_with_the_offer_and_is_told_what_lies_outside(
    lab: Actor, studio: Actor
) -> None:
    title = factories.title(studio, name="Night Shift")
    file = factories.words(studio, title)
    Asset.objects.filter(pk=file.pk).update(facts={"duration_ms": 61_000})
    window = {
        "starts_at": datetime(2127, 1, 1, tzinfo=UTC),
        "ends_at": datetime(2130, 1, 1, tzinfo=UTC),
    }
    terms = {"uses": ["train.finetune"], "territory": ["KR", "JP"], "per": "minute"}
    factories.offer(studio, title, **terms, **window, price_minor=1_000)
    client = signed_in(lab)
    form = client.get("/requests/new/", {"of": title.code})
    shown = form.context["form"]
    begins = {name: shown[name].value() for name in ("uses", "territory", "price_minor")}
    assert begins == {"uses": ["train.finetune"], "territory": "JP, KR", "price_minor": None}
    assert [str(shown[name].value()) for name in window] == ["2127-01-01", "2130-01-01"]
    assert "For this file that is exactly USD 10.17." in words(form)
    # Sent as it was filled in, it lies within; the end is the offer's, though no field has hours.
    begins |= {"price_minor": "", "starts_at": "2127-01-01", "ends_at": "2130-01-01"}
    sent = FORM | begins
    sent |= {"of": title.code, "model_kinds": ["foundation"]}
    within = client.post("/requests/new/", sent, follow=True)
    assert "All that is asked for lies within what is on offer." in words(within)
    priced = words(within)
    assert "Priced by the licensors’ rate cards For 1 file USD 10.17" in priced
    assert "Price USD 10.00 per minute 1 file × 1:01 Comes to USD 10.17" in priced
    assert "How the price comes about USD 10.17 Price, quantity and factors" in priced
    beyond = sent | {"uses": ["train.finetune", "dub"], "territory": "World", "ends_at": ""}
    answer = client.post("/requests/new/", beyond | {"price_minor": "9"}, follow=True)
    said = words(answer)
    assert "Outside the offer: to be negotiated" in said
    assert "Uses: dubbing" in said
    assert "Territory: World except Japan and South Korea" in said
    assert "Ends after" in said
    assert "by the offer 1 file comes to USD 10.17" in said
    # The licensor reads the same, and it is no reason to refuse.
    code = answer.redirect_chain[0][0].split("/")[2]
    client.post(f"/requests/{code}/submit/")
    deal = words(signed_in(studio).get(f"/deals/{Deal.objects.get().code}/"))
    assert "Outside the offer: to be negotiated The lab asks for more than you offer" in deal


def test_all_mistakes_are_told_at_once(lab: Actor, film: Asset) -> None:
    mistakes = {"ends_at": "2026-12-31", "price_minor": "a lot", "territory": "Atlantis"}
    answer = signed_in(lab).post("/requests/new/", FORM | mistakes | {"asset": film.code})
    page = text(answer)
    for said in ("must lie after the start", "Write digits", "is no country we know"):
        assert said in page
    assert not Request.objects.exists()


def test_a_draft_shows_live_verdicts_and_stores_nothing(
    lab: Actor, film: Asset, restricted: Asset
) -> None:
    draft = factories.draft(lab, [film, restricted])
    events = Event.objects.count()
    page = text(signed_in(lab).get(f"/requests/{draft.code}/"))
    assert "Evaluated just now" in page
    assert "A contract prohibits this use." in page
    assert "Restriction in a contract" in page
    assert "Director" not in page  # the licensor's paper is not the lab's to read
    assert 'money-currency">USD</span> 2,000.00' in page
    assert not Clearance.objects.exists()
    assert Event.objects.count() == events


def test_the_counts_filter_the_files(lab: Actor, film: Asset, restricted: Asset) -> None:
    draft = factories.draft(lab, [film, restricted])
    client = signed_in(lab)
    for address in (f"/requests/{draft.code}/", f"/requests/{draft.code}/"):
        page = text(client.get(address, {"verdict": "BLOCKED"}))
        assert "The Long Take" in page
        assert "Big Buck Bunny" not in page
        client.post(f"/requests/{draft.code}/submit/")


def test_submitting_records_the_verdicts_and_opens_the_deals(
    lab: Actor, film: Asset, restricted: Asset
) -> None:
    draft = factories.draft(lab, [film, restricted])
    client = signed_in(lab)
    answer = client.post(f"/requests/{draft.code}/submit/", follow=True)
    assert answer.redirect_chain == [(f"/requests/{draft.code}/", 303)]
    page = text(answer)
    assert "The request has been submitted." in page
    assert f"/deals/{Deal.objects.get().code}/" in page
    for clearance in Clearance.objects.all():
        assert f"/clearances/{clearance.code}/" in page
    again = client.post(f"/requests/{draft.code}/submit/", follow=True)
    assert "it can no longer be changed" in text(again)
    assert Deal.objects.count() == 1


def test_a_withdrawn_request_says_that_it_was_withdrawn(lab: Actor, film: Asset) -> None:
    draft = factories.draft(lab, [film])
    client = signed_in(lab)
    client.post(f"/requests/{draft.code}/withdraw/")
    page = text(client.post(f"/requests/{draft.code}/submit/", follow=True))
    assert "The request was withdrawn; it can no longer be changed or submitted." in page
    assert "has been submitted" not in page


def test_only_who_may_bind_the_lab_submits(lab: Actor, film: Asset) -> None:
    draft = factories.draft(lab, [film])
    editor = signed_in(factories.member(lab, Role.EDITOR))
    assert "Submit 1 file" not in text(editor.get(f"/requests/{draft.code}/"))
    assert editor.post(f"/requests/{draft.code}/submit/").status_code == 403
    assert not Deal.objects.exists()
    viewer = signed_in(factories.member(lab))
    assert viewer.get("/requests/new/").status_code == 403
    assert viewer.post("/requests/new/", FORM).status_code == 403
    assert viewer.post(f"/requests/{draft.code}/withdraw/").status_code == 403
    assert Request.objects.count() == 1


def test_an_empty_draft_teaches_and_is_not_submitted(lab: Actor) -> None:
    draft = factories.draft(lab, [])
    client = signed_in(lab)
    assert "The request has no files yet." in text(client.get(f"/requests/{draft.code}/"))
    answer = client.post(f"/requests/{draft.code}/submit/", follow=True)
    assert "Add at least one file before you submit the request." in text(answer)


def test_files_leave_a_draft_and_a_request_is_withdrawn(lab: Actor, film: Asset) -> None:
    draft = factories.draft(lab, [film])
    client = signed_in(lab)
    address = f"/requests/{draft.code}/"
    assert client.post(f"{address}remove/", {"asset": film.code}).status_code == 303
    assert client.post(f"{address}remove/", {"asset": film.code}).status_code == 404
    assert not draft.items.exists()
    assert "The request has been withdrawn." in text(
        client.post(f"{address}withdraw/", follow=True)
    )
    draft.refresh_from_db()
    assert draft.state == "withdrawn"


def test_a_request_is_the_labs_alone(lab: Actor, studio: Actor, film: Asset) -> None:
    draft = factories.draft(lab, [film])
    others = (factories.lab(), studio)
    for other in others:
        client = signed_in(other)
        assert client.get(f"/requests/{draft.code}/").status_code == 404
        assert client.post(f"/requests/{draft.code}/submit/").status_code == 404
    draft.refresh_from_db()
    assert draft.state == "draft"


def test_the_list_counts_by_state(lab: Actor, film: Asset) -> None:
    client = signed_in(lab)
    assert "No requests yet" in text(client.get("/requests/"))
    factories.draft(lab, [film], name="Still a draft")
    factories.deal(lab, [film])
    page = text(client.get("/requests/", {"state": "draft"}))
    assert "Still a draft" in page
    assert "Set one" not in page
    assert 'All <span class="chip-count"><span class="number">2</span>' in page


def test_a_verdict_in_full_shows_each_side_what_it_may_know(
    lab: Actor, studio: Actor, restricted: Asset
) -> None:
    factories.deal(lab, [restricted])
    clearance = Clearance.objects.get()
    address = f"/clearances/{clearance.code}/"
    licensor = text(signed_in(studio).get(address))
    assert "Director&#x27;s contract, clause 14" in licensor
    assert "Obtain a waiver." in licensor
    assert clearance.case_sha256[:8] in licensor
    assert "clearance/1" in licensor
    asking = text(signed_in(lab).get(address))
    assert "A contract prohibits this use." in asking
    assert "Director" not in asking
    assert "case.json" not in asking
    marked = re.compile(r'class="rail-link" href="([^"]+)"[^>]* aria-current')
    assert marked.findall(licensor) == ["/deals/"]
    assert marked.findall(asking) == ["/requests/"]
    assert signed_in(factories.lab()).get(address).status_code == 404
    assert signed_in(factories.studio()).get(address).status_code == 404


def test_the_case_can_be_taken_along_by_the_licensor_only(
    lab: Actor, studio: Actor, restricted: Asset
) -> None:
    factories.deal(lab, [restricted])
    clearance = Clearance.objects.get()
    answer = signed_in(studio).get(f"/clearances/{clearance.code}/case.json")
    assert answer.json()["case"] == clearance.case
    assert answer.json()["result"]["verdict"] == "BLOCKED"
    assert signed_in(lab).get(f"/clearances/{clearance.code}/case.json").status_code == 404


def test_a_likeness_is_asked_for_under_its_consent(lab: Actor) -> None:
    agency = factories.talent("Hanbit")
    person = factories.likeness(agency)
    file = factories.asset(agency, person)
    factories.offer(agency, person, uses=["generate.likeness"])
    make_pictures_pending()
    shown = signed_in(lab).get("/search/likenesses/")
    assert "Kim Min · Reference set Hanbit · Likeness" in words(shown)
    offered = signed_in(lab).get(f"/search/{person.code}/")
    for page in (shown, offered):  # no picture that would not be given without a consent
        assert "/poster/" not in text(page)
    asked = factories.draft(lab, [file], uses=["dub"])
    board = signed_in(lab).get(f"/requests/{asked.code}/")
    assert "Kim Min · Reference set" in words(board)
    assert "Blocked 1" in words(board)


def test_what_is_no_code_is_no_page(lab: Actor) -> None:
    client = signed_in(lab)
    for page in ("requests", "deals", "grants", "search"):
        for code in ("00000000", "lower000", "%00", "A" * 300):
            assert client.get(f"/{page}/{code}/").status_code == 404, page
    strange = {"q": "\0", "kind": "\0", "use": "\0", "cursor": "\0", "verdict": "\0"}
    assert client.get("/search/", strange).status_code == 200


def test_a_board_takes_the_same_number_of_queries_however_long(
    lab: Actor, studio: Actor, film: Asset, django_assert_max_num_queries: Any
) -> None:
    # Silent films both: they teach a model the same, so one evaluation judges the two.
    folder = factories.film_path().parent
    files = [
        factories.asset(studio, film.owner, folder / name)
        for name in ("bikes.mp4", "carphone_pristine.mp4")
    ]
    client = signed_in(lab)
    for state in ("draft", "submitted"):
        short, long = factories.draft(lab, files[:1]), factories.draft(lab, files)
        if state == "submitted":
            client.post(f"/requests/{short.code}/submit/")
            client.post(f"/requests/{long.code}/submit/")
        client.get(f"/requests/{short.code}/")
        with django_assert_max_num_queries(30) as few:
            client.get(f"/requests/{short.code}/")
        with django_assert_max_num_queries(len(few)):
            client.get(f"/requests/{long.code}/")
