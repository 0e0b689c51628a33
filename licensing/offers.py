"""Publishing what may be licensed, and at what price."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access import Actor, Permission, require
from accounts.codes import allocate
from accounts.errors import Conflict, Invalid, NotFound
from catalog.assets import find_owner
from catalog.checks import check_choices, check_territory, check_uses
from catalog.models import Likeness, Title
from ledger.append import append
from licensing.models import ModelKind, Offer
from licensing.money import MAX_MINOR, minor_digits


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
) -> Offer:
    """Offer licences of a title's or likeness's files at `price_minor` per file.

    An offer invites requests; each is still cleared and approved. Raises Invalid, NotFound, or
    Conflict when an offer is already published.
    """
    organisation = require(actor, Permission.PUBLISH_OFFERS)
    owner = find_owner(actor, owner_code)
    # Locked, so that of two offers at once the second sees the first.
    type(owner).objects.select_for_update().get(pk=owner.pk)
    if owner.offers.published().exists():
        raise Conflict(_("There is a published offer already; withdraw it first."))
    if not owner.assets.exists():
        raise Conflict(_("Add a file first: there is nothing to license yet."))
    if not model_kinds:
        raise Invalid("model_kinds", _("Choose at least one kind of model."))
    offer = Offer.objects.create(
        code=allocate("offer"),
        organisation=organisation,
        title=owner if isinstance(owner, Title) else None,
        likeness=owner if isinstance(owner, Likeness) else None,
        uses=check_uses("uses", uses),
        model_kinds=check_choices("model_kinds", model_kinds, ModelKind.values),
        territory=check_territory("territory", territory),
        price_minor=check_price(price_minor),
        currency=check_price_currency(currency),
    )
    append(
        "offer.published",
        stream=offer.stream,
        actor=actor.name,
        refs={"of": owner.stream},
        private={
            "terms": {
                "uses": offer.uses,
                "model_kinds": offer.model_kinds,
                "territory": offer.territory,
                "price_minor": offer.price_minor,
                "currency": offer.currency,
            }
        },
    )
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
    return offer


def check_price(price_minor: int) -> int:
    """Return a price in minor units, or raise Invalid("price_minor")."""
    if type(price_minor) is not int or not 0 <= price_minor <= MAX_MINOR:
        raise Invalid(
            "price_minor",
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
