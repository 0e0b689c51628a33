"""What the files of a deal come to by the rate cards that were on offer, as it was asked for."""

from django.db import models

from licensing.models.deals import Deal


class Quote(models.Model):
    """The cards by which a deal is priced, frozen when it was opened: of each its version and what
    each file comes to. `licensing.offers.quotes` writes and reads `body`; nothing changes it."""

    deal = models.OneToOneField(Deal, on_delete=models.PROTECT, related_name="quote")
    body = models.JSONField()
