"""Files as a studio sends them, and who may see their pictures."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from accounts.access import Actor
from catalog.models import Asset, Title, WorkState
from catalog.pictures import make_pictures_pending
from licensing.offers.publishing import withdraw_offer
from tests import factories
from tests.catalog.media import picture, write_film
from tests.web.reading import signed_in, text, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


@pytest.fixture
def studio() -> Actor:
    return factories.studio("Peach Pictures")


@pytest.fixture
def title(studio: Actor) -> Title:
    return factories.title(studio)


@pytest.fixture
def short(tmp_path: Path) -> Path:
    """A film whose pictures are quickly made."""
    return write_film(tmp_path / "short.mp4", [picture(0), picture(1)])


def send(client: Client, title: Title, name: str, content: bytes) -> object:
    file = SimpleUploadedFile(name, content)
    data = {"source_type": "digitalCreation", "file": file}
    return client.post(f"/titles/{title.code}/files/", data)


def test_a_sent_film_opens_with_what_was_found_in_it(studio: Actor, title: Title) -> None:
    client = signed_in(studio)
    response = send(client, title, "bunny.mp4", factories.film_path().read_bytes())
    asset = Asset.objects.get()
    assert response.status_code == 303
    assert response.headers["Location"] == f"/assets/{asset.code}/"
    page = words(client.get(f"/assets/{asset.code}/"))
    for said in (
        "bunny.mp4",
        "1280 × 720, h264",
        "aac, 6 channels",
        "Frames a second 25 ",
        "Big Buck Bunny",
    ):
        assert said in page
    assert "Nobody has been granted this file." in page
    assert asset.sha256 in text(client.get(f"/assets/{asset.code}/"))
    listed = words(client.get(f"/titles/{title.code}/files/"))
    assert "bunny.mp4" in listed


def test_the_rail_marks_where_a_file_belongs(studio: Actor, title: Title) -> None:
    talent = factories.talent()
    spoken = factories.words(talent, factories.likeness(talent))
    for actor, file, section in (
        (studio, factories.words(studio, title), "/titles/"),
        (talent, spoken, "/likenesses/"),
    ):
        page = text(signed_in(actor).get(f"/assets/{file.code}/"))
        assert re.findall(r'class="rail-link" href="([^"]+)"[^>]* aria-current', page) == [section]


def test_the_same_bytes_again_lead_to_the_file_that_is_there(studio: Actor, title: Title) -> None:
    file = factories.asset(studio, title)
    client = signed_in(studio)
    response = send(client, title, "again.mp4", factories.film_path().read_bytes())
    assert response.headers["Location"] == f"/assets/{file.code}/"
    said = f"This file is already here, to the last byte: {file.filename}."
    assert said in words(client.get(f"/assets/{file.code}/"))
    assert Asset.objects.count() == 1


def test_a_script_is_told_the_place_and_leaves_the_message(studio: Actor, title: Title) -> None:
    file, client = factories.asset(studio, title), signed_in(studio)
    again = SimpleUploadedFile("again.mp4", factories.film_path().read_bytes())
    response = client.post(
        f"/titles/{title.code}/files/",
        {"source_type": "digitalCreation", "file": again},
        headers={"X-Requested-With": "XMLHttpRequest"},
    )
    assert (response.status_code, response["Location"]) == (201, f"/assets/{file.code}/")
    assert "This file is already here" in words(client.get(f"/assets/{file.code}/"))


def test_a_page_waits_for_its_pictures_and_no_longer(
    studio: Actor, title: Title, short: Path
) -> None:
    file, client = factories.asset(studio, title, short), signed_in(studio)
    part = f"/assets/{file.code}/screen/"
    for page in (f"/assets/{file.code}/", f"/titles/{title.code}/"):
        assert f'hx-get="{part}" hx-trigger="every 3s"' in text(client.get(page))
    assert client.get(part).status_code == 204
    make_pictures_pending()
    made = text(client.get(part))
    assert f'src="/assets/{file.code}/preview/"' in made
    assert "<html" not in made
    assert "hx-get" not in made
    assert "hx-trigger" not in text(client.get(f"/assets/{file.code}/"))
    assert signed_in(factories.studio()).get(part).status_code == 404


def test_a_page_stops_waiting_when_no_picture_can_be_made(studio: Actor, title: Title) -> None:
    file, client = factories.asset(studio, title), signed_in(studio)
    Asset.objects.update(pictures_state=WorkState.FAILED)
    made = text(client.get(f"/assets/{file.code}/screen/"))
    assert "No poster could be made" in made
    assert "hx-get" not in made


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.mp4", b"", "The file is empty. Choose a file with content."),
        ("film.mp4", b"not a film at all" * 100, "The name says"),
        ("cut.mp4", factories.film_path().read_bytes()[:300_000], "Export"),
        ("setup.exe", b"MZ" + bytes(500), "is a program"),
    ],
)
def test_a_refused_file_shows_one_clear_line_and_leaves_nothing(
    studio: Actor, title: Title, name: str, content: bytes, said: str
) -> None:
    response = send(signed_in(studio), title, name, content)
    assert response.status_code == 422
    assert said in words(response)
    assert "One thing to correct" in words(response)
    assert not Asset.objects.exists()
    assert not list(Path(settings.FILE_UPLOAD_TEMP_DIR).glob("intake-*"))


def test_a_form_without_its_file_says_so(studio: Actor, title: Title) -> None:
    response = signed_in(studio).post(
        f"/titles/{title.code}/files/", {"source_type": "digitalCapture"}
    )
    assert response.status_code == 422
    assert "File: Choose a file." in words(response)


def test_a_file_announced_as_too_large_is_not_read(
    studio: Actor, title: Title, settings: Settings
) -> None:
    settings.ENV = settings.ENV.model_copy(update={"upload_max_bytes": 10})
    response = send(signed_in(studio), title, "bunny.mp4", bytes(3 * 2**20))
    assert response.status_code == 413
    assert "The file is larger than the" in words(response)


def test_an_upload_without_its_token_is_refused(studio: Actor, title: Title) -> None:
    client = Client(enforce_csrf_checks=True)
    assert studio.user is not None
    client.force_login(studio.user)
    response = send(client, title, "bunny.mp4", factories.film_path().read_bytes())
    assert response.status_code == 403
    assert not Asset.objects.exists()


def test_a_viewer_sends_nothing(studio: Actor, title: Title) -> None:
    client = signed_in(factories.member(studio))
    assert "Send file" not in words(client.get(f"/titles/{title.code}/files/"))
    assert send(client, title, "a.mp4", b"x").status_code == 403
    assert not Asset.objects.exists()


def test_pictures_are_for_the_owner_and_for_labs_while_on_offer(studio: Actor, short: Path) -> None:
    file = factories.offered_film(studio, short)
    lab, rival = factories.lab(), factories.studio()
    pictures = [f"/assets/{file.code}/{picture}/" for picture in ("poster", "contact-sheet")]
    own, theirs = signed_in(studio), signed_in(lab)
    for address in pictures:
        assert own.get(address).status_code == 404  # not made yet
    make_pictures_pending()
    for address in pictures:
        for reader in (own, theirs):
            response = reader.get(address)
            assert response.headers["Content-Type"] == "image/jpeg"
            assert response.getvalue()[:2] == b"\xff\xd8"
        assert signed_in(rival).get(address).status_code == 404
        assert Client().get(address).status_code == 302
    for reader, page in ((own, f"/assets/{file.code}/"), (theirs, f"/search/{file.owner.code}/")):
        assert f"/assets/{file.code}/contact-sheet/" in text(reader.get(page))
    withdraw_offer(actor=studio, code=file.owner.offers.get().code)
    for address in pictures:
        assert theirs.get(address).status_code == 404
        assert own.get(address).status_code == 200
    assert theirs.get(f"/assets/{file.code}/").status_code == 404


def test_a_preview_can_be_asked_for_in_parts(studio: Actor, title: Title, short: Path) -> None:
    file = factories.asset(studio, title, short)
    make_pictures_pending()
    client, address = signed_in(studio), f"/assets/{file.code}/preview/"
    whole = client.get(address)
    body = whole.getvalue()
    assert (whole.status_code, whole.headers["Accept-Ranges"]) == (200, "bytes")
    part = client.get(address, headers={"range": "bytes=4-7"})
    assert (part.status_code, part.getvalue()) == (206, b"ftyp")
    assert part.headers["Content-Range"] == f"bytes 4-7/{len(body)}"
    assert client.get(address, headers={"range": "bytes=-3"}).getvalue() == body[-3:]
    outside = client.get(address, headers={"range": f"bytes={len(body)}-"})
    assert outside.status_code == 416
    page = text(client.get(f"/titles/{title.code}/"))
    assert f'src="{address}"' in page
