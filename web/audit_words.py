"""The auditor's program in the reader's words: what its rules say, and who else reads the log.

The rules themselves are in `edgecode.audit.rules`, which knows no languages; here stand their
titles once more, to be translated, and a test sees to it that they are the same.
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from edgecode.audit.rules import RULES

type Text = str | Promise

_TITLES: dict[str, Text] = {
    "R1": _("An entry is of a published kind and carries what that kind declares."),
    "R2": _("The entries of a stream are numbered 1, 2, 3 ... without gap or repeat."),
    "R3": _("A reference names the version that its stream had at that place of the log."),
    "R4": _(
        "Time does not run backwards: in a stream and from cause to effect not by more than 5"
        " seconds, in the whole log not by more than 10 minutes."
    ),
    "R5": _("A reference leads to an object of the type that its role names."),
    "R6": _("An object is made once, by the entry that founds it, before all else."),
    "R7": _(
        "A log begins with log.opened, if it has that, or with shard.opened where it goes on from"
        " another; nothing follows shard.closed but the next log."
    ),
    "R8": _("A key is published once and retired once."),
    "R9": _(
        "A kinds document has the hash that the log names and changes no earlier declaration,"
        " but that more texts may be allowed."
    ),
    "R10": _("A verdict names an engine that was published before, once engines are published."),
    "R11": _("A tombstone counts no more openings than the stream had left."),
    "R12": _("Only registered organisations act; the house itself only concludes what they began."),
    "R13": _("An organisation takes only the steps that its kind may take."),
    "R14": _("Only the organisation that an object belongs to acts on it."),
    "R15": _("The files of a title or likeness are numbered 1, 2, 3 ... after its code."),
    "R16": _(
        "A right, prohibition, other fact or opinion ends once, for the title or likeness that it"
        " was recorded for."
    ),
    "R17": _("A likeness holds attributes that there are, each once."),
    "R18": _("A consent is withdrawn once, for the likeness that it was recorded for."),
    "R19": _("A title or likeness has files to license and one published offer at a time."),
    "R20": _(
        "A request is withdrawn once, before any of its deals is paid; its open deals end with it."
    ),
    "R21": _("A verdict is on a file whose licensor has the request before it, open or paid."),
    "R22": _(
        "A request has one deal with each licensor, which the organisation that made it opens."
    ),
    "R23": _("A deal goes from state to state only as docs/invariants.md shows."),
    "R24": _("The steps of a deal name the request and the settlement that are its own."),
    "R25": _(
        "A deal has one agreement, under its own code, made on approval and before the price."
    ),
    "R26": _(
        "A price is received once and returned once; the house records only what Stripe reports,"
        " or that nothing was due."
    ),
    "R27": _(
        "A deal is cancelled by the side that did not propose it, or after 14 days by that which"
        " did."
    ),
    "R28": _(
        "Conditions are confirmed on the newest verdicts of the deal, where they are CONDITIONAL."
    ),
    "R29": _("A likeness's file is granted only on consents to it that stand."),
    "R30": _("A grant rests on the agreement, the settlement and the request of one paid deal."),
    "R31": _(
        "A file is granted on its newest verdict for that request: CLEAR or CONDITIONAL, and"
        " decided since the price was received or the grant was last asked for."
    ),
    "R32": _("A granted file is the licensor's of that deal, and once in the grant."),
    "R33": _("A grant covers a file at least."),
    "R34": _(
        "A grant is revoked once, or its term is over once; it covers no further file afterwards."
    ),
    "R35": _(
        "A file, or each part of it, is signed once for a grant that covers it and was not revoked,"
        " and while a key for files stands (or did 10 minutes before), once the log publishes such"
        " keys."
    ),
    "R36": _("A manifest has its name alone."),
    "R37": _(
        "A file is delivered only as it was signed for that grant, to its licensee, before it"
        " is revoked or its term is over."
    ),
    "R38": _(
        "A case is given to an auditor by a party to its deals, one at least, and closed once;"
        " openings are shown only while it is open."
    ),
    "R39": _("What opens a commitment is destroyed when its stream is erased."),
    "R40": _(
        "A deal's price is the request's, or that of the terms accepted since, for each of its"
        " files; or what the rate cards say of each, as they were when it was opened."
    ),
    "R41": _("What is received is the price agreed, and what is returned is what was received."),
    "R42": _("A grant has the scope that was requested, or that of the terms accepted since."),
    "R43": _(
        "The files agreed on were requested of that licensor, each once; just those are granted,"
        " in the same parts. An amendment asks for files in the parts that were granted."
    ),
    "R44": _("A file is granted on a CONDITIONAL verdict only when its conditions were confirmed."),
    "R45": _(
        "A file is delivered only within the term of its grant; that it is over is said only once"
        " it is."
    ),
    "R46": _(
        "No two grants meet in use, kind of model, country and time where either is exclusive:"
        " of one work or likeness to two labs, or of one file to one lab; but parts of one file"
        " that have nothing in common do not meet, nor does an amendment and what it takes the"
        " place of."
    ),
    "R47": _(
        "A likeness's file is granted within the uses, kinds of models, countries and term, and to"
        " the lab, that its consents name."
    ),
    "R48": _("The same bytes are registered once under a title or likeness."),
    "R49": _("A file with its manifest beside it is delivered as it was registered."),
    "R50": _(
        "A title's file is granted only while a right stands over the title, over another that is"
        " the same work, or over one of the same organisation that it may be part of."
    ),
    "R51": _(
        "A checkpoint is signed by keys that the log has published for it, and retired at most 10"
        " minutes before, once it publishes such keys."
    ),
    "R52": _("No entry is dated more than 10 minutes after the audit."),
    "R53": _("The price of a cancelled deal is returned within 30 days."),
    "R54": _("A likeness's file is delivered only while a consent that it was granted on stands."),
    "R55": _(
        "The house acts under its own names: system:ledger says what the log is, system:operator"
        " erases and ends a log, system:worker does the rest."
    ),
    "R56": _(
        "A log is closed under its own name, with the number of its entries and the name of the"
        " next; the next one opens under that name, and names the one closed before it and its"
        " size."
    ),
    "R57": _(
        "The logs of a history are named after the first one and a year, each of a later year than"
        " the one before it."
    ),
    "R58": _(
        "A deal that was paid, or whose grant was asked for again, is granted or held within 7"
        " days."
    ),
    "R59": _(
        "A grant covers all its files from the first: they are named within a minute of its issue."
    ),
    "R61": _(
        "A file is granted on a CONDITIONAL verdict only where it was CONDITIONAL already when the"
        " deal was approved, or its conditions were confirmed since."
    ),
    "R62": _(
        "A kind of which the log has declared or written a newer version is written in that one,"
        " from 10 minutes later on."
    ),
    "R60": _("What the parties to a licence may have to prove to each other is not erased."),
    "R63": _(
        "A title or party is merged into another of its kind while each of them speaks for itself,"
        " and is split only from the one that speaks for it."
    ),
    "R64": _("A credit is taken back only where it stands."),
    "R65": _("A correction says what it corrects: one field or more, each once."),
    "R66": _("An authority to sign ends once, for the performer that it was recorded for."),
    "R67": _(
        "A consent that is signed here goes from state to state only as docs/invariants.md shows."
    ),
    "R68": _(
        "A consent is offered to, signed or declined by those with authority for its performer;"
        " none signs twice, or once the authority has ended."
    ),
    "R69": _("A consent is suspended and resumed by turns, until it is withdrawn or replaced."),
    "R70": _(
        "A consent ends once: it is withdrawn, or replaced by a later one to the same likeness that"
        " was signed here and replaces no other."
    ),
    "R71": _(
        "An approval is asked for on a consent that stands, and decided once: for the performer, or"
        " by the house where nobody answered."
    ),
    "R72": _(
        "A use is made of a consent that stands; an approval that it rests on was given to who"
        " makes it, on that consent."
    ),
    "R73": _("No more outputs are made of a consent than it allows."),
    "R74": _(
        "Notice to end a consent is given while it is in force, for an end yet to come and earlier"
        " than any named before; from that end on it no longer stands."
    ),
    "R75": _(
        "What is signed is the whole file where all of it was granted, and else a part as granted."
    ),
    "R76": _("A deal lapses unpaid, and not before 14 days have passed since it was approved."),
    "R77": _(
        "Terms that one side of a deal proposes are accepted, refused or countered by the other,"
        " taken back by itself, or lapse by the house's word alone."
    ),
    "R78": _(
        "A duty is acknowledged at most once and ends once: met by the side that owes it, or waived"
        " by the licensor, money that goes back by the lab; nothing follows its end."
    ),
    "R79": _(
        "A lab owes what follows the end of its grant, once that is revoked, its term is over, an"
        " amendment took its place or a consent to its files ended, and a licensor owes money back,"
        " but not for an amendment; it owes the conditions of a deal that it has approved."
    ),
    "R80": _(
        "An amendment is asked of a grant that has not ended, by one of its two sides and for"
        " its licensee, while no other of it is under way; it is approved before the grant ends."
    ),
    "R81": _(
        "An amendment has one deal, with the licensor of its grant; one that the licensor"
        " proposed is approved only once terms were accepted."
    ),
    "R82": _(
        "The grant of an amendment takes the place of the one that it amends, within a minute;"
        " nothing else does, and nothing takes the place of a grant that has ended."
    ),
    "R83": _(
        "Under a grant whose place was taken nothing more is granted, signed or delivered, and"
        " it ends no other way."
    ),
    "R84": _("The grant of an amendment covers no file that the one it amends did not."),
    "R85": _(
        "What goes back of a licence that ended early is what was paid for these files and falls"
        " on the rest of the term that it was paid for, each price once."
    ),
    "R96": _("A time stamp comes to a signed file once."),
    "R97": _(
        "Out of a signed file's credential consents are struck that have ended, each once, and only"
        " those to the likeness that the file is of."
    ),
    "R88": _(
        "A title's file is registered in the repository once, and a manifest there has its name"
        " alone."
    ),
    "R89": _(
        "What is said of a sighting fits together: authorised, it names a licence that covers the"
        " file and had not ended when it was seen, nor had all consents of the performer that it"
        " rests on; outside one, or where it cannot be told, it says of which term; unknown, it"
        " names nothing. A licensee's work names a grant or a consent that it was made under, or"
        " neither where it is like a file that its maker has no licence of; authorised, it was"
        " signed, nobody disputed it, and all of its consents stood."
    ),
    "R90": _(
        "The licensor of the file, or of what a work was made under, decides on a sighting: holds"
        " it to be an incident once at most, and dismisses it once; nothing follows that."
    ),
    "R91": _(
        "An output is declared under grants that its maker holds and that were neither revoked nor"
        " replaced, and uses of consents that its maker recorded for it alone; under one at least."
    ),
    "R92": _(
        "An output is signed once; after that its maker may have consents struck out that it was"
        " made under, each once; each manifest has its name alone."
    ),
    "R93": _(
        "Who licensed what an output was made with disputes it, and does so no longer, by turns."
    ),
    "R94": _(
        "An output is of a use, a kind of model, countries and an instant that each grant and"
        " consent covers which it names."
    ),
    "R95": _(
        "A certificate is made by a side of its grant, and withdrawn once, by the side that made"
        " it."
    ),
    "R86": _(
        "Where a grant takes the place of one that covered more files, the lab owes to stop the use"
        " of what is left out, within a minute."
    ),
    "R87": _(
        "Where a grant that takes the place of another allows fewer uses, kinds of models or"
        " countries, the lab owes to stop the rest."
    ),
}


@dataclass(frozen=True)
class Rule:
    """A rule that the program replays the log against. `kinds` it looks at; none: every kind."""

    id: str
    title: Text
    kinds: tuple[str, ...]


@dataclass(frozen=True)
class Tool:
    """Somebody else's program or library that reads this log as it is."""

    name: str
    href: str
    does: Text


TOOLS = (
    Tool(
        "Tessera fsck",
        "https://github.com/transparency-dev/tessera",
        _("downloads the whole log and recomputes every hash (Go)"),
    ),
    Tool(
        "golang.org/x/mod/sumdb/tlog",
        "https://pkg.go.dev/golang.org/x/mod/sumdb/tlog",
        _("hashes, tiles and proofs; the Go project’s own library"),
    ),
    Tool(
        "aics-tlog",
        "https://pypi.org/project/aics-tlog/",
        _("checks checkpoints, cosignatures and proofs (Python)"),
    ),
    Tool(
        "litewitness",
        "https://github.com/FiloSottile/torchwood",
        _("a witness: follows the log and cosigns it (Go)"),
    ),
    Tool(
        "scitt-cose",
        "https://pypi.org/project/scitt-cose/",
        _("checks COSE receipts, RFC 9942 (Python, Go)"),
    ),
)


def rules(kind: str = "") -> list[Rule]:
    """Return the rules of the program, in their order; of a kind those that name it, which they
    do without its version."""
    noun, _dot, verb = kind.partition(".")
    kind = f"{noun}.{verb.partition('.')[0]}" if kind else ""
    return [
        Rule(rule.id, _TITLES.get(rule.id, rule.title), rule.needs)
        for rule in RULES
        if not kind or kind in rule.needs
    ]
