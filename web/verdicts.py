"""A verdict of the clearance engine, as each side may read it.

The licensor reads the documents and clauses that its facts rest on, and whom to ask. A lab reads
the same reasons and scopes, and of the facts only what kind they are: the papers are not its own.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.models import FactKind
from catalog.scope.errors import CaseError
from catalog.scope_words import sentence_of
from licensing.models import LESSENING, DutyKind
from web.addresses import CodeInAddress
from web.reasons import reason_of

type Text = str | Promise

_MOST_PARTS = 6
_CODE = re.compile(CodeInAddress.regex)
_KINDS: dict[str, Text] = dict(FactKind.choices)
FACTS: dict[str, Text] = {
    "ownership": gettext_lazy("Record of ownership"),
    "assignment": gettext_lazy("Assignment of rights"),
    "grant_in": gettext_lazy("Licence the licensor holds"),
    "grant_out": gettext_lazy("Licence granted before"),
    "restriction": gettext_lazy("Restriction in a contract"),
    "performer": gettext_lazy("Record of the person"),
    "consent": gettext_lazy("Consent of the person"),
    "revocation": gettext_lazy("Revocation"),
    "holdback": gettext_lazy("Holdback"),
    "counsel_opinion": gettext_lazy("Opinion of counsel"),
    "event": gettext_lazy("Date of an event"),
}
DUTIES: dict[str, Text] = dict(DutyKind.choices)
DUE: dict[str, Text] = {
    "before_grant": gettext_lazy("before the grant"),
    "before_delivery": gettext_lazy("before delivery"),
    "with_statement": gettext_lazy("with the next statement"),
}
# What would mend a finding, and who can do it.
REPAIRS: dict[str, tuple[str, Text]] = {
    "narrow_request": ("lab", gettext_lazy("Ask only for the scope that is clear.")),
    "accept_non_exclusive": ("lab", gettext_lazy("Ask for a non-exclusive licence.")),
    "match_price": ("lab", gettext_lazy("Raise the price to the lowest one promised.")),
    "record_price": ("licensor", gettext_lazy("Record the price of the earlier licence.")),
    "record_event_date": ("licensor", gettext_lazy("Record the date of the event.")),
    "correct_records": ("licensor", gettext_lazy("Correct the records that do not go together.")),
    "name_subject": ("lab", gettext_lazy("Name the person whose likeness is asked for.")),
    "wait": ("lab", gettext_lazy("Let the term begin later.")),
    "obtain_counsel_opinion": ("licensor", gettext_lazy("Obtain and record counsel’s opinion.")),
    "reconcile_shares": ("licensor", gettext_lazy("Correct the recorded shares.")),
    "execute_instrument": ("licensor", gettext_lazy("Sign the deed and record its date.")),
    "obtain_signature": ("licensor", gettext_lazy("Obtain the co-owner’s signature.")),
    "obtain_confirmatory_assignment": (
        "licensor",
        gettext_lazy("Obtain a deed that confirms the assignment."),
    ),
    "obtain_waiver": ("licensor", gettext_lazy("Obtain a waiver.")),
    "license_element": ("licensor", gettext_lazy("License the material of others in the work.")),
    "remove_element": ("licensor", gettext_lazy("Remove the material of others from the work.")),
    "obtain_consent": ("licensor", gettext_lazy("Obtain the person’s consent.")),
    "amend_instrument": ("licensor", gettext_lazy("Have the deed amended.")),
    "acquire_rights": ("licensor", gettext_lazy("Acquire the missing rights.")),
}


@dataclass(frozen=True)
class Scope:
    """A part of what was asked for; `conditions` are the duties it depends on. Where the work has
    parts of which not all are meant, `of_parts`, the licensor reads which: `parts` are the first
    of their codes, `more` says how many others there are."""

    of_parts: bool
    parts: list[str]
    more: int
    uses: list[str]
    modality: list[str]
    model_kinds: list[str]
    territory: Any
    start: datetime | None
    end: datetime | None
    exclusivity: str
    conditions: int


@dataclass(frozen=True)
class Fact:
    """What a reason rests on. `source` and `href` are empty for a reader they are not meant for."""

    kind: Text
    source: str
    href: str


@dataclass(frozen=True)
class Reason:
    """Why a part is blocked, needs review, or is clear only on conditions."""

    code: str
    tone: str
    text: Text
    facts: list[Fact]
    scopes: list[Scope]


@dataclass(frozen=True)
class Condition:
    """`rests_on_word`: that it is met only the licensor says; nobody examines the file."""

    text: Text
    detail: str
    due: Text
    reason: Text
    rests_on_word: bool


@dataclass(frozen=True)
class Repair:
    """What would help, whose move it is, and the particulars the reader may know."""

    who: Text
    text: Text
    party: str
    until: datetime | None


@dataclass(frozen=True)
class Verdict:
    """One file's verdict, ready to be shown."""

    verdict: str
    reasons: list[Reason]
    cleared: list[Scope]
    conditions: list[Condition]
    repairs: list[Repair]
    fault: Text
    """For the licensor: why its records do not go together; empty where they do."""


def read_verdict(case: Mapping[str, Any], result: Mapping[str, Any], *, licensor: bool) -> Verdict:
    """Return a verdict for the licensor of the file, or for the lab that asks for it."""
    facts = {fact["id"]: _fact(fact, licensor=licensor) for fact in case["facts"]}
    above = {work.get("parent") for work in case.get("works", ())}
    every = {work["id"] for work in case.get("works", ())} - above

    def scope(said: Mapping[str, Any]) -> Scope:
        return _scope(said, every, licensor=licensor)

    return Verdict(
        verdict=result["verdict"],
        reasons=_reasons(result, facts, scope),
        cleared=[scope(each) for each in result["cleared"]],
        conditions=[read_condition(item, licensor=licensor) for item in result["conditions"]],
        repairs=_repairs(result["repairs"], licensor=licensor),
        fault=_fault(result) if licensor else "",
    )


def _fault(result: Mapping[str, Any]) -> Text:
    fault = result.get("fault")
    return sentence_of(CaseError(fault["field"], fault["message"])) if fault else ""


def _reasons(
    result: Mapping[str, Any],
    facts: Mapping[str, Fact],
    scope: Callable[[Mapping[str, Any]], Scope],
) -> list[Reason]:
    """One line per reason, in the engine's order, with all its scopes and facts."""
    found: dict[str, Reason] = {}
    for tone in ("blocked", "review"):
        for entry in result[tone]:
            code = entry["reason"]
            reason = found.setdefault(code, Reason(code, tone, reason_of(code), [], []))
            if entry["scope"] is not None:  # a lab is not told it of a draft
                reason.scopes.append(scope(entry["scope"]))
            _note(reason, entry["because"], facts)
    for item in result["conditions"]:
        code = item["reason"]
        reason = found.setdefault(code, Reason(code, "conditional", reason_of(code), [], []))
        _note(reason, item["because"], facts)
    return [found[code] for code in result["reasons"] if code in found]


def _note(reason: Reason, because: list[str], facts: Mapping[str, Fact]) -> None:
    for name in because:
        fact = facts.get(name)
        if fact is not None and fact not in reason.facts:
            reason.facts.append(fact)


def _fact(fact: Mapping[str, Any], *, licensor: bool) -> Fact:
    kind = FACTS.get(fact["kind"]) or _KINDS.get(fact["kind"], fact["kind"])
    if not licensor:
        return Fact(kind, "", "")
    if "x_same_file" in fact:
        kind = _("Licence of the same file, given by somebody else under another title")
    if "x_capped" in fact:
        kind = _("Limit of licensees, towards which other titles count")
    # A record, a grant or a deal that is agreed: its code says which. What has none is part of one.
    is_code = _CODE.fullmatch(fact["id"]) is not None
    href = f"{reverse('find')}?{urlencode({'q': fact['id']})}" if is_code else ""
    return Fact(kind, _source(fact.get("source")), href)


def _source(source: Mapping[str, str] | None) -> str:
    if source is None:
        return ""
    if source.get("clause", "-") == "-":
        return source["doc"]
    return _("%(document)s, clause %(clause)s") % {
        "document": source["doc"],
        "clause": source["clause"],
    }


def _scope(scope: Mapping[str, Any], every: set[str], *, licensor: bool) -> Scope:
    parts = [] if set(scope.get("parts", ())) == every else scope.get("parts", [])
    return Scope(
        of_parts=bool(parts),
        parts=parts[:_MOST_PARTS] if licensor else [],
        more=max(len(parts) - _MOST_PARTS, 0),
        uses=scope["uses"],
        modality=scope["modality"],
        model_kinds=scope["model_kind"],
        territory=scope["territory"],
        start=_instant(scope["start"]),
        end=_instant(scope["end"]),
        exclusivity=scope["exclusivity"],
        conditions=len(scope.get("conditions", ())),
    )


def read_condition(item: Mapping[str, Any], *, licensor: bool) -> Condition:
    """Return one condition of a verdict. Its particulars are the licensor's to read; but what the
    lab does not get, the lab reads too."""
    is_less = item["code"] in LESSENING
    return Condition(
        text=DUTIES.get(item["code"], item["code"]),
        detail=item["detail"] if licensor or is_less else "",
        due=DUE.get(item["due"], item["due"]),
        reason=reason_of(item["reason"]),
        rests_on_word=is_less,
    )


def _repairs(repairs: list[Mapping[str, Any]], *, licensor: bool) -> list[Repair]:
    shown: list[Repair] = []
    for item in repairs:
        side, text = REPAIRS.get(item["action"], ("licensor", item["action"]))
        mine = (side == "licensor") == licensor
        who = _("You") if mine else (_("Lab") if licensor else _("Licensor"))
        party = item.get("party", item.get("from", "")) if licensor else ""
        repair = Repair(who, text, party, _instant(item.get("until")))
        if repair not in shown:
            shown.append(repair)
    return shown


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
