"""Putting the decisions of all points together into the verdict (contract section 7)."""

from collections.abc import Iterable, Set
from dataclasses import dataclass, replace
from typing import Any, Final

from licensing.clearance.boxes import Box, merged, scope, sort_key
from licensing.clearance.case import Case
from licensing.clearance.decisions import Decision, Judge
from licensing.clearance.findings import Duty, Finding
from licensing.clearance.reasons import BLOCKED, CLEAR, CONDITIONAL, ORDER, PARTIAL, REVIEW
from licensing.clearance.repairs import Repairs, new_repair

ENGINE: Final = "clearance/1"

_BEFORE_DELIVERY: Final = ("strip", "excise", "notice")
_WITH_STATEMENT: Final = ("compensate", "account")

type Verdict = dict[str, Any]


@dataclass(frozen=True)
class _Summary:
    """The decisions of a case, and how its scopes are shown."""

    case: Case
    decisions: tuple[Decision, ...]

    def scope(self, box: Box) -> dict[str, Any]:
        request = self.case.request
        return scope(box.cell, request.exclusivity, parts=len(request.parts) > 1)

    @property
    def payouts(self) -> set[Any]:
        return {each.payout for each in self.decisions if each.cleared}

    def cleared(self) -> list[dict[str, Any]]:
        """The scopes that clear, each with the duties it depends on."""
        split = len(self.payouts) > 1
        labels: dict[Any, list[Box]] = {}
        for each in self.decisions:
            if each.cleared:
                label = (each.labels, each.payout if split else ())
                labels.setdefault(label, []).append(Box(each.cell))
        rows = [(box, label) for label, boxes in labels.items() for box in merged(boxes)]
        rows.sort(key=lambda row: (sort_key(row[0].cell), row[1]))
        return [
            self.scope(box)
            | {"conditions": list(conditions)}
            | ({"payout_shares": dict(payout)} if split else {})
            for box, (conditions, payout) in rows
        ]

    def closed(self, status: str) -> list[dict[str, Any]]:
        """The scopes of that status, one entry per reason."""
        labels: dict[str, list[Box]] = {}
        for each in self.decisions:
            if each.status == status:
                for code, because in _first_ids(each.worst).items():
                    labels.setdefault(code, []).append(Box(each.cell, because))
        rows = [(box, code) for code, boxes in labels.items() for box in merged(boxes)]
        rows.sort(key=lambda row: (sort_key(row[0].cell), ORDER[row[1]]))
        return [
            {"scope": self.scope(box), "reason": code, "because": list(box.because)}
            for box, code in rows
        ]

    def conditions(self) -> list[dict[str, Any]]:
        """One entry per distinct duty at cleared points."""
        found: dict[tuple[int, str, str, str], dict[str, Any]] = {}
        cleared = {each for one in self.decisions if one.cleared for each in one.findings}
        for each in sorted(cleared, key=lambda one: one.key):
            if each.duty is not None:
                key = (ORDER[each.code], *each.duty)
                found.setdefault(key, _condition(each, each.duty))
        return [found[key] for key in sorted(found)]

    def word(self) -> str:
        return word_of({each.status for each in self.decisions})


def word_of(statuses: Set[str]) -> str:
    """The verdict's word, from the statuses of all points."""
    if statuses == {BLOCKED}:
        return BLOCKED
    if REVIEW in statuses:
        return REVIEW
    if BLOCKED in statuses:
        return PARTIAL
    return CONDITIONAL if CONDITIONAL in statuses else CLEAR


def verdict_of(case: Case) -> Verdict:
    """The verdict on a request for new rights."""
    return verdict_of_decisions(case, tuple(Judge(case).decisions()))


def verdict_of_decisions(case: Case, decisions: tuple[Decision, ...]) -> Verdict:
    """The verdict that decisions on all points of a case come to."""
    summary = _Summary(case, decisions)
    word, cleared = summary.word(), summary.cleared()
    blocked, review = summary.closed(BLOCKED), summary.closed(REVIEW)
    conditions = summary.conditions()
    entries = [*conditions, *blocked, *review]
    reasons = sorted({entry["reason"] for entry in entries}, key=ORDER.__getitem__) or ["OK"]
    because = {name for entry in entries for name in entry["because"]}
    if word == CLEAR:
        because = {name for each in summary.decisions for name in each.relied}
    payouts = summary.payouts
    repairs = Repairs(case, {fact.id: fact for fact in case.facts}).of(summary.decisions)
    if cleared and word in (PARTIAL, REVIEW):
        repairs.insert(0, new_repair("narrow_request", "*"))
    return {
        "verdict": word,
        "reasons": reasons,
        "cleared": cleared,
        "blocked": blocked,
        "review": review,
        "conditions": conditions,
        "repairs": [_with_scopes(repair, case) for repair in repairs],
        "because": sorted(because),
        "payout_shares": None if len(payouts) > 1 else dict(next(iter(payouts), ())),
        "basis": list(case.basis),
        "engine": ENGINE,
    }


def _with_scopes(repair: dict[str, Any], case: Case) -> dict[str, Any]:
    """The offer of a non-exclusive licence says what that would clear."""
    if repair["action"] != "accept_non_exclusive":
        return repair
    lesser = replace(case, request=replace(case.request, exclusivity="non_exclusive"))
    decisions = tuple(Judge(lesser).decisions())
    return repair | {"scopes": _Summary(lesser, decisions).cleared()}


def _first_ids(findings: Iterable[Finding]) -> dict[str, tuple[str, ...]]:
    """For each reason the ids of the finding that sorts first."""
    first: dict[str, tuple[str, ...]] = {}
    for each in findings:
        first[each.code] = min(each.ids, first.get(each.code, each.ids))
    return first


def _condition(found: Finding, duty: Duty) -> dict[str, Any]:
    due = "before_grant"
    if duty.code in _BEFORE_DELIVERY:
        due = "before_delivery"
    elif duty.code in _WITH_STATEMENT:
        due = "with_statement"
    return {
        "reason": found.code,
        "code": duty.code,
        "detail": duty.detail,
        "owner": duty.owner,
        "due": due,
        "because": list(found.ids),
    }
