"""What search is made from. The table is the truth; each process keeps an index of it in memory."""

import secrets

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Organisation
from accounts.owned import Owned
from catalog.models.titles import Title
from ledger import edge_code


def _new_epoch() -> str:
    return secrets.token_hex(8)


class SearchState(models.Model):
    """One row: its lock puts changes of the documents in one order, that of their commits."""

    version = models.PositiveBigIntegerField(default=0)  # of the last change
    # Another one: another database, or one that was emptied; what was known of it is void.
    epoch = models.CharField(max_length=16, default=_new_epoch)
    snapshot = models.CharField(max_length=40, default="")  # the folder to begin from; "": none


class SearchDocument(models.Model):
    """What can be found of one title, file, shot or spoken line.

    Its own number stands in every index and is never used again: a document that is removed stays
    as an empty row, and comes back in it. What it says may lag; who may see what it names is asked
    of the rows themselves.
    """

    level = models.CharField(max_length=5)  # catalog.search.documents.LEVELS
    target = models.PositiveBigIntegerField()  # the primary key in the table of its level
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    title = models.ForeignKey(Title, on_delete=models.PROTECT, null=True, related_name="+")
    version = models.PositiveBigIntegerField()
    is_removed = models.BooleanField(default=False)
    is_offered = models.BooleanField(default=False)
    name = models.CharField(max_length=300)
    text = models.TextField(default="")
    own_text = models.TextField(default="")  # what only its holder finds it by
    facets = models.JSONField(default=dict)  # a name of FACETS to its values
    duration_ms = models.PositiveBigIntegerField(null=True)
    lines = models.PositiveIntegerField(null=True)
    year = models.PositiveSmallIntegerField(null=True)
    price_minor = models.PositiveBigIntegerField(null=True)
    currency = models.CharField(max_length=3, null=True)
    added_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["level", "target"], name="search_document_once"),
            models.CheckConstraint(
                condition=Q(price_minor__isnull=True, currency__isnull=True)
                | Q(price_minor__isnull=False, currency__isnull=False),
                name="search_price_with_currency",
            ),
        ]
        indexes = [models.Index(fields=["version"], name="search_document_version")]


class SavedSearchQuerySet(Owned["SavedSearch"]):
    pass


class SavedSearch(models.Model):
    """A question that somebody wants to ask again; `query` is its canonical form."""

    code = models.CharField(max_length=8, unique=True, default=edge_code.new, editable=False)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="saved_searches"
    )
    name = models.CharField(max_length=100)
    query = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)

    objects = SavedSearchQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "name"], name="saved_search_name_once")
        ]

    def __str__(self) -> str:
        return self.name
