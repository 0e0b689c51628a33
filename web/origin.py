"""How a file came to be, and by what right: the steps that a report knows of, in their order.

From the licensor to the file that was checked. What the file was made from stands where it went
in, each with what its own credential is worth. What an unsound file says of itself is no step.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from catalog.scope.ranges import clock
from edgecode.verify import codes
from edgecode.verify.declared import Declared
from licensing.models import Grant, GrantedAsset
from licensing.verdicts.resting import footing_of
from provenance.manifests import METADATA
from provenance.models import Output, OutputKind
from provenance.names import visible
from provenance.outputs.past import made_in
from provenance.outputs.report import declared_of
from provenance.outputs.standing import Standings
from provenance.status import GrantStatus, status_of
from provenance.verification.answers import Check, Outcome
from provenance.verification.inspection import Inspection
from provenance.verification.issued import issued_in
from provenance.verification.report import Report, Verdict
from web.display import list_text
from web.words import name_of

type Text = str | Promise

SHOWN_MOST: Final = 8  # of what a file was made from; of more the number
_DEEPEST: Final = 2
_TONES: Final = {
    Outcome.OK: "clear",
    Outcome.WARNING: "conditional",
    Outcome.FAILED: "blocked",
    Outcome.UNKNOWN: "neutral",
}
_STATES: Final[dict[str, tuple[str, Text]]] = {
    "active": ("clear", _("in force")),
    "pending": ("conditional", _("not begun")),
    "expired": ("blocked", _("expired")),
    "superseded": ("blocked", _("superseded")),
    "revoked": ("blocked", _("revoked")),
}
_MADE: Final[dict[str, tuple[str, Text]]] = {
    "standing": ("clear", _("within its terms")),
    "pending": ("conditional", _("not made or not licensed by then")),
    "past_in_doubt": ("review", _("what it was made from is in doubt")),
    "licence_ended": ("review", _("a licence has ended")),
    "consent_ended": ("review", _("a consent has ended")),
    "disputed": ("blocked", pgettext_lazy("output", "disputed")),
}
_RELATIONS: Final[dict[str, Text]] = {
    "parentOf": _("opened"),
    "componentOf": _("put in"),
    "inputTo": _("given to a program"),
}
_OURS = frozenset({Verdict.AUTHORISED, Verdict.ENDED, Verdict.DISPUTED})
_WITHOUT = frozenset({Verdict.UNSIGNED, Verdict.UNREADABLE, Verdict.SIDECAR_MISSING})


@dataclass(frozen=True)
class Step:
    """One box of the picture. `how` says how the one before came to it; `depth` is 0 on the line
    from the licensor to the file, else how far what it was made from lies from that."""

    kind: Text
    name: Text
    detail: Text
    tone: str
    how: Text = ""
    depth: int = 0
    code: str = ""  # an edge code with a page


@dataclass(frozen=True)
class _Ours:
    """Of the manifests in a file those that we issued, by their names: the state of the grants of
    delivered files and of what licensees made, now or at a time."""

    delivered: Mapping[str, GrantStatus]
    made: Mapping[str, tuple[Output, str]]

    @classmethod
    def of(cls, seen: Inspection, at: datetime | None) -> Self:
        names = seen.certificates  # of others nobody knows whose they are: anybody can give a name
        delivered = {
            name: _of_file(each.granted_asset, at) for name, each in issued_in(seen, names).items()
        }
        standings = Standings(at)
        made = {name: (each, standings.state(each)) for name, each in made_in(seen, names).items()}
        return cls(delivered, made)


@dataclass(frozen=True)
class Origin:
    """The steps, and how many ingredients are not among them."""

    steps: list[Step]
    left_out: int


def origin_of(report: Report, tone: str) -> Origin | None:
    """Return how a file came to be, None where nothing signed says so. `tone` is the verdict's."""
    if report.verdict in _WITHOUT:
        return None
    seen = report.inspection
    checks = {check.id: check for check in report.checks}
    ours = report.verdict in _OURS and report.is_ours
    steps = list(_licensed(seen, checks)) if ours else []
    whole = _whole(seen) if steps else ""
    is_altered = report.verdict == Verdict.ALTERED
    made_from = [] if is_altered else list(_made_from(seen, whole, report.at))
    declared = declared_of(seen) if "maker" in checks else None
    if declared is not None:
        steps.append(_maker(declared, checks))
        made_from += _data_sets(declared, report.at)
    steps += made_from[:SHOWN_MOST]
    steps += [_output(declared, checks)] if declared is not None else []
    steps += [_credential(seen, checks), _file(report, tone)]
    return Origin(steps, max(0, len(made_from) - SHOWN_MOST))


def _licensed(seen: Inspection, checks: Mapping[str, Check]) -> Iterator[Step]:
    """The right: who gave it, over which file or part, by which licence."""
    said = seen.grant or {}
    try:
        asset, licensor, licensee = said["asset"], said["licensor"], said["licensee"]
        code, of = str(said["grant"]), str(asset["code"])
        uses = list_text([str(name_of(str(use))) for use in said["uses"]])
        names = str(licensor["name"]), str(licensee["name"])
        digest = str(asset["sha256"])
    except (KeyError, TypeError):
        return
    own = checks.get("licensor")
    yield Step(_("Licensor"), names[0], own.title if own else "", _tone(own))
    kept = "clear" if _tone(checks.get("record")) == "clear" else "blocked"
    shown = f"SHA-256 {digest[:12]}…{digest[-6:]}"
    work = _work(seen)
    yield Step(
        _("Original file"),
        work or _spaced(of),
        f"{_spaced(of)}, {shown}" if work else shown,
        kept,
        _("registered"),
        code=of,
    )
    if span := _span(asset):
        yield Step(
            pgettext_lazy("of a file", "Part"), span, "", _tone(checks.get("part")), _("cut out")
        )
    status = checks.get("status") or checks.get("record")
    named = _("To %(licensee)s, for: %(uses)s") % {"licensee": names[1], "uses": uses}
    title = status.title if status else ""
    yield Step(
        _("Licence"), _spaced(code), f"{title} {named}", _tone(status), _("licensed"), code=code
    )


def _maker(declared: Declared, checks: Mapping[str, Check]) -> Step:
    own = checks["maker"]
    return Step(_("Maker"), visible(declared.maker.get("name") or "–"), own.title, _tone(own))


def _output(declared: Declared, checks: Mapping[str, Check]) -> Step:
    """What was declared, where the log is the witness of it."""
    code, log = str(declared.said.get("output")), checks["log"]
    kind = dict(OutputKind.choices).get(str(declared.said.get("kind")), "")
    return Step(_("Output"), kind or _spaced(code), log.title, _tone(log), _("declared"), code=code)


def _data_sets(declared: Declared, at: datetime | None) -> Iterator[Step]:
    """The grants whose files do not stand in it one by one, each with its state, now or at a
    time."""
    singly = {str(each.get("grant")) for each in declared.grants}
    sources = {str(each.get("grant")): each for each in declared.sources}
    # What others signed may hold NUL, which no text of a database does.
    named = [code for code in sources if code not in singly and "\0" not in code][:200]
    rows = Grant.objects.filter(code__in=named).select_related("superseded_by").order_by("code")
    for grant in rows:
        files, relation = sources[grant.code].get("files"), sources[grant.code].get("relation")
        count = files if type(files) is int else 0
        name = ngettext("%(count)d file", "%(count)d files", count) % {"count": count}
        tone, word = _state(status_of(grant, at))
        detail = _("A data set, delivered under grant %(code)s: %(state)s") % {
            "code": _spaced(grant.code),
            "state": word,
        }
        how = _RELATIONS.get(str(relation), _("used"))
        yield Step(_("Made from"), name, detail, tone, how, 1, code=grant.code)


def _made_from(seen: Inspection, whole: str, at: datetime | None) -> Iterator[Step]:
    """What the file was made from, by its own manifest, with what that is worth."""
    raw = seen.raw or {}
    manifests = raw.get("manifests")
    manifests = manifests if isinstance(manifests, dict) else {}
    changed = codes.changed_since(raw)
    ours = _Ours.of(seen, at)
    gone_into = {seen.manifest_id, seen.said_in}
    for depth, of, item in _ingredients(manifests, seen.said_in, 1, gone_into):
        if item.get("instance_id") == whole != "":
            continue  # the original file, which is a step already
        holds = codes.ingredient_holds(item) and codes.address_in(of, item) not in changed
        yield _ingredient(item, depth, manifests, ours, holds=holds)


def _ingredients(
    manifests: Mapping[str, Any], of: str, depth: int, seen: set[str]
) -> Iterator[tuple[int, str, Mapping[str, Any]]]:
    """Go through ingredients, each with its manifest, those of an ingredient before it; no manifest
    is gone into twice."""
    manifest = manifests.get(of)
    items = manifest.get("ingredients") if isinstance(manifest, dict) else None
    for item in items if isinstance(items, list) else []:
        if not isinstance(item, dict):
            continue
        inner = str(item.get("active_manifest") or "")
        if inner and inner not in seen and depth < _DEEPEST:
            seen.add(inner)
            yield from _ingredients(manifests, inner, depth + 1, seen)
        yield depth, of, item


def _ingredient(
    item: Mapping[str, Any],
    depth: int,
    manifests: Mapping[str, Any],
    ours: _Ours,
    *,
    holds: bool,
) -> Step:
    name = visible(item.get("title") or "") or _("File without a name")
    how = _RELATIONS.get(str(item.get("relationship")), _("used"))
    inner = str(item.get("active_manifest") or "")
    if not holds:
        return Step(
            _("Made from"), name, _("It does not match its own credential."), "blocked", how, depth
        )
    if not inner:
        return Step(_("Made from"), name, _("It carried no credential."), "neutral", how, depth)
    if (status := ours.delivered.get(inner)) is not None:
        tone, word = _state(status)
        detail = _("Delivered by Edgecode under grant %(code)s: %(state)s") % {
            "code": _spaced(status["grant"]),
            "state": word,
        }
        return Step(_("Made from"), name, detail, tone, how, depth, code=status["grant"])
    if (made := ours.made.get(inner)) is not None:
        output, state = made
        tone, word = _MADE[state]
        detail = _("Declared to Edgecode as output %(code)s: %(state)s") % {
            "code": _spaced(output.code),
            "state": word,
        }
        return Step(_("Made from"), name, detail, tone, how, depth, code=output.code)
    manifest = manifests.get(inner)
    signed = manifest.get("signature_info") if isinstance(manifest, dict) else None
    signer = visible((signed or {}).get("common_name") or (signed or {}).get("issuer") or "–")
    detail = _("Signed by %(name)s, whom we do not vouch for.") % {"name": signer}
    return Step(_("Made from"), name, detail, "review", how, depth)


def _state(status: GrantStatus) -> tuple[str, Text]:
    """The tone and the word for a grant, the licence of whose files a consent may have ended."""
    is_over = status["is_without_consent"] and status["state"] in {"active", "pending"}
    return ("blocked", _("consent ended")) if is_over else _STATES[status["state"]]


def _of_file(granted: GrantedAsset, at: datetime | None) -> GrantStatus:
    """The status of a grant as it is for this file of it."""
    status = status_of(granted.grant, at)
    return {**status, "is_without_consent": footing_of(granted, at).rest.is_over}


def _credential(seen: Inspection, checks: Mapping[str, Check]) -> Step:
    signer, time = checks.get("signer"), checks.get("time")
    parts = [str(each.title) for each in (signer, time) if each is not None]
    name = seen.signer.common_name if seen.signer else "–"
    return Step(_("Credential"), name, " ".join(parts), _tone(signer), _("signed"))


def _file(report: Report, tone: str) -> Step:
    name: Text = report.filename or _("File without a name")
    how = (
        _("does not belong to")
        if report.verdict == Verdict.ALTERED
        else pgettext_lazy("credential", "belongs to")
    )
    return Step(_("This file"), name, report.headline, tone, how)


def _whole(seen: Inspection) -> str:
    """How the manifest of a part names the file that it was cut out of."""
    asset = (seen.grant or {}).get("asset")
    digest = asset.get("sha256") if isinstance(asset, dict) else None
    return f"nih:sha-256;{digest}" if digest else ""


def _work(seen: Inspection) -> str:
    """What the credential calls the work; nothing of a likeness."""
    raw = seen.raw or {}
    manifest = (raw.get("manifests") or {}).get(seen.said_in) or {}
    for each in manifest.get("assertions") or []:
        data = each.get("data")
        label = str(each.get("label", "")).partition("__")[0]
        if label == METADATA and each.get("created") is True and isinstance(data, dict):
            return str(data.get("dc:title") or "")
    return ""


def _span(asset: Mapping[str, Any]) -> str:
    kept = asset.get("range")
    try:
        return f"{clock(int(kept['from_ms']))} – {clock(int(kept['to_ms']))}" if kept else ""
    except (KeyError, TypeError, ValueError):
        return ""


def _spaced(code: str) -> str:
    return f"EC {code[:4]} {code[4:]}"


def _tone(check: Check | None) -> str:
    return _TONES[check.outcome] if check is not None else "neutral"
