"""Approvals: a licensee shows what it makes, and who speaks for the performer says yes or no."""

import re
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access import SYSTEM, Actor, Permission, require
from accounts.codes import allocate
from accounts.errors import Conflict, Invalid, NotFound
from accounts.models import Organisation
from accounts.text import check_name, check_note
from catalog.models import Approval, Consent, Decision, Likeness
from ledger.append import append

_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_AT_ONCE = 100


def usable_by(organisation: Organisation, at: datetime) -> QuerySet[Consent]:
    """Return the consents in force that this organisation may make something of: those that name
    it, those that name nobody, and those of performers it represents."""
    named = Q(grantee=organisation) | Q(grantee__isnull=True)
    own = Q(likeness__performer__organisation=organisation)
    return Consent.objects.live(at).filter(named | own)


def find_usable(organisation: Organisation, code: str) -> Consent:
    """Return a consent that the organisation may make something of now, or raise NotFound. What is
    no longer in force, or is another's, does not exist here.

    Call inside a transaction: it is suspended and withdrawn wholly before or wholly after that.
    """
    of = Consent.objects.filter(code=code).values("likeness")
    list(Likeness.objects.select_for_update().filter(pk__in=of))
    rows = usable_by(organisation, timezone.now()).select_related(
        "likeness__performer__organisation"
    )
    consent = rows.filter(code=code).first()
    if consent is None:
        raise NotFound(_("You hold no consent with this code that is in force."))
    return consent


@transaction.atomic
def ask_approval(
    *, actor: Actor, consent_code: str, stage: str, description: str, sha256: str = ""
) -> Approval:
    """Ask whether one use is as the performer wants it; `sha256` is of what is shown.

    The consent says which stages are shown and how many hours there are to answer. Raises Invalid
    naming the field, NotFound, Conflict where none are asked for or the agreed number is used up.
    """
    organisation = require(actor, Permission.ASK_APPROVALS)
    consent = find_usable(organisation, consent_code)
    now = timezone.now()
    rule = consent.terms.get("approvals")
    if rule is None:
        raise Conflict(_("This consent asks for no approvals."))
    if stage not in rule["stages"]:
        raise Invalid(
            "stage",
            _("This consent asks for approval of: %(stages)s.")
            % {"stages": ", ".join(rule["stages"])},
        )
    if consent.max_outputs is not None and consent.used_outputs >= consent.max_outputs:
        raise Conflict(
            _("All %(most)s outputs that were agreed have been made: nothing is left to approve.")
            % {"most": consent.max_outputs}
        )
    approval = Approval.objects.create(
        code=allocate("approval"),
        consent=consent,
        asker=organisation,
        stage=stage,
        description=check_name("description", description, 500),
        sha256=check_sha256(sha256),
        asked_at=now,
        deadline_at=now + timedelta(hours=rule["hours"]),
        silence=rule["silence"],
    )
    append(
        "approval.asked",
        stream=approval.stream,
        actor=actor.name,
        refs={"consent": consent.stream},
        data={"stage": stage},
        private={
            "use": {
                "description": approval.description,
                "sha256": approval.sha256,
                "deadline_at": approval.deadline_at.isoformat(),
                "silence": approval.silence,
            }
        },
    )
    return approval


@transaction.atomic
def decide_approval(*, actor: Actor, code: str, approved: bool, reason: str = "") -> Approval:
    """Answer for the performer. Raises NotFound, Conflict once it is decided or too late."""
    organisation = require(actor, Permission.DECIDE_APPROVALS)
    mine = Approval.objects.filter(consent__likeness__performer__organisation=organisation)
    approval = mine.select_for_update(of=("self",)).filter(code=code).first()
    if approval is None:
        raise NotFound
    now = timezone.now()
    if approval.decision != Decision.OPEN:
        raise Conflict(_("This question has been answered."))
    if approval.deadline_at <= now:
        raise Conflict(_("The time to answer is over; what the consent says of silence holds."))
    _decide(approval, actor.name, approved, check_note("reason", reason, 500), now)
    return approval


def close_approvals_pending() -> int:
    """Decide by silence what nobody answered in time; return how many. The worker's."""
    now = timezone.now()
    due = Approval.objects.filter(decision=Decision.OPEN, deadline_at__lte=now)
    found = list(due.order_by("deadline_at").values_list("pk", flat=True)[:_AT_ONCE])
    return sum(_close(pk) for pk in found)


@transaction.atomic
def _close(pk: int) -> bool:
    rows = Approval.objects.filter(decision=Decision.OPEN)
    approval = rows.select_for_update(of=("self",), skip_locked=True).filter(pk=pk).first()
    if approval is None:
        return False
    approval.by_silence = True
    # As of the deadline, whenever the worker gets to it. Of a consent that rested then or was over
    # nobody says yes by saying nothing.
    at = approval.deadline_at
    stood = Consent.objects.live(at).filter(pk=approval.consent_id).exists()
    _decide(approval, SYSTEM, approval.silence == "allow" and stood, "", at)
    return True


def _decide(approval: Approval, actor: str, approved: bool, reason: str, at: datetime) -> None:
    approval.decision = Decision.APPROVED if approved else Decision.REFUSED
    approval.reason, approval.decided_at = reason, at
    approval.save(update_fields=["decision", "reason", "decided_at", "by_silence"])
    append(
        "approval.decided",
        stream=approval.stream,
        actor=actor,
        refs={"consent": approval.consent.stream},
        data={"decision": str(approval.decision), "by_silence": approval.by_silence},
        private={"reason": reason},
    )


def check_sha256(text: str) -> str:
    """Return a SHA-256 in hex, or "" for none; raise Invalid for anything else."""
    text = text.strip().lower()
    if text and _SHA256.fullmatch(text) is None:
        raise Invalid("sha256", _("A SHA-256 has 64 digits of 0-9 and a-f."))
    return text
