"""Facts about rights in the words of the people who keep them: kinds, fields, choices."""

from collections.abc import Mapping
from typing import Final

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from catalog.models import FactKind
from web import words
from web.reasons import REASONS
from web.words import Text

# What a person may want to record, and what that means.
KINDS: Final[Mapping[str, tuple[Text, Text]]] = {
    FactKind.OWNERSHIP: (
        _("Ownership"),
        _("Somebody owns the work or a share of it, as a certificate or register says."),
    ),
    FactKind.ASSIGNMENT: (
        _("Assignment"),
        _("The right passed from one party to another for good, or until it reverts."),
    ),
    FactKind.GRANT_IN: (
        _("Licence in"),
        _("An owner allows somebody to use the work, perhaps also to license it on."),
    ),
    FactKind.GRANT_OUT: (
        _("Licence out"),
        _("A licence given elsewhere, before or beside Edgecode. It may stand in the way."),
    ),
    FactKind.RESTRICTION: (
        _("Restriction"),
        _("A contract forbids certain uses. A request it touches is blocked."),
    ),
    FactKind.HOLDBACK: (
        _("Holdback"),
        _("For a time nobody may be licensed, because it was promised to somebody."),
    ),
    FactKind.CAP: (
        _("Limit of licensees"),
        _("At most so many may hold a licence at the same time."),
    ),
    FactKind.OPTION: (
        _("First refusal or negotiation"),
        _("Somebody must be asked first, and has so long to answer."),
    ),
    FactKind.ELEMENT: (
        _("Third-party element"),
        _("Music, stock footage, art or marks of others in the work, and what was cleared."),
    ),
    FactKind.GUILD: (
        _("Guild agreement"),
        _("The work was made under an agreement of a guild or union."),
    ),
    FactKind.PERFORMER: (
        _("Recognisable performer"),
        _("Somebody can be recognised by face, voice or movement. Some uses need consent."),
    ),
    FactKind.EVENT: (
        _("Event"),
        _("Something that terms hang on: a first broadcast, a delivery, a death."),
    ),
    FactKind.REVOCATION: (
        _("Revocation"),
        _("A licence that is recorded here was taken back."),
    ),
    FactKind.OPINION: (
        _("Counsel’s opinion"),
        _("A lawyer answered a question that the records leave open."),
    ),
}
GROUPS: Final[tuple[tuple[Text, tuple[str, ...]], ...]] = (
    (_("Who holds the rights"), ("ownership", "assignment", "grant_in")),
    (
        _("What stands in the way"),
        ("grant_out", "restriction", "holdback", "cap", "option", "element"),
    ),
    (_("People and guilds"), ("performer", "guild")),
    (_("What dates or settles it"), ("event", "revocation", "counsel_opinion")),
)

_PARTY_HERE = _(
    "A lab here with its code, such as Vireo (EC 7K3F 2Q9D): then this does not stand in its own"
    " way, and it counts once."
)
_FIELDS: Final[Mapping[str, tuple[Text, Text]]] = {
    "party": (
        _("Who holds it"),
        _("Write your organisation's own name for a right it holds itself."),
    ),
    "share": (_("Share"), _("A fraction of the whole, such as 1/3.")),
    "law": (
        _("Governing law"),
        _("The country whose law applies, such as KR or US. Co-owners make it matter."),
    ),
    "reversion_to": (
        _("Goes back to"),
        _("Who has the right again when the term is over. Empty: whoever gave it."),
    ),
    "status": (_("State of the paper"), _("A draft gives no right.")),
    "from": (_("Who gave it"), ""),
    "to": (_("Who received it"), ""),
    "executed": (_("Signed on"), _("The day it was signed by all. Empty: not known.")),
    "after_acquired_title": (
        _("Also covers what the giver acquires later"),
        _("Where the paper has an after-acquired title clause."),
    ),
    "new_uses": (
        _("Uses not known when it was signed"),
        _("What the paper says of media and technology still to come; AI may be one of them."),
    ),
    "reserved": (
        _("The giver keeps these uses"),
        _("Ticked where the paper reserves what is ticked under Uses, instead of giving it."),
    ),
    "vesting": (
        _("Takes effect only when"),
        _("The condition, such as: the fee was paid in full."),
    ),
    "vesting_met": (_("This condition is met"), ""),
    "exclusivity": (_("Exclusivity"), ""),
    "sublicensable": (
        _("May be licensed on"),
        _("Without it nothing can be licensed to a lab."),
    ),
    "sublicense_depth": (
        _("How many steps it may be licensed on"),
        _("1: to a lab, and no further. Empty: the paper sets no limit."),
    ),
    "revocable": (_("May be taken back"), ""),
    "against": (
        _("Exclusive only against"),
        _(
            "Competitors, one a line, each with its code here: Vireo (EC 7K3F 2Q9D). While one of"
            " them is only named, it counts as against everybody. Empty: against everybody."
        ),
    ),
    "mfn": (_("Most-favoured price"), _("Nobody was to get a lower one.")),
    "price": (_("Price"), _("An amount such as 2.00, for comparing with later prices.")),
    "price_currency": (_("Currency"), _("Three letters, such as USD.")),
    "price_per": (_("Price for"), ""),
    "beneficiary": (_("Promised to"), _("Who gains by the holdback.")),
    "max_licensees": (_("Most licensees"), ""),
    "holder": (_("Who must be asked"), _PARTY_HERE),
    "type": (_("What they may do"), ""),
    "notice": (_("Time to answer"), _("Such as: 30 days.")),
    "offered": (_("Asked on"), _("The day they were asked. Empty: not yet.")),
    "state": (_("What they answered"), ""),
    "element": (_("What it is"), ""),
    "ai": (_("May it be used for AI"), _("What the licence of the element says.")),
    "ref": (_("Which one"), _("Such as the name of the song, or the archive's number.")),
    "stem": (_("On which track"), _("Where it stands apart and can be left out, such as: music.")),
    "timecode": (_("Where in the work"), _("From and to, such as 00:12:30.000 - 00:13:05.000.")),
    "guild": (_("Guild"), _("Such as SAG-AFTRA, WGA or DGA.")),
    "agreement": (_("Agreement"), _("Such as: TV/Theatrical 2023.")),
    "effective": (_("From which day"), ""),
    "person": (_("Who"), _("The name, as in the credits.")),
    "born": (_("Born on"), _("Where it is known that they were a minor.")),
    "name": (pgettext_lazy("event", "Name"), _("As terms call it, such as: first broadcast.")),
    "date": (_("Happened on"), _("Empty: not yet, or not known.")),
    "target": (_("Which licence"), ""),
    "resolves": (_("Which question"), ""),
    "about": (_("About which records"), ""),
    "by": (_("Who gave the opinion"), ""),
    "signed": (_("Signed on"), ""),
    "uses": (_("Uses"), ""),
    "territory": (
        _("Territory"),
        _("World, or countries by code or name: KR, JP. Also: World except KR, JP."),
    ),
    "tz": (
        _("Time zone of these days"),
        _("As the paper says it, such as Asia/Seoul or America/Los_Angeles; else UTC."),
    ),
    "modality": (_("Only for this material"), _("None ticked: for all of it.")),
    "model_kind": (_("Only for these kinds of model"), _("None ticked: for every kind.")),
    "excludes": (
        _("Not for these parts"),
        _("Edge codes of seasons or episodes that are left out, one a line."),
    ),
    "start": (_("From"), _("The start of this day. Empty: since always.")),
    "start_event": (_("Or from this event"), _("Its name, as it is recorded under Event.")),
    "start_lag": (_("So long after it"), _("Such as: 6 months.")),
    "end_by": (_("How it ends"), ""),
    "end": (
        _("Day of the end"),
        _("“Until”: on this day it no longer holds. “Through”: it holds to the end of this day."),
    ),
    "end_length": (
        _("Length, or time after the event"),
        _("Such as: 5 years, 18 months, 30 days."),
    ),
    "end_event": (_("Event that ends it"), _("Its name, as it is recorded under Event.")),
    "document": (_("Document"), _("What it rests on, such as Assignment of 3 May 1994.")),
    "clause": (_("Clause"), ""),
    "note": (_("Note"), ""),
    "evidence": (
        _("Evidence"),
        _("A document that was handed in. Its hash is kept with the fact."),
    ),
    "reason": (
        _("Why it is corrected"),
        _("The old record stays and shows this reason; clearance counts the new one."),
    ),
}
_OF_KIND: Final[Mapping[tuple[str, str], tuple[Text, Text]]] = {
    ("restriction", "uses"): (_("Uses that are forbidden"), ""),
    ("grant_out", "to"): (_("Who has the licence"), _PARTY_HERE),
    ("grant_out", "from"): (_("Who gave it"), _("Empty: your organisation.")),
    ("grant_in", "to"): (_("Who holds it"), _("Write your organisation's own name for its own.")),
    ("assignment", "to"): (_("Who holds it now"), ""),
    ("element", "uses"): (
        _("For which uses"),
        _("What the licence of the element speaks of. None ticked: every AI use."),
    ),
    ("holdback", "uses"): (_("Uses that are held back"), ""),
    ("event", "tz"): (_("Time zone of that day"), _("Such as Asia/Seoul; else UTC.")),
    ("revocation", "effective"): (_("Ends on"), _("From the start of this day.")),
}
# The names of choices, by field; what is missing is a code of `web.words`.
OPTIONS: Final[Mapping[str, Mapping[str, Text]]] = {
    "element": {
        "music": _("Music"),
        "stock": _("Stock footage"),
        "artwork": _("Artwork"),
        "trademark": _("Trademark"),
        "archive": _("Archive material"),
        "location": _("Location"),
    },
    "ai": {
        "granted": _("Yes, it was licensed for it"),
        "not_granted": _("No, the licence does not include it"),
        "prohibited": _("No, the licence forbids it"),
        "unknown": _("Not known"),
    },
    "status": {"executed": _("Signed"), "draft": _("Draft")},
    "new_uses": {
        "express": _("It names AI, or uses like it"),
        "hereafter_devised": _("It covers media still to be invented"),
        "silent": _("It says nothing"),
    },
    "revocable": {"no": _("No"), "prospective": _("Yes, for the future")},
    "mfn": {"unit_price": _("Promised, by price for a unit")},
    "price_per": {
        "min": _("a minute"),
        "hour": _("an hour"),
        "asset": _("a file"),
        "flat": _("all of it"),
    },
    "type": {
        "rofr": _("Match any offer (first refusal)"),
        "rofn": _("Negotiate first (first negotiation)"),
    },
    "state": {
        "open": _("Nothing yet"),
        "waived": _("They let it pass"),
        "exercised": _("They took it"),
    },
    "end_by": {
        "never": _("It does not end"),
        "until": _("Until a day, which is not included"),
        "through": _("Through a day, which is included"),
        "duration": _("After a length of time from its start"),
        "event": _("With an event, or so long after it"),
    },
    "exclusivity": words.EXCLUSIVITY,
    "modality": words.MODALITIES,
    "model_kind": words.MODEL_KINDS,
    "resolves": REASONS,
}


def label_of(kind: str, field: str) -> str:
    """Return how a field of a fact of this kind is called."""
    return str((_OF_KIND.get((kind, field)) or _FIELDS[field])[0])


def help_of(kind: str, field: str) -> str:
    """Return what to write into the field; "" where its name says it."""
    return str((_OF_KIND.get((kind, field)) or _FIELDS[field])[1])
