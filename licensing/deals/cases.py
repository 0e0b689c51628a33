"""Giving an auditor access to the sealed facts of deals, and ending it."""

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access import Actor, Permission, require
from accounts.codes import allocate
from accounts.errors import Conflict, Invalid, NotFound
from accounts.models import Organisation, OrganisationKind
from accounts.text import check_note
from ledger.append import append
from licensing.models import AuditCase, Deal

MAX_DEALS = 200


@transaction.atomic
def open_case(*, actor: Actor, auditor: str, deals: Sequence[str], note: str = "") -> AuditCase:
    """Let an auditor see what opens the seals of these deals, as far as the actor may see it.

    `auditor` is the code of an organisation of that kind; the actor's own must be a party to every
    deal. The note is for the auditor and goes nowhere else. Raises Invalid naming the field.
    """
    organisation = require(actor, Permission.OPEN_CASES)
    invited = Organisation.objects.filter(code=auditor, kind=OrganisationKind.AUDITOR).first()
    if invited is None:
        raise Invalid("auditor", _("There is no auditor with this code."))
    found = _own_deals(actor, deals)
    case = AuditCase.objects.create(
        code=allocate("case"),
        opened_by=organisation,
        auditor=invited,
        note=check_note("note", note, 1000),
    )
    case.deals.set(found)
    append(
        "case.opened",
        stream=case.stream,
        actor=actor.name,
        refs={"auditor": invited.stream, "subjects": [deal.stream for deal in found]},
    )
    return case


@transaction.atomic
def close_case(*, actor: Actor, code: str) -> AuditCase:
    """End the auditor's access, from this moment on. Raises Conflict when it has ended."""
    organisation = require(actor, Permission.OPEN_CASES)
    rows = AuditCase.objects.filter(opened_by=organisation).select_for_update(of=("self",))
    case = rows.filter(code=code).first()
    if case is None:
        raise NotFound
    if case.closed_at is not None:
        raise Conflict(_("The case is closed already."))
    case.closed_at = timezone.now()
    case.save(update_fields=["closed_at"])
    append("case.closed", stream=case.stream, actor=actor.name)
    return case


def lock_running(actor: Actor, code: str) -> AuditCase:
    """Return a running case that was given to the actor's organisation, locked: it cannot end
    before the transaction. Raises NotFound; Conflict when it has ended."""
    organisation = require(actor, Permission.VIEW)
    rows = AuditCase.objects.filter(auditor=organisation).select_for_update(of=("self",))
    case = rows.filter(code=code).first()
    if case is None:
        raise NotFound
    if case.closed_at is not None:
        raise Conflict(_("The case is closed; its facts are not open to you any more."))
    return case


def record_showing(actor: Actor, case: AuditCase, openings: int, *, on_page: bool) -> None:
    """Record that the auditor is shown this many openings of a locked case."""
    case.shown += 1
    case.shown_at = timezone.now()
    case.viewed_at = case.shown_at if on_page else case.viewed_at
    case.save(update_fields=["shown", "shown_at", "viewed_at"])
    append("openings.shown", stream=case.stream, actor=actor.name, data={"openings": openings})


def _own_deals(actor: Actor, codes: Sequence[str]) -> list[Deal]:
    wanted = set(codes)
    if not 1 <= len(wanted) <= MAX_DEALS:
        raise Invalid("deals", _("Name 1 to %(limit)d deals.") % {"limit": MAX_DEALS})
    found = list(Deal.objects.visible_to(actor).filter(code__in=wanted).order_by("code"))
    if missing := sorted(wanted - {deal.code for deal in found}):
        raise Invalid(
            "deals", _("No such deal of yours: %(codes)s.") % {"codes": ", ".join(missing[:10])}
        )
    return found
