"""A studio's offers and the facts beside them, as an Avails-AI sheet that imports to the same.

A row comes from the row that proposed it, with what the offer, or the draft that nobody published
yet, says now; an offer made by hand gets rows with an ALID of its own. Guilds, exceptions and caps
are those of the facts that stand. A use that Avails-AI has no name for is left out.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import batched
from pathlib import Path
from typing import Any, Final, NamedTuple

from accounts.access import Actor
from catalog.importing.export import exception_of, title_fields
from catalog.imports.ai_columns import PRICES, USES
from catalog.imports.ai_sheet import SHEET, write_ai_sheet
from catalog.imports.price_factors import show_expression
from catalog.imports.rows import AiTerms, AvailTerms, PriceFactor, Row, load_terms
from catalog.models import Avail, Fact, FactKind, Title
from catalog.scope.uses import LIKENESS_LEAVES, expand_uses
from licensing.models import DraftState, Offer, OfferDraft
from licensing.offers.publishing import card_terms

_AT_ONCE: Final = 500
_COLUMN: Final = {
    "minute": "PricePerMinute",
    "hour": "PricePerHour",
    "segment": "PricePerSegment",
    "file": "PricePerFile",
}


class Exported(NamedTuple):
    """How many rows were written, and how many uses of offers the sheet has no name for."""

    rows: int
    unsaid: int


@dataclass
class _Work:
    """One title with what is proposed and known of it."""

    title: Title
    avails: dict[tuple[str, str, str], Avail]
    drafts: list[OfferDraft]
    offer: Offer | None
    facts: list[Fact]


def export_offers(actor: Actor, path: Path) -> Exported:
    """Write the offers and drafts of the actor's titles as an Avails-AI sheet."""
    rows = unsaid = 0

    def counted() -> Iterator[Row]:
        nonlocal rows, unsaid
        for work in _works(actor):
            made = list(_rows(work, rows + 4))
            rows += len(made)
            if work.offer is not None and not _draft_of(work):
                said = set(expand_uses(work.offer.uses))
                unsaid += len(said - set(USES.values()))
            yield from made

    write_ai_sheet(path, counted())
    return Exported(rows, unsaid)


def _works(actor: Actor) -> Iterator[_Work]:
    drafts = OfferDraft.objects.visible_to(actor).order_by().values_list("title", flat=True)
    mine = Offer.objects.filter(organisation=actor.organisation, title__isnull=False)
    offers = mine.published().order_by().values_list("title", flat=True)
    keys = Title.objects.visible_to(actor).filter(pk__in=drafts.union(offers))
    for some in batched(keys.order_by("name", "pk").values_list("pk", flat=True), _AT_ONCE):
        yield from _load(some)


def _load(keys: Sequence[int]) -> list[_Work]:
    titles = Title.objects.filter(pk__in=keys)
    titles = titles.select_related("organisation", "parent__parent__parent")
    works = {title.pk: _Work(title, {}, [], None, []) for title in titles}
    standing = Avail.objects.standing().filter(title__in=keys, ai__isnull=False)
    for avail in standing.order_by("pk"):
        for use in (avail.ai or {}).get("uses", []):
            works[avail.title_id].avails[avail.alid, avail.avail_id, use] = avail
    for draft in OfferDraft.objects.filter(title__in=keys).order_by("pk"):
        works[draft.title_id].drafts.append(draft)
    for offer in Offer.objects.published().filter(title__in=keys):
        works[offer.title_id or 0].offer = offer
    for fact in Fact.objects.standing().filter(title__in=keys, kind__in=_SAID).order_by("pk"):
        works[fact.title_id].facts.append(fact)
    return [works[key] for key in keys]


_SAID: Final = (FactKind.GUILD, FactKind.ELEMENT, FactKind.CAP, FactKind.RESTRICTION)


def _draft_of(work: _Work) -> OfferDraft | None:
    """Return the draft whose rows the published offer goes by: its own, or one that differs."""
    states = (DraftState.PUBLISHED, DraftState.DIFFERS)
    return next((each for state in states for each in work.drafts
                 if each.state == state and each.rows), None)  # fmt: skip


def _rows(work: _Work, number: int) -> Iterator[Row]:
    """Yield the rows of a title: what is on the market as published, the rest as drafted."""
    fields = title_fields(work.title)
    of_offer = _draft_of(work) if work.offer else None
    said: list[tuple[OfferDraft | Offer, list[list[str]]]] = [
        (work.offer if work.offer and draft is of_offer else draft, draft.rows)
        for draft in work.drafts
        if draft.rows
    ]
    if work.offer is not None and of_offer is None:
        said.append((work.offer, []))
    for terms, rows in said:
        known = {use: (alid, avail_id, use) for alid, avail_id, use in rows}
        for use in USES.values():
            if use in expand_uses(terms.uses):
                avail = work.avails.get(known[use]) if use in known else None
                yield Row(SHEET, number, "full_extract", fields, *_terms(work, terms, use, avail))
                number += 1


def _terms(
    work: _Work, terms: OfferDraft | Offer, use: str, avail: Avail | None
) -> tuple[AvailTerms, AiTerms]:
    """Return what a row says: what its own did, under the terms that hold now."""
    if avail is not None:
        said, ai = load_terms(avail.terms, avail.ai or {})
    else:
        said = AvailTerms(
            licensor=work.title.organisation.name,
            alid=f"edgecode:{work.title.code}",
            avail_id=f"edgecode:{terms.code}:{use}",
        )
        ai = AiTerms(nilv_status=_nilv(work))
    if not isinstance(terms, OfferDraft) or terms.is_edited or avail is None:
        said = _with_window(said, terms)
        ai = replace(ai, **_priced(terms), model_kinds=list(terms.model_kinds))
    facts = [fact for fact in work.facts if fact.avail_id in (None, avail and avail.pk)]
    return said, replace(
        ai,
        uses=[use],
        guild_flags=_guilds(facts),
        element_exceptions=[
            each
            for fact in facts
            if fact.kind == FactKind.ELEMENT and (each := exception_of(fact.body))
        ],
        max_licensees=_cap(facts, use),
    )


def _with_window(said: AvailTerms, terms: OfferDraft | Offer) -> AvailTerms:
    where = terms.territory
    included = where.get("include", ["WORLD"]) if isinstance(where, dict) else where
    said.territory = [included] if isinstance(included, str) else list(included)
    said.territory_excluded = list(where.get("except", [])) if isinstance(where, dict) else []
    waits = getattr(terms, "waits_for", "")
    said.starts_at, said.ends_at = terms.starts_at, terms.ends_at
    if not waits:
        said.start_condition = said.start_lag = said.end_condition = said.end_lag = ""
    return said


def _priced(terms: OfferDraft | Offer) -> dict[str, Any]:
    prices: dict[str, Any] = dict.fromkeys(PRICES.values())
    prices[PRICES[_COLUMN[terms.per]]] = terms.price_minor
    return {**prices, "currency": terms.currency, **_card(terms)}


def _card(terms: OfferDraft | Offer) -> dict[str, Any]:
    """Return what a row says of a rate card; of an offer with none, that there is none."""
    card = terms.card if isinstance(terms, OfferDraft) else card_terms(terms)
    if card is None:
        return {"price_factors": [], "minimum_minor": None, "most_favoured": None}
    return {
        "price_factors": [
            PriceFactor(
                each["by"],
                show_expression(each["of"]) if each["by"] == "territory" else each["of"],
                each["times"],
            )
            for each in card["modifiers"]
        ],
        "minimum_minor": card["minimum_minor"] or None,
        "most_favoured": card["most_favoured"] or None,
    }


def _guilds(facts: Sequence[Fact]) -> list[str]:
    names = [str(fact.body["guild"]) for fact in facts if fact.kind == FactKind.GUILD]
    return list(dict.fromkeys(names))


def _cap(facts: Sequence[Fact], use: str) -> int | None:
    """Return the smallest cap that a use stands under."""
    caps = [
        int(fact.body["max_licensees"])
        for fact in facts
        if fact.kind == FactKind.CAP and use in expand_uses(fact.uses)
    ]
    return min(caps, default=None)


def _nilv(work: _Work) -> str:
    """Return the likeness status of a title of which no row says any."""
    banned = (expand_uses(fact.uses) for fact in work.facts if fact.kind == FactKind.RESTRICTION)
    is_banned = any(not set(LIKENESS_LEAVES).isdisjoint(uses) for uses in banned)
    return "not_cleared" if is_banned else "unknown"
