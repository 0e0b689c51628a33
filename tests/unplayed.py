"""Kinds of entries that the made-up market does not write yet; no rule is about them."""

UNPLAYED = frozenset(
    {
        "approval.asked",
        "approval.decided",
        "authority.ended",
        "authority.recorded",
        "consent.completed",
        "consent.declined",
        "consent.notice_given",
        "consent.offered",
        "consent.replaced",
        "consent.resumed",
        "consent.signed",
        "consent.suspended",
        "consent.taken_back",
        "consent.used",
        "evidence.recorded",
        "fact.recorded",
        "fact.superseded",
        "party.registered",
        "performer.changed",
        "title.changed",
        "title.credited",
        "title.identified",
        "title.merged",
        "title.named",
        "title.split",
        "title.uncredited",
        "title.unnamed",
    }
)
