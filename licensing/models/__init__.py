"""Who may do what: offers, requests, clearances, deals, settlements and grants."""

from licensing.models.approvals import ApprovalPolicy, Assent
from licensing.models.cases import AuditCase
from licensing.models.clearances import (
    GRANTABLE,
    Clearance,
    Confirmation,
    Decision,
    RequestItem,
    Verdict,
    ranges_by_file,
)
from licensing.models.deals import (
    AMENDING,
    ANSWER_WITHIN,
    PAY_WITHIN,
    RECORD_WITHIN,
    Agreement,
    Answer,
    Cancellation,
    CounterOffer,
    Deal,
    DealState,
)
from licensing.models.duties import (
    BY_FAULT,
    DEMANDABLE,
    LESSENING,
    PAUSING,
    PUT_RIGHT_WITHIN,
    TIER_TERMS,
    TIERS,
    Duty,
    DutyKind,
    DutyState,
    Ground,
    Side,
    both_read_detail,
    duty_standing,
)
from licensing.models.ends import EndNotice
from licensing.models.grants import GRANT_STATES, Grant, GrantedAsset, grant_state, lineage
from licensing.models.likeness_opinions import LikenessOpinion
from licensing.models.money import (
    Payment,
    Refund,
    Settlement,
    SettlementMethod,
    StripeRefund,
    WebhookEvent,
)
from licensing.models.offers import (
    DraftedImport,
    DraftState,
    Exclusivity,
    ModelKind,
    Offer,
    OfferDraft,
    PriceUnit,
)
from licensing.models.precedents import PrecedentRelease, PublishedDeal
from licensing.models.quotes import Quote
from licensing.models.readiness import LibraryReadiness, Readiness, ReadinessSweep, ReadyUse
from licensing.models.requests import Request, RequestState
from licensing.models.reservations import RESERVING, Reservation
from licensing.models.reviews import WAITING, ReviewItem
from licensing.models.rule_rows import RuleRow, RuleTable
from licensing.models.scopes import Scope
from licensing.models.search import SearchSweep, StaleTitle
from licensing.models.surveys import Survey, SurveyAnswer, SurveyFinding, SurveyState
from licensing.models.tables import TableVersion
from licensing.models.usage import Exceeded, Usage

__all__ = [
    "AMENDING",
    "ANSWER_WITHIN",
    "BY_FAULT",
    "DEMANDABLE",
    "GRANTABLE",
    "GRANT_STATES",
    "LESSENING",
    "PAUSING",
    "PAY_WITHIN",
    "PUT_RIGHT_WITHIN",
    "RECORD_WITHIN",
    "RESERVING",
    "TIERS",
    "TIER_TERMS",
    "WAITING",
    "Agreement",
    "Answer",
    "ApprovalPolicy",
    "Assent",
    "AuditCase",
    "Cancellation",
    "Clearance",
    "Confirmation",
    "CounterOffer",
    "Deal",
    "DealState",
    "Decision",
    "DraftState",
    "DraftedImport",
    "Duty",
    "DutyKind",
    "DutyState",
    "EndNotice",
    "Exceeded",
    "Exclusivity",
    "Grant",
    "GrantedAsset",
    "Ground",
    "LibraryReadiness",
    "LikenessOpinion",
    "ModelKind",
    "Offer",
    "OfferDraft",
    "Payment",
    "PrecedentRelease",
    "PriceUnit",
    "PublishedDeal",
    "Quote",
    "Readiness",
    "ReadinessSweep",
    "ReadyUse",
    "Refund",
    "Request",
    "RequestItem",
    "RequestState",
    "Reservation",
    "ReviewItem",
    "RuleRow",
    "RuleTable",
    "Scope",
    "SearchSweep",
    "Settlement",
    "SettlementMethod",
    "Side",
    "StaleTitle",
    "StripeRefund",
    "Survey",
    "SurveyAnswer",
    "SurveyFinding",
    "SurveyState",
    "TableVersion",
    "Usage",
    "Verdict",
    "WebhookEvent",
    "both_read_detail",
    "duty_standing",
    "grant_state",
    "lineage",
    "ranges_by_file",
]
