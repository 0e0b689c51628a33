"""A consent that is withdrawn as it may be, and what stops when."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from accounts.access import Actor
from accounts.errors import Conflict, Invalid, NotFound
from catalog.authorised import Answer
from catalog.authorities import record_authority
from catalog.consent_uses import record_use
from catalog.consenting import draft_consent, suspend_consent
from catalog.consents.life import State
from catalog.models import Consent
from catalog.performers import change_performer
from catalog.withdrawing import end_noticed_pending, withdraw_consent
from ledger.models import Event
from tests import factories
from tests.accounts.witness import facts, refused
from tests.catalog.test_consents import FACE_ONLY, ask, likeness, live, newest, state

pytestmark = pytest.mark.django_db


def consent_of(agency: Actor, when: str, days: int = 0, **more: Any) -> Consent:
    terms = FACE_ONLY["terms"] | {"revocable": {"when": when, "notice_days": days}, **more}
    return live(agency, likeness(agency), terms=terms)


def used(lab: Actor, consent: Consent) -> None:
    record_use(actor=lab, consent_code=consent.code, description="One short scene")


def kinds(consent: Consent) -> list[str]:
    entries = Event.objects.filter(stream=consent.stream).order_by("pk")
    return list(entries.values_list("kind", flat=True))


def test_notice_runs_until_its_last_instant_and_then_uses_stop() -> None:
    agency, lab = factories.talent(), factories.lab()
    consent = consent_of(agency, "any_time", days=30)
    before = timezone.now()
    given = withdraw_consent(actor=agency, code=consent.code, reason="Another film")
    ends = given.withdrawn_at
    assert ends is not None
    assert timedelta(days=30) <= ends - before < timedelta(days=30, minutes=1)
    assert kinds(consent) == ["consent.recorded", "consent.notice_given"]
    notice = newest("consent.notice_given")
    assert notice.facts().data == {"ground": "terms", "effective_at": ends.isoformat()}
    assert datetime.fromisoformat(notice.facts().data["effective_at"]).tzinfo is not None
    assert facts(notice) == {"notice": {"law": "", "reason": "Another film"}}
    used(lab, consent)
    assert (state(consent), ask("나문희"), end_noticed_pending()) == (State.LIVE, Answer.YES, 0)
    with time_machine.travel(ends - timedelta(seconds=1), tick=False):
        used(lab, consent)
    with time_machine.travel(ends, tick=False):
        # Nobody waits for a worker: it has not said so in the log yet.
        with pytest.raises(NotFound):
            used(lab, consent)
        assert (state(consent), ask("나문희")) == (State.WITHDRAWN, Answer.NO)
        assert (end_noticed_pending(), end_noticed_pending()) == (1, 0)
    assert kinds(consent)[2:] == ["consent.withdrawn"]


def test_without_notice_it_ends_at_once_and_says_so_once() -> None:
    agency, lab = factories.talent(), factories.lab()
    consent = consent_of(agency, "any_time")
    withdraw_consent(actor=agency, code=consent.code)
    assert kinds(consent) == ["consent.recorded", "consent.withdrawn"]
    with pytest.raises(NotFound):
        used(lab, consent)
    with pytest.raises(Conflict, match="already been withdrawn"):
        withdraw_consent(actor=agency, code=consent.code)


def test_notice_is_not_given_twice_for_the_same_end_or_a_later_one() -> None:
    agency = factories.talent()
    consent = consent_of(agency, "any_time", days=30)
    first = withdraw_consent(actor=agency, code=consent.code).withdrawn_at
    with (
        time_machine.travel(timezone.now() + timedelta(days=10)),
        pytest.raises(Conflict, match="Notice was given already"),
    ):
        withdraw_consent(actor=agency, code=consent.code)
    consent.refresh_from_db()
    assert consent.withdrawn_at == first


def test_what_cannot_be_withdrawn_stays_and_nothing_is_written() -> None:
    agency, lab = factories.talent(), factories.lab()
    consent = consent_of(agency, "no")
    for ground in ("", "terms", "breach", "strike", "death"):
        with pytest.raises(Conflict, match="cannot be withdrawn"):
            withdraw_consent(actor=agency, code=consent.code, ground=ground, reason="x")
    with refused(Conflict, "law"):
        withdraw_consent(actor=agency, code=consent.code, ground="law", law="dk_imitation")
    with refused(Invalid, "ground"):
        withdraw_consent(actor=agency, code=consent.code, ground="mood")
    assert kinds(consent) == ["consent.recorded"]
    used(lab, consent)


def test_a_breach_is_named_before_it_ends_a_consent() -> None:
    agency = factories.talent()
    consent = consent_of(agency, "on_breach", days=7)
    with refused(Conflict, "ground"):
        withdraw_consent(actor=agency, code=consent.code, ground="strike")
    with refused(Invalid, "reason"):
        withdraw_consent(actor=agency, code=consent.code, ground="breach")
    withdraw_consent(actor=agency, code=consent.code, ground="breach", reason="A nude scene.")
    data = newest("consent.notice_given").facts().data
    assert data["ground"] == "breach"


def test_a_strike_and_a_death_are_on_record_first() -> None:
    agency = factories.talent()
    struck = consent_of(agency, "on_strike")
    with pytest.raises(Conflict, match="suspend it for the strike first"):
        withdraw_consent(actor=agency, code=struck.code)
    suspend_consent(actor=agency, code=struck.code, reason="strike")
    withdraw_consent(actor=agency, code=struck.code)
    assert kinds(struck)[-2:] == ["consent.notice_given", "consent.withdrawn"]

    left = consent_of(agency, "on_death", survives_death=True)
    with pytest.raises(Conflict, match="death; record the day first"):
        withdraw_consent(actor=agency, code=left.code)
    died = left.likeness.performer.code
    change_performer(actor=agency, code=died, deceased_on=date(2026, 11, 1))
    withdraw_consent(actor=agency, code=left.code)
    assert state(left) is State.WITHDRAWN


def test_a_law_ends_what_the_consent_would_keep() -> None:
    agency = factories.talent()
    consent = consent_of(agency, "no", law="DK")
    withdraw_consent(actor=agency, code=consent.code, ground="law", law="dk_imitation")
    assert state(consent) is State.WITHDRAWN
    notice = newest("consent.notice_given")
    assert notice.facts().data["ground"] == "law"
    assert facts(notice)["notice"]["law"] == "dk_imitation"


@pytest.mark.parametrize(("when", "days"), [("no", 0), ("on_breach", 0), ("any_time", 30)])
def test_a_new_version_is_no_way_round_what_was_promised(when: str, days: int) -> None:
    agency = factories.talent()
    consent = consent_of(agency, when, days)
    with pytest.raises(Conflict, match="new version"):
        draft_consent(
            actor=agency,
            likeness_code=consent.likeness.code,
            replaces_code=consent.code,
            **FACE_ONLY,
        )


def test_a_minors_consent_ends_at_majority_whatever_its_term_says() -> None:
    agency, lab = factories.talent(), factories.lab()
    of = likeness(agency, born=date(2010, 3, 1))
    record_authority(
        actor=agency, performer_code=of.performer.code, holder="Her mother", basis="guardian"
    )
    terms = FACE_ONLY["terms"] | {"court_approval": "Seoul Family Court, 2026"}
    consent = live(agency, of, terms=terms)
    assert consent.ends_at == datetime(2029, 1, 1, tzinfo=UTC)
    used(lab, consent)
    with time_machine.travel(datetime(2028, 2, 29, 23, 59, 59, tzinfo=UTC), tick=False):
        used(lab, consent)
    with time_machine.travel(datetime(2028, 3, 1, tzinfo=UTC), tick=False):
        with pytest.raises(NotFound):
            used(lab, consent)
        assert ask("나문희") is Answer.NO


def test_a_death_on_record_ends_what_was_not_to_survive_it() -> None:
    agency, lab = factories.talent(), factories.lab()
    ending = live(agency, likeness(agency))
    lasting = live(agency, ending.likeness, terms=FACE_ONLY["terms"] | {"survives_death": True})
    yesterday = timezone.now().date() - timedelta(days=1)
    change_performer(actor=agency, code=ending.likeness.performer.code, deceased_on=yesterday)
    with pytest.raises(NotFound):
        used(lab, ending)
    used(lab, lasting)
