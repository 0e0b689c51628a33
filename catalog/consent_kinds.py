"""The ledger entries of consents that are signed here, of who signs, and of what is made of them.

What happens to a consent before it lives stands in a stream of its own, `consent_form:CODE`: the
stream `consent:CODE` begins when the consent does.
"""

from catalog.models import Basis, Ground, Stage, SuspensionReason
from ledger.kinds import register

register(
    "performer.changed",
    subject="performer",
    meaning="What is said of the performer was corrected or completed.",
    data={"fields": list},
    private=["person"],
)
register(
    "authority.recorded",
    subject="authority",
    meaning="Somebody may sign for the performer.",
    data={"basis": Basis.values},
    refs=["performer"],
    private=["authority"],
)
register(
    "authority.ended",
    subject="authority",
    meaning="The authority to sign for the performer ended.",
    refs=["performer"],
)
register(
    "consent.offered",
    subject="consent_form",
    meaning="A consent was put before those who must sign it, in these forms.",
    refs=["likeness", "authorities*"],
    private=["consent", "forms"],
)
register(
    "consent.signed",
    subject="consent_form",
    meaning="Somebody with authority signed the consent.",
    refs=["authority"],
    private=["signature"],
)
register(
    "consent.signed_on_paper",
    subject="consent_form",
    meaning="A signature was brought that somebody with authority gave on paper.",
    refs=["authority"],
    private=["signature"],
)
register(
    "consent.declined",
    subject="consent_form",
    meaning="Somebody with authority declined to sign the consent.",
    refs=["authority"],
    private=["reason"],
)
register(
    "consent.taken_back",
    subject="consent_form",
    meaning="The consent was taken back before it was signed by enough.",
)
register(
    "consent.completed",
    subject="consent_form",
    meaning="Enough of those who speak for the performer signed: the consent is in force.",
    refs=["consent"],
)
register(
    "consent.suspended",
    subject="consent",
    meaning="The consent rests: nothing new may be made of it.",
    data={"reason": SuspensionReason.values},
    private=["note"],
)
register(
    "consent.resumed",
    subject="consent",
    meaning="The consent no longer rests.",
)
register(
    "consent.notice_given",
    subject="consent",
    meaning="Notice was given, on this ground: from this instant on the consent is withdrawn.",
    data={"ground": Ground, "effective_at": str},
    refs=["likeness"],
    private=["notice"],
)
register(
    "consent.replaced",
    subject="consent",
    meaning="A newer version of the consent is in force instead.",
    refs=["by"],
)
register(
    "approval.asked",
    subject="approval",
    meaning="A licensee asked whether one use is as the performer wants it.",
    data={"stage": Stage.values},
    refs=["consent"],
    private=["use"],
)
register(
    "approval.decided",
    subject="approval",
    meaning="The use was approved or refused, or the time to answer ran out.",
    data={"decision": ["approved", "refused"], "by_silence": bool},
    refs=["consent"],
    private=["reason"],
)
register(
    "consent.used",
    subject="consent_use",
    meaning="A use was made of the consent; its outputs count against the agreed number.",
    refs=["consent", "approval?"],
    private=["use"],
)
