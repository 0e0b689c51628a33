"""`make demo ONCE=1`, as a newcomer runs it, and what it leaves behind."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(
    "DATABASE_URL" in os.environ, reason="the demo is on SQLite: the SQLite pass has played it"
)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def demo(folder: Path, port: int, *more: str) -> subprocess.Popen[str]:
    """Start the demo in a process group of its own, with little in its environment."""
    environment = {name: os.environ[name] for name in ("HOME", "PATH")}
    return subprocess.Popen(
        [sys.executable, "-m", "demo", "--port", str(port), *more],
        cwd=ROOT,
        env=environment | {"EDGECODE_VAR_DIR": str(folder), "EDGECODE_DEBUG": "true"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a demo that was killed in the middle and then played to its end."""
    folder = tmp_path_factory.mktemp("site")
    first = demo(folder, free_port(), "--once")
    deadline = time.monotonic() + 120
    story = folder / "demo" / "story.json"
    while not (story.exists() and "film" in json.loads(story.read_text())):
        assert first.poll() is None, first.communicate()[0]
        assert time.monotonic() < deadline, "the demo did not come as far as the film"
        time.sleep(0.2)
    os.killpg(first.pid, signal.SIGKILL)
    first.communicate()
    second = demo(folder, free_port(), "--once")
    said, _ = second.communicate(timeout=180)
    assert second.returncode == 0, said
    assert "WARNING" not in said
    return folder


def test_it_leaves_files_anchors_and_the_story(played: Path) -> None:
    left = played / "demo"
    story = json.loads((left / "story.json").read_text())
    assert {"studio", "talent", "lab", "auditor"} == set(story["organisations"])
    assert "BEGIN CERTIFICATE" in (left / "trust-anchors.pem").read_text()
    assert len(story["files"]) == 4
    for delivered in story["files"]:
        assert (left / delivered["file"]).stat().st_size > 0
        if delivered["sidecar"]:
            assert (left / delivered["sidecar"]).stat().st_size > 0
    assert any(delivered["sidecar"] for delivered in story["files"])


def test_again_it_keeps_what_users_added_and_ends_with_ctrl_c(played: Path) -> None:
    story = json.loads((played / "demo" / "story.json").read_text())
    studio = {"Authorization": f"Bearer {story['organisations']['studio']['api_key']}"}
    port = free_port()
    again = demo(played, port)
    try:
        assert again.stdout is not None
        while "Ctrl-C" not in (line := again.stdout.readline()):
            assert line, "the demo ended by itself"
        titles = f"http://127.0.0.1:{port}/api/v1/titles/"
        body = {"kind": "film", "name": "Mine", "language": "en"}
        code = requests.post(titles, json=body, headers=studio, timeout=20).json()["code"]
    finally:
        os.killpg(again.pid, signal.SIGINT)
        again.communicate(timeout=30)
    assert again.returncode == 0
    with pytest.raises(requests.ConnectionError):
        requests.get(titles, timeout=5)

    once_more = demo(played, port := free_port())
    try:
        assert once_more.stdout is not None
        while "Ctrl-C" not in (line := once_more.stdout.readline()):
            assert line, "the demo ended by itself"
        found = requests.get(
            f"http://127.0.0.1:{port}/api/v1/titles/{code}/", headers=studio, timeout=20
        )
        assert found.json()["name"] == "Mine"
    finally:
        once_more.terminate()  # the demo alone; it ends its children
        once_more.communicate(timeout=30)
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
