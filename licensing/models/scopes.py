"""What may be done with material, where, until when, and for what price."""

from django.db import models

from licensing.models.offers import Exclusivity


class Scope(models.Model):
    """The terms of a licence that one side asks for or both agree on, the same for every file."""

    uses = models.JSONField()
    model_kinds = models.JSONField()
    territory = models.JSONField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)  # null: perpetual
    exclusivity = models.CharField(max_length=15, choices=Exclusivity)
    price_minor = models.PositiveBigIntegerField()  # per file

    class Meta:
        abstract = True
