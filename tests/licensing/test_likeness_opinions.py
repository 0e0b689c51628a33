"""Counsel's opinion on the consents to a likeness: what it settles, and what it never does."""

from typing import Any

import pytest

from accounts.access import Actor
from accounts.errors import Conflict, Invalid, NotFound
from accounts.models import Role
from catalog.models import Asset, Consent
from catalog.withdrawing import withdraw_consent
from ledger.models import Event
from licensing.counsel.likeness_opinions import (
    record_likeness_opinion,
    supersede_likeness_opinion,
)
from licensing.deals.transitions import approve_deal
from licensing.models import Clearance, Deal, LikenessOpinion, ReviewItem
from tests import factories
from tests.accounts.witness import facts, refs

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


@pytest.fixture
def agency() -> Actor:
    return factories.talent("Hanbit Talent")


@pytest.fixture
def voice(agency: Actor) -> Asset:
    """A reference text of a likeness that is consented to for everything, in old words."""
    return offered(agency, uses=["ALL"])


def offered(agency: Actor, **consent: Any) -> Asset:
    likeness = factories.likeness(agency, ["name", "voice"])
    said = {"uses": ["ALL"], "attributes": ["name", "voice"], "description": "All purposes."}
    factories.consent(agency, likeness, **(said | consent))
    file = factories.words(agency, likeness)
    factories.offer(agency, likeness)
    return file


def opine(agency: Actor, file: Asset, **changes: Any) -> LikenessOpinion:
    assert file.likeness is not None
    arguments = {
        name: changes.pop(name) for name in ("evidence", "document", "note") if name in changes
    }
    body = {
        "resolves": "LEGACY_NEW_USE",
        "about": [file.likeness.consents.earliest("pk").code],
        "by": "R. Ito",
        "signed": "2026-01-20",
    }
    given = {"evidence": factories.evidence(agency).code, "document": "Opinion of Ito"} | arguments
    return record_likeness_opinion(
        actor=agency, likeness_code=file.likeness.code, body=body | changes, **given
    )


def verdict(deal: Deal) -> Clearance:
    return Clearance.objects.filter(item__deal=deal).latest("pk")


@pytest.fixture
def deal(voice: Asset) -> Deal:
    return factories.deal(factories.lab("Quill"), [voice])


def test_an_opinion_settles_what_old_words_leave_open(
    agency: Actor, voice: Asset, deal: Deal
) -> None:
    assert verdict(deal).verdict == "REVIEW"
    assert ReviewItem.objects.get().reason == "LEGACY_NEW_USE"
    paper = factories.evidence(agency)
    opinion = opine(agency, voice, evidence=paper.code, note="Between us.")
    newest = verdict(deal)
    assert newest.verdict == "CLEAR"
    assert opinion.code in newest.result["because"]
    told = next(each for each in newest.case["facts"] if each["id"] == opinion.code)
    assert told["x_evidence"] == paper.sha256
    assert told["source"]["doc"] == "Opinion of Ito"
    assert "Between us." not in newest.decision.case_text
    assert not ReviewItem.objects.exists()
    assert approve_deal(actor=agency, code=deal.code).state == "approved"


def test_the_log_has_one_entry_of_it_with_the_papers_hash(agency: Actor, voice: Asset) -> None:
    opinion = opine(agency, voice)
    entry = Event.objects.get(kind="opinion.recorded")
    assert entry.stream_id == opinion.stream
    assert voice.likeness is not None
    assert refs(entry) == {"likeness": voice.likeness.stream}
    said = facts(entry)["opinion"]
    assert said["evidence"] == opinion.evidence.sha256
    assert said["about"] == opinion.body["about"]


def test_it_settles_no_further_than_it_reaches(agency: Actor, voice: Asset, deal: Deal) -> None:
    opine(agency, voice, territory=["KR"])
    assert verdict(deal).verdict == "REVIEW"
    assert verdict(deal).result["cleared"][0]["territory"] == ["KR"]
    opine(agency, voice, resolves="CHAIN_BREAK")
    opine(agency, voice, signed="2999-01-01")
    assert verdict(deal).verdict == "REVIEW"
    assert ReviewItem.objects.get().reason == "LEGACY_NEW_USE"


def test_set_aside_it_settles_nothing_and_the_question_is_back(
    agency: Actor, voice: Asset, deal: Deal
) -> None:
    opinion = opine(agency, voice)
    before = verdict(deal)
    supersede_likeness_opinion(actor=agency, code=opinion.code, reason="Read again.")
    assert verdict(deal).verdict == "REVIEW"
    assert ReviewItem.objects.get().reason == "LEGACY_NEW_USE"
    before.refresh_from_db()
    assert opinion.code in before.result["because"]  # what was decided stays readable
    with pytest.raises(Conflict):
        supersede_likeness_opinion(actor=agency, code=opinion.code, reason="Again.")
    assert Event.objects.filter(kind="opinion.superseded").count() == 1


def test_no_opinion_undoes_a_withdrawal(agency: Actor) -> None:
    file = offered(
        agency, uses=["train.pretrain"], terms={"law": "EU", "revocable": {"when": "no"}}
    )
    assert file.likeness is not None
    consent = file.likeness.consents.get()
    withdraw_consent(actor=agency, code=consent.code, ground="law", law="eu_personal_data")
    deal = factories.deal(factories.lab("Quill"), [file])
    assert "REVOCATION_DISPUTED" in verdict(deal).decision.reasons
    with pytest.raises(Invalid, match="withdrawn stays so"):
        opine(agency, file, resolves="REVOCATION_DISPUTED")
    opine(agency, file)
    assert verdict(deal).verdict == "REVIEW"


def test_no_opinion_lifts_what_is_blocked(agency: Actor) -> None:
    """A consent without the use, and one that rests: no opinion on it changes anything."""
    file = offered(agency, uses=["dub"])
    deal = factories.deal(factories.lab("Quill"), [file])
    opine(agency, file)
    assert verdict(deal).verdict == "BLOCKED"
    for reason in ("CONSENT_UNENFORCEABLE", "CONSENT_SCOPE", "EVENT_DATE_UNKNOWN", "nonsense"):
        with pytest.raises(Invalid) as refused:
            opine(agency, file, resolves=reason)
        assert refused.value.field == "resolves"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"evidence": "7K3F2Q9D"}, "evidence"),
        ({"about": ["7K3F2Q9D"]}, "about"),
        ({"about": []}, "about"),
        ({"excludes": ["7K3F2Q9D"]}, "excludes"),
        ({"end": {"event": "premiere"}}, "end"),
        ({"territory": ["XX"]}, "territory"),
        ({"by": ""}, "by"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_field(
    agency: Actor, voice: Asset, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        opine(agency, voice, **changes)
    assert refused.value.field == field
    assert not LikenessOpinion.objects.exists()


def test_nobody_else_says_anything_of_a_likeness(agency: Actor, voice: Asset) -> None:
    opinion = opine(agency, voice)
    other = factories.talent("Elsewhere")
    with pytest.raises(NotFound):
        opine(other, voice, about=[])
    with pytest.raises(NotFound):
        supersede_likeness_opinion(actor=other, code=opinion.code, reason="Mine.")
    with pytest.raises(Invalid):  # a paper of somebody else
        opine(agency, voice, evidence=factories.evidence(other).code)
    viewer = factories.member(agency, Role.VIEWER)
    with pytest.raises(Exception, match=r"(?i)role"):
        opine(viewer, voice, evidence="")


def test_of_consents_for_others_a_deal_is_told_nothing(agency: Actor, voice: Asset) -> None:
    rook, quill = factories.lab("Rook"), factories.lab("Quill")
    assert rook.organisation is not None
    assert voice.likeness is not None
    first = voice.likeness.consents.get()
    apart = factories.consent(
        agency, voice.likeness, uses=["ALL"], grantee_code=rook.organisation.code
    )
    opine(agency, voice, about=[apart.code])
    opine(agency, voice, about=[apart.code, first.code], territory=["KR"])
    deal = factories.deal(quill, [voice])
    assert apart.code not in verdict(deal).decision.case_text
    opinions = [f for f in verdict(deal).case["facts"] if f["kind"] == "counsel_opinion"]
    assert [each["about"] for each in opinions] == [[f"{first.code}.title", first.code]]
    assert Consent.objects.count() == 2
