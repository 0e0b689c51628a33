"""What licensees make of what they were granted, what it rests on, and what is said of it."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Coded, Organisation
from accounts.owned import Owned
from catalog.models import Consent, ConsentUse, WorkState
from licensing.models import Grant, ModelKind

if TYPE_CHECKING:
    from accounts.access import Actor


class OutputKind(models.TextChoices):
    PREVIS = "previs", _("Previsualisation")
    SHOT = "shot", _("Generated shot")
    DUB = "dub", _("Dub")
    DEAGE = "deage", _("De-aged shot")
    PERFORMANCE = "performance", _("Synthetic performance")
    STILL = "still", _("Promotional still")
    SOUND = "sound", _("Sound or music")
    TEXT = "text", _("Text")
    MODEL = "model", _("Model")
    DATA_SET = "data_set", _("Data set")


class MadeBy(models.TextChoices):
    """How it was made; the values are digital source types of the IPTC, the last one of C2PA."""

    TRAINED = "trainedAlgorithmicMedia", _("Made by a generative model")
    COMPOSITE = (
        "compositeWithTrainedAlgorithmicMedia",
        _("Made by a generative model and put together with other material"),
    )
    ENHANCED = "algorithmicallyEnhanced", _("Recorded, then enhanced by an algorithm")
    SYNTHETIC = "compositeSynthetic", _("Composite with synthetic parts")
    ALGORITHMIC = "algorithmicMedia", _("Made by an algorithm without training")
    DATA = "trainedAlgorithmicData", _("A model or data, which is no media")


class Relation(models.TextChoices):
    """What granted files are to the output; the words of C2PA."""

    INPUT = "inputTo", _("What it was made with")
    COMPONENT = "componentOf", _("What is seen or heard in it")


class OutputForm(models.TextChoices):
    EMBEDDED = "embedded", _("Inside the file")
    SIDECAR = "sidecar", _("Beside the file (.c2pa)")


class OutputFileQuerySet(Owned["OutputFile"]):
    pass


class OutputFile(models.Model):
    """A file that its maker sent to be signed; examined before it was kept. Sealed at rest."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64)
    filename = models.CharField(max_length=255)
    mime = models.CharField(max_length=100)
    size_bytes = models.PositiveBigIntegerField()
    object_key = models.CharField(max_length=200)
    received_at = models.DateTimeField(default=timezone.now)

    objects = OutputFileQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "sha256"], name="output_file_once")
        ]


class OutputQuerySet(models.QuerySet["Output"]):
    def visible_to(self, actor: "Actor") -> Self:
        """Its maker, the licensors of the grants that it names, and whoever represents the
        performers of its consents."""
        if actor.organisation is None:
            return self.none()
        own = actor.organisation
        granted = OutputSource.objects.filter(grant__licensor=own).values("output")
        allowed = OutputConsent.objects.filter(
            consent__likeness__performer__organisation=own
        ).values("output")
        return self.filter(Q(organisation=own) | Q(pk__in=granted) | Q(pk__in=allowed))

    def named(self, names: Collection[str]) -> Self:
        """The signed ones that have a manifest of one of these names, the newest or one before."""
        later = OutputUpdate.objects.filter(manifest_id__in=names)
        keys = list(later.values_list("output", flat=True))  # so that both sides use an index
        return self.filter(Q(manifest_id__in=names) | Q(pk__in=keys), state=WorkState.DONE)


class Output(Coded):
    """A work that a licensee declares to have made under grants and consents."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="outputs")
    kind = models.CharField(max_length=12, choices=OutputKind)
    name = models.CharField(max_length=200)
    made_by = models.CharField(max_length=40, choices=MadeBy)
    use = models.CharField(max_length=40)
    model_kind = models.CharField(max_length=20, choices=ModelKind)
    territory = models.JSONField()  # where it is to be shown or used
    made_at = models.DateTimeField()
    note = models.CharField(max_length=1000, default="", blank=True)
    file_sha256 = models.CharField(max_length=64)
    filename = models.CharField(max_length=255, default="", blank=True)
    # None: only the hash was given.
    file = models.ForeignKey(OutputFile, on_delete=models.PROTECT, null=True, related_name="+")
    is_shown = models.BooleanField(default=False)  # to those who licensed what it was made with
    label_duties = models.JSONField(default=list)  # rows of outputs/label_duties.py, by id
    declared_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=10, choices=WorkState, default=WorkState.DUE)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(default=timezone.now)  # also the lease
    problem = models.CharField(max_length=300, default="", blank=True)
    # From here on: set when signed.
    form = models.CharField(max_length=10, choices=OutputForm, default=OutputForm.SIDECAR)
    manifest_id = models.CharField(max_length=120, default="", blank=True)
    manifest = models.BinaryField(default=b"")
    signed_key = models.CharField(max_length=200, default="", blank=True)
    signed_sha256 = models.CharField(max_length=64, default="", blank=True)
    signed_size = models.PositiveBigIntegerField(default=0)
    signed_at = models.DateTimeField(null=True)
    # What it was found to come from then: delivered files that no grant covers which it names, and
    # other outputs.
    from_copies = models.ManyToManyField("provenance.Credential", related_name="+")
    from_works = models.ManyToManyField("self", symmetrical=False, related_name="+")

    objects = OutputQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "file_sha256"], name="output_once")
        ]
        indexes = [
            models.Index(fields=["not_before"], condition=~Q(state="done"), name="output_due"),
            models.Index(fields=["manifest_id"], name="output_manifest"),
            models.Index(fields=["signed_sha256"], name="output_signed_file"),
            models.Index(fields=["file_sha256"], name="output_file"),
        ]

    @property
    def stream(self) -> str:
        return f"output:{self.code}"

    @property
    def newest(self) -> tuple[str, bytes]:
        """The name of its newest manifest, and that manifest."""
        last = self.updates.order_by("-number").first()
        if last is not None:
            return last.manifest_id, bytes(last.manifest)
        return self.manifest_id, bytes(self.manifest)


class OutputSource(models.Model):
    """The files of one grant that an output was made with.

    `files` are their codes; empty means all of the grant. `members` and `root` are set when they
    stand as a data set in the manifest, and not one by one.
    """

    output = models.ForeignKey(Output, on_delete=models.PROTECT, related_name="sources")
    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="outputs")
    relation = models.CharField(max_length=12, choices=Relation, default=Relation.INPUT)
    files = models.JSONField(default=list, blank=True)
    # The credentials they had when it was declared, by key and in the order of the tree.
    members = models.JSONField(default=list, blank=True)
    root = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["output", "grant"], name="output_source_once")
        ]


class OutputConsent(models.Model):
    """A consent that an output was made under, and the use that took it from the agreed number."""

    output = models.ForeignKey(Output, on_delete=models.PROTECT, related_name="consents")
    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, related_name="outputs")
    attributes = models.JSONField()
    use = models.OneToOneField(ConsentUse, on_delete=models.PROTECT, related_name="output")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["output", "consent"], name="output_consent_once")
        ]


class OutputDispute(models.Model):
    """A licensor, or who represents a performer, holds that an output is not as was declared."""

    output = models.ForeignKey(Output, on_delete=models.PROTECT, related_name="disputes")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=1000)
    disputed_at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["output", "organisation"],
                condition=Q(withdrawn_at__isnull=True),
                name="one_dispute_at_a_time",
            )
        ]


class OutputUpdate(models.Model):
    """A later manifest of an output, in which the consents that have ended are struck out."""

    output = models.ForeignKey(Output, on_delete=models.PROTECT, related_name="updates")
    number = models.PositiveSmallIntegerField()
    consents = models.JSONField()  # codes of those struck out by now
    manifest_id = models.CharField(max_length=120)
    manifest = models.BinaryField()
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["output", "number"], name="output_update_once")
        ]
