"""Likenesses: what of a performer can be licensed."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Coded
from accounts.owned import Owned
from catalog.models.performers import Performer


class Attribute(models.TextChoices):
    """What of a person a likeness holds; the words of the clearance contract."""

    FACE = "face", _("Image (face)")
    VOICE = "voice", _("Voice")
    MOTION = "motion", _("Motion")
    NAME = "name", _("Name")


class LikenessQuerySet(Owned["Likeness"]):
    owner = "performer__organisation"


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
