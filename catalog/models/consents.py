"""Consents: who allows what of a likeness, and when it rests."""

from datetime import datetime
from typing import Any, Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Coded, Organisation
from accounts.owned import Owned
from catalog.consents.life import State
from catalog.models.likenesses import Likeness


class Ground(models.TextChoices):
    """Why a consent is withdrawn; the words of `catalog.consents.ending`."""

    TERMS = "terms", _("As the consent allows at any time")
    BREACH = "breach", _("The licensee broke it")
    STRIKE = "strike", _("There is a strike")
    DEATH = "death", _("The performer has died")
    LAW = "law", _("A law allows it")


class ConsentState(models.TextChoices):
    """Where a consent stands before it lives; what ends it are dates of their own."""

    DRAFT = "draft", _("Draft")
    OFFERED = "offered", _("Waits for signatures")
    DECLINED = "declined", _("Declined")
    CLOSED = "closed", _("Closed")
    LIVE = "live", _("Live")


class SuspensionReason(models.TextChoices):
    STRIKE = "strike", _("Strike")
    BREACH = "breach", _("Breach")
    DISPUTE = "dispute", _("Dispute")


class SuspensionQuerySet(Owned["Suspension"]):
    owner = "consent__likeness__performer__organisation"

    def standing(self, at: Any) -> Self:
        """Those in force at the aware instant `at`."""
        return self.filter(Q(ended_at__isnull=True) | Q(ended_at__gt=at), starts_at__lte=at)


class ConsentQuerySet(Owned["Consent"]):
    owner = "likeness__performer__organisation"

    def signed(self) -> Self:
        """Those that were ever in force: withdrawn ones too."""
        return self.filter(state=ConsentState.LIVE)

    def live(self, at: Any) -> Self:
        """Those in force at the aware instant `at`: signed, begun, not ended by their term or by
        rule, not withdrawn, not replaced, not suspended."""
        return (
            self.signed()
            .not_over(at)
            .filter(starts_at__lte=at)
            .exclude(pk__in=Suspension.objects.standing(at).values("consent"))
        )

    def not_over(self, at: Any) -> Self:
        """Those that neither their term nor a rule nor a withdrawal has ended at `at`."""
        return self.filter(
            Q(ends_at__isnull=True) | Q(ends_at__gt=at),
            Q(stops_at__isnull=True) | Q(stops_at__gt=at),
            Q(withdrawn_at__isnull=True) | Q(withdrawn_at__gt=at),
        )

    def over(self, at: Any) -> Self:
        """Those that their term, a rule or a withdrawal has ended at `at`."""
        return self.filter(Q(ends_at__lte=at) | Q(stops_at__lte=at) | Q(withdrawn_at__lte=at))

    def not_withdrawn(self, at: Any) -> Self:
        """Those that nobody had withdrawn or replaced at `at`; notice may be running."""
        return self.filter(Q(withdrawn_at__isnull=True) | Q(withdrawn_at__gt=at))

    def for_licensee(self, licensee: Organisation) -> Self:
        """The consents under which this organisation may be licensed."""
        return self.filter(Q(grantee__isnull=True) | Q(grantee=licensee), state=ConsentState.LIVE)


class Consent(Coded):
    """Who allows which use of which attribute of a likeness, where and how long.

    `terms` holds what else was agreed, as `catalog.consent_terms` names it. A new version is a
    new row; the one it replaces is withdrawn the moment the new one is signed.
    """

    likeness = models.ForeignKey(Likeness, on_delete=models.PROTECT, related_name="consents")
    # Null: anyone may be licensed within the scope.
    grantee = models.ForeignKey(Organisation, on_delete=models.PROTECT, null=True)
    state = models.CharField(max_length=8, choices=ConsentState, default=ConsentState.LIVE)
    uses = models.JSONField()
    attributes = models.JSONField()
    model_kinds = models.JSONField(default=list)  # empty: all
    territory = models.JSONField(default=str)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    description = models.CharField(max_length=500)
    document = models.CharField(max_length=300, default="", blank=True)
    max_outputs = models.PositiveIntegerField(null=True)
    used_outputs = models.PositiveIntegerField(default=0)
    terms = models.JSONField(default=dict)
    replaces = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, related_name="replaced_by"
    )
    # The form that is signed, made once when the consent is offered, by language: key and sha256.
    forms = models.JSONField(default=dict)
    # Whom that form names as signing and by which rule: catalog.offered_forms.asked_of.
    asked = models.JSONField(default=dict)
    offered_at = models.DateTimeField(null=True)
    # Closed before enough had signed, and what those who had are told.
    closed_at = models.DateTimeField(null=True)
    closed_reason = models.CharField(max_length=500, default="", blank=True)
    recorded_at = models.DateTimeField(default=timezone.now)
    signed_at = models.DateTimeField(null=True)
    # Where a rule ends it before or without `ends_at`: catalog.consents.ending.stops_at.
    stops_at = models.DateTimeField(null=True)
    # From this instant it is withdrawn or replaced; in the future while notice runs.
    withdrawn_at = models.DateTimeField(null=True)
    notice_at = models.DateTimeField(null=True)  # when notice was given, where that came first
    notice_ground = models.CharField(max_length=8, choices=Ground, default="", blank=True)
    notice_law = models.CharField(max_length=30, default="", blank=True)
    notice_reason = models.CharField(max_length=500, default="", blank=True)
    # Notice is given and the log does not say yet that the consent has ended.
    is_notice_running = models.BooleanField(default=False)

    objects = ConsentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
                name="consent_ends_after_start",
            ),
            models.CheckConstraint(
                condition=Q(max_outputs__isnull=True) | Q(used_outputs__lte=F("max_outputs")),
                name="consent_outputs_within_quota",
            ),
            models.CheckConstraint(
                condition=Q(is_notice_running=False)
                | Q(notice_at__isnull=False, withdrawn_at__isnull=False),
                name="consent_notice_has_end",
            ),
        ]
        indexes = [
            models.Index(
                fields=["withdrawn_at"],
                condition=Q(is_notice_running=True),
                name="consent_notice_due",
            )
        ]

    @property
    def stream(self) -> str:
        return f"consent:{self.code}"

    @property
    def over_at(self) -> datetime | None:
        """The instant from which it is over, as far as is known today."""
        ends = (self.ends_at, self.stops_at, self.withdrawn_at)
        return min((each for each in ends if each is not None), default=None)

    @property
    def form_stream(self) -> str:
        """Of what happens to it before it lives."""
        return f"consent_form:{self.code}"

    def state_at(self, at: datetime) -> State:
        """Where it stands in its life at the aware instant `at`. Up to two queries."""
        if self.state != ConsentState.LIVE:
            return State(self.state)
        if self.withdrawn_at is not None and self.withdrawn_at <= at:
            is_replaced = _newer(self.pk, self.withdrawn_at).exists()
            return State.REPLACED if is_replaced else State.WITHDRAWN
        resting = Suspension.objects.standing(at).filter(consent=self)
        return State.SUSPENDED if resting.exists() else State.LIVE

    def record(self) -> dict[str, Any]:
        """The consent as it is committed to the ledger: the facts, without the document."""
        return {
            "attributes": sorted(self.attributes),
            "description": self.description,
            "ends_at": self.ends_at.isoformat() if self.ends_at else None,
            "grantee": self.grantee.code if self.grantee else "*",
            "likeness": self.likeness.code,
            "max_outputs": self.max_outputs,
            "model_kinds": sorted(self.model_kinds),
            **({"terms": self.terms} if self.terms else {}),
            "starts_at": self.starts_at.isoformat(),
            "territory": self.territory,
            "uses": sorted(self.uses),
        }


def _newer(consent: int | OuterRef, ended_at: datetime | OuterRef) -> ConsentQuerySet:
    """Return the version that ended a consent. One signed after it was withdrawn replaced
    nothing."""
    return Consent.objects.signed().filter(replaces=consent, signed_at__lte=ended_at)


def is_replaced() -> Exists:
    """Return the condition that a newer version has ended a consent, so that nobody withdrew it."""
    return Exists(_newer(OuterRef("pk"), OuterRef("withdrawn_at")))


class Suspension(models.Model):
    """A consent that rests for a while: nothing new may be made of it until it ends."""

    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, related_name="suspensions")
    reason = models.CharField(max_length=8, choices=SuspensionReason)
    guild = models.CharField(max_length=100, default="", blank=True)  # whose strike it is for
    note = models.CharField(max_length=500, default="", blank=True)
    starts_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    objects = SuspensionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["consent"],
                condition=Q(ended_at__isnull=True),
                name="one_suspension_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return self.get_reason_display()
