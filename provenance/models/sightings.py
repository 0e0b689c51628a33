"""Where files were seen in the wild, as somebody told us."""

from typing import TYPE_CHECKING, Final, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Coded, Organisation
from catalog.models import Asset, Consent
from licensing.models import Grant, ModelKind
from provenance.models.outputs import Output

if TYPE_CHECKING:
    from accounts.access import Actor

type Text = str | Promise


class Matched(models.TextChoices):
    """By what we know which file was seen; the first that fits."""

    MANIFEST = "manifest", _("It carries our credential")
    NAMED = "named", _("Its credential was named")
    FILE = "file", _("It is byte for byte a file that was delivered")
    ORIGINAL = "original", _("It is byte for byte a registered file")
    MADE = "made", _("It is byte for byte a work that a licensee declared")
    CONTENT = "content", _("Its content is that of a registered file")
    NOTHING = "nothing", _("Nothing that we know")


class Answer(models.TextChoices):
    AUTHORISED = "authorised", _("Authorised")
    OUTSIDE_SCOPE = "outside_scope", _("Outside the licence")
    UNCLEAR = "unclear", _("Cannot be told")
    UNKNOWN = "unknown", _("Unknown")


class Term(models.TextChoices):
    """Which term of the licence a sighting is outside of, or cannot be told by."""

    LICENCE = "licence", _("No licence covers it")
    REVOCATION = "revocation", _("The licence had been ended")
    TERM = "term", _("The term had not begun or was over")
    USE = "use", _("The use is not licensed")
    TERRITORY = "territory", _("The territory is not licensed")
    MODEL = "model", _("The kind of model is not licensed")
    CONSENT = "consent", _("No consent of the performer that it rests on covered it")
    EXTENT = "extent", _("More was seen than is licensed")
    CLAIMS = "claims", _("Others have registered the same content")
    DISPUTE = "dispute", _("What was declared of it is disputed")


# What is said of a term by which it cannot be told. By term, revocation, consent and dispute only
# works that licensees made: what was made before a licence ends may stand after it.
UNTOLD: Final[dict[str, Text]] = {
    Term.TERRITORY: _("The country was not told, and not all are licensed"),
    Term.MODEL: _("The kind of model was not told, and not all are licensed"),
    Term.USE: _("The use was not told, and the licence does not cover publication"),
    Term.EXTENT: _("The licence leaves out passages of it"),
    Term.CLAIMS: _("Others have registered the same content, so nobody knows whose licence counts"),
    Term.TERM: _("It was seen before it is said to have been made"),
    Term.REVOCATION: _(
        "The licence that it was made under had been revoked by then, or amended without its files"
    ),
    Term.CONSENT: _("A performer’s consent that it was made under did not stand then"),
    Term.DISPUTE: _("Who licensed what it was made with disputes what was declared"),
    Term.LICENCE: _("It came from a file that was delivered under another licence"),
}
# The same term says another thing of a copy that was delivered.
_LICENSED_AGAIN: Final[Text] = _(
    "Its own licence does not cover it, but who holds that was given another one of the same file"
)


class SightingState(models.TextChoices):
    OPEN = "open", _("To be looked at")
    DISMISSED = "dismissed", _("Dismissed")
    INCIDENT = "incident", _("Incident")


class SightingQuerySet(models.QuerySet["Sighting"]):
    def visible_to(self, actor: "Actor") -> Self:
        """The licensor of the file or of what a work was made under, and the licensee whose copy or
        work was seen. As `for_reader`."""
        reader = actor.organisation
        if reader is None:
            return self.none()
        return self.filter(Q(licensor=reader) | Q(licensee=reader)).for_reader(reader)

    def for_reader(self, reader: Organisation) -> Self:
        """Add `names_file`: whether the reader may know which registered file it is, and by which
        licence it was weighed. A maker whose work is like a file may where it has licensed that."""
        names_file = Q(licensor=reader) | Q(grant__licensee=reader)
        return self.annotate(names_file=names_file)


class Sighting(Coded):
    """A file that somebody saw somewhere, what we found it to be, and what its licensor makes of
    it. Where several have registered it, each has a sighting of its own: `is_contested`.

    Of a work that a licensee made (`output`), each organisation that licensed what it was made
    with, or represents a performer of it, has one: by its own `grant`, its own `consent` or both.
    """

    reporter = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, related_name="sightings_reported"
    )
    platform = models.CharField(max_length=100)
    link = models.CharField(max_length=1000, default="", blank=True)  # never followed
    seen_at = models.DateTimeField()
    use = models.CharField(max_length=40, default="", blank=True)
    territory = models.CharField(max_length=2, default="", blank=True)
    model_kind = models.CharField(max_length=20, choices=ModelKind, default="", blank=True)
    file_sha256 = models.CharField(max_length=64, default="", blank=True)
    matched = models.CharField(max_length=10, choices=Matched)
    answer = models.CharField(max_length=15, choices=Answer)
    term = models.CharField(max_length=12, choices=Term, default="", blank=True)
    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, null=True, related_name="sightings")
    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, null=True, related_name="sightings")
    output = models.ForeignKey(
        Output, on_delete=models.PROTECT, null=True, related_name="sightings"
    )
    consent = models.ForeignKey(
        Consent, on_delete=models.PROTECT, null=True, related_name="sightings"
    )
    licensor = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, related_name="sightings"
    )
    # Of the copy or the work that was seen; none where many hold the same.
    licensee = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, related_name="sightings_of_copies"
    )
    is_contested = models.BooleanField(default=False)
    reported_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=10, choices=SightingState, default=SightingState.OPEN)
    reason = models.CharField(max_length=500, default="", blank=True)
    decided_at = models.DateTimeField(null=True)

    objects = SightingQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["reported_at"], name="sighting_reported")]

    @property
    def stream(self) -> str:
        return f"sighting:{self.code}"

    @property
    def why(self) -> Text:
        """What is said of the term that it is outside of, or cannot be told by; or ""."""
        if self.answer == Answer.UNCLEAR:
            is_copy = self.term == Term.LICENCE and self.output_id is None
            return _LICENSED_AGAIN if is_copy else UNTOLD[self.term]
        return self.get_term_display() if self.term else ""
