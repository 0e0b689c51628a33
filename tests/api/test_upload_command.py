"""`edgecode upload` against a real server: killed, resumed, refused, told what is wrong."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from django.db import connections
from pytest_django.live_server_helper import LiveServer

from accounts.access import Actor
from catalog.models import Asset, Title, Upload
from catalog.objects import object_store
from catalog.upload_checks import check_uploads_pending
from catalog.uploading import begin_upload, link_parts
from tests import factories
from tests.catalog.media import write_wave

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("var_dir")]


def edgecode(url: str, key: str, *arguments: str | Path) -> subprocess.Popen[str]:
    """Begin the client's program, which says everything on its standard output."""
    program = "from edgecode.command import main; raise SystemExit(main())"
    environment = {"EDGECODE_API_KEY": key, "EDGECODE_SERVER": url}
    return subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        env={"PATH": os.defpath, "PYTHONPATH": "client"} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


class Site(NamedTuple):
    url: str
    key: str
    title: Title

    def start(self, *arguments: str | Path) -> subprocess.Popen[str]:
        return edgecode(self.url, self.key, "upload", *arguments)

    def run(self, *arguments: str | Path) -> tuple[int, str]:
        process = self.start(*arguments)
        said, _none = process.communicate(timeout=120)
        return process.returncode, said


@pytest.fixture
def studio() -> Actor:
    return factories.studio()


@pytest.fixture
def site(live_server: LiveServer, studio: Actor) -> Site:
    return Site(live_server.url, factories.api_key(studio), factories.title(studio))


@pytest.fixture
def worker() -> Iterator[None]:
    """Checks uploads meanwhile."""
    done = threading.Event()

    def work() -> None:
        while not done.wait(0.1):
            check_uploads_pending()
        connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    yield
    done.set()
    thread.join()


def parts_in() -> int:
    upload = Upload.objects.first()
    return len(object_store().parts(upload.parts_of_it)) if upload else 0


def test_killed_in_the_middle_it_goes_on(site: Site, tmp_path: Path) -> None:
    sound = write_wave(tmp_path / "long.wav", 9000)
    process = site.start(sound, "--title", site.title.code)
    deadline = time.monotonic() + 60
    while parts_in() < 3:
        assert time.monotonic() < deadline
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    before = parts_in()
    upload = Upload.objects.get()
    assert before < upload.parts_of_it.part_count
    code, said = site.run(sound, "--title", site.title.code, "--no-wait")
    assert (code, said) == (0, f"{sound}: sent, being checked\n")
    assert Upload.objects.get() == upload
    check_uploads_pending()
    with object_store().open(Asset.objects.get().object_key) as file:
        assert file.read() == sound.read_bytes()


def test_a_file_that_became_another_is_begun_anew(
    site: Site, studio: Actor, tmp_path: Path
) -> None:
    sound = write_wave(tmp_path / "long.wav", 1000)
    begun = begin_upload(
        actor=studio,
        owner=site.title,
        filename=sound.name,
        size_bytes=sound.stat().st_size,
        source_type="digitalCapture",
    )
    last = begun.parts_of_it.part_count
    assert last > 2
    link_parts(actor=studio, code=begun.code, sha256s={last: "0" * 64})
    assert site.run(sound, "--title", site.title.code, "--no-wait")[0] == 0
    begun.refresh_from_db()
    assert begun.state == "open"
    check_uploads_pending()
    with object_store().open(Asset.objects.get().object_key) as file:
        assert file.read() == sound.read_bytes()


@pytest.mark.usefixtures("worker")
def test_several_files_each_end_with_a_word(site: Site, tmp_path: Path) -> None:
    sound = write_wave(tmp_path / "소리.wav")
    broken, odd = tmp_path / "broken.mp4", tmp_path / "notes.zip"
    broken.write_bytes(b"no film at all " * 1000)
    odd.write_bytes(b"PK")
    code, said = site.run(broken, odd, sound, "--title", site.title.code)
    asset = Asset.objects.get().code
    assert code == 1
    assert "broken.mp4: The name says" in said
    assert "notes.zip: filename: The file name's ending" in said
    assert f"소리.wav: registered as {asset}" in said
    code, said = site.run(sound, "--title", site.title.code)
    assert code == 0
    assert f"was here already, as {asset}" in said


def test_what_is_wrong_is_said_in_one_line(site: Site, tmp_path: Path) -> None:
    sound = write_wave(tmp_path / "sound.wav")
    stranger = site._replace(title=factories.title(factories.studio()))
    for given, code, words in (
        (stranger.run(sound, "--title", stranger.title.code), 1, "no such thing"),
        (site._replace(key="").run(sound, "--title", "7K3F2Q9D"), 64, "set EDGECODE_API_KEY"),
        (site._replace(key="eck_x").run(sound, "--title", "7K3F2Q9D"), 1, "API key is wrong"),
        (site.run(tmp_path / "none.wav", "--title", "7K3F2Q9D"), 3, "No such file"),
        (site.run(sound), 64, "--title"),
        (site._replace(url="http://example.org").run(sound, "--title", "A"), 64, "use https"),
    ):
        assert given[0] == code, given
        assert words in given[1]
        assert "Traceback" not in given[1]
    assert not Upload.objects.exists()
