"""What one side of a licence comes to owe the other, and how that ends.

Two things impose a duty: the conditions of a verdict, when the licensor agrees to license on them,
and the end of a licence, early or by its term, or of a consent that it rests on.

Docs: docs/duties.md.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import MAXYEAR, date, datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access import SYSTEM, Actor, Permission, require
from accounts.codes import allocate_many
from accounts.errors import Conflict, Invalid, NotFound
from accounts.text import check_name, check_note
from catalog.checks import check_choices
from ledger.append import NewEvent, append, append_many
from licensing.models import (
    DEMANDABLE,
    TIER_TERMS,
    TIERS,
    Deal,
    Duty,
    DutyKind,
    DutyState,
    Grant,
    Ground,
    Side,
    lineage,
)
from licensing.models.clearances import RequestItem

# Where a duty may go from each state. Everything that ends one asks here.
TRANSITIONS: Final[dict[DutyState, frozenset[DutyState]]] = {
    DutyState.OPEN: frozenset({DutyState.MET, DutyState.WAIVED}),
    DutyState.MET: frozenset(),
    DutyState.WAIVED: frozenset(),
}
# What each side needs to bind its organisation to a licence.
BINDING: Final[dict[str, Permission]] = {
    Side.LICENSOR: Permission.DECIDE_DEALS,
    Side.LICENSEE: Permission.SUBMIT_REQUESTS,
}
MAX_DAYS: Final = 3650
# Statements are quarterly: what is due with one is due with the first of them.
_STATEMENT = timedelta(days=92)
# What is destroyed nobody can look at; so its trace is asked for.
_PROVEN: Final = frozenset({DutyKind.DESTROY})
_SHA256 = re.compile(r"[0-9a-f]{64}")
_NOT_ON_THIS = _(
    "“%(demand)s” can be demanded only where the files were used outside the licence, or where a"
    " court or an authority orders it."
)
_SOONER = _("“%(demand)s”: by the agreement the lab has %(days)d days at least.")


@dataclass(frozen=True)
class Demand:
    """A tier that is asked of the lab, and in how many days from now."""

    kind: str
    days: int


def check_demands(demands: Sequence[Demand], ground: str) -> list[Demand]:
    """Return the demands from the mildest on, or raise Invalid: of what the agreement does not
    allow on this ground, or in fewer days than it gives the lab, too."""
    check_choices("ground", [ground], [str(each) for each in DEMANDABLE])
    check_choices("demands", [each.kind for each in demands], [str(tier) for tier in TIERS])
    by_kind = {each.kind: each for each in demands}
    if len(by_kind) != len(demands):
        raise Invalid("demands", _("Name each demand once."))
    if not all(type(each.days) is int and 1 <= each.days <= MAX_DAYS for each in demands):
        raise Invalid("demands", _("Give from 1 to %(limit)d days.") % {"limit": MAX_DAYS})
    for each in demands:
        days, grounds = TIER_TERMS[DutyKind(each.kind)]
        if grounds is not None and ground not in grounds:
            raise Invalid("ground", _NOT_ON_THIS % {"demand": DutyKind(each.kind).label})
        if each.days < days:
            said = {"demand": DutyKind(each.kind).label, "days": days}
            raise Invalid("demands", _SOONER % said)
    return [by_kind[tier] for tier in TIERS if tier in by_kind]


def with_stop(demands: Sequence[Demand]) -> list[Demand]:
    """Return the demands with the one that every end of a licence brings: to train nothing new."""
    if any(each.kind == DutyKind.STOP for each in demands):
        return list(demands)
    return [Demand(DutyKind.STOP, TIER_TERMS[DutyKind.STOP].days), *demands]


def demand_of_lab(
    grant: Grant,
    demands: Iterable[Demand],
    *,
    ground: str,
    reason: str,
    files: Sequence[str],
    actor: Actor | None,
    consent: Any = None,
    detail: str = "",
    since: datetime | None = None,
    earliest: datetime | None = None,
) -> list[Duty]:
    """Let the lab owe these tiers for files of a locked grant; `actor` None: the house says it.
    `detail` is what of the licence is to be stopped, where the rest goes on.

    Their days run from now, or `since` an end that was agreed; none is due before `earliest`.
    Call inside a transaction, after the entry that ended the licence.
    """
    now = timezone.now()
    begins = since or now
    duties = [
        Duty(
            deal=grant.deal,
            grant=grant,
            consent=consent,
            owed_by=Side.LICENSEE,
            kind=each.kind,
            detail=detail,
            ground=ground,
            reason=reason,
            files=sorted(files),
            imposed_by=actor.organisation if actor else None,
            imposed_at=now,
            due_at=max(begins + timedelta(days=each.days), earliest or now),
        )
        for each in demands
    ]
    return impose(duties, actor.name if actor else SYSTEM)


def owe_conditions(
    deal: Deal, found: Iterable[tuple[RequestItem, Mapping[str, Any]]], *, actor: Actor
) -> list[Duty]:
    """Let the licensor owe the conditions of the engine's results on files of a locked deal.

    What is the same for several files is one duty; what it owes already for a file, or has met, is
    not owed twice for it.
    Call inside a transaction, once the deal says by when it is to be paid.
    """
    files: dict[tuple[str, str], list[str]] = {}
    due: dict[tuple[str, str], str] = {}
    for item, result in found:
        for each in result["conditions"]:
            duty = each["code"], each["detail"]
            files.setdefault(duty, []).append(item.asset.code)
            due[duty] = each["due"]
    # What it took on for the licence that this amends goes on.
    before = lineage({deal.amends_id}) if deal.amends_id else set[int]()
    owed = Duty.objects.filter(Q(deal=deal) | Q(deal__grant__in=before), ground=Ground.CONDITION)
    known: dict[tuple[str, str], set[str]] = defaultdict(set)
    for kind, detail, codes in owed.values_list("kind", "detail", "files"):
        known[kind, detail].update(codes)
    new = {duty: sorted({*codes} - known[duty]) for duty, codes in files.items()}
    now = timezone.now()
    duties = [
        Duty(
            deal=deal,
            owed_by=Side.LICENSOR,
            kind=duty[0],
            detail=duty[1],
            ground=Ground.CONDITION,
            files=codes,
            imposed_by=actor.organisation,
            imposed_at=now,
            due_at=_due_at(deal, due[duty], now),
        )
        for duty, codes in sorted(new.items())
        if codes
    ]
    return impose(duties, actor.name)


def _due_at(deal: Deal, due: str, now: datetime) -> datetime:
    """The engine says before which step; the deal says when that step is, at the latest."""
    paid_by = max(deal.pay_by or now, now)
    if due == "before_grant":
        return paid_by
    delivered = max(paid_by, deal.starts_at)
    if due == "before_delivery" or delivered.year == MAXYEAR:
        return delivered
    return delivered + _STATEMENT


def impose(duties: list[Duty], actor_name: str) -> list[Duty]:
    """Keep duties and append them to the log. Call inside a transaction."""
    for duty, code in zip(duties, allocate_many("duty", len(duties)), strict=True):
        duty.code = code
    Duty.objects.bulk_create(duties)
    append_many([_imposed(duty, actor_name) for duty in duties])
    return duties


def _imposed(duty: Duty, actor_name: str) -> NewEvent:
    refs = {"deal": duty.deal.stream}
    if duty.grant:
        refs["grant"] = duty.grant.stream
    if duty.consent:
        refs["consent"] = duty.consent.stream
    terms = {
        "detail": duty.detail,
        "files": duty.files,
        "ground": str(duty.ground),
        "reason": duty.reason,
    }
    return NewEvent(
        kind="duty.imposed",
        stream=duty.stream,
        actor=actor_name,
        refs=refs,
        data={
            "duty": str(duty.kind),
            "owed_by": str(duty.owed_by),
            "due_at": duty.due_at.isoformat(),
        },
        private={"terms": terms},
    )


@transaction.atomic
def acknowledge_duty(*, actor: Actor, code: str) -> Duty:
    """Say, for the side that owes it, that the notice has arrived. Raises NotFound, Conflict."""
    duty = _lock(actor, code)
    _check_owed(duty)
    if duty.acknowledged_at is not None:
        raise Conflict(_("The notice was acknowledged already."))
    duty.acknowledged_at, duty.acknowledged_role = timezone.now(), actor.role
    duty.save(update_fields=["acknowledged_at", "acknowledged_role"])
    append("duty.acknowledged", stream=duty.stream, actor=actor.name)
    return duty


@transaction.atomic
def meet_duty(
    *,
    actor: Actor,
    code: str,
    done_on: date,
    done_by: str,
    statement: str,
    evidence_sha256: str = "",
) -> Duty:
    """Attest, for the side that owes it, what was done: when, by whom, and the hash of what shows
    it. Whoever destroyed files has to name such a hash. Raises NotFound, Invalid, Conflict."""
    duty = _lock(actor, code)
    _move(duty, DutyState.MET, actor)
    # Where it was done it may be tomorrow already.
    if done_on > timezone.now().date() + timedelta(days=1):
        raise Invalid("done_on", _("It cannot have been done in the future."))
    duty.done_on = done_on
    duty.done_by = check_name("done_by", done_by, 200)
    duty.statement = check_note("statement", statement, 1000)
    if not duty.statement:
        raise Invalid("statement", _("Say what was done."))
    duty.evidence_sha256 = evidence_sha256.strip().lower()
    if duty.evidence_sha256 and not _SHA256.fullmatch(duty.evidence_sha256):
        raise Invalid("evidence_sha256", _("A SHA-256 has 64 digits from 0 to f."))
    if duty.kind in _PROVEN and not duty.evidence_sha256:
        raise Invalid("evidence_sha256", _("Name the SHA-256 of what shows the destruction."))
    duty.save()
    append(
        "duty.met",
        stream=duty.stream,
        actor=actor.name,
        private={
            "evidence": {
                "done_on": duty.done_on.isoformat(),
                "done_by": duty.done_by,
                "statement": duty.statement,
                "sha256": duty.evidence_sha256,
            }
        },
    )
    return duty


@transaction.atomic
def waive_duty(*, actor: Actor, code: str, reason: str, by: str = "") -> Duty:
    """Let the other side off what it owes, or record for the licensor that those whom a condition
    protects (a guild, a co-owner, an earlier licensee) waived it: `by` names them. Both sides read
    the reason. Raises NotFound, Conflict, Invalid naming the field.
    """
    duty = _lock(actor, code, "waiving")
    _move(duty, DutyState.WAIVED, actor)
    named = by if duty.owed_by == duty.waived_by else duty.other.name
    duty.done_by = check_name("by", named, 200)
    duty.waiver = check_name("reason", reason, 500)
    duty.save()
    append(
        "duty.waived",
        stream=duty.stream,
        actor=actor.name,
        private={"waiver": {"by": duty.done_by, "reason": duty.waiver}},
    )
    return duty


def _lock(actor: Actor, code: str, to: str = "meeting") -> Duty:
    """Return a duty, locked, if the actor's organisation is on the side that meets it, or on the
    one that waives it. Raises NotFound, NotAllowed."""
    rows = Duty.objects.visible_to(actor).select_related(
        "deal__licensor", "deal__request__organisation", "grant", "consent"
    )
    duty = rows.select_for_update(of=("self",)).filter(code=code).first()
    if duty is None:
        raise NotFound
    mine = Side.LICENSOR if duty.deal.licensor == actor.organisation else Side.LICENSEE
    if mine != (duty.waived_by if to == "waiving" else duty.owed_by):
        raise NotFound
    require(actor, BINDING[mine])
    return duty


def _check_owed(duty: Duty) -> None:
    if duty.standing not in {"owed", "overdue"}:
        raise Conflict(_("This is no longer owed; look at it again."))


def _move(duty: Duty, to: DutyState, actor: Actor) -> None:
    """Set the next state of a locked duty, or raise Conflict. The caller saves."""
    _check_owed(duty)
    if to not in TRANSITIONS[DutyState(duty.state)]:
        raise Conflict(_("This is no longer owed; look at it again."))
    duty.state = to
    duty.closed_at, duty.closed_role = timezone.now(), actor.role
