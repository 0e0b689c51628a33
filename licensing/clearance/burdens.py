"""What weighs on a point whatever the title: bans, licences out, caps, waits, elements."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from enum import Enum
from functools import cached_property

from catalog.scope.instants import add, show
from catalog.scope.uses import AI_LEAVES, TRAIN_LEAVES
from licensing.clearance.case import Case
from licensing.clearance.coverage import Cover, Covers, Point, running, runs_at, use_codes
from licensing.clearance.coverage import cover as coverage
from licensing.clearance.facts import (
    Cap,
    Element,
    Fact,
    GrantOut,
    Guild,
    Holdback,
    Option,
    Restriction,
    Scoped,
)
from licensing.clearance.findings import Duty, Finding, conditional, finding, reviews
from licensing.clearance.lines import TitleAt
from licensing.clearance.standing import Stretch, crowded


class Remedy(Enum):
    """Against an element that is not licensed for a use."""

    ASK = "ask"
    STRIP = "strip"
    EXCISE = "excise"
    NONE = "none"


@dataclass(frozen=True)
class Burdens:
    """Finds the burdens of a case, point by point."""

    case: Case
    _reached: dict[str, list[Stretch]] = field(default_factory=dict, repr=False, compare=False)

    def alone(self, fact: Fact) -> Sequence[Finding] | None:
        """What a fact finds wherever it certainly holds; None where that depends on other facts,
        or asks for something to be done."""
        request = self.case.request
        match fact:
            case Restriction() | Holdback():
                return [forbidden(fact)]
            case Cap() if request.licensee == request.licensor:
                return []
            case Cap() if self._counts_apart:
                return [finding("CAP_REACHED", fact.id)]
            case GrantOut() if self._counts_apart:
                if fact.grantor == request.licensor or fact.to in request.group:
                    found = list(self.granted_out(fact, fact.grantor))
                    return None if any(each.duty for each in found) else found
        return None

    @cached_property
    def _counts_apart(self) -> bool:
        """Whether caps are reached for stretches of time that nothing else has to be known for: of
        no cap and no licence that may count do the countries change with time."""
        caps = [fact for fact in self.case.facts if isinstance(fact, Cap)]
        counted = [fact for fact in self.case.facts if isinstance(fact, GrantOut)] if caps else []
        return all(len(fact.territory.instants) == 1 for fact in (*caps, *counted))

    def when(self, fact: Scoped) -> list[Stretch]:
        """The stretches in which a fact that stands `alone` finds something."""
        start, end = running(fact)
        if not isinstance(fact, Cap):
            return [(start, end)]
        met = ((max(start, begin), min(end, until)) for begin, until in self.reached(fact))
        return [(begin, until) for begin, until in met if begin < until]

    def reached(self, cap: Cap) -> list[Stretch]:
        """When as many licensees run at one time as a cap allows, in order; whether or not the cap
        itself is in force."""
        if cap.id not in self._reached:
            met = (
                (running(each), each.to)
                for each in self._licences
                if each.in_force and _meet(cap, each, each.start)
            )
            self._reached[cap.id] = crowded(met, cap.most)
        return self._reached[cap.id]

    @cached_property
    def _licences(self) -> list[GrantOut]:
        """Those that count towards caps."""
        request = self.case.request
        if request.licensee == request.licensor:
            return []
        return [
            fact
            for fact in self.case.facts
            if isinstance(fact, GrantOut)
            and fact.to not in request.group
            and fact.to != request.licensor
        ]

    def at(
        self, point: Point, facts: Iterable[Fact], covers: Covers, title: TitleAt
    ) -> Iterator[Finding]:
        """What these of the case's facts find; one that holds only maybe gives its doubts."""
        excised: list[Element] = []
        for fact in facts:
            if isinstance(fact, Element):
                yield from self._element(fact, point, excised)
            elif isinstance(fact, Guild):
                yield from self.guild(fact, point)
            elif isinstance(fact, Option):
                yield from self._option(fact, point)
            elif isinstance(fact, Scoped) and covers[fact.id].holds:
                found = list(self._encumbrance(fact, point, title))
                yield from _unless_doubtful(found, covers[fact.id], fact)
        yield from self._excisions(excised, point)

    def _encumbrance(self, fact: Scoped, point: Point, title: TitleAt) -> Iterator[Finding]:
        request = self.case.request
        match fact:
            case Restriction() | Holdback():
                yield forbidden(fact)
            case GrantOut() if fact.grantor != request.licensor and fact.to not in request.group:
                if title.holds(fact):
                    yield from self.granted_out(fact, fact.grantor)
                else:
                    yield finding("CHAIN_BREAK", fact.id, party=fact.to)
            case GrantOut():
                yield from self.granted_out(fact, fact.grantor)
            case Cap() if self._is_reached(fact, point.instant):
                yield finding("CAP_REACHED", fact.id)
            case _:
                return

    def granted_out(self, fact: GrantOut, grantor: str) -> Iterator[Finding]:
        """What a licence finds that its grantor could give."""
        request = self.case.request
        if fact.to in request.group:
            return
        aimed = not fact.against or request.licensee in fact.against
        if fact.exclusivity == "exclusive" and aimed:
            yield finding("EXCLUSIVE_CONFLICT", fact.id, party=fact.to)
        elif fact.exclusivity == "sole":
            if request.licensee != grantor:
                yield finding("SOLE_LICENCE_CONFLICT", fact.id, party=fact.to)
        elif request.exclusivity != "non_exclusive":
            yield finding("NONEXCLUSIVE_OUTSTANDING", fact.id, party=fact.to)
        if fact.mfn:
            yield from self._price_promise(fact)

    def _price_promise(self, fact: GrantOut) -> Iterator[Finding]:
        asked, promised = self.case.request.price, fact.price
        alike = (
            asked and promised and (asked.currency, asked.per) == (promised.currency, promised.per)
        )
        if asked is None or promised is None or not alike:
            yield finding("MFN_UNCOMPARABLE", fact.id, party=fact.to)
        elif asked.amount < promised.amount:
            gap = _difference(promised.amount, asked.amount)
            detail = f"{fact.to} {gap} {asked.currency}/{asked.per}"
            duty = Duty("mfn", detail, self.case.request.licensor)
            yield conditional("MFN_TRIGGER", fact.id, duty)

    def _is_reached(self, cap: Cap, instant: int) -> bool:
        if self.case.request.licensee == self.case.request.licensor:
            return False
        if self._counts_apart:
            return any(begin <= instant < until for begin, until in self.reached(cap))
        running_now = (each for each in self._licences if runs_at(each, instant))
        return len({each.to for each in running_now if _meet(cap, each, instant)}) >= cap.most

    def _option(self, fact: Option, point: Point) -> Iterator[Finding]:
        if fact.holder in self.case.request.group or fact.state == "waived":
            return
        cover = coverage(fact, point, term_at=self.case.as_of)
        found = self.option_state(fact)
        if cover.holds and found is not None:
            yield from _unless_doubtful([found], cover, fact)

    def option_state(self, fact: Option) -> Finding | None:
        """What an option finds wherever it holds."""
        as_of, licensor = self.case.as_of, self.case.request.licensor
        if fact.state == "exercised":
            return finding("OPTION_EXERCISED", fact.id, party=fact.holder)
        if fact.offered is None or fact.offered > as_of:
            duty = Duty("offer", f"{fact.holder} {fact.notice_text}", licensor)
            return conditional("ROFR_PENDING", fact.id, duty)
        deadline = add(fact.offered, fact.notice, fact.zone, fact.path)
        if as_of < deadline:
            duty = Duty("await", f"{fact.holder} {show(deadline)}", licensor)
            return conditional("ROFR_PENDING", fact.id, duty)
        return None

    def _element(self, fact: Element, point: Point, excised: list[Element]) -> Iterator[Finding]:
        if point.part not in fact.parts:
            return
        match remedy(fact, point.leaf, point.modality):
            case Remedy.ASK:
                yield finding("ELEMENT_UNKNOWN", fact.id)
            case Remedy.STRIP:
                duty = Duty("strip", fact.element, self.case.request.licensor)
                yield conditional(third_party(fact), fact.id, duty)
            case Remedy.EXCISE:
                excised.append(fact)
            case Remedy.NONE:
                yield finding(third_party(fact), fact.id)

    def _excisions(self, elements: Sequence[Element], point: Point) -> Iterator[Finding]:
        runtime = self.case.runtimes.get(point.part)
        if elements and runtime is not None and _covers_all(elements, runtime):
            yield finding("EXCISION_LEAVES_NOTHING", *sorted(element.id for element in elements))
            return
        for element in elements:
            span = "-".join(element.timecode or ())
            detail = f"{point.part} {span}" if self.case.lists_works else span
            duty = Duty("excise", detail, self.case.request.licensor)
            yield conditional(third_party(element), element.id, duty)

    def guild(self, fact: Guild, point: Point) -> Iterator[Finding]:
        """What the agreement asks for where a model is trained."""
        request = self.case.request
        early = fact.effective is not None and self.case.as_of < fact.effective
        if point.part not in fact.parts or point.leaf not in TRAIN_LEAVES or early:
            return
        if request.licensee == request.licensor:
            return
        row = self.case.tables.agreement_rule(fact.guild, fact.agreement)
        if row is None:
            yield finding("GUILD_AGREEMENT_UNKNOWN", fact.id)
        elif row.reason is not None and row.duty is not None:
            yield conditional(row.reason, fact.id, Duty(row.duty, fact.guild, request.licensor))


def forbidden(fact: Restriction | Holdback) -> Finding:
    """What a ban or a wait finds where it holds."""
    if isinstance(fact, Holdback):
        return finding("HOLDBACK", fact.id, party=fact.beneficiary)
    code = "MODEL_KIND_PROHIBITED" if fact.names_kinds else "CONTRACT_PROHIBITION"
    return finding(code, fact.id)


def third_party(fact: Element) -> str:
    """The code of an element that is not licensed."""
    return f"THIRD_PARTY_{fact.element.upper()}"


def remedy(fact: Element, leaf: str, modality: str) -> Remedy | None:
    """What helps against an element there; None where it does no harm."""
    ai = leaf in AI_LEAVES
    if modality not in fact.modality or leaf in fact.uses or (ai and fact.ai == "granted"):
        return None
    if ai and fact.ai == "unknown":
        return Remedy.ASK
    if fact.stem and modality == "audio":
        return Remedy.STRIP
    return Remedy.NONE if fact.timecode is None else Remedy.EXCISE


def _unless_doubtful(found: Sequence[Finding], cover: Cover, fact: Fact) -> Sequence[Finding]:
    return reviews(cover.maybe, fact.id) if found and cover.maybe else found


def _difference(promised: Decimal, asked: Decimal) -> str:
    """The gap in exact decimals, with as many places as the longer of the two."""
    with localcontext(prec=60):
        return f"{promised - asked:f}"


def _meet(cap: Cap, grant: GrantOut, instant: int) -> bool:
    """Whether two scopes share any point at that instant, maybe included."""
    mine, other = cap.territory.at(instant), grant.territory.at(instant)
    return (
        not cap.parts.isdisjoint(grant.parts)
        and not cap.modality.isdisjoint(grant.modality)
        and not cap.model_kind.isdisjoint(grant.model_kind)
        and any(use_codes(grant, leaf) is not None for leaf in cap.uses)
        and not mine.possible().isdisjoint(other.possible())
    )


def _covers_all(elements: Sequence[Element], runtime: int) -> bool:
    reached = 0
    for start, end in sorted(element.milliseconds for element in elements):
        if start > reached:
            return False
        reached = max(reached, end)
    return reached >= runtime
