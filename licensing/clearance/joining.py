"""Whether the licensor's title carries a request: nearest line, sums, co-owners, payout."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from licensing.clearance.case import Request
from licensing.clearance.facts import Assignment, Conveyance, Fact, Opinion, Ownership
from licensing.clearance.findings import (
    Duty,
    Finding,
    Rank,
    Settled,
    finding,
    reviews,
    settle,
    status_of,
)
from licensing.clearance.lines import DEPTH_STEP, EXCLUSIVE_STEP, Failure, Line, TitleAt
from licensing.clearance.reasons import ORDER, SEVERITY
from licensing.clearance.rules import RuleTables

type Payout = tuple[tuple[str, str], ...]
"""(party, reduced fraction) by party."""


@dataclass(frozen=True)
class TitleResult:
    """Title at a point: whether any line carries it, with what findings, and who is paid."""

    usable: bool
    settled: Settled
    payout: Payout = ()
    facts: frozenset[str] = frozenset()
    """The facts of the lines relied on."""


@dataclass(frozen=True)
class _Way:
    """One way to a licence, with what it rests on and who is paid beside the licensor."""

    settled: Settled
    facts: frozenset[str]
    paid: frozenset[str] = frozenset()

    @property
    def rank(self) -> tuple[Rank, list[str]]:
        return (self.settled.rank, sorted(self.facts))


class _Join(NamedTuple):
    """One way in which another owner comes in, with its findings before any opinion."""

    findings: tuple[Finding, ...] = ()
    facts: frozenset[str] = frozenset()
    paid: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Titles:
    """Judges the title of a case's licensor."""

    request: Request
    facts: Mapping[str, Fact]
    tables: RuleTables

    def judge(self, title: TitleAt, opinions: Sequence[Opinion]) -> TitleResult:
        lines, failures = self._sorted(title)
        if not lines:
            return TitleResult(usable=False, settled=settle([nearest(failures)], opinions))
        mismatch = title.history.owned and not title.history.balanced()
        if mismatch:
            found = finding("CHAIN_SHARE_MISMATCH", *sorted(title.history.used))
            return TitleResult(usable=True, settled=settle([found], opinions))
        sound: dict[str, list[Line]] = {}
        for line in lines:
            if line.acts_for is not None and line.broken is None:
                sound.setdefault(line.acts_for, []).append(line)
        ways = [(self._way(line, sound, title, opinions), line) for line in lines]
        best, line = min(ways, key=lambda pair: pair[0].rank)
        payout = self._payout(line, title, best.paid)
        return TitleResult(usable=True, settled=best.settled, payout=payout, facts=best.facts)

    def _sorted(self, title: TitleAt) -> tuple[list[Line], list[Failure]]:
        """The usable lines, and why the others are not."""
        request = self.request
        lines: list[Line] = []
        failures: list[Failure] = []
        for found in title.found(request.licensor):
            if isinstance(found, Failure):
                failures.append(found)
            elif found.depth == 0 and request.licensee != request.licensor:
                failures.append(Failure(DEPTH_STEP, "SUBLICENSE_NOT_PERMITTED", found.last))
            elif found.weak is not None and request.exclusivity != "non_exclusive":
                failures.append(Failure(EXCLUSIVE_STEP, "NO_EXCLUSIVE_RIGHT", found.weak))
            else:
                lines.append(found)
        return lines, failures

    def _way(
        self,
        line: Line,
        lines: Mapping[str, Sequence[Line]],
        title: TitleAt,
        opinions: Sequence[Opinion],
    ) -> _Way:
        """A licence by this line; `lines` are the sound ones, by the owner they act for."""
        found = dict.fromkeys(self._own_findings(line, title))
        facts, paid = line.facts, frozenset[str]()
        others = [] if line.broken else [each for each in line.owners if each != line.acts_for]
        for owner in others:
            joins = list(self._joins(owner, line, lines, title))
            if len(joins) > 1:
                ranked = [(self._rank(join, found, opinions), join) for join in joins]
                joins = [min(ranked, key=lambda pair: pair[0])[1]]
            found |= dict.fromkeys(joins[0].findings)
            facts, paid = facts | joins[0].facts, paid | joins[0].paid
        return _Way(settle(found, opinions), facts, paid)

    def _rank(
        self, join: _Join, found: Mapping[Finding, None], opinions: Sequence[Opinion]
    ) -> tuple[Rank, list[str]]:
        """How a way to join weighs beside what is found anyway, which counts once."""
        more = settle((each for each in join.findings if each not in found), opinions)
        base = SEVERITY[status_of(settle(found, opinions).findings)]
        severity, count, codes, keys = more.rank
        return (max(base, severity), count, codes, keys), sorted(join.facts)

    def _own_findings(self, line: Line, title: TitleAt) -> Iterator[Finding]:
        """What a line carries by itself: doubts of its facts, a break, conditions not yet met."""
        used = title.history.used if line.broken is None and title.history.owned else set()
        for name in sorted(line.facts | used):
            yield from reviews(title.covers[name].maybe, name)
        if line.broken is not None:
            owners = tuple(sorted(title.history.final))
            yield finding("CHAIN_BREAK", line.broken)._replace(owners=owners)
        yield from self._given_away(line.facts, self.request.licensor, title)
        for name in sorted(line.facts):
            deed = self.facts[name]
            if isinstance(deed, Conveyance) and deed.vesting is not None:
                duty = Duty("vest", f"{deed.vesting} to {deed.grantor}", deed.holder)
                yield finding("VESTING_PENDING", name)._replace(duty=duty)

    def _given_away(self, facts: frozenset[str], holder: str, title: TitleAt) -> Iterator[Finding]:
        """Licences by which somebody else alone may have what a line brings to its holder."""
        for away, passed in title.given_away(facts, holder):
            if away.holder not in self.request.group:
                yield finding("CHAIN_BREAK", *sorted({away.id, *passed}), party=away.holder)

    def _joins(
        self, owner: str, line: Line, lines: Mapping[str, Sequence[Line]], title: TitleAt
    ) -> Iterator[_Join]:
        """The ways in which one more owner comes in; the table of laws is the last of them."""
        if owner == self.request.licensor:
            yield _Join(tuple(self._given_away(frozenset(), owner, title)))
        if owner in self.request.cosigners:
            found = tuple(self._given_away(frozenset(), owner, title))
            yield _Join(found, paid=frozenset({owner}))
        for other in lines.get(owner, ()):
            yield _Join(tuple(self._own_findings(other, title)), other.facts)
        by_law = self._by_law(owner, line, title)
        accounts = by_law.code == "CO_OWNER_ACCOUNTING"
        yield _Join((by_law,), paid=frozenset({owner} if accounts else ()))

    def _by_law(self, owner: str, line: Line, title: TitleAt) -> Finding:
        """Table 9.1 for an owner that has not joined."""
        held = line.owners[owner]
        named = [self.facts[name] for name in sorted(held.facts)]
        own = [fact for fact in named if isinstance(fact, Ownership | Assignment)]
        own = [fact for fact in own if fact.holder == owner]
        # A root holds by no fact: what it gave away is what shows that it had a share.
        ids = tuple(fact.id for fact in own) or title.assigned_by(owner)
        stated = [fact.law for fact in own if fact.law]
        # Of several laws that are recorded for one owner the stricter counts.
        counting = stated if self.tables.strict else stated[:1]
        laws: set[str | None] = {*counting} or {self.request.governing_law}
        rules = {self.tables.co_owner_rule(law) if law else None for law in laws}
        if self.request.exclusivity != "non_exclusive" or "consent" in rules:
            return finding("CO_OWNER_CONSENT", *ids, party=owner)
        if None in rules:
            return finding("GOVERNING_LAW_UNKNOWN", *ids, party=owner)
        duty = Duty("account", f"{owner} {fraction_text(held.share)}", self.request.licensor)
        return finding("CO_OWNER_ACCOUNTING", *ids, party=owner)._replace(duty=duty)

    def _payout(self, line: Line, title: TitleAt, paid: frozenset[str]) -> Payout:
        licensor = self.request.licensor
        final = title.history.final
        if line.broken is not None or not line.owners:
            return ((licensor, "1/1"),)
        if licensor in final:
            return _shown({owner: held.share for owner, held in final.items()})
        shares: dict[str, Fraction] = {}
        for owner, held in line.owners.items():
            party = owner if owner in paid else licensor
            shares[party] = shares.get(party, Fraction(0)) + held.share
        return _shown(shares)


def fraction_text(share: Fraction) -> str:
    """A reduced fraction, `1/1` for all."""
    return f"{share.numerator}/{share.denominator}"


def _shown(shares: Mapping[str, Fraction]) -> Payout:
    return tuple((party, fraction_text(shares[party])) for party in sorted(shares))


def nearest(failures: Sequence[Failure]) -> Finding:
    """The failure at the latest step; of equal steps the first code, with all its facts."""
    if not failures:
        return finding("NO_TITLE")
    latest = max(failure.step for failure in failures)
    near = [failure for failure in failures if failure.step == latest]
    code = min((failure.code for failure in near), key=ORDER.__getitem__)
    return finding(code, *sorted({failure.fact for failure in near if failure.code == code}))
