"""What lies on a member's desk at home: piles of things that wait, and counts that open lists."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet, aggregates
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, ngettext_lazy

from accounts.access import Actor, Permission
from accounts.models import Organisation
from catalog.models import Consent, Likeness, WorkState
from licensing.deals.assents import left_to_others
from licensing.grants.ending import consents_ending, grants_ending
from licensing.models import (
    AuditCase,
    CounterOffer,
    Deal,
    DealState,
    Duty,
    Grant,
    Offer,
    Request,
    RequestState,
)
from licensing.payments.refunds import UNDER_WAY
from licensing.verdicts.resting import ended_by_consents
from provenance.models import Credential
from web.counsel import questions_waiting
from web.display import number_text
from web.readiness import Size, size_of
from web.words import Text

_SHOWN = 5


@dataclass(frozen=True)
class Item:
    """One thing that waits; an amount where it is about money. `note` tells it from others of one
    name; `until` is shown in place of `since` where time runs."""

    name: str
    href: str
    since: datetime
    state: str
    amount_minor: int | None = None
    currency: str = ""
    note: Text = ""
    until: datetime | None = None  # when it is due, or over


@dataclass(frozen=True)
class Pile:
    """Things that wait for the same act. `mine`: this member's role may do it. `late`: they were
    due."""

    title: Text
    act: Text
    items: Sequence[Item]
    total: int
    href: str
    mine: bool
    late: bool = False


@dataclass(frozen=True)
class Count:
    """How many rows the list at `href` has; `note` says what of them counts elsewhere."""

    label: Text
    number: int
    href: str
    note: Text = ""


@dataclass(frozen=True)
class Desk:
    piles: Sequence[Pile]
    counts: Sequence[Count]
    steps: Sequence[tuple[Text, Text, str]]


def desk_of(actor: Actor) -> Desk:
    """Return the desk of a member. The queries depend on the kind of organisation only."""
    kind = actor.organisation.kind if actor.organisation else ""
    if kind in {"studio", "talent"}:
        return _licensor(actor, is_studio=kind == "studio")
    if kind == "lab":
        return _lab(actor)
    if kind == "auditor":
        return _auditor(actor)
    return Desk([], [], [])


def _licensor(actor: Actor, *, is_studio: bool) -> Desk:
    deals = Deal.objects.visible_to(actor).select_related("request__organisation")
    decides = actor.may(Permission.DECIDE_DEALS)
    approved = left_to_others(deals, actor)
    piles = [
        _overdue(actor, mine=decides),
        _overdue_to(actor),
        _pile_of_deals(
            _("Deals that await your decision"),
            _("Decide"),
            deals.exclude(pk__in=approved.values("pk")),
            DealState.OPEN,
            _lab_of,
            mine=decides,
        ),
        _pile_of_deals(
            _("Terms that you are asked to answer"),
            _("Answer"),
            _to_answer(actor, deals),
            DealState.COUNTERED,
            _lab_of,
            mine=decides,
        ),
        _pile_of_deals(
            _("Agreed, payment not yet recorded"),
            _("Record the payment"),
            deals,
            DealState.APPROVED,
            _lab_of,
            mine=actor.may(Permission.RECORD_PAYMENTS),
        ),
        _pile_of_deals(
            _("Paid, but no longer clear"),
            _("Put the rights in order"),
            deals,
            DealState.HELD,
            _lab_of,
            mine=decides,
        ),
        _pile_of_deals(
            _("Cancelled, the price is to be sent back"),
            _("Record the refund"),
            deals.exclude(stripe_refund__status__in=UNDER_WAY),
            DealState.REFUNDING,
            _lab_of,
            mine=actor.may(Permission.RECORD_PAYMENTS),
        ),
        _duties(actor, mine=decides),
        _ending(actor),
        _ending_consents(actor),
        _pile_of_deals(
            _("Approved by you, waiting for others"),
            _("Nothing to do yet"),
            approved,
            DealState.OPEN,
            _lab_of,
            mine=False,
        ),
    ]
    size = size_of(actor) if is_studio else Size(0, 0)
    likenesses = Likeness.objects.visible_to(actor).count()
    counts = [
        *([_titles(size)] if is_studio else []),
        _questions(actor),
        Count(_("Likenesses"), likenesses, "/likenesses/"),
        Count(
            _("Offers on the market"),
            Offer.objects.published().visible_to(actor).count(),
            "/offers/?state=published",
        ),
        Count(_("Grants in force"), _in_force(actor), "/grants/"),
        _owed_to(actor),
    ]
    steps = [] if size.titles or likenesses else (_studio_steps() if is_studio else _talent_steps())
    return Desk([pile for pile in piles if pile.total], counts, steps)


def _overdue(actor: Actor, *, mine: bool) -> Pile:
    """What the organisation should have done by now under its licences."""
    assert actor.organisation is not None  # noqa: S101 - a member's desk
    return _pile_of_duties(
        _("Overdue: what you owe under licences"),
        _("Attest it"),
        Duty.objects.owed_by(actor.organisation).overdue(),
        lambda duty: duty.other,
        href="/duties/?side=ours&state=overdue",
        mine=mine,
        late=True,
    )


def _overdue_to(actor: Actor) -> Pile:
    """What labs should have done by now: their licensor decides what follows."""
    assert actor.organisation is not None  # noqa: S101 - a member's desk
    theirs = Duty.objects.visible_to(actor).exclude(
        pk__in=Duty.objects.owed_by(actor.organisation).values("pk")
    )
    return _pile_of_duties(
        _("Overdue: what you are owed under licences"),
        _("Decide what follows"),
        theirs.overdue(),
        lambda duty: duty.ower,
        href="/duties/?side=theirs&state=overdue",
        mine=actor.may(Permission.REVOKE_GRANTS),
        late=True,
    )


def _duties(actor: Actor, *, mine: bool) -> Pile:
    """What the organisation owes under its licences in time to come, the first due on top."""
    assert actor.organisation is not None  # noqa: S101 - a member's desk
    return _pile_of_duties(
        _("What you owe under licences"),
        _("Attest it"),
        Duty.objects.owed_by(actor.organisation).owed().filter(due_at__gt=timezone.now()),
        lambda duty: duty.other,
        href="/duties/?side=ours&state=owed",
        mine=mine,
    )


def _pile_of_duties(
    title: Text,
    act: Text,
    rows: QuerySet[Duty],
    other_side: Callable[[Duty], Organisation],
    *,
    href: str,
    mine: bool,
    late: bool = False,
) -> Pile:
    return _pile(
        title,
        act,
        rows.select_related("deal__licensor", "deal__request__organisation"),
        lambda duty: Item(
            duty.name,
            f"/duties/{duty.code}/",
            duty.imposed_at,
            duty.standing,
            note=other_side(duty).name,
            until=duty.due_at,
        ),
        href=href,
        mine=mine,
        order="due_at",
        late=late,
    )


def _ending(actor: Actor) -> Pile:
    """The licences, given or held, whose term ends soon."""
    return _pile(
        _("Licences that end soon"),
        _("Amend them in time"),
        grants_ending(actor).select_related("licensor", "licensee"),
        lambda grant: Item(
            (grant.licensee if grant.licensor == actor.organisation else grant.licensor).name,
            f"/grants/{grant.code}/",
            grant.issued_at,
            "",
            note=grant.display_code,
            until=grant.ends_at,
        ),
        href="/ending/",
        mine=actor.may(Permission.SUBMIT_REQUESTS) or actor.may(Permission.DECIDE_DEALS),
        order="ends_at",
    )


def _ending_consents(actor: Actor) -> Pile:
    """The consents that the organisation speaks for whose term ends soon."""
    return _pile(
        _("Consents that end soon"),
        _("Draft a new version"),
        consents_ending(actor).select_related("likeness__performer"),
        lambda consent: Item(
            consent.likeness.performer.name,
            f"/likenesses/{consent.likeness.code}/",
            consent.recorded_at,
            "",
            note=consent.display_code,
            until=consent.ends_at,
        ),
        href="/ending/?what=consents",
        mine=actor.may(Permission.EDIT_LIKENESSES),
        order="ends_at",
    )


def _owed_to(actor: Actor) -> Count:
    assert actor.organisation is not None  # noqa: S101 - a member's desk
    every = Duty.objects.visible_to(actor)
    owed = every.exclude(pk__in=Duty.objects.owed_by(actor.organisation).values("pk")).owed()
    late = owed.overdue().count()
    said = ngettext_lazy("%(number)d is overdue", "%(number)d are overdue", "number")
    note = said % {"number": late} if late else ""
    return Count(_("Owed to you"), owed.count(), "/duties/?side=theirs&state=owed", note)


def _titles(size: Size) -> Count:
    said = ngettext_lazy("%(number)d is a duplicate", "%(number)d are duplicates", "number")
    note = said % {"number": size.duplicates} if size.duplicates else ""
    return Count(_("Titles"), size.titles, "/titles/", note)


def _questions(actor: Actor) -> Count:
    return Count(_("Questions for counsel"), questions_waiting(actor), "/counsel/")


def _lab(actor: Actor) -> Desk:
    requests = Request.objects.visible_to(actor)
    deals = Deal.objects.visible_to(actor).select_related("licensor")
    signing = (
        Credential.objects.visible_to(actor)
        .filter(state=WorkState.DUE)
        .select_related("granted_asset__grant", "granted_asset__asset")
    )
    piles = [
        _overdue(actor, mine=actor.may(Permission.SUBMIT_REQUESTS)),
        _pile_of_deals(
            _("Agreed, waiting for your payment"),
            _("Pay"),
            deals,
            DealState.APPROVED,
            _licensor_of,
            mine=actor.may(Permission.PAY_DEALS),
        ),
        _pile_of_deals(
            _("Paid, but no longer clear"),
            _("See what is missing"),
            deals,
            DealState.HELD,
            _licensor_of,
            mine=actor.may(Permission.SUBMIT_REQUESTS),
        ),
        _pile_of_deals(
            _("Terms that you are asked to answer"),
            _("Answer"),
            _to_answer(actor, deals),
            DealState.COUNTERED,
            _licensor_of,
            mine=actor.may(Permission.SUBMIT_REQUESTS),
        ),
        _pile(
            _("Drafts of requests"),
            _("Submit or change"),
            requests.filter(state=RequestState.DRAFT),
            _request,
            href="/requests/?state=draft",
            mine=actor.may(Permission.EDIT_REQUESTS),
        ),
        _duties(actor, mine=actor.may(Permission.SUBMIT_REQUESTS)),
        _ending(actor),
        _pile_of_deals(
            _("Waiting for the licensor"),
            _("Nothing to do yet"),
            deals,
            DealState.OPEN,
            _licensor_of,
            mine=False,
        ),
        _pile(
            _("Files being signed for you"),
            _("Nothing to do: they appear on their grant"),
            signing,
            _signing,
            href="/grants/",
            mine=False,
        ),
    ]
    asked = requests.count()
    counts = [
        Count(_("Requests"), asked, "/requests/"),
        Count(_("Deals"), deals.count(), "/deals/"),
        Count(_("Grants in force"), _in_force(actor), "/grants/"),
        _owed_to(actor),
    ]
    return Desk([pile for pile in piles if pile.total], counts, [] if asked else _lab_steps())


def _auditor(actor: Actor) -> Desk:
    running = AuditCase.objects.filter(auditor=actor.organisation, closed_at__isnull=True)
    pile = _pile(
        _("Cases open to you"),
        _("Read what was licensed"),
        running.select_related("opened_by").annotate(size=aggregates.Count("deals")),
        _case,
        href="/cases/",
        mine=True,
    )
    if not pile.total:
        return Desk([], [], [])
    return Desk([pile], [Count(_("Cases"), pile.total, "/cases/")], [])


def _pile[T: (Deal, Request, Credential, AuditCase, Duty, Grant, Consent)](
    title: Text,
    act: Text,
    rows: QuerySet[T],
    item: Callable[[T], Item],
    *,
    href: str,
    mine: bool,
    order: str = "pk",
    late: bool = False,
) -> Pile:
    shown = [item(row) for row in rows.order_by(order)[:_SHOWN]]
    total = rows.count() if len(shown) == _SHOWN else len(shown)
    return Pile(title, act, shown, total, href, mine, late)


def _pile_of_deals(
    title: Text,
    act: Text,
    deals: QuerySet[Deal],
    state: DealState,
    other_side: Callable[[Deal], Organisation],
    *,
    mine: bool,
) -> Pile:
    def item(deal: Deal) -> Item:
        name, href = other_side(deal).name, f"/deals/{deal.code}/"
        since = deal.decided_at or deal.created_at
        # What is not paid by then lapses.
        until = deal.pay_by if deal.state == DealState.APPROVED else None
        return Item(name, href, since, deal.state, deal.amount_minor, deal.currency, until=until)

    href = f"/deals/?state={state}"
    order = "pay_by" if state == DealState.APPROVED else "pk"
    return _pile(title, act, deals.filter(state=state), item, href=href, mine=mine, order=order)


def _to_answer(actor: Actor, deals: QuerySet[Deal]) -> QuerySet[Deal]:
    """Those of which the other side has proposed other terms."""
    theirs = CounterOffer.objects.filter(answer="").exclude(made_by=actor.organisation)
    return deals.filter(pk__in=theirs.values("deal"))


def _lab_of(deal: Deal) -> Organisation:
    return deal.request.organisation


def _licensor_of(deal: Deal) -> Organisation:
    return deal.licensor


def _request(request: Request) -> Item:
    return Item(request.name, f"/requests/{request.code}/", request.created_at, request.state)


def _signing(credential: Credential) -> Item:
    granted = credential.granted_asset
    return Item(
        granted.asset.filename,
        f"/grants/{granted.grant.code}/",
        granted.grant.issued_at,
        credential.state,
    )


def _case(case: AuditCase) -> Item:
    size: int = case.size  # type: ignore[attr-defined]  # annotated
    said = ngettext("%(count)s deal", "%(count)s deals", size) % {"count": number_text(size)}
    note = f"{case.display_code} · {said}" + (f" · {case.note}" if case.note else "")
    return Item(case.opened_by.name, f"/cases/{case.code}/", case.opened_at, "", note=note)


def _in_force(actor: Actor) -> int:
    now = timezone.now()
    running = Q(ends_at__isnull=True) | Q(ends_at__gt=now)
    found = Grant.objects.visible_to(actor).filter(
        running, revoked_at=None, superseded_at=None, starts_at__lte=now
    )
    return found.count() - len(ended_by_consents(found))


def _studio_steps() -> list[tuple[Text, Text, str]]:
    return [
        (_("Register a title"), _("A film, a series, an episode or a short."), "/titles/new/"),
        (_("Add its files"), _("Each is examined and hashed on arrival."), "/titles/"),
        (
            _("Record who holds the rights"),
            _("Ownership, assignments, licences in, and what a contract forbids."),
            "/titles/",
        ),
        (_("Publish an offer"), _("A price and terms; you still decide each deal."), "/offers/"),
    ]


def _talent_steps() -> list[tuple[Text, Text, str]]:
    return [
        (_("Register a performer"), _("A person you represent."), "/likenesses/new/"),
        (_("Add a likeness"), _("Face, voice, motion or name, with its files."), "/likenesses/"),
        (_("Record a consent"), _("Use by use; it can be withdrawn."), "/likenesses/"),
        (_("Publish an offer"), _("A price and terms; you still decide each deal."), "/offers/"),
    ]


def _lab_steps() -> list[tuple[Text, Text, str]]:
    return [
        (_("Search what is on offer"), _("Titles and likenesses, down to the file."), "/search/"),
        (_("Ask for a licence"), _("You see at once what is clear and what is not."), "/requests/"),
        (
            _("Create an API key"),
            _("For the programs that fetch licensed files."),
            "/organisation/keys/",
        ),
    ]
