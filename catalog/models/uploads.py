"""Files on their way in: what was begun, which parts were announced, how far it is."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation
from accounts.owned import Owned
from catalog.models.assets import Asset, SourceType
from catalog.models.likenesses import Likeness
from catalog.models.titles import Title
from catalog.object_interface import Upload as Parts
from ledger import edge_code


class UploadState(models.TextChoices):
    """open → completing → checking → done or refused; aborted from any of the first three."""

    OPEN = "open", _("Receiving")
    COMPLETING = "completing", _("Putting together")
    CHECKING = "checking", _("Being checked")
    DONE = "done", _("Registered")
    ABORTED = "aborted", _("Cancelled")
    REFUSED = "refused", _("Refused")


LIVE = (UploadState.OPEN, UploadState.COMPLETING, UploadState.CHECKING)
ENDED = (UploadState.ABORTED, UploadState.REFUSED, UploadState.DONE)


class UploadQuerySet(Owned["Upload"]):
    pass


class Upload(models.Model):
    """A file that comes in parts. Nothing of it is seen in the catalogue before it is checked.

    `object_key` is random and belongs to this upload for ever: whoever lost the answer to the
    completion finds the object there and knows that it is this file.
    """

    code = models.CharField(max_length=8, unique=True, default=edge_code.new, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="uploads")
    title = models.ForeignKey(Title, on_delete=models.PROTECT, null=True, related_name="uploads")
    likeness = models.ForeignKey(
        Likeness, on_delete=models.PROTECT, null=True, related_name="uploads"
    )
    filename = models.CharField(max_length=255)
    source_type = models.CharField(max_length=30, choices=SourceType)
    kind = models.CharField(max_length=10, default="")  # an AssetKind where the sender said one
    declared_sha256 = models.CharField(max_length=64, default="")
    size_bytes = models.PositiveBigIntegerField()
    part_bytes = models.PositiveBigIntegerField()
    object_key = models.CharField(max_length=1024)
    store_id = models.CharField(max_length=1024, default="")  # the store's own name of it
    # A file that is not sent but stays in its holder's own bucket, as `object_key` there.
    external_bucket = models.CharField(max_length=63, default="")
    external_version = models.CharField(max_length=1024, default="")
    external_etag = models.CharField(max_length=100, default="")
    state = models.CharField(max_length=10, choices=UploadState, default=UploadState.OPEN)
    reason = models.TextField(default="")  # why it was refused or given up, for people
    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, null=True, related_name="uploads")
    language = models.CharField(max_length=20, default="en")  # in which its reason is written
    begun_at = models.DateTimeField(default=timezone.now)
    last_part_at = models.DateTimeField(default=timezone.now)  # when a link was last given
    expires_at = models.DateTimeField()

    # The worker's: completing what was left half-way, checking, clearing what ended badly.
    work_attempts = models.PositiveSmallIntegerField(default=0)
    work_not_before = models.DateTimeField(default=timezone.now)  # also the lease
    checked_bytes = models.PositiveBigIntegerField(default=0)
    # Nothing lies in the store but what an asset holds.
    is_cleared = models.BooleanField(default=False)

    objects = UploadQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(title__isnull=False, likeness__isnull=True)
                | Q(title__isnull=True, likeness__isnull=False),
                name="upload_of_title_or_likeness",
            ),
            models.UniqueConstraint(
                fields=["object_key"],
                condition=Q(external_bucket=""),
                name="upload_key_never_again",
            ),
            models.CheckConstraint(
                condition=Q(state="done", asset__isnull=False)
                | (~Q(state="done") & Q(asset__isnull=True)),
                name="upload_done_is_asset",
            ),
        ]
        indexes = [
            models.Index(
                fields=["work_not_before"],
                condition=Q(state__in=["completing", "checking"]),
                name="upload_work_due",
            ),
            models.Index(
                fields=["work_not_before"],
                condition=Q(state__in=["aborted", "refused", "done"], is_cleared=False),
                name="upload_clearing_due",
            ),
            models.Index(
                fields=["expires_at"], condition=Q(state="open"), name="upload_open_until"
            ),
        ]

    def __str__(self) -> str:
        return self.filename

    @property
    def owner(self) -> Title | Likeness:
        owner = self.title or self.likeness
        assert owner is not None  # noqa: S101 - the check constraint says so
        return owner

    @property
    def parts_of_it(self) -> Parts:
        """The upload as the object store knows it."""
        return Parts(self.object_key, self.store_id, self.size_bytes, self.part_bytes)


class UploadPart(models.Model):
    """A part that a link was given for. Its hash stands from then on."""

    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, related_name="announced")
    number = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["upload", "number"], name="part_announced_once")
        ]
