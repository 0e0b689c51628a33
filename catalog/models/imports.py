"""Files with many titles on their way into the library, what became of each row, and the terms
that Avails files say of a title."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Coded, Organisation
from accounts.owned import Owned
from catalog.models.titles import Title


class EndPolicy(models.TextChoices):
    """What the day means that a source writes as an end."""

    UNDECIDED = "", _("Not decided yet")
    INCLUSIVE = "inclusive", _("The last day that belongs to the window")
    EXCLUSIVE = "exclusive", _("The first day after the window")


class DayOrder(models.TextChoices):
    UNDECIDED = "", _("Refuse dates that can be two days")
    MONTH_FIRST = "mdy", _("Month first, 03/04 is 4 March")
    DAY_FIRST = "dmy", _("Day first, 03/04 is 3 April")


class ImportSourceQuerySet(Owned["ImportSource"]):
    pass


class ImportSource(Coded):
    """Who sends files, and how they write time; decided once, used for every file of theirs."""

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="import_sources"
    )
    name = models.CharField(max_length=200)
    zone = models.CharField(max_length=64, default="UTC")
    day_order = models.CharField(max_length=3, choices=DayOrder, default="", blank=True)
    end_policy = models.CharField(max_length=9, choices=EndPolicy, default="", blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = ImportSourceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "name"], name="import_source_once")
        ]

    def __str__(self) -> str:
        return self.name


class ImportFormat(models.TextChoices):
    AVAILS = "avails", _("Avails sheet, or Avails-AI")
    AVAILS_XML = "avails-xml", _("Avails XML")
    TABLE = "table", _("Table: CSV or XLSX with headers of its own")
    JSON_LINES = "jsonl", _("JSON lines")


class ImportState(models.TextChoices):
    """draft → due → reading → applying → done; failed or cancelled from any before done."""

    DRAFT = "draft", _("Not started yet")
    DUE = "due", _("Waiting")
    READING = "reading", _("Reading the file")
    APPLYING = "applying", _("Taking the rows in")
    DONE = "done", _("Finished")
    FAILED = "failed", _("Could not be imported")
    CANCELLED = "cancelled", _("Cancelled")


LIVE_IMPORTS = (ImportState.DUE, ImportState.READING, ImportState.APPLYING)


class ImportQuerySet(Owned["Import"]):
    pass


class Import(Coded):
    """One file on its way in.

    `cursor` counts the items of the read file that are applied; it moves in the same transaction
    as what they change, so that whoever goes on after a crash repeats nothing.
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="imports")
    source = models.ForeignKey(
        ImportSource, on_delete=models.PROTECT, null=True, related_name="imports"
    )
    filename = models.CharField(max_length=255)
    object_key = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.PositiveBigIntegerField()
    format = models.CharField(max_length=10, choices=ImportFormat)
    mapping = models.JSONField(default=dict)  # of a table: header -> column
    sheet = models.CharField(max_length=100, default="", blank=True)
    language = models.CharField(max_length=20, default="en")  # of names that do not say theirs
    # How time was read, as the source had it then.
    zone = models.CharField(max_length=64, default="UTC")
    day_order = models.CharField(max_length=3, choices=DayOrder, default="", blank=True)
    end_policy = models.CharField(max_length=9, choices=EndPolicy, default="", blank=True)
    is_dry_run = models.BooleanField(default=False)

    state = models.CharField(max_length=10, choices=ImportState, default=ImportState.DRAFT)
    is_cancelling = models.BooleanField(default=False)
    reason = models.TextField(default="", blank=True)  # of a failure, for people
    items = models.PositiveIntegerField(null=True)  # of the read file; null until it is read
    cursor = models.PositiveIntegerField(default=0)
    accepted = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    warned = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    report = models.JSONField(default=dict)  # the file's own findings, and what it was

    lease = models.CharField(max_length=32, default="", blank=True)  # who works on it
    leased_until = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = ImportQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["organisation", "-id"], name="import_newest"),
            models.Index(
                fields=["leased_until"],
                condition=Q(state__in=["due", "reading", "applying"]),
                name="import_work_due",
            ),
        ]

    def __str__(self) -> str:
        return self.filename

    @property
    def is_live(self) -> bool:
        return self.state in LIVE_IMPORTS

    @property
    def rows_done(self) -> int:
        return self.accepted + self.changed + self.unchanged + self.warned + self.rejected


class RowOutcome(models.TextChoices):
    """`warned` is kept like the first three, with something to look at."""

    ACCEPTED = "accepted", _("New")
    CHANGED = "changed", _("Changed")
    UNCHANGED = "unchanged", _("Unchanged")
    WARNED = "warned", _("Kept, with a warning")
    REJECTED = "rejected", _("Rejected")


class ImportRow(models.Model):
    """What became of one row. `findings` are those of the row: level, column, cell, code,
    message, params."""

    of = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="rows")
    sheet = models.CharField(max_length=100)
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=300, default="", blank=True)
    alid = models.CharField(max_length=200, default="", blank=True)
    outcome = models.CharField(max_length=9, choices=RowOutcome)
    title = models.ForeignKey(Title, on_delete=models.SET_NULL, null=True, related_name="+")
    findings = models.JSONField(default=list)

    class Meta:
        indexes = [
            models.Index(fields=["of", "outcome", "id"], name="import_row_outcome"),
            models.Index(fields=["of", "title"], name="import_row_title"),
        ]

    def __str__(self) -> str:
        return f"{self.sheet}!{self.number}"


class AvailQuerySet(Owned["Avail"]):
    def standing(self) -> "AvailQuerySet":
        """What no later file has withdrawn."""
        return self.filter(withdrawn_at__isnull=True)


class Avail(models.Model):
    """One row of terms that an Avails file said of a title; its facts name it.

    `ai` holds the AI terms that the row proposes (docs/avails-ai.md): a proposal from which
    offers can be drafted, never an offer. `digest` is that of all that the row says.
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="avails")
    title = models.ForeignKey(Title, on_delete=models.PROTECT, related_name="avails")
    alid = models.CharField(max_length=200, default="", blank=True)
    avail_id = models.CharField(max_length=200, default="", blank=True)
    digest = models.CharField(max_length=32)
    is_whole = models.BooleanField(default=False)  # its file said all there is of its ALID
    terms = models.JSONField()
    ai = models.JSONField(null=True)
    end_policy = models.CharField(max_length=9, choices=EndPolicy, default="", blank=True)
    # The last file that said it.
    import_of = models.ForeignKey(Import, on_delete=models.PROTECT, related_name="avails")
    recorded_at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True)

    objects = AvailQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "alid", "digest"],
                condition=Q(withdrawn_at__isnull=True),
                name="avail_said_once",
            )
        ]
        indexes = [
            models.Index(
                fields=["title"],
                condition=Q(ai__isnull=False, withdrawn_at__isnull=True),
                name="avail_ai_of_title",
            )
        ]

    def __str__(self) -> str:
        return self.avail_id or self.alid
