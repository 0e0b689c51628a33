"""`make demo ONCE=1`, as a newcomer runs it, and what it leaves behind."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
import requests

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(
        "DATABASE_URL" in os.environ, reason="the demo is on SQLite: the SQLite pass has played it"
    ),
]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def demo(folder: Path, port: int, *more: str) -> subprocess.Popen[str]:
    """Start the demo in a process group of its own, with little in its environment.

    Its library is tiny: that of `make demo` is as large as a studio's, and takes a minute.
    """
    environment = {name: os.environ[name] for name in ("HOME", "PATH")}
    return subprocess.Popen(
        [sys.executable, "-m", "demo", "--titles", "20", "--port", str(port), *more],
        cwd=ROOT,
        env=environment | {"EDGECODE_VAR_DIR": str(folder), "EDGECODE_DEBUG": "true"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def until_served(site: subprocess.Popen[str]) -> str:
    """Wait until the demo has played its story and says how to end it; return what it said."""
    assert site.stdout is not None
    said = ""
    while "Ctrl-C" not in said:
        line = site.stdout.readline()
        assert line, "the demo ended by itself: " + said
        said += line
    return said


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a demo that was killed in the middle, then played to its end and served."""
    folder = tmp_path_factory.mktemp("site")
    first = demo(folder, free_port(), "--once")
    deadline = time.monotonic() + 300  # it takes seconds, but not on a busy machine
    story = folder / "demo" / "story.json"
    while not (story.exists() and "film" in json.loads(story.read_text())):
        assert first.poll() is None, first.communicate()[0]
        assert time.monotonic() < deadline, "the demo did not come as far as the film"
        time.sleep(0.2)
    os.killpg(first.pid, signal.SIGKILL)
    first.communicate()
    second = demo(folder, port := free_port())
    try:
        assert "WARNING" not in until_served(second)
        add_a_title(story, port)
    finally:
        os.killpg(second.pid, signal.SIGINT)  # as Ctrl-C does
        second.communicate(timeout=30)
    assert second.returncode == 0
    with pytest.raises(requests.ConnectionError):
        requests.get(f"http://127.0.0.1:{port}/readyz", timeout=5)
    return folder


def add_a_title(story: Path, port: int) -> None:
    key = json.loads(story.read_text())["organisations"]["studio"]["api_key"]
    requests.post(
        f"http://127.0.0.1:{port}/api/v1/titles/",
        json={"kind": "film", "name": "A user's own", "language": "en"},
        headers={"Authorization": f"Bearer {key}"},
        timeout=20,
    ).raise_for_status()


def test_it_leaves_files_anchors_and_the_story(played: Path) -> None:
    left = played / "demo"
    story = json.loads((left / "story.json").read_text())
    assert {"studio", "talent", "lab", "auditor"} == set(story["organisations"])
    for anchors in ("trust-anchors.pem", "identity-anchors.pem"):
        assert "BEGIN CERTIFICATE" in (left / anchors).read_text()
    assert len(story["files"]) == 4
    for delivered in story["files"]:
        assert (left / delivered["file"]).stat().st_size > 0
        if delivered["sidecar"]:
            assert (left / delivered["sidecar"]).stat().st_size > 0
    assert any(delivered["sidecar"] for delivered in story["files"])


def test_again_it_keeps_what_users_added(played: Path) -> None:
    again = demo(played, free_port(), "--once")
    said, _ = again.communicate(timeout=180)
    assert again.returncode == 0, said
    assert "WARNING" not in said
    with closing(sqlite3.connect(played / "edgecode.sqlite3")) as database:
        found = "SELECT count(*) FROM catalog_title WHERE name = 'A user''s own'"
        assert database.execute(found).fetchone() == (1,)


def test_told_to_end_it_ends_what_it_started(played: Path) -> None:
    site = demo(played, port := free_port())
    deadline = time.monotonic() + 60
    while True:
        try:
            requests.get(f"http://127.0.0.1:{port}/readyz", timeout=5)
            break
        except requests.ConnectionError:
            assert site.poll() is None, site.communicate()[0]
            assert time.monotonic() < deadline, "the demo did not start its server"
            time.sleep(0.2)
    site.terminate()  # the demo alone
    site.communicate(timeout=30)
    with pytest.raises(requests.ConnectionError):
        requests.get(f"http://127.0.0.1:{port}/readyz", timeout=5)


def test_a_port_in_use_is_one_clear_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused = demo(tmp_path, port, "--once")
        said, _ = refused.communicate(timeout=60)
    assert refused.returncode == 1
    assert f"port {port} is in use" in said
    assert "Traceback" not in said


def test_what_it_leaves_and_says_is_for_its_user(played: Path) -> None:
    left = [played / "demo", *(played / "demo").rglob("*")]
    assert [path for path in left if path.stat().st_mode & 0o077] == []
    kept = [*(played / "objects").rglob("*"), *played.glob("edgecode.sqlite3*")]
    assert len(kept) > 5
    assert [path for path in kept if path.stat().st_mode & 0o077] == []
