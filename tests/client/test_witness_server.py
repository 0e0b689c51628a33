"""A witness over HTTP: with a foreign log, under attack, and killed at the worst moment."""

import http.client
import os
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import aics_tlog
import pytest
from aics_witness.feeder import WitnessClient, WitnessRejected, merge_cosignatures
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edgecode import witness_server, witness_state
from edgecode.audit import evidence
from edgecode.log import notes, witness
from edgecode.log.checkpoints import Checkpoint
from edgecode.log.keys import verifier_key
from edgecode.log.policy import parse_policy
from edgecode.log.witness import cosignature_lines, parse_size, request
from edgecode.witness_server import Pace, WitnessServer
from edgecode.witness_state import NoWitness, State, open_witness
from tests.client.trees import KEY, ORIGIN, VKEY, Tree

NAME = "witness.example/w1"
NO_HEADERS: Mapping[str, str] = {}
POLICY = parse_policy(f"log {VKEY}\nquorum none\n")
TREE = Tree(300)
FORK = Tree(300, "forged", same=10)


@dataclass
class Running:
    """A server on a port of its own."""

    server: WitnessServer
    port: int

    def post(self, body: bytes, **headers: str) -> tuple[int, str, str]:
        return self._send("POST", "/add-checkpoint", body, headers)

    def get(self, path: str) -> tuple[int, str, str]:
        return self._send("GET", path)

    def ask(self, old: int, new: int, tree: Tree = TREE) -> tuple[int, str, str]:
        return self.post(request(old, tree.consistency(old, new), tree.note(new)).encode())

    def _send(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> tuple[int, str, str]:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)) as connection:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return response.status, response.read().decode(), response.headers["Content-Type"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    running: list[tuple[WitnessServer, threading.Thread, State]] = []

    def serve(pace: Pace | None = None) -> Running:
        who, state = open_witness(POLICY, tmp_path / "key", tmp_path / "state", NAME)
        server = WitnessServer(("127.0.0.1", 0), who, state, pace or Pace(10_000, 10_000))
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        running.append((server, thread, state))
        return Running(server, server.server_address[1])

    yield serve
    for server, thread, state in running:
        server.shutdown()
        thread.join()
        server.server_close()
        state.close()


def test_a_checkpoint_is_cosigned_and_served_to_monitors(start: Callable[..., Running]) -> None:
    server = start()
    for old, new in [(0, 256), (256, 300)]:
        status, lines, _ = server.ask(old, new)
        assert status == 200
        signed = cosignature_lines(TREE.note(new), lines, server.server.witness.vkeys)
        assert len(signed) == 2
    path = f"/{witness.origin_hash(ORIGIN)}/checkpoint"
    assert server.get(path) == (200, TREE.note(300) + lines, "text/plain; charset=utf-8")


def test_statuses_go_over_the_wire(start: Callable[..., Running]) -> None:
    server = start()
    assert server.ask(0, 20)[0] == 200
    assert server.ask(5, 30) == (409, "20\n", "text/x.tlog.size")
    assert server.ask(20, 30, FORK)[0] == 422
    assert server.post(b"\xff\xfe")[:2] == (400, "not UTF-8\n")
    assert server.post(b"x")[0] == 400
    assert server.post(request(0, [], TREE.note(7).replace(ORIGIN, "a")).encode())[0] == 404
    assert server.get("/")[0] == server.get("/add-checkpoint")[0] == 404
    assert server.get(f"/{'0' * 64}/checkpoint")[0] == 404
    assert server.get(f"/x/{witness.origin_hash(ORIGIN)}/checkpoint")[0] == 404
    (document,) = server.server.state.forks(ORIGIN)
    shown = evidence.verify(document.encode(), POLICY)
    assert shown.claim.endswith("signed two trees of which neither begins with the other")
    assert shown.checkpoint == FORK.checkpoint(30)
    assert server.ask(20, 20, FORK)[0] == 422
    shown = evidence.verify(server.server.state.forks(ORIGIN)[1].encode(), POLICY)
    assert shown.checkpoint == FORK.checkpoint(20)


def test_a_stranger_fills_no_evidence_with_honest_checkpoints(
    start: Callable[..., Running],
) -> None:
    server = start()
    assert server.ask(0, 20)[0] == 200
    for size in range(21, 60):
        junk = [bytes([size] * 32)] * 5
        assert server.post(request(20, junk, TREE.note(size)).encode())[0] == 422
        assert server.post(request(7, junk, TREE.note(size)).encode())[0] == 409
    assert server.server.state.forks(ORIGIN) == []


def test_evidence_is_kept_once_and_not_without_end(
    start: Callable[..., Running], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(witness_state, "FORKS_MAX", 3)
    state = start().server.state
    new = [state.keep_fork(Checkpoint(ORIGIN, 7, bytes(32)), "the same") for _ in range(3)]
    assert (new, state.forks(ORIGIN)) == ([True, False, False], ["the same"])
    for number in range(5):
        state.keep_fork(Checkpoint("noisy", number, bytes(32)), str(number))
    assert state.forks("noisy") == ["0", "1", "2"]


def test_bodies_are_limited(start: Callable[..., Running]) -> None:
    server = start()
    huge = str(10**12)
    assert server.post(b"", **{"Content-Length": huge})[0] == 413
    assert server.post(b"", **{"Content-Length": str(witness_server.BODY_MAX + 1)})[0] == 413
    assert server.post(b"", **{"Content-Length": "-1"})[0] == 411
    assert server.post(b"0\r\n\r\n", **{"Transfer-Encoding": "chunked"})[0] == 411
    sixteen = "".join(f"— s{n}.example {'A' * 6800}\n" for n in range(16))
    assert server.post(request(0, [], TREE.note(7) + sixteen).encode())[0] == 200


def test_a_connection_is_kept_for_the_next_request(start: Callable[..., Running]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", start().port, timeout=10)
    for old, new in [(0, 7), (7, 9)]:
        body = request(old, TREE.consistency(old, new), TREE.note(new)).encode()
        connection.request("POST", "/add-checkpoint", body)
        response = connection.getresponse()
        assert response.status == 200
        response.read()
    assert connection.sock is not None
    connection.close()


def test_whoever_asks_too_fast_waits(start: Callable[..., Running]) -> None:
    server = start(Pace(burst=3, per_second=0.001))
    assert [server.ask(0, 7)[0], server.ask(7, 8)[0], server.ask(8, 9)[0]] == [200] * 3
    status, text, _ = server.ask(9, 10)
    assert (status, text) == (429, "too fast: once in ten seconds is enough\n")


def test_the_pace_is_per_address_and_comes_back() -> None:
    pace = Pace(burst=2, per_second=1)
    assert [pace.allows("a", 0), pace.allows("a", 0), pace.allows("a", 0)] == [True, True, False]
    assert pace.allows("b", 0)
    assert pace.allows("a", 1.5)
    for number in range(20_000):
        pace.allows(f"n{number}", 2)
    assert len(pace._left) == 10_000


def test_whoever_sends_slowly_is_cut_off_and_others_are_served(
    start: Callable[..., Running], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(witness_server, "_SECONDS_MAX", 0.3)
    server = start()
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as slow:
        slow.sendall(b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 100\r\n\r\nold")
        assert server.ask(0, 7)[0] == 200
        assert slow.recv(100) == b""


def test_there_is_room_for_so_many_and_no_more(
    start: Callable[..., Running], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(witness_server, "CONNECTIONS_MAX", 2)
    server = start()
    taken = [socket.create_connection(("127.0.0.1", server.port), timeout=10) for _ in range(2)]
    time.sleep(0.2)
    with pytest.raises(OSError, match=r".+"):
        server.ask(0, 7)
    for one in taken:
        one.close()
    time.sleep(0.2)
    assert server.ask(0, 7)[0] == 200


def test_a_state_that_cannot_be_written_signs_nothing(start: Callable[..., Running]) -> None:
    server = start()
    assert server.ask(0, 7)[0] == 200
    server.server.state._database.execute("PRAGMA query_only=ON")
    status, text, _ = server.ask(7, 9)
    assert (status, text) == (503, "the witness cannot use its state: OperationalError\n")
    server.server.state._database.execute("PRAGMA query_only=OFF")
    assert server.ask(7, 9)[0] == 200


def test_a_foreign_log_gets_its_cosignatures_here(start: Callable[..., Running]) -> None:
    server = start()
    vkey = str(server.server.witness.vkeys[0])
    tree = aics_tlog.MerkleTree(TREE.entries)
    with WitnessClient(f"http://127.0.0.1:{server.port}", vkey) as client:
        for size in (7, 300):
            line = client.submit(TREE.note(size), tree.consistency_proof)
            merged = merge_cosignatures(TREE.note(size), line)
            result = aics_tlog.verify_checkpoint(
                aics_tlog.parse_note(merged),
                aics_tlog.parse_vkey(str(VKEY)),
                [aics_tlog.parse_vkey(vkey)],
                1,
                expected_origin=ORIGIN,
                max_age_seconds=60,
            )
            assert result.ok, result.error
            policy = parse_policy(f"log {VKEY}\nwitness w {vkey}\nquorum w\n")
            assert policy.check(merged.decode()).is_witnessed
        with pytest.raises(WitnessRejected, match="422"):
            client.submit(FORK.note(300), tree.consistency_proof)


def test_what_was_cosigned_is_remembered_after_a_restart(
    start: Callable[..., Running], tmp_path: Path
) -> None:
    assert start().ask(0, 20)[0] == 200
    second = start()
    assert second.ask(0, 20, FORK)[:2] == (409, "20\n")
    assert second.ask(20, 30)[0] == 200
    mode = stat.S_IMODE((tmp_path / "key").stat().st_mode)
    assert mode == 0o600


def open_again(tmp_path: Path, name: str | None = None) -> None:
    _, state = open_witness(POLICY, tmp_path / "key", tmp_path / "state", name)
    state.close()


def test_a_key_without_its_state_is_refused(start: Callable[..., Running], tmp_path: Path) -> None:
    start()
    (tmp_path / "state").unlink()
    with pytest.raises(NoWitness, match="restore it"):
        open_again(tmp_path)


def test_a_state_without_its_key_is_refused(start: Callable[..., Running], tmp_path: Path) -> None:
    start().ask(0, 7)
    (tmp_path / "key").rename(tmp_path / "away")
    with pytest.raises(NoWitness, match="restore the key"):
        open_again(tmp_path, NAME)
    key = Ed25519PrivateKey.generate()
    (tmp_path / "key").write_bytes(pem(key))
    with pytest.raises(NoWitness, match="not the key of this state"):
        open_again(tmp_path)


def pem(key: Ed25519PrivateKey) -> bytes:
    from cryptography.hazmat.primitives import serialization as forms

    return key.private_bytes(forms.Encoding.PEM, forms.PrivateFormat.PKCS8, forms.NoEncryption())


def test_a_first_run_that_was_killed_before_the_key_begins_again(tmp_path: Path) -> None:
    with pytest.raises(NoWitness, match="--name"):
        open_again(tmp_path)
    state = State(tmp_path / "state")
    state.identify(NAME, [])
    state.close()
    open_again(tmp_path, NAME)
    open_again(tmp_path)
    with pytest.raises(NoWitness, match="a new name needs"):
        open_again(tmp_path, "other.example")


def test_a_state_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "state").write_bytes(b"no database" * 100)
    with pytest.raises(NoWitness, match="state"):
        open_again(tmp_path, NAME)
    with pytest.raises(NoWitness, match="names no log"):
        open_witness(parse_policy("quorum none\n"), tmp_path / "k", tmp_path / "s", NAME)


KILLED = """
import os, sys
from edgecode import witness_state
from edgecode.witness_server import main
stored = witness_state.State.swap
def swap(self, *values):
    {before}
    stored(self, *values)
    os._exit(9)
witness_state.State.swap = swap
main()
"""


def run(tmp_path: Path, program: str) -> tuple[subprocess.Popen[str], int]:
    (tmp_path / "policy").write_text(f"log {VKEY}\nquorum none\n")
    files = [item for name in ("policy", "key", "state") for item in (f"--{name}", tmp_path / name)]
    process = subprocess.Popen(
        [sys.executable, "-c", program, *files, "--listen", "127.0.0.1:0", "--name", NAME],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    first = process.stdout.readline()
    assert first.startswith(f"Witness {NAME} listens on 127.0.0.1:")
    return process, int(first.rpartition(":")[2])


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_around_storing_nothing_is_signed_that_is_not_remembered(
    tmp_path: Path, when: str
) -> None:
    program = KILLED.format(before="os._exit(9)" if when == "before" else "pass")
    process, port = run(tmp_path, program)
    with pytest.raises((OSError, http.client.HTTPException)):
        Running(None, port).ask(0, 20)  # type: ignore[arg-type]
    assert process.wait(10) == 9
    assert process.stdout is not None
    process.stdout.close()

    who, state = open_witness(POLICY, tmp_path / "key", tmp_path / "state", None)
    held = 20 if when == "after" else 0
    stale = who.add_checkpoint(request(5, [bytes(32)], TREE.note(30)), int(time.time()))
    assert (stale.status, parse_size(stale.body)) == (409, held)
    fork = who.add_checkpoint(request(held, [], FORK.note(20)), int(time.time()))
    if held:
        assert fork.status == 422, "it may have signed the other one"
        again = who.add_checkpoint(request(20, [], TREE.note(20)), int(time.time()))
        assert again.status == 200
    state.close()


def test_the_program_prints_its_keys_and_ends_when_told(tmp_path: Path) -> None:
    process, port = run(tmp_path, "from edgecode.witness_server import main; main()")
    assert process.stdout is not None
    vkeys = [process.stdout.readline().strip() for _ in range(2)]
    status, lines, _ = Running(None, port).ask(0, 20)  # type: ignore[arg-type]
    assert status == 200
    policy = parse_policy(
        f"log {VKEY}\nwitness a {vkeys[0]}\nwitness b {vkeys[1]}\ngroup both all a b\nquorum both\n"
    )
    assert policy.check(TREE.note(20) + lines).is_witnessed
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == 0
    assert "Witness ended" in process.stdout.read()
    process.stdout.close()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"--listen": "7380"}, "expected HOST:PORT"),
        ({"--listen": "127.0.0.1:99999"}, "expected HOST:PORT"),
        ({"--policy": "absent"}, "No such file"),
        ({"--policy": "wrong"}, "line 1: "),
        ({"--state": "absent/state"}, "unable to open"),
    ],
)
def test_a_mistake_is_one_line(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    change: dict[str, str],
    message: str,
) -> None:
    (tmp_path / "policy").write_text(f"log {VKEY}\nquorum none\n")
    (tmp_path / "wrong").write_text("lg\n")
    options = {"--policy": "policy", "--key": "key", "--state": "state"} | change
    arguments = ["--name", NAME]
    for option, value in options.items():
        arguments += [option, value if option == "--listen" else str(tmp_path / value)]
    assert witness_server.main(arguments) == 64
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1


def test_a_power_cut_after_the_answer_loses_nothing(tmp_path: Path) -> None:
    state = State(tmp_path / "state")
    assert state._database.execute("PRAGMA synchronous").fetchone() == (3,)  # EXTRA
    assert state.swap("a", None, "note 1")
    assert not state.swap("a", None, "note 2")
    assert not state.swap("a", "note 0", "note 2")
    assert state.swap("a", "note 1", "note 2")
    with sqlite3.connect(tmp_path / "state") as other:
        assert other.execute("SELECT note FROM log").fetchall() == [("note 2",)]
    other.close()
    state.close()


def test_the_key_is_never_readable_by_others(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        open_again(tmp_path, NAME)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    assert verifier_key("a", KEY).public_key not in (tmp_path / "key").read_bytes()
    assert notes.parse_vkey(str(VKEY)) == VKEY
