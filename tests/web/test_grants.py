"""A grant: what its sides can do with it, and the one thing anybody may ask about it."""

import hashlib
import json
from typing import Any, NamedTuple

import pytest
from django.test import Client
from django.utils import timezone

from accounts.access import Actor
from catalog.models import Asset, WorkState
from catalog.rights import record_fact
from ledger.models import Event
from ledger.sequencer import advance
from licensing.deals.transitions import approve_deal
from licensing.grants.issuing import issue_pending
from licensing.models import Grant
from licensing.payments.settlements import record_bank_transfer
from provenance.credentials.delivery import link, open_delivery
from provenance.credentials.signing import sign_pending
from provenance.credentials.updates import update_pending
from provenance.models import Credential, Delivery
from tests import factories
from tests.provenance.struck import granted
from tests.web.reading import signed_in, text, words
from tests.worlds import kept

REVOKED = {"reason": "Breach", "ground": "breach", "stop": "7"}
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


class Licensed(NamedTuple):
    studio: Actor
    lab: Actor
    film: Asset
    grant: Grant


@kept
def licensed() -> Licensed:
    """A film that a lab has the licence of."""
    studio, lab = factories.studio("Peach Pictures"), factories.lab("Lumen Lab")
    film = factories.offered_film(studio)
    return Licensed(studio, lab, film, factories.grant(studio, lab, [film]))


@pytest.fixture
def studio(licensed: Licensed) -> Actor:
    return licensed.studio


@pytest.fixture
def lab(licensed: Licensed) -> Actor:
    return licensed.lab


@pytest.fixture
def film(licensed: Licensed) -> Asset:
    return licensed.film


@pytest.fixture
def grant(licensed: Licensed) -> Grant:
    return licensed.grant


def test_what_is_excised_is_said_to_rest_on_the_licensors_word(
    studio: Actor, lab: Actor, film: Asset
) -> None:
    assert film.title is not None
    body = {
        "element": "music",
        "ai": "not_granted",
        "timecode": {"from": "00:00:01.000", "to": "00:00:02.000"},
        "modality": ["video", "audio"],
    }
    record_fact(actor=studio, title=film.title, kind="element", body=body)
    word = "That rests on its word alone: nobody else examines the file."
    deal = factories.deal(lab, [film])
    client = signed_in(lab)
    asked = words(client.get(f"/deals/{deal.code}/"))
    assert "Cut a passage: 00:00:01.000-00:00:02.000" in asked
    assert word in asked
    approved = approve_deal(actor=studio, code=deal.code, conditions_met=True)
    policy = json.loads(b"".join(client.get(f"/deals/{deal.code}/agreement.jsonld")))
    [material] = policy["edgecode:material"]
    assert material["edgecode:leftOut"] == ["music at 00:00:01.000-00:00:02.000"]
    record_bank_transfer(
        actor=studio,
        deal_code=deal.code,
        amount_minor=approved.amount_minor,
        currency=approved.currency,
        reference="Wire 1",
        settled_at=timezone.now(),
    )
    issue_pending()
    held = words(client.get(f"/grants/{deal.grant.code}/"))
    assert word in held
    assert "Cut a passage: 00:00:01.000-00:00:02.000" in held


@pytest.fixture
def credential(grant: Grant) -> Credential:
    advance()
    sign_pending()
    return Credential.objects.get(state=WorkState.DONE)


def test_the_licence_is_said_in_plain_words(studio: Actor, lab: Actor, grant: Grant) -> None:
    for actor in (studio, lab):
        page = words(signed_in(actor).get(f"/grants/{grant.code}/"))
        assert "Peach Pictures has licensed Lumen Lab" in page
        assert "pre-training" in page
        assert "1 Jan 2026 to 31 Dec 2035" in page
        assert "Waiting to be signed" in page
        assert f"/api/v1/status/{grant.code}/" in page
        assert "Grant issued" in page
    assert 'hx-trigger="every 2s"' in text(signed_in(lab).get(f"/grants/{grant.code}/"))


def test_the_licensee_opens_links_that_work_and_expire(
    lab: Actor, grant: Grant, credential: Credential
) -> None:
    client, address = signed_in(lab), f"/grants/{grant.code}/"
    page = text(client.get(address))
    assert "every 2s" not in page
    assert credential.file_sha256 in page
    assert "/deliver/" not in page.replace(f"{address}deliver/", "")
    answer = client.post(f"{address}deliver/", {"credential": credential.code}, follow=True)
    assert "The links are open." in words(answer)
    shown = text(answer)
    link = shown.split('href="/deliver/')[1].split('"')[0]
    got = Client().get(f"/deliver/{link}")
    assert got.status_code == 200
    content = b"".join(got.streaming_content)  # type: ignore[attr-defined]
    assert hashlib.sha256(content).hexdigest() == credential.file_sha256
    Delivery.objects.update(expires_at=timezone.now())
    assert 'href="/deliver/' not in text(client.get(address))


def test_a_dead_link_is_a_page_in_a_browser_and_a_problem_elsewhere(
    lab: Actor, credential: Credential
) -> None:
    expired = link(open_delivery(actor=lab, credential_code=credential.code))
    Delivery.objects.update(expires_at=timezone.now())
    browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    for address, status, said in (
        (expired, 403, "This link has expired; ask for a new one."),
        ("/deliver/forged/film.mp4", 404, "There is no such thing here."),
    ):
        page = Client().get(address, headers={"Accept": browser})
        assert page.status_code == status
        assert page["Content-Type"].startswith("text/html")
        assert said in words(page)
        assert 'href="/grants/"' in text(page)
        for accept in ("*/*", "application/json", ""):
            problem = Client().get(address, headers={"Accept": accept} if accept else {})
            assert problem["Content-Type"] == "application/problem+json"
            assert (problem.status_code, problem.json()["detail"]) == (status, said)
            assert "Accept" in problem["Vary"]


def test_only_the_licensees_editors_open_links(
    studio: Actor, lab: Actor, grant: Grant, credential: Credential
) -> None:
    address, data = f"/grants/{grant.code}/deliver/", {"credential": credential.code}
    assert signed_in(studio).post(address, data).status_code == 404
    assert signed_in(factories.lab()).post(address, data).status_code == 404
    viewer = signed_in(factories.member(lab))
    assert viewer.post(address, data).status_code == 403
    assert "Get download links" not in text(viewer.get(f"/grants/{grant.code}/"))
    assert not Delivery.objects.exists()


def test_a_file_that_could_not_be_signed_says_why(
    lab: Actor, grant: Grant, credential: Credential
) -> None:
    Credential.objects.update(state=WorkState.FAILED, problem="The file has no room for it.")
    page = words(signed_in(lab).get(f"/grants/{grant.code}/"))
    assert "The file has no room for it." in page
    assert "0 of 1 signed" in page


def test_revoking_is_named_by_its_effect_and_typed(
    studio: Actor, lab: Actor, grant: Grant, credential: Credential
) -> None:
    client, address = signed_in(studio), f"/grants/{grant.code}/"
    assert "Revoke grant: Lumen Lab loses access to 1 file now" in words(client.get(address))
    assert "Revoke grant" not in words(signed_in(lab).get(address))
    for typed in ("", "yes", credential.code):
        refused = client.post(
            f"{address}revoke/",
            REVOKED | {"typed": typed},
        )
        assert refused.status_code == 422
        assert "Breach" in text(refused)
    grant.refresh_from_db()
    assert grant.revoked_at is None
    typed = grant.display_code.lower()
    answer = client.post(
        f"{address}revoke/",
        {
            "reason": "Breach of clause 9.",
            "ground": "breach",
            "stop": "7",
            "destroy": "30",
            "typed": typed,
        },
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, address)
    page = words(signed_in(lab).get(address))
    assert "Breach of clause 9." in page
    assert "Get download links" not in page
    assert "Revoke grant" not in words(client.get(address))
    again = client.post(
        f"{address}revoke/",
        REVOKED | {"typed": grant.code},
    )
    assert "The grant has already ended." in words(again)
    assert Event.objects.filter(kind="grant.revoked").count() == 1


def test_only_the_licensors_approvers_revoke(studio: Actor, lab: Actor, grant: Grant) -> None:
    address, data = (
        f"/grants/{grant.code}/revoke/",
        REVOKED | {"typed": grant.code},
    )
    for actor in (lab, factories.studio()):
        assert signed_in(actor).post(address, data).status_code == 404
    assert signed_in(factories.member(studio)).post(address, data).status_code == 403
    assert Client().post(address, data).status_code == 302
    grant.refresh_from_db()
    assert grant.revoked_at is None


def test_anybody_reads_whether_it_stands_and_nothing_else(studio: Actor, grant: Grant) -> None:
    for client in (Client(), signed_in(factories.lab())):
        page = words(client.get(f"/grants/{grant.code}/"))
        assert "This grant is in force" in page
        for secret in ("Peach", "Lumen", "pre-training", "Bunny", "2035"):
            assert secret not in page
    Grant.objects.update(revoked_at=timezone.now(), revocation_reason="Breach")
    page = words(Client().get(f"/grants/{grant.code}/"))
    assert "This grant has been revoked" in page
    assert "Breach" not in page
    assert Client().get("/grants/00000000/").status_code == 404


def test_a_grant_not_begun_and_one_that_ended_say_so(grant: Grant, lab: Actor) -> None:
    now = timezone.now()
    Grant.objects.update(starts_at=now.replace(year=now.year + 1))
    assert "This grant is not yet in force" in words(Client().get(f"/grants/{grant.code}/"))
    assert "Not yet in force 1" in words(signed_in(lab).get("/grants/", {"state": "pending"}))
    Grant.objects.update(starts_at=factories.STARTS, ends_at=now)
    assert "This grant has expired" in words(Client().get(f"/grants/{grant.code}/"))
    assert grant.code not in text(signed_in(lab).get("/grants/", {"state": "active"}))


def test_the_list_shows_the_other_side(
    studio: Actor, lab: Actor, grant: Grant, django_assert_max_num_queries: Any
) -> None:
    client = signed_in(studio)
    client.get("/grants/")
    with django_assert_max_num_queries(8):
        assert "Lumen Lab" in words(client.get("/grants/"))
    assert "Peach Pictures" in words(signed_in(lab).get("/grants/"))
    assert "No grants yet" in words(signed_in(factories.lab()).get("/grants/"))


def test_a_consent_that_was_withdrawn_is_struck_out_and_the_page_gives_the_newest() -> None:
    made = granted(film=False)
    address = f"/grants/{made.credential.granted_asset.grant.code}/"
    client = signed_in(made.lab)
    assert "Newest credential" not in words(client.get(address))
    made.withdraw()
    update_pending()
    for side in (made.lab, made.agency):
        shown = signed_in(side).get(address)
        assert "Newest credential" in words(shown)
        assert made.credential.newest_id in text(shown)
    link = f"{address}manifests/{made.credential.code}/"
    assert f'href="{link}"' in text(client.get(address))
    assert made.named(b"".join(client.get(link).streaming_content)) == [False, True]
    assert signed_in(factories.lab()).get(link).status_code == 404


def test_a_file_without_a_consent_is_not_offered_for_download() -> None:
    made = granted(film=False)
    address = f"/grants/{made.credential.granted_asset.grant.code}/"
    client = signed_in(made.lab)
    links, halted = "Get download links", "Its licence ended with a consent"
    made.withdraw(0)
    shown = words(client.get(address))
    assert links in shown
    assert halted not in shown
    open_delivery(actor=made.lab, credential_code=made.credential.code)
    made.withdraw(1)
    shown = words(client.get(address))
    assert halted in shown
    assert links not in shown
    assert "Download file" not in shown
    assert halted in words(signed_in(made.agency).get(address))
