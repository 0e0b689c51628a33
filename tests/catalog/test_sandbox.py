"""What a hostile file could do if it took over the process that reads it: as little as possible."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from catalog import sandbox

HOSTILE = "tests.catalog.hostile_child"
needs_landlock = pytest.mark.skipif(
    sandbox.isolation()["files"] != "landlock", reason="this kernel has no Landlock"
)


def attempt(what: str, *args: str, **limits: object) -> str:
    return sandbox.run(HOSTILE, [what, *args], **limits).decode()  # type: ignore[arg-type]


def test_the_answer_comes_back_whole() -> None:
    assert json.loads(attempt("echo", "é\n", "two words")) == ["é\n", "two words"]


def test_a_refusal_carries_its_reason() -> None:
    with pytest.raises(sandbox.Refused) as caught:
        attempt("refuse")
    assert type(caught.value) is sandbox.Refused
    assert (caught.value.reason, caught.value.params) == ("too odd", {"count": 3})


def test_a_crash_is_told_apart_from_a_refusal() -> None:
    with pytest.raises(sandbox.Crashed, match="ZeroDivisionError"):
        attempt("divide")
    with pytest.raises(sandbox.Crashed, match="SIGSEGV"):
        attempt("segfault")


def test_memory_is_limited() -> None:
    with pytest.raises(sandbox.OutOfMemory):
        attempt("memory", memory_bytes=256 * 2**20)


def test_processor_time_is_limited() -> None:
    with pytest.raises(sandbox.TimedOut, match="processor"):
        attempt("spin", cpu_seconds=1)


def test_waiting_is_limited_and_nothing_stays_behind(tmp_path: Path) -> None:
    began = time.monotonic()
    with pytest.raises(sandbox.TimedOut):
        attempt("fork_and_sleep", str(tmp_path / "pid"), wall_seconds=1, writes=[tmp_path],
                file_bytes=100)  # fmt: skip
    assert time.monotonic() - began < 20
    grandchild = int((tmp_path / "pid").read_text())
    for _ in range(100):
        state = Path(f"/proc/{grandchild}/stat")
        if not state.exists() or ") Z " in state.read_text():
            return
        time.sleep(0.05)
    pytest.fail("a process that the child started is still running")


def test_output_is_limited() -> None:
    with pytest.raises(sandbox.TooMuchOutput):
        attempt("shout", output_limit=1000)


def test_a_long_error_message_does_not_block_or_fill_memory() -> None:
    with pytest.raises(sandbox.Crashed):
        attempt("complain")


@pytest.mark.skipif(sys.platform != "linux", reason="seccomp is Linux's")
def test_no_process_can_slip_out_of_the_group_that_is_killed() -> None:
    with pytest.raises(sandbox.Crashed, match="PermissionError"):
        attempt("leave_group")


def test_files_written_are_limited(tmp_path: Path) -> None:
    with pytest.raises(sandbox.Crashed, match="File too large"):
        attempt("write", str(tmp_path / "big"), writes=[tmp_path], file_bytes=1000)
    assert (tmp_path / "big").stat().st_size <= 1000


def test_the_environment_holds_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGECODE_SECRET_KEY", "hunter2")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy")
    seen = json.loads(attempt("environment"))
    assert not any("EDGECODE" in name or "PROXY" in name.upper() for name in seen)
    assert "hunter2" not in str(seen)


def test_there_is_no_network() -> None:
    assert sandbox.isolation()["network"] in {"namespace", "seccomp", "interpreter"}
    assert attempt("connect") == "no network"


@needs_landlock
def test_files_that_were_not_given_cannot_be_read(tmp_path: Path) -> None:
    secret, given = tmp_path / "secret", tmp_path / "given"
    secret.write_text("key")
    given.write_text("film")
    assert attempt("read", str(given), reads=[given]) == "film"
    with pytest.raises(sandbox.Crashed, match="PermissionError"):
        attempt("read", str(secret), reads=[given])


@needs_landlock
def test_files_that_were_given_for_reading_cannot_be_changed(tmp_path: Path) -> None:
    given = tmp_path / "given"
    given.write_text("film")
    with pytest.raises(sandbox.Crashed, match="PermissionError"):
        attempt("write", str(given), reads=[given], file_bytes=1000)
    assert given.read_text() == "film"


@pytest.mark.skipif(sys.platform != "linux", reason="seccomp is Linux's")
def test_where_there_are_no_namespaces_the_kernel_refuses_sockets() -> None:
    code = (
        "import socket\nfrom catalog.isolation import forbid_calls\nassert forbid_calls()\n"
        "try:\n    socket.socket()\nexcept PermissionError:\n    print('refused')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ}
    )
    assert done.stdout == "refused\n"
