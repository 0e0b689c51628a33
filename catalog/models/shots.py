"""What is inside a film: its shots, what people and taggers say of them, what is spoken."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from catalog.models.assets import Asset, WorkState


class BeginsWith(models.TextChoices):
    """How a shot follows the one before it."""

    START = "start", _("Beginning")
    CUT = "cut", _("Cut")
    FADE = "fade", _("Fade")
    DISSOLVE = "dissolve", _("Dissolve")


class MediaReading(models.Model):
    """The one reading of a film or sound that finds its shots and the outline of its sound."""

    asset = models.OneToOneField(
        Asset, on_delete=models.CASCADE, primary_key=True, related_name="reading"
    )
    state = models.CharField(max_length=10, choices=WorkState, default=WorkState.DUE)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(default=timezone.now)  # also the lease
    detector = models.CharField(max_length=20, default="")  # which version found them
    duration_us = models.PositiveBigIntegerField(null=True)  # as decoded, not as declared
    is_whole = models.BooleanField(null=True)  # False: the data ends before the file says
    peaks = models.BinaryField(null=True)  # of equal pieces of the duration; None without sound
    shot_count = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(fields=["not_before"], condition=Q(state="due"), name="reading_due")
        ]


class Shot(models.Model):
    """What is between two changes of picture. Times are microseconds from the film's beginning,
    half open: `end_us` is the first that is not in it."""

    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="shots")
    number = models.PositiveIntegerField()  # from 1
    start_us = models.PositiveBigIntegerField()
    end_us = models.PositiveBigIntegerField()
    first_frame = models.PositiveIntegerField()
    frames = models.PositiveIntegerField()
    begins_with = models.CharField(max_length=10, choices=BeginsWith)
    brightness = models.PositiveSmallIntegerField()  # 0 to 255
    motion = models.PositiveSmallIntegerField()  # change of picture in a second, 0 to 255
    loudness_tenths = models.SmallIntegerField(null=True)  # of a dB below full scale
    has_speech = models.BooleanField(null=True)
    thumbnail_key = models.CharField(max_length=200, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["asset", "number"], name="shot_number_in_asset"),
            models.CheckConstraint(condition=Q(end_us__gt=models.F("start_us")), name="shot_lasts"),
        ]

    @property
    def duration_ms(self) -> int:
        return (self.end_us - self.start_us) // 1000


class ShotTag(models.Model):
    """A word for what a shot shows, said by a person or by a tagger (a program, by its name)."""

    shot = models.ForeignKey(Shot, on_delete=models.CASCADE, related_name="tags")
    tag = models.CharField(max_length=60)
    tagger = models.CharField(max_length=60, default="")  # "" for a person
    person = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    confidence_percent = models.PositiveSmallIntegerField(null=True)
    tagged_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shot", "tag", "tagger"], name="shot_tagged_once"),
            models.CheckConstraint(
                condition=Q(confidence_percent__isnull=True) | Q(confidence_percent__lte=100),
                name="confidence_up_to_100",
            ),
        ]
        indexes = [models.Index(fields=["tag"], name="shot_tag")]


class Transcript(models.Model):
    """What is said in a film or sound, in one language. Another import replaces it."""

    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="transcripts")
    language = models.CharField(max_length=20)  # BCP 47
    filename = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    left_out = models.PositiveIntegerField(default=0)  # cues that could not be read
    reasons = models.JSONField(default=list)  # of the first of them: [line, reason]
    imported_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["asset", "language"], name="transcript_in_language")
        ]


class Cue(models.Model):
    """Words and when they are heard."""

    transcript = models.ForeignKey(Transcript, on_delete=models.CASCADE, related_name="cues")
    number = models.PositiveIntegerField()
    start_ms = models.PositiveIntegerField()
    end_ms = models.PositiveIntegerField()
    text = models.TextField()
    speaker = models.CharField(max_length=200, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["transcript", "number"], name="cue_number")]
        indexes = [models.Index(fields=["transcript", "start_ms"], name="cue_at")]
