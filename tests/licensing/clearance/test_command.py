"""`manage.py clearance`, as a lawyer's script calls it."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

from licensing import clear
from tests.licensing.clearance.cases import random_case


def run(case: str, monkeypatch: pytest.MonkeyPatch, given: str = "") -> list[str]:
    """The lines that the command prints, given a file or something to read."""
    monkeypatch.setattr("sys.stdin", io.StringIO(given))
    output = io.StringIO()
    call_command("clearance", case, stdout=output)
    return output.getvalue().splitlines()


def test_one_case_or_a_case_on_each_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cases = [random_case(seed) for seed in range(5)]
    verdicts = [json.dumps(clear(case), ensure_ascii=False) for case in cases]
    one = tmp_path / "case.json"
    one.write_text(json.dumps(cases[0], indent=2))
    assert run(str(one), monkeypatch) == verdicts[:1]
    lines = "\n\n".join(json.dumps(case) for case in cases)
    assert run("-", monkeypatch, lines) == verdicts


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ("{}", "clearance: $.schema: is required"),
        ("\n[]", "clearance: line 2: $: must be an object"),
        ("{}\n{}", "clearance: line 1: $.schema: is required"),
        ('{"as_of": 1, "as_of": 2}', "clearance: $: gives 'as_of' twice in one object"),
        ("{", "clearance: line 1: $: is not JSON: "),
        ("[" * 100_000, "clearance: line 1: $: is not JSON: "),
        ("", "clearance: -: there is no case in it"),
        ("\ufeff \n\n", "clearance: -: there is no case in it"),
    ],
)
def test_a_malformed_case_is_one_line(
    given: str, line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        run("-", monkeypatch, given)
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert said.startswith(line)
    assert said.count("\n") == 1


def test_the_mark_that_some_editors_write_first_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = [random_case(seed) for seed in range(2)]
    verdicts = [json.dumps(clear(case), ensure_ascii=False) for case in cases]
    lines = "\n".join(map(json.dumps, cases))
    several = tmp_path / "cases.jsonl"
    several.write_text(lines, encoding="utf-8-sig")
    assert run(str(several), monkeypatch) == verdicts
    assert run("-", monkeypatch, f"\ufeff{json.dumps(cases[0])}") == verdicts[:1]


def test_only_a_new_line_ends_a_case(monkeypatch: pytest.MonkeyPatch) -> None:
    signs = "".join(map(chr, (0x85, 0x2028, 0x2029)))  # JSON lets a text hold them
    case = random_case(1)
    case["facts"][0]["note"] = f"one{signs}two"
    lines = "\r\n".join([json.dumps(case, ensure_ascii=False)] * 2)
    assert len(run("-", monkeypatch, lines)) == 2


def test_the_locale_plays_no_part() -> None:
    owner = {"id": "o1", "kind": "ownership", "party": "한빛", "share": "1/1"}
    case = random_case(1) | {"facts": [owner]}
    case.pop("works", None)
    case["request"] = case["request"] | {"licensor": "한빛"}
    case["request"].pop("work", None)
    done = subprocess.run(
        [sys.executable, "manage.py", "clearance", "-"],
        cwd=Path(__file__).parents[3],
        env=os.environ | {"PYTHONIOENCODING": "ascii", "EDGECODE_DEBUG": "true"},
        input=json.dumps(case, ensure_ascii=False).encode(),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["payout_shares"] in ({"한빛": "1/1"}, {})


def test_a_file_that_is_not_there_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        run(str(tmp_path / "none"), monkeypatch)
    assert capsys.readouterr().err == f"clearance: {tmp_path}/none: No such file or directory\n"


def test_what_comes_before_a_malformed_case_is_answered(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    case, output = random_case(1), io.StringIO()
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{json.dumps(case)}\n7\n{json.dumps(case)}"))
    with pytest.raises(SystemExit):
        call_command("clearance", "-", stdout=output)
    assert output.getvalue() == json.dumps(clear(case), ensure_ascii=False) + "\n"
    assert capsys.readouterr().err == "clearance: line 2: $: must be an object\n"


def test_it_measures_itself() -> None:
    output = io.StringIO()
    call_command("clearance", bench=300, stdout=output)
    found = json.loads(output.getvalue())
    assert found["assets"] == 300 == sum(found["verdicts"].values())
    assert 300 <= found["facts"] <= 1800
