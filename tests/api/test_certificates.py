"""Certificates over the API."""

import hashlib
from datetime import timedelta

import pytest
from django.utils import timezone

from ledger import sequencer
from licensing.agreement.odrl import canonical_bytes
from licensing.models import Grant
from provenance.models import Certificate
from tests import factories
from tests.api.callers import Caller

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


@pytest.fixture
def grant(studio: Caller, lab: Caller) -> Grant:
    grant = factories.grant(studio.actor, lab.actor, [factories.offered_words(studio.actor)])
    sequencer.advance()
    return grant


def test_a_side_makes_one_and_whoever_holds_it_reads_it(
    studio: Caller, lab: Caller, outsider: Caller, grant: Grant
) -> None:
    address = f"grants/{grant.code}/certificate/"
    assert lab.get(address).status == 404
    made = lab.post(address)
    assert made.status == 200
    assert lab.post(address).data == made.data
    assert lab.get(address).data == made.data
    shown = Caller().get(made.data["api_url"].partition("/api/v1/")[2])
    assert shown.status == 200
    assert shown.headers["Cache-Control"] == "private, no-store"
    assert shown.data["statement"] == made.data["statement"]
    assert shown.data["grant_status"]["state"] == "active"
    said = canonical_bytes(shown.data["statement"])
    assert hashlib.sha256(said).hexdigest()
    for other in (studio, outsider):
        assert other.get(address).status == 404
    assert outsider.post(address).status == 404
    assert Certificate.objects.count() == 1


def test_its_pdf_in_both_languages(lab: Caller, grant: Grant) -> None:
    lab.post(f"grants/{grant.code}/certificate/")
    address = f"grants/{grant.code}/certificate.pdf"
    english = lab.get(address)
    assert english.content.startswith(b"%PDF")
    assert lab.get(f"{address}?language=en").content == english.content
    assert lab.get(f"{address}?language=ko").content != english.content
    assert lab.get(f"{address}?language=tlh").status == 422
    assert Caller().get(address).status == 401


def test_withdrawn_it_shows_the_state_of_the_grant_alone(lab: Caller, grant: Grant) -> None:
    made = lab.post(f"grants/{grant.code}/certificate/").data
    withdrawn = lab.post(f"grants/{grant.code}/certificate/withdraw/")
    assert withdrawn.data["withdrawn_at"] is not None
    assert lab.post(f"grants/{grant.code}/certificate/withdraw/").status == 409
    shown = Caller().get(made["api_url"].partition("/api/v1/")[2]).data
    assert (shown["statement"], shown["grant_status"]["state"]) == (None, "active")


@pytest.mark.parametrize("secret", ["x", "A" * 22, "A" * 5000])
def test_another_address_leads_nowhere(lab: Caller, grant: Grant, secret: str) -> None:
    lab.post(f"grants/{grant.code}/certificate/")
    assert Caller().get(f"certificates/{secret}/").status == 404


def test_what_held_at_a_time(lab: Caller, grant: Grant) -> None:
    before = (grant.issued_at - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    later = (timezone.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    api_url = lab.post(f"grants/{grant.code}/certificate/").data["api_url"]
    for address in (f"status/{grant.code}/", api_url.partition("/api/v1/")[2]):
        now, then = Caller().get(address).data, Caller().get(f"{address}?at={before}").data
        now, then = now.get("grant_status", now), then.get("grant_status", then)
        assert (now["state"], now["at"], then["state"]) == ("active", None, "pending")
        for wrong in (later, "yesterday", "", "0000", "0001-01-01T00:00:00%2B14:00"):
            answer = Caller().get(f"{address}?at={wrong}")
            assert (answer.status, answer.fields) == (422, ["at"])
