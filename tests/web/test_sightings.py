"""Sightings in the browser: anybody reports, the licensor sees and decides."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.access import Actor
from catalog.models import Asset, Title
from ledger.sequencer import advance
from licensing.models import Grant
from provenance import slots
from provenance.credentials.signing import sign_pending
from provenance.models import Credential, Sighting
from provenance.repository.registrations import register_pending
from tests import factories
from tests.provenance.delivered import content
from tests.provenance.pictures import drawn, jpeg
from tests.web.reading import text
from tests.worlds import kept

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


def logged_in(actor: Actor) -> Client:
    client = Client()
    assert actor.user is not None
    client.force_login(actor.user)
    return client


@pytest.fixture(autouse=True)
def _own_counters() -> None:
    cache.clear()


class Delivered(NamedTuple):
    sides: tuple[Actor, Actor]
    credential: Credential


@kept
def delivered() -> Delivered:
    """A still of a studio, signed for a lab, and both of them."""
    studio, lab = factories.studio(), factories.lab()
    film = factories.title(studio)
    asset = still(studio, film)
    factories.ownership(studio, film)
    factories.offer(studio, film)
    grant = factories.grant(studio, lab, [asset])
    advance()
    assert (sign_pending(), register_pending()) == (1, 1)
    return Delivered((studio, lab), Credential.objects.get(granted_asset__grant=grant))


def still(studio: Actor, film: Title) -> Asset:
    """Return the same picture as a file of any title."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "still.jpg"
        path.write_bytes(jpeg(drawn(1)))
        return factories.asset(studio, film, path)


@pytest.fixture
def sides(delivered: Delivered) -> tuple[Actor, Actor]:
    return delivered.sides


@pytest.fixture
def credential(delivered: Delivered) -> Credential:
    return delivered.credential


def send(client: Client, file: bytes | None, **changes: str) -> Any:
    data: dict[str, Any] = {
        "platform": "Clip site",
        "link": "https://clips.example/v/1",
        "seen_at": "2026-01-02T10:00",
        **changes,
    }
    if file is not None:
        data["file"] = SimpleUploadedFile("seen.jpg", file, "image/jpeg")
    return client.post("/sightings/report/", data)


def test_a_stranger_reports_a_delivered_file_and_hears_what_it_is(credential: Credential) -> None:
    page = Client().get("/sightings/report/")
    assert page.status_code == 200
    shown = text(send(Client(), content(credential), seen_at="2001-01-01T10:00"))
    assert "Outside the licence" in shown, "it was seen before the licence began"
    assert "The term had not begun or was over" in shown
    assert "/sightings/" + Sighting.objects.get().code not in shown


def test_a_stranger_hears_nothing_of_what_many_hold(credential: Credential) -> None:
    shown = text(send(Client(), jpeg(drawn(1), 60)))
    assert "Noted" in shown
    assert credential.granted_asset.grant.code not in shown
    assert Sighting.objects.get().matched == "content"


def test_both_sides_find_it_and_the_licensor_decides(
    sides: tuple[Actor, Actor], credential: Credential
) -> None:
    studio, lab = map(logged_in, sides)
    send(Client(), content(credential), link="javascript:alert(1)")
    code = Sighting.objects.get().code
    grant = credential.granted_asset.grant
    title = credential.granted_asset.asset.title
    assert title is not None
    for address in ("/sightings/", f"/sightings/{code}/", f"/titles/{title.code}/"):
        shown = studio.get(address)
        assert "Clip site" in text(shown), address
        assert b'href="javascript' not in shown.content
    for client in (studio, lab):
        assert f"/sightings/?grant={grant.code}" in text(client.get(f"/grants/{grant.code}/"))
    theirs = text(lab.get(f"/sightings/{code}/"))
    assert "javascript:alert(1)" in theirs
    assert f"/sightings/{code}/flag/" not in theirs
    assert lab.post(f"/sightings/{code}/flag/", {"reason": "x"}).status_code in {403, 404}

    assert studio.post(f"/sightings/{code}/flag/", {"reason": ""}).status_code == 422
    refused = text(studio.post(f"/sightings/{code}/dismiss/", {"reason": ""}))
    # The error leads to the field of the form that was refused.
    assert 'href="#dismiss_reason"' in refused
    assert refused.count('id="dismiss_reason"') == refused.count('id="flag_reason"') == 1
    flagged = studio.post(f"/sightings/{code}/flag/", {"reason": "Not ours."}, follow=True)
    assert "Incident" in text(flagged)
    assert "Not ours." in text(flagged)
    dismissed = studio.post(f"/sightings/{code}/dismiss/", {"reason": "A trailer."}, follow=True)
    assert "Dismissed" in text(dismissed)
    assert text(studio.get("/sightings/?state=dismissed")).count("Clip site") == 1
    assert studio.get("/sightings/?state=open&cursor=x&grant=%00").status_code in {200, 400, 404}


def test_who_reported_it_is_told_to_the_licensor_alone(
    sides: tuple[Actor, Actor], credential: Credential
) -> None:
    reporter = logged_in(factories.auditor("Whistleblower Union"))
    assert "which organisation reported it" in text(reporter.get("/sightings/report/"))
    send(reporter, content(credential))
    send(reporter, None, manifest_id=credential.manifest_id)
    advance()
    studio, lab = map(logged_in, sides)
    for found in Sighting.objects.all():
        assert "Whistleblower Union" in text(studio.get(f"/sightings/{found.code}/"))
        shown = text(lab.get(f"/sightings/{found.code}/"))
        assert "Clip site" in shown
        assert "Whistleblower Union" not in shown


def test_a_licensor_reads_that_others_registered_the_same(
    sides: tuple[Actor, Actor], credential: Credential
) -> None:
    other = factories.studio("Another House")
    still(other, factories.title(other))
    send(Client(), content(credential))
    found = Sighting.objects.get(licensor=sides[0].organisation)
    shown = text(logged_in(sides[0]).get(f"/sightings/{found.code}/"))
    assert "Other organisations have registered the same content" in shown
    assert "Another House" not in shown
    assert text(logged_in(other).get("/sightings/")).count("Clip site") == 1


def test_outsiders_find_nothing(credential: Credential) -> None:
    send(Client(), content(credential))
    code = Sighting.objects.get().code
    outsider = logged_in(factories.studio())
    assert outsider.get(f"/sightings/{code}/").status_code == 404
    assert "Clip site" not in text(outsider.get("/sightings/"))
    assert outsider.post(f"/sightings/{code}/dismiss/", {"reason": "x"}).status_code == 404


def test_what_makes_no_sense_is_said_beside_its_field() -> None:
    for field, value in (
        ("platform", ""),
        ("platform", "x" * 101),
        ("seen_at", "yesterday"),
        ("seen_at", "9999-12-31T23:59"),
        ("territory", "ZZ"),
        ("use", "nothing"),
    ):
        answer = send(Client(), b"words", **{field: value})
        assert answer.status_code == 422, value
        assert f'id="id_{field}_error"' in text(answer), value
        assert "choose it again" in text(answer)
    assert not Sighting.objects.exists()


def test_a_report_of_nothing_is_refused() -> None:
    answer = send(Client(), None)
    assert answer.status_code == 422
    assert 'id="id_file_error"' in text(answer)
    named = send(Client(), None, manifest_id="urn:c2pa:nothing")
    assert "Noted" in text(named)


def test_a_stranger_who_reports_too_often_waits() -> None:
    client = Client()
    for _ in range(20):
        assert send(client, None, manifest_id="urn:c2pa:x").status_code == 200
    assert send(client, None, manifest_id="urn:c2pa:x").status_code == 429


def test_while_too_many_files_are_read_the_form_comes_back_and_says_when(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slots, "_WAIT_SECONDS", 0.01)
    with slots.slot(), slots.slot():
        busy = send(Client(), b"words")
    assert (busy.status_code, int(busy.headers["Retry-After"]) > 0) == (503, True)
    assert "Too many files" in text(busy)
    assert b"https://clips.example/v/1" in busy.content
    assert not Sighting.objects.exists()


def test_grants_without_sightings_say_nothing_of_them(
    sides: tuple[Actor, Actor], credential: Credential
) -> None:
    grant = Grant.objects.get(pk=credential.granted_asset.grant_id)
    assert "See the sightings" not in text(logged_in(sides[0]).get(f"/grants/{grant.code}/"))
