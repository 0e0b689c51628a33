"""Uploads under way, as the files page shows them."""

import pytest
from django.utils import timezone

from accounts.access import Actor
from catalog.models import Title, Upload
from catalog.uploading import LIFE, begin_upload, link_parts, sweep
from tests import factories
from tests.web.reading import signed_in, text, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


@pytest.fixture
def studio() -> Actor:
    return factories.studio()


@pytest.fixture
def title(studio: Actor) -> Title:
    return factories.title(studio)


@pytest.fixture
def upload(studio: Actor, title: Title) -> Upload:
    return begin_upload(
        actor=studio,
        owner=title,
        filename="reel.mov",
        size_bytes=30_000_000,
        source_type="digitalCapture",
    )


def test_what_is_under_way_says_how_to_go_on(studio: Actor, title: Title, upload: Upload) -> None:
    page = words(signed_in(studio).get(f"/titles/{title.code}/files/"))
    assert "reel.mov" in page
    assert "Choose the same file again" in page
    viewer = words(signed_in(factories.member(studio)).get(f"/titles/{title.code}/files/"))
    assert "reel.mov" in viewer
    assert "Cancel upload" not in viewer


def test_a_link_that_was_given_out_is_no_part_that_arrived(
    studio: Actor, title: Title, upload: Upload
) -> None:
    link_parts(actor=studio, code=upload.code, sha256s=dict.fromkeys(range(1, 5), "ab" * 32))
    page = words(signed_in(studio).get(f"/titles/{title.code}/files/"))
    assert page.count("30.0 MB") == 1
    assert "Not sent to its end yet" in page


def test_an_upload_is_cancelled_by_its_own_people(
    studio: Actor, title: Title, upload: Upload
) -> None:
    path = f"/uploads/{upload.code}/cancel/"
    assert signed_in(factories.studio()).post(path).status_code == 404
    assert signed_in(factories.member(studio)).post(path, follow=True).status_code == 403
    assert signed_in(studio).get(path).status_code == 405
    done = signed_in(studio).post(path, follow=True)
    assert "The upload is cancelled." in words(done)
    assert "reel.mov" not in words(done)
    assert Upload.objects.get().state == "aborted"


def test_the_list_asks_again_while_a_file_is_checked(
    studio: Actor, title: Title, upload: Upload
) -> None:
    path = f"/titles/{title.code}/files/uploads/"
    client = signed_in(studio)
    assert "hx-trigger" not in text(client.get(path))
    Upload.objects.update(state="checking")
    assert 'hx-trigger="every 3s"' in text(client.get(path))
    Upload.objects.update(state="refused", reason="The name says mp4.")
    refused = client.get(path)
    assert "hx-trigger" not in text(refused)
    assert "The name says mp4." in words(refused)
    # What nobody went on with for a week is told on the day it is given up.
    begun = timezone.now() - LIFE
    Upload.objects.update(state="open", reason="", last_part_at=begun, expires_at=begun)
    assert sweep() == 1
    assert "Nothing came for a week" in words(client.get(path))
    assert signed_in(factories.studio()).get(path).status_code == 404


def test_many_uploads_cost_as_many_queries_as_one(
    studio: Actor, title: Title, upload: Upload
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client, counts = signed_in(studio), []
    for _round in range(2):
        client.get(f"/titles/{title.code}/files/")
        with CaptureQueriesContext(connection) as queries:
            client.get(f"/titles/{title.code}/files/")
        counts.append(len(queries))
        for number in range(30):
            begin_upload(
                actor=studio,
                owner=title,
                filename=f"{number}.mov",
                size_bytes=30_000_000,
                source_type="digitalCapture",
            )
    assert counts[0] == counts[1]
    # What does not fit is counted, and a page away.
    files = f"/titles/{title.code}/files/"
    many = client.get(files)
    assert "20 of 61" in words(many)
    names, after = set(), f"?uploads={many.context['uploads_page'].next}"
    for address in (files, f"{files}{after}", f"{files}uploads/{after}"):
        names.add(tuple(each["filename"] for each in client.get(address).context["uploads"]))
    assert [(len(each), each[0]) for each in sorted(names)] == [(20, "29.mov"), (20, "9.mov")]
