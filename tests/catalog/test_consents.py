"""A performer's consent from its draft to its end, and what is made of it."""

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.db import connections
from django.utils import timezone
from pytest_django import Settings

from accounts.access import Actor
from accounts.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound
from catalog.approvals import ask_approval, close_approvals_pending, decide_approval
from catalog.authorised import Answer, authorised
from catalog.authorities import end_authority, record_authority
from catalog.closing import close_consent
from catalog.consent_form import marks_of
from catalog.consent_uses import record_use
from catalog.consenting import (
    change_draft,
    draft_consent,
    offer_consent,
    resume_after_strike,
    suspend_consent,
    suspend_for_strike,
    take_back_consent,
)
from catalog.consents.life import State
from catalog.likenesses import register_likeness
from catalog.models import Approval, Authority, Consent, Likeness
from catalog.performers import change_performer, register_performer
from catalog.signing import (
    decline_consent,
    form_of,
    invite,
    readable_invitation,
    sign_consent,
)
from catalog.withdrawing import withdraw_consent
from edgecode.audit.rules import Replay
from ledger.models import Event
from licensing.verdicts.consent_facts import facts_of_likenesses
from tests import factories
from tests.accounts.witness import facts, refs, refused

pytestmark = pytest.mark.django_db

FACE_ONLY: dict[str, Any] = {
    "uses": ["generate.likeness"],
    "attributes": ["face"],
    "starts_at": datetime(2026, 1, 1, tzinfo=UTC),
    "ends_at": datetime(2029, 1, 1, tzinfo=UTC),
    "description": "Her face appears in up to five short films of the contest, in three scenes.",
    "terms": {"projects": ["나야, 문희"], "media": ["film"], "survives_death": False},
}


def likeness(agency: Actor, **more: Any) -> Likeness:
    """Return the likeness, face and voice, of a new performer."""
    performer = register_performer(
        actor=agency, name="나문희", **({"born": date(1950, 3, 1)} | more)
    )
    return register_likeness(
        actor=agency,
        performer_code=performer.code,
        attributes=["face", "voice"],
        description="Reference set",
    )


def speaker(agency: Actor, of: Likeness, basis: str = "self", **more: Any) -> Authority:
    code = of.performer.code
    given = {"holder": basis.title(), "basis": basis}
    return record_authority(actor=agency, performer_code=code, **(given | more))


def offered(agency: Actor, of: Likeness, **changes: Any) -> Consent:
    draft = draft_consent(actor=agency, likeness_code=of.code, **(FACE_ONLY | changes))
    return offer_consent(actor=agency, code=draft.code)


def links(agency: Actor, consent: Consent) -> dict[str, str]:
    """Return the link of each holder who has to sign."""
    sent = invite(actor=agency, code=consent.code)
    return {each.authority.holder: str(each.token) for each in sent}


def sign(token: str, consent: Consent, **changes: Any) -> Consent:
    given: dict[str, Any] = {
        "name": "Somebody",
        "role": "as said",
        "marks": marks_of(consent),
        "language": "ko",
        "form_sha256": consent.forms["ko"]["sha256"],
    }
    return sign_consent(token=token, **(given | changes))


def live(agency: Actor, of: Likeness, **changes: Any) -> Consent:
    """Return a consent that everybody who must has signed."""
    if not of.performer.authorities.exists():
        speaker(agency, of)
    consent = offered(agency, of, **changes)
    for token in links(agency, consent).values():
        consent = sign(token, consent)
        if consent.state == "live":
            break
    return consent


def newest(kind: str) -> Event:
    """Return the newest entry of this kind; one act may write several."""
    return Event.objects.filter(kind=kind).latest("pk")


def state(consent: Consent) -> State:
    return Consent.objects.get(pk=consent.pk).state_at(timezone.now())


def test_a_consent_lives_once_the_performer_has_signed_what_was_offered() -> None:
    agency = factories.talent()
    of = likeness(agency)
    me = speaker(agency, of)
    consent = offered(agency, of)
    assert state(consent) is State.OFFERED
    assert not Consent.objects.live(timezone.now()).exists()
    (token,) = links(agency, consent).values()
    sign(token, consent, name="나문희", role="본인")
    assert state(consent) is State.LIVE
    signed = newest("consent.signed")
    form = consent.forms["ko"]["sha256"]
    signature = facts(signed)["signature"]
    assert refs(signed) == {"authority": me.stream}
    assert (signature["name"], signature["role"], signature["form_sha256"]) == (
        "나문희",
        "본인",
        form,
    )
    assert signature["marks"] == ["uses", "attributes"]
    assert "나문희".encode() not in bytes(signed.leaf)
    assert newest("consent.recorded").stream_id == consent.stream
    completed = newest("consent.completed")
    assert (completed.stream_id, refs(completed)) == (
        consent.form_stream,
        {"consent": consent.stream},
    )


def test_the_form_is_one_pdf_in_each_language_with_face_yes_and_voice_no() -> None:
    agency = factories.talent()
    consent = live(agency, likeness(agency))
    for language in ("en", "ko"):
        pdf, sha256 = form_of(consent, language)
        assert pdf.startswith(b"%PDF-")
        assert sha256 == consent.forms[language]["sha256"]
    assert consent.forms["en"]["sha256"] != consent.forms["ko"]["sha256"]
    offer = newest("consent.offered")
    assert facts(offer)["forms"] == {
        language: form["sha256"] for language, form in consent.forms.items()
    }


def test_nobody_signs_what_they_did_not_read_or_mark() -> None:
    agency = factories.talent()
    of = likeness(agency)
    speaker(agency, of)
    consent = offered(agency, of)
    (token,) = links(agency, consent).values()
    for changes, field in (
        ({"marks": ["uses"]}, "marks"),
        ({"form_sha256": "0" * 64}, "form_sha256"),
        ({"name": " "}, "name"),
        ({"role": ""}, "role"),
    ):
        with refused(Invalid, field):
            sign(token, consent, **changes)
    with pytest.raises(NotFound):
        sign(token, consent, language="fr")
    assert state(consent) is State.OFFERED
    assert not consent.signatures.exists()


def test_a_link_works_once_for_one_consent_until_it_expires() -> None:
    agency = factories.talent()
    of = likeness(agency)
    speaker(agency, of)
    consent = offered(agency, of)
    (old,) = links(agency, consent).values()
    (token,) = links(agency, consent).values()
    with pytest.raises(NotAllowed, match="used or taken back"):
        sign(old, consent)
    for forged in (token[:-1], token.split(".")[0], "", f"{'0' * 12}.x", f"{token}é"):
        with pytest.raises(NotFound):
            sign(forged, consent)
    with (
        time_machine.travel(timezone.now() + timedelta(days=15)),
        pytest.raises(NotAllowed, match="expired"),
    ):
        sign(token, consent)
    sign(token, consent)
    with pytest.raises(NotAllowed, match="used"):
        sign(token, consent)


def test_the_link_is_mailed_to_whoever_has_an_address(settings: Settings) -> None:
    agency = factories.talent()
    of = likeness(agency)
    speaker(agency, of, email="moonhee@example.com")
    consent = offered(agency, of)
    (sent,) = invite(actor=agency, code=consent.code)
    assert sent.token is None
    (letter,) = mail.outbox
    assert letter.to == ["moonhee@example.com"]
    address = next(line for line in letter.body.splitlines() if "/sign/" in line)
    token = address.split("/sign/")[1].strip("/")
    sign(token, consent)
    assert state(consent) is State.LIVE
    assert facts(newest("consent.signed"))["signature"]["link"] == "mailed"


def test_three_heirs_by_majority_need_two_signatures() -> None:
    agency = factories.talent()
    of = likeness(agency, deceased_on=date(2020, 1, 1), heirs_rule="majority")
    with refused(Conflict):
        offered(agency, of)
    for holder, share in (("Eldest", "1/2"), ("Middle", "1/4"), ("Youngest", "1/4")):
        speaker(agency, of, "heir", holder=holder, share=share)
    with refused(Invalid, "share"):
        speaker(agency, of, "heir", holder="Cousin", share="1/100")
    consent = offered(agency, of)
    tokens = links(agency, consent)
    assert len(tokens) == 3
    sign(tokens["Middle"], consent)
    sign(tokens["Youngest"], consent)
    # One quarter and one quarter are half, and half is no majority.
    assert state(consent) is State.OFFERED
    sign(tokens["Eldest"], consent)
    assert state(consent) is State.LIVE
    assert consent.signatures.count() == 3


def test_an_heir_whose_signature_came_too_late_reads_that_the_majority_has_signed() -> None:
    agency = factories.talent()
    of = likeness(agency, deceased_on=date(2020, 1, 1), heirs_rule="majority")
    for holder, share in (("Eldest", "3/5"), ("Youngest", "2/5")):
        speaker(agency, of, "heir", holder=holder, share=share)
    consent = offered(agency, of)
    tokens = links(agency, consent)
    consent = sign(tokens["Eldest"], consent)
    with pytest.raises(NotAllowed, match="in force by majority"):
        sign(tokens["Youngest"], consent)
    with pytest.raises(NotAllowed, match="used or taken back"):
        sign(tokens["Eldest"], consent)
    withdraw_consent(actor=agency, code=consent.code, reason="x")
    with pytest.raises(NotAllowed, match="used or taken back"):
        sign(tokens["Youngest"], consent)


def test_an_estate_of_all_waits_for_every_heir_and_one_refusal_ends_it() -> None:
    agency = factories.talent()
    of = likeness(agency, deceased_on=date(2020, 1, 1))
    speaker(agency, of, "heir", holder="A", share="1/3")
    speaker(agency, of, "heir", holder="B", share="1/3")
    with pytest.raises(Conflict, match="an heir is missing"):
        offered(agency, of)
    speaker(agency, of, "heir", holder="C", share="1/3")
    consent = offered(agency, of)
    tokens = links(agency, consent)
    sign(tokens["A"], consent)
    decline_consent(token=tokens["B"], reason="Not this film.")
    assert state(consent) is State.DECLINED
    assert facts(newest("consent.declined")) == {"reason": "Not this film."}
    with pytest.raises(DomainError):
        sign(tokens["C"], consent)


def test_a_minor_needs_a_guardian_and_a_court() -> None:
    agency = factories.talent()
    of = likeness(agency, born=date(2015, 3, 1))
    with refused(Invalid, "basis"):
        speaker(agency, of, "self")
    speaker(agency, of, "agency")
    with pytest.raises(Conflict, match="record a guardian"):
        offered(agency, of)
    speaker(agency, of, "guardian")
    with pytest.raises(Conflict, match="court"):
        offered(agency, of)
    terms = FACE_ONLY["terms"] | {"court_approval": "Seoul Family Court, 2026"}
    consent = offered(agency, of, terms=terms)
    (token,) = links(agency, consent).values()
    # A second guardian has to sign too, and the form does not name him.
    father = speaker(agency, of, "guardian", holder="Father")
    with pytest.raises(NotAllowed, match="Who must sign has changed"):
        sign(token, consent)
    end_authority(actor=agency, code=father.code)
    sign(token, consent)
    assert state(consent) is State.LIVE


def test_who_no_longer_speaks_cannot_sign_any_more() -> None:
    agency = factories.talent()
    of = likeness(agency)
    agent = speaker(agency, of, "agent")
    consent = offered(agency, of)
    (token,) = links(agency, consent).values()
    end_authority(actor=agency, code=agent.code)
    with pytest.raises(NotAllowed, match="has ended"):
        sign(token, consent)
    with pytest.raises(Conflict, match="already ended"):
        end_authority(actor=agency, code=agent.code)


def test_a_vague_consent_under_californian_law_is_never_offered() -> None:
    agency = factories.talent()
    of = likeness(agency)
    speaker(agency, of)
    with pytest.raises(Conflict, match="void"):
        offered(agency, of, description="Any and all uses of her face.", terms={"law": "CA"})
    assert not Event.objects.filter(kind="consent.offered").exists()


def test_a_draft_is_changed_and_an_offer_taken_back_as_long_as_nobody_signed() -> None:
    agency = factories.talent()
    of = likeness(agency, deceased_on=date(2020, 1, 1), heirs_rule="all")
    for holder in "AB":
        speaker(agency, of, "heir", holder=holder, share="1/2")
    consent = offered(agency, of)
    with pytest.raises(Conflict, match="waits for signatures"):
        change_draft(actor=agency, code=consent.code, **FACE_ONLY)
    tokens = links(agency, consent)
    take_back_consent(actor=agency, code=consent.code)
    with pytest.raises(NotAllowed):
        sign(tokens["A"], consent)
    change_draft(actor=agency, code=consent.code, **(FACE_ONLY | {"max_outputs": 5}))
    again = offer_consent(actor=agency, code=consent.code)
    assert again.forms["ko"] != consent.forms["ko"]
    sign(links(agency, again)["A"], again)
    with pytest.raises(Conflict, match="signed already"):
        take_back_consent(actor=agency, code=consent.code)


def test_a_form_that_one_of_two_has_signed_is_closed_and_both_are_told(settings: Settings) -> None:
    agency = factories.talent("문희 기획")
    of = likeness(agency, deceased_on=date(2020, 1, 1), heirs_rule="all")
    a = speaker(agency, of, "heir", holder="A", share="1/2")
    speaker(agency, of, "heir", holder="B", share="1/2")
    consent = offered(agency, of)
    draft = draft_consent(actor=agency, likeness_code=of.code, **FACE_ONLY)
    with pytest.raises(Conflict, match="is a draft"):
        close_consent(actor=agency, code=draft.code)
    tokens = links(agency, consent)
    sign(tokens["A"], consent)
    Authority.objects.filter(pk=a.pk).update(email="a@example.com")
    closed = close_consent(actor=agency, code=consent.code, reason="B lives abroad.")
    assert ([each.name for each in closed.told], closed.untold) == (["Somebody"], [])
    (letter,) = mail.outbox
    assert letter.to == ["a@example.com"]
    assert "문희 기획 has closed the consent" in letter.body
    assert "Reason: B lives abroad." in letter.body
    assert state(consent) is State.CLOSED
    assert newest("consent.taken_back").stream.name == consent.form_stream
    with pytest.raises(NotAllowed, match=r"Your signature has no effect.* B lives abroad\."):
        sign(tokens["A"], consent)
    with pytest.raises(NotAllowed, match="nothing for you to sign"):
        sign(tokens["B"], consent)
    assert readable_invitation(tokens["A"]).consent == consent  # what was signed stays to be read
    for act in (offer_consent, take_back_consent, close_consent, invite):
        with pytest.raises(Conflict, match="was closed"):
            act(actor=agency, code=consent.code)


def test_a_new_version_ends_the_old_one_the_moment_it_is_signed() -> None:
    agency = factories.talent()
    of = likeness(agency)
    old = live(agency, of)
    new = draft_consent(actor=agency, likeness_code=of.code, replaces_code=old.code, **FACE_ONLY)
    offer_consent(actor=agency, code=new.code)
    assert state(old) is State.LIVE
    new = Consent.objects.get(pk=new.pk)
    (token,) = links(agency, new).values()
    sign(token, new)
    assert (state(old), state(new)) == (State.REPLACED, State.LIVE)
    assert refs(newest("consent.replaced")) == {"by": new.stream}
    with pytest.raises(Conflict):
        withdraw_consent(actor=agency, code=old.code)


def test_a_strike_suspends_those_who_said_so_until_it_is_over() -> None:
    agency = factories.talent()
    of = likeness(agency, guilds=["SAG-AFTRA"])
    resting = live(agency, of, terms=FACE_ONLY["terms"] | {"strike_suspends": True})
    going_on = live(agency, of)
    says_so = FACE_ONLY["terms"] | {"strike_suspends": True}
    breached = live(agency, of, terms=says_so)
    suspend_consent(actor=agency, code=breached.code, reason="breach")
    upcoming = live(agency, of, terms=says_so, starts_at=datetime(2028, 1, 1, tzinfo=UTC))
    assert suspend_for_strike(actor=agency, guild="sag-aftra") == [resting, upcoming]
    assert (state(resting), state(going_on)) == (State.SUSPENDED, State.LIVE)
    assert suspend_for_strike(actor=agency, guild="SAG-AFTRA") == []
    assert resume_after_strike(actor=agency, guild="SAG-AFTRA") == [resting, upcoming]
    assert (state(resting), state(breached)) == (State.LIVE, State.SUSPENDED)
    kinds = Event.objects.filter(stream=resting.stream).order_by("pk")
    assert list(kinds.values_list("kind", flat=True)) == [
        "consent.recorded",
        "consent.suspended",
        "consent.resumed",
    ]
    with refused(Invalid, "reason"):
        suspend_consent(actor=agency, code=resting.code, reason="mood")


def test_what_is_signed_during_a_strike_rests_until_it_is_over() -> None:
    agency, lab = factories.talent(), factories.lab()
    of, other = likeness(agency, guilds=["SAG-AFTRA"]), likeness(agency, guilds=["Equity"])
    says_so = FACE_ONLY["terms"] | {"strike_suspends": True}
    live(agency, of, terms=says_so)
    suspend_for_strike(actor=agency, guild="sag-aftra")
    signed, going_on = live(agency, of, terms=says_so), live(agency, of)
    recorded = factories.consent(agency, of, terms={"strike_suspends": True})
    elsewhere = live(agency, other, terms=says_so)
    stranger = factories.talent()
    theirs = likeness(stranger, guilds=["SAG-AFTRA"])
    apart = live(stranger, theirs, terms=says_so)
    assert [state(each) for each in (signed, recorded)] == [State.SUSPENDED] * 2
    assert [state(each) for each in (going_on, elsewhere, apart)] == [State.LIVE] * 3
    facts = facts_of_likenesses([of], lab.organisation, timezone.now())[of.pk]  # type: ignore[arg-type]
    drafts = {fact["id"] for fact in facts if fact.get("status") == "draft"}
    assert {signed.code, recorded.code} <= drafts
    assert going_on.code not in drafts
    resume_after_strike(actor=agency, guild="SAG-AFTRA")
    assert [state(each) for each in (signed, recorded)] == [State.LIVE] * 2
    assert state(live(agency, of, terms=says_so)) is State.LIVE
    rules = Replay()
    leaves = [event.facts() for event in Event.objects.order_by("pk")]
    assert not [each for at, leaf in enumerate(leaves) for each in rules.entry(at, leaf)]


def test_others_find_nothing_of_it() -> None:
    agency, stranger = factories.talent(), factories.talent()
    of = likeness(agency)
    consent = live(agency, of)
    acts: list[Callable[[], object]] = [
        lambda: change_performer(actor=stranger, code=of.performer.code, name="X"),
        lambda: speaker(stranger, of),
        lambda: offered(stranger, of),
        lambda: invite(actor=stranger, code=consent.code),
        lambda: suspend_consent(actor=stranger, code=consent.code, reason="breach"),
        lambda: draft_consent(
            actor=stranger, likeness_code=of.code, replaces_code=consent.code, **FACE_ONLY
        ),
    ]
    before = Event.objects.count()
    for act in acts:
        with pytest.raises(NotFound):
            act()
    assert Event.objects.count() == before


APPROVED = {"approvals": {"stages": ["clip"], "hours": 48, "silence": "deny"}}


def asked(lab: Actor, consent: Consent, **changes: Any) -> Any:
    given = {"consent_code": consent.code, "stage": "clip", "description": "Scene two"}
    return ask_approval(actor=lab, **(given | changes))


def test_a_use_needs_the_approval_the_consent_asks_for() -> None:
    agency, lab = factories.talent(), factories.lab()
    consent = live(agency, likeness(agency), terms=FACE_ONLY["terms"] | APPROVED)
    with refused(Invalid, "approval"):
        record_use(actor=lab, consent_code=consent.code, description="Scene two")
    with refused(Invalid, "stage"):
        asked(lab, consent, stage="final")
    approval = asked(lab, consent)
    with pytest.raises(NotFound):
        decide_approval(actor=factories.talent(), code=approval.code, approved=True)
    with refused(Invalid, "approval"):
        record_use(
            actor=lab, consent_code=consent.code, description="x", approval_code=approval.code
        )
    decide_approval(actor=agency, code=approval.code, approved=True, reason="Good.")
    use = record_use(
        actor=lab, consent_code=consent.code, description="x", approval_code=approval.code
    )
    assert refs(newest("consent.used")) == {"consent": consent.stream, "approval": approval.stream}
    assert use.outputs == 1
    with pytest.raises(Conflict, match="answered"):
        decide_approval(actor=agency, code=approval.code, approved=False)


@pytest.mark.parametrize(("silence", "decision"), [("deny", "refused"), ("allow", "approved")])
def test_silence_means_what_the_consent_says(silence: str, decision: str) -> None:
    agency, lab = factories.talent(), factories.lab()
    rule = {"approvals": {"stages": ["clip"], "hours": 48, "silence": silence}}
    consent = live(agency, likeness(agency), terms=FACE_ONLY["terms"] | rule)
    approval = asked(lab, consent)
    assert close_approvals_pending() == 0
    with time_machine.travel(approval.deadline_at + timedelta(minutes=1)):
        with pytest.raises(Conflict, match="time to answer"):
            decide_approval(actor=agency, code=approval.code, approved=True)
        assert close_approvals_pending() == 1
        assert close_approvals_pending() == 0
    approval.refresh_from_db()
    assert (approval.decision, approval.by_silence) == (decision, True)
    assert approval.decided_at == approval.deadline_at
    assert newest("approval.decided").facts().data == {"decision": decision, "by_silence": True}


def test_silence_is_no_yes_while_the_consent_rests() -> None:
    agency, lab = factories.talent(), factories.lab()
    rule = {"approvals": {"stages": ["clip"], "hours": 48, "silence": "allow"}}
    consent = live(agency, likeness(agency), terms=FACE_ONLY["terms"] | rule)
    approval = asked(lab, consent)
    suspend_consent(actor=agency, code=consent.code, reason="strike")
    with time_machine.travel(approval.deadline_at + timedelta(minutes=1)):
        assert close_approvals_pending() == 1
    approval.refresh_from_db()
    assert (approval.decision, approval.by_silence) == ("refused", True)


def test_what_is_suspended_or_for_another_lab_cannot_be_used() -> None:
    agency, lab, other = factories.talent(), factories.lab(), factories.lab()
    assert lab.organisation is not None
    consent = live(agency, likeness(agency), grantee_code=lab.organisation.code)
    with pytest.raises(NotFound):
        record_use(actor=other, consent_code=consent.code, description="x")
    record_use(actor=lab, consent_code=consent.code, description="x")
    suspend_consent(actor=agency, code=consent.code, reason="breach")
    with pytest.raises(NotFound):
        record_use(actor=lab, consent_code=consent.code, description="x")


def test_the_agreed_number_burns_down_to_nothing() -> None:
    agency, lab = factories.talent(), factories.lab()
    consent = live(agency, likeness(agency), max_outputs=5)
    record_use(actor=lab, consent_code=consent.code, description="x", outputs=3)
    with pytest.raises(Conflict, match="Of 5 outputs 2 are left; this use needs 3"):
        record_use(actor=lab, consent_code=consent.code, description="x", outputs=3)
    record_use(actor=lab, consent_code=consent.code, description="x", outputs=2)
    with pytest.raises(Conflict, match="0 are left"):
        record_use(actor=lab, consent_code=consent.code, description="x")
    consent.refresh_from_db()
    assert consent.used_outputs == 5


def test_nothing_is_asked_about_once_the_agreed_number_is_used_up() -> None:
    agency, lab = factories.talent(), factories.lab()
    rule = {"stages": ["script"], "hours": 1, "silence": "deny"}
    terms = FACE_ONLY["terms"] | {"approvals": rule}
    consent = live(agency, likeness(agency), max_outputs=1, terms=terms)
    Consent.objects.filter(pk=consent.pk).update(used_outputs=1)
    with pytest.raises(Conflict, match="All 1 outputs that were agreed have been made"):
        ask_approval(actor=lab, consent_code=consent.code, stage="script", description="x")
    assert not Approval.objects.exists()


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Do all of these in threads that start together; return what each gave or raised."""
    start, results = threading.Barrier(len(acts)), list[object]([None] * len(acts))

    def run(number: int, act: Callable[[], object]) -> None:
        start.wait()
        try:
            results[number] = act()
        except DomainError as refusal:
            results[number] = refusal
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.django_db(transaction=True)
def test_the_last_output_is_never_used_twice() -> None:
    agency, lab = factories.talent(), factories.lab()
    consent = live(agency, likeness(agency), max_outputs=3)

    def use() -> object:
        return record_use(actor=lab, consent_code=consent.code, description="x")

    results = at_once(*[use] * 8)
    refusals = [each for each in results if isinstance(each, Conflict)]
    assert len(refusals) == 5
    consent.refresh_from_db()
    assert (consent.used_outputs, consent.uses_made.count()) == (3, 3)


@pytest.mark.django_db(transaction=True)
def test_one_link_gives_one_signature_however_often_it_is_pressed() -> None:
    agency = factories.talent()
    of = likeness(agency)
    speaker(agency, of)
    consent = offered(agency, of)
    (token,) = links(agency, consent).values()
    results = at_once(*[lambda: sign(token, consent)] * 4)
    assert sum(isinstance(each, Consent) for each in results) == 1
    assert consent.signatures.count() == 1
    assert Event.objects.filter(kind="consent.recorded").count() == 1


def ask(person: str, **changes: Any) -> Answer:
    given: dict[str, Any] = {"use": "generate.likeness", "wait": lambda seconds: None}
    return authorised(person=person, **(given | changes))


def test_the_public_answer_is_yes_or_no() -> None:
    agency, lab = factories.talent(), factories.lab()
    assert lab.organisation is not None
    of = likeness(agency, stage_names=["Moon-Hee Na"])
    assert ask("나문희") is Answer.NO
    consent = live(agency, of)
    code = of.performer.code
    for person in ("나문희", " 나문희 ", "moon hee  NA", code, f"EC {code[:4]} {code[4:]}"):
        assert ask(person) is Answer.YES
    for nobody in ("나문", "문희", "Na Moon-Hee", "AAAA2222"):
        assert ask(nobody) is Answer.NO
    assert ask("나문희", attribute="face") is Answer.YES
    assert ask("나문희", attribute="voice") is Answer.NO
    assert ask("나문희", use="dub") is Answer.NO
    suspend_consent(actor=agency, code=consent.code, reason="dispute")
    assert ask("나문희") is Answer.NO


def test_the_public_answer_to_a_lab_is_about_that_lab() -> None:
    agency, lab = factories.talent(), factories.lab()
    assert lab.organisation is not None
    live(agency, likeness(agency), grantee_code=lab.organisation.code)
    assert ask("나문희") is Answer.NO
    assert ask("나문희", licensee=lab.organisation.code) is Answer.YES
    assert (
        ask("나문희", licensee=str(agency.organisation and agency.organisation.code)) is Answer.NO
    )


def test_a_name_that_two_people_have_tells_nothing_of_either() -> None:
    agency = factories.talent()
    live(agency, likeness(agency))
    likeness(factories.talent())
    assert ask("나문희") is Answer.NO


def test_without_anybody_who_speaks_for_them_the_answer_is_no() -> None:
    agency = factories.talent()
    of = likeness(agency)
    live(agency, of)
    end_authority(actor=agency, code=of.performer.authorities.get().code)
    assert ask("나문희") is Answer.NO


def test_a_question_about_nothing_is_refused() -> None:
    for changes, field in (
        ({"person": "  "}, "person"),
        ({"person": "%"}, "person"),
        ({"person": "x" * 201}, "person"),
        ({"person": "나문희", "use": "juggle"}, "use"),
        ({"person": "나문희", "attribute": "smell"}, "attribute"),
    ):
        with refused(Invalid, field):
            ask(**changes)


def test_the_answer_leaves_after_the_same_time_whoever_is_asked_for() -> None:
    agency = factories.talent()
    live(agency, likeness(agency))
    waits: list[float] = []
    for person in ("나문희", "nobody"):
        ask(person, wait=waits.append)
    assert all(0 < each <= 0.15 for each in waits)


def test_a_former_name_is_not_found_any_more() -> None:
    agency = factories.talent()
    of = likeness(agency)
    live(agency, of)
    change_performer(actor=agency, code=of.performer.code, name="문희 나", stage_names=["M. Na"])
    assert (ask("나문희"), ask("m na")) == (Answer.NO, Answer.YES)
    assert newest("performer.changed").facts().data == {"fields": ["name", "stage_names"]}
    with refused(Invalid, "deceased_on"):
        change_performer(actor=agency, code=of.performer.code, deceased_on=date(1940, 1, 1))


@pytest.mark.parametrize("why", ["nobody", "another use", "suspended", "withdrawn", "used up"])
def test_no_is_one_and_the_same_word_whatever_the_reason(why: str) -> None:
    agency, lab = factories.talent(), factories.lab()
    consent = live(agency, likeness(agency), max_outputs=1)
    assert ask("나문희") is Answer.YES
    person, use = ("나문희", "dub") if why == "another use" else ("나문희", "generate.likeness")
    if why == "nobody":
        person = "나문"
    elif why == "suspended":
        suspend_consent(actor=agency, code=consent.code, reason="dispute")
    elif why == "withdrawn":
        withdraw_consent(actor=agency, code=consent.code)
    elif why == "used up":
        record_use(actor=lab, consent_code=consent.code, description="x")
    assert ask(person, use=use) is Answer.NO


def test_a_next_version_that_was_declined_leaves_room_for_another() -> None:
    agency = factories.talent()
    of = likeness(agency)
    old = live(agency, of)

    def next_version() -> Consent:
        drafted = draft_consent(
            actor=agency, likeness_code=of.code, replaces_code=old.code, **FACE_ONLY
        )
        return offer_consent(actor=agency, code=drafted.code)

    declined = next_version()
    decline_consent(token=links(agency, declined).popitem()[1])
    assert (state(declined), state(old)) == (State.DECLINED, State.LIVE)
    better = next_version()
    sign(links(agency, better).popitem()[1], better)
    assert (state(old), state(better)) == (State.REPLACED, State.LIVE)


def test_what_was_withdrawn_while_its_next_version_was_out_is_not_called_replaced() -> None:
    agency = factories.talent()
    of = likeness(agency)
    old = live(agency, of)
    new = draft_consent(actor=agency, likeness_code=of.code, replaces_code=old.code, **FACE_ONLY)
    new = offer_consent(actor=agency, code=new.code)
    (token,) = links(agency, new).values()
    withdraw_consent(actor=agency, code=old.code)
    with time_machine.travel(timezone.now() + timedelta(seconds=5)):
        sign(token, new)
        assert (state(old), state(new)) == (State.WITHDRAWN, State.LIVE)
    assert not Event.objects.filter(kind="consent.replaced").exists()


def test_a_heir_who_said_no_first_and_yes_later_has_said_yes() -> None:
    agency = factories.talent()
    of = likeness(agency, deceased_on=date(2020, 1, 1), heirs_rule="majority")
    for holder, share in (("A", "2/5"), ("B", "3/10"), ("C", "3/10")):
        speaker(agency, of, "heir", holder=holder, share=share)
    consent = offered(agency, of)
    decline_consent(token=links(agency, consent)["B"])
    again = links(agency, consent)
    sign(again["B"], consent)
    decline_consent(token=again["C"])
    assert state(consent) is State.OFFERED
    sign(again["A"], consent)
    assert state(consent) is State.LIVE


def test_a_final_work_other_than_the_approved_one_is_no_use_of_the_approval() -> None:
    agency, lab = factories.talent(), factories.lab()
    final = {"approvals": {"stages": ["final"], "hours": 48, "silence": "deny"}}
    consent = live(agency, likeness(agency), terms=FACE_ONLY["terms"] | final)
    approval = asked(lab, consent, stage="final", sha256="a" * 64)
    decide_approval(actor=agency, code=approval.code, approved=True)
    given = {"consent_code": consent.code, "description": "x", "approval_code": approval.code}
    for other in ("", "b" * 64):
        with refused(Invalid, "sha256"):
            record_use(actor=lab, sha256=other, **given)
    with refused(Invalid, "used_at"):
        record_use(actor=lab, sha256="a" * 64, used_at=datetime(2025, 1, 1, tzinfo=UTC), **given)
    record_use(actor=lab, sha256="a" * 64, **given)
