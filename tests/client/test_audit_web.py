"""`edgecode audit URL`: over real HTTP, with servers that are slow, broken or hostile."""

import gzip
import os
import shutil
import signal
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from http.server import SimpleHTTPRequestHandler
from pathlib import Path

import pytest

from tests.client.conftest import Audit
from tests.client.logs import ORIGIN, OTHER_KEY, VKEY, flip, members, publish, send, serving
from tests.client.test_audit_folder import lines

GOOD = members(600)
type Answer = Callable[[SimpleHTTPRequestHandler], None]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return publish(tmp_path / "log", GOOD)


def test_an_honest_log_is_clean(log: Path, edgecode: Audit) -> None:
    with serving(log) as server:
        code, said = edgecode("audit", server.url, "--vkey", VKEY)
    assert code == 0, said
    assert lines(said, "Checked")[0].startswith("600 entries, 7 files, ")
    assert sorted(set(server.asked)) == sorted(server.asked)  # each file once


def test_a_mirror_is_an_export_and_the_next_audit_fetches_only_what_is_new(
    log: Path, tmp_path: Path, edgecode: Audit
) -> None:
    mirror = tmp_path / "mirror"
    with serving(log) as server:
        assert edgecode("audit", server.url, "--vkey", VKEY, "--mirror", mirror)[0] == 0
        server.asked.clear()
        publish(log, members(900))
        code, said = edgecode("audit", server.url, "--vkey", VKEY, "--mirror", mirror)
    assert code == 0, said
    assert "tile/entries/000" not in server.asked
    assert "tile/entries/002" in server.asked
    code, said = edgecode("audit", mirror, "--vkey", VKEY)
    assert code == 0, said
    assert lines(said, "Checkpoint")[0].startswith("900 entries")


def test_a_damaged_mirror_is_mended_from_the_server(
    log: Path, tmp_path: Path, edgecode: Audit
) -> None:
    mirror = tmp_path / "mirror"
    with serving(log) as server:
        edgecode("audit", server.url, "--vkey", VKEY, "--mirror", mirror)
        for name in ("tile/entries/000", "tile/0/001", "tile/1/000.p/2", "tile/0/002.p/88"):
            flip(mirror / name)
        code, said = edgecode("audit", server.url, "--vkey", VKEY, "--mirror", mirror)
    assert code == 0, said
    assert edgecode("audit", mirror, "--vkey", VKEY)[0] == 0


@pytest.mark.parametrize("size", [300, 310, 600])
def test_a_mirror_gives_no_file_away_for_another_history(
    tmp_path: Path, edgecode: Audit, size: int
) -> None:
    mirror = tmp_path / "mirror"
    with serving(publish(tmp_path / "log", members(300))) as server:
        edgecode("audit", server.url, "--vkey", VKEY, "--mirror", mirror)
    before = {path: path.read_bytes() for path in mirror.rglob("*") if path.is_file()}
    with serving(publish(tmp_path / "fork", members(size, first=7))) as server:
        # Also where the state file is lost: the mirror remembers by itself.
        options = ("--vkey", VKEY, "--mirror", mirror, "--state", tmp_path / "new")
        code, said = edgecode("audit", server.url, *options)
        assert code == 2
        (told,) = [line for line in lines(said, "Problem") if "mirror holds" in line]
        assert told.startswith("the mirror holds other bytes under tile/")
        assert told.endswith(f"right under its own checkpoint: {mirror} is left as it is")
    assert all(path.read_bytes() == raw for path, raw in before.items())
    assert edgecode("audit", mirror, "--vkey", VKEY)[0] == 0


def test_a_mirror_remembers_when_the_state_file_is_lost(
    log: Path, tmp_path: Path, edgecode: Audit
) -> None:
    mirror = tmp_path / "mirror"
    other = publish(tmp_path / "other", [*members(500), *members(400, first=1000)])
    with serving(log) as server:
        edgecode("audit", server.url, "--vkey", VKEY, "--mirror", mirror)
        again = edgecode("audit", server.url, "--vkey", VKEY, "--mirror", mirror)
    assert lines(again[1], "Compared")[0].startswith("1 seen before")
    with serving(other) as server:
        code, said = edgecode(
            *("audit", server.url, "--vkey", VKEY),
            *("--mirror", mirror, "--state", tmp_path / "new"),
        )
    assert code == 2
    assert lines(said, "Problem")[0].startswith("another history: the log no longer begins with")
    assert lines(said, "Problem")[0].endswith(f"{mirror}/checkpoint")


def test_a_mirror_takes_nothing_that_is_not_the_signed_log(
    log: Path, tmp_path: Path, edgecode: Audit
) -> None:
    flip(log / "tile/entries/001", 70)
    mirror = tmp_path / "mirror"
    with serving(log) as server:
        code, said = edgecode("audit", server.url, "--vkey", VKEY, "--mirror", mirror)
    assert code == 2
    assert lines(said, "Problem") == ["tile/entries/001: not the signed bytes of entry 256"]
    assert not (mirror / "tile/entries/001").exists()
    assert (mirror / "tile/entries/000").exists()


def test_partial_tiles_may_be_gone_once_the_full_ones_are_there(
    log: Path, tmp_path: Path, edgecode: Audit
) -> None:
    old = (log / "checkpoint").read_bytes()
    shutil.rmtree(log / "tile")
    publish(log, members(1000))
    (log / "checkpoint").write_bytes(old)
    with serving(log) as server:
        code, said = edgecode("audit", server.url, "--vkey", VKEY)
    # tile/1/000 has no full form yet: a server that keeps its partial forms has all that it needs.
    assert code == 2
    assert lines(said, "Problem") == ["tile/1/000.p/2: the server does not have it"]


def test_files_may_come_compressed(log: Path, edgecode: Audit) -> None:
    def compressed(name: str) -> Answer:
        body = gzip.compress((log / name).read_bytes())
        return lambda handler: send(handler, body, Content_Encoding="gzip")

    with serving(log) as server:
        for name in ("tile/entries/000", "tile/entries/001", "checkpoint"):
            server.answers[name] = compressed(name)
        code, said = edgecode("audit", server.url, "--vkey", VKEY)
    assert code == 0, said


BOMB = gzip.compress(bytes(50_000_000))


def bomb(handler: SimpleHTTPRequestHandler) -> None:
    send(handler, BOMB, Content_Encoding="gzip")


def endless(handler: SimpleHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    handler.close_connection = True
    try:
        while True:
            handler.wfile.write(bytes(1 << 16))
    except OSError:
        pass


def silent(handler: SimpleHTTPRequestHandler) -> None:
    handler.close_connection = True
    time.sleep(2)


def dribbling(handler: SimpleHTTPRequestHandler) -> None:
    """One byte now and then, of a header that never ends."""
    handler.close_connection = True
    try:
        for byte in b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100:
            handler.wfile.write(bytes([byte]))
            time.sleep(0.1)
    except OSError:
        pass


def cut_short(handler: SimpleHTTPRequestHandler) -> None:
    send(handler, b"x" * 100, Content_Length="8192")
    handler.close_connection = True


def elsewhere(handler: SimpleHTTPRequestHandler) -> None:
    send(handler, b"", 302, Location="http://127.0.0.1:9/evil")


def saying(status: int) -> Answer:
    return lambda handler: send(handler, b"no", status)


def encoded(handler: SimpleHTTPRequestHandler) -> None:
    send(handler, zlib.compress(b"x"), Content_Encoding="br")


def half_packed(handler: SimpleHTTPRequestHandler) -> None:
    send(handler, gzip.compress(bytes(8192))[:-9], Content_Encoding="gzip")


def gibberish(handler: SimpleHTTPRequestHandler) -> None:
    handler.wfile.write(b"220 smtp.example ESMTP\r\n")
    handler.close_connection = True


HOSTILE: list[tuple[Answer, str]] = [
    (silent, "no answer in time"),
    (dribbling, ""),
    (cut_short, "the answer was cut short"),
    (elsewhere, "the server answers 302 to http://127.0.0.1:9/evil; redirects are not followed"),
    (saying(503), "the server answers 503"),
    (saying(403), "the server answers 403"),
    (encoded, "sent as br, which was not asked for"),
    (half_packed, "the compressed answer is damaged"),
    (gibberish, ""),
]


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(("answer", "reason"), HOSTILE)
def test_a_server_that_does_not_answer_properly_is_unreadable_not_broken(
    log: Path, edgecode: Audit, answer: Answer, reason: str
) -> None:
    with serving(log) as server:
        server.answers["tile/0/001"] = answer
        code, said = edgecode("audit", server.url, "--vkey", VKEY)
    assert code == 3, said
    assert len(lines(said, "Unreadable")) == 1
    assert lines(said, "Unreadable")[0].startswith(f"{server.url}tile/0/001: {reason}")
    assert not lines(said, "Problem")
    assert not lines(said, "Violation")


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("answer", [bomb, endless])
def test_more_than_any_file_of_a_log_is_not_read_to_its_end(
    log: Path, edgecode: Audit, answer: Answer
) -> None:
    with serving(log) as server:
        server.answers["tile/0/001"] = answer
        code, said = edgecode("audit", server.url, "--vkey", VKEY)
    assert code == 2, said
    assert lines(said, "Problem") == [
        f"{server.url}tile/0/001: longer than the 8192 bytes it may have"
    ]


@pytest.mark.usefixtures("impatient")
def test_a_server_that_fails_once_is_asked_again(log: Path, edgecode: Audit) -> None:
    with serving(log) as server:

        def once(handler: SimpleHTTPRequestHandler) -> None:
            del server.answers["tile/0/001"]
            send(handler, b"wait", 503)

        server.answers["tile/0/001"] = once
        assert edgecode("audit", server.url, "--vkey", VKEY)[0] == 0


@pytest.mark.parametrize(
    ("body", "code"), [(b"<html>Welcome to the hotel</html>", 2), (b"", 2), (b"\xff" * 9, 2)]
)
def test_something_else_in_place_of_the_checkpoint(
    log: Path, edgecode: Audit, body: bytes, code: int
) -> None:
    with serving(log) as server:
        server.answers["checkpoint"] = lambda handler: send(handler, body)
        assert edgecode("audit", server.url, "--vkey", VKEY)[0] == code


def test_a_missing_tile_is_a_broken_promise(log: Path, edgecode: Audit) -> None:
    (log / "tile/entries/001").unlink()
    with serving(log) as server:
        code, said = edgecode("audit", server.url, "--vkey", VKEY)
    assert code == 2
    assert lines(said, "Problem") == ["tile/entries/001: the server does not have it"]


def test_another_log_at_the_address(tmp_path: Path, edgecode: Audit) -> None:
    other = publish(tmp_path / "other", GOOD[:3], origin="other.example/log", key=OTHER_KEY)
    with serving(other) as server:
        code, said = edgecode("audit", server.url, "--vkey", VKEY)
    assert code == 2
    assert "no log of the policy signed the checkpoint of other.example/log" in said


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://example.org/ledger/", "http:// is for this machine only"),
        ("ftp://example.org/", "not an address"),
        ("https://user:secret@example.org/", "without user"),
        ("https://example.org/?a=b", "without user, ? and #"),
        ("https://example.org:port/", "the port is not a number"),
        ("https:///x", "not an address"),
        ("https://[::1/", "Invalid IPv6 URL"),
        ("https://" + "x" * 70 + ".example/", "x.example/shards: "),
        ("http://127.0.0.1:1/a b/", "control characters"),
        ("http://127.0.0.1:1/", "refused"),
    ],
)
@pytest.mark.usefixtures("impatient")
def test_an_address_that_cannot_be_read(edgecode: Audit, url: str, reason: str) -> None:
    code, said = edgecode("audit", url, "--vkey", VKEY)
    assert code == 3
    assert reason in lines(said, "Unreadable")[0]
    assert "secret" not in lines(said, "Unreadable")[0]


def test_an_audit_that_was_killed_goes_on_where_it_stopped(tmp_path: Path, edgecode: Audit) -> None:
    log = publish(tmp_path / "log", members(256 * 40))
    mirror = tmp_path / "mirror"
    with serving(log) as server:
        for number in range(20, 40):
            server.answers[f"tile/entries/{number:03d}"] = silent
        program = [sys.executable, "-c", "from edgecode.command import main; main()"]
        options = ["audit", server.url, "--vkey", VKEY, "--mirror", str(mirror)]
        with subprocess.Popen([*program, *options], env={**os.environ}) as process:
            wait_for((mirror / "tile/entries/019").exists)
            process.send_signal(signal.SIGKILL)
        server.answers.clear()
        server.asked.clear()
        code, said = edgecode(*options)
    assert code == 0, said
    assert ORIGIN in said
    again = [name for name in server.asked if name.startswith("tile/entries/")]
    assert sorted(again) == [f"tile/entries/{number:03d}" for number in range(20, 40)]


def wait_for(condition: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)
