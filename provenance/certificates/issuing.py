"""Making a certificate of a grant, withdrawing it, and finding it by what stands on the paper."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access import Actor, Permission, require
from accounts.codes import allocate
from accounts.errors import Conflict, NotFound
from ledger.append import append
from licensing.models import Grant
from provenance.certificates.statement import digest, statement_of
from provenance.models import Certificate


@transaction.atomic
def issue_certificate(*, actor: Actor, grant: str) -> Certificate:
    """Return the actor's certificate of a grant: made now, or the one that it has already.

    Each side has its own. From now on whoever holds its address reads what it says. Raises
    NotFound, and Conflict while the grant stands in no checkpoint of the log.
    """
    organisation = require(actor, Permission.SHOW_CERTIFICATES)
    # Locked: two at once make one certificate, and the state in it is that of this moment.
    rows = Grant.objects.visible_to(actor).select_for_update(of=("self",))
    found = rows.select_related("licensor", "licensee").filter(code=grant).first()
    if found is None:
        raise NotFound
    if (standing := certificate_of(actor, found)) is not None:
        return standing
    code, now = allocate("certificate"), timezone.now()
    certificate = Certificate.objects.create(
        code=code,
        grant=found,
        organisation=organisation,
        statement=statement_of(found, code=code, at=now),
        made_at=now,
    )
    append(
        "certificate.issued",
        stream=certificate.stream,
        actor=actor.name,
        refs={"grant": found.stream},
        private={"statement": digest(certificate.statement)},
    )
    return certificate


@transaction.atomic
def withdraw_certificate(*, actor: Actor, grant: str) -> Certificate:
    """End the showing of the actor's certificate of a grant: its address tells from now on only
    whether the grant stands. Raises NotFound, and Conflict when it is withdrawn already."""
    require(actor, Permission.SHOW_CERTIFICATES)
    rows = Certificate.objects.visible_to(actor).filter(grant__code=grant)
    certificate = rows.select_for_update(of=("self",)).order_by("pk").last()
    if certificate is None:
        raise NotFound
    if certificate.withdrawn_at is not None:
        raise Conflict(_("The certificate was withdrawn already."))
    certificate.withdrawn_at = timezone.now()
    certificate.save(update_fields=["withdrawn_at"])
    append("certificate.withdrawn", stream=certificate.stream, actor=actor.name)
    return certificate


def certificate_of(actor: Actor, grant: Grant) -> Certificate | None:
    """Return the actor's own certificate of a grant, None where it has none that it shows."""
    own = Certificate.objects.visible_to(actor)
    return own.filter(grant=grant, withdrawn_at__isnull=True).select_related("grant").first()


def certificate_at(secret: str) -> Certificate:
    """Return the certificate with this secret in its address, withdrawn or not. Raises NotFound."""
    rows = Certificate.objects.select_related("grant__superseded_by", "organisation")
    # PostgreSQL cannot even look for a NUL.
    certificate = rows.filter(secret=secret).first() if secret.isprintable() else None
    if certificate is None:
        raise NotFound
    return certificate
