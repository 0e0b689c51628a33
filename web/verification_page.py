"""The report on a file as a page shows it: in the words and pictures of the house."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from edgecode.log.leaf import parse
from ledger import proofs
from provenance.inspection import Inspection
from provenance.report_checks import Outcome
from provenance.verification import Report, Verdict
from web.origin import Origin, origin_of
from web.origin_picture import Picture, draw

type Text = str | Promise

# Of each verdict: its tone, its word, what it proves, what it does not prove.
_VERDICTS: dict[Verdict, tuple[str, Text, tuple[Text, ...], tuple[Text, ...]]] = {
    Verdict.AUTHORISED: (
        "clear",
        _("Authentic and licensed"),
        (
            _("This is byte for byte the file that was delivered to the licensee named below."),
            _("The licence stands in the public log, and its entry has not changed since."),
            _("The licence is in force at this moment."),
        ),
        (
            _("That the licensor truly owned the rights. It proves who said so, and when."),
            _("What was done with the file after its delivery."),
            _("Anything about tomorrow: a licence can end or be revoked. Check again then."),
        ),
    ),
    Verdict.ENDED: (
        "blocked",
        _("Authentic, not licensed now"),
        (
            _("This is byte for byte the file that was delivered to the licensee named below."),
            _("There is such a licence in the public log, and it is not in force now."),
        ),
        (
            _("That a use made while the licence was in force was wrong."),
            _("What was done with the file after its delivery."),
        ),
    ),
    Verdict.MADE: (
        "clear",
        _("Authentic output"),
        (
            _("This is byte for byte what its maker declared to have made."),
            _("What it was declared to be made with was licensed to its maker, for such a use."),
            _("The declaration stands in the public log, and has not changed since."),
        ),
        (
            _("That nothing else went into it. It proves what its maker said, and when."),
            _("That it is labelled as a law asks for."),
        ),
    ),
    Verdict.MADE_IN_DOUBT: (
        "conditional",
        _("Authentic output, in doubt"),
        (_("This is byte for byte what its maker declared to have made."),),
        (
            _("That it was wrong to make it: what it was made under stood when it was declared."),
            _("That it may still be shown. The licence or the consent says what follows its end."),
        ),
    ),
    Verdict.REGISTERED: (
        "neutral",
        _("Registered"),
        (
            _("This is byte for byte a file that was registered here, by whom is said below."),
            _("Training on it needs a licence."),
        ),
        (
            _("That you hold a licence. A licensee has a credential of its own."),
            _("That the registrant truly owned the rights. It proves who said so, and when."),
        ),
    ),
    Verdict.NO_GRANT: (
        "neutral",
        _("No licence named"),
        (_("The file is exactly what its signer signed, whom an authority of ours certified."),),
        (_("That anybody was granted a use of it. Its credential tells of no licence."),),
    ),
    Verdict.ALTERED: (
        "blocked",
        _("Altered"),
        (_("The file or its credential is not what was signed. Do not rely on what it says."),),
        (
            _("Who changed it, or why. Saving it again in an editing program is enough."),
            _("That the original has no licence. Check the file as it was delivered."),
        ),
    ),
    Verdict.STRANGER: (
        "review",
        _("Signer not known"),
        (_("The file is exactly what its signer signed."),),
        (
            _("Who the signer is. Anybody can make a certificate in any name."),
            _("That Edgecode ever saw this file. What it says of a licence is worth nothing."),
        ),
    ),
    Verdict.DISPUTED: (
        "blocked",
        _("Does not match our records"),
        (_("The credential bears a signature of our key."),),
        (
            _("That this file was licensed: what we recorded says otherwise."),
            _("Where the difference comes from. Ask the licensor, and send them this report."),
        ),
    ),
    Verdict.SIDECAR_MISSING: (
        "partial",
        _("Credential missing"),
        (_("We delivered exactly this file to a licensee."),),
        (_("To whom, for what, and whether that licence stands: the .c2pa file says so."),),
    ),
    Verdict.UNSIGNED: (
        "neutral",
        _("No credential"),
        (_("Nothing. There is no signed statement in this file."),),
        (
            _("That the file is not licensed, or that anything is wrong with it."),
            _("Whether a person or a machine made it."),
        ),
    ),
    Verdict.UNREADABLE: (
        "review",
        _("Could not be read"),
        (_("Nothing. No answer can be given about a file that cannot be read."),),
        (_("That the file is forged. Damage on the way and a wrong file name look the same."),),
    ),
}
# In the place of the above where it was asked what held at a time that has passed.
_THEN: dict[Verdict, tuple[str, Text, tuple[Text, ...], tuple[Text, ...]]] = {
    Verdict.AUTHORISED: (
        "clear",
        _("Authentic, licensed then"),
        (
            _("This is byte for byte the file that was delivered to the licensee named below."),
            _("The licence stands in the public log, and its entry has not changed since."),
            _("The licence was in force at the time that was asked about."),
        ),
        (
            _("That the licence is in force now. Check again without a time."),
            _("That the file was used at that time, or that a use fitted the licence."),
            _("That the licensor truly owned the rights. It proves who said so, and when."),
        ),
    ),
    Verdict.ENDED: (
        "blocked",
        _("Authentic, not licensed then"),
        (
            _("This is byte for byte the file that was delivered to the licensee named below."),
            _("The licence was not in force at the time that was asked about."),
        ),
        (
            _("That a use made while the licence was in force was wrong."),
            _("That no other licence covered the file at that time."),
        ),
    ),
}
# In the place of all where the credential that was given beside the file is what does not fit.
_BESIDE: dict[Verdict, tuple[str, Text, tuple[Text, ...], tuple[Text, ...]]] = {
    Verdict.ALTERED: (
        "blocked",
        _("Does not belong together"),
        (_("The file is not what this .c2pa file was signed for."),),
        (
            _("That the file was changed. The .c2pa file may be that of another file."),
            _("That the file has no licence. Check it with the .c2pa file that came with it."),
        ),
    ),
    Verdict.UNREADABLE: (
        "review",
        _("Credential could not be read"),
        (_("Nothing. The .c2pa file is damaged, or none."),),
        (_("That anything is wrong with the file itself. Check it without the .c2pa file."),),
    ),
}
_OUTCOMES: dict[Outcome, tuple[str, Text]] = {
    Outcome.OK: ("clear", _("Holds:")),
    Outcome.WARNING: ("conditional", _("Caution:")),
    Outcome.FAILED: ("blocked", _("Does not hold:")),
    Outcome.UNKNOWN: ("neutral", _("Not known:")),
}


@dataclass(frozen=True)
class CheckLine:
    """One check: outcome as a class name, its tone's shape and its word for screen readers."""

    outcome: str
    tone: str
    word: Text
    title: Text
    detail: Text


@dataclass(frozen=True)
class Consent:
    """What a performer allowed, as the credential carries it; `code` is "", and a list empty, where
    that cannot be read there, and so is the term unless `has_term`."""

    code: str
    attributes: list[str]
    uses: list[str]
    start: datetime | None
    end: datetime | None
    has_term: bool


@dataclass(frozen=True)
class Licence:
    """The licence as the credential states it. `entry` and `since`: where the log proves it."""

    code: str
    asset: str
    licensor: str
    licensee: str
    uses: list[str]
    model_kinds: list[str]
    territory: Any
    start: datetime | None
    end: datetime | None
    exclusivity: str
    agreement_sha256: str
    entry: int | None
    since: datetime | None

    @property
    def href(self) -> str:
        """The licence's page, for its licensor and its licensee."""
        return f"/grants/{self.code}/"


@dataclass(frozen=True)
class Page:
    """A report with everything its page shows."""

    report: Report
    tone: str
    word: Text
    proves: tuple[Text, ...]
    does_not: tuple[Text, ...]
    checks: list[CheckLine]
    licence: Licence | None
    status_since: datetime | None
    consents: list[Consent]
    signed_at: datetime | None
    machine_form: str
    crjson_form: str
    raw: str
    origin: Origin | None
    picture: Picture | None

    @property
    def is_over_for_file(self) -> bool:
        """Whether the grant goes on, but not for this file: no consent to it stands."""
        status = self.report.status
        is_active = status is not None and status["state"] == "active"
        return self.report.verdict == Verdict.ENDED and is_active

    @property
    def is_beside(self) -> bool:
        """Whether its credential stands beside the file, be it that it was not sent along."""
        seen, verdict = self.report.inspection, self.report.verdict
        return seen.found_in == "sidecar" or verdict == Verdict.SIDECAR_MISSING


def page_of(report: Report) -> Page:
    """Return what the page of a report shows; nothing on it needs the file any more."""
    seen = report.inspection
    words = _VERDICTS | _THEN if report.at is not None else _VERDICTS
    if seen.is_by_sidecar:
        words |= _BESIDE
    tone, word, proves, does_not = words[report.verdict]
    consent_ended = ("consent", Outcome.WARNING) in {(c.id, c.outcome) for c in report.checks}
    is_pending = report.status is not None and report.status["state"] == "pending"
    if is_pending or (report.verdict == Verdict.AUTHORISED and consent_ended):
        tone = "conditional"
    if report.verdict == Verdict.DISPUTED and not report.is_ours:
        proves = (_("Somebody else signed the credential, whom an authority of ours certified."),)
    # Only our own signature makes what a credential says worth showing.
    told = {Verdict.AUTHORISED, Verdict.ENDED, Verdict.DISPUTED}
    ours = report.verdict in told and report.is_ours
    origin = origin_of(report, tone)
    return Page(
        report=report,
        tone=tone,
        word=word,
        proves=proves,
        does_not=does_not,
        checks=_checks(report),
        licence=_licence(report) if ours else None,
        status_since=_instant(report.status["since"]) if report.status else None,
        consents=_consents(seen) if ours else [],
        signed_at=_instant(seen.time_stamp.time) if seen.time_stamp else None,
        machine_form=_download(report.as_json() | {"crjson": None}),
        crjson_form=_download(seen.crjson) if seen.crjson else "",
        origin=origin,
        picture=draw(origin.steps) if origin else None,
        raw=json.dumps(seen.raw, ensure_ascii=False, indent=2, default=str) if seen.raw else "",
    )


def _download(document: Mapping[str, Any]) -> str:
    text = json.dumps(document, ensure_ascii=False, indent=2, default=str)
    return "data:application/json;base64," + base64.b64encode(text.encode()).decode()


def _checks(report: Report) -> list[CheckLine]:
    return [
        CheckLine(str(check.outcome), *_OUTCOMES[check.outcome], check.title, check.detail)
        for check in report.checks
    ]


def _licence(report: Report) -> Licence | None:
    said = report.inspection.grant
    if said is None:
        return None
    try:
        ledger = said["ledger"]
        start, end = _term(said)
        entry = (
            proofs.index_named(str(ledger["origin"]), int(ledger["index"]))
            if _log_holds(report)
            else None
        )
        return Licence(
            code=str(said["grant"]),
            asset=str(said["asset"]["code"]),
            licensor=str(said["licensor"]["name"]),
            licensee=str(said["licensee"]["name"]),
            uses=_words(said["uses"]),
            model_kinds=_words(said["model_kinds"]),
            territory=_territory(said["territory"]),
            start=start,
            end=end,
            exclusivity=str(said["exclusivity"]),
            agreement_sha256=str(said["agreement_sha256"]),
            entry=entry,
            since=parse(proofs.entry(entry)).at if entry is not None else None,
        )
    except (KeyError, TypeError, ValueError):
        return None


def _log_holds(report: Report) -> bool:
    return any(check.id == "log" and check.outcome == Outcome.OK for check in report.checks)


def _consents(seen: Inspection) -> list[Consent]:
    return [_consent(said) for said in seen.consents]


def _consent(said: Mapping[str, Any]) -> Consent:
    try:
        start, end = _term(said)
    except (KeyError, ValueError):
        start = end = None
        has_term = False
    else:
        has_term = True
    code = said.get("consent")
    return Consent(
        code=code if isinstance(code, str) else "",
        attributes=_words_in(said, "attributes"),
        uses=_words_in(said, "uses"),
        start=start,
        end=end,
        has_term=has_term,
    )


def _words_in(said: Mapping[str, Any], name: str) -> list[str]:
    try:
        return _words(said.get(name))
    except ValueError:
        return []


def _words(said: object) -> list[str]:
    if not isinstance(said, list) or not all(isinstance(each, str) for each in said):
        raise ValueError("no list of words")
    return said


def _territory(said: object) -> Any:
    """Return a territory of a form that can be shown. Raises ValueError."""
    parts = [said.get("include"), said.get("except", [])] if isinstance(said, Mapping) else [said]
    for part in parts:
        if not isinstance(part, str):
            _words(part)
    return said


def _term(said: Mapping[str, Any]) -> tuple[datetime | None, datetime | None]:
    """Return start and end; None is of what has none. Raises KeyError and ValueError: a time that
    cannot be read is no time without end."""
    start, end = (_instant(said[name]) for name in ("start", "end"))
    if (start is None) is not (said["start"] is None) or (end is None) is not (said["end"] is None):
        raise ValueError("no term")
    return start, end


def _instant(text: object) -> datetime | None:
    """Return a time that every zone's clock can show, None for any other."""
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment if moment.tzinfo and MINYEAR < moment.year < MAXYEAR else None
