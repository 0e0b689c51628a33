"""Why a verdict is what it is, and what an entry of the log records: one plain line for each code.

The codes are the clearance engine's and the ledger's; the lines here are what a page shows.
"""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

type Text = str | Promise

REASONS: dict[str, Text] = {
    "NO_TITLE": _("The licensor has no recorded right to this work."),
    "NO_RIGHTS_EPISODE": _("The licensor's right does not include this episode or part."),
    "RESERVED_RIGHTS": _("The grantor kept this use for itself."),
    "NO_RIGHTS_USE": _("The licensor's rights do not include this use; silence is not permission."),
    "NO_RIGHTS_MODALITY": _("The licensor's rights do not include this kind of material."),
    "NO_RIGHTS_MODEL_KIND": _("The licensor's rights do not include this kind of model."),
    "NO_RIGHTS_TERRITORY": _("The licensor has no rights in this territory."),
    "REVOKED_PROSPECTIVE": _("The licence or consent it rests on was revoked."),
    "REVERSION": _("The right has gone back to an earlier owner."),
    "NO_RIGHTS_TERM": _("The licensor's rights do not run for the whole term asked for."),
    "INSTRUMENT_NOT_EXECUTED": _("The deed it rests on is a draft or not yet signed."),
    "TITLE_CONVEYED": _("The licensor had the right and passed it on."),
    "GRANTOR_LACKS_RIGHT": _("Whoever granted this right never held it."),
    "SUBLICENSE_NOT_PERMITTED": _("The licensor may not sublicense."),
    "NO_EXCLUSIVE_RIGHT": _("Who holds a right non-exclusively cannot grant it exclusively."),
    "CO_OWNER_CONSENT": _("A co-owner must sign and has not."),
    "NO_GRANT": _("No grant to this licensee covers the training."),
    "CONTRACT_PROHIBITION": _("A contract prohibits this use."),
    "MODEL_KIND_PROHIBITED": _("A contract prohibits this kind of model."),
    "EXCLUSIVE_CONFLICT": _("Somebody else holds this exclusively."),
    "SOLE_LICENCE_CONFLICT": _("Somebody else is the sole licensee."),
    "NONEXCLUSIVE_OUTSTANDING": _("Exclusivity is not possible while another licence runs."),
    "CAP_REACHED": _("The agreed number of licensees is reached."),
    "HOLDBACK": _("A holdback has not ended yet."),
    "OPTION_EXERCISED": _("Somebody with an option has taken the right."),
    "EXCISION_LEAVES_NOTHING": _("Once the unlicensed parts are cut out, nothing is left."),
    "CONSENT_MISSING": _("The person has not consented."),
    "CONSENT_UNENFORCEABLE": _("The consent is void under the law it names."),
    "MINOR_COURT_APPROVAL": _("The consent of a minor needs a court's approval."),
    "CONSENT_SCOPE": _("The consent does not cover this use, place, model or licensee."),
    "CONSENT_ATTRIBUTE": _("The consent does not cover this attribute of the person."),
    "MINOR_TERM_CAP": _("The consent of a minor has reached its longest term."),
    "CONSENT_TERM_CAP": _("The consent has reached the longest term the law allows."),
    "CONSENT_TERM": _("The term asked for lies outside the term of the consent."),
    "CONSENT_QUOTA": _("The agreed number of outputs is used up."),
    "THIRD_PARTY_MUSIC": _("Music in the work is not licensed for this."),
    "THIRD_PARTY_STOCK": _("Stock footage in the work is not licensed for this."),
    "THIRD_PARTY_ARTWORK": _("Artwork in the work is not licensed for this."),
    "THIRD_PARTY_TRADEMARK": _("A trademark in the work is not licensed for this."),
    "THIRD_PARTY_ARCHIVE": _("Archive material in the work is not licensed for this."),
    "THIRD_PARTY_LOCATION": _("A location in the work is not licensed for this."),
    "CHAIN_SHARE_MISMATCH": _("The recorded shares of the owners do not add up to the whole."),
    "CHAIN_BREAK": _("The chain of title has a gap."),
    "TERRITORY_SUCCESSION": _(
        "A deed names a state that no longer exists; someone must confirm its successors."
    ),
    "TERRITORY_AMBIGUOUS": _("A deed names a group of countries without saying as of when."),
    "LEGACY_NEW_USE": _("An old deed may or may not reach AI uses."),
    "EVENT_DATE_UNKNOWN": _("A term depends on an event whose date is not recorded."),
    "GOVERNING_LAW_UNKNOWN": _("The work has co-owners, and it is not clear which law applies."),
    "ELEMENT_UNKNOWN": _("Whether material of others in the work may be used for AI is not known."),
    "SUBJECT_UNKNOWN": _("A likeness is asked for without naming the person."),
    "GUILD_AGREEMENT_UNKNOWN": _("No rule is recorded for this guild agreement."),
    "MFN_UNCOMPARABLE": _("A most-favoured price cannot be compared with this one."),
    "REVOCATION_DISPUTED": _("Something that cannot be revoked was revoked."),
    "CO_OWNER_ACCOUNTING": _("A co-owner must receive its share."),
    "VESTING_PENDING": _("A right takes effect once its condition is met."),
    "GUILD_NOTICE": _("The guild must be told beforehand."),
    "GUILD_COMPENSATION": _("Members of the guild must be paid."),
    "MFN_TRIGGER": _("The price is below one promised to be the lowest."),
    "ROFR_PENDING": _("Somebody has the first call and must be asked."),
    "OK": _("Every right is held."),
}
EVENTS: dict[str, Text] = {
    "organisation.registered": _("Organisation registered"),
    "member.added": _("Member added"),
    "api_key.created": _("API key created"),
    "api_key.revoked": _("API key revoked"),
    "title.registered": _("Title registered"),
    "asset.registered": _("Asset registered"),
    "holding.recorded": _("Right recorded"),
    "holding.superseded": _("Right corrected"),
    "restriction.recorded": _("Restriction recorded"),
    "restriction.superseded": _("Restriction corrected"),
    "performer.registered": _("Performer registered"),
    "likeness.registered": _("Likeness registered"),
    "consent.recorded": _("Consent recorded"),
    "consent.withdrawn": _("Consent withdrawn"),
    "subject.erased": _("Private facts erased"),
    "offer.published": _("Offer published"),
    "offer.withdrawn": _("Offer withdrawn"),
    "request.submitted": _("Request submitted"),
    "request.withdrawn": _("Request withdrawn"),
    "clearance.decided": _("Clearance decided"),
    "deal.opened": _("Deal opened"),
    "deal.approved": _("Deal approved"),
    "deal.declined": _("Deal declined"),
    "deal.withdrawn": _("Deal withdrawn"),
    "agreement.made": _("Agreement made"),
    "settlement.recorded": _("Payment recorded"),
    "refund.recorded": _("Refund recorded"),
    "grant.issued": _("Grant issued"),
    "asset.granted": _("Asset granted"),
    "asset.granted.v2": _("Asset granted"),
    "deal.held": _("Deal held back"),
    "deal.resumed": _("Deal resumed"),
    "deal.conditions_confirmed": _("Conditions confirmed"),
    "deal.cancellation_proposed": _("Cancelling proposed"),
    "deal.cancelled": _("Deal cancelled"),
    "grant.revoked": _("Grant revoked"),
    "credential.signed": _("Credential signed"),
    "delivery.authorised": _("Delivery authorised"),
    "case.opened": _("Case opened for an auditor"),
    "case.closed": _("Case of an auditor closed"),
    "openings.shown": _("Sealed facts shown to an auditor"),
    "log.opened": _("Log opened"),
    "kinds.published": _("Kinds of entries published"),
    "policy.published": _("Policy published"),
    "engine.published": _("Clearance program published"),
    "key.published": _("Key published"),
    "key.retired": _("Key retired"),
}


def reason_of(code: str) -> Text:
    """Return what a reason code of a verdict means; a code without a line shows itself."""
    return REASONS.get(code, code)


def event_of(kind: str) -> Text:
    """Return what an entry of this kind records; a kind without a line shows itself."""
    return EVENTS.get(kind, kind)
