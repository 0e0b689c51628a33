"""One licensor's side of a request, and the agreement that comes of it."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Coded, Organisation, User
from licensing.models.requests import Request
from licensing.models.scopes import Scope

if TYPE_CHECKING:
    from accounts.access import Actor


# As the agreement says in the clause on its fee, and R27 of docs/invariants.md.
ANSWER_WITHIN = timedelta(days=14)
# From the approval; as that clause says too, and R76.
PAY_WITHIN = timedelta(days=14)
# Money that arrived in time may be recorded for some days more.
RECORD_WITHIN = timedelta(days=3)


class DealState(models.TextChoices):
    OPEN = "open", _("Awaiting the licensor")
    COUNTERED = "countered", _("Other terms proposed")
    APPROVED = "approved", _("Agreed, awaiting payment")
    SETTLED = "settled", _("Paid, grant being issued")
    HELD = "held", _("Paid, but no longer clear")
    REFUNDING = "refunding", _("Cancelled, refund due")
    CANCELLED = "cancelled", _("Cancelled, money returned")
    GRANTED = "granted", _("Granted")
    DECLINED = "declined", _("Declined")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    LAPSED = "lapsed", _("Not paid in time")


# In these an amendment may still end in a licence that takes another's place.
AMENDING = (
    DealState.OPEN,
    DealState.COUNTERED,
    DealState.APPROVED,
    DealState.SETTLED,
    DealState.HELD,
)


def either_side(organisation: Organisation, path: str = "") -> Q:
    """Return the filter that leaves the rows of deals in which it is licensor or licensee.

    `path` leads from the row to its deal, as `deal__`.
    """
    return Q(**{f"{path}licensor": organisation}) | Q(
        **{f"{path}request__organisation": organisation}
    )


class DealQuerySet(models.QuerySet["Deal"]):
    def visible_to(self, actor: "Actor") -> Self:
        """Both sides of the deal, and nobody else."""
        return self.filter(either_side(actor.organisation)) if actor.organisation else self.none()


class Deal(Coded, Scope):
    """One licensor's side of a request: its files, its terms, its decision, its money.

    The terms are those of the request, until both sides agree on others.
    """

    request = models.ForeignKey(Request, on_delete=models.PROTECT, related_name="deals")
    licensor = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="deals")
    state = models.CharField(max_length=10, choices=DealState, default=DealState.OPEN)
    terms_number = models.PositiveIntegerField(default=0)  # of the counter-offer they are; 0: none
    # Whether its quote says the price of each file; `price_minor` is that shared evenly then.
    by_card = models.BooleanField(default=False)
    amount_minor = models.PositiveBigIntegerField()
    currency = models.CharField(max_length=3)
    created_at = models.DateTimeField(default=timezone.now)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True)
    decided_role = models.CharField(max_length=10, default="", blank=True)
    decline_reason = models.CharField(max_length=500, default="", blank=True)
    # Until then, exclusive, the price must have arrived; None before the approval.
    pay_by = models.DateTimeField(null=True)
    conditions_met = models.BooleanField(default=False)
    problem = models.CharField(max_length=500, default="", blank=True)  # why it is held
    # The licence that its request amends; here too, so that the database keeps it to one at a time.
    amends = models.ForeignKey(
        "licensing.Grant", on_delete=models.PROTECT, null=True, related_name="amending_deals"
    )

    objects = DealQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["request", "licensor"], name="one_deal_per_licensor"),
            models.UniqueConstraint(
                fields=["amends"],
                condition=Q(state__in=AMENDING),
                name="one_amendment_at_a_time",
            ),
        ]

    @property
    def stream(self) -> str:
        return f"deal:{self.code}"

    @property
    def licensee(self) -> Organisation:
        return self.request.organisation

    @property
    def lineage(self) -> list["Deal"]:
        """This deal with those whose licences it amends, the newest first."""
        found = [self]
        while (before := found[-1].amends) is not None:
            found.append(before.deal)
        return found

    @property
    def lacks_terms(self) -> bool:
        """Whether the lab agreed to no terms yet: the licensor proposed all that stands."""
        return self.request.proposed_by_id is not None and not self.terms_number

    @property
    def is_overdue(self) -> bool:
        """Whether the price was due and did not come; money that had arrived is still recorded."""
        is_due = self.pay_by is not None and self.pay_by <= timezone.now()
        return is_due and self.state == DealState.APPROVED

    @property
    def lapses_at(self) -> datetime | None:
        """From when an agreement that nobody paid is over."""
        return self.pay_by + RECORD_WITHIN if self.pay_by else None


class Answer(models.TextChoices):
    """What came of a counter-offer."""

    ACCEPTED = "accepted", _("Accepted")
    REFUSED = "refused", _("Refused")
    COUNTERED = "countered", _("Answered with other terms")
    TAKEN_BACK = "taken_back", _("Taken back")
    LAPSED = "lapsed", _("Not answered in time")


class CounterOffer(Scope):
    """Other terms that one side proposes for a deal; the other answers, or they lapse.

    They are numbered from 1. `answer` is empty while they wait, and where the deal ended first.
    """

    deal = models.ForeignKey(Deal, on_delete=models.PROTECT, related_name="counter_offers")
    number = models.PositiveIntegerField()
    made_by = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    made_role = models.CharField(max_length=10, default="", blank=True)
    made_at = models.DateTimeField(default=timezone.now)
    message = models.CharField(max_length=1000, default="", blank=True)
    expires_at = models.DateTimeField()  # exclusive
    answer = models.CharField(max_length=10, choices=Answer, default="", blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_role = models.CharField(max_length=10, default="", blank=True)
    reason = models.CharField(max_length=500, default="", blank=True)  # of a refusal

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["deal", "number"], name="counter_offer_in_turn"),
            models.UniqueConstraint(
                fields=["deal"], condition=Q(answer=""), name="one_counter_offer_waits"
            ),
        ]
        indexes = [
            models.Index(
                fields=["expires_at"], condition=Q(answer=""), name="counter_offer_waits_until"
            )
        ]

    @property
    def is_over(self) -> bool:
        """Whether it can no longer be accepted, answered or not."""
        return bool(self.answer) or self.expires_at <= timezone.now()


class Cancellation(models.Model):
    """One side's proposal to cancel a held deal, and what came of it. Its stream is the deal's.

    It stands until the deal is cancelled, or until the grant is issued, which deletes it.
    """

    deal = models.OneToOneField(Deal, on_delete=models.PROTECT, related_name="cancellation")
    proposed_by = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=500)
    proposed_at = models.DateTimeField(default=timezone.now)
    agreed_at = models.DateTimeField(null=True)  # by the other side
    carried_out_at = models.DateTimeField(null=True)  # by the proposer alone, unanswered

    @property
    def alone_from(self) -> datetime:
        """From when the proposer may cancel alone; until then the other side has to answer."""
        return self.proposed_at + ANSWER_WITHIN

    @property
    def cancelled_at(self) -> datetime | None:
        return self.agreed_at or self.carried_out_at


class OfDeal[M: models.Model](models.QuerySet[M]):
    def visible_to(self, actor: "Actor") -> Self:
        """Both sides of the deal, and nobody else."""
        if actor.organisation is None:
            return self.none()
        return self.filter(either_side(actor.organisation, "deal__"))


class AgreementQuerySet(OfDeal["Agreement"]):
    pass


class Agreement(models.Model):
    """The licence as both sides read it (PDF) and as machines read it (ODRL), both hashed.

    It is numbered by its deal.
    """

    deal = models.OneToOneField(Deal, on_delete=models.PROTECT, related_name="agreement")
    pdf_key = models.CharField(max_length=200)
    pdf_sha256 = models.CharField(max_length=64)
    odrl_key = models.CharField(max_length=200)
    odrl_sha256 = models.CharField(max_length=64)
    sealed_key = models.CharField(max_length=200, default="", blank=True)  # the PDF, signed
    created_at = models.DateTimeField(default=timezone.now)

    objects = AgreementQuerySet.as_manager()

    @property
    def stream(self) -> str:
        return f"agreement:{self.deal.code}"
