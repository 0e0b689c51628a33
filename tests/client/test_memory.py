"""What the auditor has seen before, kept in a file."""

import json
from pathlib import Path

import pytest

from tests.client.conftest import Audit
from tests.client.logs import OTHER_KEY, VKEY, members, publish
from tests.client.test_audit_folder import lines

GOOD = members(300)


def test_each_new_checkpoint_is_one_line_with_the_signed_note(
    tmp_path: Path, edgecode: Audit
) -> None:
    log, state = tmp_path / "log", tmp_path / "seen.jsonl"
    for size in (10, 10, 300):
        publish(log, GOOD[:size])
        assert edgecode("audit", log, "--vkey", VKEY, "--state", state)[0] == 0
    seen = [json.loads(line) for line in state.read_text().splitlines()]
    assert [each["note"].split("\n")[1] for each in seen] == ["10", "300"]
    assert seen[1]["note"] == (log / "checkpoint").read_text()
    assert seen[0]["source"] == str(log)


def test_one_file_may_hold_several_logs(tmp_path: Path, edgecode: Audit) -> None:
    state = tmp_path / "seen.jsonl"
    other = publish(tmp_path / "other", GOOD[:9], origin="other.example/log", key=OTHER_KEY)
    log = publish(tmp_path / "log", GOOD[:5])
    for folder in (other, log, other):
        code, said = edgecode(
            "audit", folder, "--vkey", folder / "log.vkey", "--state", state, "--no-rules"
        )
        assert code == 0
    assert "1 seen before" in said


def test_without_a_name_each_log_has_a_file_of_its_own(
    tmp_path: Path, edgecode: Audit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    edgecode("audit", publish(tmp_path / "log", GOOD), "--vkey", VKEY)
    files = list((tmp_path / "state" / "edgecode").iterdir())
    assert [path.name for path in files] == ["edgecode.example%2Fledger.jsonl"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[:-1],
        lambda text: text[: len(text) // 2],
        lambda text: text + "\n",
        lambda text: text + "{}\n",
        lambda text: text + "[1]\n",
        lambda text: text.replace('"at"', '"when"'),
        lambda text: text.replace("ledger\\n", "ledger "),
        lambda text: text + "\xff",
    ],
)
def test_a_damaged_memory_is_said_and_never_taken_for_an_empty_one(
    tmp_path: Path, edgecode: Audit, damage: object
) -> None:
    log, state = publish(tmp_path / "log", GOOD), tmp_path / "seen.jsonl"
    edgecode("audit", log, "--vkey", VKEY, "--state", state)
    assert callable(damage)
    damaged = damage(state.read_text()).encode("latin-1")
    state.write_bytes(damaged)
    code, said = edgecode("audit", log, "--vkey", VKEY, "--state", state)
    assert code == 3
    assert str(state) in lines(said, "Unreadable")[0]
    assert state.read_bytes() == damaged


def test_a_memory_that_cannot_be_written_is_said(tmp_path: Path, edgecode: Audit) -> None:
    log = publish(tmp_path / "log", GOOD)
    (tmp_path / "file").write_text("")
    code, said = edgecode("audit", log, "--vkey", VKEY, "--state", tmp_path / "file" / "seen")
    assert code == 3
    assert len(lines(said, "Unreadable")) == 1


def test_a_log_whose_signature_is_wrong_is_not_remembered(tmp_path: Path, edgecode: Audit) -> None:
    log, state = publish(tmp_path / "log", GOOD, key=OTHER_KEY), tmp_path / "seen.jsonl"
    assert edgecode("audit", log, "--vkey", VKEY, "--state", state)[0] == 2
    assert not state.exists()
