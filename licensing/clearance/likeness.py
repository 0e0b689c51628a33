"""Consents: whether every person to be seen or heard has agreed (section 6, likeness leaves)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from catalog.scope.errors import CaseError
from catalog.scope.instants import NEVER, Duration, add, read_instant
from catalog.scope.likeness_rules import LikenessTable
from catalog.scope.uses import LIKENESS_LEAVES
from licensing.clearance.case import Case
from licensing.clearance.coverage import NOTHING, Cover, Point
from licensing.clearance.facts import Consent, Opinion, Performer
from licensing.clearance.findings import Finding, Settled, finding, reviews, settle
from licensing.clearance.reasons import ORDER

ATTRIBUTE_OF = {
    "video": "face",
    "image": "face",
    "audio": "voice",
    "motion": "motion",
    "text": "name",
}


@dataclass(frozen=True)
class Limits:
    """When a consent stops by rule. `adult` is set when the person was a minor at its start."""

    adult: int | None
    minor_cap: int
    policy_cap: int


def limits_of(case: Case) -> dict[str, Limits]:
    """The limits of every consent, by fact id."""
    return {
        fact.id: _limits(fact, _born(case, fact), case.tables.likeness)
        for fact in case.facts
        if isinstance(fact, Consent)
    }


@dataclass(frozen=True)
class Likeness:
    """Judges the consents of a case, point by point."""

    case: Case
    limits: Mapping[str, Limits]

    def at(self, point: Point, opinions: Sequence[Opinion]) -> Iterator[Settled]:
        """What is left of each person's consent at a likeness leaf; nothing elsewhere."""
        if point.leaf not in LIKENESS_LEAVES:
            return
        performers = [
            fact
            for fact in self.case.facts
            if isinstance(fact, Performer) and point.part in fact.parts
        ]
        persons = self.case.request.subjects
        if persons is None:
            persons = tuple(sorted({fact.person for fact in performers}))
        if not persons:
            yield settle([finding("SUBJECT_UNKNOWN")], opinions)
        for person in persons:
            known = [fact.id for fact in performers if fact.person == person]
            yield self._person(person, known, point, opinions)

    def _person(
        self, person: str, performers: Sequence[str], point: Point, opinions: Sequence[Opinion]
    ) -> Settled:
        """The consent that serves best, or why the nearest one fails."""
        ways: list[Settled] = []
        failures: list[tuple[int, str, str]] = []
        for fact in self.case.facts:
            if isinstance(fact, Consent) and fact.person == person and fact.in_force:
                result = self._consent(fact, point)
                if result.code:
                    failures.append((result.step, result.code, fact.id))
                else:
                    doubts = [
                        each._replace(party=person) for each in reviews(result.maybe, fact.id)
                    ]
                    ways.append(settle(doubts, opinions))
        if ways:
            return min(ways, key=lambda way: way.rank)
        return settle([_nearest(person, performers, failures)], opinions)

    def _consent(self, fact: Consent, point: Point) -> Cover:
        """The six steps of a consent; step 0 when all are passed."""
        limits = self.limits[fact.id]
        country = fact.territory.at(point.instant)[point.country]
        steps = (
            (fact.void, "CONSENT_UNENFORCEABLE"),
            (limits.adult is not None and not fact.court_approved, "MINOR_COURT_APPROVAL"),
            (country is None or not self._reaches(fact, point), "CONSENT_SCOPE"),
            (ATTRIBUTE_OF[point.modality] not in fact.attributes, "CONSENT_ATTRIBUTE"),
        )
        failed = next(((step, code) for step, (fails, code) in enumerate(steps, 1) if fails), None)
        if failed is not None:
            return Cover(*failed)
        ended = _ended(fact, limits, point.instant)
        if ended is not None:
            return Cover(5, ended)
        outputs = fact.used_outputs + self.case.request.outputs
        if fact.max_outputs is not None and outputs > fact.max_outputs:
            return Cover(6, "CONSENT_QUOTA")
        doubts = {"EVENT_DATE_UNKNOWN"} if fact.undated else set()
        if point.instant >= fact.disputed:
            doubts.add("REVOCATION_DISPUTED")
        return Cover(0, "", (country or NOTHING) | doubts)

    def _reaches(self, fact: Consent, point: Point) -> bool:
        return (
            point.part in fact.parts
            and point.leaf in fact.uses
            and point.modality in fact.modality
            and point.model_kind in fact.model_kind
            and (fact.grantee == "*" or fact.grantee in self.case.request.group)
        )


def _nearest(
    person: str, performers: Sequence[str], failures: Sequence[tuple[int, str, str]]
) -> Finding:
    if not failures:
        return finding("CONSENT_MISSING", *performers, party=person)
    latest = max(step for step, _, _ in failures)
    near = [(code, name) for step, code, name in failures if step == latest]
    code = min((code for code, _ in near), key=ORDER.__getitem__)
    return finding(code, *(name for each, name in near if each == code), party=person)


def _ended(fact: Consent, limits: Limits, instant: int) -> str | None:
    """Why the consent does not run at that instant; of equal ends the first named."""
    if instant < fact.start:
        return "CONSENT_TERM"
    stops = (
        (fact.revoked, 0, "REVOKED_PROSPECTIVE"),
        (limits.minor_cap, 1, "MINOR_TERM_CAP"),
        (limits.policy_cap, 2, "CONSENT_TERM_CAP"),
        (fact.end, 3, "CONSENT_TERM"),
    )
    end, _, code = min(stops)
    return code if instant >= end and end != NEVER else None


def _born(case: Case, consent: Consent) -> str | None:
    """The date of birth: a performer's fact wins over the consent's own."""
    dates = (
        fact.born
        for fact in case.facts
        if isinstance(fact, Performer) and fact.person == consent.person and fact.born
    )
    return next(dates, consent.born)


def _after(start: int, duration: Duration, fact: Consent) -> int:
    """What lies past the calendar never comes."""
    try:
        return add(start, duration, fact.zone, fact.path)
    except CaseError:
        return NEVER


def _limits(fact: Consent, born: str | None, table: LikenessTable) -> Limits:
    policy = table.policies.get(fact.policy)
    # A consent without a start began at no known time, so a cap on its length has run out;
    # one whose start is an event without a date is in doubt anyway.
    start = NEVER if fact.starts_unknown else fact.start
    policy_cap = NEVER if policy is None else _after(start, policy, fact)
    if born is None:
        return Limits(None, NEVER, policy_cap)
    birth = read_instant(born, fact.zone, fact.path)
    adult = _after(birth, table.of_age, fact)
    if fact.start >= adult:
        return Limits(None, NEVER, policy_cap)
    minor_cap = _after(start, table.minor_cap, fact)
    return Limits(adult, min(adult, minor_cap), policy_cap)
