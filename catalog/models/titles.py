"""Works and what they are called."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Coded, Organisation
from accounts.owned import Owned


class TitleKind(models.TextChoices):
    FILM = "film", _("Film")
    SERIES = "series", _("Series")
    SEASON = "season", _("Season")
    EPISODE = "episode", _("Episode")
    SHORT = "short", _("Short film")
    CREATOR_VIDEO = "creator_video", _("Creator video")


class TitleQuerySet(Owned["Title"]):
    """What others see of a title is an offer's to say."""


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
