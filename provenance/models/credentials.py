"""Proof: the credentials of granted files, and the deliveries made of them."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Coded
from catalog.models import Asset, Clip, WorkState
from catalog.models.clips import SUFFIX
from catalog.scope.ranges import clock
from licensing.models import GrantedAsset
from provenance.models.updates import CredentialUpdate, EarlierFile

if TYPE_CHECKING:
    from accounts.access import Actor


class CredentialForm(models.TextChoices):
    EMBEDDED = "embedded", _("Inside the file")
    SIDECAR = "sidecar", _("Beside the file (.c2pa)")


class PreparedFile(models.Model):
    """A file, or a part that was cut out of one, with a place for manifests: made once for all
    licensees. No copy of it is kept, only what differs from the original (credentials/recipe.py).
    """

    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="prepared")
    clip = models.ForeignKey(Clip, on_delete=models.PROTECT, null=True, related_name="prepared")
    place = models.JSONField()  # `carriers.Carrier`
    pieces = models.JSONField()  # `credentials.recipe.Piece`, in order
    kept_key = models.CharField(max_length=200, default="", blank=True)  # what differs
    size_bytes = models.PositiveBigIntegerField()
    blank_sha256 = models.CharField(max_length=64)  # with zeros in the place
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["asset"], condition=Q(clip__isnull=True), name="prepared_once"
            ),
            models.UniqueConstraint(
                fields=["clip"], condition=Q(clip__isnull=False), name="prepared_clip_once"
            ),
        ]


class CredentialQuerySet(models.QuerySet["Credential"]):
    def visible_to(self, actor: "Actor") -> Self:
        """Licensor and licensee of the grant."""
        if actor.organisation is None:
            return self.none()
        return self.filter(
            Q(granted_asset__grant__licensor=actor.organisation)
            | Q(granted_asset__grant__licensee=actor.organisation)
        )

    def named(self, names: Collection[str]) -> Self:
        """The signed ones that have a manifest of one of these names, the newest or one before."""
        later = CredentialUpdate.objects.filter(manifest_id__in=names)
        keys = list(later.values_list("credential", flat=True))  # so that both sides use an index
        return self.filter(Q(manifest_id__in=names) | Q(pk__in=keys), state=WorkState.DONE)

    def delivered_as(self, sha256: str) -> Self:
        """The signed ones whose file has these bytes, as it is delivered now or was before."""
        earlier = CredentialUpdate.objects.filter(earlier_sha256=sha256)
        unstamped = EarlierFile.objects.filter(sha256=sha256)
        # So that both sides use an index.
        keys = [*earlier.values_list("credential", flat=True)]
        keys += unstamped.values_list("credential", flat=True)
        return self.filter(Q(file_sha256=sha256) | Q(pk__in=keys), state=WorkState.DONE)


class Credential(Coded):
    """A manifest as delivered to one licensee: the file signed for the grant."""

    granted_asset = models.ForeignKey(
        GrantedAsset, on_delete=models.PROTECT, related_name="credentials"
    )
    # The part of the file that is signed, and its number among those granted; none for the whole.
    clip = models.ForeignKey(Clip, on_delete=models.PROTECT, null=True, related_name="+")
    part = models.PositiveSmallIntegerField(default=0)
    form = models.CharField(max_length=10, choices=CredentialForm)
    state = models.CharField(max_length=10, choices=WorkState, default=WorkState.DUE)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(default=timezone.now)  # also the lease
    problem = models.CharField(max_length=300, default="")
    # From here on: set when signed.
    manifest_id = models.CharField(max_length=120, default="")  # urn:c2pa:…
    # What is delivered: an object as it is, or a prepared file with the manifest in its place.
    file_key = models.CharField(max_length=200, default="", blank=True)
    prepared = models.ForeignKey(
        PreparedFile, on_delete=models.PROTECT, null=True, related_name="credentials"
    )
    # Of a long file with the manifest in its place: reckoned once somebody wants it.
    file_sha256 = models.CharField(max_length=64, default="", blank=True)
    file_size = models.PositiveBigIntegerField(default=0)
    stamped_at = models.DateTimeField(null=True)  # None while no time stamp is in the manifest
    signer_sha256 = models.CharField(max_length=64, default="")  # of the certificate
    signed_at = models.DateTimeField(null=True)
    # Once consents were struck out (`updates`): the newest manifest's name, and whether that goes
    # beside the file though the file carries an earlier one inside.
    newest_id = models.CharField(max_length=120, default="", blank=True)
    is_beside = models.BooleanField(default=False)

    objects = CredentialQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["granted_asset", "part"], name="credential_once"),
            models.CheckConstraint(
                condition=Q(part=0, clip__isnull=True) | Q(part__gt=0, clip__isnull=False),
                name="credential_of_part",
            ),
        ]
        indexes = [
            models.Index(fields=["not_before"], condition=~Q(state="done"), name="credential_due"),
            models.Index(fields=["manifest_id"], name="credential_manifest"),
            models.Index(fields=["file_sha256"], name="credential_file"),
            models.Index(
                fields=["id"],
                condition=Q(state="done", file_sha256="", prepared__isnull=False),
                name="credential_unhashed",
            ),
            models.Index(
                fields=["id"],
                condition=Q(state="done", stamped_at__isnull=True),
                name="credential_unstamped",
            ),
        ]

    @property
    def stream(self) -> str:
        return f"credential:{self.code}"

    @property
    def mime(self) -> str:
        """The media type of what is delivered."""
        return self.clip.mime if self.clip is not None else self.granted_asset.asset.mime

    @property
    def newest_manifest_id(self) -> str:
        return self.newest_id or self.manifest_id

    @property
    def has_sidecar(self) -> bool:
        """Whether its newest manifest is delivered beside the file."""
        return self.form == CredentialForm.SIDECAR or self.is_beside

    @property
    def version(self) -> str:
        """What changes with its manifest: a time stamp that came later, consents struck out."""
        return f"{self.code}.{bool(self.stamped_at):d}{self.newest_id.rpartition(':')[2]}"

    @property
    def filename(self) -> str:
        """What the delivered file is called: of a part, with the moments that it lies between."""
        name = self.granted_asset.asset.filename
        if self.clip is None:
            return name
        stem = name.rpartition(".")[0] or name
        moments = [clock(at).replace(":", ".") for at in (self.clip.from_ms, self.clip.to_ms)]
        return f"{stem}.{'-'.join(moments)}{SUFFIX[self.clip.mime]}"


class Manifest(models.Model):
    """The newest manifest store of a credential, without the filling that a place for it needs."""

    credential = models.OneToOneField(
        Credential, on_delete=models.PROTECT, primary_key=True, related_name="manifest"
    )
    body = models.BinaryField()


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def visible_to(self, actor: "Actor") -> Self:
        """Who sees the credential sees what was delivered under it."""
        return self.filter(credential__in=Credential.objects.visible_to(actor))


class Delivery(Coded):
    """A link given to the licensee; every download through it is checked again."""

    credential = models.ForeignKey(Credential, on_delete=models.PROTECT, related_name="deliveries")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    first_used_at = models.DateTimeField(null=True)

    objects = DeliveryQuerySet.as_manager()

    @property
    def stream(self) -> str:
        return f"delivery:{self.code}"
