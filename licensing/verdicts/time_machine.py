"""The time machine: a verdict on record is reckoned again from what is on record beside it."""

import hashlib
from dataclasses import dataclass
from typing import Any, NamedTuple

from licensing.clearance import CaseError, clear_recorded
from licensing.clearance.verdict import ENGINE
from licensing.library.readiness import answer_at, case_sha256
from licensing.models import Clearance, Readiness


class Difference(NamedTuple):
    """What is not as it was recorded: `what` is `case`, `tables`, `verdict`, `reasons` or a member
    of the engine's answer."""

    what: str
    then: str
    now: str


@dataclass(frozen=True)
class Again:
    """A second reckoning; `tables` is the version of the rule tables it was made with."""

    differences: tuple[Difference, ...]
    tables: str
    engine: str = ENGINE

    @property
    def is_reproduced(self) -> bool:
        return not self.differences


def reckon_again(clearance: Clearance) -> Again:
    """Evaluate the case of a verdict with the rule tables it was decided with, as both are kept,
    and compare. Nothing is stored; facts and tables of today play no part."""
    decision = clearance.decision
    tables = decision.rule_tables()
    found = []
    if (of_case := _sha256(decision.case_text)) != decision.case_sha256:
        found.append(Difference("case", decision.case_sha256, of_case))
    if decision.tables_id is not None and (named := str(decision.case.get("x_tables"))) != _sha256(
        tables.text
    ):
        found.append(Difference("tables", named, _sha256(tables.text)))
    try:
        now = clear_recorded(decision.case, tables)
    except CaseError as error:
        found.append(Difference("verdict", clearance.verdict, str(error)))
        return Again(tuple(found), tables.version)
    if now["verdict"] != clearance.verdict:
        found.append(Difference("verdict", clearance.verdict, now["verdict"]))
    if (reasons := " ".join(now["reasons"])) != decision.reasons:
        found.append(Difference("reasons", decision.reasons, reasons))
    found += _of_answer(decision.result or {}, now)
    return Again(tuple(found), tables.version)


def reckon_title_again(kept: Readiness) -> Again:
    """Ask the standard question about a title again as of the moment it was answered, with what was
    known then, and compare. Its case is not kept, only the hash of it."""
    case, now, tables = answer_at(kept.title, kept.checked_at)
    found = []
    if (sha256 := case_sha256(case)) != kept.case_sha256:
        found.append(Difference("case", kept.case_sha256, sha256))
    if kept.tables_id is not None and kept.tables_id != tables.version:
        found.append(Difference("tables", kept.tables_id, tables.version))
    if now["verdict"] != kept.verdict:
        found.append(Difference("verdict", kept.verdict, now["verdict"]))
    if now["reasons"] != kept.result["reasons"]:
        then = " ".join(kept.result["reasons"])
        found.append(Difference("reasons", then, " ".join(now["reasons"])))
    found += _of_answer(kept.result, now)
    return Again(tuple(found), tables.version)


def _of_answer(then: dict[str, Any], now: dict[str, Any]) -> list[Difference]:
    """Compare the rest of the whole answer, where it was written out."""
    return [
        Difference(name, _short(then[name]), _short(now.get(name)))
        for name in then
        if name not in {"verdict", "reasons", "engine"} and then[name] != now.get(name)
    ]


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


_LONGEST = 200


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
