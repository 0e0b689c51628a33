"""What one side of a licence owes the other: a condition of the verdicts that it rests on, or what
the lab has to do once the licence, or a consent that it rests on, was ended."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Coded, Organisation
from catalog.models import Consent
from licensing.models.deals import Deal, DealState, either_side
from licensing.models.grants import Grant

if TYPE_CHECKING:
    from accounts.access import Actor


class DutyKind(models.TextChoices):
    """The tiers of a revocation; then the conditions of the engine; then what
    the licensor owes for a licence that ended early."""

    STOP = "stop", _("Train nothing new on the files")
    SUPPRESS = "suppress", _("Suppress the files in what models give out")
    RETRAIN = "retrain", _("Train the models anew without the files")
    DESTROY = "destroy", _("Destroy every copy of the files")
    STRIP = "strip", _("Leave out a part of the material")
    EXCISE = "excise", _("Cut a passage")
    NOTICE = "notice", _("Tell the guild")
    COMPENSATE = "compensate", _("Pay the members of the guild")
    MFN = "mfn", _("Give an earlier licensee the lower price")
    OFFER = "offer", _("Offer it to the holder of the option first")
    AWAIT = "await", _("Wait for the holder of the option")
    ACCOUNT = "account", _("Pay a co-owner its share")
    VEST = "vest", _("Meet the condition on which a right takes effect")
    REFUND = "refund", _("Return the part of the fee that falls on the rest of the term")


# What leaves the licensee less than was agreed.
LESSENING: Final = frozenset({DutyKind.STRIP, DutyKind.EXCISE})

# What the engine says is to be done before delivery: while it is overdue, its files wait.
PAUSING: Final = frozenset({DutyKind.STRIP, DutyKind.EXCISE, DutyKind.NOTICE})
# By the agreement the lab has so long, from the notice, to put right what it broke.
PUT_RIGHT_WITHIN: Final = timedelta(days=14)


class Ground(models.TextChoices):
    """Why it is owed."""

    CONDITION = "condition", _("A condition of the clearance")
    BREACH = "breach", _("A term of the agreement was broken")
    CONSENT = "consent", _("A performer’s consent ended")
    RIGHT = "right", _("A right that the licensor held ended")
    MISUSE = "misuse", _("The files were used outside the licence")
    ORDER = "order", _("A court or an authority ordered it")
    TERM = "term", _("The term of the licence ended")
    AMENDMENT = "amendment", _("An amendment of the licence")
    OTHER = "other", _("Another reason")


# Those that a licensor may name who ends a licence; the others arise by themselves.
DEMANDABLE: Final = (
    Ground.BREACH,
    Ground.MISUSE,
    Ground.ORDER,
    Ground.CONSENT,
    Ground.RIGHT,
    Ground.OTHER,
)
# On these the lab lost the licence by its own doing, and no money goes back.
BY_FAULT: Final = frozenset({Ground.BREACH, Ground.MISUSE})


class Tier(NamedTuple):
    """What the agreement says of a tier: the least days that a lab has, and on which grounds alone
    it can be demanded (None: on any)."""

    days: int
    grounds: frozenset[Ground] | None = None


_HARD: Final = frozenset({Ground.MISUSE, Ground.ORDER})
# As the table of clause `revocation.tiers` says it, and clause `revocation.limits`.
TIER_TERMS: Final[Mapping[DutyKind, Tier]] = {
    DutyKind.STOP: Tier(7),
    DutyKind.DESTROY: Tier(30),
    DutyKind.SUPPRESS: Tier(60, _HARD),
    DutyKind.RETRAIN: Tier(180, _HARD),
}
TIERS: Final = tuple(TIER_TERMS)  # the mildest first


class Side(models.TextChoices):
    LICENSOR = "licensor", _("Licensor")
    LICENSEE = "licensee", _("Licensee")


class DutyState(models.TextChoices):
    OPEN = "open", _("Owed")
    MET = "met", _("Met")
    WAIVED = "waived", _("Waived")


# Of a deal that ended otherwise nothing is owed.
_OWING: Final = (DealState.APPROVED, DealState.SETTLED, DealState.HELD, DealState.GRANTED)


class DutyQuerySet(models.QuerySet["Duty"]):
    def visible_to(self, actor: "Actor") -> Self:
        """Both sides of the deal, and nobody else."""
        if actor.organisation is None:
            return self.none()
        return self.filter(either_side(actor.organisation, "deal__"))

    def owed(self) -> Self:
        """Return what has yet to be done."""
        return self.filter(state=DutyState.OPEN, deal__state__in=_OWING)

    def overdue(self) -> Self:
        return self.owed().filter(due_at__lte=timezone.now())

    def pausing(self) -> Self:
        """Return the overdue conditions for which deliveries of their files wait."""
        return self.overdue().filter(kind__in=PAUSING, owed_by=Side.LICENSOR)

    def owed_by(self, organisation: Organisation) -> Self:
        """Return those that this organisation has to meet, met or not."""
        return self.filter(
            Q(owed_by=Side.LICENSOR, deal__licensor=organisation)
            | Q(owed_by=Side.LICENSEE, deal__request__organisation=organisation)
        )


class Duty(Coded):
    """One thing that one side of a deal owes the other, until an instant."""

    deal = models.ForeignKey(Deal, on_delete=models.PROTECT, related_name="duties")
    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, null=True, related_name="duties")
    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, null=True, related_name="+")
    owed_by = models.CharField(max_length=10, choices=Side)
    kind = models.CharField(max_length=12, choices=DutyKind)
    # In the engine's words; or the amount; or what of a licence is to be stopped, by its codes.
    detail = models.TextField(default="", blank=True)
    ground = models.CharField(max_length=10, choices=Ground)
    reason = models.CharField(max_length=500, default="", blank=True)
    files = models.JSONField()  # codes of the files that it is about
    # Null: the house, because a consent ended.
    imposed_by = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, related_name="+"
    )
    imposed_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField()  # the first instant that it is late
    state = models.CharField(max_length=10, choices=DutyState, default=DutyState.OPEN)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_role = models.CharField(max_length=10, default="", blank=True)
    closed_at = models.DateTimeField(null=True)
    closed_role = models.CharField(max_length=10, default="", blank=True)
    # What the side that owed it attests.
    done_on = models.DateField(null=True)
    done_by = models.CharField(max_length=200, default="", blank=True)  # or who waived it
    statement = models.CharField(max_length=1000, default="", blank=True)
    evidence_sha256 = models.CharField(max_length=64, default="", blank=True)
    waiver = models.CharField(max_length=500, default="", blank=True)  # why
    reminded_at = models.DateTimeField(null=True)

    objects = DutyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["grant", "kind"],
                # An amendment takes a licence's place once, and may take two things from it.
                condition=Q(state="open", consent__isnull=True) & ~Q(ground="amendment"),
                name="tier_owed_once",
            ),
            models.UniqueConstraint(
                fields=["grant", "kind", "consent"],
                condition=Q(state="open"),
                name="tier_of_consent_owed_once",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state="open"), name="duty_due"),
        ]

    @property
    def stream(self) -> str:
        return f"duty:{self.code}"

    @property
    def name(self) -> Any:
        """What is owed, in words."""
        # The licence goes on: only what the particulars name is over.
        if self.ground == Ground.AMENDMENT and self.detail:
            return _("Stop what is licensed no longer")
        return DutyKind(self.kind).label

    @property
    def ower(self) -> Organisation:
        """The organisation that has to meet it."""
        return self.deal.licensor if self.owed_by == Side.LICENSOR else self.deal.licensee

    @property
    def other(self) -> Organisation:
        """The organisation that it is owed to."""
        return self.deal.licensee if self.owed_by == Side.LICENSOR else self.deal.licensor

    def detail_for(self, organisation: Organisation) -> str:
        """Return the particulars, where this side may read them: that a licensor owes others
        something is theirs to know, but what the lab does not get, what it gets back, and what it
        owes, both read."""
        may_read = organisation == self.ower or both_read_detail(self.kind, self.owed_by)
        return self.detail if may_read else ""

    @property
    def waived_by(self) -> str:
        """The side that can let the other off: of money that goes back the lab, and else the
        licensor, also for those whom a condition protects."""
        return Side.LICENSEE if self.kind == DutyKind.REFUND else Side.LICENSOR

    @property
    def pauses(self) -> bool:
        """Whether deliveries of its files wait for it now; `DutyQuerySet.pausing` says the same."""
        is_condition = self.kind in PAUSING and self.owed_by == Side.LICENSOR
        return is_condition and self.standing == "overdue"

    @property
    def is_breach(self) -> bool:
        """Whether the licensor may revoke the grant, which stands, or the one in its place, because
        the lab did not do it: it is overdue, and the time to put it right is over."""
        if self.owed_by != Side.LICENSEE or self.grant is None or not self.grant.newest.stands:
            return False
        is_over = timezone.now() >= self.imposed_at + PUT_RIGHT_WITHIN
        return self.standing == "overdue" and is_over

    @property
    def standing(self) -> str:
        """`owed`, `overdue`, `met`, `waived`, or `moot` where the deal ended, now."""
        return duty_standing(self.state, self.deal.state, self.due_at)


def both_read_detail(kind: str, owed_by: str) -> bool:
    """Return whether the particulars of a duty are for both sides."""
    return owed_by == Side.LICENSEE or kind in {*LESSENING, DutyKind.REFUND}


def duty_standing(state: str, deal_state: str, due_at: datetime) -> str:
    """Return how a duty stands now; `DutyQuerySet` says the same to the database."""
    if state != DutyState.OPEN:
        return state
    if deal_state not in _OWING:
        return "moot"
    return "overdue" if due_at <= timezone.now() else "owed"
