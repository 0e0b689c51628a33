"""Which consents a credential names, and the later manifests in which they are struck out."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from catalog.models import Consent


class CredentialUpdate(models.Model):
    """A later manifest of a credential, in which consents that have ended are struck out. The
    newest one is what the credential has now (`Manifest.body`); here is what it took the place of,
    by which a copy that was delivered before is known again."""

    credential = models.ForeignKey(
        "provenance.Credential", on_delete=models.PROTECT, related_name="updates"
    )
    number = models.PositiveSmallIntegerField()
    manifest_id = models.CharField(max_length=120)
    earlier = models.BinaryField()
    # Of the file with the earlier manifest in its place; "" where nobody had reckoned it.
    earlier_sha256 = models.CharField(max_length=64, default="", blank=True)
    is_beside = models.BooleanField(default=False)  # the file has no room for it
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-number",)
        constraints = [
            models.UniqueConstraint(fields=["credential", "number"], name="update_number_once")
        ]
        indexes = [
            models.Index(fields=["manifest_id"], name="update_manifest"),
            models.Index(fields=["earlier_sha256"], name="update_earlier_file"),
        ]


class EarlierFile(models.Model):
    """The SHA-256 of a file as it was delivered before, without the time stamp that came later, by
    which that copy is known again."""

    credential = models.ForeignKey(
        "provenance.Credential", on_delete=models.PROTECT, related_name="earlier_files"
    )
    sha256 = models.CharField(max_length=64)

    class Meta:
        indexes = [models.Index(fields=["sha256"], name="earlier_file")]


class CredentialConsent(models.Model):
    """A consent that a credential names, under the label of its assertion; `struck_by` once a later
    manifest has struck it out. Its rows are also the queue of the job that does so."""

    credential = models.ForeignKey(
        "provenance.Credential", on_delete=models.PROTECT, related_name="consents"
    )
    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, related_name="+", db_index=False)
    label = models.CharField(max_length=60)
    struck_by = models.ForeignKey(
        CredentialUpdate, on_delete=models.PROTECT, null=True, related_name="struck"
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["credential", "label"], name="credential_consent_once")
        ]
        indexes = [
            models.Index(
                fields=["consent"],
                condition=Q(struck_by__isnull=True),
                name="credential_consent_named",
            )
        ]
