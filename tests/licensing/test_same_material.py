"""The same material under several titles is sold exclusively once."""

import pytest
from django.utils import timezone

from accounts.access import Actor
from accounts.errors import Conflict
from catalog.models import Asset, Title
from catalog.same_bytes import MOST_WORKS
from licensing.counsel.opinions import record_opinion
from licensing.deals.requests import submit_request
from licensing.deals.transitions import approve_deal
from licensing.grants.issuing import issue_pending
from licensing.library.readiness import check_titles
from licensing.models import Deal, Grant, Readiness
from licensing.payments.settlements import record_bank_transfer
from licensing.verdicts.clearances import evaluate
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


@pytest.fixture
def studio() -> Actor:
    return factories.studio()


def words_of(studio: Actor, title: Title, text: str = "Hello") -> Asset:
    """Return a file of a title that its studio owns and offers."""
    file = factories.words(studio, title, text)
    if title.parent_id is None:
        factories.ownership(studio, title)
    factories.offer(studio, title)
    return file


def exclusively(file: Asset, lab: Actor | None = None, **changes: object) -> Deal:
    """Return the open deal of a lab, a new one if not said, that asks for a file exclusively."""
    lab = lab or factories.lab()
    request = factories.draft(lab, [file], **({"exclusivity": "exclusive"} | changes))
    submit_request(actor=lab, code=request.code)
    return request.deals.get()


def sold(studio: Actor, file: Asset, lab: Actor | None = None, **changes: object) -> None:
    deal = exclusively(file, lab, **changes)
    factories.paid(studio, approve_deal(actor=studio, code=deal.code))


def verdict(deal: Deal) -> tuple[str, list[str]]:
    result = evaluate(deal.items.get(), as_of=timezone.now())[1]
    return result["verdict"], result["reasons"]


BLOCKED = ("BLOCKED", ["EXCLUSIVE_CONFLICT"])


@pytest.mark.parametrize("kind", ["edit", "version"])
def test_a_film_and_its_cuts_are_sold_once(studio: Actor, kind: str) -> None:
    film = factories.title(studio)
    cut, other = (
        factories.title(studio, kind=kind, name=name, parent=film.code) for name in ("A", "B")
    )
    files = [words_of(studio, title, title.name) for title in (film, cut, other)]
    sold(studio, files[1])
    assert [verdict(exclusively(file)) for file in files] == [BLOCKED] * 3
    check_titles([film.pk])
    assert Readiness.objects.get(title=film).result["reasons"] == ["EXCLUSIVE_CONFLICT"]


def test_what_is_licensed_of_a_series_is_licensed_of_its_episodes(studio: Actor) -> None:
    series = factories.title(studio, kind="series")
    first, second = (
        factories.title(studio, kind="episode", name=name, parent=series.code) for name in "12"
    )
    whole, one, two = (words_of(studio, title, title.code) for title in (series, first, second))
    sold(studio, one, territory=["JP"])
    assert verdict(exclusively(two)) == ("CLEAR", ["OK"])
    sold(studio, whole, territory=["KR"])
    assert verdict(exclusively(two, territory=["KR"])) == BLOCKED


def test_an_agreement_on_a_film_keeps_its_edit_back(studio: Actor) -> None:
    film = factories.title(studio)
    edit = factories.title(studio, kind="edit", name="Short", parent=film.code)
    whole, short = words_of(studio, film, "a"), words_of(studio, edit, "b")
    first, second = exclusively(whole), exclusively(short)
    approve_deal(actor=studio, code=first.code)
    with pytest.raises(Conflict):
        approve_deal(actor=studio, code=second.code)


def test_the_same_bytes_of_one_studio_are_sold_once(studio: Actor) -> None:
    one, other = (words_of(studio, factories.title(studio)) for _ in range(2))
    apart = words_of(studio, factories.title(studio), "Other words")
    first, second = exclusively(one), exclusively(other)
    approve_deal(actor=studio, code=first.code)
    assert verdict(second) == BLOCKED
    with pytest.raises(Conflict):
        approve_deal(actor=studio, code=second.code)
    factories.paid(studio, first)
    assert verdict(second) == BLOCKED
    assert verdict(exclusively(apart)) == ("CLEAR", ["OK"])


def test_a_lab_pays_once_for_what_is_exclusively_its_own(studio: Actor) -> None:
    one, other = (words_of(studio, factories.title(studio)) for _ in range(2))
    lab = factories.lab()
    # Asked for before the first is granted: agreed on and paid for, but not granted.
    before, agreed = exclusively(other, lab), exclusively(other, lab, territory=["KR"])
    approve_deal(actor=studio, code=agreed.code)
    sold(studio, one, lab=lab)
    with pytest.raises(Conflict):
        approve_deal(actor=studio, code=before.code)
    for exclusivity in ("exclusive", "non_exclusive"):
        with pytest.raises(Conflict):
            exclusively(other, lab, exclusivity=exclusivity)
    exclusively(other, lab, uses=["evaluate"])
    with pytest.raises(Grant.DoesNotExist):
        factories.paid(studio, agreed)
    agreed.refresh_from_db()
    assert agreed.state == "held"


def test_a_lab_may_license_the_same_bytes_of_another_studio(studio: Actor) -> None:
    other_studio, lab = factories.studio(), factories.lab()
    sold(studio, words_of(studio, factories.title(studio)), lab=lab)
    sold(other_studio, words_of(other_studio, factories.title(other_studio)), lab=lab)
    assert Grant.objects.filter(licensee=lab.organisation).count() == 2


def test_the_same_bytes_of_two_studios_are_for_a_person_to_look_at(studio: Actor) -> None:
    other_studio = factories.studio()
    mine = words_of(studio, factories.title(studio))
    theirs = words_of(other_studio, factories.title(other_studio))
    deal = exclusively(theirs)
    sold(studio, mine)
    assert verdict(deal) == ("REVIEW", ["CHAIN_BREAK"])
    with pytest.raises(Conflict):
        approve_deal(actor=other_studio, code=deal.code)
    # It names the other file, and nothing of what was licensed to whom.
    case, result = evaluate(deal.items.get(), as_of=timezone.now())
    (claim,) = (fact for fact in case["facts"] if fact["kind"] == "grant_out")
    assert result["because"] == [claim["id"]]
    assert claim["x_same_file"] == mine.code
    assert not {"territory", "start", "end", "exclusivity"} & claim.keys()
    # What does not meet it is not held up.
    assert verdict(exclusively(theirs, uses=["evaluate"], exclusivity="non_exclusive"))[0] != (
        "REVIEW"
    )


def test_of_two_that_agree_on_the_same_bytes_the_first_gets_them(studio: Actor) -> None:
    other_studio = factories.studio()
    theirs = words_of(other_studio, factories.title(other_studio))
    deal = approve_deal(actor=other_studio, code=exclusively(theirs).code)
    deal.refresh_from_db()
    record_bank_transfer(
        actor=other_studio,
        deal_code=deal.code,
        amount_minor=deal.amount_minor,
        currency=deal.currency,
        reference="Wire 1",
        settled_at=timezone.now(),
    )
    mine = words_of(studio, factories.title(studio))
    with pytest.raises(Conflict):
        approve_deal(actor=studio, code=exclusively(mine).code)
    issue_pending()
    deal.refresh_from_db()
    assert deal.state == "granted"


def test_a_lab_is_not_in_its_own_way(studio: Actor) -> None:
    other_studio = factories.studio()
    mine = words_of(studio, factories.title(studio))
    theirs = words_of(other_studio, factories.title(other_studio))
    lab = factories.lab()
    approve_deal(actor=studio, code=exclusively(mine, lab).code)
    assert verdict(exclusively(theirs, lab)) == ("CLEAR", ["OK"])


def words_in_person(agency: Actor, text: str = "Hello") -> Asset:
    """Return a file of a new likeness whose person lets the agency license texts of it."""
    person = factories.likeness(agency, ("face", "voice", "name"))
    factories.consent(agency, person, uses=["train", "generate.likeness"], attributes=["name"])
    file = factories.words(agency, person, text)
    factories.offer(agency, person)
    return file


def test_the_same_bytes_under_two_likenesses_are_sold_once() -> None:
    agency = factories.talent()
    one, other = (words_in_person(agency) for _ in range(2))
    apart = words_in_person(agency, "Other words")
    first, second = exclusively(one), exclusively(other)
    assert verdict(second) == ("CLEAR", ["OK"])
    approve_deal(actor=agency, code=first.code)
    assert verdict(exclusively(other)) == BLOCKED
    with pytest.raises(Conflict):
        approve_deal(actor=agency, code=second.code)
    factories.paid(agency, first)
    assert verdict(exclusively(other)) == BLOCKED
    assert verdict(exclusively(apart)) == ("CLEAR", ["OK"])
    with pytest.raises(Conflict):
        approve_deal(actor=agency, code=second.code)


@pytest.mark.parametrize("is_person_first", [True, False])
def test_the_same_bytes_under_a_title_and_a_likeness_are_for_a_person_to_look_at(
    studio: Actor, *, is_person_first: bool
) -> None:
    agency = factories.talent()
    files = {studio: words_of(studio, factories.title(studio)), agency: words_in_person(agency)}
    first, second = (agency, studio) if is_person_first else (studio, agency)
    before = exclusively(files[second])
    sold(first, files[first])
    deal = exclusively(files[second])
    assert verdict(deal) == ("REVIEW", ["CHAIN_BREAK"])
    for each in (deal, before):
        with pytest.raises(Conflict):
            approve_deal(actor=second, code=each.code)


def twins(studio: Actor) -> list[Asset]:
    """The same bytes under two titles of one studio."""
    return [words_of(studio, factories.title(studio, name=name)) for name in "AB"]


ON_PAPER = {"to": "Vireo", "uses": ["train"], "exclusivity": "exclusive"}
EVENT = {"event": "broadcast", "lag": "P1Y"}


@pytest.mark.parametrize(
    ("kind", "body", "said"),
    [
        ("grant_out", ON_PAPER, "EXCLUSIVE_CONFLICT"),
        ("restriction", {"uses": ["train"]}, "CONTRACT_PROHIBITION"),
        (
            "element",
            {"element": "stock", "ai": "prohibited", "modality": ["text"]},
            "THIRD_PARTY_STOCK",
        ),
        (
            "holdback",
            {"beneficiary": "Kanal", "uses": ["train"], "end": EVENT},
            "EVENT_DATE_UNKNOWN",
        ),
    ],
)
def test_what_is_recorded_of_a_title_counts_for_its_bytes_under_another(
    studio: Actor, kind: str, body: dict[str, object], said: str
) -> None:
    one, other = twins(studio)
    assert one.title is not None
    assert other.title is not None
    factories.fact(studio, one.title, kind, **body)
    # Of an event each title has its own.
    factories.fact(studio, other.title, "event", name="broadcast", date="2020-01-01")
    deal = exclusively(other)
    assert verdict(deal) == verdict(exclusively(one))
    assert verdict(deal)[1] == [said]
    with pytest.raises(Conflict):
        approve_deal(actor=studio, code=deal.code)
    factories.fact(studio, one.title, "event", name="broadcast", date="2020-02-01")
    if kind == "holdback":
        assert verdict(exclusively(other)) == ("CLEAR", ["OK"])


def test_who_holds_a_title_says_nothing_of_its_bytes_under_another(studio: Actor) -> None:
    one, other = twins(studio)
    assert one.title is not None
    factories.fact(studio, one.title, "assignment", **{"from": "Northgate", "to": "Vireo"})
    assert verdict(exclusively(other)) == ("CLEAR", ["OK"])


def test_a_title_that_is_sold_is_sold_with_its_bytes_under_another(studio: Actor) -> None:
    one, other = twins(studio)
    assert one.title is not None
    second = factories.words(studio, one.title, "Another file")
    deal = exclusively(other)
    sold(studio, second)
    assert verdict(deal) == BLOCKED
    with pytest.raises(Conflict):
        approve_deal(actor=studio, code=deal.code)


def in_series(studio: Actor) -> tuple[Asset, Asset, Asset]:
    """The file of a series, one of its episode, and the same bytes as a film."""
    series = factories.title(studio, kind="series")
    episode = factories.title(studio, kind="episode", name="Pilot", parent=series.code)
    whole, one = words_of(studio, series, "All of it"), words_of(studio, episode)
    return whole, one, words_of(studio, factories.title(studio, name="Pilot, the film"))


def test_a_series_is_not_sold_after_the_bytes_of_its_episode(studio: Actor) -> None:
    whole, one, film = in_series(studio)
    before = exclusively(whole)
    assert verdict(before) == ("CLEAR", ["OK"])
    sold(studio, film)
    assert verdict(exclusively(one)) == BLOCKED
    assert verdict(exclusively(whole)) == ("PARTIAL", ["EXCLUSIVE_CONFLICT"])
    with pytest.raises(Conflict):
        approve_deal(actor=studio, code=before.code)


def test_the_bytes_of_an_episode_are_not_sold_after_its_series(studio: Actor) -> None:
    whole, _one, film = in_series(studio)
    before = exclusively(film)
    sold(studio, whole)
    assert verdict(exclusively(film)) == BLOCKED
    with pytest.raises(Conflict):
        approve_deal(actor=studio, code=before.code)


def test_an_episode_is_not_sold_after_the_bytes_of_its_series(studio: Actor) -> None:
    whole, one, _film = in_series(studio)
    box = words_of(studio, factories.title(studio, name="The box"), "All of it")
    sold(studio, box)
    assert verdict(exclusively(whole)) == verdict(exclusively(one)) == BLOCKED


def test_a_cap_on_their_series_hides_no_licence_of_the_same_bytes(studio: Actor) -> None:
    series = factories.title(studio, kind="series")
    factories.ownership(studio, series)
    factories.fact(studio, series, "cap", max_licensees=5)
    one, again = (
        words_of(studio, factories.title(studio, kind="episode", name=name, parent=series.code))
        for name in "AB"
    )
    assert one.sha256 == again.sha256
    before = exclusively(again)
    sold(studio, one)
    assert verdict(exclusively(again)) == BLOCKED
    with pytest.raises(Conflict):
        approve_deal(actor=studio, code=before.code)


def capped(studio: Actor) -> tuple[Asset, Asset, Asset]:
    """The files of two episodes of a series that one lab may license, and the second as a film."""
    series = factories.title(studio, kind="series")
    factories.ownership(studio, series)
    factories.fact(studio, series, "cap", max_licensees=1)
    first, second = (
        words_of(
            studio, factories.title(studio, kind="episode", name=name, parent=series.code), name
        )
        for name in "AB"
    )
    return first, second, words_of(studio, factories.title(studio, name="The film"), "B")


def test_a_cap_counts_the_licensees_of_the_same_bytes(studio: Actor) -> None:
    first, second, film = capped(studio)
    before = exclusively(first)
    sold(studio, film, exclusivity="non_exclusive")
    for each in (first, second):
        assert "CAP_REACHED" in verdict(exclusively(each))[1]
    with pytest.raises(Conflict):
        approve_deal(actor=studio, code=before.code)


def test_the_bytes_of_a_capped_series_are_for_a_person_to_look_at(studio: Actor) -> None:
    first, _second, film = capped(studio)
    before = exclusively(film)
    assert verdict(before) == ("CLEAR", ["OK"])
    sold(studio, first, exclusivity="non_exclusive")
    assert verdict(exclusively(film)) == ("REVIEW", ["CHAIN_BREAK"])
    with pytest.raises(Conflict):
        approve_deal(actor=studio, code=before.code)


def test_a_logo_of_many_titles_is_none_of_them(studio: Actor) -> None:
    series = factories.title(studio, kind="series")
    episode = words_of(studio, factories.title(studio, kind="episode", parent=series.code), "Pilot")
    titles = [series, *(factories.title(studio, name=f"{n}") for n in range(MOST_WORKS))]
    logos = [words_of(studio, title, "The logo") for title in titles]
    film = factories.words(studio, titles[-1], "The film")
    factories.fact(studio, titles[-2], "restriction", uses=["train"])
    sold(studio, film)
    assert verdict(exclusively(episode)) == verdict(exclusively(logos[1])) == ("CLEAR", ["OK"])
    sold(studio, logos[1])
    assert verdict(exclusively(logos[2])) == BLOCKED


def test_what_counsel_says_of_a_title_reaches_deals_on_the_same_bytes(studio: Actor) -> None:
    one, other = twins(studio)
    assert one.title is not None
    song = factories.fact(
        studio, one.title, "element", element="stock", ai="unknown", modality=["text"]
    )
    deal = exclusively(other)
    item = deal.items.get()
    assert item.clearances.latest("pk").verdict == "REVIEW"
    opinion = {
        "resolves": "ELEMENT_UNKNOWN",
        "about": [song.code],
        "by": "R. Han",
        "signed": "2026-01-01",
    }
    record_opinion(actor=studio, title=one.title, body=opinion, document="Counsel")
    assert item.clearances.latest("pk").verdict == "CLEAR"


def test_an_opinion_that_leaves_an_episode_out_does_not_reach_it_by_its_bytes(
    studio: Actor,
) -> None:
    series = factories.title(studio, kind="series")
    factories.ownership(studio, series)
    stock = factories.fact(
        studio, series, "element", element="stock", ai="unknown", modality=["text"]
    )
    titles = [
        factories.title(studio, kind="episode", name=name, parent=series.code) for name in "AB"
    ]
    one, other = (words_of(studio, title, "One") for title in titles)
    body = {
        "resolves": "ELEMENT_UNKNOWN",
        "about": [stock.code],
        "by": "R. Han",
        "signed": "2026-01-01",
        "excludes": [titles[0].code],
    }
    record_opinion(actor=studio, title=series, body=body, document="Counsel")
    assert verdict(exclusively(other))[0] == "CLEAR"
    assert verdict(exclusively(one)) == ("REVIEW", ["ELEMENT_UNKNOWN"])
