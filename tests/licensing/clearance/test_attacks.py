"""Attacks on the engine by the letter of the contract: none comes out CLEAR that should not.

Each line of `attacks.jsonl` says what is tried, what the contract makes of it (a verdict, a reason,
or ERR for a malformed case), the facts, and what is asked other than REQUEST.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from licensing.clearance import CaseError, clear

REQUEST: dict[str, Any] = {
    "licensor": "L",
    "licensee": "Q",
    "uses": ["train.finetune"],
    "modality": "video",
    "model_kind": "foundation",
    "territory": ["KR"],
    "start": "2027-01-01",
    "end": "2028-01-01",
}
ATTACKS = [
    json.loads(line)
    for line in Path(__file__).with_name("attacks.jsonl").read_text("utf-8").splitlines()
]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack["attack"])
def test_an_attack(attack: dict[str, Any]) -> None:
    case = {
        "schema": "clearance-case/1",
        "as_of": "2026-10-05",
        "facts": attack["facts"],
        "request": REQUEST | attack.get("request", {}),
    } | ({"works": attack["works"]} if "works" in attack else {})
    expected = attack["expected"]
    if expected == "ERR":
        with pytest.raises(CaseError):
            clear(case)
        return
    told = clear(case)
    assert expected in {told["verdict"], *told["reasons"]}
    assert (told["verdict"] == "CLEAR") is (expected == "CLEAR")
