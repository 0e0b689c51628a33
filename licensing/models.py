"""Who may do what: offers, requests, clearances, deals, settlements and grants."""

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Coded, Organisation, User
from catalog.models import Asset, Likeness, Title

if TYPE_CHECKING:
    from accounts.access import Actor


class Exclusivity(models.TextChoices):
    NON_EXCLUSIVE = "non_exclusive", _("Non-exclusive")
    SOLE = "sole", _("Sole")
    EXCLUSIVE = "exclusive", _("Exclusive")


class ModelKind(models.TextChoices):
    FOUNDATION = "foundation", _("Foundation model")
    OPEN_WEIGHTS = "open_weights", _("Open-weights model")
    CUSTOMER_PRIVATE = "customer_private", _("Private model of one customer")
    EVALUATION_ONLY = "evaluation_only", _("Evaluation only")


class OfferQuerySet(models.QuerySet["Offer"]):
    def published(self) -> Self:
        return self.filter(withdrawn_at__isnull=True)

    def visible_to(self, actor: "Actor") -> Self:
        """A licensor sees its own offers; a lab sees what is published."""
        if actor.organisation is None:
            return self.none()
        if actor.organisation.kind == "lab":
            return self.published()
        return self.filter(organisation=actor.organisation)


class Offer(Coded):
    """A published price and terms for the files of one title or likeness."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="offers")
    title = models.ForeignKey(Title, on_delete=models.PROTECT, null=True, related_name="offers")
    likeness = models.ForeignKey(
        Likeness, on_delete=models.PROTECT, null=True, related_name="offers"
    )
    uses = models.JSONField()
    model_kinds = models.JSONField()
    territory = models.JSONField()
    price_minor = models.PositiveBigIntegerField()  # per file
    currency = models.CharField(max_length=3)
    published_at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True)

    objects = OfferQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(title__isnull=False, likeness__isnull=True)
                | Q(title__isnull=True, likeness__isnull=False),
                name="offer_of_title_or_likeness",
            ),
            models.UniqueConstraint(
                fields=["title"], condition=Q(withdrawn_at__isnull=True), name="one_offer_per_title"
            ),
            models.UniqueConstraint(
                fields=["likeness"],
                condition=Q(withdrawn_at__isnull=True),
                name="one_offer_per_likeness",
            ),
        ]

    @property
    def stream(self) -> str:
        return f"offer:{self.code}"


class RequestState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("Submitted")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class RequestQuerySet(models.QuerySet["Request"]):
    def visible_to(self, actor: "Actor") -> Self:
        """The lab's own requests; licensors see deals, never the whole request."""
        return self.filter(organisation=actor.organisation) if actor.organisation else self.none()


class Request(Coded):
    """What a lab asks for: files, and the scope it wants for all of them."""

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="requests"
    )
    name = models.CharField(max_length=200)
    purpose = models.CharField(max_length=1000, default="", blank=True)
    uses = models.JSONField()
    model_kinds = models.JSONField()
    territory = models.JSONField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)  # null: perpetual
    exclusivity = models.CharField(max_length=15, choices=Exclusivity)
    price_minor = models.PositiveBigIntegerField()  # per file
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=10, choices=RequestState, default=RequestState.DRAFT)
    created_at = models.DateTimeField(default=timezone.now)
    submitted_at = models.DateTimeField(null=True)

    objects = RequestQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
                name="request_ends_after_start",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def stream(self) -> str:
        return f"request:{self.code}"


class DealState(models.TextChoices):
    OPEN = "open", _("Awaiting the licensor")
    APPROVED = "approved", _("Agreed, awaiting payment")
    SETTLED = "settled", _("Paid, grant being issued")
    HELD = "held", _("Paid, but no longer clear")
    GRANTED = "granted", _("Granted")
    DECLINED = "declined", _("Declined")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class DealQuerySet(models.QuerySet["Deal"]):
    def visible_to(self, actor: "Actor") -> Self:
        """Both sides of the deal, and nobody else."""
        if actor.organisation is None:
            return self.none()
        return self.filter(
            Q(licensor=actor.organisation) | Q(request__organisation=actor.organisation)
        )


class Deal(Coded):
    """One licensor's side of a request: its files, its decision, its money."""

    request = models.ForeignKey(Request, on_delete=models.PROTECT, related_name="deals")
    licensor = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="deals")
    state = models.CharField(max_length=10, choices=DealState, default=DealState.OPEN)
    amount_minor = models.PositiveBigIntegerField()
    currency = models.CharField(max_length=3)
    created_at = models.DateTimeField(default=timezone.now)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True)
    decline_reason = models.CharField(max_length=500, default="", blank=True)
    conditions_met = models.BooleanField(default=False)
    problem = models.CharField(max_length=500, default="", blank=True)  # why it is held

    objects = DealQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["request", "licensor"], name="one_deal_per_licensor")
        ]

    @property
    def stream(self) -> str:
        return f"deal:{self.code}"


class RequestItem(models.Model):
    """One file asked for; its newest clearance is the verdict that counts."""

    request = models.ForeignKey(Request, on_delete=models.CASCADE, related_name="items")
    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="+")
    deal = models.ForeignKey(Deal, on_delete=models.PROTECT, null=True, related_name="items")
    agreed = models.BooleanField(default=False)  # the agreement covers it

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["request", "asset"], name="asset_once_in_request")
        ]


class Verdict(models.TextChoices):
    CLEAR = "CLEAR", _("Clear")
    CONDITIONAL = "CONDITIONAL", _("Conditional")
    PARTIAL = "PARTIAL", _("Partly clear")
    REVIEW = "REVIEW", _("Needs counsel")
    BLOCKED = "BLOCKED", _("Blocked")


class Clearance(Coded):
    """A verdict of the engine on one file of a request; reproducible from `case`."""

    item = models.ForeignKey(RequestItem, on_delete=models.CASCADE, related_name="clearances")
    verdict = models.CharField(max_length=12, choices=Verdict)
    case = models.JSONField()  # clearance-case/1, exactly what was evaluated
    result = models.JSONField()  # the engine's whole answer
    case_sha256 = models.CharField(max_length=64)
    engine = models.CharField(max_length=40)
    evaluated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["item", "-id"], name="clearance_newest")]

    @property
    def stream(self) -> str:
        return f"clearance:{self.code}"


class Agreement(models.Model):
    """The licence as both sides read it (PDF) and as machines read it (ODRL), both hashed.

    It is numbered by its deal.
    """

    deal = models.OneToOneField(Deal, on_delete=models.PROTECT, related_name="agreement")
    pdf_key = models.CharField(max_length=200)
    pdf_sha256 = models.CharField(max_length=64)
    odrl_key = models.CharField(max_length=200)
    odrl_sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now)

    @property
    def stream(self) -> str:
        return f"agreement:{self.deal.code}"


class SettlementMethod(models.TextChoices):
    BANK_TRANSFER = "bank_transfer", _("Bank transfer")
    STRIPE = "stripe", _("Card or bank through Stripe")


class Settlement(Coded):
    """The money of a deal, received in full."""

    deal = models.OneToOneField(Deal, on_delete=models.PROTECT, related_name="settlement")
    method = models.CharField(max_length=15, choices=SettlementMethod)
    amount_minor = models.PositiveBigIntegerField()
    currency = models.CharField(max_length=3)
    reference = models.CharField(max_length=200)
    settled_at = models.DateTimeField()
    recorded_at = models.DateTimeField(default=timezone.now)
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True)

    @property
    def stream(self) -> str:
        return f"settlement:{self.code}"


class Payment(models.Model):
    """A payment asked for at Stripe; becomes a Settlement when Stripe says it is paid."""

    deal = models.ForeignKey(Deal, on_delete=models.PROTECT, related_name="payments")
    attempt = models.PositiveSmallIntegerField(default=1)
    session_id = models.CharField(max_length=200, unique=True, null=True)
    url = models.URLField(max_length=2000, default="")
    # open, processing, paid, failed or expired, as the gateway reports it
    status = models.CharField(max_length=10, default="open")
    asked_at = models.DateTimeField(default=timezone.now)  # when Stripe was last asked
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["deal", "attempt"], name="payment_attempt_once")
        ]


class WebhookEvent(models.Model):
    """An event Stripe sent, kept so that each is processed once."""

    event_id = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=100)
    object_id = models.CharField(max_length=200)
    received_at = models.DateTimeField(default=timezone.now)
    processed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["id"], condition=Q(processed_at__isnull=True), name="webhook_unprocessed"
            )
        ]


class GrantQuerySet(models.QuerySet["Grant"]):
    def visible_to(self, actor: "Actor") -> Self:
        if actor.organisation is None:
            return self.none()
        return self.filter(Q(licensor=actor.organisation) | Q(licensee=actor.organisation))


class Grant(Coded):
    """What the lab holds at the end: files, scope and term."""

    deal = models.OneToOneField(Deal, on_delete=models.PROTECT, related_name="grant")
    licensor = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="grants_given"
    )
    licensee = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="grants_held")
    uses = models.JSONField()
    model_kinds = models.JSONField()
    territory = models.JSONField()
    exclusivity = models.CharField(max_length=15, choices=Exclusivity)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    issued_at = models.DateTimeField(default=timezone.now)
    revoked_at = models.DateTimeField(null=True)
    revocation_reason = models.CharField(max_length=500, default="", blank=True)

    objects = GrantQuerySet.as_manager()

    @property
    def stream(self) -> str:
        return f"grant:{self.code}"

    @property
    def state(self) -> str:
        """`revoked`, `expired`, `pending` (not begun) or `active`, now."""
        now = timezone.now()
        if self.revoked_at is not None:
            return "revoked"
        if self.ends_at is not None and self.ends_at <= now:
            return "expired"
        return "active" if self.starts_at <= now else "pending"


class GrantedAsset(models.Model):
    """One file of a grant."""

    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="granted_assets")
    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="granted_assets")
    clearance = models.ForeignKey(Clearance, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["grant", "asset"], name="asset_once_in_grant")
        ]
