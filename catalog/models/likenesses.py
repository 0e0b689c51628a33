"""Performers, who speaks for them, their likenesses, and what is consented to."""

from datetime import UTC, datetime
from fractions import Fraction
from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Coded, Organisation
from accounts.owned import Owned
from catalog.consents.life import State
from catalog.consents.speaking import Standing, standing_at
from catalog.models.rights import Evidence


class HeirsRule(models.TextChoices):
    """How several who speak for one person decide."""

    ALL = "all", _("All must sign")
    MAJORITY = "majority", _("More than half of the shares must sign")


class PerformerQuerySet(Owned["Performer"]):
    pass


class Performer(Coded):
    """A person whose likeness may be licensed, registered by who represents them."""

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="performers"
    )
    name = models.CharField(max_length=200)
    stage_names = models.JSONField(default=list)
    born = models.DateField(null=True)
    deceased_on = models.DateField(null=True)
    # ISO 3166-1 or -2, as KR or US-CA; at death, if dead.
    domicile = models.CharField(max_length=6, default="", blank=True)
    guilds = models.JSONField(default=list)
    isni = models.CharField(max_length=16, default="", blank=True)
    imdb = models.CharField(max_length=12, default="", blank=True)
    heirs_rule = models.CharField(max_length=8, choices=HeirsRule, default=HeirsRule.ALL)
    created_at = models.DateTimeField(default=timezone.now)

    objects = PerformerQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    @property
    def stream(self) -> str:
        return f"performer:{self.code}"

    def standing_at(self, at: datetime) -> Standing:
        """What the person is on the day, UTC, of the aware instant `at`."""
        return standing_at(self.born, self.deceased_on, at.astimezone(UTC).date())


class PerformerName(models.Model):
    """A name that a performer is asked for by, as the digest of its normal form: found when it is
    known, and not listed."""

    performer = models.ForeignKey(Performer, on_delete=models.PROTECT, related_name="name_keys")
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["performer", "digest"], name="performer_name_once")
        ]
        indexes = [models.Index(fields=["digest"], name="performer_name_digest")]


class Basis(models.TextChoices):
    """Why somebody may speak for a person."""

    SELF = "self", _("The person")
    GUARDIAN = "guardian", _("Guardian of a minor")
    AGENT = "agent", _("Agent, by power of attorney")
    AGENCY = "agency", _("Agency, by contract")
    HEIR = "heir", _("Heir or executor")
    ASSIGNEE = "assignee", _("Assignee")
    UNION = "union", _("Union")


class AuthorityQuerySet(Owned["Authority"]):
    owner = "performer__organisation"

    def in_force(self, at: Any) -> Self:
        """Those that may sign at the aware instant `at`."""
        return self.filter(
            Q(starts_at__isnull=True) | Q(starts_at__lte=at),
            Q(ends_at__isnull=True) | Q(ends_at__gt=at),
            Q(ended_at__isnull=True) | Q(ended_at__gt=at),
        )


class Authority(Coded):
    """Somebody who may sign for a performer, why, and with which share of the estate."""

    performer = models.ForeignKey(Performer, on_delete=models.PROTECT, related_name="authorities")
    holder = models.CharField(max_length=200)
    email = models.EmailField(blank=True, default="")  # where the consent to sign is sent
    basis = models.CharField(max_length=10, choices=Basis)
    share_numerator = models.PositiveIntegerField(default=1)
    share_denominator = models.PositiveIntegerField(default=1)
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    objects = AuthorityQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(share_numerator__gt=0, share_numerator__lte=F("share_denominator")),
                name="authority_share_in_0_1",
            ),
            models.CheckConstraint(
                condition=Q(starts_at__isnull=True)
                | Q(ends_at__isnull=True)
                | Q(ends_at__gt=F("starts_at")),
                name="authority_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.holder} ({self.get_basis_display()})"

    @property
    def share(self) -> Fraction:
        return Fraction(self.share_numerator, self.share_denominator)

    @property
    def stream(self) -> str:
        return f"authority:{self.code}"


class Attribute(models.TextChoices):
    """What of a person a likeness holds; the words of the clearance contract."""

    FACE = "face", _("Image (face)")
    VOICE = "voice", _("Voice")
    MOTION = "motion", _("Motion")
    NAME = "name", _("Name")


class LikenessQuerySet(Owned["Likeness"]):
    owner = "performer__organisation"


class Likeness(Coded):
    """A set of a performer's attributes with the reference files that show them."""

    performer = models.ForeignKey(Performer, on_delete=models.PROTECT, related_name="likenesses")
    attributes = models.JSONField()  # list of Attribute values
    description = models.CharField(max_length=300)
    created_at = models.DateTimeField(default=timezone.now)

    objects = LikenessQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.performer.name} · {self.description}"

    @property
    def stream(self) -> str:
        return f"likeness:{self.code}"


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
            .filter(
                Q(ends_at__isnull=True) | Q(ends_at__gt=at),
                Q(stops_at__isnull=True) | Q(stops_at__gt=at),
                Q(withdrawn_at__isnull=True) | Q(withdrawn_at__gt=at),
                starts_at__lte=at,
            )
            .exclude(pk__in=Suspension.objects.standing(at).values("consent"))
        )

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
            # A version signed after the withdrawal replaced nothing.
            newer = Consent.objects.signed().filter(replaces=self, signed_at__lte=self.withdrawn_at)
            return State.REPLACED if newer.exists() else State.WITHDRAWN
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


class Signature(models.Model):
    """That somebody with authority signed a consent: who, as what, when, over which bytes.

    On paper the bytes are those of the file that shows the signature.
    """

    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, related_name="signatures")
    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="signatures")
    name = models.CharField(max_length=200)  # as typed by who signed
    role = models.CharField(max_length=100)
    form_sha256 = models.CharField(max_length=64)
    language = models.CharField(max_length=5)  # of the form that was read
    marks = models.JSONField(default=list)  # the terms ticked one by one
    # Of a signature on paper, the file that shows it: key, sha256, mime, filename, signed_on.
    document = models.JSONField(default=dict)
    signed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["consent", "authority"], name="signed_once")]

    def __str__(self) -> str:
        return self.name


class Invitation(models.Model):
    """A link to sign one consent as one authority. Only the digest of its secret is kept."""

    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, related_name="invitations")
    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="invitations")
    prefix = models.CharField(max_length=12, unique=True)
    digest = models.CharField(max_length=64)
    email = models.EmailField(default="", blank=True)  # where it was sent; "": handed over
    expires_at = models.DateTimeField()
    made_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True)  # signed, declined, taken back or sent anew
    declined_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["consent", "authority"],
                condition=Q(closed_at__isnull=True),
                name="one_open_invitation",
            )
        ]


class SuspensionReason(models.TextChoices):
    STRIKE = "strike", _("Strike")
    BREACH = "breach", _("Breach")
    DISPUTE = "dispute", _("Dispute")


class SuspensionQuerySet(Owned["Suspension"]):
    owner = "consent__likeness__performer__organisation"

    def standing(self, at: Any) -> Self:
        """Those in force at the aware instant `at`."""
        return self.filter(Q(ended_at__isnull=True) | Q(ended_at__gt=at), starts_at__lte=at)


class Suspension(models.Model):
    """A consent that rests for a while: nothing new may be made of it until it ends."""

    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, related_name="suspensions")
    reason = models.CharField(max_length=8, choices=SuspensionReason)
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


class Stage(models.TextChoices):
    """What is shown for approval."""

    SCRIPT = "script", _("Script")
    CLIP = "clip", _("Clip")
    FINAL = "final", _("Final work")


class Decision(models.TextChoices):
    OPEN = "open", _("Waits for an answer")
    APPROVED = "approved", _("Approved")
    REFUSED = "refused", _("Refused")


class ApprovalQuerySet(models.QuerySet["Approval"]):
    def visible_to(self, actor: Any) -> Self:
        """Who asks sees the question, who represents the performer sees it too."""
        if actor.organisation is None:
            return self.none()
        return self.filter(
            Q(asker=actor.organisation)
            | Q(consent__likeness__performer__organisation=actor.organisation)
        )


class Approval(Coded):
    """A licensee asks whether one use is as the performer wants it; silence has a meaning that the
    consent fixed."""

    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, related_name="approvals")
    asker = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    stage = models.CharField(max_length=8, choices=Stage)
    description = models.CharField(max_length=500)
    sha256 = models.CharField(max_length=64, default="", blank=True)  # of what is shown
    asked_at = models.DateTimeField(default=timezone.now)
    deadline_at = models.DateTimeField()
    silence = models.CharField(max_length=5, default="deny")  # what no answer means, when asked
    decision = models.CharField(max_length=8, choices=Decision, default=Decision.OPEN)
    by_silence = models.BooleanField(default=False)
    reason = models.CharField(max_length=500, default="", blank=True)
    decided_at = models.DateTimeField(null=True)

    objects = ApprovalQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["deadline_at"], condition=Q(decision="open"), name="approval_open")
        ]

    @property
    def stream(self) -> str:
        return f"approval:{self.code}"


class ConsentUseQuerySet(models.QuerySet["ConsentUse"]):
    def visible_to(self, actor: Any) -> Self:
        """Who used it, and who represents the performer."""
        if actor.organisation is None:
            return self.none()
        return self.filter(
            Q(user=actor.organisation)
            | Q(consent__likeness__performer__organisation=actor.organisation)
        )


class ConsentUse(Coded):
    """One use that was made of a consent; its outputs count against the quota."""

    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, related_name="uses_made")
    user = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    approval = models.ForeignKey(Approval, on_delete=models.PROTECT, null=True, related_name="uses")
    outputs = models.PositiveIntegerField(default=1)
    description = models.CharField(max_length=500)
    sha256 = models.CharField(max_length=64, default="", blank=True)  # of the output
    platform = models.CharField(max_length=100, default="", blank=True)
    url = models.CharField(max_length=500, default="", blank=True)
    used_at = models.DateTimeField()
    recorded_at = models.DateTimeField(default=timezone.now)

    objects = ConsentUseQuerySet.as_manager()

    @property
    def stream(self) -> str:
        return f"consent_use:{self.code}"
