"""Burdens of an asset in pieces: where each bites, and what it finds there whoever asks."""

from collections.abc import Collection, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

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
from licensing.clearance.compiled.reach import Codes, Reach
from licensing.clearance.compiled.wordings import LICENSOR, Said
from licensing.clearance.coverage import NOTHING, Point
from licensing.clearance.facts import (
    Element,
    Fact,
    GrantOut,
    Guild,
    Holdback,
    Option,
    Restriction,
)
from licensing.clearance.reasons import BLOCKED, CONDITIONAL, REVIEW
from licensing.clearance.works import WHOLE

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


def pieces_of(said: Said, as_of: int) -> Iterator[Piece]:
    """The pieces of a fact; none for one that is no burden at the moment of decision."""
    fact, reach = said
    match fact:
        case GrantOut() if reach is not None:
            yield from _where_it_holds(reach, Role("grant_out", _terms(fact)))
        case Element():
            yield from _element(fact)
        case Guild() if fact.effective is None or fact.effective <= as_of:
            box = (TRAINING, MODALITY.every, MODEL_KIND.every, COUNTRY.every, ALWAYS, NEVER)
            yield Piece(Role("guild", (fact.guild, fact.agreement)), NOTHING, box)
        case Option() if reach is not None and fact.state != "waived":
            terms = (fact.holder, fact.state, fact.offered, fact.notice, fact.zone)
            yield from _where_it_holds(_at(reach, as_of), Role("option", terms))
        case Restriction() | Holdback() if reach is not None:
            yield from _where_it_holds(reach, Role(forbidden(fact).code))


def outcomes(role: Role, example: Fact, case: Case) -> Collection[Outcome] | None:
    """What a burden of this role does where it certainly holds, to the request of the case;
    `example` is a fact that has it. None where that depends on the title."""
    burdens, request = Burdens(case), case.request
    match example:
        case GrantOut(grantor=grantor):
            grantor = request.licensor if grantor == LICENSOR else grantor
            if grantor != request.licensor and example.to not in request.group:
                return None
            told = burdens.granted_out(example, grantor)
            return [(each.code, each.status) for each in told]
        case Option():
            state = None if example.holder in request.group else burdens.option_state(example)
            return [] if state is None else [(state.code, state.status)]
        case Guild():
            told = burdens.guild(example, Point(WHOLE, "evaluate", "", "", "", 0))
            return [(each.code, each.status) for each in told]
        case Restriction() | Holdback():
            return [(role.kind, BLOCKED)]
    return [role.terms[0]]


def _terms(fact: GrantOut) -> tuple[Any, ...]:
    return fact.grantor, fact.to, fact.exclusivity, fact.against, fact.mfn, fact.price


def _where_it_holds(reach: Reach, role: Role) -> Iterator[Piece]:
    return (Piece(role, doubts, box) for box, doubts in reach.holds())


def _at(reach: Reach, instant: int) -> Reach:
    """The scope of a fact whose term is tested at one instant, so that it holds always or never."""
    codes = next(codes for start, end, codes in reach.term if start <= instant < end)
    return reach._replace(term=((ALWAYS, NEVER, codes),))


@lru_cache(maxsize=1_000)
def _element(fact: Element) -> tuple[Piece, ...]:
    """An element by itself: what is cut out leaves something, where no running time is known."""
    does = {
        Remedy.ASK: ("ELEMENT_UNKNOWN", REVIEW),
        Remedy.STRIP: (third_party(fact), CONDITIONAL),
        Remedy.EXCISE: (third_party(fact), CONDITIONAL),
        Remedy.NONE: (third_party(fact), BLOCKED),
    }
    pieces = []
    for modality in sorted(fact.modality):
        leaves: dict[Remedy, int] = {}
        for leaf in LEAVES:
            help_ = remedy(fact, leaf, modality)
            if help_ is not None:
                leaves[help_] = leaves.get(help_, 0) | LEAF.bit[leaf]
        for help_, bits in leaves.items():
            box = (bits, MODALITY.bit[modality], MODEL_KIND.every, COUNTRY.every, ALWAYS, NEVER)
            pieces.append(Piece(Role("element", (does[help_],)), NOTHING, box))
    return tuple(pieces)
