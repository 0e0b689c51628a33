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
    Organisation,
    Output,
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
    " outside one, or where it cannot be told, it says of which term; unknown, it names nothing. A"
    " licensee's work names a grant or a consent that it was made under, or neither where it is"
    " like a file that its maker has no licence of; authorised, it was signed, nobody disputed it,"
    " and all of its consents stood.",
    (
        "sighting.reported",
        "asset.granted",
        "grant.revoked",
        "grant.ended",
        "grant.superseded",
        *STANDING,
        "output.declared",
        "output.signed",
        "output.disputed",
        "output.dispute_withdrawn",
    ),
)
DECIDED = Rule(
    "R90",
    "The licensor of the file, or of what a work was made under, decides on a sighting: holds it to"
    " be an incident once at most, and dismisses it once; nothing follows that.",
    ("sighting.reported", "sighting.noted", "sighting.flagged", "sighting.dismissed"),
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
    output, consent = step.need("output", Output), step.need("consent", Consent)
    if not _is_lost(step) and not _fits(step):
        named = (asset, grant, output, consent)
        step.report(ANSWERED, "its answer and what it names do not go together", *named)
    if grant is not None and asset is not None and asset not in grant.files:
        step.report(ANSWERED, f"{step.leaf.refs['grant']} does not cover the file", grant, asset)
    work = output if asset is None else None  # a copy is one, whatever it is declared to be
    if work is not None:
        _check_made_under(step, work, grant, consent)
    if step.data.get("outcome") == "authorised":
        if work is not None:
            _check_work(step, work, grant)
        elif grant is not None:
            _check_standing(step, grant, asset)
    return Sighting(_owner(asset, grant, consent))


def _fits(step: Step) -> bool:
    """Whether the answer goes with what is named: what was weighed is a licence of the file, or
    grants and consents that a work was made under. Of a work that is like a file which its maker
    has no licence of, the file is not said."""
    answer, term = step.data.get("outcome"), step.data.get("term")
    if answer == "unknown":
        return not step.refs and term is None
    is_file = "asset" in step.refs
    weighed = "grant" in step.refs or (not is_file and "consent" in step.refs)
    if answer == "authorised":
        return weighed and term is None and (not is_file or "output" not in step.refs)
    if not is_file and "output" not in step.refs:
        return False
    if answer == "unclear":
        return weighed and term is not None
    return term is not None and (term == "licence") is not weighed


def _owner(
    asset: Asset | None, grant: Grant | None, consent: Consent | None
) -> Organisation | None:
    if asset is not None:
        return asset.owner
    if grant is not None:
        return grant.licensor
    return consent.owner if consent is not None else None


def _check_made_under(
    step: Step, output: Output, grant: Grant | None, consent: Consent | None
) -> None:
    if grant is not None and grant not in output.grants:
        step.report(ANSWERED, "the work was not made under the grant that it names", output, grant)
    if consent is not None and consent not in output.consents:
        step.report(ANSWERED, "the work was not made under the consent that it names", output)


def _check_work(step: Step, output: Output, grant: Grant | None) -> None:
    seen = _seen_at(step)
    if seen is None:
        return
    if not output.is_signed:
        step.report(ANSWERED, "the work was not signed yet", output)
    if output.disputing:
        step.report(ANSWERED, "the work was disputed", output)
    if lost := [each for each in output.consents if not _stood(each, seen)]:
        step.report(ANSWERED, "a consent that it was made under did not stand", *lost)
    if grant is not None and grant.is_revoked and seen - grant.at > IN_WRITING:
        step.report(ANSWERED, f"{step.leaf.refs['grant']} had been revoked when it was seen", grant)


def _is_lost(step: Step) -> bool:
    """Whether it names what could not be resolved, which is reported where it stands."""
    return (
        not {"asset", "grant", "output", "consent"}.intersection(step.leaf.refs) <= step.refs.keys()
    )


def _seen_at(step: Step) -> datetime | None:
    try:
        seen = datetime.fromisoformat(str(step.data.get("seen_at")))
    except ValueError:
        seen = None
    if seen is None or seen.tzinfo is None:
        step.report(ANSWERED, "it does not say when it was seen")
        return None
    return seen


def _check_standing(step: Step, grant: Grant, asset: Asset | None) -> None:
    seen = _seen_at(step)
    if seen is None:
        return
    named = (grant.consents or {}).get(asset, []) if asset is not None else []
    if grant.is_over and seen - grant.at > IN_WRITING:
        step.report(ANSWERED, f"{step.leaf.refs['grant']} had ended when it was seen", grant)
    if named and not any(_stood(each, seen) for each in named):
        step.report(ANSWERED, "no consent that it was granted on stood when it was seen", *named)


def _stood(consent: Consent, seen: datetime) -> bool:
    if not consent.stands:
        return seen - consent.at <= IN_WRITING
    return consent.until is None or seen - consent.until <= IN_WRITING


def sighting_noted(_step: Step) -> Thing:
    """What was found, and so whose it is, stands behind a commitment."""
    return Sighting(None)


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
    "sighting.noted": sighting_noted,
}
FOLLOWING: Mapping[str, Following] = {
    "asset.identified": (Asset, asset_identified),
    "manifest.bound": (StoredManifest, manifest_bound),
    "sighting.flagged": (Sighting, sighting_flagged),
    "sighting.dismissed": (Sighting, sighting_dismissed),
}
