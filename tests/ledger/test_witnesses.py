"""The log asks its witnesses: real ones, over HTTP, in threads of their own."""

import contextlib
import http.server
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from io import StringIO
from pathlib import Path

import aics_tlog
import pytest
import time_machine
from aics_witness.config import LogConfig
from aics_witness.service import Witness as ForeignWitness
from aics_witness.service import make_server
from aics_witness.store import WitnessStore
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone
from pytest_django import Settings

from edgecode.log import notes
from edgecode.log.keys import parse_vkey
from edgecode.log.policy import Standing, parse_policy
from edgecode.log.verify import verify_log
from edgecode.log.witness import origin_hash
from edgecode.witness_server import Pace, WitnessServer
from edgecode.witness_state import open_witness
from ledger import background, proofs, sequencer, witness_http, witnesses
from ledger.models import Event, LogState, WitnessState

pytestmark = pytest.mark.django_db

ORIGIN = "edgecode.localhost/ledger"


@dataclass
class Partner:
    """A witness of ours that a partner runs, and its lines for a policy."""

    name: str
    server: WitnessServer

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    @property
    def lines(self) -> str:
        first, second = self.server.witness.vkeys
        return (
            f"witness {self.name} {first} {self.url}\nwitness {self.name}-pq {second} {self.url}\n"
        )

    def remembers(self) -> int | None:
        answer = self.server.witness.checkpoint(origin_hash(ORIGIN))
        if answer.status != 200:
            return None
        size: int = notes.parse_checkpoint(notes.note_text(answer.body)).size
        return size


class Situation:
    """The log of this test, its partners, and the policy that names them."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        self.folder, self.settings = folder, settings
        self.running: list[Partner] = []

    @property
    def log_line(self) -> str:
        return f"log {proofs.vkey()}\n"

    def partner(self, name: str) -> Partner:
        files = self.folder / name
        files.mkdir()
        follow = parse_policy(f"{self.log_line}quorum none\n")
        witness, state = open_witness(follow, files / "key", files / "state", f"{name}.example")
        server = WitnessServer(("127.0.0.1", 0), witness, state, Pace(1000, 1000))
        threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        ).start()
        partner = Partner(name, server)
        self.running.append(partner)
        return partner

    def policy(self, lines: str, quorum: str = "none") -> None:
        path = self.folder / "policy"
        path.write_text(f"{self.log_line}{lines}quorum {quorum}\n")
        self.settings.ENV = self.settings.ENV.model_copy(update={"ledger_witnesses": path})

    def standing(self, note: str | None = None) -> Standing:
        text = (self.folder / "policy").read_bytes()
        return parse_policy(text).check(note or proofs.checkpoint() or "")


@pytest.fixture
def here(
    var_dir: Path, tmp_path: Path, settings: Settings, shake: Callable[..., Event]
) -> Iterator[Situation]:
    shake()
    sequencer.advance()
    situation = Situation(tmp_path, settings)
    yield situation
    for partner in situation.running:
        partner.server.shutdown()
        partner.server.server_close()
        partner.server.state.close()


def later() -> None:
    """Let ten seconds pass, as far as the witnesses' turns go."""
    for row in WitnessState.objects.exclude(asked_at=None):
        row.asked_at -= timedelta(seconds=10)  # type: ignore[operator]
        row.save()


def log_lines() -> list[str]:
    """The lines of the published note that are not of witnesses."""
    note = proofs.checkpoint() or ""
    return [line for name, _, line in notes.signature_lines(note) if name == ORIGIN]


def test_what_is_published_carries_the_lines_of_the_witnesses(
    here: Situation, shake: Callable[..., Event], var_dir: Path
) -> None:
    one, two = here.partner("one"), here.partner("two")
    here.policy(one.lines + two.lines + "group both all one two\n", "both")
    assert witnesses.turn() == 2
    standing = here.standing()
    assert set(standing.witnesses) == {"one", "one-pq", "two", "two-pq"}
    assert standing.is_witnessed
    assert proofs.folder().witnessed() == proofs.checkpoint()
    receipt = proofs.receipt(0)
    assert proofs.open_receipt(receipt, proofs.entry(0))[0] == 0
    assert here.standing(notes.parse_receipt(receipt).checkpoint).is_witnessed
    signed = log_lines()
    for _ in range(3):  # nothing else is done to it: no new signature, nobody asked again
        later()
        sequencer.advance()
        assert witnesses.turn() == 0
    assert log_lines() == signed
    shake()
    later()
    sequencer.advance()
    assert not here.standing().is_witnessed
    assert witnesses.turn() == 2
    assert here.standing().is_witnessed
    assert one.remembers() == two.remembers() == 2
    assert verify_log(var_dir / "ledger", proofs.vkey() or "").ok


def test_a_witness_is_asked_every_ten_seconds_at_most(
    here: Situation, shake: Callable[..., Event]
) -> None:
    one = here.partner("one")
    here.policy(one.lines)
    sizes = []
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _ in range(25):
            shake()
            sequencer.advance()
            witnesses.turn()
            sizes.append(one.remembers())
            clock.shift(1)
    assert sizes == [2] * 10 + [12] * 10 + [22] * 5


def test_an_idle_log_is_cosigned_every_hour_in_place_of_the_line_before(here: Situation) -> None:
    one = here.partner("one")
    here.policy(one.lines)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        assert witnesses.turn() == 1
        first = here.standing().cosigned
        clock.shift(timedelta(minutes=59))
        assert witnesses.turn() == 0
        clock.shift(timedelta(minutes=2))
        assert witnesses.turn() == 1
        assert here.standing().cosigned == {name: time + 3660 for name, time in first.items()}
    lines = list(notes.signature_lines(proofs.checkpoint() or ""))
    assert len(lines) == len({line[:2] for line in lines}) == 3


def test_a_damaged_tile_does_not_look_like_a_fork_to_a_witness(
    here: Situation, shake: Callable[..., Event]
) -> None:
    one = here.partner("one")
    here.policy(one.lines)
    witnesses.turn()
    for _ in range(3):
        shake()
    sequencer.advance()
    later()
    path = proofs.folder().path / "tile/0/000.p/4"
    raw = path.read_bytes()
    for at in (40, 100):
        path.write_bytes(raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :])
        assert witnesses.turn() == 0
        assert "leads to other roots" in WitnessState.objects.get().trouble
        later()
    assert one.server.state.forks(ORIGIN) == []
    path.write_bytes(raw)
    assert witnesses.turn() == 1


def test_a_clock_that_is_put_back_stops_nobody(
    here: Situation, shake: Callable[..., Event]
) -> None:
    one = here.partner("one")
    here.policy(one.lines)
    with time_machine.travel(timezone.now() + timedelta(days=1), tick=False) as clock:
        assert witnesses.turn() == 1
        shake()
        sequencer.advance()
        clock.shift(-3600)
        # The witness has the same clock here, and does not sign for a time before its last.
        assert witnesses.turn() == 0
        assert "clock of this witness" in WitnessState.objects.get().trouble
        clock.shift(3600)
        later()
        assert witnesses.turn() == 1
        assert WitnessState.objects.get().trouble == ""


@pytest.mark.parametrize(
    ("wrong", "why"),
    [(timedelta(seconds=10), "yet to come"), (timedelta(days=-1), "which is before")],
)
def test_a_cosignature_by_a_wrong_clock_is_not_taken(
    here: Situation, monkeypatch: pytest.MonkeyPatch, wrong: timedelta, why: str
) -> None:
    one = here.partner("one")
    here.policy(one.lines, "one")
    right = type(one.server.witness).add_checkpoint
    monkeypatch.setattr(
        type(one.server.witness),
        "add_checkpoint",
        lambda self, body, now: right(self, body, now + int(wrong.total_seconds())),
    )
    assert witnesses.turn() == 0
    trouble = WitnessState.objects.get(url=one.url).trouble
    assert trouble.startswith("signs by a wrong clock: it is of ")
    assert why in trouble
    assert proofs.folder().witnessed() is None
    assert not here.standing().cosigned


def test_a_log_that_grows_faster_than_witnesses_are_asked_shows_the_newest_witnessed(
    here: Situation, shake: Callable[..., Event]
) -> None:
    one = here.partner("one")
    here.policy(one.lines, "one")
    assert witnesses.turn() == 1
    for _ in range(3):
        shake()
        sequencer.advance()
        witnesses.turn()
    newest = here.standing()
    assert (newest.checkpoint.size, newest.is_witnessed) == (4, False)
    witnessed = here.standing(proofs.folder().witnessed())
    assert (witnessed.checkpoint.size, witnessed.is_witnessed) == (1, True)


def test_cosignatures_that_come_late_are_not_put_on_a_newer_checkpoint(
    here: Situation, shake: Callable[..., Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = here.partner("one")
    here.policy(one.lines, "one")
    real = witnesses._attach

    def slowly(*values: object) -> None:
        shake()
        sequencer.advance()
        real(*values)  # type: ignore[arg-type]

    monkeypatch.setattr(witnesses, "_attach", slowly)
    assert witnesses.turn() == 1
    assert here.standing().witnesses == ()
    assert here.standing(proofs.folder().witnessed()).checkpoint.size == 1


def test_a_new_log_finds_out_what_a_witness_remembers(
    here: Situation, shake: Callable[..., Event]
) -> None:
    one = here.partner("one")
    here.policy(one.lines)
    witnesses.turn()
    shake()
    sequencer.advance()
    WitnessState.objects.all().delete()  # a database that has forgotten
    assert witnesses.turn() == 1
    assert one.remembers() == WitnessState.objects.get().size == 2


def test_a_witness_that_has_forgotten_is_told_of(
    here: Situation, shake: Callable[..., Event], caplog: pytest.LogCaptureFixture
) -> None:
    one = here.partner("one")
    here.policy(one.lines)
    witnesses.turn()
    shake()
    sequencer.advance()
    later()
    one.server.state._database.execute("DELETE FROM log")
    assert witnesses.turn() == 1
    assert WitnessState.objects.get().trouble == "had forgotten 1 entries: ask who runs it"
    assert "the witness one had forgotten 1 entries" in caplog.text


def test_a_witness_that_remembers_more_than_is_published_is_told_of(here: Situation) -> None:
    one = here.partner("one")
    here.policy(one.lines)
    kept = one.server.state
    signer = sequencer.agreement.agreeing_state()[1]
    more = notes.Checkpoint(ORIGIN, 9, bytes(32))
    kept.swap(ORIGIN, None, signer.sign(more))
    assert witnesses.turn() == 0
    assert WitnessState.objects.get().trouble == "remembers 9 entries, 1 are published: a fork?"


def test_a_foreign_witness_cosigns_our_log(
    here: Situation, tmp_path: Path, shake: Callable[..., Event]
) -> None:
    key = Ed25519PrivateKey.generate()
    vkey = aics_tlog.parse_vkey(proofs.vkey() or "")
    with WitnessStore(tmp_path / "foreign.db", create=True) as store:
        log = LogConfig(ORIGIN, (vkey,))
        server = make_server(ForeignWitness("foreign.example/w", key, store, [log]))
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            own = server.witness.vkey_text
            here.policy(f"witness foreign {own} {server.url}\n", "foreign")
            for size in (1, 2):
                assert witnesses.turn() == 1
                assert here.standing().is_witnessed
                verified = aics_tlog.verify_checkpoint(
                    aics_tlog.parse_note(proofs.checkpoint() or ""),
                    vkey,
                    [aics_tlog.parse_vkey(own)],
                    1,
                    expected_origin=ORIGIN,
                    max_age_seconds=60,
                )
                assert verified.ok, verified.error
                assert WitnessState.objects.get().size == size
                shake()
                later()
                sequencer.advance()
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


class Rude(http.server.BaseHTTPRequestHandler):
    """A witness that answers whatever its test wants."""

    status, answer, kind = 200, b"", "text/plain"

    def do_POST(self) -> None:
        """Whatever it is asked."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(self.status)
        self.send_header("Content-Type", self.kind)
        self.send_header("Content-Length", str(len(self.answer)))
        self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        self.end_headers()
        self.wfile.write(self.answer)

    def log_message(self, *_: object) -> None:
        pass


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        ((500, b"sorry"), "answered 500: sorry"),
        ((422, b"fork!\n"), "answered 422: fork!"),
        ((403, b""), "answered 403: "),
        ((302, b""), "answered 302: "),
        ((409, b"0\n"), "answered 409: 0"),
        ((409, b"0\n", "text/x.tlog.size"), "remembers 0 entries, 1 are published: a fork?"),
        ((409, b"x\n", "text/x.tlog.size"), "the size the witness named must be"),
        ((409, b"-1\n", "text/x.tlog.size"), "the size the witness named must be"),
        ((200, b""), "not a signed note"),
        ((200, b"<html>", "text/html"), "not a signed note"),
        ((200, b"\xff\xfe\n"), "'utf-8' codec"),
        ((200, b"x" * 200_000), "the answer is too long"),
        ((200, "— stranger.example AAAAAAAA\n".encode()), "not in the policy"),
    ],
)
def test_whatever_a_witness_answers_is_one_line_of_trouble(
    here: Situation, monkeypatch: pytest.MonkeyPatch, answer: tuple[object, ...], trouble: str
) -> None:
    one = here.partner("one")
    for name, value in zip(("status", "answer", "kind"), answer, strict=False):
        monkeypatch.setattr(Rude, name, value)
    before = proofs.checkpoint()
    with http.server.HTTPServer(("127.0.0.1", 0), Rude) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        here.policy(one.lines.replace(one.url, f"http://127.0.0.1:{server.server_address[1]}"))
        assert witnesses.turn() == 0
        server.shutdown()
        thread.join()
    assert trouble in WitnessState.objects.get().trouble
    assert proofs.checkpoint() == before


@pytest.mark.parametrize(
    ("address", "trouble"),
    [
        ("http://127.0.0.1:1", "refused"),
        ("ftp://w.example", "not the address of a witness"),
        ("http://127.0.0.1:99999", "Port out of range"),
        ("nonsense", "not the address of a witness"),
    ],
)
def test_a_witness_that_is_not_there_is_one_line_of_trouble(
    here: Situation, address: str, trouble: str
) -> None:
    one = here.partner("one")
    here.policy(one.lines.replace(one.url, address))
    assert witnesses.turn() == 0
    assert trouble in WitnessState.objects.get().trouble


def test_a_witness_that_never_ends_its_answer_is_cut_off(
    here: Situation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(witness_http, "SECONDS", 0.5)
    one = here.partner("one")
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def dribble() -> None:
            connection, _ = listener.accept()
            with connection, contextlib.suppress(OSError):
                connection.sendall(b"HTTP/1.1 200 OK\r\n")
                while True:
                    connection.sendall(b"X: ")
                    time.sleep(0.1)

        thread = threading.Thread(target=dribble)
        thread.start()
        here.policy(one.lines.replace(one.url, f"http://127.0.0.1:{listener.getsockname()[1]}"))
        started = time.monotonic()
        assert witnesses.turn() == 0
        assert time.monotonic() - started < 5
        thread.join()
    assert WitnessState.objects.get().trouble


@pytest.mark.django_db(transaction=True)
def test_the_worker_asks_beside_publishing_which_waits_for_nobody(
    here: Situation, shake: Callable[..., Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = here.partner("one")
    asked, gate, real = threading.Event(), threading.Event(), witness_http.post

    def slow(prefix: str, body: str) -> witness_http.HttpAnswer:
        asked.set()
        gate.wait(10)
        return real(prefix, body)

    monkeypatch.setattr(witness_http, "post", slow)
    here.policy(one.lines, "one")
    stop = threading.Event()
    threads = background.start(stop)
    try:
        assert asked.wait(10)
        shake()
        wait_for(lambda: proofs.folder().size() == 2)
        assert one.remembers() is None
        gate.set()
        wait_for(lambda: proofs.folder().witnessed() is not None)
    finally:
        gate.set()
        stop.set()
        for thread in threads:
            thread.join(10)
    assert here.standing(proofs.folder().witnessed()).is_witnessed


def wait_for(holds: Callable[[], bool]) -> None:
    for _ in range(200):
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError("it did not come to pass in ten seconds")


def test_an_operator_runs_a_witness_without_touching_the_database(
    here: Situation, tmp_path: Path
) -> None:
    here.policy("")
    options = [f"--{name}={tmp_path / name}" for name in ("policy", "key", "state")]
    options += ["--listen=127.0.0.1:0", "--name=partner.example/w"]
    environment = {
        "PATH": os.environ["PATH"],
        "EDGECODE_DEBUG": "true",
        "EDGECODE_VAR_DIR": str(tmp_path / "elsewhere"),
        "DATABASE_URL": "postgres://nobody@127.0.0.1:1/nowhere",
    }
    process = subprocess.Popen(
        [sys.executable, "manage.py", "ledger", "witness", *options],
        cwd=settings.BASE_DIR,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with process.stdout as out:
        port = int(out.readline().rpartition(":")[2])
        vkey = out.readline().strip()
        here.policy(f"witness partner {vkey} http://127.0.0.1:{port}/\n", "partner")
        assert witnesses.turn() == 1
        assert here.standing().is_witnessed
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0


def test_a_policy_that_is_wrong_is_named_with_its_line(here: Situation) -> None:
    here.policy("witnes x\n")
    with pytest.raises(ValueError, match=r"policy, line 2: 'witnes' is not log, witness"):
        witnesses.turn()


def test_advancing_by_hand_asks_the_witnesses(here: Situation) -> None:
    one = here.partner("one")
    here.policy(one.lines, "one")
    out = StringIO()
    call_command("ledger", "advance", stdout=out)
    assert "Cosignatures of witnesses: 1" in out.getvalue()
    assert here.standing().is_witnessed


def test_what_is_locked_in_never_carries_lines_of_others(here: Situation) -> None:
    one = here.partner("one")
    here.policy(one.lines)
    locked_in = LogState.objects.get().checkpoint
    witnesses.turn()
    assert LogState.objects.get().checkpoint == locked_in
    assert (proofs.checkpoint() or "").startswith(locked_in)
    assert parse_vkey(proofs.vkey() or "").name == ORIGIN
