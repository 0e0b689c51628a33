"""What would open the files that could not be licensed: of each reason the cheapest repair, and how
much it could open by itself for the effort it takes."""

from collections import defaultdict
from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple

from licensing.clearance.reasons import BLOCKED, REASONS, REVIEW
from licensing.clearance.repairs import cheapest_repair


class Mend(NamedTuple):
    """A repair of one reason: `cost` is the effort, from 1 to 9, and `files` are those that nothing
    else is known to hold up."""

    action: str
    reason: str
    cost: int
    files: int
    ms: int


def mends_of(stopped: Iterable[tuple[Iterable[str], int]]) -> list[Mend]:
    """Return what would open files, the most time for the least effort first; of each file that
    cannot be licensed its reasons are given, and how long it lasts."""
    alone: dict[str, list[int]] = defaultdict(list)
    for reasons, ms in stopped:
        holding = {code for code in reasons if REASONS[code].status in {BLOCKED, REVIEW}}
        if len(holding) == 1:
            alone[holding.pop()].append(ms)
    found = []
    for reason, some in alone.items():
        repair = cheapest_repair(reason)
        if repair is not None:
            action, cost = repair
            found.append(Mend(action, reason, cost, len(some), sum(some)))
    return sorted(found, key=_worth)


def _worth(mend: Mend) -> tuple[Fraction, Fraction, str]:
    return -Fraction(mend.ms, mend.cost), -Fraction(mend.files, mend.cost), mend.reason
