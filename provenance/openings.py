"""What an auditor sees in a case: the facts behind the seals of its deals, step by step.

Only as far as the party that opened the case may see them itself: what one side of a deal keeps
from the other it keeps from the other's auditor too.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import batched

import orjson
from django.db import transaction
from django.db.models import F, Max, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.access import Actor
from catalog.models import Fact as Recorded
from edgecode.log.commitments import Opening
from edgecode.log.leaf import Leaf
from ledger.models import Event
from ledger.models import Opening as OpeningRow
from licensing.deals.cases import lock_running, record_showing
from licensing.models import (
    AuditCase,
    Clearance,
    Decision,
    Duty,
    RequestItem,
    RuleRow,
    TableVersion,
    Usage,
)
from provenance.models import Credential, Delivery

# How often looking at the page again is recorded.
VIEW_EVERY = timedelta(hours=1)
_AT_ONCE = 1000  # a statement takes only so many parameters
# A clearance case holds the licensor's contracts; what was no longer clear, or clear on which
# conditions, is the licensor's to tell.
LICENSORS_KINDS = frozenset(
    {"clearance.decided", "deal.assented", "deal.held", "deal.conditions_confirmed"}
)
# Licensors see deals, never the whole request: it names the files of other licensors.
_LABS_FACTS = frozenset(
    {
        ("request.submitted", "assets"),
        ("request.submitted.v2", "assets"),
        ("request.submitted.v2", "ranges"),
    }
)


@dataclass(frozen=True, slots=True)
class Fact:
    """One sealed fact. `opening` is None when it is not shown: `is_kept` from this party's
    auditor, or else erased."""

    name: str
    commitment: str
    opening: Opening | None
    is_kept: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """One entry of a case; `index` is None until the log has numbered it."""

    index: int | None
    leaf: Leaf
    facts: tuple[Fact, ...]


@transaction.atomic
def download(*, actor: Actor, code: str) -> list[Shown]:
    """Return every entry of a running case with its facts; the log records that it was done.

    Raises NotFound for what was not given to the actor's organisation, Conflict once closed.
    """
    case = lock_running(actor, code)
    found = list(shown(case, entries(case)))
    record_showing(actor, case, _given(found), on_page=False)
    return found


def view(*, actor: Actor, case: AuditCase) -> None:
    """Record that the auditor looks at a running case, once an hour at most. Raises what
    `download` raises."""
    if case.viewed_at is not None and timezone.now() - case.viewed_at < VIEW_EVERY:
        return
    with transaction.atomic():
        locked = lock_running(actor, case.code)
        if locked.viewed_at == case.viewed_at:  # none of the auditor's people looked meanwhile
            given = _given(shown(locked, entries(locked)))
            record_showing(actor, locked, given, on_page=True)


def entries(case: AuditCase) -> list[int]:
    """Return the ids of the events of the case's deals, in the order of the log."""
    found: list[int] = []
    for names in batched(_streams(case), _AT_ONCE):
        found += Event.objects.filter(stream__in=names).values_list("pk", flat=True)
    for names in batched(_facts_decided_on(case), _AT_ONCE):
        # What became of a fact later is no part of the case.
        recorded = Event.objects.filter(stream__in=names, version=1)
        found += recorded.values_list("pk", flat=True)
    return sorted(found)


def shown(case: AuditCase, ids: Sequence[int]) -> Iterator[Shown]:
    """Yield what a running case shows of these events, in their order."""
    licensors = _licensors(case)
    for some in batched(ids, _AT_ONCE):
        openings: dict[int, dict[str, Opening]] = {}
        for row in OpeningRow.objects.filter(event__in=some):
            openings.setdefault(row.event_id, {})[row.name] = row.opening()
        for event in Event.objects.filter(pk__in=some).select_related("entry").order_by("pk"):
            leaf, known = event.facts(), openings.get(event.pk, {})
            yield Shown(event.index, leaf, tuple(_facts(case, leaf, known, licensors)))


def lines(found: Iterable[Shown]) -> bytes:
    """Return the openings as `edgecode audit --openings` reads them, a JSON object a line. An
    entry that the log has not numbered yet is left out: ask again a moment later."""
    return b"".join(
        orjson.dumps(
            {
                "index": entry.index,
                "stream": entry.leaf.stream,
                "name": fact.name,
                "salt": fact.opening.salt.hex(),
                "value": fact.opening.value,
            }
        )
        + b"\n"
        for entry in found
        for fact in entry.facts
        if entry.index is not None and fact.opening is not None
    )


def papers(found: Iterable[Shown]) -> Iterator[bytes]:
    """Yield the cases and rule tables behind the verdicts whose seals are opened, a JSON object a
    line: the log commits to their hashes, and the auditor's program reckons the verdicts again."""
    opened = [
        fact.opening.value
        for entry in found
        for fact in entry.facts
        if entry.leaf.kind == "clearance.decided" and fact.name == "case" and fact.opening
    ]
    values = [value for value in opened if isinstance(value, dict)]
    for some in batched(sorted({str(value.get("tables")) for value in values}), _AT_ONCE):
        for text in TableVersion.objects.filter(pk__in=some).values_list("text", flat=True):
            yield orjson.dumps({"tables": text}) + b"\n"
    for some in batched(sorted({str(value.get("sha256")) for value in values}), _AT_ONCE):
        kept = Decision.objects.filter(pk__in=some).order_by("pk")
        for text, answer in kept.values_list("case_text", "result").iterator():
            yield orjson.dumps({"case": text, "answer": answer}) + b"\n"


def _given(found: Iterable[Shown]) -> int:
    return sum(fact.opening is not None for entry in found for fact in entry.facts)


def _facts(
    case: AuditCase, leaf: Leaf, known: dict[str, Opening], licensors: dict[str, int]
) -> Iterator[Fact]:
    for name, commitment in leaf.commitments.items():
        kept = _is_kept(case, leaf, name, licensors)
        yield Fact(name, commitment, None if kept else known.get(name), kept)


def _is_kept(case: AuditCase, leaf: Leaf, name: str, licensors: dict[str, int]) -> bool:
    """Return whether the party that opened the case may not see this fact itself."""
    if leaf.kind in LICENSORS_KINDS:
        return licensors.get(leaf.stream) != case.opened_by_id
    if leaf.kind == "duty.imposed" and leaf.data["owed_by"] == "licensor":
        return case.opened_by.kind == "lab"  # whom its licensor owes besides
    return (leaf.kind, name) in _LABS_FACTS and case.opened_by.kind != "lab"


def _licensors(case: AuditCase) -> dict[str, int]:
    """Return whose the facts of each deal and each clearance are, by stream."""
    deals = case.deals.values_list("code", "licensor")
    clearances = Clearance.objects.filter(item__deal__in=case.deals.all())
    rows = clearances.values_list("code", "item__deal__licensor")
    return {f"deal:{code}": owner for code, owner in deals} | {
        f"clearance:{code}": owner for code, owner in rows
    }


def _streams(case: AuditCase) -> Iterator[str]:
    deals = case.deals.select_related("request", "grant", "settlement", "refund", "agreement")
    yield from {f"offer:{code}" for code in _offers(case)}
    for deal in deals:
        yield deal.request.stream
        yield deal.stream
        for name in ("agreement", "settlement", "refund", "grant"):
            part = getattr(deal, name, None)
            if part is not None:
                yield part.stream
    given = case.deals.all()
    for codes, subject in (
        (Clearance.objects.filter(item__deal__in=given), "clearance"),
        (Duty.objects.filter(deal__in=given), "duty"),
        (Usage.objects.filter(grant__deal__in=given), "usage"),
        (Credential.objects.filter(granted_asset__grant__deal__in=given), "credential"),
        (Delivery.objects.filter(credential__granted_asset__grant__deal__in=given), "delivery"),
    ):
        for code in codes.values_list("code", flat=True):
            yield f"{subject}:{code}"


def _facts_decided_on(case: AuditCase) -> Iterator[str]:
    """Yield the streams of the facts in the cases of the party's own verdicts, and of the rows of
    rule tables that it had recorded by the last of them."""
    own = Clearance.objects.filter(item__deal__in=case.deals.filter(licensor=case.opened_by_id))
    codes: set[str] = set()
    decided = Decision.objects.filter(pk__in=own.values("decision"))
    for text in decided.values_list("case_text", flat=True).iterator():
        codes |= {str(fact["id"]) for fact in orjson.loads(text)["facts"]}
    for some in batched(sorted(codes), _AT_ONCE):
        for fact in Recorded.objects.filter(code__in=some, title__organisation=case.opened_by_id):
            yield fact.stream
    last = own.aggregate(at=Max("evaluated_at"))["at"]
    if last is not None:
        for row in RuleRow.objects.filter(organisation=case.opened_by_id, recorded_at__lte=last):
            yield row.stream


def _offers(case: AuditCase) -> Iterator[str]:
    """Yield the codes of the licensors' offers of the deals' files that stood when they were asked
    for."""
    items = RequestItem.objects.filter(deal__in=case.deals.all()).order_by()
    items = items.alias(asked_at=Coalesce("deal__request__submitted_at", "deal__created_at"))
    for offer in ("asset__title__offers", "asset__likeness__offers"):
        standing = Q(**{f"{offer}__withdrawn_at__isnull": True})
        standing |= Q(**{f"{offer}__withdrawn_at__gt": F("asked_at")})
        found = items.filter(standing, **{f"{offer}__published_at__lte": F("asked_at")})
        yield from found.values_list(f"{offer}__code", flat=True).distinct()
