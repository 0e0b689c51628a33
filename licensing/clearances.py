"""From the catalogue to the engine: gathering the facts of a file, and keeping the verdict."""

import hashlib
from collections.abc import Collection
from datetime import UTC, datetime, time, timedelta
from typing import Any

import orjson
from django.utils import timezone

from accounts.codes import allocate
from catalog.consents.ending import binds, is_disputed
from catalog.models import Asset, AssetKind, Consent, Suspension
from catalog.rights import instant
from catalog.scope.ranges import Ranges
from catalog.scope.territory import parse_territory
from catalog.scope.uses import expand_uses
from ledger.append import append
from licensing.clearance import clear
from licensing.engine import publish_engine
from licensing.gathering import facts_of, grants_of_likeness, grants_of_titles
from licensing.models import Clearance, Grant, Request, RequestItem
from licensing.overlaps import grants_apart
from licensing.time_codes import facts_meeting

_MODALITY_OF_ATTRIBUTE = {
    "face": ["video", "image"],
    "voice": ["audio"],
    "motion": ["motion"],
    "name": ["text"],
}


def evaluate(item: RequestItem, *, as_of: datetime) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the case of one requested file (`clearance-case/1`) and the engine's verdict."""
    case = build_case(item.request, item.asset, as_of=as_of, ranges=item.ranges)
    return case, clear(case)


def decide(item: RequestItem, *, as_of: datetime, actor_name: str) -> Clearance:
    """Evaluate one requested file, keep the verdict, append it. Call inside a transaction."""
    case, result = evaluate(item, as_of=as_of)
    clearance = Clearance.objects.create(
        code=allocate("clearance"),
        item=item,
        verdict=result["verdict"],
        case=case,
        result=result,
        case_sha256=hashlib.sha256(_canonical(case)).hexdigest(),
        engine=result["engine"],
        evaluated_at=as_of,
    )
    publish_engine()
    append(
        "clearance.decided",
        stream=clearance.stream,
        actor=actor_name,
        refs={"request": item.request.stream, "asset": item.asset.stream},
        data={"verdict": clearance.verdict, "engine": clearance.engine},
        private={
            "case": {"sha256": clearance.case_sha256},
            "result": {"sha256": hashlib.sha256(_canonical(result)).hexdigest()},
        },
    )
    return clearance


def build_case(
    request: Request, asset: Asset, *, as_of: datetime, ranges: Ranges
) -> dict[str, Any]:
    """Return the clearance case of one file for a request, from what is recorded at `as_of`.

    Of `ranges` of it ([]: of all), which the case keeps for whoever evaluates it again.
    """
    wanted: dict[str, Any] = {
        "licensor": asset.organisation.name,
        "licensee": request.organisation.code,
        "uses": request.uses,
        "modality": modalities(asset),
        "model_kind": request.model_kinds,
        "territory": request.territory,
        "start": instant(request.starts_at),
        "end": instant(request.ends_at),
        "exclusivity": request.exclusivity,
    }
    if ranges:
        wanted["x_ranges_ms"] = ranges  # for the engine nothing: the facts are those that meet them
    if asset.title_id is not None:
        key = asset.title_id
        facts = facts_meeting(facts_of([key])[key], asset, ranges)
        grants = grants_of_titles([key])[key]
        facts += _less_apart(grants, asset, ranges) if ranges and not _are_capped(facts) else grants
    else:
        facts = _likeness_facts(asset, request, as_of) + grants_of_likeness(asset.owner.pk)
        wanted["subject"] = [asset.owner.performer.code]  # type: ignore[union-attr]
    return {
        "schema": "clearance-case/1",
        "as_of": instant(as_of),
        "facts": facts,
        "request": wanted,
    }


def _are_capped(facts: list[dict[str, Any]]) -> bool:
    """Return whether licensees of the work are counted: then every licence counts."""
    return any(fact["kind"] == "cap" for fact in facts)


def _less_apart(grants: list[dict[str, Any]], asset: Asset, ranges: Ranges) -> list[dict[str, Any]]:
    """Return the licences granted in the work less those of other parts of the same file."""
    apart = grants_apart(asset, ranges)
    return [fact for fact in grants if not apart & {fact["id"], fact.get("target")}]


def consents_reaching(asset: Asset, scope: Request | Grant) -> list[Consent]:
    """Return the live consents that allow any part of `scope` for a likeness's file, by code.

    Which of them exist beside these (for other uses, for other licensees) is nobody's business
    in this deal.
    """
    licensee = scope.organisation if isinstance(scope, Request) else scope.licensee
    consents = (
        Consent.objects.for_licensee(licensee)
        .not_withdrawn(timezone.now())
        .filter(likeness=asset.likeness_id)
        .exclude(pk__in=Suspension.objects.standing(timezone.now()).values("consent"))
    )
    return [
        consent
        for consent in consents.select_related("likeness__performer").order_by("code")
        if _reaches(consent, asset, scope)
    ]


def _reaches(consent: Consent, asset: Asset, scope: Request | Grant) -> bool:
    shown = {word for name in consent.attributes for word in _MODALITY_OF_ATTRIBUTE[name]}
    parts: tuple[Collection[str], ...] = (
        expand_uses(consent.uses) & expand_uses(scope.uses),
        shown.intersection(modalities(asset)),
        parse_territory(consent.territory) & parse_territory(scope.territory),
        set(consent.model_kinds or scope.model_kinds).intersection(scope.model_kinds),
    )
    in_time = (scope.ends_at is None or consent.starts_at < scope.ends_at) and (
        consent.over_at is None or scope.starts_at < consent.over_at
    )
    return in_time and all(parts)


def modalities(asset: Asset) -> list[str]:
    """Return what a file teaches a model: a film with sound is both video and audio."""
    if asset.kind == AssetKind.PICTURE:
        return ["video", "audio"] if asset.facts.get("audio_tracks") else ["video"]
    return [{AssetKind.AUDIO: "audio", AssetKind.STILL: "image"}.get(AssetKind(asset.kind), "text")]


def _likeness_facts(asset: Asset, request: Request, as_of: datetime) -> list[dict[str, Any]]:
    """A likeness belongs to the person. Its consents are what the organisation holds of it:
    each is both the licence in that gives title and the consent that likeness uses need."""
    likeness = asset.likeness
    assert likeness is not None  # noqa: S101 - the caller has asked
    performer = likeness.performer
    facts: list[dict[str, Any]] = [
        {"id": likeness.code, "kind": "ownership", "party": performer.code, "share": "1/1"},
        {"id": performer.code, "kind": "performer", "person": performer.code}
        | ({"born": performer.born.isoformat()} if performer.born else {}),
    ]
    consents = Consent.objects.for_licensee(request.organisation).filter(likeness=likeness)
    consents = consents.select_related("likeness__performer", "grantee")
    resting = set(
        Suspension.objects.standing(as_of)
        .filter(consent__likeness=likeness)
        .values_list("consent", flat=True)
    )
    for consent in consents.order_by("code"):
        facts += _consent(consent, asset, as_of, rests=consent.pk in resting)
    return facts


def _consent(
    consent: Consent, asset: Asset, as_of: datetime, *, rests: bool
) -> list[dict[str, Any]]:
    """The facts of a consent. While it rests it is as if nobody had signed it, for no time: what
    a licence would cover before the strike began is not cleared during it either.

    The engine asks at likeness uses whether a consent binds and when rules end it; the title that
    it gives, on which every other use rests, goes no further.
    """
    scope: dict[str, Any] = {
        "uses": consent.uses,
        "territory": consent.territory,
        "start": instant(consent.starts_at),
        "recorded": instant(consent.recorded_at),
    }
    ends_at = _end(consent)
    if ends_at:
        scope["end"] = instant(ends_at)
    if rests:
        scope["status"] = "draft"
    if consent.model_kinds:
        scope["model_kind"] = consent.model_kinds
    disputed = is_disputed(consent.terms, consent.notice_ground, consent.notice_law)
    scope["revocable"] = "no" if disputed else "prospective"
    person = consent.likeness.performer.code
    title = scope | {
        "id": f"{consent.code}.title",
        "kind": "grant_in",
        "from": person,
        "to": asset.organisation.name,
        "modality": sorted(
            {word for name in consent.attributes for word in _MODALITY_OF_ATTRIBUTE[name]}
        ),
        "exclusivity": "exclusive",
        "sublicensable": True,
    }
    if consent.stops_at and (ends_at is None or consent.stops_at < ends_at):
        title["end"] = instant(consent.stops_at)
    born = consent.likeness.performer.born
    if not binds(consent.terms, consent.starts_at, consent.description, born=born, now=as_of):
        title["status"] = "draft"
    permission = scope | {
        "id": consent.code,
        "kind": "consent",
        "person": person,
        "attributes": consent.attributes,
        "grantee": consent.grantee.code if consent.grantee else "*",
        "description": consent.description,
    }
    if consent.max_outputs:
        permission["max_outputs"] = consent.max_outputs
        permission["used_outputs"] = consent.used_outputs
    facts = [title, permission | _terms(consent.terms)]
    if consent.withdrawn_at:
        facts += [
            {
                "id": f"{fact['id']}.withdrawn",
                "kind": "revocation",
                "target": fact["id"],
                "effective": instant(consent.withdrawn_at),
                "recorded": instant(consent.notice_at or consent.withdrawn_at),
            }
            for fact in (title, permission)
        ]
    return facts


def _terms(terms: dict[str, Any]) -> dict[str, Any]:
    """What of a consent's terms decides whether it holds."""
    said: dict[str, Any] = {
        name: terms[name]
        for name in ("law", "policy", "in_lieu_of_in_person_work")
        if name in terms
    }
    helped = terms.get("representation", {})
    if "counsel" in helped:
        said["represented_by"] = helped["counsel"]
    if "union" in helped:
        said["cba"] = helped["union"]
    if "court_approval" in terms:
        said["court_approved"] = True
    return said


def _end(consent: Consent) -> datetime | None:
    """When a consent ends: at the performer's death, where it says that it does not go on."""
    died = consent.likeness.performer.deceased_on
    if died is None or consent.terms.get("survives_death", True):
        return consent.ends_at
    # The end of that day, UTC.
    death = datetime.combine(died, time(), UTC) + timedelta(days=1)
    if death <= consent.starts_at:
        return consent.ends_at
    return min(consent.ends_at or death, death)


def _canonical(value: object) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
