"""A survey as its page and its file show it: the sums, and each file's answer in words."""

from dataclasses import dataclass, replace
from typing import Final

from django.utils.translation import gettext as _

from catalog.models import Asset
from licensing.clearance import REASONS as CODES
from licensing.models import Survey, SurveyFinding, Verdict
from web.boards import Obstacle
from web.display import list_text, term_text, territory_text
from web.reasons import reason_of
from web.verdicts import Reason, Repair, Scope, read_verdict
from web.verdicts import Verdict as Told
from web.words import name_of

_MOST_OBSTACLES: Final = 12


@dataclass(frozen=True)
class Sum:
    """How many files got one verdict, and how long they are together."""

    verdict: str
    files: int
    ms: int


@dataclass(frozen=True)
class Row:
    """One file and its answer."""

    asset: Asset
    told: Told


def sums(survey: Survey) -> list[Sum]:
    """Return the counts by verdict, the best first."""
    counted = survey.counts["verdicts"]
    return [Sum(name, *counted[name]) for name in Verdict.values if name in counted]


def obstacles(survey: Survey) -> list[Obstacle]:
    """Return what stands in the way of most, or is to be done for most, by length and number."""
    found = [Obstacle(code, *counted) for code, counted in survey.counts["reasons"].items()]
    return sorted(found, key=lambda each: (-each.ms, -each.files, each.code))[:_MOST_OBSTACLES]


def told_of(finding: SurveyFinding) -> Told:
    """Return what of a verdict is kept in a survey, ready to be shown to the licensor: without the
    records that a reason rests on, which differ from work to work."""
    told = read_verdict(
        {"facts": ()},
        {
            "verdict": finding.verdict,
            "reasons": (),
            "blocked": (),
            "review": (),
            "cleared": finding.cleared,
            "conditions": finding.conditions,
            "repairs": finding.repairs,
        },
        licensor=True,
    )
    due = {item["reason"] for item in finding.conditions}
    reasons = [
        Reason(code, _tone(code, due), reason_of(code), [], [])
        for code in finding.reasons.split()
        if code != "OK"
    ]
    return replace(told, reasons=reasons)


def _tone(code: str, due: set[str]) -> str:
    return "conditional" if code in due else CODES[code].status.lower()


def scope_line(scope: Scope) -> str:
    """Return a scope in one line for a cell: uses, where, when, and on how many conditions."""
    parts = [
        list_text([str(name_of(use)) for use in scope.uses]),
        territory_text(scope.territory)[0],
        term_text(scope.start, scope.end)[0],
    ]
    if scope.conditions:
        parts.append(_("conditions: %(number)s") % {"number": scope.conditions})
    return " · ".join(parts)


def repair_line(repair: Repair) -> str:
    """Return one thing that would help, in a line: what, by or from whom, until when."""
    text = str(repair.text)
    if repair.party:
        text = f"{text} ({repair.party})"
    return text
