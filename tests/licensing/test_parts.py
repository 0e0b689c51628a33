"""Who licenses a series licenses its episodes: what is known of a part is known of the whole."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction
from django.utils import timezone

from accounts.access import Actor
from accounts.errors import Conflict
from catalog.merging import merge_titles
from catalog.models import Asset, Fact, Title
from catalog.rights import instant
from ledger import edge_code
from licensing.clearance import clear
from licensing.counsel.opinions import record_opinion
from licensing.counsel.records import record
from licensing.deals.conditions import left_out
from licensing.deals.requests import submit_request
from licensing.deals.reservations import lock_material
from licensing.deals.transitions import approve_deal
from licensing.grants.issuing import issue_pending
from licensing.library.estimates import estimate, estimate_library
from licensing.library.readiness import answer_at, check_readiness_pending, check_titles
from licensing.library.surveys import ask_library, survey_pending
from licensing.models import Deal, DealState, Readiness, Request
from licensing.payments.settlements import record_bank_transfer
from licensing.verdicts.clearances import evaluate
from licensing.verdicts.part_cases import Part, together, with_dates
from licensing.verdicts.parts import cases_of, licensed_or_agreed, of_works
from tests import factories
from tests.web.reading import signed_in, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]
CLEAR = ("CLEAR", ["OK"])
EXCLUSIVE = {"to": "Vireo", "uses": ["train"], "exclusivity": "exclusive"}
STOCK = {"element": "stock", "ai": "prohibited", "modality": ["text"]}
EVENT = {"event": "broadcast", "lag": "P1Y"}
OWNED = {"id": "o", "kind": "ownership", "party": "Northgate", "share": "1/1"}


@pytest.fixture
def studio() -> Actor:
    return factories.studio("Northgate")


@pytest.fixture
def series(studio: Actor) -> Title:
    return factories.title(studio, kind="series", name="Harbour")


@pytest.fixture
def season(studio: Actor, series: Title) -> Title:
    return factories.title(studio, kind="season", name="One", parent=series.code)


@pytest.fixture
def episode(studio: Actor, season: Title) -> Title:
    return factories.title(studio, kind="episode", name="Pilot", parent=season.code)


@pytest.fixture
def whole(studio: Actor, series: Title) -> Asset:
    """A file of the series itself."""
    factories.ownership(studio, series)
    return offered(studio, series)


def offered(studio: Actor, title: Title) -> Asset:
    file = factories.words(studio, title, title.code)
    factories.offer(studio, title)
    return file


def asked(file: Asset, lab: Actor | None = None, **changes: Any) -> Deal:
    """Return the open deal of a lab, a new one if not said, that asks for a file."""
    lab = lab or factories.lab()
    request = factories.draft(lab, [file], **changes)
    submit_request(actor=lab, code=request.code)
    return request.deals.get()


def exclusively(file: Asset) -> Deal:
    return asked(file, exclusivity="exclusive")


def sold(studio: Actor, file: Asset) -> None:
    factories.paid(studio, approve_deal(actor=studio, code=exclusively(file).code))


def verdict(deal: Deal) -> tuple[str, list[str]]:
    """What stands on the board, which the engine's plain form says too."""
    kept = deal.items.get().clearances.latest("pk")
    again = evaluate(deal.items.get(), as_of=timezone.now())[1]
    assert (kept.verdict, kept.result["reasons"]) == (again["verdict"], again["reasons"])
    return kept.verdict, kept.result["reasons"]


@pytest.mark.parametrize(
    ("recorded", "said"),
    [
        (("restriction", {"uses": ["train"]}), ("PARTIAL", ["CONTRACT_PROHIBITION"])),
        (("holdback", {"beneficiary": "Kanal", "uses": ["ai.all"]}), ("PARTIAL", ["HOLDBACK"])),
        (("grant_out", EXCLUSIVE), ("PARTIAL", ["EXCLUSIVE_CONFLICT"])),
        (
            ("grant_out", EXCLUSIVE | {"exclusivity": "sole"}),
            ("PARTIAL", ["SOLE_LICENCE_CONFLICT"]),
        ),
        (("element", STOCK), ("PARTIAL", ["THIRD_PARTY_STOCK"])),
        (("element", STOCK | {"ai": "unknown"}), ("REVIEW", ["ELEMENT_UNKNOWN"])),
        (("assignment", {"from": "Northgate", "to": "Vireo"}), ("PARTIAL", ["TITLE_CONVEYED"])),
        (
            ("guild", {"guild": "Unheard", "agreement": "of"}),
            ("REVIEW", ["GUILD_AGREEMENT_UNKNOWN"]),
        ),
    ],
)
def test_what_is_recorded_of_an_episode_reaches_the_file_of_the_series(
    studio: Actor, whole: Asset, episode: Title, recorded: Any, said: tuple[str, list[str]]
) -> None:
    kind, body = recorded
    factories.fact(studio, episode, kind, **body)
    deal = asked(whole)
    assert verdict(deal) == said
    with pytest.raises(Conflict):
        approve_deal(actor=studio, code=deal.code)


def test_a_performer_of_an_episode_must_agree_to_the_whole(
    studio: Actor, whole: Asset, episode: Title
) -> None:
    factories.fact(studio, episode, "performer", person="Kim Min")
    assert verdict(asked(whole, uses=["generate.likeness"])) == (
        "REVIEW",
        ["CONSENT_MISSING", "SUBJECT_UNKNOWN"],
    )
    assert verdict(asked(whole)) == CLEAR


def test_an_episode_of_which_nothing_is_known_changes_nothing(
    studio: Actor, series: Title, whole: Asset, season: Title
) -> None:
    factories.title(studio, kind="episode", name="New", parent=season.code)
    deal = asked(whole)
    assert verdict(deal) == CLEAR
    assert "works" not in deal.items.get().clearances.latest("pk").decision.case


def test_one_owner_of_the_series_and_of_its_episodes_is_one(
    studio: Actor, whole: Asset, episode: Title
) -> None:
    factories.ownership(studio, episode)
    factories.fact(studio, episode, "restriction", uses=["generate"])
    assert verdict(asked(whole)) == CLEAR


def test_what_leaves_an_episode_out_leaves_it_out_of_the_whole(
    studio: Actor, series: Title, episode: Title
) -> None:
    """Nobody may license of a series what of an episode it has not."""
    factories.ownership(studio, series, excludes=[episode.code])
    assert verdict(asked(offered(studio, series))) == ("PARTIAL", ["NO_RIGHTS_EPISODE"])


def test_rights_in_an_episode_alone_are_none_in_the_series(
    studio: Actor, series: Title, episode: Title
) -> None:
    factories.ownership(studio, episode)
    assert verdict(asked(offered(studio, series)))[0] == "PARTIAL"


def test_each_episode_has_its_own_first_broadcast(
    studio: Actor, series: Title, season: Title, whole: Asset
) -> None:
    factories.fact(studio, series, "holdback", beneficiary="Kanal", uses=["train"], end=EVENT)
    for number, date in ((1, "2020-01-01"), (2, "2021-01-01")):
        part = factories.title(
            studio, kind="episode", name=str(number), number=number, parent=season.code
        )
        factories.fact(studio, part, "event", name="broadcast", date=date)
    assert verdict(asked(whole)) == ("REVIEW", ["EVENT_DATE_UNKNOWN"])
    first = factories.fact(studio, series, "event", name="broadcast", date="2019-01-01")
    # Of several dates of one event the one recorded last counts.
    Fact.objects.filter(pk=first.pk).update(recorded_at=timezone.now() - timedelta(days=1))
    assert verdict(asked(whole)) == CLEAR
    late = factories.title(studio, kind="episode", name="3", parent=season.code)
    factories.fact(studio, late, "event", name="broadcast", date="2090-01-01")
    deal = asked(whole)
    assert verdict(deal) == ("PARTIAL", ["HOLDBACK"])
    (blocked,) = deal.items.get().clearances.latest("pk").result["blocked"]
    assert blocked["scope"]["parts"] == [late.code]


@pytest.mark.parametrize("kind", ["edit", "version"])
@pytest.mark.parametrize(
    ("fact", "body", "said"),
    [
        ("grant_out", EXCLUSIVE, "EXCLUSIVE_CONFLICT"),
        ("restriction", {"uses": ["train"]}, "CONTRACT_PROHIBITION"),
        ("element", STOCK, "THIRD_PARTY_STOCK"),
    ],
)
def test_what_is_recorded_of_a_cut_reaches_the_film(
    studio: Actor, kind: str, fact: str, body: dict[str, Any], said: str
) -> None:
    file = factories.offered_words(studio)
    assert file.title is not None
    cut = factories.title(studio, kind=kind, name="Cut", parent=file.title.code)
    factories.fact(studio, cut, fact, **body)
    assert verdict(asked(file)) == ("BLOCKED", [said])


def test_a_licence_of_one_cut_is_one_of_the_others(studio: Actor) -> None:
    """Recorded on paper as granted here."""
    file = factories.offered_words(studio)
    assert file.title is not None
    one, other = (
        factories.title(studio, kind="edit", name=name, parent=file.title.code) for name in "AB"
    )
    words = offered(studio, other)
    factories.fact(studio, one, "restriction", uses=["train"])
    assert verdict(asked(words)) == CLEAR
    factories.fact(studio, one, "grant_out", **EXCLUSIVE)
    assert verdict(asked(words)) == ("BLOCKED", ["EXCLUSIVE_CONFLICT"])


def test_who_holds_a_dubbed_version_holds_nothing_of_the_film(studio: Actor) -> None:
    file = factories.offered_words(studio)
    assert file.title is not None
    dub = factories.title(studio, kind="version", name="Dub", parent=file.title.code)
    factories.fact(studio, dub, "assignment", **{"from": "Northgate", "to": "Vireo"})
    assert verdict(asked(file)) == CLEAR


def test_time_codes_of_an_edit_are_the_edits(studio: Actor) -> None:
    file = factories.offered_words(studio)
    assert file.title is not None
    edit = factories.title(studio, kind="edit", name="Short", parent=file.title.code)
    cue = {"from": "00:01:00", "to": "00:02:00"}
    body = {"element": "stock", "ai": "not_granted", "modality": ["text"], "timecode": cue}
    factories.fact(studio, edit, "element", **body)
    deal = asked(file)
    assert verdict(deal)[0] == "CONDITIONAL"
    (duty,) = deal.items.get().clearances.latest("pk").result["conditions"]
    assert duty["detail"] == f"{edit.code} 00:01:00-00:02:00"


@pytest.mark.parametrize("is_edit", [False, True])
def test_a_series_is_not_sold_exclusively_after_its_episode(
    studio: Actor, season: Title, whole: Asset, episode: Title, is_edit: bool
) -> None:
    part = episode
    if is_edit:
        part = factories.title(studio, kind="edit", name="Cut", parent=episode.code)
    one, all_of_season = offered(studio, part), offered(studio, season)
    before = [exclusively(whole), exclusively(all_of_season)]
    approve_deal(actor=studio, code=(first := exclusively(one)).code)
    for file, deal in zip((whole, all_of_season), before, strict=True):
        assert verdict(exclusively(file)) == ("PARTIAL", ["EXCLUSIVE_CONFLICT"])
        with pytest.raises(Conflict):
            approve_deal(actor=studio, code=deal.code)
    factories.paid(studio, first)
    assert verdict(exclusively(whole)) == ("PARTIAL", ["EXCLUSIVE_CONFLICT"])
    with pytest.raises(Conflict):
        approve_deal(actor=studio, code=before[0].code)


@pytest.mark.django_db(transaction=True)
def test_of_an_episode_and_its_series_agreed_on_at_once_one_is(
    studio: Actor, season: Title, whole: Asset, episode: Title
) -> None:
    """Four at a time, above and below each other: each waits for the others, none in a circle."""
    edit = factories.title(studio, kind="edit", name="Cut", parent=episode.code)
    files = [whole, *(offered(studio, title) for title in (season, episode, edit))]
    deals = [exclusively(file).code for file in files]

    def refusal(code: str) -> str:
        try:
            approve_deal(actor=studio, code=code)
        except Conflict as refused:
            return str(refused)
        else:
            return ""
        finally:
            connection.close()

    with ThreadPoolExecutor(len(deals)) as threads:
        refusals = list(threads.map(refusal, deals))
    assert refusals.count("") == 1
    assert Deal.objects.filter(state="approved").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_ban_on_an_episode_waits_for_the_agreement_on_its_series(
    studio: Actor, whole: Asset, episode: Title
) -> None:
    """Or the agreement for the ban: nobody agrees on what was forbidden before."""
    deal = exclusively(whole)

    def ban() -> None:
        try:
            with transaction.atomic():
                record(actor=studio, title=episode, kind="restriction", body={"uses": ["train"]})
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            lock_material(deal.items.select_related("asset"))
            banned = threads.submit(ban)
            if connection.vendor == "postgresql":
                with pytest.raises(TimeoutError):
                    banned.result(timeout=0.3)
        banned.result()
    with pytest.raises(Conflict):
        approve_deal(actor=studio, code=deal.code)


def test_a_paid_licence_of_a_series_is_held_where_an_episode_was_banned_meanwhile(
    studio: Actor, whole: Asset, episode: Title
) -> None:
    deal = approve_deal(actor=studio, code=asked(whole).code)
    factories.fact(studio, episode, "restriction", uses=["train"])
    record_bank_transfer(
        actor=studio,
        deal_code=deal.code,
        amount_minor=deal.amount_minor,
        currency=deal.currency,
        reference="Wire",
        settled_at=timezone.now(),
    )
    issue_pending()
    deal.refresh_from_db()
    assert deal.state == DealState.HELD


def test_an_opinion_on_an_episode_settles_what_waits_of_its_series(
    studio: Actor, series: Title, whole: Asset, episode: Title
) -> None:
    unknown = factories.fact(studio, episode, "element", **STOCK | {"ai": "unknown"})
    deal = asked(whole)
    assert verdict(deal) == ("REVIEW", ["ELEMENT_UNKNOWN"])
    said = {"resolves": "ELEMENT_UNKNOWN", "about": [unknown.code], "by": "R. Ito"}
    record_opinion(
        actor=studio, title=episode, body=said | {"signed": "2026-01-01"}, document="Memo"
    )
    assert verdict(deal) == CLEAR
    assert not Readiness.objects.filter(title=series, result__reasons=["ELEMENT_UNKNOWN"]).exists()


def test_episodes_alike_are_told_once(studio: Actor, season: Title, whole: Asset) -> None:
    """A series of hundreds of episodes under one ban is one question more, not hundreds."""
    for number in range(3):
        part = factories.title(
            studio, kind="episode", name=str(number), number=number, parent=season.code
        )
        factories.fact(studio, part, "restriction", uses=["train"])
    deal = asked(whole)
    assert verdict(deal)[0] == "PARTIAL"
    case = deal.items.get().clearances.latest("pk").decision.case
    assert len(case["works"]) == 3  # the whole, its own material, and an episode
    assert len(case["facts"]) == 2


def test_the_library_is_told_of_what_its_parts_forbid(
    studio: Actor, series: Title, whole: Asset, episode: Title
) -> None:
    check_titles([series.pk])
    assert Readiness.objects.get(title=series).verdict == "CLEAR"
    factories.fact(studio, episode, "restriction", uses=["train"])
    check_titles([series.pk])
    ready = Readiness.objects.get(title=series)
    assert (ready.verdict, ready.result["reasons"]) == ("PARTIAL", ["CONTRACT_PROHIBITION"])
    uses = {each.use: each.verdict for each in series.ready_uses.all()}
    assert uses["train.pretrain"] == "PARTIAL"
    assert uses["input"] == "CLEAR"


def test_a_survey_and_an_estimate_of_the_library_know_of_parts(
    studio: Actor, whole: Asset, episode: Title
) -> None:
    one = offered(studio, episode)
    factories.fact(studio, episode, "restriction", uses=["train"])
    survey = ask_library(actor=studio, **QUESTION)
    survey_pending()
    found = {row.asset: row.finding for row in survey.answers.select_related("finding", "asset")}
    assert {file: (each.verdict, each.reasons) for file, each in found.items()} == {
        whole: ("PARTIAL", "CONTRACT_PROHIBITION"),
        one: ("BLOCKED", "CONTRACT_PROHIBITION"),
    }
    assert studio.organisation is not None
    told = estimate_library(studio.organisation, Request(**PRICED | QUESTION))
    assert told is not None
    assert {name: part.files for name, part in told.answer.verdicts.items()} == {
        "PARTIAL": 1,
        "BLOCKED": 1,
    }
    other = Request(**PRICED | QUESTION | {"uses": ["input"]})
    told = estimate_library(studio.organisation, other)
    assert told is not None
    assert {name: part.files for name, part in told.answer.verdicts.items()} == {"CLEAR": 2}


def test_a_draft_is_told_of_parts_and_not_of_whose_they_are(
    studio: Actor, whole: Asset, episode: Title
) -> None:
    factories.fact(studio, episode, "grant_out", **EXCLUSIVE)
    request = factories.draft(factories.lab(), [whole])
    found = estimate(request, request)
    assert found is not None
    assert list(found.answer.verdicts) == ["PARTIAL"]
    assert [code for code, _part in found.answer.obstacles] == ["NOT_AVAILABLE"]


def test_what_is_recorded_of_an_episode_is_asked_of_the_series_again(
    studio: Actor, series: Title, whole: Asset, episode: Title
) -> None:
    with time_machine.travel("2026-12-01T10:00:00Z", tick=False) as now:
        check_readiness_pending()
        now.shift(60)
        factories.fact(studio, episode, "restriction", uses=["train"])
        now.shift(60)
        check_readiness_pending()
        assert Readiness.objects.get(title=series).verdict == "PARTIAL"
        day = timezone.now() - timedelta(seconds=90)
        assert answer_at(series, day)[1]["verdict"] == "CLEAR"


def test_what_is_recorded_of_a_duplicate_of_an_episode_is_recorded_of_it(
    studio: Actor, series: Title, whole: Asset, episode: Title
) -> None:
    again = factories.title(studio, kind="episode", name="Again", parent=series.code)
    factories.fact(studio, again, "restriction", uses=["train"])
    merge_titles(actor=studio, code=again.code, into=episode.code, reason="The same")
    assert verdict(asked(whole)) == ("PARTIAL", ["CONTRACT_PROHIBITION"])


CAPPED = ("BLOCKED", ["CAP_REACHED"])


@pytest.mark.parametrize("is_on_paper", [False, True])
def test_a_cap_on_a_series_counts_the_licensees_of_every_episode(
    studio: Actor, series: Title, whole: Asset, episode: Title, is_on_paper: bool
) -> None:
    other = factories.title(studio, kind="episode", name="Two", number=2, parent=series.code)
    one, two = (offered(studio, title) for title in (episode, other))
    factories.fact(studio, series, "cap", max_licensees=1)
    lab = factories.lab()
    before = asked(two)
    assert verdict(before) == CLEAR
    if is_on_paper:
        licensee = f"{lab.organisation.name} ({edge_code.display(lab.organisation.code)})"  # type: ignore[union-attr]
        factories.fact(studio, episode, "grant_out", to=licensee, uses=["train"])
    else:
        deal = approve_deal(actor=studio, code=asked(one, lab).code)
        assert verdict(asked(two)) == CAPPED
        factories.paid(studio, deal)
    for file in (one, two, whole):
        assert verdict(asked(file)) == CAPPED
    with pytest.raises(Conflict):
        approve_deal(actor=studio, code=before.code)
    # Its own licence does not stand in the lab's way.
    assert verdict(asked(two, lab)) == CLEAR
    assert verdict(asked(two, lab, exclusivity="exclusive")) == CLEAR


def test_a_cap_counts_within_what_it_is_recorded_for(
    studio: Actor, series: Title, whole: Asset, season: Title, episode: Title
) -> None:
    """Two seasons of which each may be licensed to two labs, less an episode."""
    second = factories.title(studio, kind="season", name="Two", number=2, parent=series.code)
    titles = [
        episode,
        *(
            factories.title(studio, kind="episode", name=f"{n}", number=n, parent=parent.code)
            for n, parent in enumerate((season, season, second, second), 2)
        ),
    ]
    other, left_out, last = (offered(studio, titles[place]) for place in (1, 2, 4))
    for each in (season, second):
        body = {"max_licensees": 2, "territory": ["KR"], "excludes": [titles[2].code]}
        factories.fact(studio, each, "cap", **body)
    for number, title in enumerate((titles[0], titles[2], titles[3])):
        ended = {"end": "2026-01-01"} if number == 2 else {}
        for name in "AB" if number else "A":
            factories.fact(
                studio, title, "grant_out", to=f"{name}{number}", uses=["train"], **ended
            )
    assert verdict(asked(other)) == CLEAR
    assert verdict(asked(left_out)) == CLEAR
    assert verdict(asked(last)) == CLEAR
    factories.fact(studio, titles[0], "grant_out", to="C", uses=["train"])
    assert verdict(asked(other)) == ("PARTIAL", ["CAP_REACHED"])
    assert verdict(asked(other, territory=["JP"])) == CLEAR
    assert verdict(asked(left_out)) == CLEAR
    assert verdict(asked(last)) == CLEAR


def test_a_licence_of_an_episode_is_asked_of_the_others_of_a_capped_series(
    studio: Actor, series: Title, whole: Asset, episode: Title
) -> None:
    other = factories.title(studio, kind="episode", name="Two", number=2, parent=series.code)
    factories.fact(studio, series, "cap", max_licensees=1)
    with time_machine.travel("2026-12-01T10:00:00Z", tick=False) as now:
        check_readiness_pending()
        assert Readiness.objects.get(title=other).verdict == "CLEAR"
        now.shift(60)
        factories.fact(studio, episode, "grant_out", to="Vireo", uses=["train"])
        now.shift(60)
        check_readiness_pending()
        assert "CAP_REACHED" in Readiness.objects.get(title=other).result["reasons"]


@pytest.fixture
def best(studio: Actor, series: Title, episode: Title) -> Title:
    """A season of its own in which the episode stands as well."""
    best = factories.title(studio, kind="season", name="Best of", number=9, parent=series.code)
    again = factories.title(studio, kind="episode", name="Pilot", number=1, parent=best.code)
    merge_titles(actor=studio, code=again.code, into=episode.code, reason="The same")
    return best


def test_an_episode_of_two_seasons_is_sold_once(
    studio: Actor, season: Title, whole: Asset, best: Title, episode: Title
) -> None:
    one, other, first = (offered(studio, title) for title in (season, best, episode))
    before = exclusively(one)
    deal = approve_deal(actor=studio, code=exclusively(other).code)
    for _ in range(2):
        assert verdict(exclusively(first)) == ("BLOCKED", ["EXCLUSIVE_CONFLICT"])
        assert verdict(exclusively(one)) == ("PARTIAL", ["EXCLUSIVE_CONFLICT"])
        if deal.state != DealState.GRANTED:
            factories.paid(studio, deal)
            deal.refresh_from_db()
    with pytest.raises(Conflict):
        approve_deal(actor=studio, code=before.code)


@pytest.mark.parametrize("is_other_series", [False, True])
def test_what_is_recorded_of_one_season_of_an_episode_reaches_the_other(
    studio: Actor, season: Title, whole: Asset, best: Title, is_other_series: bool
) -> None:
    one = offered(studio, season)
    banned = best
    if is_other_series:
        banned = factories.title(studio, kind="series", name="Harbour (import)")
        row = factories.title(studio, kind="season", name="Best of", parent=banned.code)
        merge_titles(actor=studio, code=row.code, into=best.code, reason="The same")
    factories.fact(studio, banned, "restriction", uses=["train"])
    assert verdict(asked(one))[1] == ["CONTRACT_PROHIBITION"]


QUESTION: dict[str, Any] = {
    "uses": ["train"],
    "model_kinds": ["foundation"],
    "territory": "WORLD",
    "starts_at": datetime(2027, 1, 1, tzinfo=UTC),
    "ends_at": datetime(2030, 1, 1, tzinfo=UTC),
    "exclusivity": "non_exclusive",
}
PRICED = {"price_minor": 100_000, "currency": "USD"}


def test_who_reads_a_verdict_reads_of_which_parts(
    studio: Actor, whole: Asset, episode: Title
) -> None:
    factories.fact(studio, episode, "restriction", uses=["train"])
    lab = factories.lab()
    page = f"/clearances/{asked(whole, lab).items.get().clearances.get().code}/"
    assert f'href="/titles/{episode.code}/"' in text(signed_in(studio).get(page))
    told = text(signed_in(lab).get(page))
    assert "Of some parts of the work" in told
    assert f"/titles/{episode.code}/" not in told


def test_what_is_cut_out_is_named_by_its_part(studio: Actor, whole: Asset, episode: Title) -> None:
    span = {"from": "00:01:00", "to": "00:02:00"}
    body = STOCK | {"ai": "not_granted", "timecode": span}
    factories.fact(studio, episode, "element", **body)
    (cut,) = left_out(asked(whole).items.get().clearances.get().result)
    assert str(cut) == f"stock at {edge_code.display(episode.code)} 00:01:00-00:02:00"


def test_a_long_series_with_its_performers_is_decided() -> None:
    """Each of whom is in one episode and counts for no other."""
    told = [Part("S", (), with_dates([OWNED]))]
    for number in range(150):
        cast = [
            {"id": f"{number}.{place}", "kind": "performer", "person": f"{number}.{place}"}
            for place in range(20)
        ]
        told.append(Part(f"E{number:03}", ("S",), with_dates([OWNED, *cast])))
    facts, works = together(told, "2026-12-01T00:00:00Z")
    wanted = {
        "work": works[0]["id"],
        "licensor": "Northgate",
        "licensee": "Quill",
        "uses": ["train"],
        "modality": ["video"],
        "model_kind": ["foundation"],
        "territory": "WORLD",
        "start": "2027-01-01",
        "end": "2030-01-01",
    }
    case = {"schema": "clearance-case/1", "as_of": "2026-12-01", "facts": facts}
    assert clear(case | {"works": works, "request": wanted})["verdict"] == "CLEAR"


def judged(facts: list[Any], works: list[Any]) -> dict[str, Any]:
    wanted = {
        "licensor": "Northgate",
        "licensee": "Quill",
        "uses": ["train", "index"],
        "modality": ["video"],
        "model_kind": ["foundation"],
        "territory": ["KR", "JP"],
        "start": "2027-01-01",
        "end": "2030-01-01",
    }
    case = {"schema": "clearance-case/1", "as_of": instant(timezone.now()), "facts": facts}
    return clear(case | of_works(works, wanted))


RECORDS: list[tuple[str, dict[str, Any]]] = [
    ("restriction", {"uses": ["train"], "territory": ["KR"]}),
    ("holdback", {"beneficiary": "Kanal", "uses": ["index"], "end": EVENT}),
    ("grant_out", EXCLUSIVE | {"start": "2028-01-01"}),
    ("element", STOCK | {"ai": "unknown", "modality": ["video"]}),
    ("event", {"name": "broadcast", "date": "2029-01-01"}),
    ("event", {"name": "broadcast", "date": "2020-01-01"}),
    ("ownership", {"party": "Northgate", "share": "1/1", "territory": ["KR"]}),
    ("ownership", {"party": "Somebody", "share": "1/2"}),
]


@pytest.mark.parametrize("seed", range(6))
def test_a_series_is_as_its_parts_are(studio: Actor, series: Title, seed: int) -> None:
    """Each by its own case: what is clear, blocked or open of one of them is so of the whole."""
    chance = Random(seed)
    seasons = [
        factories.title(studio, kind="season", name=f"{n}", number=n, parent=series.code)
        for n in (1, 2)
    ]
    episodes = [
        factories.title(
            studio, kind="episode", name=f"{n}", number=n, parent=chance.choice(seasons).code
        )
        for n in range(1, 5)
    ]
    factories.ownership(studio, series)
    for place in range(chance.randint(3, 7)):
        kind, body = chance.choice(RECORDS)
        less = [each.code for each in episodes if kind != "event" and chance.random() < 0.2]
        about = chance.choice([series, *seasons, *episodes])
        fact = factories.fact(studio, about, kind, **body | ({"excludes": less} if less else {}))
        # Of several dates of an event the last recorded counts: none are of the same second.
        recorded = timezone.now() - timedelta(minutes=place + 1)
        Fact.objects.filter(pk=fact.pk).update(recorded_at=recorded)
    keys = [series.pk, *(each.pk for each in (*seasons, *episodes))]
    cases = cases_of(keys, licensed_or_agreed, as_of=timezone.now())
    whole = judged(cases[series.pk].facts, cases[series.pk].works)
    parts = [judged(each.alone, []) for each in cases.values()]
    for status in ("cleared", "blocked", "review"):
        assert bool(whole[status]) == any(part[status] for part in parts)
    assert set(whole["reasons"]) - {"OK"} == {
        reason for part in parts for reason in part["reasons"] if reason != "OK"
    }
