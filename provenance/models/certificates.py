"""Certificates for people: what one side of a grant shows of it."""

import secrets
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Coded, Organisation
from licensing.models import Grant

if TYPE_CHECKING:
    from accounts.access import Actor


def _secret() -> str:
    return secrets.token_urlsafe(16)


class CertificateQuerySet(models.QuerySet["Certificate"]):
    def visible_to(self, actor: "Actor") -> Self:
        """Its maker alone: the other side of the grant makes its own."""
        if actor.organisation is None:
            return self.none()
        return self.filter(organisation=actor.organisation)


class Certificate(Coded):
    """What one side of a grant shows of it: a statement, its PDFs, and a page that whoever holds
    the secret of its address may read."""

    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="certificates")
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="certificates"
    )
    secret = models.CharField(max_length=22, unique=True, default=_secret, editable=False)
    statement = models.JSONField()  # provenance.certificates.statement
    # By language, once somebody has asked for it: the object's key, its SHA-256 and its size.
    documents = models.JSONField(default=dict)
    made_at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True)

    objects = CertificateQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["grant", "organisation"],
                condition=Q(withdrawn_at__isnull=True),
                name="one_certificate_at_a_time",
            )
        ]

    @property
    def stream(self) -> str:
        return f"certificate:{self.code}"

    @property
    def path(self) -> str:
        """Where its page is: the address on the paper."""
        return f"/c/{self.secret}/"
