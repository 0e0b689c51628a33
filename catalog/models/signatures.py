"""Signatures on consents that are signed here, and the links to give them by."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from catalog.models.consents import Consent
from catalog.models.performers import Authority


class Signature(models.Model):
    """That somebody with authority signed a consent: who, as what, when, over which bytes.

    On paper the bytes are those of the file that shows the signature.
    """

    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, related_name="signatures")
    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="signatures")
    name = models.CharField(max_length=200)  # as typed by who signed
    role = models.CharField(max_length=100)
    form_sha256 = models.CharField(max_length=64)
    language = models.CharField(max_length=5)  # of the form that was read
    marks = models.JSONField(default=list)  # the terms ticked one by one
    # Of a signature on paper, the file that shows it: key, sha256, mime, filename, signed_on.
    document = models.JSONField(default=dict)
    signed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["consent", "authority"], name="signed_once")]

    def __str__(self) -> str:
        return self.name


class Invitation(models.Model):
    """A link to sign one consent as one authority. Only the digest of its secret is kept."""

    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, related_name="invitations")
    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="invitations")
    prefix = models.CharField(max_length=12, unique=True)
    digest = models.CharField(max_length=64)
    email = models.EmailField(default="", blank=True)  # where it was sent; "": handed over
    expires_at = models.DateTimeField()
    made_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True)  # signed, declined, taken back or sent anew
    declined_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["consent", "authority"],
                condition=Q(closed_at__isnull=True),
                name="one_open_invitation",
            )
        ]
