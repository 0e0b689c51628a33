"""What the API says about offers, requests, deals and grants."""

from typing import Any

from rest_framework import serializers

from api.fields import Territory, word, words
from api.outputs.accounts import Party
from api.outputs.approvals import DealApprovals
from api.outputs.catalog import (
    OWNER,
    JsonObject,
    Owner,
    owner_of,
    poster_address,
    preview_address,
    strings,
)
from api.shapes import Output, apart, made
from catalog.models import AssetKind, WorkState
from licensing.models import (
    ANSWER_WITHIN,
    Answer,
    DealState,
    DraftState,
    Exclusivity,
    ModelKind,
    PriceUnit,
    RequestState,
    SettlementMethod,
    Verdict,
    grant_state,
)
from licensing.verdicts.outside import Outside
from provenance.models import CredentialForm


class CardModifier(Output):
    """By what a price is multiplied, for what: an exact factor such as 3/2."""

    by = serializers.CharField()
    of = Territory()
    times = serializers.CharField()


class Offer(Output):
    code = serializers.CharField()
    of = made(Owner(), owner_of, *OWNER)
    licensor = Party(source="organisation")
    uses = strings()
    model_kinds = words(ModelKind)
    territory = Territory()
    price_minor = serializers.IntegerField(
        help_text="In minor units, `per` file, segment, minute or hour."
    )
    currency = serializers.CharField()
    per = word(PriceUnit)
    modifiers = made(CardModifier(many=True), list, "modifiers")
    minimum_minor = serializers.IntegerField(help_text="What a deal comes to at least.")
    most_favoured = serializers.BooleanField(
        help_text="Whether nobody gets a lower price for a unit."
    )
    starts_at = serializers.DateTimeField(
        allow_null=True, help_text="Licences begin then or later."
    )
    ends_at = serializers.DateTimeField(allow_null=True, help_text="The first instant after.")
    published_at = serializers.DateTimeField()
    withdrawn_at = serializers.DateTimeField(allow_null=True)


class OfferDraft(Output):
    """An offer that rows of a sheet propose, and that nobody published."""

    code = serializers.CharField()
    title = serializers.CharField(source="title__code")
    name = serializers.CharField(source="title__name")
    state = word(DraftState)
    revision = serializers.IntegerField(help_text="Of the terms; say it when you publish them.")
    uses = strings()
    model_kinds = words(ModelKind)
    territory = Territory()
    price_minor = serializers.IntegerField(allow_null=True, help_text="Null: the sheet says none.")
    currency = serializers.CharField()
    per = word(PriceUnit)
    starts_at = serializers.DateTimeField(allow_null=True)
    ends_at = serializers.DateTimeField(allow_null=True, help_text="The first instant after.")
    card = JsonObject(
        allow_null=True,
        help_text="`modifiers`, `minimum_minor` and `most_favoured`, as an offer has them; null:"
        " the sheet says none, and those of the offer that it replaces stay.",
    )
    waits_for = serializers.CharField(help_text="The event that the sheet dates the window by.")
    edited = serializers.BooleanField(
        source="is_edited", help_text="Somebody changed what the sheet says."
    )
    proposed = JsonObject(help_text="What the sheet says now.")
    changed_at = serializers.DateTimeField()


class DraftRefused(Output):
    code = serializers.CharField()
    reason = serializers.CharField()


class DraftsPublished(Output):
    offers = strings(help_text="Codes of the offers that were published.")
    refused = DraftRefused(many=True)


class OfferedFile(Output):
    """A file as a lab sees it before it is licensed."""

    code = serializers.CharField()
    kind = word(AssetKind)
    mime = serializers.CharField()
    size_bytes = serializers.IntegerField()
    facts = JsonObject()
    poster_url = made(serializers.CharField(allow_null=True), poster_address, "code", "poster_key")
    preview_url = made(
        serializers.CharField(allow_null=True), preview_address, "code", "preview_key"
    )


class Proposal(Output):
    """The widest request that lies within an offer, for all of its files."""

    uses = strings()
    model_kinds = words(ModelKind)
    territory = Territory()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField(allow_null=True, help_text="Null: perpetual.")
    price_minor = serializers.IntegerField(
        allow_null=True,
        help_text="Per file, rounded up; null where a price by time meets a file without duration.",
    )
    currency = serializers.CharField()
    total_minor = serializers.IntegerField(
        allow_null=True, help_text="What the files come to exactly, each by itself."
    )


class Offered(Output):
    """An offer, with one page of its files."""

    offer = Offer()
    proposal = apart(Proposal(allow_null=True))  # null: its window is over
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = OfferedFile(many=True)


class _Scope(Output):
    uses = strings()
    model_kinds = words(ModelKind)
    territory = Territory()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField(allow_null=True, help_text="Null: perpetual.")
    exclusivity = word(Exclusivity)


class Request(_Scope):
    code = serializers.CharField()
    name = serializers.CharField()
    purpose = serializers.CharField()
    price_minor = serializers.IntegerField(help_text="Per file, in minor units.")
    currency = serializers.CharField()
    state = word(RequestState)
    created_at = serializers.DateTimeField()
    submitted_at = serializers.DateTimeField(allow_null=True)
    amends = serializers.CharField(
        source="amends__code",
        allow_null=True,
        help_text="The grant that it asks to amend; `price_minor` comes on top of what was paid.",
    )


def ranges_of(**kwargs: Any) -> serializers.ListField:
    """Return the field for the parts of a file."""
    pair = serializers.ListField(
        child=serializers.IntegerField(min_value=0), min_length=2, max_length=2
    )
    said = "Milliseconds, [from, the first after); empty: the whole file."
    return serializers.ListField(child=pair, help_text=said, **kwargs)


class Reason(Output):
    code = serializers.CharField()
    text = serializers.CharField(help_text="What it means, in one sentence.")


class Item(Output):
    """One file of a request, or parts of it, with the newest verdict on it."""

    asset = serializers.CharField(source="asset__code")
    ranges = ranges_of()
    of = made(Owner(), owner_of, *(f"asset__{column}" for column in OWNER))
    deal = serializers.CharField(source="deal__code", allow_null=True)
    agreed = serializers.BooleanField(help_text="The agreement covers it.")
    verdict = apart(word(Verdict, allow_null=True))
    clearance = apart(serializers.CharField(allow_null=True))
    reasons = apart(Reason(many=True))


class BesideOffer(Output):
    """What is asked of one title or likeness, beside the offer that stood when it was asked."""

    of = apart(Owner())
    offer = apart(serializers.CharField(allow_null=True, help_text="Null: it was withdrawn."))
    files = apart(serializers.IntegerField())
    price_minor = apart(
        serializers.IntegerField(
            allow_null=True,
            help_text="What these files come to by the offer; null where that cannot be counted.",
        )
    )
    currency = apart(serializers.CharField(allow_null=True))
    outside = apart(
        words(Outside, help_text="Terms outside the offer: to be negotiated. Empty: within it.")
    )


class PriceLine(Output):
    """Files that are multiplied alike: price × quantity × each modifier. Each file is rounded by
    itself, a half upwards, which adds `rounding_minor` to the rounded product."""

    files = serializers.IntegerField()
    quantity = serializers.CharField(help_text="Exact, such as 1033/60 minutes.")
    modifiers = CardModifier(many=True)
    rounding_minor = serializers.IntegerField()
    amount_minor = serializers.IntegerField()


class PricedCard(Output):
    """What the files of one title or likeness come to by its rate card, line by line."""

    offer = serializers.CharField()
    of = serializers.CharField(help_text="The name of the title or likeness.")
    sha256 = serializers.CharField(help_text="Of the card: its version.")
    price_minor = serializers.IntegerField()
    currency = serializers.CharField()
    per = word(PriceUnit)
    lines = PriceLine(many=True)
    minimum_minor = serializers.IntegerField()
    total_minor = serializers.IntegerField()


_BY_CARD = "Whether rate cards say the price; `price_minor` is then no price of its own."


class RequestDetail(Request):
    by_card = serializers.BooleanField(help_text=_BY_CARD)
    prices = apart(PricedCard(many=True, help_text="Of a draft that is priced by rate cards."))
    offers = apart(BesideOffer(many=True))
    items = apart(Item(many=True))


class Agreement(Output):
    pdf_sha256 = serializers.CharField()
    odrl_sha256 = serializers.CharField()
    created_at = serializers.DateTimeField()


class Settlement(Output):
    code = serializers.CharField()
    method = word(SettlementMethod)
    amount_minor = serializers.IntegerField()
    currency = serializers.CharField()
    settled_at = serializers.DateTimeField()


class Refund(Output):
    code = serializers.CharField()
    method = word(SettlementMethod)
    amount_minor = serializers.IntegerField()
    currency = serializers.CharField()
    refunded_at = serializers.DateTimeField()


class Cancellation(Output):
    """A proposal to cancel, until the grant is issued."""

    reason = serializers.CharField()
    proposed_by = Party()
    proposed_at = serializers.DateTimeField()
    alone_from = made(
        serializers.DateTimeField(help_text="From when the proposer may cancel alone, unanswered."),
        lambda proposed_at: proposed_at + ANSWER_WITHIN,
        "proposed_at",
    )
    agreed_at = serializers.DateTimeField(allow_null=True, help_text="Null: not answered.")
    carried_out_at = serializers.DateTimeField(
        allow_null=True, help_text="When the proposer cancelled alone."
    )


class OpenCondition(Output):
    code = serializers.CharField()
    text = serializers.CharField(help_text="Why, in one sentence.")
    detail = serializers.CharField(help_text="Its particulars; empty where not yours to read.")


class OpenConditions(Output):
    """A verdict with conditions that one side has to confirm before the grant is tried again."""

    clearance = serializers.CharField()
    asset = serializers.CharField()
    side = serializers.ChoiceField(choices=["licensor", "licensee"])
    conditions = OpenCondition(many=True)


class Deal(Output):
    code = serializers.CharField()
    request = serializers.CharField(source="request__code")
    licensor = Party()
    licensee = Party(source="request__organisation")
    state = word(DealState)
    amount_minor = serializers.IntegerField()
    currency = serializers.CharField()
    created_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)
    pay_by = serializers.DateTimeField(
        allow_null=True,
        help_text="The price is due before this instant; unpaid, the agreement lapses. null until"
        " the deal is approved.",
    )
    grant = serializers.CharField(source="grant__code", allow_null=True)
    amends = serializers.CharField(
        source="amends__code",
        allow_null=True,
        help_text="The grant that it amends; its price comes on top of what was paid for that.",
    )


class DealScope(_Scope):
    """The terms that stand; the lab's own name for its request is not told."""

    purpose = serializers.CharField()


_SCOPE = ("uses", "model_kinds", "territory", "starts_at", "ends_at", "exclusivity")


def _scope(*values: Any) -> dict[str, Any]:
    return dict(zip((*_SCOPE, "purpose"), values, strict=True))


def _price_per_file(price_minor: int, by_card: bool) -> int | None:
    return None if by_card else price_minor


class Terms(_Scope):
    price_minor = serializers.IntegerField(
        allow_null=True, help_text="Per file; null where rate cards say the price of each."
    )
    amount_minor = serializers.IntegerField(help_text="Of all files together.")


class CounterOffer(Output):
    """Other terms that one side proposed, beside those that stood then."""

    number = serializers.IntegerField()
    side = serializers.ChoiceField(choices=["licensor", "licensee"], help_text="Who proposed.")
    made_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(help_text="The first instant it can't be accepted.")
    message = serializers.CharField()
    terms = Terms()
    before = Terms(help_text="What stood when it was made.")
    changed = strings(help_text="The names of the terms in which the two differ.")
    ends_promise = serializers.BooleanField(
        help_text="Rate cards promised that nobody pays less; these terms do not."
    )
    answer = word(Answer, allow_null=True, help_text="null: none, or the deal ended first.")
    answered_at = serializers.DateTimeField(allow_null=True)
    reason = serializers.CharField(help_text="Of a refusal.")


class DealDetail(Deal):
    by_card = serializers.BooleanField(help_text=_BY_CARD)
    prices = apart(PricedCard(many=True, help_text="Frozen when it was opened; of what is agreed."))
    scope = made(DealScope(), _scope, *_SCOPE, "request__purpose")
    price_minor = made(
        serializers.IntegerField(
            allow_null=True, help_text="Per file; null where rate cards say the price of each."
        ),
        _price_per_file,
        "price_minor",
        "by_card",
    )
    terms_number = serializers.IntegerField(
        help_text="Of the counter-offer that `scope` and `price_minor` are; 0: as requested."
    )
    counter_offers = apart(CounterOffer(many=True))
    conditions_met = serializers.BooleanField()
    decline_reason = serializers.CharField()
    problem = serializers.CharField(help_text="Why the deal is held; empty otherwise.")
    agreement = Agreement(allow_null=True)
    settlement = Settlement(allow_null=True)
    cancellation = Cancellation(allow_null=True)
    refund = Refund(allow_null=True)
    open_conditions = apart(OpenConditions(many=True))
    approvals = apart(DealApprovals(allow_null=True, help_text="null to the lab."))
    offers = apart(BesideOffer(many=True))
    items = apart(Item(many=True))


class Payment(Output):
    """A payment through Stripe, asked for by the lab."""

    deal = serializers.CharField(source="deal__code")
    status = serializers.CharField()
    url = serializers.CharField(help_text="Where the lab's finance pays.")


class Grant(_Scope):
    code = serializers.CharField()
    deal = serializers.CharField(source="deal__code")
    licensor = Party()
    licensee = Party()
    state = made(
        serializers.CharField(
            help_text="`pending`, `active`, `expired`, `superseded` (by the grant of an"
            " amendment) or `revoked`."
        ),
        grant_state,
        "starts_at",
        "ends_at",
        "revoked_at",
        "superseded_at",
    )
    consent_ended = apart(
        serializers.DateTimeField(
            allow_null=True,
            help_text="Since when the licence of some files has ended with a performer's consent,"
            " whatever `state` says of its dates.",
        )
    )
    is_without_consent = apart(
        serializers.BooleanField(help_text="There are no others: none of its files may be used.")
    )
    consent_suspended = apart(
        serializers.DateTimeField(
            allow_null=True,
            help_text="Since when nothing new may be made of some, while a consent is suspended.",
        )
    )
    issued_at = serializers.DateTimeField()
    revoked_at = serializers.DateTimeField(allow_null=True)
    revocation_reason = serializers.CharField()
    amends = serializers.CharField(
        source="deal__amends__code",
        allow_null=True,
        help_text="The grant whose place it took, if it is that of an amendment.",
    )
    superseded_at = serializers.DateTimeField(allow_null=True)
    superseded_by = serializers.CharField(
        source="superseded_by__code", allow_null=True, help_text="The grant that took its place."
    )


class Amendment(_Scope):
    """What one side of a grant wants in place of its terms. A draft is seen by its lab alone."""

    grant = serializers.CharField(source="amends__code")
    request = serializers.CharField(source="code")
    side = made(
        serializers.ChoiceField(choices=["licensor", "licensee"], help_text="Who proposed it."),
        lambda licensor: "licensee" if licensor is None else "licensor",
        "proposed_by",
    )
    price_minor = serializers.IntegerField(help_text="Per file, on top of what was paid.")
    currency = serializers.CharField()
    state = word(RequestState)
    created_at = serializers.DateTimeField()
    deal = serializers.CharField(source="deals__code", allow_null=True, help_text="null: a draft.")
    deal_state = word(DealState, source="deals__state", allow_null=True)
    becomes = serializers.CharField(
        source="deals__grant__code", allow_null=True, help_text="The grant that came of it."
    )


class CredentialState(Output):
    """The credential of a file, or of the part of it that has this number, counted from 1."""

    code = serializers.CharField()
    part = serializers.IntegerField(help_text="0: the whole file.")
    from_ms = serializers.IntegerField(source="clip__from_ms", allow_null=True)
    to_ms = serializers.IntegerField(source="clip__to_ms", allow_null=True)
    form = word(CredentialForm)
    state = word(WorkState)


class GrantedFile(Output):
    """`credential` is the first of `credentials`; a file that is licensed in parts has one each."""

    asset = serializers.CharField(source="asset__code")
    of = made(Owner(), owner_of, *(f"asset__{column}" for column in OWNER))
    ranges = ranges_of()
    left_out = apart(strings(help_text="Excised, as the licensor declares: on its word alone."))
    paused = apart(
        serializers.BooleanField(
            help_text="Not delivered for now: a condition to be met before delivery is overdue."
        )
    )
    unconsented = apart(
        serializers.BooleanField(
            help_text="Not delivered: the consents that it was granted on do not carry it now."
        )
    )
    clearance = serializers.CharField(source="clearance__code")
    credential = apart(CredentialState(allow_null=True))
    credentials = apart(CredentialState(many=True))


class EndNotice(Output):
    """That both sides were told of the end of the term."""

    days = serializers.IntegerField(help_text="Before the end; 0: it was over.")
    told_at = serializers.DateTimeField()


class Signing(Output):
    """How far the files of a grant are signed; of one that is licensed in parts each part."""

    due = serializers.IntegerField(help_text="How many are to have a credential.")
    signed = serializers.IntegerField()
    failed = serializers.IntegerField(help_text="For how many it failed, and is tried no more.")


class GrantDetail(Grant):
    signing = apart(Signing())
    end_notices = apart(EndNotice(many=True))
    files = apart(GrantedFile(many=True))


class Case(Output):
    """An auditor's access to the sealed facts of some deals."""

    code = serializers.CharField()
    opened_by = Party()
    auditor = Party()
    opened_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True, help_text="Null: it is running.")
    shown = serializers.IntegerField(help_text="How often the auditor was shown openings.")
    shown_at = serializers.DateTimeField(allow_null=True, help_text="The last time.")


class CaseDetail(Case):
    """For the auditor, deals and note are empty once the case is closed."""

    deals = apart(strings())
    note = apart(serializers.CharField())
