"""The files of titles and likenesses."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation
from accounts.owned import Owned
from catalog.models.likenesses import Likeness
from catalog.models.titles import Title
from ledger import edge_code


class AssetKind(models.TextChoices):
    PICTURE = "picture", _("Picture")
    AUDIO = "audio", _("Audio")
    STILL = "still", _("Still image")
    SUBTITLES = "subtitles", _("Subtitles")
    SCRIPT = "script", _("Script or document")


class SourceType(models.TextChoices):
    """How the material came to be; the values are IPTC digital source types, as C2PA uses them."""

    DIGITAL_CAPTURE = "digitalCapture", _("Recorded with a camera or microphone")
    NEGATIVE_FILM = "negativeFilm", _("Scanned from negative")
    POSITIVE_FILM = "positiveFilm", _("Scanned from print")
    DIGITAL_CREATION = (
        "digitalCreation",
        _("Made by people with digital tools (animation, writing)"),
    )
    COMPOSITE = "composite", _("Composite of several sources")
    TRAINED = "trainedAlgorithmicMedia", _("Made by a generative model")
    ALGORITHMIC = "algorithmicMedia", _("Made by an algorithm without training")


class WorkState(models.TextChoices):
    """Where a job's row stands. Workers pull rows that are due and whose lease is free."""

    DUE = "due", _("Waiting")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")


class AssetQuerySet(Owned["Asset"]):
    pass


class Asset(models.Model):
    """A file of a title, or a reference file of a likeness; verified when it came in."""

    code = models.CharField(max_length=15, unique=True, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="assets")
    title = models.ForeignKey(Title, on_delete=models.PROTECT, null=True, related_name="assets")
    likeness = models.ForeignKey(
        Likeness, on_delete=models.PROTECT, null=True, related_name="assets"
    )
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=AssetKind)
    source_type = models.CharField(max_length=30, choices=SourceType)
    filename = models.CharField(max_length=255)
    mime = models.CharField(max_length=100)
    size_bytes = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    object_key = models.CharField(max_length=1024)
    # A file that stays in its holder's own bucket: there, never written to; "" for one in ours.
    external_bucket = models.CharField(max_length=63, default="")
    external_version = models.CharField(max_length=1024, default="")
    external_etag = models.CharField(max_length=100, default="")
    facts = models.JSONField()  # catalog.probe.MediaFacts
    created_at = models.DateTimeField(default=timezone.now)
    # When it, its shots, their tags or its transcripts last changed, for those who pull.
    changed_at = models.DateTimeField(default=timezone.now, db_index=True)

    # The poster, the contact sheet and the preview, made by a worker.
    pictures_state = models.CharField(max_length=10, choices=WorkState, default=WorkState.DUE)
    pictures_attempts = models.PositiveSmallIntegerField(default=0)
    pictures_not_before = models.DateTimeField(default=timezone.now)  # also the lease
    poster_key = models.CharField(max_length=200, default="")
    sheet_key = models.CharField(max_length=200, default="")
    preview_key = models.CharField(max_length=200, default="")

    # Until the job that reckons content codes has taken it up, which it does once. The database's
    # own default: who does not know of it yet, while an upgrade goes on, adds files all the same.
    awaits_content_code = models.BooleanField(db_default=True)

    objects = AssetQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(title__isnull=False, likeness__isnull=True)
                | Q(title__isnull=True, likeness__isnull=False),
                name="asset_of_title_or_likeness",
            ),
            models.UniqueConstraint(fields=["title", "number"], name="asset_number_in_title"),
            models.UniqueConstraint(fields=["likeness", "number"], name="asset_number_in_likeness"),
            models.UniqueConstraint(fields=["title", "sha256"], name="file_once_in_title"),
            models.UniqueConstraint(fields=["likeness", "sha256"], name="file_once_in_likeness"),
        ]
        indexes = [
            models.Index(fields=["sha256"], name="asset_sha256"),
            # To count the few files that stay in a bucket of the organisation's own.
            models.Index(fields=["organisation", "external_bucket"], name="asset_in_bucket"),
            models.Index(
                fields=["pictures_not_before"],
                condition=Q(pictures_state="due"),
                name="asset_pictures_due",
            ),
            models.Index(
                fields=["id"],
                condition=Q(awaits_content_code=True),
                name="asset_awaits_content_code",
            ),
        ]

    def __str__(self) -> str:
        return self.filename

    @property
    def display_code(self) -> str:
        return edge_code.display(self.code)

    @property
    def stream(self) -> str:
        return f"asset:{self.code}"

    @property
    def owner(self) -> Title | Likeness:
        owner = self.title or self.likeness
        assert owner is not None  # noqa: S101 - the check constraint says so
        return owner
