"""One question about a whole library, and the answer for each of its files."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Coded, Organisation, User
from accounts.owned import Owned
from catalog.models import Asset
from licensing.models.clearances import Verdict
from licensing.models.offers import Exclusivity
from licensing.models.tables import TableVersion


class SurveyState(models.TextChoices):
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    CANCELLED = "cancelled", _("Cancelled")


class SurveyQuerySet(Owned["Survey"]):
    pass


class Survey(Coded):
    """May any lab have these uses of our files? Asked of every file of the organisation's titles
    that there is when it is asked.

    `asked_at` is the moment of decision for all of them; a worker goes through the files by their
    keys, from `cursor` up to `last`. `counts` are sums over the files done: by verdict and by
    reason, each as [files, milliseconds].
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    uses = models.JSONField()
    model_kinds = models.JSONField()
    territory = models.JSONField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)  # null: perpetual
    exclusivity = models.CharField(max_length=15, choices=Exclusivity)
    tables = models.ForeignKey(TableVersion, on_delete=models.PROTECT, related_name="+")
    engine = models.CharField(max_length=40)
    state = models.CharField(
        max_length=10, choices=SurveyState, default=SurveyState.RUNNING, db_index=True
    )
    total = models.PositiveIntegerField()
    done = models.PositiveIntegerField(default=0)
    cursor = models.PositiveBigIntegerField(default=0)
    last = models.PositiveBigIntegerField()
    counts = models.JSONField(default=dict)
    finished_at = models.DateTimeField(null=True)

    objects = SurveyQuerySet.as_manager()

    @property
    def is_live(self) -> bool:
        return self.state == SurveyState.RUNNING


class SurveyFinding(models.Model):
    """What the engine says in a survey of all files with the same facts, but for their ids and
    sources: most files of a library share a few."""

    survey = models.ForeignKey(Survey, on_delete=models.CASCADE, related_name="findings")
    sha256 = models.CharField(max_length=64)  # of the facts and of what the file teaches a model
    verdict = models.CharField(max_length=12, choices=Verdict)
    reasons = models.TextField()  # codes with a space between, in the engine's order
    cleared = models.JSONField()  # as the contract writes scopes
    conditions = models.JSONField()
    repairs = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["survey", "sha256"], name="finding_once_in_survey")
        ]


class SurveyAnswer(models.Model):
    """The answer for one file."""

    survey = models.ForeignKey(Survey, on_delete=models.CASCADE, related_name="answers")
    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="+")
    finding = models.ForeignKey(SurveyFinding, on_delete=models.CASCADE, related_name="answers")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["survey", "asset"], name="file_once_in_survey")
        ]
