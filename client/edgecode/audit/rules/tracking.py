"""Rules about the repository of manifests, and about what was seen in the wild."""

from collections.abc import Mapping
from datetime import datetime

from edgecode.audit.rules.consents import STANDING
from edgecode.audit.rules.finding import Rule
from edgecode.audit.rules.organisations import check_owner
from edgecode.audit.rules.step import Following, Founding, Step
from edgecode.audit.rules.things import (
    IN_WRITING,
    Asset,
    Consent,
    Grant,
    Likeness,
    Sighting,
    StoredManifest,
    Thing,
)

REPOSITORY = Rule(
    "R88",
    "A title's file is registered in the repository once, and a manifest there has its name alone.",
    ("asset.identified", "manifest.stored", "credential.signed"),
)
ANSWERED = Rule(
    "R89",
    "What is said of a sighting fits together: authorised, it names a licence that covers the file"
    " and had not ended when it was seen, nor had all consents of the performer that it rests on;"
    " outside one, or where it cannot be told, it says of which term; unknown, it names nothing.",
    (
        "sighting.reported",
        "asset.granted",
        "grant.revoked",
        "grant.ended",
        "grant.superseded",
        *STANDING,
    ),
)
DECIDED = Rule(
    "R90",
    "The licensor of the file decides on a sighting: holds it to be an incident once at most, and"
    " dismisses it once; nothing follows that.",
    ("sighting.reported", "sighting.flagged", "sighting.dismissed"),
)
RULES = (REPOSITORY, ANSWERED, DECIDED)


def asset_identified(step: Step, asset: Asset) -> None:
    if isinstance(asset.of, Likeness):
        step.report(REPOSITORY, "it shows a performer", asset)
    if asset in step.world.identified:
        step.report(REPOSITORY, "it was registered before", asset)
    step.world.identified.add(asset)
    _name(step)


def manifest_stored(step: Step) -> Thing:
    _name(step)
    return StoredManifest(step.actor)


def manifest_bound(step: Step, manifest: StoredManifest) -> None:
    check_owner(step, manifest.owner)


def _name(step: Step) -> None:
    manifest = str(step.data.get("manifest"))
    name = hash(manifest)  # as the credentials' are remembered
    if name in step.world.manifests:
        step.report(REPOSITORY, f"another manifest is called {manifest}")
    step.world.manifests.add(name)


def sighting_reported(step: Step) -> Thing:
    asset, grant = step.need("asset", Asset), step.need("grant", Grant)
    answer, term = step.data.get("outcome"), step.data.get("term")
    if answer == "authorised":
        fits = grant is not None and term is None
    elif answer == "unknown":
        fits = asset is None and grant is None and term is None
    elif answer == "unclear":
        fits = asset is not None and grant is not None and term is not None
    else:
        fits = asset is not None and term is not None and (term == "licence") == (grant is None)
    if not fits and not _is_lost(step):
        step.report(ANSWERED, "its answer and what it names do not go together", asset, grant)
    if grant is not None and asset is not None and asset not in grant.files:
        step.report(ANSWERED, f"{step.leaf.refs['grant']} does not cover the file", grant, asset)
    if grant is not None and answer == "authorised":
        _check_standing(step, grant, asset)
    return Sighting(asset.owner if asset is not None else None)


def _is_lost(step: Step) -> bool:
    """Whether it names what could not be resolved, which is reported where it stands."""
    return not {"asset", "grant"}.intersection(step.leaf.refs) <= step.refs.keys()


def _check_standing(step: Step, grant: Grant, asset: Asset | None) -> None:
    named = (grant.consents or {}).get(asset, []) if asset is not None else []
    try:
        seen = datetime.fromisoformat(str(step.data.get("seen_at")))
        late = grant.is_over and seen - grant.at > IN_WRITING
        lost = bool(named) and not any(_stood(each, seen) for each in named)
    except (ValueError, TypeError):
        step.report(ANSWERED, "it does not say when it was seen")
        return
    if late:
        step.report(ANSWERED, f"{step.leaf.refs['grant']} had ended when it was seen", grant)
    if lost:
        step.report(ANSWERED, "no consent that it was granted on stood when it was seen", *named)


def _stood(consent: Consent, seen: datetime) -> bool:
    if not consent.stands:
        return seen - consent.at <= IN_WRITING
    return consent.until is None or seen - consent.until <= IN_WRITING


def sighting_flagged(step: Step, sighting: Sighting) -> None:
    _decide(step, sighting)
    if sighting.is_incident:
        step.report(DECIDED, "it was held to be an incident before", sighting)
    sighting.is_incident = True


def sighting_dismissed(step: Step, sighting: Sighting) -> None:
    _decide(step, sighting)
    sighting.is_dismissed = True


def _decide(step: Step, sighting: Sighting) -> None:
    check_owner(step, sighting.owner)
    if sighting.is_dismissed:
        step.report(DECIDED, "it was dismissed before", sighting)


FOUNDING: Mapping[str, Founding] = {
    "manifest.stored": manifest_stored,
    "sighting.reported": sighting_reported,
}
FOLLOWING: Mapping[str, Following] = {
    "asset.identified": (Asset, asset_identified),
    "manifest.bound": (StoredManifest, manifest_bound),
    "sighting.flagged": (Sighting, sighting_flagged),
    "sighting.dismissed": (Sighting, sighting_dismissed),
}
