"""What people do with drafts of offers: look, change, publish one or hundreds, put away."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import batched
from typing import Any, Final, NamedTuple

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access import Actor, Permission, require
from accounts.errors import Conflict, DomainError, Invalid, NotFound, Text
from catalog.models import Asset
from licensing.models import DraftState, Offer, OfferDraft
from licensing.offers.drafting import follow, sheet_terms
from licensing.offers.publishing import (
    TERMS,
    card_terms,
    check_terms,
    publish_offer,
    state_of,
    terms_of,
)

MOST_AT_ONCE: Final = 1_000
_IN_A_TRANSACTION: Final = 50
_HAS_FILE: Final = Exists(Asset.objects.filter(title=OuterRef("title")))


class Chosen(NamedTuple):
    """A draft as somebody saw it: `revision` of its terms, and the code of the published offer
    that it is to be put in place of, None where there is none."""

    code: str
    revision: int
    replaces: str | None = None


class Refusal(NamedTuple):
    code: str
    reason: Text


@dataclass
class Outcome:
    """What became of many drafts; `left` counts those that were ready beyond the limit."""

    published: list[Offer] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    left: int = 0


class Difference(NamedTuple):
    """One term that a draft says otherwise than what stands beside it."""

    name: str
    other: Any
    draft: Any


def drafts_of(actor: Actor) -> QuerySet[OfferDraft]:
    """Return the organisation's drafts with their titles; `has_file`: it could be licensed."""
    found = OfferDraft.objects.visible_to(actor).select_related("title")
    return found.annotate(has_file=_HAS_FILE)


def get_draft(actor: Actor, code: str) -> OfferDraft:
    """Return a draft of the actor's organisation, or raise NotFound."""
    draft = drafts_of(actor).filter(code=code).first()
    if draft is None:
        raise NotFound
    return draft


@transaction.atomic
def change_draft(*, actor: Actor, code: str, revision: int, **terms: Any) -> OfferDraft:
    """Give a draft other terms than its sheet proposes: all of TERMS.

    Raises Invalid naming the field, Conflict where it was changed since `revision`, NotFound.
    """
    require(actor, Permission.EDIT_TITLES)
    draft = _lock(actor, code)
    _check_seen(draft, revision)
    for name, value in check_terms(**terms).items():
        setattr(draft, name, value)
    draft.waits_for = ""
    draft.is_edited = terms_of(draft) != sheet_terms(draft)
    draft.changed_at = timezone.now()
    draft.revision += 1
    return _keep(draft)


@transaction.atomic
def follow_sheet(*, actor: Actor, code: str) -> OfferDraft:
    """Give a draft back what its sheet says now. Raises Conflict where no sheet says it."""
    require(actor, Permission.EDIT_TITLES)
    draft = _lock(actor, code)
    if not draft.rows:
        raise Conflict(_("No sheet says this any more."))
    proposed = draft.proposed
    follow(draft, sheet_terms(draft), proposed["waits_for"], proposed.get("card"))
    return _keep(draft)


@transaction.atomic
def discard_draft(*, actor: Actor, code: str) -> None:
    """Put a draft away that no sheet says any more. Raises Conflict for any other: the next
    import would only bring it again."""
    require(actor, Permission.EDIT_TITLES)
    draft = _lock(actor, code)
    if draft.rows:
        raise Conflict(_("The sheet still says this. Take the row out there."))
    draft.delete()


@transaction.atomic
def publish_draft(*, actor: Actor, chosen: Chosen) -> Offer:
    """Publish a draft as it was seen, or put it in the place of the published offer.

    Raises Conflict where either was changed since, or something is missing; Invalid, NotFound.
    """
    require(actor, Permission.PUBLISH_OFFERS)
    draft = _lock(actor, chosen.code)
    _check_seen(draft, chosen.revision)
    if draft.waits_for:
        raise Conflict(
            _("The sheet dates the window by an event. Say in the draft from when and until when.")
        )
    if draft.price_minor is None:
        raise Conflict(_("Set a price first."))
    if draft.state == DraftState.PUBLISHED:
        raise Conflict(_("These terms are on the market already."))
    terms = terms_of(draft) | _card_kept(draft, chosen.replaces)
    return publish_offer(
        actor=actor, owner_code=draft.title.code, replaces=chosen.replaces, **terms
    )


def _card_kept(draft: OfferDraft, replaces: str | None) -> dict[str, Any]:
    """Return the modifiers, minimum and promise of a draft's sheet. Where it says none of them,
    those of the offer that it replaces stay."""
    if draft.card is not None:
        return dict(draft.card)
    before = draft.title.offers.published().filter(code=replaces).first() if replaces else None
    return card_terms(before) if before else {}


def publish_drafts(*, actor: Actor, chosen: Sequence[Chosen]) -> Outcome:
    """Publish many drafts as they were seen; what is refused is said and stops no other.

    Raises Invalid for more than MOST_AT_ONCE. Some are done in a transaction: a crash leaves whole
    offers, and the rest can be published again.
    """
    require(actor, Permission.PUBLISH_OFFERS)
    if len(chosen) > MOST_AT_ONCE:
        raise Invalid("drafts", _("Publish at most %(limit)d at once.") % {"limit": MOST_AT_ONCE})
    outcome = Outcome()
    for some in batched(_in_order(actor, chosen), _IN_A_TRANSACTION):
        with transaction.atomic():
            for each in some:
                try:
                    with transaction.atomic():
                        outcome.published.append(publish_draft(actor=actor, chosen=each))
                except NotFound:
                    outcome.refused.append(Refusal(each.code, _("There is no such draft.")))
                except DomainError as refusal:
                    outcome.refused.append(Refusal(each.code, refusal.message))
    return outcome


def publish_ready(*, actor: Actor, seen_at: datetime) -> Outcome:
    """Publish all that is ready and was not changed after `seen_at`, up to MOST_AT_ONCE."""
    require(actor, Permission.PUBLISH_OFFERS)
    found = ready_of(actor).filter(changed_at__lte=seen_at)
    total = found.count()
    rows = found.order_by("pk").values_list("code", "revision")[:MOST_AT_ONCE]
    outcome = publish_drafts(actor=actor, chosen=[Chosen(*row) for row in rows])
    outcome.left = total - len(outcome.published) - len(outcome.refused)
    return outcome


def ready_of(actor: Actor) -> QuerySet[OfferDraft]:
    """Return the drafts that can be published: complete, with a file, nothing on the market."""
    return drafts_of(actor).filter(_HAS_FILE, state=DraftState.READY)


def published_of(drafts: Iterable[OfferDraft]) -> dict[int, Offer]:
    """Return, by title, what is on the market of the titles of these drafts. One query."""
    titles = {draft.title_id for draft in drafts}
    found = Offer.objects.published().filter(title__in=titles)
    return {offer.title_id: offer for offer in found if offer.title_id is not None}


def differences(draft: OfferDraft, other: dict[str, Any]) -> list[Difference]:
    """Return the terms of a draft that are not those of `other`; a price, its currency and its
    unit are one, called "price"."""
    mine = terms_of(draft)
    plain = [name for name in TERMS if name not in _PRICE and _differ(mine[name], other[name])]
    found = [Difference(name, other[name], mine[name]) for name in plain]
    if any(mine[name] != other[name] for name in _PRICE):
        found.insert(0, Difference("price", _price(other), _price(mine)))
    return found


_PRICE: Final = ("price_minor", "currency", "per")


def _price(terms: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(terms[name] for name in _PRICE)


def _differ(one: Any, other: Any) -> bool:
    if isinstance(one, list) and isinstance(other, list):
        return sorted(one) != sorted(other)
    return bool(one != other)


def _in_order(actor: Actor, chosen: Sequence[Chosen]) -> list[Chosen]:
    """Return what is chosen by title, as titles are locked; what there is not, last."""
    codes = [each.code for each in chosen]
    titles = dict(drafts_of(actor).filter(code__in=codes).values_list("code", "title"))
    return sorted(dict.fromkeys(chosen), key=lambda each: titles.get(each.code, 2**63))


def _lock(actor: Actor, code: str) -> OfferDraft:
    """Lock a draft after its title, as whoever draws drafts up does."""
    draft = get_draft(actor, code)
    type(draft.title).objects.select_for_update().get(pk=draft.title_id)
    found = OfferDraft.objects.select_for_update().filter(pk=draft.pk).first()
    if found is None:
        raise NotFound
    found.title = draft.title
    return found


def _check_seen(draft: OfferDraft, revision: int) -> None:
    if draft.revision != revision:
        raise Conflict(_("The draft has changed since you saw it; look at it again."))


def _keep(draft: OfferDraft) -> OfferDraft:
    draft.state = state_of(draft, draft.title.offers.published().first())
    draft.save()
    return draft
