"""The worked examples of the contract, to the byte."""

import json
from pathlib import Path

import pytest

from licensing.clearance import clear

EXAMPLES = sorted((Path(__file__).parent / "examples").glob("*.json"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_a_worked_example_gives_its_verdict_to_the_byte(path: Path) -> None:
    example = json.loads(path.read_text(encoding="utf-8"))
    found = json.dumps(clear(example["case"]), ensure_ascii=False)
    assert found == json.dumps(example["verdict"], ensure_ascii=False)


def test_all_twelve_examples_are_here() -> None:
    assert {path.stem for path in EXAMPLES} == {f"e{n}" for n in range(1, 13)}
