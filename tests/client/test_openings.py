"""Facts that an auditor was shown, checked against the log's commitments."""

import json
from pathlib import Path
from typing import Any

import pytest

from edgecode.log.commitments import Opening, commit
from tests.client.conftest import Audit
from tests.client.logs import ORIGIN, VKEY, member, members, publish
from tests.client.test_audit_folder import lines

NAME = Opening(bytes(range(32)), "Halcyon Pictures")
FACT: dict[str, Any] = {
    "index": 2,
    "name": "name",
    "salt": NAME.salt.hex(),
    "value": NAME.value,
}


@pytest.fixture
def log(tmp_path: Path) -> Path:
    entries = [*members(2), member(2, commitments={"name": commit(NAME)}), *members(3, first=3)]
    return publish(tmp_path / "log", entries)


def write(path: Path, *facts: object) -> Path:
    path.write_text("".join(json.dumps(fact) + "\n" for fact in facts))
    return path


def test_an_opening_that_opens_is_counted(log: Path, tmp_path: Path, edgecode: Audit) -> None:
    for fact in (FACT, {**FACT, "origin": ORIGIN}, {**FACT, "stream": "organisation:C0000002"}):
        path = write(tmp_path / "openings.jsonl", fact)
        code, said = edgecode("audit", log, "--vkey", VKEY, "--openings", path)
        assert code == 0, said
        assert lines(said, "Openings") == ["1 of 6 commitments"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"value": "Halcyon Picture"}, "it does not open the commitment"),
        ({"salt": "00" * 32}, "it does not open the commitment"),
        ({"index": 1}, "it does not open the commitment"),
        ({"stream": "organisation:C0000001"}, "it is said to be of organisation:C0000001"),
        ({"name": "address"}, "the entry has no such commitment"),
        ({"value": 1.5}, "it does not open the commitment"),
    ],
)
def test_an_opening_of_something_else_is_a_violation(
    log: Path, tmp_path: Path, edgecode: Audit, change: dict[str, Any], reason: str
) -> None:
    path = write(tmp_path / "openings.jsonl", {**FACT, **change})
    code, said = edgecode("audit", log, "--vkey", VKEY, "--openings", path)
    assert code == 1
    assert len(lines(said, "Violation")) == 1
    assert lines(said, "Violation")[0].endswith(reason)


def test_an_opening_of_an_entry_that_is_not_there(
    log: Path, tmp_path: Path, edgecode: Audit
) -> None:
    path = write(tmp_path / "openings.jsonl", {**FACT, "index": 6})
    code, said = edgecode("audit", log, "--vkey", VKEY, "--openings", path)
    assert code == 1
    assert "openings are given for entry 6; the log has 6 entries" in said


def test_openings_for_another_log_are_said_not_to_be_used(
    log: Path, tmp_path: Path, edgecode: Audit
) -> None:
    """Else whoever shows facts could make the rules about them look at nothing."""
    path = write(tmp_path / "openings.jsonl", {**FACT, "origin": "foreign.example/log"})
    code, said = edgecode("audit", log, "--vkey", VKEY, "--openings", path)
    assert code == 0
    assert lines(said, "Openings") == ["0 of 6 commitments"]
    told = "not used: openings of entries of the log foreign.example/log, 1 of them (line 1)"
    assert told in lines(said, "Note")
    assert lines(said, "Result")[0].endswith("as far as openings were given: 0 of 6 commitments")


@pytest.mark.parametrize("named", [[2], [4], [2, 4], []])
def test_a_line_that_names_the_log_hides_none_that_does_not(
    tmp_path: Path, edgecode: Audit, named: list[int]
) -> None:
    sealed = [member(at, commitments={"name": commit(NAME)}) for at in range(6)]
    log = publish(tmp_path / "log", sealed)
    facts = [{**FACT, "index": at} for at in (2, 3, 4)]
    facts = [{**fact, "origin": ORIGIN} if fact["index"] in named else fact for fact in facts]
    path = write(tmp_path / "openings.jsonl", *facts)
    code, said = edgecode("audit", log, "--vkey", VKEY, "--openings", path)
    assert code == 0, said
    assert lines(said, "Openings") == ["3 of 6 commitments"]
    # What a line without the log's name says counts as much.
    path = write(tmp_path / "openings.jsonl", *facts[:1], {**facts[1], "value": "x"}, facts[2])
    code, said = edgecode("audit", log, "--vkey", VKEY, "--openings", path)
    assert (code, len(lines(said, "Violation"))) == (1, 1)


def test_two_openings_of_one_commitment_are_not_both_used(
    log: Path, tmp_path: Path, edgecode: Audit
) -> None:
    named = {**FACT, "origin": ORIGIN}
    for facts, told in (([FACT, named], 0), ([{**FACT, "value": "x"}, named], 1)):
        path = write(tmp_path / "openings.jsonl", *facts)
        code, said = edgecode("audit", log, "--vkey", VKEY, "--openings", path)
        assert (code, lines(said, "Openings")) == (0, ["1 of 6 commitments"])
        notes = [line for line in lines(said, "Note") if line.startswith("not used: another")]
        assert len(notes) == told
    path = write(tmp_path / "openings.jsonl", FACT, {**named, "value": "x"})
    assert edgecode("audit", log, "--vkey", VKEY, "--openings", path)[0] == 1


def test_the_lines_that_were_not_used_are_told(log: Path, tmp_path: Path, edgecode: Audit) -> None:
    foreign = [{**FACT, "index": at, "origin": "foreign.example/log"} for at in range(8)]
    path = write(tmp_path / "openings.jsonl", FACT, *foreign)
    _, said = edgecode("audit", log, "--vkey", VKEY, "--openings", path)
    told = [line for line in lines(said, "Note") if line.startswith("not used: ")]
    assert told[0].endswith("foreign.example/log, 8 of them (lines 2, 3, 4, 5, 6 and 3 more)")


def test_a_file_without_openings_is_none(log: Path, tmp_path: Path, edgecode: Audit) -> None:
    path = write(tmp_path / "openings.jsonl")
    code, said = edgecode("audit", log, "--vkey", VKEY, "--openings", path)
    assert (code, said) == (64, f"edgecode: {path}: there are no openings in it\n")


def test_openings_are_for_the_rules(log: Path, tmp_path: Path, edgecode: Audit) -> None:
    path = write(tmp_path / "openings.jsonl", FACT)
    code, said = edgecode("audit", log, "--vkey", VKEY, "--openings", path, "--no-rules")
    assert code == 64
    assert "nothing would look at them with --no-rules" in said


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"{}", "line 1: expected an object with index, name, salt and value"),
        (b"[]", "line 1: expected an object"),
        (b"no", "line 1: not JSON"),
        (b"\xff", "line 1: not JSON"),
        (b"[" * 100_000, "line 1: not JSON"),
        (json.dumps({**FACT, "index": -1}).encode(), "line 1: index must be"),
        (json.dumps({**FACT, "index": True}).encode(), "line 1: index must be"),
        (json.dumps({**FACT, "salt": "00"}).encode(), "line 1: salt must be"),
        (json.dumps({**FACT, "salt": 5}).encode(), "line 1: name, salt, stream and"),
        (
            json.dumps({**FACT, "name": None}).encode(),
            "line 1: name, salt, stream and",
        ),
        ((json.dumps(FACT) + "\n").encode() * 2, "line 2: entry 2 has an opening of name already"),
    ],
)
def test_a_file_of_openings_that_cannot_be_used(
    log: Path, tmp_path: Path, edgecode: Audit, raw: bytes, reason: str
) -> None:
    path = tmp_path / "openings.jsonl"
    path.write_bytes(raw)
    code, said = edgecode("audit", log, "--vkey", VKEY, "--openings", path)
    assert code == 64
    assert said.startswith(f"edgecode: {path}, {reason}")
    assert said.count("\n") == 1
