"""What exists and who holds it: titles, files, rights, performers and their consents.

Rights facts are never edited: a correction is a new row that supersedes the old one, so that
any past decision can be explained by what was known at the time (`recorded_at`).
Territories are expressions of the clearance contract; uses are its use names.
"""

from fractions import Fraction
from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Coded, Organisation
from ledger import edge_code

if TYPE_CHECKING:
    from accounts.access import Actor


class TitleKind(models.TextChoices):
    FILM = "film", _("Film")
    SERIES = "series", _("Series")
    SEASON = "season", _("Season")
    EPISODE = "episode", _("Episode")
    SHORT = "short", _("Short film")
    CREATOR_VIDEO = "creator_video", _("Creator video")


class TitleQuerySet(models.QuerySet["Title"]):
    def visible_to(self, actor: "Actor") -> Self:
        """The titles of the actor's organisation. What others see of it is an offer's to say."""
        return self.filter(organisation=actor.organisation) if actor.organisation else self.none()


class Title(Coded):
    """A work. `name` is the original name, in `language` (BCP 47)."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="titles")
    kind = models.CharField(max_length=20, choices=TitleKind)
    name = models.CharField(max_length=300)
    language = models.CharField(max_length=20)
    year = models.PositiveSmallIntegerField(null=True)
    # Canonical form, 10.5240/XXXX-XXXX-XXXX-XXXX-XXXX-C, check character verified.
    eidr = models.CharField(max_length=34, null=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = TitleQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "eidr"],
                condition=Q(eidr__isnull=False),
                name="one_title_per_eidr",
            )
        ]
        indexes = [
            models.Index(fields=["organisation", "-id"], name="title_newest"),
            models.Index(fields=["organisation", "name", "id"], name="title_by_name"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def stream(self) -> str:
        return f"title:{self.code}"


class TitleName(models.Model):
    """What a title is called in another language."""

    title = models.ForeignKey(Title, on_delete=models.CASCADE, related_name="names")
    language = models.CharField(max_length=20)
    name = models.CharField(max_length=300)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["title", "language", "name"], name="name_once")
        ]
        indexes = [models.Index(fields=["name"], name="title_name_name")]

    def __str__(self) -> str:
        return self.name


class PerformerQuerySet(models.QuerySet["Performer"]):
    def visible_to(self, actor: "Actor") -> Self:
        return self.filter(organisation=actor.organisation) if actor.organisation else self.none()


class Performer(Coded):
    """A person whose likeness may be licensed, registered by who represents them."""

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="performers"
    )
    name = models.CharField(max_length=200)
    born = models.DateField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = PerformerQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    @property
    def stream(self) -> str:
        return f"performer:{self.code}"


class Attribute(models.TextChoices):
    """What of a person a likeness holds; the words of the clearance contract."""

    FACE = "face", _("Image (face)")
    VOICE = "voice", _("Voice")
    MOTION = "motion", _("Motion")
    NAME = "name", _("Name")


class LikenessQuerySet(models.QuerySet["Likeness"]):
    def visible_to(self, actor: "Actor") -> Self:
        if actor.organisation is None:
            return self.none()
        return self.filter(performer__organisation=actor.organisation)


class Likeness(Coded):
    """A set of a performer's attributes with the reference files that show them."""

    performer = models.ForeignKey(Performer, on_delete=models.PROTECT, related_name="likenesses")
    attributes = models.JSONField()  # list of Attribute values
    description = models.CharField(max_length=300)
    created_at = models.DateTimeField(default=timezone.now)

    objects = LikenessQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.performer.name} · {self.description}"

    @property
    def stream(self) -> str:
        return f"likeness:{self.code}"


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


class AssetQuerySet(models.QuerySet["Asset"]):
    def visible_to(self, actor: "Actor") -> Self:
        return self.filter(organisation=actor.organisation) if actor.organisation else self.none()


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
    object_key = models.CharField(max_length=200)
    facts = models.JSONField()  # catalog.probe.MediaFacts
    created_at = models.DateTimeField(default=timezone.now)

    # The poster and the preview, made by a worker.
    pictures_state = models.CharField(max_length=10, choices=WorkState, default=WorkState.DUE)
    pictures_attempts = models.PositiveSmallIntegerField(default=0)
    pictures_not_before = models.DateTimeField(default=timezone.now)  # also the lease
    poster_key = models.CharField(max_length=200, default="")
    preview_key = models.CharField(max_length=200, default="")

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
            models.Index(
                fields=["pictures_not_before"],
                condition=Q(pictures_state="due"),
                name="asset_pictures_due",
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


class RightsFact(Coded):
    """What every recorded right or restriction has: its scope, its source, its two clocks."""

    title = models.ForeignKey(Title, on_delete=models.PROTECT, related_name="%(class)ss")
    uses = models.JSONField(default=list)  # use names; ["ALL"] for every use
    territory = models.JSONField(default=str)  # a territory expression
    starts_at = models.DateTimeField(null=True)  # null: always
    ends_at = models.DateTimeField(null=True)  # null: for ever; half-open
    document = models.CharField(max_length=300, default="", blank=True)
    clause = models.CharField(max_length=100, default="", blank=True)
    note = models.CharField(max_length=500, default="", blank=True)
    recorded_at = models.DateTimeField(default=timezone.now)
    superseded_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(starts_at__isnull=True)
                | Q(ends_at__isnull=True)
                | Q(ends_at__gt=F("starts_at")),
                name="%(class)s_ends_after_start",
            )
        ]


class HoldingKind(models.TextChoices):
    OWNERSHIP = "ownership", _("Ownership")
    ASSIGNMENT = "assignment", _("Assignment")
    GRANT_IN = "grant_in", _("Licence in")


class Holding(RightsFact):
    """A right that a party holds over a title: ownership, or a deed that brought it."""

    kind = models.CharField(max_length=12, choices=HoldingKind)
    party = models.CharField(max_length=200)
    grantor = models.CharField(max_length=200, default="", blank=True)  # of a deed
    share_numerator = models.PositiveIntegerField(default=1)
    share_denominator = models.PositiveIntegerField(default=1)
    exclusivity = models.CharField(max_length=15, default="exclusive")
    sublicensable = models.BooleanField(default=False)
    executed_at = models.DateTimeField(null=True)

    class Meta(RightsFact.Meta):
        constraints = [
            *RightsFact.Meta.constraints,
            models.CheckConstraint(
                condition=Q(share_numerator__gt=0, share_numerator__lte=F("share_denominator")),
                name="share_in_0_1",
            ),
        ]

    @property
    def share(self) -> Fraction:
        return Fraction(self.share_numerator, self.share_denominator)

    @property
    def stream(self) -> str:
        return f"holding:{self.code}"


class Restriction(RightsFact):
    """Uses that a contract forbids."""

    modalities = models.JSONField(default=list)  # empty: all
    model_kinds = models.JSONField(default=list)  # empty: all

    @property
    def stream(self) -> str:
        return f"restriction:{self.code}"


class ConsentQuerySet(models.QuerySet["Consent"]):
    def visible_to(self, actor: "Actor") -> Self:
        if actor.organisation is None:
            return self.none()
        return self.filter(likeness__performer__organisation=actor.organisation)

    def for_licensee(self, licensee: Organisation) -> Self:
        """The consents under which this organisation may be licensed."""
        return self.filter(Q(grantee__isnull=True) | Q(grantee=licensee))


class Consent(Coded):
    """Who allows which use of which attribute of a likeness, where and how long."""

    likeness = models.ForeignKey(Likeness, on_delete=models.PROTECT, related_name="consents")
    # Null: anyone may be licensed within the scope.
    grantee = models.ForeignKey(Organisation, on_delete=models.PROTECT, null=True)
    uses = models.JSONField()
    attributes = models.JSONField()
    model_kinds = models.JSONField(default=list)  # empty: all
    territory = models.JSONField(default=str)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    description = models.CharField(max_length=500)
    document = models.CharField(max_length=300, default="", blank=True)
    max_outputs = models.PositiveIntegerField(null=True)
    recorded_at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True)

    objects = ConsentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
                name="consent_ends_after_start",
            )
        ]

    @property
    def stream(self) -> str:
        return f"consent:{self.code}"

    def record(self) -> dict[str, Any]:
        """The consent as it is committed to the ledger: the facts, without the document."""
        return {
            "attributes": sorted(self.attributes),
            "description": self.description,
            "ends_at": self.ends_at.isoformat() if self.ends_at else None,
            "grantee": self.grantee.code if self.grantee else "*",
            "likeness": self.likeness.code,
            "max_outputs": self.max_outputs,
            "model_kinds": sorted(self.model_kinds),
            "starts_at": self.starts_at.isoformat(),
            "territory": self.territory,
            "uses": sorted(self.uses),
        }
