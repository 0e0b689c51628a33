"""Performers, their likenesses and consents."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import Consent, Performer
from tests import factories
from tests.api.callers import Caller, caller

CONSENT = {
    "uses": ["generate.likeness"],
    "attributes": ["voice"],
    "starts_at": "2026-01-01T00:00:00Z",
    "description": "Generated speech in this voice.",
}


@pytest.fixture
def agency(db: None) -> Caller:
    return caller(factories.talent())


@pytest.fixture
def likeness(agency: Caller) -> str:
    performer = agency.post("performers/", {"name": "Kim Min", "born": "1990-05-01"})
    assert (performer.status, performer.data["born"]) == (201, "1990-05-01")
    made = agency.post(
        "likenesses/",
        {
            "performer": performer.data["code"],
            "attributes": ["voice", "face"],
            "description": "Reference set",
        },
    )
    assert (made.status, made.data["attributes"]) == (201, ["face", "voice"])
    code: str = made.data["code"]
    return code


def test_a_consent_is_recorded_and_withdrawn_once(
    agency: Caller, lab: Caller, likeness: str
) -> None:
    assert lab.actor.organisation is not None
    grantee = lab.actor.organisation.code
    path = f"likenesses/{likeness}/consents/"
    made = agency.post(path, CONSENT | {"grantee": grantee, "max_outputs": 10})
    assert made.status == 201
    assert made.data["grantee"] == {"code": grantee, "name": lab.actor.organisation.name}
    anyone = agency.post(path, CONSENT | {"ends_at": None})
    assert anyone.data["grantee"] is None
    withdraw = f"consents/{made.data['code']}/withdraw/"
    assert agency.post(withdraw, {"because": "none"}).fields == ["because"]
    assert agency.post(withdraw).data["withdrawn_at"] is not None
    assert agency.post(withdraw).status == 409
    assert len(agency.get(path).data["results"]) == 2
    assert agency.get("performers/").data["results"][0]["name"] == "Kim Min"
    assert agency.get("likenesses/").data["results"][0]["code"] == likeness


def test_a_person_of_others_does_not_exist(agency: Caller, outsider: Caller, likeness: str) -> None:
    code = agency.post(f"likenesses/{likeness}/consents/", CONSENT).data["code"]
    performer = Performer.objects.get().code
    assert outsider.get(f"likenesses/{likeness}/").status == 404
    assert outsider.get(f"likenesses/{likeness}/consents/").status == 404
    assert outsider.get(f"likenesses/{likeness}/assets/").status == 404
    assert outsider.post(f"likenesses/{likeness}/consents/", CONSENT).status == 404
    assert outsider.post(f"consents/{code}/withdraw/").status == 404
    stolen = {"performer": performer, "attributes": ["voice"], "description": "x"}
    assert outsider.post("likenesses/", stolen).status == 404
    assert outsider.get("performers/").data["results"] == []
    assert Consent.objects.get().withdrawn_at is None


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"attributes": ["motion"]}, "attributes"),
        ({"attributes": ["soul"]}, "attributes"),
        ({"uses": ["sing"]}, "uses"),
        ({"starts_at": None}, "starts_at"),
        ({"ends_at": "2025-01-01T00:00:00Z"}, "ends_at"),
        ({"max_outputs": 0}, "max_outputs"),
        ({"max_outputs": 2**31}, "max_outputs"),
        ({"grantee": "7K3F2Q9D"}, "grantee"),
        ({"territory": ["XX"]}, "territory"),
        ({"model_kinds": ["toy"]}, "model_kinds"),
        ({"description": ""}, "description"),
    ],
)
def test_a_wrong_consent_names_the_field(
    agency: Caller, likeness: str, change: dict[str, Any], field: str
) -> None:
    refused = agency.post(f"likenesses/{likeness}/consents/", CONSENT | change)
    assert (refused.status, refused.fields) == (422, [field])
    assert not Consent.objects.exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"born": "2999-01-01"}, "born"),
        ({"born": "1990-02-30"}, "born"),
        ({"born": 1990}, "born"),
        ({"name": "\0"}, "name"),
    ],
)
def test_a_wrong_performer_names_the_field(
    agency: Caller, change: dict[str, Any], field: str
) -> None:
    refused = agency.post("performers/", {"name": "Kim Min"} | change)
    assert (refused.status, refused.fields) == (422, [field])
    assert not Performer.objects.exists()


def test_lists_cost_the_same_whatever_their_length(agency: Caller, likeness: str) -> None:
    agency.get("me/")
    for path in ("performers/", "likenesses/", f"likenesses/{likeness}/consents/"):
        counts = []
        for more in (1, 3):
            for _ in range(more):
                other = factories.likeness(agency.actor)
                agency.post(f"likenesses/{likeness}/consents/", CONSENT)
            with CaptureQueriesContext(connection) as queries:
                assert len(agency.get(path).data["results"]) > more
            counts.append(len(queries))
        assert counts[0] == counts[1] <= 3
    assert agency.get(f"likenesses/{other.code}/").status == 200


def test_labs_register_nobody(lab: Caller) -> None:
    assert lab.post("performers/", {"name": "Kim Min"}).status == 403
    assert not Performer.objects.exists()


def test_counsels_opinion_is_recorded_read_and_set_aside(
    agency: Caller, lab: Caller, likeness: str
) -> None:
    consent = agency.post(f"likenesses/{likeness}/consents/", CONSENT | {"uses": ["ALL"]}).data
    body = {"resolves": "LEGACY_NEW_USE", "about": [consent["code"]], "by": "R. Ito"}
    given = {"body": body | {"signed": "2026-01-20"}, "document": "Letter"}
    path = f"likenesses/{likeness}/opinions/"
    assert agency.post(path, given).fields == ["evidence"]
    paper = factories.evidence(agency.actor)
    made = agency.post(path, given | {"evidence": paper.code})
    assert made.status == 201
    assert (made.data["evidence"], made.data["likeness"]) == (paper.sha256, likeness)
    own = f"likeness-opinions/{made.data['code']}/"
    assert agency.get(own).data == made.data
    assert agency.get(path).data["results"] == [made.data]
    for other in (lab, caller(factories.talent("Elsewhere"))):
        assert other.get(own).status == 404
        assert other.get(path).status == 404
        assert other.post(f"{own}supersede/", {"reason": "Mine."}).status in {403, 404}
    assert agency.post(f"{own}supersede/", {"reason": "Read again."}).data["superseded_at"]
    assert agency.post(f"{own}supersede/", {"reason": "Again."}).status == 409
