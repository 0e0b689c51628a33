"""The approvals of a deal by persons of its licensor: who has given one, and who is missing."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access import RULES, Actor, Permission
from accounts.errors import Conflict
from accounts.models import Membership, Role
from ledger.append import append
from licensing.deals.approval_policies import policy_of
from licensing.models import (
    GRANTABLE,
    ApprovalPolicy,
    Assent,
    Deal,
    DealState,
    RequestItem,
    Verdict,
    ranges_by_file,
)
from licensing.offers.market import standing_offers
from licensing.offers.quotes import amount_of
from licensing.verdicts.clearances import Answer, answers, items_to_clear
from licensing.verdicts.decisions import conditions_of
from licensing.verdicts.on_record import LIVE_LIMIT, newest_clearances

# By the code of a file, what is to be done for it, with the particulars.
type Conditions = dict[str, list[tuple[str, str]]]


@dataclass(frozen=True)
class Panel:
    """Who has to approve one deal, as it could be approved now, and who has.

    `needed` persons, of whom one has `role` ("": any). `excluded` are the keys of those who may
    not: they published an offer that the deal rests on. `subject` names what is approved.
    """

    policy: ApprovalPolicy | None
    needed: int
    role: str
    excluded: frozenset[int]
    given: tuple[Assent, ...]
    subject: str
    weighed_minor: int

    @property
    def missing(self) -> int:
        """How many persons are missing, at least."""
        return max(self.needed - len(self.given), int(self.is_role_missing))

    @property
    def is_role_missing(self) -> bool:
        return bool(self.role) and self.role not in {each.role for each in self.given}

    @property
    def role_name(self) -> Any:
        return Role(self.role).label if self.role else ""

    @property
    def wants_persons(self) -> bool:
        """Whether it matters who approves, so that a key, which is nobody, cannot."""
        return self.needed > 1 or bool(self.role) or bool(self.policy and self.policy.not_publisher)

    def obstacle(self, actor: Actor) -> Any:
        """Return why this person cannot approve now, "" where they can."""
        if not self.wants_persons:
            return ""
        if actor.user is None:
            return _(
                "Your approval policy asks for persons, and a key is none: approve on the page."
            )
        if actor.user.pk in self.excluded:
            return _("You published the offer; by your approval policy somebody else approves.")
        if self.missing and any(each.person_id == actor.user.pk for each in self.given):
            return _("You have approved this deal; somebody else approves next.")
        if self.missing == 1 and self.is_role_missing and actor.role != self.role:
            return _(
                "The approval that is missing is that of a member with the role “%(role)s”."
            ) % {"role": self.role_name}
        return ""

    def is_last(self, actor: Actor) -> bool:
        """Whether the deal is approved once this person approves."""
        role_missing = self.is_role_missing and actor.role != self.role
        return len(self.given) + 1 >= self.needed and not role_missing


def panel_of(
    deal: Deal, granted: list[RequestItem], amount_minor: int, conditions: Conditions
) -> Panel:
    """Return who approves these files of a deal at this price, on these conditions. An amendment
    needs whom a new licence would for all that is paid."""
    policy = policy_of(deal.licensor)
    subject = _subject(deal, granted, amount_minor, conditions)
    # Else a large licence could be given by one person: small at first, the rest by amendments.
    weighed = amount_minor + sum(before.amount_minor for before in deal.lineage[1:])
    if policy is None:
        return Panel(None, 1, "", frozenset(), (), subject, weighed)

    def above(limit: int | None) -> bool:
        return limit is not None and (deal.currency != policy.currency or weighed > limit)

    excluded = _publishers(deal) if policy.not_publisher else frozenset()
    given = _standing(deal, subject)
    return Panel(
        policy,
        needed=2 if above(policy.two_above_minor) else 1,
        role=policy.role if above(policy.role_above_minor) else "",
        excluded=excluded,
        # Under the policy of that day they could approve.
        given=tuple(each for each in given if each.person_id not in excluded),
        subject=subject,
        weighed_minor=weighed,
    )


def _standing(deal: Deal, subject: str) -> list[Assent]:
    """Return the approvals of those who may approve today, each with the role of today: who has
    left, or does something else now, speaks for the licensor no more."""
    may = Membership.objects.filter(
        organisation=deal.licensor_id,
        role__in=RULES[Permission.DECIDE_DEALS].roles,
        user__is_active=True,
    )
    roles = dict(may.values_list("user", "role"))
    given = deal.assents.filter(to_sha256=subject, person__in=roles)
    found = list(given.select_related("person").order_by("pk"))
    for each in found:
        each.role = roles[each.person_id]
    return found


def panel_to_show(deal: Deal) -> tuple[Panel, int]:
    """Return who approves an open deal as it stands now, and what it comes to."""
    if deal.items.count() <= LIVE_LIMIT:
        items = items_to_clear(deal.request, deal.items.all())
        found = answers(items, as_of=timezone.now())
        granted = [
            item for item, each in zip(items, found, strict=True) if each.verdict in GRANTABLE
        ]
        conditions = conditions_on(items, found)
    else:  # too many for a page: what is on record
        known = dict(newest_clearances(deal.items.all()).values_list("item", "verdict"))
        files = deal.items.select_related("asset").only("deal", "ranges", "asset__code")
        granted = [item for item in files if known.get(item.pk) in GRANTABLE]
        conditions = _conditions_on_record(deal)
    amount = amount_of(deal, granted)
    return panel_of(deal, granted, amount, conditions), amount


def conditions_on(items: Iterable[RequestItem], found: Iterable[Answer]) -> Conditions:
    """Return what files are clear on, by their codes, from the engine's answers."""
    return {
        item.asset.code: _said(answer.result["conditions"])
        for item, answer in zip(items, found, strict=True)
        if answer.verdict == Verdict.CONDITIONAL
    }


def _conditions_on_record(deal: Deal) -> Conditions:
    newest = newest_clearances(deal.items.all()).filter(verdict=Verdict.CONDITIONAL)
    cases = dict(newest.values_list("item__asset__code", "decision"))
    found = conditions_of(cases.values())
    said = {case: _said(each) for case, each in found.items()}
    return {code: said[case] for code, case in cases.items()}


def _said(conditions: Iterable[Mapping[str, Any]]) -> list[tuple[str, str]]:
    return sorted({(each["code"], each["detail"]) for each in conditions})


def left_to_others(deals: QuerySet[Deal], actor: Actor) -> QuerySet[Deal]:
    """Return those of which this person's approval stands, as far as anything recorded since tells:
    a verdict, a policy, a fact of a title. The deal's own panel says it exactly."""
    if actor.user is None:
        return deals.none()
    since = OuterRef("given_at")
    told = RequestItem.objects.filter(
        Q(asset__title__facts__recorded_at__gt=since)
        | Q(asset__title__facts__superseded_at__gt=since)
        | Q(asset__title__parent__facts__recorded_at__gt=since)
        | Q(clearances__evaluated_at__gt=since),
        deal=OuterRef("deal"),
    )
    policies = ApprovalPolicy.objects.filter(
        organisation=OuterRef("deal__licensor"), recorded_at__gt=since
    )
    standing = Assent.objects.filter(~Exists(told), ~Exists(policies), person=actor.user)
    return deals.filter(state=DealState.OPEN, pk__in=standing.values("deal"))


def given_of(deal: Deal) -> list[Assent]:
    """Return the approvals that a deal was agreed on with, or that were given last."""
    newest = deal.assents.order_by("-pk").values("to_sha256")[:1]
    return list(deal.assents.filter(to_sha256=newest).select_related("person").order_by("pk"))


def assent(deal: Deal, panel: Panel, actor: Actor) -> None:
    """Keep a person's approval of a locked deal.

    Raises Conflict where the policy does not let them. The approval that makes it enough is the
    deal's own, and no other entry.
    """
    if obstacle := panel.obstacle(actor):
        raise Conflict(obstacle)
    if panel.policy is None or actor.user is None:
        return
    # Who approved when two were asked for may be enough since: the policy is another one.
    Assent.objects.update_or_create(
        deal=deal,
        person=actor.user,
        to_sha256=panel.subject,
        defaults={"role": actor.role, "given_at": timezone.now()},
    )
    if not panel.is_last(actor):
        append(
            "deal.assented",
            stream=deal.stream,
            actor=actor.name,
            refs={"request": deal.request.stream},
            private={"assent": {"to_sha256": panel.subject, "policy": panel.policy.number}},
        )


def _subject(
    deal: Deal, granted: list[RequestItem], amount_minor: int, conditions: Conditions
) -> str:
    """What is approved: other terms, another price, other files or conditions are something
    else."""
    said: list[Any] = [
        deal.terms_number,
        amount_minor,
        deal.currency,
        sorted(item.asset.code for item in granted),
        ranges_by_file(granted),
    ]
    if conditions:
        said.append(conditions)
    return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _publishers(deal: Deal) -> frozenset[int]:
    """Return who published the offers that a deal rests on."""
    found = standing_offers(deal.request, deal.items.all())
    return frozenset(found.exclude(published_by=None).values_list("published_by", flat=True))
