"""Every reason code: its order in the output, its status, and what it means in plain words."""

from typing import Final, NamedTuple

BLOCKED: Final = "BLOCKED"
REVIEW: Final = "REVIEW"
CONDITIONAL: Final = "CONDITIONAL"
CLEAR: Final = "CLEAR"
PARTIAL: Final = "PARTIAL"
SEVERITY: Final = {CLEAR: 0, CONDITIONAL: 1, REVIEW: 2, BLOCKED: 3}


class Reason(NamedTuple):
    status: str
    meaning: str
    opinion: bool = False
    """Whether a counsel's opinion can settle it."""


REASONS: Final[dict[str, Reason]] = {
    "NO_TITLE": Reason(BLOCKED, "No fact gives the licensor any right."),
    "NO_RIGHTS_EPISODE": Reason(BLOCKED, "A right exists, but not for this part of the work."),
    "RESERVED_RIGHTS": Reason(
        BLOCKED, "The use was not granted and the grantor reserved the rest."
    ),
    "NO_RIGHTS_USE": Reason(
        BLOCKED, "The use is outside the licensor's rights (silence is not permission)."
    ),
    "NO_RIGHTS_MODALITY": Reason(BLOCKED, "The modality is outside the licensor's rights."),
    "NO_RIGHTS_MODEL_KIND": Reason(BLOCKED, "The model kind is outside the licensor's rights."),
    "NO_RIGHTS_TERRITORY": Reason(BLOCKED, "The country is outside the licensor's rights."),
    "REVOKED_PROSPECTIVE": Reason(
        BLOCKED, "The grant or consent was revoked from this instant on."
    ),
    "REVERSION": Reason(BLOCKED, "The right has gone back to a named party."),
    "NO_RIGHTS_TERM": Reason(BLOCKED, "The instant is outside the term of the right."),
    "INSTRUMENT_NOT_EXECUTED": Reason(
        BLOCKED, "The right rests on a draft or on a later signature."
    ),
    "TITLE_CONVEYED": Reason(BLOCKED, "The licensor had title and passed it on."),
    "GRANTOR_LACKS_RIGHT": Reason(BLOCKED, "The grantor never had this point to give."),
    "SUBLICENSE_NOT_PERMITTED": Reason(BLOCKED, "No right, or no depth left, to sublicense."),
    "NO_EXCLUSIVE_RIGHT": Reason(BLOCKED, "A non-exclusive holder cannot grant exclusivity."),
    "CO_OWNER_CONSENT": Reason(BLOCKED, "A co-owner must sign and has not."),
    "NO_GRANT": Reason(BLOCKED, "Checkpoint: no grant to this licensee."),
    "CONTRACT_PROHIBITION": Reason(BLOCKED, "A contract forbids the use."),
    "MODEL_KIND_PROHIBITED": Reason(BLOCKED, "A contract forbids this kind of model."),
    "EXCLUSIVE_CONFLICT": Reason(BLOCKED, "Another party holds it exclusively."),
    "SOLE_LICENCE_CONFLICT": Reason(BLOCKED, "Another party is sole licensee."),
    "NONEXCLUSIVE_OUTSTANDING": Reason(BLOCKED, "Exclusivity asked while another licence runs."),
    "CAP_REACHED": Reason(BLOCKED, "The number of concurrent licensees is used up."),
    "HOLDBACK": Reason(BLOCKED, "A holdback still runs."),
    "OPTION_EXERCISED": Reason(BLOCKED, "The option holder has taken the right."),
    "EXCISION_LEAVES_NOTHING": Reason(
        BLOCKED, "Cutting the unlicensed elements leaves no material."
    ),
    "CONSENT_MISSING": Reason(BLOCKED, "The person has given no consent."),
    "CONSENT_UNENFORCEABLE": Reason(BLOCKED, "The consent is void under the law it names."),
    "MINOR_COURT_APPROVAL": Reason(BLOCKED, "A minor's consent lacks court approval."),
    "CONSENT_SCOPE": Reason(BLOCKED, "The consent does not reach this use, place, model or party."),
    "CONSENT_ATTRIBUTE": Reason(BLOCKED, "The consent does not include this attribute."),
    "MINOR_TERM_CAP": Reason(BLOCKED, "A minor's consent has run to its cap."),
    "CONSENT_TERM_CAP": Reason(BLOCKED, "The consent has run to the policy's cap."),
    "CONSENT_TERM": Reason(BLOCKED, "The instant is outside the consent's term."),
    "CONSENT_QUOTA": Reason(BLOCKED, "The agreed number of outputs is used up."),
    "THIRD_PARTY_MUSIC": Reason(
        BLOCKED, "Unlicensed music inside the work; blocked when it cannot be cut out."
    ),
    "THIRD_PARTY_STOCK": Reason(
        BLOCKED, "Unlicensed stock footage inside the work; blocked when it cannot be cut out."
    ),
    "THIRD_PARTY_ARTWORK": Reason(
        BLOCKED, "Unlicensed artwork inside the work; blocked when it cannot be cut out."
    ),
    "THIRD_PARTY_TRADEMARK": Reason(
        BLOCKED, "An unlicensed trademark inside the work; blocked when it cannot be cut out."
    ),
    "THIRD_PARTY_ARCHIVE": Reason(
        BLOCKED, "Unlicensed archive material inside the work; blocked when it cannot be cut out."
    ),
    "THIRD_PARTY_LOCATION": Reason(
        BLOCKED, "An unlicensed location inside the work; blocked when it cannot be cut out."
    ),
    "CHAIN_SHARE_MISMATCH": Reason(REVIEW, "Recorded shares do not add up to 1."),
    "CHAIN_BREAK": Reason(
        REVIEW, "The grantor's title is not shown at the time of the deed.", opinion=True
    ),
    "TERRITORY_SUCCESSION": Reason(
        REVIEW, "A vanished state: a person confirms the successors.", opinion=True
    ),
    "TERRITORY_AMBIGUOUS": Reason(
        REVIEW, "A group whose membership date is unknown.", opinion=True
    ),
    "LEGACY_NEW_USE": Reason(
        REVIEW, "An old or silent grant may or may not reach AI uses.", opinion=True
    ),
    "EVENT_DATE_UNKNOWN": Reason(REVIEW, "A term hangs on an event without a date."),
    "GOVERNING_LAW_UNKNOWN": Reason(REVIEW, "Co-owned, and no usable governing law.", opinion=True),
    "ELEMENT_UNKNOWN": Reason(REVIEW, "The AI position of an element is not known.", opinion=True),
    "SUBJECT_UNKNOWN": Reason(REVIEW, "Likeness use without a named person."),
    "GUILD_AGREEMENT_UNKNOWN": Reason(REVIEW, "No rule row for this agreement.", opinion=True),
    "MFN_UNCOMPARABLE": Reason(REVIEW, "A price promise cannot be compared."),
    "REVOCATION_DISPUTED": Reason(REVIEW, "Revocation of something irrevocable.", opinion=True),
    "RECORDS_CONTRADICT": Reason(REVIEW, "Records of the title do not go together."),
    "CO_OWNER_ACCOUNTING": Reason(CONDITIONAL, "A co-owner must receive its share."),
    "VESTING_PENDING": Reason(CONDITIONAL, "A grant vests when its condition is met."),
    "GUILD_NOTICE": Reason(CONDITIONAL, "The guild must be told."),
    "GUILD_COMPENSATION": Reason(CONDITIONAL, "The guild's members must be paid."),
    "MFN_TRIGGER": Reason(CONDITIONAL, "The price is below one promised as lowest."),
    "ROFR_PENDING": Reason(CONDITIONAL, "An option must be offered or is running."),
    "OK": Reason(CLEAR, "Nothing stands in the way."),
}
"""In the order of output. An element that can be cut out or stripped is CONDITIONAL instead.
RECORDS_CONTRADICT is the product's own: of a case put together from records (`records.py`)."""

ORDER: Final = {code: place for place, code in enumerate(REASONS)}
OPINION_REASONS: Final = tuple(code for code, reason in REASONS.items() if reason.opinion)


def reason_text(code: str) -> str:
    """What a reason code means, one English sentence. Raises KeyError for an unknown code."""
    return REASONS[code].meaning
