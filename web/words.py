"""The plain names of the contract's codes, in the reader's language: uses, kinds, states.

A page never shows a bare code such as `train.finetune` or `CONDITIONAL`; it shows the name found
here. Reason codes of a verdict are explained by the page that shows the verdict.
"""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

type Text = str | Promise

USES: dict[str, Text] = {
    "ALL": _("every use"),
    "ai.all": _("every AI use"),
    "train": _("training"),
    "train.generative": _("training generative models"),
    "train.pretrain": _("pre-training"),
    "train.finetune": _("fine-tuning"),
    "train.discriminative": _("training models that recognise, not generate"),
    "evaluate": _("evaluation"),
    "input": _("use as input"),
    "index": _("indexing for search"),
    "generate": _("generating"),
    "generate.output": _("output in the style of the work"),
    "generate.likeness": _("output that shows the likeness"),
    "dub": _("dubbing"),
    "deage": _("de-ageing"),
    "converse.persona": _("a persona one can talk to"),
    "derive": _("derived data"),
    "distribute": _("distribution"),
    "distribute.theatrical": _("cinema"),
    "distribute.tv": _("television"),
    "distribute.vod": _("video on demand"),
    "distribute.home_video": _("home video"),
    "distribute.other": _("other distribution"),
}
MODEL_KINDS: dict[str, Text] = {
    "foundation": _("foundation model"),
    "open_weights": _("model with open weights"),
    "customer_private": _("private model of one customer"),
    "evaluation_only": _("evaluation only, no training"),
}
PER: dict[str, Text] = {
    "file": _("per file"),
    "segment": _("per segment"),
    "minute": _("per minute"),
    "hour": _("per hour"),
}
PRICE_PER: dict[str, Text] = {
    "file": _("%(price)s per file"),
    "segment": _("%(price)s per segment"),
    "minute": _("%(price)s per minute"),
    "hour": _("%(price)s per hour"),
}
RESOLUTIONS: dict[str, Text] = {
    "sd": _("below HD"),
    "hd": _("HD, from 720 lines"),
    "uhd": _("UHD, from 2,160 lines"),
}
MODALITIES: dict[str, Text] = {
    "video": _("picture"),
    "audio": _("sound"),
    "image": _("still images"),
    "text": _("text"),
    "motion": pgettext_lazy("modality", "motion"),
}
ATTRIBUTES: dict[str, Text] = {
    "face": _("face"),
    "voice": _("voice"),
    "motion": pgettext_lazy("attribute", "movement"),
    "name": _("name"),
}
EXCLUSIVITY: dict[str, Text] = {
    "exclusive": _("exclusive"),
    "sole": _("sole"),
    "non_exclusive": _("non-exclusive"),
}
HOUSES: dict[str, Text] = {
    "studio": _("Studio"),
    "talent": _("Talent"),
    "lab": _("AI lab"),
    "auditor": _("Auditor"),
    "platform": _("Platform"),
}
_VOCABULARIES = (USES, MODEL_KINDS, MODALITIES, EXCLUSIVITY, HOUSES)

# A state's tone decides its hue and its shape; the word always stands beside them.
TONES = ("clear", "conditional", "review", "partial", "blocked", "neutral")
STATES: dict[str, tuple[str, Text]] = {
    "CLEAR": ("clear", _("Clear")),
    "CONDITIONAL": ("conditional", _("Clear with conditions")),
    "REVIEW": ("review", _("Needs review")),
    "PARTIAL": ("partial", _("Clear in part")),
    "BLOCKED": ("blocked", _("Blocked")),
    "UNCHECKED": ("neutral", _("Not checked yet")),
    "draft": ("neutral", _("Draft")),
    "ready": ("partial", _("Ready")),
    "differs": ("review", _("Differs")),
    "registered": ("neutral", _("Registered")),
    "due": ("partial", _("In progress")),
    "done": ("clear", _("Done")),
    "failed": ("blocked", _("Failed")),
    "published": ("clear", _("Published")),
    "withdrawn": ("neutral", _("Withdrawn")),
    "open": ("review", _("Waiting for the licensor")),
    "countered": ("review", _("Other terms proposed")),
    "submitted": ("review", _("Submitted")),
    "approved": ("conditional", _("Agreed, waiting for payment")),
    "settled": ("partial", _("Paid, grant being issued")),
    "held": ("blocked", _("Paid, but no longer clear")),
    "refunding": ("review", _("Cancelled, refund due")),
    "cancelled": ("neutral", _("Cancelled, money returned")),
    "granted": ("clear", _("Granted")),
    "active": ("clear", _("In force")),
    "upcoming": ("conditional", _("Not yet in force")),
    "without_consent": ("blocked", _("Consent ended")),
    "no_file": ("conditional", _("Waits for a file")),
    "offered": ("review", _("Waits for signatures")),
    "suspended": ("blocked", _("Suspended")),
    "replaced": ("neutral", _("Replaced by a newer version")),
    "declined": ("blocked", _("Declined")),
    "lapsed": ("neutral", _("Not paid in time")),
    "closed": ("neutral", pgettext_lazy("consent", "Closed")),
    "owed": ("conditional", _("Owed")),
    "overdue": ("blocked", _("Overdue")),
    "met": ("clear", _("Met")),
    "waived": ("neutral", _("Waived")),
    "moot": ("neutral", _("No longer owed")),
    "expired": ("neutral", _("Expired")),
    "revoked": ("blocked", _("Revoked")),
    "superseded": ("neutral", _("Superseded")),
    "signed": ("clear", _("Signed")),
    "delivered": ("clear", _("Delivered")),
    "trusted": ("clear", _("Trusted")),
    "valid": ("clear", _("Valid")),
    "untrusted": ("review", _("Signer not trusted")),
    "invalid": ("blocked", _("Not valid")),
    "unknown": ("neutral", _("Not known")),
}


def name_of(code: str, vocabulary: str = "") -> Text:
    """Return the name of a use, model kind, modality, attribute, exclusivity or house kind.

    `vocabulary="attribute"` reads `motion` and `name` as a person's attributes. A code that no
    table knows comes back as it is: showing it beats hiding it.
    """
    if vocabulary == "attribute":
        return ATTRIBUTES.get(code, code)
    plain = code.removesuffix(".*")
    for table in _VOCABULARIES:
        if plain in table:
            return table[plain]
    return ATTRIBUTES.get(plain, code)


def state_of(code: str) -> tuple[str, Text]:
    """Return (tone, word) of a verdict or a state; an unknown one is neutral and shows itself."""
    found = STATES.get(code) or STATES.get(code.lower()) or STATES.get(code.upper())
    return found or ("neutral", code.replace("_", " "))
