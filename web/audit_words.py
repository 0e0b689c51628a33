"""The auditor's program in the reader's words: what its rules say, and who else reads the log.

The rules themselves are in `edgecode.audit.rules`; here stand their titles to be translated. A
title that is missing here shows itself in English, and a test finds it.
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from edgecode.audit.rules import RULES

type Text = str | Promise

TITLES = (
    gettext_noop("An entry is of a published kind and carries what that kind declares."),
    gettext_noop("The entries of a stream are numbered 1, 2, 3 ... without gap or repeat."),
    gettext_noop("A reference names the version that its stream had at that place of the log."),
    gettext_noop(
        "Time does not run backwards: in a stream and from cause to effect not by more"
        " than 5 seconds, in the whole log not by more than 10 minutes."
    ),
    gettext_noop("A reference leads to an object of the type that its role names."),
    gettext_noop("An object is made once, by the entry that founds it, before all else."),
    gettext_noop(
        "A log begins with log.opened, if it has that; nothing follows log.closed but the next log."
    ),
    gettext_noop("A key is published once and retired once."),
    gettext_noop(
        "A kinds document has the hash that the log names and changes no earlier"
        " declaration, but that more texts may be allowed."
    ),
    gettext_noop(
        "A verdict names an engine that was published before, once engines are published."
    ),
    gettext_noop("A tombstone counts no more openings than the stream had left."),
    gettext_noop(
        "Only registered organisations act; the house itself only concludes what they began."
    ),
    gettext_noop("An organisation takes only the steps that its kind may take."),
    gettext_noop("Only the organisation that an object belongs to acts on it."),
    gettext_noop("The files of a title or likeness are numbered 1, 2, 3 ... after its code."),
    gettext_noop("A right or prohibition ends once, for the title that it was recorded for."),
    gettext_noop("A likeness holds attributes that there are, each once."),
    gettext_noop("A consent is withdrawn once, for the likeness that it was recorded for."),
    gettext_noop("A title or likeness has files to license and one published offer at a time."),
    gettext_noop(
        "A request is withdrawn once, before any of its deals is paid; its open deals end with it."
    ),
    gettext_noop("A verdict is on a file whose licensor has the request before it, open or paid."),
    gettext_noop("A request has one deal with each licensor, which the lab that asks opens."),
    gettext_noop("A deal goes from state to state only as docs/invariants.md shows."),
    gettext_noop("The steps of a deal name the request and the settlement that are its own."),
    gettext_noop(
        "A deal has one agreement, under its own code, made on approval and before the price."
    ),
    gettext_noop(
        "A price is received once and returned once; the house records only what Stripe reports."
    ),
    gettext_noop(
        "A deal is cancelled by the side that did not propose it, while the proposal stands."
    ),
    gettext_noop(
        "Conditions are confirmed on the newest verdicts of the deal, where they are CONDITIONAL."
    ),
    gettext_noop("A likeness's file is granted only on consents to it that stand."),
    gettext_noop(
        "A grant rests on the agreement, the settlement and the request of one paid deal."
    ),
    gettext_noop(
        "A file is granted on its newest verdict for that request: CLEAR or CONDITIONAL,"
        " and decided since the price was received or the grant was last asked for."
    ),
    gettext_noop("A granted file is the licensor's of that deal, and once in the grant."),
    gettext_noop("A grant covers a file at least."),
    gettext_noop("A grant is revoked once, and covers no further file afterwards."),
    gettext_noop("A file is signed once for a grant that covers it and was not revoked."),
    gettext_noop("A manifest has its name alone."),
    gettext_noop(
        "A file is delivered only as it was signed for that grant, to its licensee,"
        " before it is revoked."
    ),
    gettext_noop(
        "A case is given to an auditor by a party to its deals, and closed once; openings"
        " are shown only while it is open."
    ),
    gettext_noop("What opens a commitment is destroyed when its stream is erased."),
    gettext_noop("A deal's price is the request's, for each of its files."),
    gettext_noop(
        "What is received is the price agreed, and what is returned is what was received."
    ),
    gettext_noop("A grant has the scope that was requested."),
    gettext_noop("The files agreed on were requested, and those granted were agreed on."),
    gettext_noop(
        "A file is granted on a CONDITIONAL verdict only when its conditions were confirmed."
    ),
    gettext_noop("A file is delivered only within the term of its grant."),
    gettext_noop(
        "No two grants meet in use, kind of model, country and time where either is"
        " exclusive: of one title or likeness to two labs, or of one file to one lab."
    ),
    gettext_noop(
        "A likeness's file is granted within the uses, the term and to the lab that its"
        " consents name."
    ),
    gettext_noop("The same bytes are registered once under a title or likeness."),
    gettext_noop("A file with its manifest beside it is delivered as it was registered."),
)


@dataclass(frozen=True)
class Rule:
    """A rule that the program replays the log against. `kinds` it looks at; none: every kind."""

    id: str
    title: str
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
    """Return the rules of the program, in their order; of a kind those that name it."""
    return [
        Rule(rule.id, gettext(rule.title), rule.needs)
        for rule in RULES
        if not kind or kind in rule.needs
    ]
