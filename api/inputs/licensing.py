"""What callers send about offers, requests, deals and grants."""

from api.fields import Flag, Input, Instant, Territory, Text, Whole, Words, word, words
from api.paging import PageQuery, SearchQuery
from licensing.drafts import MOST_AT_ONCE
from licensing.models import DraftState, Exclusivity, ModelKind, PriceUnit


class NewOffer(Input):
    of = Text(max_length=8, help_text="The code of a title or likeness.")
    uses = Words()
    model_kinds = words(ModelKind)
    price_minor = Whole(help_text="In minor units: 1250 is 12.50 in USD.")
    currency = Text(max_length=3, help_text="ISO 4217.")
    per = word(PriceUnit, required=False, help_text="Left out: per file.")
    territory = Territory(required=False)
    starts_at = Instant(required=False, allow_null=True)
    ends_at = Instant(required=False, allow_null=True, help_text="The first instant after.")


class OfferDraftTerms(Input):
    """All terms of a draft, and the revision that was seen."""

    revision = Whole()
    uses = Words()
    model_kinds = words(ModelKind)
    price_minor = Whole()
    currency = Text(max_length=3, help_text="ISO 4217.")
    per = word(PriceUnit)
    territory = Territory()
    starts_at = Instant(allow_null=True)
    ends_at = Instant(allow_null=True, help_text="The first instant after.")


class OfferDraftQuery(PageQuery):
    state = word(DraftState, required=False)


class ChosenDraft(Input):
    code = Text(max_length=8)
    revision = Whole(help_text="As it was seen; one that was changed since is refused.")
    replaces = Text(
        max_length=8,
        required=False,
        allow_null=True,
        help_text="The code of the published offer that it is put in place of.",
    )


class ChosenDrafts(Input):
    drafts = ChosenDraft(many=True, min_length=1, max_length=MOST_AT_ONCE)  # type: ignore[call-arg]


class MarketQuery(SearchQuery):
    use = Text(max_length=60, required=False, help_text="Only offers that name this use.")


class NewRequest(Input):
    name = Text(max_length=200)
    purpose = Text(max_length=1000, required=False, allow_blank=True)
    uses = Words()
    model_kinds = words(ModelKind)
    territory = Territory(required=False)
    starts_at = Instant()
    ends_at = Instant(allow_null=True, help_text="The first instant after; null: perpetual.")
    exclusivity = word(Exclusivity, required=False)
    price_minor = Whole(help_text="Per file, in minor units.")
    currency = Text(max_length=3, help_text="ISO 4217.")
    assets = Words(max_length=500, each=15, required=False)


class MoreAssets(Input):
    assets = Words(max_length=500, each=15, allow_empty=False)


class Approval(Input):
    conditions_met = Flag(
        required=False, help_text="The conditions listed at the files are fulfilled."
    )


class Declining(Input):
    reason = Text(max_length=500, help_text="The lab reads it.")


class Confirming(Input):
    clearances = Words(
        max_length=500,
        each=8,
        allow_empty=False,
        help_text="Codes of the verdicts in `open_conditions` whose conditions are confirmed.",
    )


class Cancelling(Input):
    reason = Text(max_length=500, help_text="The other side reads it.")


class BankRefund(Input):
    amount_minor = Whole()
    currency = Text(max_length=3)
    reference = Text(max_length=200)
    refunded_at = Instant(help_text="When the money was sent.")


class BankTransfer(Input):
    amount_minor = Whole()
    currency = Text(max_length=3)
    reference = Text(max_length=200)
    settled_at = Instant(help_text="When the money arrived.")


class Revocation(Input):
    reason = Text(max_length=500, help_text="The lab reads it.")


class NewCase(Input):
    auditor = Text(max_length=8, help_text="The code of an organisation of auditors.")
    deals = Words(max_length=200, each=8, allow_empty=False, help_text="Codes of your deals.")
    note = Text(
        max_length=1000, required=False, allow_blank=True, help_text="The auditor reads it."
    )
