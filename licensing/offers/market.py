"""What a lab can find: the files behind published offers."""

from django.db.models import CharField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access import Actor, Permission, require
from accounts.errors import Invalid, NotFound
from accounts.models import Organisation
from catalog.models import Asset, AssetKind, Attribute, Consent, TitleName
from catalog.scope.uses import USES
from licensing.models import Offer, Request, RequestItem

MAX_WORDS = 20


def offered_assets(actor: Actor) -> QuerySet[Asset]:
    """Return the files of every published offer whose window is not over, for a lab."""
    require(actor, Permission.SEARCH_MARKET)
    return Asset.objects.filter(_is_offered()).select_related(
        "title", "likeness__performer", "organisation"
    )


def _is_offered() -> Q:
    # Asked of one file after the other: what one looks for names its files.
    on_market = Offer.objects.on_market(timezone.now())
    of_title = on_market.filter(title=OuterRef("title"))
    of_likeness = on_market.filter(likeness=OuterRef("likeness"))
    return Q(Exists(of_title)) | Q(Exists(of_likeness))


def viewable_assets(actor: Actor) -> QuerySet[Asset]:
    """Return the files whose pictures one may see: one's own; for a lab also what is on offer
    and what it has asked for. What shows a performer, a lab sees only while consents that name it
    are in force for all that the file shows."""
    mine = Q(organisation=actor.organisation)
    if actor.organisation is not None and actor.may(Permission.SEARCH_MARKET):
        asked = RequestItem.objects.filter(
            request__organisation=actor.organisation, asset=OuterRef("pk")
        )
        found = Q(Exists(asked)) | _is_offered()
        mine |= found & (Q(likeness__isnull=True) | _is_consented(actor.organisation))
    return Asset.objects.filter(mine)


def _is_consented(lab: Organisation) -> Q:
    """What says that all that a file of a likeness shows is in a live consent that names the lab:
    who may have the face does not hear the voice by that."""
    live = Consent.objects.live(timezone.now())
    naming = live.filter(grantee=lab, likeness=OuterRef("likeness")).alias(
        file=ExpressionWrapper(OuterRef("kind"), CharField())
    )
    # As in `_allowing`: a quoted name is unambiguous text.
    voice, face, motion = (
        Q(attributes__icontains=f'"{each}"')
        for each in (Attribute.VOICE, Attribute.FACE, Attribute.MOTION)
    )
    shown = (
        Q(file=AssetKind.AUDIO) & voice
        | Q(file=AssetKind.STILL) & face
        | Q(file=AssetKind.PICTURE) & (face | motion)
        | Q(file__in=(AssetKind.SUBTITLES, AssetKind.SCRIPT))
    )
    heard = ~Q(kind=AssetKind.PICTURE) | Q(facts__audio_tracks=[]) | Exists(naming.filter(voice))
    return Exists(naming.filter(shown)) & heard


def offers(actor: Actor) -> QuerySet[Offer]:
    """Return the published offers whose window is not over, with what they are of."""
    require(actor, Permission.SEARCH_MARKET)
    found = Offer.objects.on_market(timezone.now())
    return found.select_related("title", "likeness__performer", "organisation")


def search_offers(
    actor: Actor, words: str = "", *, kind: str = "", use: str = ""
) -> QuerySet[Offer]:
    """Return offers whose title or translated name, performer or licensor contains every word.

    `kind` is a title kind or "likeness"; `use` is one the offer allows. Raises Invalid("q").
    """
    found = offers(actor)
    wanted = words.replace("\0", "").split()
    if len(wanted) > MAX_WORDS:
        raise Invalid("q", _("Search for at most %(limit)d words.") % {"limit": MAX_WORDS})
    for word in wanted:
        # Not a join: a database takes only so many, and each would multiply the rows.
        translated = TitleName.objects.filter(title=OuterRef("title"), name__icontains=word)
        found = found.filter(
            Q(title__name__icontains=word)
            | Exists(translated)
            | Q(title__eidr=word.upper())
            | Q(likeness__performer__name__icontains=word)
            | Q(likeness__description__icontains=word)
            | Q(organisation__name__icontains=word)
        )
    if kind == "likeness":
        found = found.filter(likeness__isnull=False)
    elif kind:
        found = found.filter(title__kind=kind)
    if use:
        found = found.filter(_allowing(use))
    return found


def _allowing(use: str) -> Q:
    """What says that an offer names a use, or one that stands for it as `train` for fine-tuning."""
    wanted, named = set(USES.get(use, ())), Q(pk__in=[])
    for name, leaves in USES.items():
        if wanted and wanted <= set(leaves):
            # JSON containment is not to be had on SQLite; a quoted use name is unambiguous text.
            named |= Q(uses__icontains=f'"{name}"') | Q(uses__icontains=f'"{name}.*"')
    return named


def standing_offers(request: Request, items: QuerySet[RequestItem]) -> QuerySet[Offer]:
    """Return the offers behind these items of a request: those that stood when it was submitted,
    or stand now for a draft."""
    at = request.submitted_at or timezone.now()
    standing = Q(withdrawn_at__isnull=True) | Q(withdrawn_at__gt=at)
    of = items.order_by()
    owned = Q(title__in=of.filter(asset__title__isnull=False).values("asset__title"))
    owned |= Q(likeness__in=of.filter(asset__likeness__isnull=False).values("asset__likeness"))
    return Offer.objects.filter(standing, owned, published_at__lte=at)


def find_offered(actor: Actor, owner_code: str) -> Offer:
    """Return the published offer of a title or likeness, or raise NotFound."""
    offer = offers(actor).filter(Q(title__code=owner_code) | Q(likeness__code=owner_code)).first()
    if offer is None:
        raise NotFound
    return offer
