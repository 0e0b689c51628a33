"""Reading a whole case: `clearance-case/1` in, resolved facts and request out, or a CaseError."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo
from typing import Final

from catalog.scope.errors import CaseError
from catalog.scope.instants import ALWAYS, NEVER, read_instant
from catalog.scope.reader import JSON, Reader, strings
from catalog.scope.terms import Events, Term, read_term
from catalog.scope.territory import Territory, read_territory
from catalog.scope.uses import (
    EXCLUSIVITIES,
    MODALITIES,
    MODEL_KINDS,
    read_set,
    read_uses,
)
from licensing.clearance.fact_readers import read_event, read_fact
from licensing.clearance.facts import (
    Consent,
    Fact,
    GrantIn,
    GrantOut,
    Opinion,
    Price,
    Revocation,
    Scoped,
)
from licensing.clearance.rules import SHIPPED, RuleTables
from licensing.clearance.scope_readers import Context, read_price, zone_of
from licensing.clearance.works import WHOLE, Works, read_works

SCHEMA: Final = "clearance-case/1"


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """A trained model: when it was trained."""

    id: str
    start: int
    end: int


@dataclass(frozen=True, kw_only=True)
class Request:
    """What is asked for, resolved like a fact."""

    licensor: str
    licensee: str
    group: frozenset[str]
    cosigners: frozenset[str]
    parts: frozenset[str]
    uses: frozenset[str]
    modality: frozenset[str]
    model_kind: frozenset[str]
    territory: Territory
    start: int
    end: int
    exclusivity: str
    governing_law: str | None
    subjects: tuple[str, ...] | None
    outputs: int
    price: Price | None
    checkpoints: tuple[Checkpoint, ...] | None


@dataclass(frozen=True, kw_only=True)
class Case:
    """`facts` are those known at `as_of` that speak about the requested work, by id."""

    as_of: int
    facts: tuple[Fact, ...]
    request: Request
    runtimes: Mapping[str, int]
    lists_works: bool
    basis: tuple[str, ...]
    tables: RuleTables


def read_case(case: JSON, tables: RuleTables = SHIPPED) -> Case:
    """The resolved case under these rule tables. Raises CaseError for anything malformed."""
    fields = Reader(case, "$")
    fields.choice("schema", (SCHEMA,))
    as_of = read_instant(fields.raw("as_of"), UTC, "$.as_of")
    works = read_works(fields.raw("works"), "$.works") if fields.has("works") else Works()
    rows = fields.objects("facts")
    asked = Reader(fields.raw("request"), "$.request")
    fields.done()
    work = _requested_work(asked, works)
    licensor = asked.text("licensor")
    request = _request(asked, works, work, as_of, tables)
    known = read_facts(rows, as_of, works, work, licensor, tables=tables)
    return Case(
        as_of=as_of,
        facts=known,
        request=request,
        runtimes=works.runtimes,
        lists_works=works.listed,
        basis=_basis(known, request, tables),
        tables=tables,
    )


def read_facts(
    rows: list[Reader],
    as_of: int,
    works: Works,
    work: str,
    licensor: str,
    *,
    tables: RuleTables = SHIPPED,
) -> tuple[Fact, ...]:
    """The facts known at `as_of` that speak about the family of `work`, by id, each with what was
    revoked of it; a licence out that does not say by whom is the `licensor`'s."""
    context = Context(as_of, _events(rows, as_of), works, work, licensor, tables)
    facts = [read_fact(row, context) for row in rows]
    known = [fact for fact in _checked(facts) if fact.recorded <= as_of]
    known = [fact for fact in _revoked(known) if fact.family == works.top(work)]
    return tuple(sorted(known, key=lambda fact: fact.id))


def _requested_work(asked: Reader, works: Works) -> str:
    if not asked.has("work") and not works.listed:
        return WHOLE
    return works.resolve(asked.text("work"))


def _request(asked: Reader, works: Works, work: str, as_of: int, tables: RuleTables) -> Request:
    zone = zone_of(asked)
    checkpoints = _checkpoints(asked, zone, as_of) if asked.has("checkpoints") else None
    term = _requested_term(asked, zone) if checkpoints is None else _ignored_term(asked)
    licensee = asked.text("licensee")
    subject = asked.raw("subject", None)
    subjects = None
    if asked.has("subject"):
        subjects = tuple(sorted({name for name, _ in strings(subject, "$.request.subject")}))
    asked.choice("media", ("internal", "public"), "internal")
    request = Request(
        licensor=asked.text("licensor"),
        licensee=licensee,
        group=frozenset({licensee, *asked.texts("affiliates", [])}),
        cosigners=frozenset(asked.texts("cosigners", [])),
        parts=works.parts(work),
        uses=read_uses(asked.raw("uses"), "$.request.uses"),
        modality=read_set(asked.raw("modality"), MODALITIES, "$.request.modality"),
        model_kind=read_set(asked.raw("model_kind"), MODEL_KINDS, "$.request.model_kind"),
        territory=read_territory(
            asked.raw("territory"),
            "$.request.territory",
            request=True,
            definitions=tables.house,
        ),
        start=term.start,
        end=term.end,
        exclusivity=asked.choice("exclusivity", EXCLUSIVITIES, "non_exclusive"),
        governing_law=asked.maybe_text("governing_law"),
        subjects=subjects,
        outputs=asked.count("outputs", 1, least=1),
        price=read_price(asked),
        checkpoints=checkpoints,
    )
    asked.done()
    _must_select(request)
    return request


def _requested_term(asked: Reader, zone: tzinfo) -> Term:
    for name in ("start", "end"):
        asked.raw(name)
    if asked.raw("start") is None:
        raise CaseError(asked.at("start"), "a request needs a start")
    if isinstance(asked.raw("start"), dict):
        raise CaseError(asked.at("start"), "a request cannot hang on an event")
    return read_term(asked, zone, None)


def _ignored_term(asked: Reader) -> Term:
    for name in ("start", "end"):
        asked.raw(name, None)
    return Term(ALWAYS, NEVER)


def _checkpoints(asked: Reader, zone: tzinfo, as_of: int) -> tuple[Checkpoint, ...]:
    found: dict[str, Checkpoint] = {}
    for fields in asked.objects("checkpoints"):
        name = fields.text("id")
        if name in found:
            raise CaseError(fields.at("id"), f"{name!r} names two checkpoints")
        start = read_instant(fields.raw("trained_from"), zone, fields.at("trained_from"))
        until = fields.raw("trained_to")
        end = as_of if until is None else read_instant(until, zone, fields.at("trained_to"))
        if end <= start:
            raise CaseError(fields.at("trained_to"), "must be after trained_from")
        fields.done()
        found[name] = Checkpoint(id=name, start=start, end=end)
    if not found:
        raise CaseError(asked.at("checkpoints"), "selects nothing")
    return tuple(found.values())


def _must_select(request: Request) -> None:
    spans = [(request.start, request.end)]
    if request.checkpoints is not None:
        spans = [(each.start, each.end) for each in request.checkpoints]
    for name in ("uses", "modality", "model_kind"):
        if not getattr(request, name):
            raise CaseError(f"$.request.{name}", "selects nothing")
    if request.subjects == ():
        raise CaseError("$.request.subject", "selects nothing")
    territory = request.territory
    following = (*territory.instants[1:], NEVER)
    if not any(
        reach.certain and start < until and begin < end
        for begin, until, reach in zip(
            territory.instants, following, territory.reaches, strict=True
        )
        for start, end in spans
    ):
        raise CaseError("$.request.territory", "selects nothing")


def _events(rows: list[Reader], as_of: int) -> Events:
    """What is known at `as_of` of each event: the date (or None) and zone recorded last."""
    heard: dict[str, dict[int, tuple[int | None, tzinfo]]] = {}
    for row in rows:
        if row.raw("kind") != "event":
            continue
        name, recorded, date, zone = read_event(row)
        if recorded in heard.setdefault(name, {}):
            raise CaseError(row.path, f"event {name!r} is recorded twice at the same time")
        heard[name][recorded] = (date, zone)
    known = {
        name: {moment: event for moment, event in told.items() if moment <= as_of}
        for name, told in heard.items()
    }
    return {name: told[max(told)] for name, told in known.items() if told}


def _checked(facts: list[Fact]) -> list[Fact]:
    """The same facts, once every id is unique and every reference finds its fact."""
    by_id: dict[str, Fact] = {}
    for fact in facts:
        if fact.id in by_id:
            raise CaseError(f"{fact.path}.id", f"{fact.id!r} names two facts")
        by_id[fact.id] = fact
    for fact in facts:
        if isinstance(fact, Revocation):
            target = by_id.get(fact.target)
            if target is None:
                raise CaseError(f"{fact.path}.target", f"{fact.target!r} is not in the case")
            if not isinstance(target, GrantIn | GrantOut | Consent):
                raise CaseError(f"{fact.path}.target", "must be a grant_in, grant_out or consent")
        if isinstance(fact, Opinion):
            for name in sorted(fact.about - by_id.keys()):
                raise CaseError(f"{fact.path}.about", f"{name!r} is not in the case")
    return facts


def _revoked(facts: list[Fact]) -> list[Fact]:
    """The facts, each with the earliest revocation that acts on it."""
    moments: dict[str, int] = {}
    for fact in facts:
        if isinstance(fact, Revocation):
            moments[fact.target] = min(fact.effective, moments.get(fact.target, NEVER))
    return [
        _ended(fact, moments[fact.id]) if isinstance(fact, Scoped) and fact.id in moments else fact
        for fact in facts
    ]


def _ended(fact: Scoped, moment: int) -> Scoped:
    if fact.revocable:
        return replace(fact, revoked=moment)
    # A licence out that cannot be revoked stands; of rights held, a person judges.
    return fact if isinstance(fact, GrantOut) else replace(fact, disputed=moment)


def _basis(facts: tuple[Fact, ...], request: Request, tables: RuleTables) -> tuple[str, ...]:
    rules = set(request.territory.rules)
    for fact in facts:
        rules |= fact.rules
    if request.governing_law and tables.co_owner_rule(request.governing_law):
        rules.add(f"co_owner:{request.governing_law}")
    return tuple(sorted(rules))
