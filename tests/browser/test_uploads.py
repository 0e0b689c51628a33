"""Files in parts from a real browser: several at once, paused, killed and resumed, refused."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connections
from django.test import override_settings
from playwright.sync_api import Page, Route, expect

from accounts.access import Actor
from catalog import objects
from catalog.models import Asset, Title, Upload
from catalog.objects import object_store
from catalog.upload_checks import check_uploads_pending
from config.env import Environment
from tests import factories
from tests.browser.conftest import Console, NewPage
from tests.catalog.media import write_wave
from tests.web.reading import signed_in

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("var_dir", "small_parts"),
]

type Axe = Callable[[Page], None]


@pytest.fixture
def studio() -> Actor:
    return factories.studio("Northgate Pictures")


@pytest.fixture
def title(studio: Actor) -> Title:
    return factories.title(studio)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of nine parts."""
    return write_wave(tmp_path_factory.mktemp("media") / "긴 소리.wav", 1400)


@contextmanager
def worker() -> Iterator[None]:
    """Check uploads beside the page, as the worker does."""
    done = threading.Event()

    def work() -> None:
        while not done.wait(0.1):
            check_uploads_pending()
        connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def sign_in(page: Page, actor: Actor) -> None:
    session = signed_in(actor).cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": settings.BASE_URL}])


def choose(page: Page, title: Title, *files: Path) -> None:
    page.goto(f"/titles/{title.code}/files/")
    page.get_by_label("Drop a file here").set_input_files(files)
    page.get_by_role("button", name="Send file").click()


def parts_in() -> int:
    upload = Upload.objects.get()
    return len(object_store().parts(upload.parts_of_it))


def wait_for(page: Page, holds: Callable[[], bool]) -> None:
    """Wait while the page goes on: what it asks for is answered meanwhile."""
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        page.wait_for_timeout(50)


def test_several_files_are_sent_with_progress(  # noqa: PLR0917 - fixtures
    page: Page, console: Console, axe: Axe, studio: Actor, title: Title, sound: Path, tmp_path: Path
) -> None:
    console.expect("status of 422")
    sign_in(page, studio)
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no film at all " * 1000)
    odd = tmp_path / "notes.zip"
    odd.write_bytes(b"PK")
    empty = tmp_path / "empty.mp4"
    empty.touch()
    with worker():
        choose(page, title, sound, broken, odd, empty)
        rows = page.locator("[data-sending] .upload")
        expect(rows.nth(0).locator(".upload-word")).to_have_text("Registered", timeout=60_000)
        expect(rows.nth(1)).to_contain_text("The name says")
        expect(rows.nth(2)).to_contain_text("ending is not one we accept")
        expect(page.locator("[data-total]")).to_contain_text("4 / 4")
        expect(rows.nth(3)).to_contain_text("The file is empty. Choose a file with content.")
    axe(page)
    [asset] = Asset.objects.all()
    assert (asset.filename, asset.size_bytes) == (sound.name, sound.stat().st_size)
    with object_store().open(asset.object_key) as file:
        assert file.read() == sound.read_bytes()
    rows.nth(0).get_by_role("link", name="Open the file").click()
    expect(page.get_by_text("What was found in the file")).to_be_visible()
    page.goto(f"/titles/{title.code}/files/")
    expect(page.locator("#uploads")).to_contain_text("The name says")
    axe(page)


def hold_after(page: Page, parts: int, pattern: str) -> None:
    """Let that many parts through and keep the rest waiting, as a slow line does."""
    passed = []

    def handle(route: Route) -> None:
        if len(passed) < parts:
            passed.append(1)
            route.continue_()

    page.route(pattern, handle)


def test_a_line_that_is_open_and_silent_is_given_up(
    page: Page, studio: Actor, title: Title, sound: Path
) -> None:
    sign_in(page, studio)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/objects/parts/**", hold)
    page.clock.install()
    choose(page, title, sound)
    wait_for(page, lambda: len(held) == 4)
    page.unroute("**/objects/parts/**", hold)
    with worker():
        page.clock.fast_forward(61_000)
        wait_for(page, Asset.objects.exists)


def killed_and_resumed(
    new_page: NewPage, studio: Actor, title: Title, sound: Path, pattern: str
) -> None:
    first = new_page()
    sign_in(first, studio)
    hold_after(first, 3, pattern)
    choose(first, title, sound)
    wait_for(first, lambda: Upload.objects.exists() and parts_in() == 3)
    first.context.close()  # the browser is gone, with all it knew

    page = new_page()
    sign_in(page, studio)
    sent: list[str] = []
    page.on(
        "request", lambda request: sent.append(request.method) if request.method == "PUT" else 0
    )
    page.goto(f"/titles/{title.code}/files/")
    expect(page.locator("#uploads")).to_contain_text("Choose the same file again")
    with worker():
        choose(page, title, sound)
        expect(page.get_by_text("What was found in the file")).to_be_visible(timeout=60_000)
    upload = Upload.objects.get()
    assert len(sent) == upload.parts_of_it.part_count - 3
    with object_store().open(Asset.objects.get().object_key) as file:
        assert file.read() == sound.read_bytes()


def test_a_killed_browser_goes_on_where_it_stopped(
    new_page: NewPage, console: Console, studio: Actor, title: Title, sound: Path
) -> None:
    killed_and_resumed(new_page, studio, title, sound, "**/objects/parts/*")


@pytest.mark.long
def test_paused_resumed_and_over_a_line_that_breaks(
    page: Page, console: Console, studio: Actor, title: Title, sound: Path
) -> None:
    console.expect("net::ERR_FAILED", "net::ERR_INTERNET_DISCONNECTED", "status of 503")
    sign_in(page, studio)
    seen = {"put": 0}
    paused = False

    def handle(route: Route) -> None:
        seen["put"] += 1
        if seen["put"] in {2, 4}:
            route.abort()
        elif seen["put"] == 5:
            route.fulfill(status=503)
        elif seen["put"] > 5 and not paused:
            return  # hangs, until the pause gives it up
        else:
            route.continue_()

    page.route("**/objects/parts/*", handle)
    choose(page, title, sound)
    wait_for(page, lambda: seen["put"] == 9)  # of which the last four hang: no more at a time
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("[data-sending] .upload-word")).to_have_text("Paused")
    before, paused = seen["put"], True
    page.wait_for_timeout(1500)
    assert seen["put"] == before
    page.get_by_role("button", name="Go on").click()
    with worker():
        expect(page.get_by_text("What was found in the file")).to_be_visible(timeout=60_000)


def test_another_file_of_that_name_and_size_is_not_mixed_in(
    new_page: NewPage, studio: Actor, title: Title, sound: Path, tmp_path: Path
) -> None:
    first = new_page()
    sign_in(first, studio)
    hold_after(first, 3, "**/objects/parts/*")
    choose(first, title, sound)
    wait_for(first, lambda: Upload.objects.exists() and parts_in() == 3)
    first.context.close()  # the browser is gone, with all it knew
    other = tmp_path / sound.name
    content = bytearray(sound.read_bytes())
    content[1000] ^= 1
    other.write_bytes(content)
    page = new_page()
    sign_in(page, studio)
    with worker():
        choose(page, title, other)
        expect(page.get_by_text("What was found in the file")).to_be_visible(timeout=60_000)
    assert sorted(Upload.objects.values_list("state", flat=True)) == ["done", "open"]


def test_cancelled_while_it_is_sent(
    page: Page, console: Console, studio: Actor, title: Title, sound: Path
) -> None:
    console.expect("status of 409")  # of a part that the server meets after the cancellation
    sign_in(page, studio)
    hold_after(page, 2, "**/objects/parts/*")
    choose(page, title, sound)
    wait_for(page, lambda: Upload.objects.exists() and parts_in() == 2)
    page.get_by_role("button", name="Cancel upload").click()
    expect(page.locator("[data-sending] .upload-word")).to_have_text("Cancelled")
    wait_for(page, lambda: Upload.objects.get().state == "aborted")
    assert list(object_store().keys()) == []


def test_without_scripts_the_form_sends_the_file_whole(
    new_page: NewPage, studio: Actor, title: Title, sound: Path
) -> None:
    page = new_page(java_script_enabled=False)
    sign_in(page, studio)
    choose(page, title, sound)
    expect(page.get_by_text("What was found in the file")).to_be_visible()
    assert not Upload.objects.exists()


@pytest.mark.long
def test_a_killed_browser_goes_on_into_a_bucket(  # noqa: PLR0917 - fixtures
    new_page: NewPage, studio: Actor, title: Title, sound: Path, s3: Environment, bucket: object
) -> None:
    assert s3.bucket_origin is not None
    policy = settings.SECURE_CSP | {"connect-src": ["'self'", s3.bucket_origin]}
    objects._bucket.cache_clear()
    with override_settings(ENV=s3, SECURE_CSP=policy):
        store = object_store()
        rule = {
            "AllowedOrigins": [settings.BASE_URL],
            "AllowedMethods": ["PUT"],
            "AllowedHeaders": ["x-amz-checksum-sha256", "content-type"],
        }
        store._client.put_bucket_cors(  # type: ignore[attr-defined]
            Bucket=s3.s3_bucket, CORSConfiguration={"CORSRules": [rule]}
        )
        killed_and_resumed(new_page, studio, title, sound, f"{s3.bucket_origin}/**")
        for key in list(store.keys()):
            store.delete(key)
    objects._bucket.cache_clear()
