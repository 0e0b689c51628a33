"""What the manifest repository keeps: content codes of files, and manifests to be found by them."""

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Coded, Organisation
from catalog.models import Asset, WorkState

if TYPE_CHECKING:
    from accounts.access import Actor


class ContentCode(models.Model):
    """The content code of a title's file, reckoned when the file came in, so that the first
    credential that is signed for it says it. Nobody finds a file by it before it is registered.
    Its rows are also the queue of the job that reckons them."""

    asset = models.OneToOneField(
        Asset, on_delete=models.PROTECT, primary_key=True, related_name="content_code"
    )
    state = models.CharField(max_length=10, choices=WorkState, default=WorkState.DUE)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(default=timezone.now)  # also the lease
    units = models.JSONField(default=dict)  # `content_codes`: the digest of each, hex; when done

    class Meta:
        indexes = [
            models.Index(fields=["not_before"], condition=Q(state="due"), name="content_code_due")
        ]


class Registration(models.Model):
    """A title's file in the repository: its content code, and a manifest that says who registered
    it and names nobody who licensed it. Its rows are also the queue of the job that makes them."""

    asset = models.OneToOneField(
        Asset, on_delete=models.PROTECT, primary_key=True, related_name="registration"
    )
    state = models.CharField(max_length=10, choices=WorkState, default=WorkState.DUE)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(default=timezone.now)  # also the lease
    # From here on: set when done.
    units = models.JSONField(default=dict)  # `content_codes`: the digest of each, hex
    manifest_id = models.CharField(max_length=120, default="", blank=True)
    manifest = models.BinaryField(default=b"")
    registered_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["not_before"], condition=Q(state="due"), name="registration_due"),
            models.Index(fields=["manifest_id"], name="registration_manifest"),
        ]


class CodeBand(models.Model):
    """A part of a content code, by which near codes are found without comparing all."""

    registration = models.ForeignKey(
        Registration, on_delete=models.CASCADE, related_name="bands", db_index=False
    )
    unit = models.CharField(max_length=8)
    number = models.PositiveSmallIntegerField()
    value = models.PositiveIntegerField()

    class Meta:
        indexes = [models.Index(fields=["unit", "number", "value"], name="code_band")]


class StoredManifestQuerySet(models.QuerySet["StoredManifest"]):
    def visible_to(self, actor: "Actor") -> Self:
        """Whoever stored it; anybody gets it who knows its name."""
        if actor.organisation is None:
            return self.none()
        return self.filter(organisation=actor.organisation)


class StoredManifest(Coded):
    """A manifest store that an organisation put here, so that others find it."""

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="stored_manifests"
    )
    manifest_id = models.CharField(max_length=120, unique=True)
    body = models.BinaryField()
    stored_at = models.DateTimeField(default=timezone.now)

    objects = StoredManifestQuerySet.as_manager()

    @property
    def stream(self) -> str:
        return f"manifest:{self.code}"


class StoredBinding(models.Model):
    """A soft binding under which a stored manifest is found: the exact value only."""

    manifest = models.ForeignKey(StoredManifest, on_delete=models.PROTECT, related_name="bindings")
    alg = models.CharField(max_length=100)
    value_sha256 = models.CharField(max_length=64)
    stored_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["alg", "value_sha256", "manifest"], name="binding_once")
        ]
