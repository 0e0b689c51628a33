"""The rules of the auditor's program and the house agree: what the house writes keeps them."""

import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from accounts.access import Actor
from catalog.approvals import ask_approval, close_approvals_pending, decide_approval
from catalog.authorities import end_authority
from catalog.consent_uses import record_use
from catalog.consenting import (
    draft_consent,
    offer_consent,
    resume_consent,
    suspend_consent,
    take_back_consent,
)
from catalog.merging import merge_titles
from catalog.models import Consent, Likeness, Title
from catalog.performers import change_performer
from catalog.rights import correct_fact
from catalog.scope.uses import USES
from catalog.signing import decline_consent
from catalog.withdrawing import end_noticed_pending, withdraw_consent
from edgecode.audit.rules import Replay, Violation
from edgecode.audit.rules.scopes import leaves
from edgecode.log.commitments import Opening
from ledger.models import Event
from ledger.models import Opening as Row
from ledger.sequencer import advance
from tests import factories
from tests.catalog.test_consents import (
    FACE_ONLY,
    likeness,
    links,
    live,
    offered,
    sign,
    speaker,
)
from tests.ledger.test_business_entries import told  # noqa: F401 - a fixture


def replay() -> list[Violation]:
    """Return what the rules find in the log as it is now, with every opening that there is."""
    advance()
    openings: dict[int, dict[str, Opening]] = {}
    for row in Row.objects.select_related("event__entry"):
        assert row.event.index is not None
        opening = Opening(bytes(row.salt), json.loads(row.value))
        openings.setdefault(row.event.index, {})[row.name] = opening
    rules = Replay(openings)
    found: list[Violation] = []
    for event in Event.objects.select_related("entry").order_by("entry__index"):
        assert event.index is not None
        found += rules.entry(event.index, event.facts())
    return found + rules.end()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("told")
def test_the_whole_story_keeps_every_rule() -> None:
    assert [str(violation) for violation in replay()] == []


def lives(agency: Actor, of: Likeness) -> Consent:
    """Let a consent be offered, taken back, offered, declined by one and signed by another."""
    agent = speaker(agency, of, "agent")
    speaker(agency, of)
    consent = offered(agency, of, max_outputs=5, terms=FACE_ONLY["terms"] | SHOWN)
    take_back_consent(actor=agency, code=consent.code)
    offer_consent(actor=agency, code=consent.code)
    tokens = links(agency, consent)
    decline_consent(token=tokens["Agent"])
    consent.refresh_from_db()
    sign(tokens["Self"], consent)
    end_authority(actor=agency, code=agent.code)
    return Consent.objects.get(pk=consent.pk)


SHOWN: dict[str, Any] = {"approvals": {"stages": ["clip"], "hours": 48, "silence": "deny"}}


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("var_dir")
def test_the_whole_life_of_a_consent_keeps_every_rule() -> None:
    agency, lab = factories.talent(), factories.lab()
    of = likeness(agency)
    change_performer(actor=agency, code=of.performer.code, guilds=["SAG-AFTRA"])
    consent = lives(agency, of)
    suspend_consent(actor=agency, code=consent.code, reason="dispute")
    resume_consent(actor=agency, code=consent.code)
    asked = [
        ask_approval(actor=lab, consent_code=consent.code, stage="clip", description="Scene two")
        for _ in range(2)
    ]
    decide_approval(actor=agency, code=asked[0].code, approved=True)
    record_use(
        actor=lab,
        consent_code=consent.code,
        description="Scene two",
        outputs=5,
        approval_code=asked[0].code,
    )
    suspend_consent(actor=agency, code=consent.code, reason="breach")
    newer = draft_consent(
        actor=agency, likeness_code=of.code, replaces_code=consent.code, **FACE_ONLY
    )
    offer_consent(actor=agency, code=newer.code)
    newer.refresh_from_db()
    (token,) = links(agency, newer).values()
    sign(token, newer)
    noticed = live(agency, of, terms={"revocable": {"when": "any_time", "notice_days": 10}})
    withdraw_consent(actor=agency, code=noticed.code)
    with time_machine.travel(timezone.now() + timedelta(days=11)):
        assert (close_approvals_pending(), end_noticed_pending()) == (1, 1)
        withdraw_consent(actor=agency, code=newer.code)
    found = set(Event.objects.values_list("kind", flat=True))
    missing = {name for name in OF_CONSENTS if name not in found}
    assert missing == set()
    assert [str(violation) for violation in replay()] == []


OF_CONSENTS = (
    "performer.changed",
    "authority.recorded",
    "authority.ended",
    "consent.offered",
    "consent.taken_back",
    "consent.declined",
    "consent.signed",
    "consent.completed",
    "consent.suspended",
    "consent.resumed",
    "consent.notice_given",
    "consent.withdrawn",
    "consent.replaced",
    "approval.asked",
    "approval.decided",
    "consent.used",
)


def granted(studio: Actor, lab: Actor, title: Title) -> None:
    """Let a file of a title be licensed."""
    file = factories.words(studio, title)
    factories.offer(studio, title)
    factories.grant(studio, lab, [file])


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("var_dir")
def test_a_right_reaches_a_title_from_its_twin_and_from_what_it_is_part_of() -> None:
    studio, lab = factories.studio(), factories.lab()
    series = factories.title(studio, kind="series")
    held = factories.ownership(studio, series)
    correct_fact(actor=studio, code=held.code, body=held.body, reason="Another clause.")
    granted(studio, lab, factories.title(studio, kind="episode", parent=series.code))
    film = factories.title(studio)
    factories.ownership(studio, film)
    twin = factories.title(studio)
    merge_titles(actor=studio, code=twin.code, into=film.code, reason="One film.")
    granted(studio, lab, twin)
    assert Event.objects.filter(kind="asset.granted.v2").count() == 2
    assert [str(violation) for violation in replay()] == []


def test_the_rules_know_every_use_that_a_scope_may_name() -> None:
    assert {name: leaves([name]) for name in USES} == {
        name: set(below) for name, below in USES.items()
    }
