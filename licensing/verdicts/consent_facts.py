"""From the catalogue to the engine: the facts of likenesses, as the clearance contract writes them.

A likeness belongs to the person. Its consents are what the organisation holds of it: each is both
the licence in that gives title and the consent that likeness uses need.
"""

from collections.abc import Collection
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

from accounts.models import Organisation
from catalog.consents.ending import binds, is_disputed
from catalog.models import Consent, Likeness, Suspension
from catalog.rights import instant
from licensing.models import LikenessOpinion

type Written = dict[str, Any]

MODALITIES_OF: Final = {
    "face": ["video", "image"],
    "voice": ["audio"],
    "motion": ["motion"],
    "name": ["text"],
}


def facts_of_likenesses(
    likenesses: Collection[Likeness], licensee: Organisation, as_of: datetime
) -> dict[int, list[Written]]:
    """Return, for each likeness's key, the person, the consents under which this organisation may
    be licensed, and what counsel says of them. Three queries, however many; `likenesses` have their
    performers."""
    facts = {each.pk: _person(each) for each in likenesses}
    if not facts:
        return {}
    consents = Consent.objects.for_licensee(licensee).filter(likeness__in=facts)
    resting = set(
        Suspension.objects.standing(as_of)
        .filter(consent__likeness__in=facts)
        .values_list("consent", flat=True)
    )
    consents = consents.select_related("likeness__performer__organisation", "grantee")
    for consent in consents.order_by("code"):
        facts[consent.likeness_id] += _consent(consent, as_of, rests=consent.pk in resting)
    opinions = LikenessOpinion.objects.standing().filter(likeness__in=facts)
    for opinion in opinions.select_related("evidence").order_by("code"):
        facts[opinion.likeness_id] += _opinion(opinion, facts[opinion.likeness_id])
    return facts


def _person(likeness: Likeness) -> list[Written]:
    performer = likeness.performer
    return [
        {"id": likeness.code, "kind": "ownership", "party": performer.code, "share": "1/1"},
        {"id": performer.code, "kind": "performer", "person": performer.code}
        | ({"born": performer.born.isoformat()} if performer.born else {}),
    ]


def _consent(consent: Consent, as_of: datetime, *, rests: bool) -> list[Written]:
    """The facts of a consent. While it rests it is as if nobody had signed it, for no time: what
    a licence would cover before the strike began is not cleared during it either.

    The engine asks at likeness uses whether a consent binds and when rules end it; the title that
    it gives, on which every other use rests, goes no further.
    """
    scope: Written = {
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
        "to": consent.likeness.performer.organisation.name,
        "modality": sorted({word for name in consent.attributes for word in MODALITIES_OF[name]}),
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


def _opinion(opinion: LikenessOpinion, known: list[Written]) -> list[Written]:
    """What counsel says of consents, both as the licence in and as the permission; less those for
    other licensees, and nothing where it is about these alone."""
    ids = {fact["id"] for fact in known}
    named = [each for code in opinion.body["about"] for each in (f"{code}.title", code)]
    about = [each for each in named if each in ids]
    if not about:
        return []
    written = opinion.body | {
        "id": opinion.code,
        "kind": "counsel_opinion",
        "about": about,
        "recorded": instant(opinion.recorded_at),
        "source": {"doc": opinion.source, "clause": opinion.clause or "-"},
        "x_evidence": opinion.evidence.sha256,  # for whoever opens the case; decides nothing
    }
    return [written]


def _terms(terms: dict[str, Any]) -> dict[str, Any]:
    """What of a consent's terms decides whether it holds."""
    said: Written = {
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
