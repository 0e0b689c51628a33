"""Burdens of an asset in pieces: where each bites, and what it finds there whoever asks."""

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Any, Final, NamedTuple

from catalog.scope.instants import ALWAYS, NEVER
from catalog.scope.uses import LEAVES
from licensing.clearance.burdens import Burdens, Remedy, forbidden, remedy, third_party
from licensing.clearance.case import Case
from licensing.clearance.compiled.masks import (
    COUNTRY,
    LEAF,
    MODALITY,
    MODEL_KIND,
    TRAINING,
    Box,
)
from licensing.clearance.compiled.reach import Codes, reach_of
from licensing.clearance.coverage import NOTHING, Point, term_codes
from licensing.clearance.facts import (
    Element,
    Fact,
    GrantOut,
    Guild,
    Holdback,
    Option,
    Restriction,
    Scoped,
)
from licensing.clearance.reasons import BLOCKED, CONDITIONAL, REVIEW
from licensing.clearance.works import WHOLE

LICENSOR: Final = ""
"""Stands for whoever licenses, where a licence out does not say who granted it. No party has this
name: a case refuses it."""

type Outcome = tuple[str, str]
"""A reason and its status."""


class Role(NamedTuple):
    """All of a fact that its outcomes depend on, beside where it holds and who asks."""

    kind: str
    terms: tuple[Any, ...] = ()


class Piece(NamedTuple):
    """What a burden does in a box; where it holds only maybe, it leaves these doubts instead."""

    role: Role
    doubts: Codes
    box: Box


def pieces_of(fact: Fact, as_of: int) -> Iterator[Piece]:
    """The pieces of a fact; none for one that is no burden at the moment of decision."""
    match fact:
        case GrantOut():
            terms = (fact.grantor, fact.to, fact.exclusivity, fact.against, fact.mfn, fact.price)
            yield from _where_it_holds(fact, Role("grant_out", terms))
        case Restriction() | Holdback():
            yield from _where_it_holds(fact, Role(forbidden(fact).code))
        case Option():
            yield from _option(fact, as_of)
        case Element():
            yield from _element(fact)
        case Guild() if fact.effective is None or fact.effective <= as_of:
            box = (TRAINING, MODALITY.every, MODEL_KIND.every, COUNTRY.every, ALWAYS, NEVER)
            yield Piece(Role("guild", (fact.guild, fact.agreement)), NOTHING, box)


def outcomes(role: Role, example: Fact, case: Case) -> Collection[Outcome] | None:
    """What a burden of this role does where it certainly holds, to the request of the case;
    `example` is a fact that has it. None where that depends on the title."""
    burdens, request = Burdens(case), case.request
    match example:
        case GrantOut(grantor=grantor):
            if grantor == LICENSOR:
                example = replace(example, grantor=request.licensor)
            elif grantor != request.licensor and example.to not in request.group:
                return None
            return [(each.code, each.status) for each in burdens.granted_out(example)]
        case Option():
            state = None if example.holder in request.group else burdens.option_state(example)
            return [] if state is None else [(state.code, state.status)]
        case Guild():
            told = burdens.guild(example, Point(WHOLE, "evaluate", "", "", "", 0))
            return [(each.code, each.status) for each in told]
        case Restriction() | Holdback():
            return [(role.kind, BLOCKED)]
    return [role.terms[0]]


def _where_it_holds(fact: Scoped, role: Role) -> Iterator[Piece]:
    return (Piece(role, doubts, box) for box, doubts in reach_of(fact).holds())


def _option(fact: Option, as_of: int) -> Iterator[Piece]:
    """Its term is tested at the moment of decision, so that it holds always or never."""
    codes = term_codes(fact, as_of)
    if fact.state == "waived" or isinstance(codes, str):
        return
    always = replace(fact, start=ALWAYS, end=NEVER, revoked=NEVER, disputed=NEVER, undated=False)
    terms = (fact.holder, fact.state, fact.offered, fact.notice, fact.zone)
    for box, doubts in reach_of(always).holds():
        yield Piece(Role("option", terms), doubts | codes, box)


def _element(fact: Element) -> Iterator[Piece]:
    """An element by itself: what is cut out leaves something, where no running time is known."""
    does = {
        Remedy.ASK: ("ELEMENT_UNKNOWN", REVIEW),
        Remedy.STRIP: (third_party(fact), CONDITIONAL),
        Remedy.EXCISE: (third_party(fact), CONDITIONAL),
        Remedy.NONE: (third_party(fact), BLOCKED),
    }
    for modality in sorted(fact.modality):
        leaves: dict[Remedy, int] = {}
        for leaf in LEAVES:
            help_ = remedy(fact, leaf, modality)
            if help_ is not None:
                leaves[help_] = leaves.get(help_, 0) | LEAF.bit[leaf]
        for help_, bits in leaves.items():
            box = (bits, MODALITY.bit[modality], MODEL_KIND.every, COUNTRY.every, ALWAYS, NEVER)
            yield Piece(Role("element", (does[help_],)), NOTHING, box)
