"""Records that are each in order and make no sense together: refused where they are made, and
where they came about all the same a person has to look; nothing breaks, for nobody else either."""

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.access import Actor
from accounts.errors import Conflict, Invalid
from catalog.models import Asset, Fact, Title
from catalog.rights import supersede
from licensing.counsel import records
from licensing.deals.holds import propose_cancellation
from licensing.deals.requests import submit_request
from licensing.deals.transitions import approve_deal
from licensing.grants.issuing import issue_pending
from licensing.library.estimates import estimate
from licensing.library.readiness import check_readiness_pending
from licensing.library.surveys import ask_library, survey_pending
from licensing.models import Readiness, SurveyState
from licensing.payments.settlements import record_bank_transfer
from licensing.verdicts.decisions import write_out_pending
from licensing.verdicts.time_machine import reckon_again
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]

REVOKED_TV: dict[str, Any] = {"to": "Vireo", "uses": ["distribute.tv"], "revocable": "prospective"}


def offered() -> tuple[Actor, Title, Asset]:
    studio = factories.studio()
    file = factories.offered_words(studio)
    assert file.title is not None
    return studio, file.title, file


def tangle(studio: Actor, title: Title) -> Fact:
    """Leave a revocation of a licence that stands no more, as an import may."""
    licence = factories.fact(studio, title, "grant_out", **REVOKED_TV)
    revocation = factories.fact(
        studio, title, "revocation", target=licence.code, effective="2026-01-01"
    )
    supersede(actor=studio, code=licence.code, reason="read wrongly")
    return revocation


def record(studio: Actor, title: Title, kind: str, **body: Any) -> Fact:
    return records.record(actor=studio, title=title, kind=kind, body=body)


def test_a_revoked_licence_is_not_set_aside_alone() -> None:
    studio, title, _file = offered()
    licence = record(studio, title, "grant_out", **REVOKED_TV)
    revocation = record(studio, title, "revocation", target=licence.code, effective="2026-01-01")
    with pytest.raises(Conflict) as refused:
        records.set_aside(actor=studio, code=licence.code, reason="read wrongly")
    assert revocation.code in str(refused.value)
    licence.refresh_from_db()
    assert licence.superseded_at is None


def test_what_stands_no_more_is_not_revoked() -> None:
    studio, title, _file = offered()
    licence = record(studio, title, "grant_out", **REVOKED_TV)
    records.set_aside(actor=studio, code=licence.code, reason="read wrongly")
    with pytest.raises(Invalid) as refused:
        record(studio, title, "revocation", target=licence.code, effective="2026-01-01")
    assert refused.value.field == "target"


def test_a_date_before_what_hangs_on_it_is_refused() -> None:
    studio, title, _file = offered()
    waits = record(
        studio, title, "holdback", beneficiary="Z", start="2026-01-01", end={"event": "premiere"}
    )
    with pytest.raises(Conflict) as refused:
        record(studio, title, "event", name="premiere", date="2025-01-01")
    assert waits.code in str(refused.value)
    record(studio, title, "event", name="premiere", date="2026-02-01")


def test_a_term_that_a_known_date_ends_too_soon_is_refused() -> None:
    studio, title, _file = offered()
    event = record(studio, title, "event", name="premiere", date="2025-01-01")
    with pytest.raises(Conflict) as refused:
        record(
            studio, title, "holdback",
            beneficiary="Z", start="2026-01-01", end={"event": "premiere"},
        )  # fmt: skip
    assert event.code in str(refused.value)


def test_a_term_is_followed_to_the_end_of_the_calendar() -> None:
    studio, title, _file = offered()
    record(studio, title, "event", name="premiere", date="2025-01-01")
    with pytest.raises(Conflict):
        record(
            studio, title, "holdback", beneficiary="Z", end={"event": "premiere", "lag": "P9000Y"}
        )
    with pytest.raises(Conflict):
        record(
            studio, title, "option",
            holder="P", type="rofr", notice="P9000Y", offered="2026-01-01",
        )  # fmt: skip


def test_two_dates_of_one_second_are_refused() -> None:
    studio, title, _file = offered()
    with time_machine.travel(timezone.now(), tick=False):
        first = record(studio, title, "event", name="premiere", date="2027-01-01")
        with pytest.raises(Conflict) as refused:
            record(studio, title, "event", name="premiere", date="2027-02-01")
    assert first.code in str(refused.value)


def test_a_part_counts_too() -> None:
    studio = factories.studio()
    series = factories.title(studio, kind="series")
    episode = factories.title(studio, kind="episode", parent=series.code)
    waits = record(
        studio, episode, "holdback", beneficiary="Z", start="2026-01-01", end={"event": "premiere"}
    )
    with pytest.raises(Conflict) as refused:
        record(studio, series, "event", name="premiere", date="2025-01-01")
    assert waits.code in str(refused.value)


def test_a_correction_takes_along_what_names_the_record() -> None:
    studio, title, file = offered()
    licence = record(
        studio, title, "grant_out",
        to="Vireo", uses=["train"], exclusivity="exclusive", revocable="prospective",
    )  # fmt: skip
    record(studio, title, "revocation", target=licence.code, effective="2026-01-01")
    right = records.correct(
        actor=studio, code=licence.code, body={**licence.body, "to": "Vireo Ltd"}, reason="name"
    )
    assert [each.body["target"] for each in title.facts.standing().filter(kind="revocation")] == [
        right.code
    ]
    deal = factories.deal(factories.lab(), [file])
    assert deal.items.get().clearances.get().result["cleared"]  # it is revoked still


def test_an_opinion_says_nothing_of_an_excepted_episode() -> None:
    studio = factories.studio()
    series = factories.title(studio, kind="series")
    episode = factories.title(studio, kind="episode", parent=series.code)
    assert studio.organisation is not None
    name = studio.organisation.name
    deed = record(
        studio, series, "grant_in",
        **{"from": "Y"}, to=name, uses=["ALL"], excludes=[episode.code],
    )  # fmt: skip
    said = {"resolves": "LEGACY_NEW_USE", "about": [deed.code], "by": "C", "signed": "2026-01-01"}
    records.record(
        actor=studio, title=series, kind="counsel_opinion", document="letter", body=said
    )  # fmt: skip
    check_readiness_pending()
    assert Readiness.objects.get(title=episode).result["reasons"] == ["NO_TITLE"]


def test_what_makes_no_sense_needs_a_person_and_breaks_nothing() -> None:
    studio, title, file = offered()
    revocation = tangle(studio, title)
    lab = factories.lab()
    request = factories.draft(lab, [file, factories.offered_words(factories.studio())])
    submit_request(actor=lab, code=request.code)
    verdicts = {each.asset_id: each.clearances.get() for each in request.items.all()}
    told = verdicts.pop(file.pk)
    assert (told.verdict, told.result["reasons"]) == ("REVIEW", ["RECORDS_CONTRADICT"])
    assert told.result["because"] == [revocation.code]
    assert told.result["review"][0]["scope"]["territory"] == "WORLD"
    assert [each.verdict for each in verdicts.values()] == ["CLEAR"]  # of the other studio
    assert reckon_again(told).is_reproduced
    assert write_out_pending() == 2


def test_a_draft_and_its_page_say_so() -> None:
    studio, title, file = offered()
    tangle(studio, title)
    lab = factories.lab()
    draft = factories.draft(lab, [file])
    told = estimate(draft, draft)
    assert told is not None
    assert [code for code, _part in told.answer.obstacles] == ["RECORDS_CONTRADICT"]
    browser = Client()
    assert lab.user is not None
    browser.force_login(lab.user)
    page = browser.get(f"/requests/{draft.code}/")
    assert "Records of the work do not go together" in page.content.decode()


def test_a_paid_deal_is_held_and_has_its_exits() -> None:
    studio, title, file = offered()
    lab = factories.lab()
    deal = factories.deal(lab, [file])
    approve_deal(actor=studio, code=deal.code)
    deal.refresh_from_db()
    record_bank_transfer(
        actor=studio, deal_code=deal.code, amount_minor=deal.amount_minor, currency=deal.currency,
        reference="Wire 1", settled_at=timezone.now(),
    )  # fmt: skip
    tangle(studio, title)
    assert issue_pending() == 1
    deal.refresh_from_db()
    assert deal.state == "held"
    assert deal.problem == f"The licensor’s records do not go together: {file.code}."
    propose_cancellation(actor=lab, code=deal.code, reason="I want my money back")


def test_nobody_else_waits_for_it() -> None:
    studio, title, _file = offered()
    tangle(studio, title)
    other, theirs, _words = offered()
    check_readiness_pending()
    assert Readiness.objects.get(title=theirs).verdict != "REVIEW"
    assert Readiness.objects.get(title=title).result["reasons"] == ["RECORDS_CONTRADICT"]
    scope: dict[str, Any] = {
        "uses": ["train"], "model_kinds": ["foundation"], "territory": "WORLD",
        "starts_at": datetime(2027, 1, 1, tzinfo=UTC), "ends_at": None,
        "exclusivity": "non_exclusive",
    }  # fmt: skip
    asked = [ask_library(actor=each, **scope) for each in (studio, other)]
    while survey_pending():
        pass
    for survey in asked:
        survey.refresh_from_db()
        assert survey.state == SurveyState.DONE
