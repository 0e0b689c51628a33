"""A licensor, or who represents a performer, says in words that an output is not as declared."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access import Actor, Permission, require
from accounts.errors import Conflict, NotFound
from accounts.models import Organisation
from accounts.text import check_name
from ledger.append import append
from provenance.models import Output, OutputDispute


@transaction.atomic
def dispute_output(*, actor: Actor, code: str, reason: str) -> OutputDispute:
    """Dispute an output; its maker reads why, and its status tells everybody that it is disputed.

    Raises NotFound, Invalid, Conflict where the organisation disputes it already.
    """
    organisation = require(actor, Permission.DISPUTE_OUTPUTS)
    output = _find(actor, organisation, code)
    reason = check_name("reason", reason, 1000)
    if _standing(output, organisation) is not None:
        raise Conflict(_("You dispute this already."))
    dispute = OutputDispute.objects.create(output=output, organisation=organisation, reason=reason)
    append("output.disputed", stream=output.stream, actor=actor.name, private={"reason": reason})
    return dispute


@transaction.atomic
def withdraw_dispute(*, actor: Actor, code: str) -> OutputDispute:
    """Dispute an output no longer. Raises NotFound, Conflict."""
    organisation = require(actor, Permission.DISPUTE_OUTPUTS)
    output = _find(actor, organisation, code)
    dispute = _standing(output, organisation)
    if dispute is None:
        raise Conflict(_("You do not dispute this."))
    dispute.withdrawn_at = timezone.now()
    dispute.save(update_fields=["withdrawn_at"])
    append("output.dispute_withdrawn", stream=output.stream, actor=actor.name)
    return dispute


def _find(actor: Actor, organisation: Organisation, code: str) -> Output:
    """Return the output, locked. Its own maker has nothing to dispute."""
    others = Output.objects.visible_to(actor).exclude(organisation=organisation)
    found = others.filter(code=code).values_list("pk", flat=True).first()
    if found is None:
        raise NotFound
    return Output.objects.select_for_update().defer("manifest").get(pk=found)


def _standing(output: Output, organisation: Organisation) -> OutputDispute | None:
    return output.disputes.filter(organisation=organisation, withdrawn_at__isnull=True).first()
