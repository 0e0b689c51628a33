"""Offers drawn up from what Avails-AI sheets propose: the stage that follows imports.

One draft for the rows of a title that say the same terms: their uses stand in one offer. A row is
known again by its ALID, AvailID and use, so what it says now changes its draft, and never an
offer: that stays as it was published until somebody puts the draft in its place.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import batched
from typing import Any, Final

import orjson
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.codes import allocate_many
from catalog.checks import check_choices, check_territory
from catalog.imports.price_factors import expression
from catalog.imports.rows import AiTerms, AvailTerms, load_terms
from catalog.models import Avail, Import, ImportState, Title
from catalog.rights import instant
from licensing.models import DraftedImport, ModelKind, Offer, OfferDraft, PriceUnit
from licensing.offers.modifiers import check_modifiers
from licensing.offers.publishing import TERMS, state_of, terms_of

_AT_ONCE: Final = 200
_ENDED: Final = (ImportState.DONE, ImportState.FAILED, ImportState.CANCELLED)
_WINDOW: Final = ("starts_at", "ends_at")


@dataclass(frozen=True)
class Proposal:
    """One offer that rows propose; the price may be missing. `rows`: [ALID, AvailID, use]."""

    terms: dict[str, Any]
    waits_for: str
    rows: list[list[str]]

    card: dict[str, Any] | None = None

    @property
    def plain(self) -> dict[str, Any]:
        """What is proposed, as a draft keeps it."""
        window = {name: instant(self.terms[name]) for name in _WINDOW}
        card = {"card": self.card} if self.card else {}
        return {**self.terms, **window, "waits_for": self.waits_for, **card}


def draft_pending() -> int:
    """Draw up what the next import that has ended proposes; return how many imports that was.

    Titles are done some hundred at a time; a worker that is killed does the import's again, which
    changes nothing that is right already.
    """
    ended = Import.objects.filter(state__in=_ENDED, is_dry_run=False, drafted__isnull=True)
    job = ended.order_by("pk").first()
    if job is None:
        return 0
    for keys in batched(_touched(job), _AT_ONCE):
        draw_up(keys)
    DraftedImport.objects.get_or_create(of=job)
    return 1


def _touched(job: Import) -> list[int]:
    """Return the titles of which the import said AI terms, or withdrew them."""
    if job.started_at is None:
        return []
    avails = Avail.objects.filter(organisation=job.organisation, ai__isnull=False)
    found = avails.filter(Q(import_of=job) | Q(withdrawn_at__gte=job.started_at))
    return sorted(set(found.order_by().values_list("title", flat=True)))


@transaction.atomic
def draw_up(keys: Iterable[int]) -> None:
    """Let the drafts of these titles be what their standing rows propose."""
    # In the order in which offers and grants lock them.
    titles = list(Title.objects.select_for_update().filter(pk__in=list(keys)).order_by("pk"))
    avails: dict[int, list[Avail]] = defaultdict(list)
    standing = Avail.objects.standing().filter(title__in=titles, ai__isnull=False)
    for avail in standing.order_by("pk"):
        avails[avail.title_id].append(avail)
    drafts: dict[int, list[OfferDraft]] = defaultdict(list)
    for draft in OfferDraft.objects.filter(title__in=titles).order_by("pk"):
        drafts[draft.title_id].append(draft)
    published = {
        offer.title_id: offer for offer in Offer.objects.published().filter(title__in=titles)
    }
    new: list[OfferDraft] = []
    for title in titles:
        offer = published.get(title.pk)
        new += _draw_up(title, avails[title.pk], drafts[title.pk], offer)
    for draft, code in zip(new, allocate_many("offer_draft", len(new)), strict=True):
        draft.code = code
    OfferDraft.objects.bulk_create(new)


def _draw_up(
    title: Title, avails: Sequence[Avail], drafts: Sequence[OfferDraft], published: Offer | None
) -> list[OfferDraft]:
    """Change or drop the drafts of a title, and return the new ones."""
    left = list(drafts)
    new: list[OfferDraft] = []
    for proposal in proposals_of(avails):
        draft = _nearest(proposal, left)
        if draft is None:
            draft = OfferDraft(organisation_id=title.organisation_id, title=title)
            new.append(draft)
        else:
            left.remove(draft)
        _propose(draft, proposal, published)
    for draft in left:
        _drop(draft, published)
    return new


def _nearest(proposal: Proposal, drafts: Sequence[OfferDraft]) -> OfferDraft | None:
    """Return the draft of most of these rows, or one that lost its rows and said the same."""
    named = {tuple(row) for row in proposal.rows}
    shared = [(len(named & {tuple(row) for row in each.rows}), each) for each in drafts]
    best = max(shared, key=lambda pair: (pair[0], -(pair[1].pk or 0)), default=(0, None))
    if best[0]:
        return best[1]
    same = (each for each in drafts if not each.rows and each.proposed == proposal.plain)
    return next(same, None)


def _propose(draft: OfferDraft, proposal: Proposal, published: Offer | None) -> None:
    before = (draft.rows, draft.proposed, draft.state)
    if draft.proposed != proposal.plain and not draft.is_edited:
        follow(draft, proposal.terms, proposal.waits_for, proposal.card)
    draft.rows, draft.proposed = proposal.rows, proposal.plain
    draft.state = state_of(draft, published)
    if draft.pk is not None and before != (draft.rows, draft.proposed, draft.state):
        draft.save()


def follow(
    draft: OfferDraft, terms: dict[str, Any], waits_for: str, card: dict[str, Any] | None
) -> None:
    """Give a draft the terms of its sheet; the caller saves it."""
    draft.card = card
    for name, value in terms.items():
        setattr(draft, name, value)
    draft.waits_for = waits_for
    draft.is_edited = False
    draft.changed_at = timezone.now()
    draft.revision += 1


def _drop(draft: OfferDraft, published: Offer | None) -> None:
    """No row says this any more: what somebody worked on, or published, stays to be looked at."""
    is_published = published is not None and terms_of(draft) == terms_of(published)
    if not draft.is_edited and not is_published:
        draft.delete()
    elif draft.rows:
        draft.rows = []
        draft.state = state_of(draft, published)
        draft.save(update_fields=["rows", "state"])


def proposals_of(avails: Iterable[Avail]) -> list[Proposal]:
    """Return the offers that rows of a title propose, in the order of the rows."""
    found: dict[bytes, Proposal] = {}
    for avail in avails:
        said, ai = load_terms(avail.terms, avail.ai or {})
        price, per = _price(
            {
                PriceUnit.MINUTE: ai.price_per_minute_minor,
                PriceUnit.HOUR: ai.price_per_hour_minor,
                PriceUnit.SEGMENT: ai.price_per_segment_minor,
                PriceUnit.FILE: ai.price_per_file_minor,
            }
        )
        terms: dict[str, Any] = {
            "uses": [],
            "model_kinds": check_choices("model_kinds", ai.model_kinds, ModelKind.values),
            "territory": _territory(tuple(said.territory), tuple(said.territory_excluded)),
            "price_minor": price,
            "currency": ai.currency if price is not None else "",
            "per": per,
            "starts_at": said.starts_at,
            "ends_at": said.ends_at,
        }
        waits_for = _waits_for(said)
        card = _card(ai)
        key = orjson.dumps([avail.alid, terms, waits_for, card], option=orjson.OPT_SORT_KEYS)
        proposal = found.setdefault(key, Proposal(terms, waits_for, [], card))
        for use in ai.uses:
            if use not in proposal.terms["uses"]:
                proposal.terms["uses"].append(use)
            proposal.rows.append([avail.alid, avail.avail_id, use])
    for proposal in found.values():
        proposal.terms["uses"].sort()
        proposal.rows.sort()
    return list(found.values())


def _price(said: dict[PriceUnit, int | None]) -> tuple[int | None, PriceUnit]:
    """Return the one price that a row says, and for what."""
    return next(
        ((minor, per) for per, minor in said.items() if minor is not None), (None, PriceUnit.FILE)
    )


def _card(ai: AiTerms) -> dict[str, Any] | None:
    """Return what makes a row's price a rate card, as an offer has it; None: it says nothing."""
    if not ai.price_factors and ai.minimum_minor is None and ai.most_favoured is None:
        return None
    modifiers = [
        {
            "by": each.by,
            "of": expression(each.of) if each.by == "territory" else each.of,
            "times": each.times,
        }
        for each in ai.price_factors
    ]
    return {
        "modifiers": check_modifiers(modifiers),
        "minimum_minor": ai.minimum_minor or 0,
        "most_favoured": bool(ai.most_favoured),
    }


@lru_cache(maxsize=4096)
def _territory(included: tuple[str, ...], excluded: tuple[str, ...]) -> Any:
    where: Any = {"include": list(included), "except": list(excluded)}
    return check_territory("territory", where)


def _waits_for(said: AvailTerms) -> str:
    """Return the events that the window hangs on, as the sheet names them; "" for none."""
    ends: list[tuple[datetime | None, str, str]] = [
        (said.starts_at, said.start_condition, said.start_lag),
        (said.ends_at, said.end_condition, said.end_lag),
    ]
    waits = [
        f"{condition} {lag}".strip()
        for at, condition, lag in ends
        if at is None and condition not in ("", "Immediate")
    ]
    return " – ".join(waits)[:200]


def sheet_terms(draft: OfferDraft) -> dict[str, Any]:
    """Return what the sheet says for a draft now, with instants for its window."""
    window = {
        name: draft.proposed[name] and datetime.fromisoformat(draft.proposed[name])
        for name in _WINDOW
    }
    return {name: draft.proposed[name] for name in TERMS} | window
