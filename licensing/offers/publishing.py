"""Publishing what may be licensed, and at what price."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access import Actor, Permission, require
from accounts.codes import allocate
from accounts.errors import Conflict, Invalid, NotFound
from catalog.assets import Owner, find_owner
from catalog.checks import check_choices, check_term, check_territory, check_uses
from catalog.models import Likeness, Title
from catalog.rights import instant
from ledger.append import append
from licensing.models import DraftState, ModelKind, Offer, OfferDraft, PriceUnit
from licensing.money import MAX_MINOR, minor_digits
from licensing.offers.modifiers import check_modifiers
from licensing.offers.pricing import UNIT_MS

_WINDOW: Final = ("starts_at", "ends_at")
CARD_TERMS: Final = ("modifiers", "minimum_minor", "most_favoured")
TERMS: Final = (
    "uses", "model_kinds", "territory", "price_minor", "currency", "per", *_WINDOW,
)  # fmt: skip


@transaction.atomic
def publish_offer(
    *,
    actor: Actor,
    owner_code: str,
    uses: Sequence[str],
    model_kinds: Sequence[str],
    price_minor: int,
    currency: str,
    territory: Any = "WORLD",
    per: str = PriceUnit.FILE,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    modifiers: Sequence[Mapping[str, Any]] = (),
    minimum_minor: int = 0,
    most_favoured: bool = False,
    replaces: str | None = None,
) -> Offer:
    """Offer licences of a title's or likeness's files at `price_minor` per file, segment, minute or
    hour, within [starts_at, ends_at), open where None. `modifiers` ({by, of, times}) and
    `minimum_minor` make it a rate card, as `licensing.offers.pricing` reckons with it; with
    `most_favoured` nobody gets a lower price for a unit.

    An offer invites requests; each is still cleared and approved. `replaces` is the code of the
    published offer that this one is put in place of, in one step. Raises Invalid, NotFound, or
    Conflict when another offer is published.
    """
    organisation = require(actor, Permission.PUBLISH_OFFERS)
    owner = find_owner(actor, owner_code)
    # Locked, so that of two offers at once the second sees the first.
    type(owner).objects.select_for_update().get(pk=owner.pk)
    if replaces is not None:
        if not owner.offers.published().filter(code=replaces).exists():
            raise Conflict(_("The published offer is another one by now; look at it first."))
        withdraw_offer(actor=actor, code=replaces)
    if owner.offers.published().exists():
        raise Conflict(_("There is a published offer already; withdraw it first."))
    terms = check_terms(
        uses=uses,
        model_kinds=model_kinds,
        territory=territory,
        price_minor=price_minor,
        currency=currency,
        per=per,
        starts_at=starts_at,
        ends_at=ends_at,
    )
    _check_files(owner, terms)
    terms |= {
        "modifiers": check_modifiers(modifiers),
        "minimum_minor": check_price(minimum_minor, "minimum_minor"),
        "most_favoured": most_favoured,
    }
    offer = Offer.objects.create(
        code=allocate("offer"),
        organisation=organisation,
        title=owner if isinstance(owner, Title) else None,
        likeness=owner if isinstance(owner, Likeness) else None,
        # Whoever made a key answers for it: else a key of one's own would hide who published.
        published_by=actor.api_key.created_by if actor.api_key else actor.user,
        published_with=actor.api_key,
        **terms,
    )
    append(
        "offer.published",
        stream=offer.stream,
        actor=actor.name,
        refs={"of": owner.stream},
        private={"terms": terms | {name: instant(terms[name]) for name in _WINDOW}},
    )
    _compare_drafts(owner)
    return offer


@transaction.atomic
def withdraw_offer(*, actor: Actor, code: str) -> Offer:
    """Take an offer off the market. Running requests and grants are not touched."""
    organisation = require(actor, Permission.PUBLISH_OFFERS)
    rows = Offer.objects.filter(organisation=organisation).select_for_update(of=("self",))
    offer = rows.filter(code=code).first()
    if offer is None:
        raise NotFound
    if offer.withdrawn_at is not None:
        raise Conflict(_("This offer has already been withdrawn."))
    offer.withdrawn_at = timezone.now()
    offer.save(update_fields=["withdrawn_at"])
    append("offer.withdrawn", stream=offer.stream, actor=actor.name)
    _compare_drafts(offer.title)
    return offer


def check_terms(
    *,
    uses: Sequence[str],
    model_kinds: Sequence[str],
    price_minor: int,
    currency: str,
    territory: Any,
    per: str,
    starts_at: datetime | None,
    ends_at: datetime | None,
) -> dict[str, Any]:
    """Return the terms of an offer in canonical form, or raise Invalid naming the field."""
    if not model_kinds:
        raise Invalid("model_kinds", _("Choose at least one kind of model."))
    if per not in PriceUnit.values:
        raise Invalid("per", _("A price is per file, segment, minute or hour."))
    check_term(starts_at, ends_at)
    return {
        "uses": check_uses("uses", uses),
        "model_kinds": check_choices("model_kinds", model_kinds, ModelKind.values),
        "territory": check_territory("territory", territory),
        "price_minor": check_price(price_minor),
        "currency": check_price_currency(currency),
        "per": per,
        "starts_at": starts_at,
        "ends_at": ends_at,
    }


def card_terms(offer: Offer) -> dict[str, Any]:
    """Return what makes an offer's price a rate card, as `publish_offer` takes it."""
    return {name: getattr(offer, name) for name in CARD_TERMS}


def terms_of(offer: Offer | OfferDraft) -> dict[str, Any]:
    """Return the terms of an offer or a draft, as `publish_offer` takes them."""
    return {name: getattr(offer, name) for name in TERMS}


def _check_files(owner: Owner, terms: dict[str, Any]) -> None:
    """Raise Conflict where there is no file, or none that a price by time could be counted for."""
    if not owner.assets.exists():
        raise Conflict(_("Add a file first: there is nothing to license yet."))
    # Not compared in the database: one of them takes a null in JSON for a large number.
    if terms["per"] in UNIT_MS and not any(
        owner.assets.values_list("facts__duration_ms", flat=True)
    ):
        raise Conflict(_("No file here has a duration: set a price per file."))
    if terms["ends_at"] is not None and terms["ends_at"] <= timezone.now():
        raise Invalid("ends_at", _("The window is over."))


def _compare_drafts(owner: Owner | None) -> None:
    """Say of each draft of a title how it stands beside what is published now."""
    if not isinstance(owner, Title):
        return
    published = owner.offers.published().first()
    for draft in OfferDraft.objects.select_for_update().filter(title=owner).order_by("pk"):
        state = state_of(draft, published)
        if state != draft.state:
            OfferDraft.objects.filter(pk=draft.pk).update(state=state)


def state_of(draft: OfferDraft, published: Offer | None) -> DraftState:
    """Return how a draft stands beside the offer that its title has on the market."""
    if published is not None and _said(draft) == _said(published) and has_card(draft, published):
        return DraftState.PUBLISHED
    if not draft.rows:
        return DraftState.DROPPED
    if draft.price_minor is None or draft.waits_for:
        return DraftState.INCOMPLETE
    return DraftState.READY if published is None else DraftState.DIFFERS


def has_card(draft: OfferDraft, published: Offer) -> bool:
    """Whether an offer has the rate card that a draft says, if it says any."""
    return draft.card is None or draft.card == card_terms(published)


def check_price(price_minor: int, field: str = "price_minor") -> int:
    """Return a price in minor units, or raise Invalid naming the field."""
    if type(price_minor) is not int or not 0 <= price_minor <= MAX_MINOR:
        raise Invalid(
            field,
            _("A price is a whole number of minor units from 0 to %(limit)d.")
            % {"limit": MAX_MINOR},
        )
    return price_minor


def check_price_currency(currency: str) -> str:
    """Return an ISO 4217 code, or raise Invalid("currency")."""
    try:
        minor_digits(currency)
    except ValueError as error:
        raise Invalid("currency", str(error)) from None
    return currency


def _said(offer: Offer | OfferDraft) -> dict[str, Any]:
    """The terms without the order in which uses were named."""
    return terms_of(offer) | {"uses": sorted(offer.uses)}
