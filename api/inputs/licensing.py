"""What callers send about offers, requests, deals and grants."""

from typing import Any, override

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.fields import Flag, Input, Instant, Option, Territory, Text, Whole, Words, word, words
from api.inputs.duties import Demanded, MoreDemands
from api.paging import PageQuery, SearchQuery
from catalog.clip_ranges import MAX_RANGES
from licensing.deals.counter_offers import MAX_DAYS
from licensing.deals.requests import MAX_ITEMS, Clips, Wanted
from licensing.models import DealState, DraftState, Exclusivity, ModelKind, PriceUnit, RequestState
from licensing.offers.drafts import MOST_AT_ONCE
from licensing.offers.pricing import DIMENSIONS


class CardModifier(Input):
    """By what a price is multiplied, for what."""

    by = Text(max_length=20, help_text=f"One of {', '.join(DIMENSIONS)}.")
    of = Territory(
        help_text="A use, kind of model, exclusivity, resolution (sd, hd, uhd) or territory."
    )
    times = Text(max_length=20, help_text="An exact factor: 1.5, 3/2 or 150%.")


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
    modifiers = CardModifier(many=True, required=False)
    minimum_minor = Whole(
        required=False, help_text="What a deal comes to at least, for all files of this together."
    )
    most_favoured = Flag(required=False, help_text="Whether nobody gets a lower price for a unit.")
    replaces = Text(
        max_length=8,
        required=False,
        allow_null=True,
        help_text="The code of the published offer that it is put in place of.",
    )


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


class RequestQuery(PageQuery):
    state = Option(choices=RequestState.values, required=False)


class DealQuery(PageQuery):
    state = Option(choices=DealState.values, required=False)
    request = Text(max_length=8, required=False, help_text="Only those of this request.")


class MarketQuery(SearchQuery):
    use = Text(max_length=60, required=False, help_text="Only offers that name this use.")


_SAID = "Pairs of milliseconds, [from, the first after); none: the whole file."


class Ranges(serializers.ListField):
    """Ranges of a film or sound: pairs of milliseconds, [from, to)."""

    def __init__(self, **kwargs: Any) -> None:
        pair = serializers.ListField(child=Whole(min_value=0), min_length=2, max_length=2)
        # More than are kept: those that touch become one.
        super().__init__(child=pair, max_length=2 * MAX_RANGES, help_text=_SAID, **kwargs)


class Parts(Input):
    asset = Text(max_length=15, help_text="The code of a file.")
    ranges = Ranges()


@extend_schema_field(
    {
        "oneOf": [
            {"type": "string", "maxLength": 15, "description": "The code of a file: all of it."},
            {
                "type": "object",
                "properties": {
                    "asset": {"type": "string", "maxLength": 15},
                    "ranges": {
                        "type": "array",
                        "maxItems": 2 * MAX_RANGES,
                        "items": {
                            "type": "array",
                            "items": {"type": "integer", "minimum": 0},
                            "minItems": 2,
                            "maxItems": 2,
                        },
                        "description": _SAID,
                    },
                },
                "required": ["asset", "ranges"],
                "additionalProperties": False,
            },
        ]
    }
)
class Asked(serializers.Field[Any, Any, Any, Any]):
    """A file by its code, or parts of it."""

    @override
    def to_internal_value(self, data: Any) -> Wanted:
        if isinstance(data, dict):
            parts = Parts(data=data)
            parts.is_valid(raise_exception=True)
            return Clips(parts.validated_data["asset"], parts.validated_data["ranges"])
        code: str = Text(max_length=15).run_validation(data)
        return code


def _files(**kwargs: Any) -> serializers.ListField:
    return serializers.ListField(child=Asked(), max_length=MAX_ITEMS, **kwargs)


class NewRequest(Input):
    name = Text(max_length=200)
    purpose = Text(max_length=1000, required=False, allow_blank=True)
    uses = Words()
    model_kinds = words(ModelKind)
    territory = Territory(required=False)
    starts_at = Instant()
    ends_at = Instant(allow_null=True, help_text="The first instant after; null: perpetual.")
    exclusivity = word(Exclusivity, required=False)
    price_minor = Whole(
        required=False,
        allow_null=True,
        help_text="Per file, in minor units. Null or left out: what the rate cards on offer say.",
    )
    currency = Text(max_length=3, help_text="ISO 4217.")
    assets = _files(required=False)


class MoreAssets(Input):
    assets = _files(allow_empty=False)


class NewRanges(Input):
    ranges = Ranges()


class Approval(Input):
    conditions_met = Flag(
        required=False, help_text="The conditions listed at the files are fulfilled."
    )
    terms = Whole(
        required=False,
        min_value=0,
        help_text="The deal's `terms_number` as it was seen; approving other terms is refused.",
    )


class NewTerms(Input):
    """All terms, and until when they can be answered."""

    answers = Whole(
        min_value=0,
        help_text="The number of the other side's proposal that these take the place of; 0: none"
        " waits.",
    )
    days = Whole(min_value=1, max_value=MAX_DAYS, help_text="How long the other side has.")
    message = Text(
        max_length=1000, required=False, allow_blank=True, help_text="The other side reads it."
    )
    uses = Words()
    model_kinds = words(ModelKind)
    territory = Territory()
    starts_at = Instant()
    ends_at = Instant(allow_null=True, help_text="The first instant after; null: perpetual.")
    exclusivity = word(Exclusivity)
    price_minor = Whole(help_text="Per file, in minor units of the deal's currency.")


class NewAmendment(Input):
    """What shall hold instead of the present terms of a grant."""

    uses = Words()
    model_kinds = words(ModelKind)
    territory = Territory()
    starts_at = Instant(
        required=False,
        allow_null=True,
        help_text="Not before the present term begins and not in the future. Left out: today.",
    )
    ends_at = Instant(allow_null=True, help_text="The first instant after; null: perpetual.")
    exclusivity = word(Exclusivity)
    price_minor = Whole(
        help_text="Per file, in minor units of the deal's currency, on top of what was paid."
    )
    assets = serializers.ListField(
        child=Text(max_length=15),
        max_length=MAX_ITEMS,
        required=False,
        help_text="Codes of the files that stay licensed, in the parts that they are; all if not"
        " said.",
    )
    name = Text(max_length=200, required=False, allow_blank=True, help_text="Of the lab's request.")
    purpose = Text(
        max_length=1000, required=False, allow_blank=True, help_text="Of the lab's request."
    )
    days = Whole(
        required=False,
        min_value=1,
        max_value=MAX_DAYS,
        help_text="How long the lab has to answer its licensor; 14 if not said.",
    )
    message = Text(
        max_length=1000, required=False, allow_blank=True, help_text="The licensor's, to the lab."
    )


class Refusing(Input):
    reason = Text(max_length=500, help_text="The other side reads it.")


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


class Revocation(MoreDemands):
    """`stop` is always demanded; what else is can be left out."""

    demands = Demanded(many=True, required=False, max_length=4)  # type: ignore[call-arg]


class NewCase(Input):
    auditor = Text(max_length=8, help_text="The code of an organisation of auditors.")
    deals = Words(max_length=200, each=8, allow_empty=False, help_text="Codes of your deals.")
    note = Text(
        max_length=1000, required=False, allow_blank=True, help_text="The auditor reads it."
    )
