"""Made-up deals that were closed: rows as the verbs leave them, without the long way there."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from accounts.access import Actor
from accounts.codes import allocate
from catalog.models import Asset, Title
from licensing.models import (
    Clearance,
    Deal,
    Decision,
    Grant,
    GrantedAsset,
    Request,
    RequestItem,
    Settlement,
)
from tests import factories

OCTOBER: Final = datetime(2026, 10, 5, 12, tzinfo=UTC)
NOVEMBER: Final = datetime(2026, 11, 2, 12, tzinfo=UTC)
"""When the deals of October are published."""
MINUTES: Final = 100
SCOPE: Final[dict[str, Any]] = {
    "uses": ["train.pretrain"],
    "model_kinds": ["foundation"],
    "territory": "WORLD",
    "starts_at": factories.STARTS,
    "ends_at": factories.ENDS,
    "exclusivity": "non_exclusive",
}


def twelve(prices: Sequence[int] = (310, 310, 400, 420, 420, 500, 9_000)) -> list[Grant]:
    """Return twelve grants of October, by seven studios to four labs, each of a film of 100
    minutes, at these prices per minute in cents."""
    studios = [factories.studio() for _ in prices]
    labs = [factories.lab() for _ in range(4)]
    return [
        granted(studios[number % 7], labs[number % 4], prices[number % 7]) for number in range(12)
    ]


def granted(studio: Actor, lab: Actor, price: int, **changes: Any) -> Grant:
    """Return the grant of a film, or of a file of another kind, for `price` cents a minute."""
    at = changes.pop("issued_at", OCTOBER)
    kind = changes.pop("kind", "picture")
    amount = price * MINUTES
    scope = SCOPE | changes
    terms = scope | {"price_minor": amount, "currency": "USD"}
    title = Title.objects.create(
        code=allocate("title"), organisation=studio.organisation, kind="film", name="Closed"
    )
    asset = Asset.objects.create(
        code=f"{title.code}+001",
        organisation=title.organisation,
        title=title,
        number=1,
        kind=kind,
        source_type="digitalCapture",
        filename="closed.mp4",
        mime="video/mp4",
        size_bytes=1,
        sha256=f"{title.pk:064x}",
        object_key="none",
        facts={"duration_ms": MINUTES * 60_000, "audio_tracks": []},
        pictures_state="done",
    )
    request = Request.objects.create(
        code=allocate("request"),
        organisation=lab.organisation,
        name="Closed",
        state="submitted",
        submitted_at=at,
        **terms,
    )
    deal = Deal.objects.create(
        code=allocate("deal"),
        request=request,
        licensor=title.organisation,
        state="granted",
        amount_minor=amount,
        **terms,
    )
    item = RequestItem.objects.create(request=request, asset=asset, deal=deal, agreed=True)
    decision, _new = Decision.objects.get_or_create(
        pk="0" * 64, defaults={"case_text": "{}", "reasons": "OK", "engine": "none"}
    )
    clearance = Clearance.objects.create(
        code=allocate("clearance"),
        item=item,
        verdict="CLEAR",
        decision=decision,
        engine="none",
        evaluated_at=at,
    )
    Settlement.objects.create(
        code=allocate("settlement"),
        deal=deal,
        method="stripe",
        amount_minor=amount,
        currency="USD",
        reference="Wire",
        settled_at=at,
    )
    grant = Grant.objects.create(
        code=allocate("grant"),
        deal=deal,
        licensor=title.organisation,
        licensee=lab.organisation,
        issued_at=at,
        **scope,
    )
    GrantedAsset.objects.create(grant=grant, asset=asset, clearance=clearance)
    return grant
