"""Consents that are signed here, through the API: who speaks, what is asked, what is made."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from catalog.consent_form import marks_of
from catalog.models import Consent
from catalog.signing import sign_consent
from tests import factories
from tests.api.callers import Caller, caller

DRAFT: dict[str, Any] = {
    "uses": ["generate.likeness"],
    "attributes": ["face"],
    "starts_at": "2026-01-01T00:00:00Z",
    "ends_at": "2029-01-01T00:00:00Z",
    "description": "Her face appears in up to five short films of the contest, in three scenes.",
    "max_outputs": 2,
    "terms": {
        "projects": ["나야, 문희"],
        "media": ["film"],
        "approvals": {"stages": ["clip"], "hours": 48, "silence": "deny"},
    },
}


@pytest.fixture
def agency(db: None) -> Caller:
    return caller(factories.talent())


@pytest.fixture
def likeness(agency: Caller) -> str:
    return factories.likeness(agency.actor).code


def performer_of(agency: Caller, likeness: str) -> str:
    return str(agency.get(f"likenesses/{likeness}/").data["performer"]["code"])


def live(agency: Caller, likeness: str, **changes: Any) -> str:
    """Return the code of a consent that the performer signed by the link."""
    performer = performer_of(agency, likeness)
    made = agency.post(
        f"performers/{performer}/authorities/", {"holder": "Kim Min", "basis": "self"}
    )
    assert made.status == 201
    draft = agency.post(f"likenesses/{likeness}/drafts/", DRAFT | changes)
    assert (draft.status, draft.data["state"]) == (201, "draft")
    code = str(draft.data["code"])
    assert agency.post(f"consents/{code}/offer/").data["state"] == "offered"
    (sent,) = agency.post(f"consents/{code}/invite/").data["invitations"]
    consent = Consent.objects.get(code=code)
    sign_consent(
        token=sent["address"].split("/sign/")[1].strip("/"),
        name="Kim Min",
        role="self",
        marks=marks_of(consent),
        language="en",
        form_sha256=consent.forms["en"]["sha256"],
    )
    return code


def test_a_consent_goes_from_draft_to_use_through_the_api(
    agency: Caller, lab: Caller, likeness: str
) -> None:
    code = live(agency, likeness)
    detail = agency.get(f"consents/{code}/").data
    assert (detail["state"], detail["attributes"]) == ("live", ["face"])
    assert detail["signatures"][0]["marks"] == ["uses", "attributes"]
    assert agency.get(f"consents/{code}/form.pdf?language=ko").content.startswith(b"%PDF")
    asked = lab.post(
        "approvals/", {"consent": code, "stage": "clip", "description": "Scene two, 12 s"}
    )
    assert (asked.status, asked.data["decision"]) == (201, "open")
    assert lab.post(f"approvals/{asked.data['code']}/decide/", {"approved": True}).status == 403
    decided = agency.post(f"approvals/{asked.data['code']}/decide/", {"approved": True})
    assert decided.data["decision"] == "approved"
    use = {"description": "Scene two", "approval": asked.data["code"], "outputs": 2}
    assert lab.post(f"consents/{code}/uses/", use).status == 201
    assert lab.post(f"consents/{code}/uses/", use).status == 409
    again = {"consent": code, "stage": "clip", "description": "Scene three"}
    assert lab.post("approvals/", again).status == 409  # the agreed number is used up
    for either in (agency, lab):
        assert len(either.get(f"uses/?consent={code}").data["results"]) == 1
        assert len(either.get("approvals/").data["results"]) == 1
    assert agency.get(f"consents/{code}/").data["used_outputs"] == 2


def test_findings_name_what_to_mend(agency: Caller, likeness: str) -> None:
    vague = DRAFT | {"description": "Any and all uses.", "terms": {"law": "CA"}}
    code = agency.post(f"likenesses/{likeness}/drafts/", vague).data["code"]
    found = agency.get(f"consents/{code}/findings/").data
    assert found["problem"].startswith("Nobody is recorded")
    first = found["findings"][0]
    assert (first["code"], first["level"], first["source"]) == ("VOID", "stop", "Labor Code 927")
    assert agency.post(f"consents/{code}/offer/").status == 409
    changed = agency.post(f"consents/{code}/change/", DRAFT)
    assert changed.data["description"] == DRAFT["description"]


def test_a_consent_rests_and_goes_on(agency: Caller, likeness: str) -> None:
    code = live(agency, likeness)
    assert agency.post(f"consents/{code}/suspend/", {"reason": "mood"}).fields == ["reason"]
    rests = agency.post(f"consents/{code}/suspend/", {"reason": "strike"})
    assert rests.data["state"] == "suspended"
    assert agency.post(f"consents/{code}/suspend/", {"reason": "strike"}).status == 409
    assert agency.post(f"consents/{code}/resume/").data["state"] == "live"
    assert agency.post(f"consents/{code}/take-back/").status == 409
    agency.post(f"performers/{performer_of(agency, likeness)}/change/", {"guilds": ["SAG-AFTRA"]})
    Consent.objects.update(terms={"strike_suspends": True})
    strike = {"guild": "SAG-AFTRA"}
    assert agency.post("strikes/suspend/", strike | {"note": "Noon"}).data == {"consents": [code]}
    assert agency.post("strikes/end/", strike).data == {"consents": [code]}


def test_that_an_offered_form_cannot_be_signed_any_more_is_told(
    agency: Caller, likeness: str
) -> None:
    at = f"performers/{performer_of(agency, likeness)}/authorities/"
    said = {"holder": "Kim Min", "basis": "self"}
    assert agency.post(at, said | {"evidence": "ZZZZ0000"}).data["errors"][0]["field"] == "evidence"
    authority = agency.post(at, said).data["code"]
    code = agency.post(f"likenesses/{likeness}/drafts/", DRAFT).data["code"]
    assert agency.post(f"consents/{code}/offer/").data["changed"] is None
    agency.post(f"authorities/{authority}/end/")
    told = agency.get(f"consents/{code}/").data["changed"]
    assert "The form names Kim Min; now it would be nobody." in told
    refused = agency.post(f"consents/{code}/invite/")
    assert (refused.status, refused.data["detail"]) == (409, told)
    assert agency.post(f"consents/{code}/take-back/").data["state"] == "draft"


def test_an_unknown_term_is_refused_by_its_name(agency: Caller, likeness: str) -> None:
    for terms, field in (
        ({"colour": "blue"}, "terms.colour"),
        (
            {"approvals": {"stages": ["clip"], "hours": 0, "silence": "deny"}},
            "terms.approvals.hours",
        ),
        ({"approvals": {"stages": ["clip"], "hours": 4}}, "terms.approvals.silence"),
        ({"compensation": {"per_use": 5}}, "terms.compensation.per_use"),
        ({"ages": [40, 20]}, "terms.ages"),
    ):
        answer = agency.post(f"likenesses/{likeness}/drafts/", DRAFT | {"terms": terms})
        assert (answer.status, answer.fields) == (422, [field])


def test_others_find_nothing(agency: Caller, outsider: Caller, likeness: str) -> None:
    code = live(agency, likeness)
    performer = performer_of(agency, likeness)
    for path in (
        f"consents/{code}/",
        f"consents/{code}/findings/",
        f"consents/{code}/form.pdf",
        f"performers/{performer}/",
        f"performers/{performer}/authorities/",
    ):
        assert outsider.get(path).status == 404
    for path in (f"consents/{code}/offer/", f"consents/{code}/invite/"):
        assert outsider.post(path).status == 404
    assert outsider.get("uses/").data["results"] == []


def test_anybody_gets_the_one_word_answer_and_not_too_often(
    agency: Caller, anybody: Caller, likeness: str
) -> None:
    live(agency, likeness)
    asked = "authorised/?use=generate.likeness&person="
    assert anybody.get(f"{asked}Kim Min").data == {"answer": "yes"}
    assert anybody.get(f"{asked}kim  MIN&attribute=voice").data == {"answer": "no"}
    known, unknown = anybody.get(f"{asked}Kim Min"), anybody.get(f"{asked}Kim Mina")
    assert unknown.data == {"answer": "no"}
    assert known.headers.keys() == unknown.headers.keys()
    assert anybody.get("authorised/?use=generate.likeness").fields == ["person"]
    # From the beginning of a minute, so that the count does not begin anew meanwhile.
    with time_machine.travel(datetime.now(UTC).replace(second=0) + timedelta(minutes=1)):
        answers = [anybody.get(f"{asked}x").status for _ in range(31)]
        page = Client().get(f"/{asked}x")  # the page is another way to the same answer
    assert answers == [200] * 30 + [429]
    assert page.status_code == 429
