"""Works: what they are, what they are called, by which numbers others know them."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Coded, Organisation
from accounts.owned import Owned


class TitleKind(models.TextChoices):
    FRANCHISE = "franchise", _("Franchise")
    SERIES = "series", _("Series")
    SEASON = "season", _("Season")
    EPISODE = "episode", _("Episode")
    FILM = "film", _("Film")
    SHORT = "short", _("Short film")
    CREATOR_VIDEO = "creator_video", _("Creator video")
    EDIT = "edit", _("Edit")
    VERSION = "version", _("Version")


class Technique(models.TextChoices):
    LIVE_ACTION = "live_action", _("Live action")
    ANIMATION = "animation", _("Animation")
    MIXED = "mixed", _("Live action and animation")


class TitleQuerySet(Owned["Title"]):
    """What others see of a title is an offer's to say."""


class Title(Coded):
    """A work. `name` is the original name, in `language` (BCP 47).

    Two rows that turn out to be one work stay both, with what rests on them; one of them then
    names the other as `canonical`, which itself names none.
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="titles")
    kind = models.CharField(max_length=20, choices=TitleKind)
    name = models.CharField(max_length=300)
    language = models.CharField(max_length=20)
    year = models.PositiveSmallIntegerField(null=True)
    # Canonical form, 10.5240/XXXX-XXXX-XXXX-XXXX-XXXX-C, check character verified.
    eidr = models.CharField(max_length=34, null=True)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="children")
    number = models.PositiveIntegerField(null=True)  # of a season in its series, and so on
    canonical = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="duplicates"
    )
    runtime_ms = models.PositiveIntegerField(null=True)
    released_on = models.DateField(null=True)
    technique = models.CharField(max_length=12, choices=Technique, default="", blank=True)
    genres = models.JSONField(default=list)  # lower-case words; catalog.vocabulary names the usual
    countries = models.JSONField(default=list)  # of production: ISO 3166-1 or 3166-3 codes
    spoken = models.JSONField(default=list)  # BCP 47
    certifications = models.JSONField(default=list)  # {"country", "system", "rating"}
    # Column -> what was said before a person corrected it; a file that still says so is not taken.
    corrected = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)
    # When it, its names, numbers or credits last changed, for those who pull.
    changed_at = models.DateTimeField(default=timezone.now, db_index=True)

    objects = TitleQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "eidr"],
                condition=Q(eidr__isnull=False),
                name="one_title_per_eidr",
            ),
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=F("id")), name="title_not_own_parent"
            ),
            models.CheckConstraint(
                condition=Q(canonical__isnull=True) | ~Q(canonical=F("id")),
                name="title_not_own_duplicate",
            ),
        ]
        indexes = [
            models.Index(fields=["organisation", "-id"], name="title_newest"),
            models.Index(fields=["organisation", "name", "id"], name="title_by_name"),
            models.Index(
                fields=["organisation"],
                condition=Q(canonical__isnull=False),
                name="title_duplicate",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def stream(self) -> str:
        return f"title:{self.code}"


class Merger(models.Model):
    """That a title is, or until `split_at` was, recorded as the same work as another; why stands
    in the log. Of two that were merged and split several times there is one row."""

    title = models.ForeignKey(Title, on_delete=models.CASCADE, related_name="mergers")
    kept = models.ForeignKey(Title, on_delete=models.CASCADE, related_name="merged")
    split_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["title", "kept"], name="merger_once")]


class NameKind(models.TextChoices):
    TRANSLATED = "translated", _("Translated")
    ALIAS = "alias", _("Also known as")
    WORKING = "working", _("Working title")


class TitleName(models.Model):
    """What a title is called besides its original name."""

    title = models.ForeignKey(Title, on_delete=models.CASCADE, related_name="names")
    language = models.CharField(max_length=20)
    name = models.CharField(max_length=300)
    kind = models.CharField(max_length=10, choices=NameKind, default=NameKind.TRANSLATED)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["title", "language", "name"], name="name_once")
        ]
        indexes = [models.Index(fields=["name"], name="title_name_name")]

    def __str__(self) -> str:
        return self.name


class Scheme(models.TextChoices):
    """Who numbers. A title's first EIDR stands in the title; this one holds a second."""

    EIDR = "eidr", "EIDR"
    ISAN = "isan", "ISAN"
    IMDB = "imdb", "IMDb"
    OWN = "own", _("Own number")


class TitleIdentifierQuerySet(models.QuerySet["TitleIdentifier"]):
    def standing(self) -> "TitleIdentifierQuerySet":
        """What nobody has set right or dismissed."""
        return self.filter(dismissed_at__isnull=True)

    def apart(self) -> "TitleIdentifierQuerySet":
        """What failed its check and waits for somebody to decide."""
        return self.standing().filter(verified=False)


class TitleIdentifier(models.Model):
    """Another number of a title. One that fails its check is kept apart, `verified` false: it was
    in the source, it proves nothing, and it identifies no title. `dismissed_at` says when somebody
    set it right or dismissed it (catalog.quarantine)."""

    title = models.ForeignKey(Title, on_delete=models.CASCADE, related_name="identifiers")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    scheme = models.CharField(max_length=8, choices=Scheme)
    value = models.CharField(max_length=100)
    verified = models.BooleanField(default=True)
    recorded_at = models.DateTimeField(default=timezone.now)
    dismissed_at = models.DateTimeField(null=True)

    objects = TitleIdentifierQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "scheme", "value"],
                condition=Q(verified=True),
                name="number_names_one_title",
            ),
            models.CheckConstraint(
                condition=Q(verified=False) | Q(dismissed_at__isnull=True),
                name="number_dismissed_unverified",
            ),
            models.UniqueConstraint(
                fields=["title", "scheme", "value"], name="number_once_in_title"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_scheme_display()} {self.value}"
