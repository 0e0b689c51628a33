"""The money of a deal: asked for, received, returned."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Coded, User
from accounts.owned import Owned
from licensing.models.deals import Deal, OfDeal


class SettlementQuerySet(OfDeal["Settlement"]):
    pass


class RefundQuerySet(OfDeal["Refund"]):
    pass


class PaymentQuerySet(Owned["Payment"]):
    """For the lab that pays: the address leads to its own page at Stripe."""

    owner = "deal__request__organisation"


class SettlementMethod(models.TextChoices):
    BANK_TRANSFER = "bank_transfer", _("Bank transfer")
    STRIPE = "stripe", _("Card or bank through Stripe")
    NOTHING_DUE = "nothing_due", _("Nothing was due")


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

    objects = SettlementQuerySet.as_manager()

    @property
    def stream(self) -> str:
        return f"settlement:{self.code}"


class Refund(Coded):
    """The money of a cancelled deal, returned in full by the way it came or by bank transfer."""

    deal = models.OneToOneField(Deal, on_delete=models.PROTECT, related_name="refund")
    method = models.CharField(max_length=15, choices=SettlementMethod)
    amount_minor = models.PositiveBigIntegerField()
    currency = models.CharField(max_length=3)
    reference = models.CharField(max_length=200)
    refunded_at = models.DateTimeField()
    recorded_at = models.DateTimeField(default=timezone.now)
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    objects = RefundQuerySet.as_manager()

    @property
    def stream(self) -> str:
        return f"refund:{self.code}"


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

    objects = PaymentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["deal", "attempt"], name="payment_attempt_once")
        ]


class StripeRefund(models.Model):
    """A refund to be made through Stripe; becomes a Refund when Stripe says it has arrived."""

    deal = models.OneToOneField(Deal, on_delete=models.PROTECT, related_name="stripe_refund")
    refund_id = models.CharField(max_length=200, unique=True, null=True)
    charge_id = models.CharField(max_length=200, default="", blank=True)
    # due (not yet asked for), pending, succeeded or failed, as the gateway reports it
    status = models.CharField(max_length=10, default="due")
    asked_at = models.DateTimeField(null=True)  # when Stripe was last asked
    created_at = models.DateTimeField(default=timezone.now)


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
