"""The ledger entries of this room."""

from ledger.kinds import keep_as_evidence, register
from licensing.models import Answer, DutyKind, SettlementMethod, Side, Verdict

register(
    "offer.published",
    subject="offer",
    meaning="A licensor offered licences at a price.",
    refs=["of"],
    private=["terms"],
)
register(
    "offer.withdrawn",
    subject="offer",
    meaning="The offer was withdrawn; what was granted stands.",
)
register(
    "request.submitted",
    subject="request",
    meaning="A lab asked for a licence.",
    refs=["organisation"],
    private=["scope", "assets"],
)
register(
    "request.submitted",
    version=2,
    subject="request",
    meaning="A lab asked for a licence of files, or of parts of them.",
    refs=["organisation"],
    private=["scope", "assets", "ranges"],
)
register(
    "amendment.proposed",
    subject="request",
    meaning="One side of a grant asked for other terms, or for fewer files, in its place. The"
    " request is the lab's; nothing that a licensor proposes is its word.",
    refs=["organisation", "grant"],
    private=["scope", "assets", "ranges"],
)
register(
    "request.withdrawn",
    subject="request",
    meaning="The lab withdrew its request.",
)
register(
    "clearance.decided",
    subject="clearance",
    meaning="The engine decided whether one file may be licensed as requested.",
    data={"verdict": Verdict.values, "engine": str},
    refs=["request", "asset"],
    private=["case", "result"],
)
register(
    "deal.opened",
    subject="deal",
    meaning="The request reached one licensor.",
    refs=["request", "licensor"],
    private=["terms"],
)
register(
    "deal.approved",
    subject="deal",
    meaning="The licensor agreed.",
    refs=["request"],
    private=["approval"],
)
register(
    "approval_policy.set",
    subject="organisation",
    meaning="A licensor said how many persons approve its deals, and who.",
    data={"number": int},
    private=["policy"],
)
register(
    "deal.assented",
    subject="deal",
    meaning="One of the persons who have to approve the deal for its licensor approved it.",
    refs=["request"],
    private=["assent"],
)
register(
    "deal.terms_proposed",
    subject="deal",
    meaning="One side proposed other terms, or answered those of the other side with its own.",
    refs=["request"],
    private=["proposal"],
)
register(
    "deal.terms_answered",
    subject="deal",
    meaning="The terms proposed were accepted or refused, taken back by the side that had proposed"
    " them, or nobody answered in time.",
    data={"answer": [Answer.ACCEPTED, Answer.REFUSED, Answer.TAKEN_BACK, Answer.LAPSED]},
    refs=["request"],
    private=["reason?"],
)
register(
    "deal.declined",
    subject="deal",
    meaning="The licensor declined, or took its approval back before the price was paid.",
    refs=["request"],
    private=["reason"],
)
register(
    "deal.withdrawn",
    subject="deal",
    meaning="The lab withdrew before the licence was granted.",
    refs=["request"],
)
register(
    "deal.lapsed",
    subject="deal",
    meaning="The price had not arrived in time; what the agreement kept back is free again.",
    refs=["request"],
)
register(
    "agreement.made",
    subject="agreement",
    meaning="The licence agreement was drawn up and hashed.",
    refs=["deal"],
    private=["documents"],
)
register(
    "settlement.recorded",
    subject="settlement",
    meaning="The price was received in full, or nothing was due.",
    data={"method": SettlementMethod.values},
    refs=["deal"],
    private=["amount"],
)
register(
    "grant.issued",
    subject="grant",
    meaning="The licence was granted.",
    refs=["request", "agreement", "settlement"],
    private=["scope"],
)
register(
    "grant.issued",
    version=2,
    subject="grant",
    meaning="The licence of files, or of parts of them, was granted.",
    refs=["request", "agreement", "settlement"],
    private=["scope", "ranges"],
)
register(
    "asset.granted",
    subject="grant",
    meaning="The grant covers this file, on the strength of this clearance.",
    refs=["asset", "clearance"],
)
register(
    "asset.granted",
    version=2,
    subject="grant",
    meaning="The grant covers this file, on the strength of this clearance and these consents.",
    refs=["asset", "clearance", "consents*"],
)
register(
    "deal.held",
    subject="deal",
    meaning="The price was paid, but a file was no longer clear when the grant was due.",
    refs=["settlement"],
    private=["problem"],
)
register(
    "deal.resumed",
    subject="deal",
    meaning="The rights were put in order or the conditions confirmed; the grant is tried again.",
)
register(
    "deal.conditions_confirmed",
    subject="deal",
    meaning="One side confirmed the conditions that kept the grant back.",
    refs=["clearances*"],
    private=["conditions"],
)
register(
    "deal.cancellation_proposed",
    subject="deal",
    meaning="One side proposed to cancel a deal that was paid and got no grant.",
    private=["reason"],
)
register(
    "deal.cancelled",
    subject="deal",
    meaning="One side cancelled the deal: as the other had proposed, or alone as it had proposed"
    " itself and was not answered for 14 days. The price is to be returned in full.",
    refs=["settlement"],
)
register(
    "refund.recorded",
    subject="refund",
    meaning="The price of a cancelled deal was returned in full, or nothing had been due.",
    data={"method": SettlementMethod.values},
    refs=["deal", "settlement"],
    private=["amount"],
)
register(
    "grant.revoked",
    subject="grant",
    meaning="The licensor revoked the grant from now on.",
    private=["reason"],
)
register(
    "grant.ended",
    subject="grant",
    meaning="The term of the grant was over.",
)
register(
    "grant.superseded",
    subject="grant",
    meaning="The grant of an amendment took the place of this one, from now on.",
    refs=["by"],
)
register(
    "duty.imposed",
    subject="duty",
    meaning="One side of a deal owes the other this, until then: a condition of the clearance, or"
    " what follows the end of a grant or of a consent that it rests on.",
    data={"duty": DutyKind.values, "owed_by": Side.values, "due_at": str},
    refs=["deal", "grant?", "consent?"],
    private=["terms"],
)
register(
    "duty.acknowledged",
    subject="duty",
    meaning="The side that owes it said that the notice has arrived.",
)
register(
    "duty.met",
    subject="duty",
    meaning="The side that owed it attested what was done.",
    private=["evidence"],
)
register(
    "duty.waived",
    subject="duty",
    meaning="The licensor let the lab off, or recorded that those whom a condition protects waived"
    " it.",
    private=["waiver"],
)
register(
    "usage.reported",
    subject="usage",
    meaning="The licensee of a grant reported a use of its files.",
    refs=["grant"],
    private=["report"],
)
register(
    "engine.published",
    subject="engine",
    meaning="A version of the clearance engine was published by the hash of its source.",
    data={"sha256": str},
)
register(
    "precedents.published",
    subject="precedents",
    meaning="The comparable deals of a month were published, in a document with this hash.",
    data={"sha256": str},
)
register(
    "rule.recorded",
    subject="rule",
    meaning="A studio recorded a row of its own rule tables.",
    refs=["organisation", "supersedes?"],
    private=["row"],
)
register(
    "opinion.recorded",
    subject="opinion",
    meaning="What counsel says of consents to the likeness was recorded, with the paper.",
    refs=["likeness"],
    private=["opinion"],
)
register(
    "opinion.superseded",
    subject="opinion",
    meaning="Counsel's recorded opinion no longer stands.",
    refs=["likeness"],
    private=["reason"],
)
register(
    "case.opened",
    subject="case",
    meaning="A party to these deals gave an auditor access to their sealed facts.",
    refs=["auditor", "subjects*"],
)
register(
    "case.closed",
    subject="case",
    meaning="The auditor's access ended.",
)
register(
    "openings.shown",
    subject="case",
    meaning="The auditor was shown what opens sealed facts.",
    data={"openings": int},
)
keep_as_evidence(
    "offer",
    "request",
    "clearance",
    "deal",
    "agreement",
    "settlement",
    "refund",
    "grant",
    "case",
    "duty",
    "usage",
    "opinion",
)
