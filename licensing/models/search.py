"""What the stage that feeds search has still to do."""

from django.db import models

from catalog.models import Title


class StaleTitle(models.Model):
    """A title whose documents may say what is no longer so. The row goes before they are made
    anew, in one transaction: a change that comes meanwhile brings it back."""

    title = models.OneToOneField(
        Title, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )


class SearchSweep(models.Model):
    """Up to when changes have been looked for; one row."""

    looked_at = models.DateTimeField()  # at once, by when rows say they changed
    swept_at = models.DateTimeField()  # again, for those whose transactions took their time
