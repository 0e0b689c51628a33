"""What is exported and served is audited by the policy that lies beside it, whatever became of the
log's keys."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import call_command
from django.utils import timezone
from pytest_django import Settings

from edgecode.command import main
from edgecode.log.cosignatures import cosign
from edgecode.log.keys import cosigner_key
from edgecode.log.notes import note_text
from edgecode.log.policy import parse_policy
from ledger import documents, shards

pytestmark = pytest.mark.django_db

YEAR = f"{timezone.now().year + 1}"


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def run(*verbs: str) -> None:
    for verb in verbs:
        call_command("ledger", *verb.split(), verbosity=0)


@pytest.fixture
def rotated(var_dir: Path) -> Path:
    """A log whose first key is retired."""
    run("advance", "rotate-key", "advance", "retire-key", "advance")
    return var_dir / "ledger"


@pytest.fixture
def sharded(rotated: Path) -> Path:
    """The same, closed and gone on with, and its second key retired in the new shard."""
    run(f"close-shard {YEAR}", "advance", "rotate-key", "advance", "retire-key", "advance")
    return rotated


type Told = tuple[int, str]


@pytest.fixture
def audit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Told]:
    """Export the log, and audit that by one of the policies in it."""

    def act(policy: str = "policy", *arguments: str) -> Told:
        target = tmp_path / "copy"
        run(f"export {target}")
        capsys.readouterr()
        code = main(["audit", f"{target}", "--policy", f"{target / policy}", *arguments])
        said = capsys.readouterr()
        return code, said.out + said.err

    return act


def test_an_export_after_a_rotation_is_audited_by_its_own_policy(
    rotated: Path, audit: Callable[..., Told]
) -> None:
    code, said = audit()
    assert code == 0, said
    assert "no key of the policy" not in said  # every key that ever signed is in it


def test_an_export_of_a_history_in_two_logs_is_audited_by_its_own_policy(
    sharded: Path, audit: Callable[..., Told]
) -> None:
    code, said = audit()
    assert code == 0, said
    assert said.count("Origin") == 2
    assert "no key of the policy" not in said


def test_whoever_trusts_the_key_of_today_alone_is_told_what_that_leaves_open(
    sharded: Path, audit: Callable[..., Told]
) -> None:
    code, said = audit(f"{YEAR}/policy")
    assert code == 0, said
    assert "are signed by no key of the policy: they were compared" in said


def test_the_policy_at_the_address_of_the_history_accepts_all_of_its_logs(sharded: Path) -> None:
    policy = parse_policy(documents.policy("") or "")
    for shard in shards.listed():
        note = shards.folder(shard.folder).checkpoint() or ""
        assert policy.check(note).checkpoint.origin == shard.origin
    assert len(policy.logs) == 3
    assert {log.url for log in policy.logs} == {"http://127.0.0.1:8000/ledger"}


@pytest.fixture
def witness(tmp_path: Path, settings: Settings) -> Ed25519PrivateKey:
    """A witness that the operator found only now, and whose cosignature is asked for."""
    key = Ed25519PrivateKey.from_private_bytes(bytes(32))
    path = tmp_path / "witnesses"
    path.write_text(f"witness one {cosigner_key('w.example', key)}\nquorum one\n")
    settings.ENV = settings.ENV.model_copy(update={"ledger_witnesses": path})
    return key


def test_witnesses_of_today_are_asked_for_where_the_first_log_knew_none(
    sharded: Path, witness: Ed25519PrivateKey, audit: Callable[..., Told]
) -> None:
    documents.publish_documents()
    assert parse_policy(documents.policy("") or "").quorum == "one"
    code, said = audit()
    assert code == 2
    assert "the witnesses that the policy demands did not cosign it" in said


@pytest.mark.parametrize("policy", ["policy", f"{YEAR}/policy"])
def test_a_history_that_todays_witnesses_saw_is_audited_by_either_policy(
    sharded: Path, witness: Ed25519PrivateKey, audit: Callable[..., Told], policy: str
) -> None:
    run("advance")
    for shard in shards.listed():
        log = shards.folder(shard.folder)
        note = log.checkpoint() or ""
        line = cosign(note_text(note), "w.example", witness, int(time.time()))
        log.write("checkpoint", f"{note}{line}".encode())
    code, said = audit(policy)
    assert code == 0, said
