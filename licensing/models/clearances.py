"""The files of a request, the verdicts on them, and who confirmed their conditions."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Self

import orjson
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Coded, Organisation, User
from catalog.models import Asset
from licensing.clearance import SHIPPED, RuleTables, clear_recorded
from licensing.clearance.rules import read_tables
from licensing.models.deals import Deal
from licensing.models.requests import Request
from licensing.models.reservations import RESERVING
from licensing.models.scopes import Scope
from licensing.models.tables import TableVersion

if TYPE_CHECKING:
    from accounts.access import Actor


class RequestItemQuerySet(models.QuerySet["RequestItem"]):
    def visible_to(self, actor: "Actor") -> Self:
        """The lab's own; a licensor sees its files once the request has reached it."""
        mine = Q(request__organisation=actor.organisation) | Q(deal__licensor=actor.organisation)
        return self.filter(mine) if actor.organisation else self.none()

    def kept_back(self) -> Self:
        """What agreed deals keep back for their labs now. Deals that were agreed before anything
        was kept back have no day to be paid by, and would keep it for ever."""
        return self.filter(agreed=True, deal__state__in=RESERVING, deal__pay_by__isnull=False)


class RequestItem(models.Model):
    """One file asked for, or parts of it; its newest clearance is the verdict that counts."""

    request = models.ForeignKey(Request, on_delete=models.CASCADE, related_name="items")
    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="+")
    deal = models.ForeignKey(Deal, on_delete=models.PROTECT, null=True, related_name="items")
    agreed = models.BooleanField(default=False)  # the agreement covers it
    # Which parts of the file, as catalog.scope.ranges has them; [] for the whole of it.
    ranges = models.JSONField(default=list, blank=True)

    objects = RequestItemQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["request", "asset"], name="asset_once_in_request")
        ]

    @property
    def scope(self) -> Scope:
        """The terms that stand for it: those of its deal, or before there is one of its request."""
        deal = self.deal if self.deal_id is not None else None  # of thousands, asking takes long
        return deal or self.request


def ranges_by_file(items: Iterable[RequestItem]) -> dict[str, Any]:
    """Return the parts of the files of which not all is asked, by their codes; as the log commits
    to them."""
    return {item.asset.code: item.ranges for item in items if item.ranges}


class Verdict(models.TextChoices):
    CLEAR = "CLEAR", _("Clear")
    CONDITIONAL = "CONDITIONAL", _("Conditional")
    PARTIAL = "PARTIAL", _("Partly clear")
    REVIEW = "REVIEW", _("Needs counsel")
    BLOCKED = "BLOCKED", _("Blocked")


GRANTABLE = frozenset({Verdict.CLEAR, Verdict.CONDITIONAL})
"""The verdicts of files that a deal may grant."""


class ClearanceQuerySet(models.QuerySet["Clearance"]):
    def visible_to(self, actor: "Actor") -> Self:
        """The lab that asked, and the licensor of the file."""
        if actor.organisation is None:
            return self.none()
        return self.filter(
            Q(item__request__organisation=actor.organisation)
            | Q(item__asset__organisation=actor.organisation)
        )


class Decision(models.Model):
    """What the engine says of a case, which files of one title share: their cases are the same.

    The case and the rule tables alone say it: the engine is a pure function. `result`, its whole
    answer, is written by a stage of the worker, and reckoned by whoever asks for it sooner.
    """

    case_sha256 = models.CharField(primary_key=True, max_length=64)
    # clearance-case/1, the bytes that were hashed; its `x_tables` names the rule tables.
    case_text = models.TextField()
    # Null where it was decided before tables were kept: with those that came with the engine.
    tables = models.ForeignKey(TableVersion, on_delete=models.PROTECT, null=True, related_name="+")
    # Codes with a space between, in the engine's order; OK where nothing stands in the way.
    reasons = models.TextField()
    engine = models.CharField(max_length=40)
    result = models.JSONField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["case_sha256"],
                condition=Q(result__isnull=True),
                name="decision_to_write_out",
            )
        ]

    @property
    def case(self) -> dict[str, Any]:
        """The case as the engine takes it."""
        case: dict[str, Any] = orjson.loads(self.case_text)
        return case

    def rule_tables(self) -> RuleTables:
        """Return the rule tables as they were when it was decided."""
        if self.tables_id in {None, SHIPPED.version} or self.tables is None:
            return SHIPPED
        return read_tables(self.tables.text)

    def whole_result(self) -> dict[str, Any]:
        """Return the engine's whole answer."""
        if self.result is None:
            self.result = clear_recorded(self.case, self.rule_tables())
        result: dict[str, Any] = self.result
        return result


class Clearance(Coded):
    """A verdict of the engine on one file of a request; reproducible from its case."""

    item = models.ForeignKey(RequestItem, on_delete=models.CASCADE, related_name="clearances")
    verdict = models.CharField(max_length=12, choices=Verdict)
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="clearances")
    engine = models.CharField(max_length=40)
    evaluated_at = models.DateTimeField(default=timezone.now)

    objects = ClearanceQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["item", "-id"], name="clearance_newest")]

    @property
    def stream(self) -> str:
        return f"clearance:{self.code}"

    @property
    def case_sha256(self) -> str:
        return self.decision_id

    @property
    def case(self) -> dict[str, Any]:
        return self.decision.case

    @property
    def result(self) -> dict[str, Any]:
        """The engine's whole answer."""
        return self.decision.whole_result()


class Confirmation(models.Model):
    """One side's word, after the agreement, that the conditions of a verdict hold for it."""

    clearance = models.ForeignKey(Clearance, on_delete=models.PROTECT, related_name="confirmations")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    confirmed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["clearance", "organisation"], name="condition_confirmed_once"
            )
        ]
