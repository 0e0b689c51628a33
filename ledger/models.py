"""The ledger's rows. The database is the truth; the files under VAR_DIR/ledger are made from it.

Event and Entry are append-only: triggers in the database refuse UPDATE, DELETE and TRUNCATE
(append_only.py).
"""

from django.core.exceptions import ObjectDoesNotExist
from django.db import models
from django.utils.translation import gettext_lazy as _

from edgecode.log import commitments
from edgecode.log.canonical import decode
from edgecode.log.leaf import Leaf, parse


class Stream(models.Model):
    """The history of one thing: `title:7K3F2Q9D`. Its row is the lock that orders its events."""

    name = models.CharField(_("name"), primary_key=True, max_length=100)
    version = models.PositiveBigIntegerField(_("version"), default=0)

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"


class Event(models.Model):
    """Something that happened, in the bytes that the log will carry."""

    id = models.BigAutoField(primary_key=True)
    stream = models.ForeignKey(
        Stream,
        models.PROTECT,
        related_name="events",
        db_index=False,  # the unique constraint below begins with it
        verbose_name=_("stream"),
    )
    version = models.PositiveBigIntegerField(_("version in its stream"))
    kind = models.CharField(_("kind"), max_length=90)
    leaf = models.BinaryField(_("entry"), max_length=16 * 1024)
    recorded_at = models.DateTimeField(_("recorded at"))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["stream", "version"], name="ledger_event_no_fork")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.stream_id}@{self.version}"

    @property
    def index(self) -> int | None:
        """The event's index in the log, or None until the sequencer has given it one."""
        try:
            return self.entry.index
        except ObjectDoesNotExist:
            return None

    def facts(self) -> Leaf:
        """Return the entry, parsed."""
        return parse(bytes(self.leaf))


class Pending(models.Model):
    """An event without an index yet. The sequencer looks here, so its work grows with what is
    new and not with what is logged."""

    event = models.OneToOneField(
        Event, models.PROTECT, primary_key=True, related_name="pending", verbose_name=_("event")
    )

    class Meta:
        verbose_name = _("pending event")

    def __str__(self) -> str:
        return f"event {self.event_id}"


class Entry(models.Model):
    """An event's place in the log: indices run from 0 without a gap."""

    index = models.PositiveBigIntegerField(_("index"), primary_key=True)
    event = models.OneToOneField(
        Event, models.PROTECT, related_name="entry", verbose_name=_("event")
    )

    def __str__(self) -> str:
        return f"entry {self.index}"


class LogState(models.Model):
    """The log as a whole: one row. Its lock is the sequencer's leadership.

    `size` counts the entries, `integrated` those under `checkpoint`, the newest signed note:
    the note is locked in here before anybody sees it. The live shard is the one named `shard` (""
    is the first), of the entries from `first` on. Once it is closed, `opens` names the next one,
    and nothing gets a number until that is open.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    size = models.PositiveBigIntegerField(_("size"), default=0)
    integrated = models.PositiveBigIntegerField(_("integrated"), default=0)
    checkpoint = models.TextField(_("checkpoint"), default="", blank=True)
    shard = models.CharField(_("shard"), max_length=4, default="", blank=True)
    first = models.PositiveBigIntegerField(_("first entry"), default=0)
    opens = models.CharField(_("next shard"), max_length=4, default="", blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="ledger_state_single"),
            models.CheckConstraint(
                condition=models.Q(first__lte=models.F("integrated")),
                name="ledger_state_first_lte_integrated",
            ),
            models.CheckConstraint(
                condition=models.Q(integrated__lte=models.F("size")),
                name="ledger_state_integrated_lte_size",
            ),
        ]

    def __str__(self) -> str:
        return f"log of {self.size} entries"


class ClosedShard(models.Model):
    """A log that was closed: the entries [first, first + size), under its last signed note."""

    name = models.CharField(_("name"), max_length=4, unique=True, blank=True)
    first = models.PositiveBigIntegerField(_("first entry"), primary_key=True)
    size = models.PositiveBigIntegerField(_("size"))
    checkpoint = models.TextField(_("checkpoint"))

    class Meta:
        verbose_name = _("closed shard")

    def __str__(self) -> str:
        return f"shard {self.name or 'one'} of {self.size} entries"


class Opening(models.Model):
    """What opens one commitment of an event; deleting the row erases the fact."""

    event = models.ForeignKey(
        Event, models.PROTECT, related_name="openings", db_index=False, verbose_name=_("event")
    )
    name = models.CharField(_("name"), max_length=40)
    commitment = models.CharField(_("commitment"), max_length=64, unique=True)
    salt = models.BinaryField(_("salt"), max_length=commitments.SALT_BYTES)
    # Canonical JSON as text: jsonb would refuse some strings.
    value = models.TextField(_("value"))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["event", "name"], name="ledger_opening_once")
        ]

    def __str__(self) -> str:
        return f"{self.name} of event {self.event_id}"

    def opening(self) -> commitments.Opening:
        """Return the salt and the value, as commitments.opens() takes them."""
        return commitments.Opening(
            bytes(self.salt), decode(self.value.encode(), commitments.VALUE_BYTES_MAX)
        )


class Document(models.Model):
    """A text that an entry names by its SHA-256. It is served as a file made from this row."""

    sha256 = models.CharField("SHA-256", primary_key=True, max_length=64)
    text = models.TextField(_("text"))

    def __str__(self) -> str:
        return self.sha256


class WitnessState(models.Model):
    """What came of asking one witness about one shard, by the address it is asked at."""

    url = models.CharField(max_length=500)
    shard = models.CharField(max_length=4, default="", blank=True)
    asked_at = models.DateTimeField(null=True)
    # The size of our log that it remembers: the next proof starts there.
    size = models.PositiveBigIntegerField(default=0)
    trouble = models.CharField(max_length=400, default="", blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["url", "shard"], name="ledger_witness_asked_once")
        ]

    def __str__(self) -> str:
        return self.url
