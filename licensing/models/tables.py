"""The rule tables that verdicts rest on, as they were."""

from django.db import models
from django.utils import timezone


class TableVersion(models.Model):
    """One edition of the rule tables, word for word, by its hash: what a verdict that names it can
    be reproduced with. Written once, with the first verdict, and never changed."""

    sha256 = models.CharField(primary_key=True, max_length=64)
    text = models.TextField()  # licensing.clearance.rules.RuleTables.text
    kept_at = models.DateTimeField(default=timezone.now)
