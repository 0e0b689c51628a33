"""Duties and reported use through the API, from both sides."""

from typing import Any

import pytest

from catalog.models import Asset
from licensing.models import Duty, Usage
from tests import factories
from tests.api.callers import Caller
from tests.licensing.law import american_law, shared_by

pytestmark = pytest.mark.usefixtures("var_dir")

DONE = {"done_on": "2026-01-02", "done_by": "Bo Chen", "statement": "Wiped."}


@pytest.fixture
def file(studio: Caller) -> Asset:
    return factories.offered_words(studio.actor)


def test_a_revocation_with_its_demands_until_they_are_met(
    studio: Caller, lab: Caller, outsider: Caller, file: Asset
) -> None:
    grant = factories.grant(studio.actor, lab.actor, [file])
    at = f"grants/{grant.code}/"
    more = {
        "reason": "Resold.",
        "ground": "misuse",
        "demands": [{"kind": "retrain", "days": 180}],
    }
    assert studio.post(f"{at}demands/", more).status == 409
    body = {"reason": "Resold.", "ground": "breach", "demands": [{"kind": "destroy", "days": 30}]}
    assert studio.post(f"{at}revoke/", body | {"ground": "condition"}).status == 422
    assert (
        studio.post(f"{at}revoke/", body | {"demands": [{"kind": "burn", "days": 3}]}).status == 422
    )
    assert studio.post(f"{at}revoke/", body).data["state"] == "revoked"
    assert lab.post(f"{at}demands/", more).status == 403
    assert studio.post(f"{at}demands/", more).status == 201
    listed = lab.get("duties/?owed_by=us&state=owed").data["results"]
    assert [each["kind"] for each in listed] == ["retrain", "destroy", "stop"]
    assert lab.get("duties/?owed_by=them").data["results"] == []
    assert studio.get("duties/?owed_by=them").data["results"] == listed
    destroy = f"duties/{listed[1]['code']}/"
    assert listed[1]["files"] == [file.code]
    assert outsider.get(destroy).status == 404
    assert studio.post(f"{destroy}acknowledge/").status == 404
    seen = lab.post(f"{destroy}acknowledge/", Idempotency_Key="a")
    assert seen.data["acknowledged_at"] is not None
    assert lab.post(f"{destroy}acknowledge/", Idempotency_Key="a").data == seen.data
    assert lab.post(f"{destroy}meet/", DONE).status == 422
    met = lab.post(f"{destroy}meet/", DONE | {"evidence_sha256": "ab" * 32})
    assert (met.data["state"], met.data["done_by"]) == ("met", "Bo Chen")
    assert studio.get(destroy).data == met.data
    stop = f"duties/{listed[2]['code']}/"
    assert lab.post(f"{stop}waive/", {"reason": "x"}).status == 404
    assert studio.post(f"{stop}waive/", {"reason": "Gone."}).data["state"] == "waived"
    assert [each["kind"] for each in lab.get("duties/?state=met").data["results"]] == ["destroy"]


def test_a_condition_tells_the_lab_no_particulars(studio: Caller, lab: Caller) -> None:
    with american_law():
        film = factories.title(studio.actor)
        words = factories.words(studio.actor, film)
        shared_by(studio.actor, film, "Heir")
        factories.offer(studio.actor, film)
        deal = factories.deal(lab.actor, [words])
        studio.post(f"deals/{deal.code}/approve/", {"conditions_met": True})
    address = f"duties/{Duty.objects.get().code}/"
    assert "Heir" in studio.get(address).data["detail"]
    assert lab.get(address).data["detail"] == ""
    [listed] = lab.get("duties/").data["results"]
    assert (listed["detail"], listed["kind"], listed["grant"]) == ("", "account", None)


def test_reported_use_says_in_what_it_exceeds_the_grant(
    studio: Caller, lab: Caller, outsider: Caller, file: Asset
) -> None:
    at = f"grants/{factories.grant(studio.actor, lab.actor, [file]).code}/usage/"
    body: dict[str, Any] = {
        "use": "train.pretrain",
        "model_kind": "foundation",
        "run": "Orion 2, run 7",
        "territory": ["KR"],
        "started_at": "2026-02-01T00:00:00Z",
        "ended_at": "2026-02-04T00:00:00Z",
        "files": [file.code],
        "used_ms": 0,
    }
    made = lab.post(at, body, Idempotency_Key="u")
    assert (made.status, made.data["exceeded"]) == (201, [])
    assert made.data["left"]["files_used"] == 1
    assert lab.post(at, body, Idempotency_Key="u").data == made.data
    beyond = lab.post(at, body | {"model_kind": "open_weights"}).data
    assert beyond["exceeded"] == ["model_kind"]
    assert [each["exceeded"] for each in studio.get(at).data["results"]] == [["model_kind"], []]
    assert studio.post(at, body).status == 403
    assert (outsider.get(at).status, outsider.post(at, body).status) == (404, 403)
    assert lab.post(at, body | {"used_ms": -1}).status == 422
    assert Usage.objects.count() == 2
