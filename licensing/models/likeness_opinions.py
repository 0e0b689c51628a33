"""What counsel says of the consents to a likeness, where they leave a question open."""

from typing import Any, Self

from django.db import models
from django.utils import timezone

from accounts.models import Coded
from accounts.owned import Owned
from catalog.models import Evidence, Likeness


class LikenessOpinionQuerySet(Owned["LikenessOpinion"]):
    owner = "likeness__performer__organisation"

    def standing(self) -> Self:
        """Those that have not been set aside."""
        return self.filter(superseded_at__isnull=True)


class LikenessOpinion(Coded):
    """One opinion. `body` holds its fields as the clearance contract writes them, checked by
    `catalog.facts.shapes`; `about` names consents. Never edited: it is set aside, and another is
    recorded."""

    likeness = models.ForeignKey(Likeness, on_delete=models.PROTECT, related_name="opinions")
    body = models.JSONField()
    document = models.CharField(max_length=300, default="", blank=True)
    clause = models.CharField(max_length=100, default="", blank=True)
    note = models.CharField(max_length=500, default="", blank=True)
    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, related_name="opinions")
    recorded_at = models.DateTimeField(default=timezone.now)
    superseded_at = models.DateTimeField(null=True)

    objects = LikenessOpinionQuerySet.as_manager()

    @property
    def stream(self) -> str:
        return f"opinion:{self.code}"

    @property
    def source(self) -> str:
        """What it is written in: the document as it is called, or the paper's hash."""
        return self.document or f"sha256:{self.evidence.sha256}"

    @property
    def uses(self) -> list[str]:
        return list(self.body.get("uses", ["ALL"]))

    @property
    def territory(self) -> Any:
        return self.body.get("territory", "WORLD")
