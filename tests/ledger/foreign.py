"""Programs that others wrote, and we cannot change, check a whole log and a running one.

    FOREIGN_TOOLS=DIR python -m pytest tests/ledger/foreign.py

They come from Debian: `.ci/foreign-tools DIR` fetches them. Only `.ci/nightly` runs this; no test
here is skipped.
"""

import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from pytest_django import Settings

from edgecode.log import notes, witness
from edgecode.log.checkpoints import Checkpoint
from edgecode.log.cosignatures import cosign
from edgecode.log.folder import LogFolder
from edgecode.log.policy import parse_policy
from ledger import proofs, sequencer, signing, witness_http, witnesses
from ledger.models import Event, WitnessState
from ledger.simulation.identity import Identity
from ledger.simulation.writer import simulate

ENTRIES = 110_000
SEED = secrets.randbelow(1 << 32)
HANGS_SECONDS = 300


def tool(name: str) -> str:
    folder = os.environ.get("FOREIGN_TOOLS")
    assert folder, "FOREIGN_TOOLS names no folder: `.ci/foreign-tools DIR` makes one"
    path = Path(folder) / "bin" / name
    assert path.exists(), f"{path} is missing: `.ci/foreign-tools {folder}` fetches it"
    return str(path)


def said(*command: object) -> tuple[int, str]:
    """Run a program; return its exit code and all it said."""
    done = subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        check=False,
        timeout=HANGS_SECONDS,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> LogFolder:
    """The published folder of a made-up market."""
    folder = tmp_path_factory.mktemp("market") / "log"
    print(f"seed {SEED}")  # noqa: T201 - shown when a test fails
    simulate(folder, entries=ENTRIES, seed=SEED)
    return LogFolder(folder)


@pytest.fixture(params=["one signature", "a second of ML-DSA-44"])
def log(market: LogFolder, request: pytest.FixtureRequest) -> Iterator[LogFolder]:
    """The same, signed as it was and with the second signature."""
    note = market.checkpoint() or ""
    if request.param != "one signature":
        second = MLDSA44PrivateKey.generate()
        line = cosign(notes.note_text(note), Identity(SEED).origin, second, 0)
        market.write("checkpoint", f"{note}{line}".encode())
    yield market
    market.write("checkpoint", note.encode())


def fsck(folder: Path) -> str:
    """Return what Tessera says of a log. It exits 0 also when it found something (1.0.4), and
    with one worker it would hang then."""
    arguments = [f"-storage_url=file://{folder}/", f"-public_key={folder}/log.vkey"]
    return said(tool("fsck"), *arguments, "-N=4", "-ui=false")[1]


def test_fsck_of_tessera_accepts_the_folder(log: LogFolder) -> None:
    root = log.root(ENTRIES).hex()
    text = fsck(log.path)
    assert f"Successfully fsck'd log with size {ENTRIES} and root" in text, text[-2000:]
    assert root in text


@pytest.mark.parametrize("name", ["tile/entries/200", "tile/0/123", "tile/1/000", "tile/2/000.p/1"])
def test_fsck_of_tessera_finds_a_flipped_bit(market: LogFolder, tmp_path: Path, name: str) -> None:
    folder = shutil.copytree(market.path, tmp_path / "log")
    raw = bytearray((folder / name).read_bytes())
    raw[len(raw) // 2] ^= 1
    (folder / name).write_bytes(raw)
    text = fsck(folder)
    assert "Successfully" not in text
    assert "fsck failed" in text, text[-2000:]


def test_aics_tlog_accepts_the_folder_and_an_entry(log: LogFolder, tmp_path: Path) -> None:
    key = (log.path / "log.vkey").read_text().strip()
    trust = ["--tiles", log.path, "--log-key", key, "--origin", Identity(SEED).origin]
    code, text = said(sys.executable, "-m", "aics_tlog", "verify-checkpoint", *trust)
    assert code == 0, text
    entry = tmp_path / "entry"
    entry.write_bytes(log.entry(77_777, ENTRIES))
    which = ["--leaf", entry, "--index", 77_777]
    code, text = said(sys.executable, "-m", "aics_tlog", "verify-inclusion", *trust, *which)
    assert code == 0, text
    which[-1] = 77_778
    assert said(sys.executable, "-m", "aics_tlog", "verify-inclusion", *trust, *which)[0] != 0


def test_torchwood_accepts_a_receipt(log: LogFolder, tmp_path: Path) -> None:
    """It reads `.tlog-proof` as it was before that had a head line."""
    entry = tmp_path / "entry"
    entry.write_bytes(log.entry(77_777, ENTRIES))
    head, _, rest = log.receipt(77_777).partition("\n")
    assert head == "c2sp.org/tlog-proof@v1"
    (tmp_path / "entry.spicy").write_text(rest)
    key = (log.path / "log.vkey").read_text().strip()
    code, text = said(tool("spicy-torchwood"), "-verify", key, entry)
    assert (code, "verified" in text) == (0, True), text
    entry.write_bytes(log.entry(77_778, ENTRIES))
    assert said(tool("spicy-torchwood"), "-verify", key, entry)[0] != 0


@dataclass
class Lite:
    """Torchwood's litewitness, running: its address and its key."""

    url: str
    vkey: str

    def answer(self, old: int, proof: list[bytes], note: str) -> tuple[int, str]:
        answer = witness_http.post(self.url, witness.request(old, proof, note))
        return answer.status, answer.body


@contextmanager
def running(*command: object, env: dict[str, str] | None = None) -> Iterator[None]:
    process = subprocess.Popen(
        [str(part) for part in command],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=env,
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "a program does not start"
        time.sleep(0.05)


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def litewitness(folder: Path, origin: str, vkey: str) -> Iterator[Lite]:
    """Run a witness that follows one log. Its key lies in an ssh-agent, as it wants it."""
    folder.mkdir()
    key, agent, database = folder / "key", folder / "agent", folder / "witness.db"
    said("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key)
    fingerprint = said("ssh-keygen", "-lf", f"{key}.pub")[1].split()[1]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    for verb in (["add-log"], ["add-key", "-key", vkey]):
        code, text = said(tool("witnessctl"), *verb, "-db", database, "-origin", origin)
        assert code == 0, text
    assert vkey in said(tool("witnessctl"), "list-logs", "-db", database)[1]
    with ExitStack() as programs:
        programs.enter_context(running("ssh-agent", "-D", "-a", agent))
        until(agent.exists)
        environment = os.environ | {"SSH_AUTH_SOCK": str(agent)}
        subprocess.run(["ssh-add", "-q", key], env=environment, check=True)
        options = ["-db", database, "-key", fingerprint, "-name", "witness.example/lite"]
        options += ["-listen", f"127.0.0.1:{port}", "-ssh-agent", agent]
        programs.enter_context(running(tool("litewitness"), *options))
        until(lambda: listens(port))
        url = f"http://127.0.0.1:{port}"
        page = said("curl", "-sS", url)[1]
        own = next(line for line in page.split() if line.startswith("witness.example/lite+"))
        yield Lite(url, own)


def test_litewitness_follows_the_folder_and_refuses_a_fork(log: LogFolder, tmp_path: Path) -> None:
    identity = Identity(SEED)
    kept = sorted(int(path.name) for path in (log.path / "checkpoints").iterdir())
    with litewitness(tmp_path / "lite", identity.origin, str(identity.vkey)) as lite:
        old = 0
        for size in [*kept[-5:], ENTRIES]:
            name = "checkpoint" if size == ENTRIES else f"checkpoints/{size}"
            note = (log.path / name).read_text()
            status, body = lite.answer(old, log.consistency(old, size), note)
            assert status == 200, body
            assert witness.cosignature_lines(note, body, [notes.parse_vkey(lite.vkey)])
            old = size
        fork = Checkpoint(identity.origin, ENTRIES + 1, secrets.token_bytes(32))
        forked = notes.sign(fork.text, identity.origin, identity.key)
        proof = log.consistency(kept[-1], ENTRIES)
        assert lite.answer(ENTRIES, proof, forked)[0] == 422
        assert lite.answer(kept[-1], proof, forked) == (409, f"{ENTRIES}\n")


@pytest.mark.django_db
@pytest.mark.parametrize("second", [False, True], ids=["one signature", "a second of ML-DSA-44"])
def test_litewitness_cosigns_the_running_log_and_no_fork_of_it(
    var_dir: Path, tmp_path: Path, settings: Settings, shake: Callable[..., Event], second: bool
) -> None:
    changes = {"ledger_second_signature": second, "ledger_witnesses": tmp_path / "policy"}
    settings.ENV = settings.ENV.model_copy(update=changes)
    (tmp_path / "policy").write_text("quorum none\n")
    shake()
    sequencer.advance()
    origin, vkey = settings.ENV.ledger_origin, proofs.vkey() or ""
    with litewitness(tmp_path / "lite", origin, vkey) as lite:
        line = f"witness lite {lite.vkey} {lite.url}\n"
        (tmp_path / "policy").write_text(f"log {vkey}\n{line}quorum lite\n")
        policy = parse_policy((tmp_path / "policy").read_bytes())
        for round_ in range(5):
            for _ in range(1 + 100 * round_):
                shake()
            sequencer.advance()
            WitnessState.objects.update(asked_at=None)  # ten seconds later
            assert witnesses.turn() == 1, WitnessState.objects.values("trouble")
            note = proofs.checkpoint() or ""
            assert policy.check(note).is_witnessed
            assert len(list(notes.signature_lines(note))) == 2 + second
        size, bare = proofs.size(), note.rpartition("— witness.example")[0]
        assert lite.answer(1, proofs.consistency(1, size), bare) == (409, f"{size}\n")
        signer = signing.load()
        assert signer is not None
        shake()
        forked = signer.sign(Checkpoint(origin, size + 1, bytes(32)))
        sequencer.advance()
        assert lite.answer(size, proofs.consistency(size, size + 1), forked)[0] == 422
        WitnessState.objects.update(asked_at=None)
        assert witnesses.turn() == 1, "the fork that it refused hinders nothing"
        assert policy.check(proofs.checkpoint() or "").is_witnessed
