"""Rights of a title on its page: recorded as people write them, superseded, never edited."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.utils import timezone

from accounts.access import Actor
from catalog.models import Fact, Title
from catalog.rights import (
    NewFact,
    correct_fact,
    record_fact,
    record_many,
    supersede,
)
from ledger import edge_code
from tests import factories
from tests.web.reading import signed_in, text, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]

HOLDING = {
    "party": "Peach Pictures",
    "share": "1/3",
    "uses": ["ALL"],
    "territory": "World except South Korea, JP",
    "start": "2020-01-01",
    "end_by": "until",
    "end": "2030-01-01",
    "document": "Certificate",
    "clause": "14",
}


@pytest.fixture
def studio() -> Actor:
    return factories.studio("Peach Pictures")


@pytest.fixture
def title(studio: Actor) -> Title:
    return factories.title(studio)


@pytest.fixture
def client(studio: Actor) -> Client:
    return signed_in(studio)


def test_a_title_without_rights_says_what_follows(client: Client, title: Title) -> None:
    assert "every request for this title is blocked" in words(
        client.get(f"/titles/{title.code}/rights/")
    )


def test_a_right_is_recorded_as_it_was_written(client: Client, title: Title) -> None:
    response = client.post(f"/titles/{title.code}/rights/new/ownership/", HOLDING)
    assert response.headers["Location"] == f"/titles/{title.code}/rights/"
    holding = Fact.objects.get()
    assert holding.territory == {"include": ["WORLD"], "except": ["JP", "KR"]}
    assert str(holding.starts_at) == "2020-01-01 00:00:00+00:00"
    page = words(client.get(f"/titles/{title.code}/rights/"))
    for said in (
        "Ownership, exclusive, 1/3",
        "World except Japan and South Korea",
        "1 Jan 2020 to 31 Dec 2029",
        "ends before 1 Jan 2030",
        "Certificate clause 14",
        "Stands",
    ):
        assert said in page
    assert "<rect" in text(client.get(f"/titles/{title.code}/rights/"))


def test_a_mistake_stands_beside_its_field(client: Client, title: Title) -> None:
    for field, typed, said in (
        ("territory", "Atlantis", "“Atlantis” is no country we know."),
        ("territory", "KR except KR", "Nothing is left of this territory"),
        ("territory", "World except", "Name the countries left out"),
        ("share", "3/2", "A share is more than 0 and at most 1/1."),
        ("end", "2019-01-01", "The end must lie after the start."),
        ("end", "", "The chosen way of ending needs this."),
        ("end_by", "duration", "The chosen way of ending needs this."),
        ("end_by", "never", "Choose how it ends, or leave day, length and event empty."),
        ("start_event", "premiere", "Write a day or an event, not both."),
        ("tz", "Seoul", "“Seoul” is no time zone"),
        ("party", "", "Who holds it: Fill this in."),
    ):
        form = HOLDING | {field: typed}
        response = client.post(f"/titles/{title.code}/rights/new/ownership/", form)
        assert response.status_code == 422, (field, typed)
        assert said in words(response)
        assert 'value="Certificate"' in text(response), (field, typed)
    assert not Fact.objects.exists()


def test_all_mistakes_are_told_at_once(client: Client, title: Title) -> None:
    mistakes = {
        "from": "",
        "to": "\N{ZERO WIDTH SPACE}",
        "share": "half",
        "territory": "Atlantis",
        "executed": "yesterday",
    }
    address = f"/titles/{title.code}/rights/new/assignment/"
    page = words(client.post(address, HOLDING | mistakes))
    for said in (
        "Who holds it now: Give a name of 1 to 200 characters.",
        "Who gave it: Fill this in.",
        "Share: Write the share as a fraction, such as 1/3.",
        "Territory: “Atlantis” is no country we know.",
        "Signed on: Write YYYY-MM-DD, or",
    ):
        assert page.count(said) == 1, said
    assert not Fact.objects.exists()


# What is enough for each kind, as a person would fill in its form.
FORMS: dict[str, dict[str, object]] = {
    "ownership": {"party": "Peach Pictures", "share": "1/1"},
    "assignment": {
        "from": "Author",
        "to": "Peach Pictures",
        "vesting": "Fee paid",
        "vesting_met": "on",
        "executed": "2001-02-03",
        "reversion_to": "Author",
        "law": "KR",
    },
    "grant_in": {"from": "Author", "to": "Peach Pictures", "uses": ["train"], "status": "draft"},
    "grant_out": {
        "to": "Aleph",
        "uses": ["train"],
        "exclusivity": "sole",
        "against": "Beth\nGimel",
        "price": "2.00",
        "price_currency": "usd",
        "price_per": "min",
    },
    "restriction": {"uses": ["train"], "modality": ["audio"], "model_kind": ["foundation"]},
    "holdback": {
        "beneficiary": "Broadcaster",
        "start_event": "first broadcast",
        "start_lag": "1 year 6 months",
        "end_by": "event",
        "end_event": "first broadcast",
        "end_length": "5년",
    },
    "cap": {"max_licensees": "3", "start": "2026-01-01", "end_by": "duration", "end_length": "5y"},
    "option": {"holder": "Lab", "type": "rofr", "notice": "30 days", "state": "open"},
    "element": {
        "element": "music",
        "ai": "not_granted",
        "ref": "Song",
        "timecode": "00:12:30 - 00:13:05.500",
    },
    "guild": {"guild": "SAG-AFTRA", "agreement": "TV/Theatrical 2023"},
    "performer": {"person": "Kim Min"},
    "event": {"name": "first broadcast", "date": "2026-02-01", "tz": "Asia/Seoul"},
}
SCOPED = {"ownership", "assignment", "grant_in", "grant_out"}
SCOPED |= {"restriction", "holdback", "cap", "option"}


@pytest.mark.parametrize("kind", FORMS)
def test_every_kind_has_its_form_and_is_shown_and_corrected(
    client: Client, title: Title, kind: str
) -> None:
    place = {"territory": "EU", "uses": ["ALL"]} if kind in SCOPED else {}
    new = f"/titles/{title.code}/rights/new/{kind}/"
    assert client.get(new).status_code == 200
    response = client.post(new, place | FORMS[kind] | {"document": "Paper of 1999"})
    assert response.status_code == 303, words(response)
    old = Fact.objects.get()
    address = f"/titles/{title.code}/rights/{old.code}/"
    assert "Paper of 1999" in words(client.get(address))
    form = client.get(f"{address}correct/")
    sent = typed_in(form) | {"reason": "Read again", "clause": "9"}
    corrected = client.post(f"{address}correct/", sent)
    assert corrected.status_code == 303, words(corrected)
    new_one = Fact.objects.get(corrects=old)
    assert (new_one.body, new_one.clause) == (old.body, "9")
    assert "This was corrected." in words(client.get(address))
    assert "Corrects" in words(client.get(corrected.headers["Location"]))


def typed_in(response: Any) -> dict[str, object]:
    """Return what the form of a page holds, as a browser would send it."""
    found: dict[str, object] = {}
    for bound in response.context["form"]:
        value = bound.value()
        if value not in (None, "", False):
            found[bound.name] = "on" if value is True else value
    return found


def test_an_opinion_and_a_revocation_name_records_of_the_title(
    client: Client, studio: Actor, title: Title
) -> None:
    body = {"to": "Aleph", "uses": ["train"]}
    lent = record_fact(actor=studio, title=title, kind="grant_out", body=body)
    base = f"/titles/{title.code}/rights/new/"
    ended = client.post(f"{base}revocation/", {"target": lent.code, "effective": "2026-03-01"})
    assert ended.status_code == 303
    opinion = {
        "resolves": "LEGACY_NEW_USE",
        "about": [lent.code],
        "by": "Counsel",
        "signed": "2026-04-01",
        "uses": ["ALL"],
        "territory": "World",
    }
    assert client.post(f"{base}counsel_opinion/", opinion).status_code == 303
    assert Fact.objects.get(kind="counsel_opinion").body["about"] == [lent.code]
    elsewhere = client.post(f"{base}revocation/", {"target": "AAAAAAAA", "effective": "2026-03-01"})
    assert elsewhere.status_code == 422


def test_a_restriction_shows_document_and_clause(client: Client, title: Title) -> None:
    response = client.post(
        f"/titles/{title.code}/rights/new/restriction/",
        {
            "uses": ["train"],
            "territory": "EU",
            "document": "Director's contract",
            "clause": "14",
            "model_kind": ["foundation"],
        },
    )
    assert response.status_code == 303
    restriction = Fact.objects.get()
    assert len(restriction.territory) == 27
    page = words(client.get(f"/titles/{title.code}/rights/{restriction.code}/"))
    for said in ("Forbidden: training", "Director's contract", "Clause 14", "foundation model"):
        assert said in page


def test_an_unchanged_territory_keeps_what_was_recorded(
    client: Client, studio: Actor, title: Title
) -> None:
    place = {"include": ["EU"], "as_of": "dynamic"}
    body = {"party": "Peach", "share": "1/1", "territory": place}
    old = record_fact(actor=studio, title=title, kind="ownership", body=body)
    address = f"/titles/{title.code}/rights/{old.code}/correct/"
    client.post(address, typed_in(client.get(address)) | {"share": "1/2", "reason": "Half"})
    assert Fact.objects.get(corrects=old).territory == old.territory
    assert "already been superseded" in words(client.get(address, follow=True))


def test_what_was_known_on_a_day_is_shown_again(
    client: Client, studio: Actor, title: Title
) -> None:
    wrong = factories.ownership(studio, title)
    earlier = timezone.now() - timedelta(days=30)
    Fact.objects.filter(pk=wrong.pk).update(recorded_at=earlier)
    Title.objects.filter(pk=title.pk).update(created_at=earlier)
    body = {"party": "Somebody Else", "share": "1/1"}
    correct_fact(actor=studio, code=wrong.code, body=body, reason="Wrong party")
    page = f"/titles/{title.code}/rights/"
    day = (earlier + timedelta(days=3)).date()
    then = client.get(f"{page}?known={day}")
    assert "Somebody Else" not in words(then)
    assert "What could be licensed, as known then pre-training Clear" in words(then)
    assert [line.stands for line in then.context["own"].groups[0].lines] == [True]
    before = client.get(f"{page}?known={(earlier - timedelta(days=3)).date()}")
    assert "On that day no fact about this title was recorded yet." in words(before)
    assert before.context["answered"] is None  # the title was not registered
    now = client.get(page)
    assert [line.stands for line in now.context["own"].groups[0].lines] == [True, False]
    for nonsense in ("x", "2999-01-01", "0001-01-01", "9999-12-31"):
        assert client.get(f"{page}?known={nonsense}&on={nonsense}").status_code == 200


def test_what_is_recorded_of_a_series_shows_on_its_episodes(client: Client, studio: Actor) -> None:
    series = factories.title(studio, kind="series", name="Harbour")
    first, second = (
        factories.title(studio, kind="episode", name=name, parent=series.code, number=number)
        for number, name in enumerate(("One", "Two"), 1)
    )
    fact = factories.ownership(studio, series)
    body = {"uses": ["train"], "excludes": [second.code]}
    record_fact(actor=studio, title=series, kind="restriction", body=body)
    page = client.get(f"/titles/{first.code}/rights/")
    assert "recorded for Harbour" in words(page)
    assert f"/titles/{series.code}/rights/{fact.code}/" in text(page)
    assert "Not for this part" not in words(page)
    assert "Not for this part" in words(client.get(f"/titles/{second.code}/rights/"))
    assert "Inherited" not in words(client.get(f"/titles/{series.code}/rights/"))


def test_the_chain_marks_where_the_line_is_broken(
    client: Client, studio: Actor, title: Title
) -> None:
    deeds: list[tuple[str, dict[str, Any]]] = [("ownership", {"party": "Author", "share": "1/1"})]
    deeds.append(("assignment", {"from": "author", "to": "Publisher"}))
    deeds.append(("grant_in", {"from": "Stranger", "to": "Peach Pictures", "uses": ["train"]}))
    for kind, body in deeds:
        record_fact(actor=studio, title=title, kind=kind, body=body)
    page = words(client.get(f"/titles/{title.code}/rights/"))
    assert "The line is broken at Stranger" in page
    assert "broken at Author" not in page
    assert "Peach Pictures your organisation" in page
    assert "Your organisation stands in no line" not in page


def test_who_holds_it_today_stands_beside_the_chain_and_deeds_in_the_history(
    client: Client, studio: Actor, title: Title
) -> None:
    for party in ("Kim", "Lee"):
        factories.ownership(studio, title, party=party, share="1/2", document="Register no. 7")
    sold = {"from": "Kim", "to": "Peach Pictures", "share": "1/4"}
    deed = factories.fact(
        studio, title, "assignment", document="Deed of 2020", clause="§ 4", **sold
    )
    run = {"uses": ["train"], "end": "2090-01-01", "exclusivity": "exclusive"}
    factories.fact(studio, title, "grant_in", **{"from": "Lee", "to": "Peach Pictures"}, **run)
    over = {"uses": ["index"], "end": "2020-01-01"}
    factories.fact(studio, title, "grant_in", **{"from": "Lee", "to": "Nobody Now"}, **over)
    page = client.get(f"/titles/{title.code}/rights/")
    held = words(page).partition("Who holds it today")[2]
    beside, _table, after = held.partition("The chain as a table")
    assert beside.strip().startswith(
        "Lee 1/2 Kim 1/4 Peach Pictures your organisation 1/4 Licences in that run Peach Pictures"
    )
    assert "from Lee · exclusive · training" in beside
    assert "Nobody Now" not in beside
    assert "Right recorded Assignment, Peach Pictures, 1/4 · Deed of 2020, § 4" in after
    assert "Licence in, Nobody Now · no instrument named" in after
    assert f'href="/titles/{title.code}/rights/{deed.code}/"' in text(
        client.get(f"/titles/{title.code}/")
    )
    supersede(actor=studio, code=deed.code, reason="Not signed")
    assert "Kim 1/2 Lee 1/2 Licences" in words(client.get(f"/titles/{title.code}/rights/"))
    whole = words(client.get(f"/titles/{title.code}/rights/{deed.code}/"))
    assert "Right corrected Assignment, Peach Pictures, 1/4 · Deed of 2020, § 4" in whole


def test_shares_that_differ_by_place_are_told_apart(
    client: Client, studio: Actor, title: Title
) -> None:
    factories.ownership(studio, title, share="1/2")
    sold = {"from": "Peach Pictures", "to": "Kim", "uses": ["train"], "territory": ["KR"]}
    factories.fact(studio, title, "assignment", **sold)
    held = words(client.get(f"/titles/{title.code}/rights/")).partition("Who holds it today")[2]
    assert "training · South Korea Kim 1/2 The shares add up to 1/2, not to the whole." in held


def test_a_document_is_handed_in_attached_and_given_back_to_its_owner(
    client: Client, studio: Actor, title: Title
) -> None:
    paper = factories.paper()
    sent = client.post("/documents/", {"file": SimpleUploadedFile("deed.pdf", paper)})
    assert sent.status_code == 303
    address = sent.headers["Location"]
    code = address.split("/")[-2]
    client.post(f"/titles/{title.code}/rights/new/ownership/", HOLDING | {"evidence": code})
    assert Fact.objects.get().evidence is not None
    assert "deed.pdf" in words(client.get(f"/titles/{title.code}/rights/"))
    assert "Peach Pictures" in words(client.get(address))
    got = client.get(client.get(f"{address}file/").headers["Location"])
    assert b"".join(got.streaming_content) == paper  # type: ignore[attr-defined]
    assert got.headers["Content-Type"] == "application/octet-stream"
    assert got.headers["Content-Disposition"].startswith("attachment")
    again = client.post("/documents/", {"file": SimpleUploadedFile("copy.pdf", paper)}, follow=True)
    assert "already here" in words(again)
    bad = client.post("/documents/", {"file": SimpleUploadedFile("deed.pdf", b"MZ" + paper)})
    assert bad.status_code == 422
    rival, viewer = signed_in(factories.studio()), signed_in(factories.member(studio))
    assert rival.get(f"{address}file/").status_code == 404
    assert rival.get(address).status_code == 404
    assert viewer.get(f"{address}file/").status_code == 302
    more = {"file": SimpleUploadedFile("b.pdf", factories.paper())}
    assert viewer.post("/documents/", more).status_code == 403


def test_a_superseded_right_stays_and_shows_it(client: Client, studio: Actor, title: Title) -> None:
    holding = factories.ownership(studio, title)
    address = f"/titles/{title.code}/rights/{holding.code}/"
    refused = client.post(address, {"reason": ""})
    assert refused.status_code == 422
    holding.refresh_from_db()
    assert holding.superseded_at is None
    assert client.post(address, {"reason": "Typing error"}).status_code == 303
    assert Fact.objects.get().superseded_at is not None
    page = words(client.get(address))
    assert "Superseded" in page
    assert "Supersede:" not in page
    again = client.post(address, {"reason": "Again"})
    assert "This record has already been superseded." in words(again)


def test_others_and_viewers_record_nothing(client: Client, studio: Actor, title: Title) -> None:
    fact = factories.fact(studio, title, "restriction", uses=["train"])
    rival, viewer = signed_in(factories.studio()), signed_in(factories.member(studio))
    for address in ("new/ownership/", f"{fact.code}/correct/", f"{fact.code}/"):
        whole = f"/titles/{title.code}/rights/{address}"
        assert rival.post(whole, HOLDING | {"reason": "x"}).status_code == 404
        assert viewer.post(whole, HOLDING | {"reason": "x"}).status_code == 403
    assert viewer.get(f"/titles/{title.code}/rights/new/").status_code == 403
    other = factories.title(studio, name="Other")
    assert client.get(f"/titles/{other.code}/rights/{fact.code}/").status_code == 404
    fact.refresh_from_db()
    assert fact.superseded_at is None
    assert Fact.objects.count() == 1


def test_the_next_fact_of_a_paper_begins_with_what_the_last_one_said(
    client: Client, studio: Actor
) -> None:
    title = factories.title(studio)
    assert studio.organisation is not None
    own = studio.organisation.name
    new = f"/titles/{title.code}/rights/new/"
    half = {
        "party": "Author One", "share": "1/2", "law": "KR", "territory": "World", "uses": ["ALL"],
        "end_by": "never", "tz": "Asia/Seoul", "document": "Certificate 7", "another": "1",
    }  # fmt: skip
    sent = client.post(f"{new}ownership/", half)
    after = sent["Location"].rpartition("?after=")[2]
    assert sent["Location"].startswith(f"{new}?after=")
    assert f"{new}assignment/?after={after}" in text(client.get(sent["Location"]))
    second = client.get(f"{new}ownership/?after={after}").context["form"]
    said = {name: second[name].value() for name in ("party", "share", "law", "tz", "document")}
    assert said == {
        "party": own, "share": "1/2", "law": "KR", "tz": "Asia/Seoul", "document": "Certificate 7",
    }  # fmt: skip
    deed = client.get(f"{new}assignment/").context["form"]
    assert [deed[name].value() for name in ("from", "to", "document")] == ["Author One", own, None]
    assert "Author One" in deed.parties()
    # A code of another's fact, or none, fills in nothing.
    assert client.get(f"{new}ownership/?after=ABCDEFGH").context["form"]["document"].value() is None
    assert client.get(f"{new}ownership/?after={'x' * 99}%00").status_code == 200


def test_what_few_papers_say_is_folded_away_until_it_is_said(client: Client, studio: Actor) -> None:
    title = factories.title(studio)
    address = f"/titles/{title.code}/rights/new/grant_in/"

    def folded(form: Any) -> set[str]:
        return {bound.name for group in form.groups() for bound in group.rare}

    assert {"vesting", "start_event", "excludes"} <= folded(client.get(address).context["form"])
    bad = {"from": "A", "to": "B", "uses": ["train"], "territory": "World", "excludes": "nonsense",
           "vesting": "The fee is paid", "end_by": "never", "tz": "UTC"}  # fmt: skip
    refused = client.post(address, bad)
    assert refused.status_code == 422
    assert not {"excludes", "vesting"} & folded(refused.context["form"])


def test_hundreds_of_facts_are_read_by_their_kind(
    client: Client, studio: Actor, django_assert_max_num_queries: Any
) -> None:
    title = factories.title(studio)
    cut = factories.title(studio, kind="edit", parent=title.code, name="Cut")
    facts = [
        NewFact(title, "performer", {"person": f"Actor {number}"}, "", "") for number in range(130)
    ]
    sold = {"uses": ["distribute.vod"], "territory": "WORLD", "start": "2024-01-01"}
    facts += [
        NewFact(title, "grant_out", sold | {"to": f"Shop {number}"}, "", "") for number in range(60)
    ]
    train = {"uses": ["train"], "territory": "WORLD", "to": "Peach Pictures"}
    facts += [
        NewFact(title, "grant_in", train | {"from": f"Author {number}"}, "", "")
        for number in range(30)
    ]
    with transaction.atomic():
        record_many(actor=studio, facts=facts)
    address = f"/titles/{title.code}/rights/"
    client.get(address)
    with django_assert_max_num_queries(32):
        page = client.get(address)
    said = words(page)
    for told in (
        "220 facts",
        "Show all 130",
        "leaves out 75 more terms; they are listed below.",
        "The picture shows 12 deeds, first those that lead to your organisation. It leaves out 18",
        "The line is broken at 25 more parties in the same way.",
    ):
        assert told in said
    assert len(page.content) < 120_000
    assert [len(group.lines) for group in page.context["own"].groups] == [5, 5, 5]

    def listed(asked: str, at: str = address) -> list[str]:
        shown = client.get(at + asked).context["own" if at == address else "inherited"]
        groups = (shown if at == address else shown["listing"]).groups
        return [line.headline for group in groups for line in group.lines]

    assert "Chain of title" not in words(client.get(f"{address}?kind=grant_out"))
    shops = listed("?kind=grant_out")
    assert (len(shops), shops[0], shops[-1]) == (50, "Shop 59", "Shop 10")
    after = client.get(f"{address}?kind=grant_out").context["own"].page.next
    assert len(listed(f"?kind=grant_out&cursor={after}")) == 10
    assert listed("?who=shop+12") == ["Shop 12"]
    assert listed("?who=shop+12&on=2023-12-30") == []
    assert len(listed("?kind=nonsense")) == 15
    assert listed("?kind=superseded") == []
    # What a part inherits is folded too, and leads to where it was recorded.
    below = f"/titles/{cut.code}/rights/"
    assert len(listed("", below)) == 15
    assert len(listed("?inherited=grant_in", below)) == 30
    assert f'href="{address}"' in text(client.get(below))
    # A record of so many is chosen from its own page, or by its code.
    lent = Fact.objects.get(kind="grant_out", body__to="Shop 12")
    opinion = f"{address}new/counsel_opinion/?about={lent.code}"
    assert f'href="{opinion}"' in text(client.get(f"{address}{lent.code}/"))
    form = client.get(opinion)
    assert len(form.content) < 60_000
    assert form.context["form"]["about"].value() == edge_code.display(lent.code)
    revocation = f"{address}new/revocation/?about={lent.code}"
    assert client.get(revocation).context["form"]["target"].value() == lent.code
    wrong = client.post(revocation, {"target": "nonsense", "effective": "2026-03-01"})
    assert "“nonsense” is no edge code." in words(wrong)
    spelt = {"target": edge_code.display(lent.code).lower(), "effective": "2026-03-01"}
    assert client.post(revocation, spelt).status_code == 303
    assert Fact.objects.get(kind="revocation").body["target"] == lent.code
    said_of = {"resolves": "LEGACY_NEW_USE", "by": "Kim", "signed": "2026-04-01"}
    said_of |= {"about": f"{lent.code}\n", "uses": ["ALL"], "territory": "World"}
    assert client.post(opinion, said_of).status_code == 303
    assert Fact.objects.get(kind="counsel_opinion").body["about"] == [lent.code]
