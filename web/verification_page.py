"""The report on a file as a page shows it: in the words and pictures of the house."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, datetime
from typing import Any, NamedTuple

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from catalog.consents.life import FINAL, State
from catalog.models import Consent as Recorded
from edgecode.log.leaf import parse
from ledger import proofs
from provenance.extent import passages_in
from provenance.models import OutputKind
from provenance.names import visible
from provenance.verification.answers import Outcome
from provenance.verification.consents import code_of
from provenance.verification.report import Report, Verdict
from web.origin import Origin, origin_of
from web.origin_picture import Picture, draw

type Text = str | Promise

# Of each verdict: its tone and its word.
_VERDICTS: dict[Verdict, tuple[str, Text]] = {
    Verdict.AUTHORISED: ("clear", _("Authentic and licensed")),
    Verdict.ENDED: ("blocked", _("Authentic, not licensed now")),
    Verdict.MADE: ("clear", _("Authentic output")),
    Verdict.MADE_IN_DOUBT: ("conditional", _("Authentic output, in doubt")),
    Verdict.REGISTERED: ("neutral", _("Registered")),
    Verdict.NO_GRANT: ("neutral", _("No licence named")),
    Verdict.ALTERED: ("blocked", _("Altered")),
    Verdict.STRANGER: ("review", _("Signer not known")),
    Verdict.DISPUTED: ("blocked", _("Does not match our records")),
    Verdict.SIDECAR_MISSING: ("partial", _("Credential missing")),
    Verdict.UNSIGNED: ("neutral", _("No credential")),
    Verdict.UNREADABLE: ("review", _("Could not be read")),
}
# In the place of the above where it was asked what held at a time that has passed.
_THEN: dict[Verdict, tuple[str, Text]] = {
    Verdict.AUTHORISED: ("clear", _("Authentic, licensed then")),
    Verdict.ENDED: ("blocked", _("Authentic, not licensed then")),
}
# In the place of all where the credential that was given beside the file is what does not fit.
_BESIDE: dict[Verdict, tuple[str, Text]] = {
    Verdict.ALTERED: ("blocked", _("Does not belong together")),
    Verdict.UNREADABLE: ("review", _("Credential could not be read")),
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
    that cannot be read there, and so is the term unless `has_term`. `state`: how it stands by our
    records, "" where they have none."""

    code: str
    state: str
    attributes: list[str]
    uses: list[str]
    start: datetime | None
    end: datetime | None
    has_term: bool


@dataclass(frozen=True)
class Licence:
    """The licence as the credential states it. `left_out`: the passages that it does not extend
    to."""

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
    left_out: list[str]

    @property
    def href(self) -> str:
        """The licence's page, for its licensor and its licensee."""
        return f"/grants/{self.code}/"


@dataclass(frozen=True)
class Work:
    """What a licensee made, as it declared it: `sources` are the grants, each with how many files
    of it went in."""

    code: str
    kind: Text
    maker: str
    use: str
    model_kind: str
    territory: Any
    made_at: datetime | None
    sources: list[tuple[str, int]]
    consents: list[Consent]
    status_url: str

    @property
    def href(self) -> str:
        """Its page, for its maker and those who licensed what it was made with."""
        return f"/outputs/{self.code}/"


class Logged(NamedTuple):
    """Where the log proves what is said: the entry, and since when it is there."""

    entry: int
    since: datetime


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
    work: Work | None
    logged: Logged | None
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
    tone, word = words[report.verdict]
    proves, does_not = report.limits
    consent_ended = ("consent", Outcome.WARNING) in {(c.id, c.outcome) for c in report.checks}
    is_pending = report.status is not None and report.status["state"] == "pending"
    if is_pending or (report.verdict == Verdict.AUTHORISED and consent_ended):
        tone = "conditional"
    # Only our own signature makes what a credential says worth showing.
    told = {Verdict.AUTHORISED, Verdict.ENDED, Verdict.DISPUTED}
    ours = report.verdict in told and report.is_ours
    origin = origin_of(report, tone)
    consents = _consents(report) if ours or report.output is not None else []
    return Page(
        report=report,
        tone=tone,
        word=word,
        proves=proves,
        does_not=does_not,
        checks=_checks(report),
        licence=_licence(report) if ours else None,
        work=_work(report.output, consents) if report.output is not None else None,
        logged=_logged(report, report.output or seen.grant) if report.is_ours else None,
        status_since=_instant(report.status["since"]) if report.status else None,
        consents=consents if ours else [],
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
        start, end = _term(said)
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
            left_out=passages_in(said),
        )
    except (KeyError, TypeError, ValueError):
        return None


def _work(said: Mapping[str, Any], consents: list[Consent]) -> Work | None:
    try:
        return Work(
            code=str(said["output"]),
            kind=dict(OutputKind.choices).get(str(said["kind"]), "–"),
            maker=visible(said["maker"]["name"]),
            use=str(said["use"]),
            model_kind=str(said["model_kind"]),
            territory=_territory(said["territory"]),
            made_at=_instant(said["made_at"]),
            sources=[(str(each["grant"]), int(each["files"])) for each in said["sources"]],
            consents=[each for each in consents if each.code],
            status_url=str(said["status_url"]),
        )
    except (KeyError, TypeError, ValueError):
        return None


def _logged(report: Report, said: Mapping[str, Any] | None) -> Logged | None:
    """Return where the log has what is said, where its check holds."""
    if said is None or ("log", Outcome.OK) not in {(c.id, c.outcome) for c in report.checks}:
        return None
    entry = proofs.index_named(str(said["ledger"]["origin"]), int(said["ledger"]["index"]))
    return Logged(entry, parse(proofs.entry(entry)).at)


def _consents(report: Report) -> list[Consent]:
    said = report.inspection.consents
    at = report.at or timezone.now()
    named = Recorded.objects.signed().filter(code__in=filter(None, map(code_of, said)))
    states = {each.code: _state(each, at) for each in named}
    return [_consent(each, states.get(code_of(each), "")) for each in said]


def _state(consent: Recorded, at: datetime) -> str:
    """Return how a consent stood at a moment, as a badge calls it."""
    state = consent.state_at(at)
    if state in FINAL:
        return str(state)
    if consent.over_at is not None and consent.over_at <= at:
        return "expired"
    if state == State.SUSPENDED:
        return str(state)
    return "upcoming" if consent.starts_at > at else "active"


def _consent(said: Mapping[str, Any], state: str) -> Consent:
    try:
        start, end = _term(said)
    except (KeyError, ValueError):
        start = end = None
        has_term = False
    else:
        has_term = True
    return Consent(
        code=code_of(said),
        state=state,
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
