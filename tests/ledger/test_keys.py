"""The key that signs checkpoints is replaced, and whoever knows the old one or the new follows."""

import base64
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from edgecode.log import notes
from edgecode.log.keys import VerifierKey
from edgecode.log.policy import LogKey, Policy
from edgecode.log.verify import verify_log
from ledger import keys, log_key, proofs, sequencer, signing
from ledger.models import Event

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.ledger.urls")]


def signed_by(*wanted: VerifierKey) -> bool:
    return set(notes.signers(proofs.checkpoint() or "", wanted)[1]) == set(wanted)


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("ledger", *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def old(var_dir: Path, shake: Callable[..., Event]) -> VerifierKey:
    """The key of a log with three entries."""
    for _ in range(3):
        shake()
    sequencer.advance()
    return notes.parse_vkey(proofs.vkey() or "")


def test_readers_of_the_old_key_and_of_the_new_can_follow(
    old: VerifierKey, var_dir: Path, shake: Callable[..., Event], client: Client
) -> None:
    receipt, raw = proofs.receipt(0), proofs.entry(0)
    told = run("rotate-key")
    new = notes.parse_vkey(proofs.vkey() or "")
    assert new != old
    assert str(new) in told
    assert signed_by(old, new)
    assert client.get("/earlier.vkeys").text == f"{old}\n"
    for key in (old, new):
        report = verify_log(var_dir / "ledger", str(key))
        assert report.ok, report.problems
    assert notes.verify_receipt(receipt, raw, old)[0] == 0
    assert proofs.open_receipt(receipt, raw)[0] == 0

    assert str(old) in run("retire-key")
    shake()
    sequencer.advance()
    assert signed_by(new)
    assert notes.signers(proofs.checkpoint() or "", [old])[1] == {}
    assert proofs.vkeys() == [new, old]
    assert proofs.open_receipt(receipt, raw)[0] == 0  # notes of the old key stay verifiable
    report = verify_log(var_dir / "ledger", str(new))
    assert report.ok, report.problems
    assert not log_key.path(log_key.OLD).exists()


def test_whoever_retires_a_key_is_told_that_the_witnesses_know_no_other(
    old: VerifierKey, var_dir: Path
) -> None:
    proofs.folder().write("checkpoint.witnessed", (proofs.checkpoint() or "").encode())
    run("rotate-key")
    assert "receipts verify by the old one alone" in run("retire-key")
    proofs.folder().write("checkpoint.witnessed", (proofs.checkpoint() or "").encode())
    run("rotate-key")
    proofs.folder().write("checkpoint.witnessed", (proofs.checkpoint() or "").encode())
    assert "receipts verify" not in run("retire-key")


def test_the_log_says_which_keys_there_are(old: VerifierKey) -> None:
    run("rotate-key")
    run("retire-key")
    rows = [
        (event.kind, event.stream_id, event.facts().data.get("purpose"))
        for event in Event.objects.filter(stream__name__startswith="key:").order_by("id")
    ]
    (_, first, _), (_, second, _), (_, third, _) = rows
    assert [row[0] for row in rows] == ["key.published", "key.published", "key.retired"]
    assert [row[2] for row in rows] == ["checkpoint", "checkpoint", None]
    assert first == third != second


def test_one_rotation_at_a_time(old: VerifierKey) -> None:
    with pytest.raises(CommandError, match="no rotation is under way"):
        run("retire-key")
    run("rotate-key")
    with pytest.raises(CommandError, match="a rotation is under way"):
        run("rotate-key")


def test_an_empty_log_has_no_key_to_replace(var_dir: Path) -> None:
    with pytest.raises(CommandError, match="nothing is signed yet"):
        run("rotate-key")


@pytest.mark.parametrize("step", ["publish", "hardlink_to", "replace", "advance"])
def test_a_rotation_killed_at_any_step_is_carried_on(
    old: VerifierKey,
    var_dir: Path,
    shake: Callable[..., Event],
    monkeypatch: pytest.MonkeyPatch,
    step: str,
) -> None:
    class Killed(BaseException):
        pass

    def die(*_arguments: object, **_named: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        if step == "publish":
            patch.setattr(keys, "publish", die)
        elif step == "advance":
            patch.setattr(sequencer, "_lock_in", die)
        else:
            patch.setattr(Path, step, die)
        with pytest.raises(Killed):
            keys.rotate()
    shake()
    sequencer.advance()
    report = verify_log(var_dir / "ledger", proofs.vkey() or "")
    assert report.ok, report.problems
    if log_key.load(log_key.NEXT) is not None or not log_key.path(log_key.OLD).exists():
        run("rotate-key")
    sequencer.publish()
    new = notes.parse_vkey(proofs.vkey() or "")
    assert new != old
    assert signed_by(old, new)
    assert Event.objects.filter(kind="key.published").count() == 2


def test_keys_of_other_kinds_are_named_by_algorithm_and_hash(var_dir: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    event = keys.publish(key, purpose="credential", actor="organisation:2B7K9Q0M")
    assert event is not None
    assert event.facts().data == {
        "purpose": "credential",
        "algorithm": "ecdsa-secp256r1",
        "sha256": keys.fingerprint(key),
    }
    assert keys.publish(key, purpose="credential") is None
    assert keys.retire(key) is not None
    assert keys.retire(key) is None


def test_the_second_signature_is_one_that_auditors_of_either_kind_verify(
    var_dir: Path, shake: Callable[..., Event], settings: Settings, client: Client
) -> None:
    settings.ENV = settings.ENV.model_copy(update={"ledger_second_signature": True})
    shake()
    sequencer.advance()
    lattice = notes.parse_vkey(client.get("/log.ml-dsa-44.vkey").text)
    classic = notes.parse_vkey(client.get("/log.vkey").text)
    assert signed_by(classic, lattice)
    for key in (classic, lattice):
        standing = Policy(logs=(LogKey(key),)).check(proofs.checkpoint() or "")
        assert standing.checkpoint == proofs.latest()
    note = proofs.checkpoint() or ""
    line = note.splitlines()[-1]
    raw = bytearray(base64.b64decode(line.split(" ")[2]))
    raw[-1] ^= 1
    forged = note.replace(line.split(" ")[2], base64.b64encode(bytes(raw)).decode())
    with pytest.raises(notes.BadNote, match="does not fit"):
        notes.signers(forged, [lattice])
    path = log_key.path(log_key.SECOND)
    assert path.stat().st_mode & 0o777 == 0o600
    # Turned on for a log that exists, or off again: nothing else changes.
    settings.ENV = settings.ENV.model_copy(update={"ledger_second_signature": False})
    shake()
    sequencer.advance()
    assert notes.signers(proofs.checkpoint() or "", [lattice])[1] == {}
    assert signing.load() is not None
