"""Rules about what was signed and delivered."""

from collections.abc import Mapping
from datetime import timedelta

from edgecode.audit.rules.amendments import check_standing
from edgecode.audit.rules.consents import STANDING
from edgecode.audit.rules.finding import Rule
from edgecode.audit.rules.organisations import check_owner
from edgecode.audit.rules.step import Following, Founding, Step
from edgecode.audit.rules.things import (
    Asset,
    Consent,
    Credential,
    Delivery,
    Grant,
    Likeness,
    Thing,
)

SIGNED = Rule(
    "R35",
    "A file, or each part of it, is signed once for a grant that covers it and was not revoked, and"
    " while a key for files stands (or did 10 minutes before), once the log publishes such keys.",
    ("credential.signed", "asset.granted", "grant.revoked", "key.published", "key.retired"),
)
MANIFEST = Rule(
    "R36", "A manifest has its name alone.", ("credential.signed", "credential.updated")
)
STAMPED = Rule(
    "R96", "A time stamp comes to a signed file once.", ("credential.signed", "credential.stamped")
)
UPDATED = Rule(
    "R97",
    "Out of a signed file's credential consents are struck that have ended, each once, and only"
    " those to the likeness that the file is of.",
    ("credential.updated", "credential.signed", "consent.withdrawn", "consent.replaced"),
)
DELIVERED = Rule(
    "R37",
    "A file is delivered only as it was signed for that grant, to its licensee, before it is"
    " revoked or its term is over.",
    ("delivery.authorised", "credential.signed", "grant.revoked", "grant.ended"),
)
CONSENTED = Rule(
    "R54",
    "A likeness's file is delivered only while a consent that it was granted on stands.",
    ("delivery.authorised", "asset.granted", *STANDING),
)
_RETIRING = timedelta(minutes=10)  # what signs meanwhile may not know it yet
RULES = (SIGNED, MANIFEST, STAMPED, UPDATED, DELIVERED, CONSENTED)


def credential_signed(step: Step) -> Thing:
    grant, asset = step.need("grant", Grant), step.need("asset", Asset)
    credential = Credential(grant, asset)
    if grant is not None and asset is not None:
        part = part_of(step)
        _check_grant(step, grant, asset, part)
        grant.files.setdefault(asset, {})[part] = credential
    retired = step.world.keyless_since
    if retired is not None and step.at - retired > _RETIRING:
        step.report(SIGNED, f"the last key that signs files was retired {retired}")
    _name(step)
    return credential


def _name(step: Step) -> None:
    # The hash of a text is salted anew in each process: less to remember than the name, and
    # nobody can choose names that collide.
    manifest = str(step.data.get("manifest"))
    name = hash(manifest)
    if name in step.world.manifests:
        step.report(MANIFEST, f"another credential has the manifest {manifest}")
    step.world.manifests.add(name)


def credential_stamped(step: Step, credential: Credential) -> None:
    if credential.is_stamped:
        step.report(STAMPED, "the file got a time stamp before", credential)
    credential.is_stamped = True


def credential_updated(step: Step, credential: Credential) -> None:
    for consent in step.need_list("consents", Consent):
        if consent in credential.struck:
            step.report(UPDATED, "the consent was struck out before", credential, consent)
        if consent.likeness is not credential.likeness:
            step.report(UPDATED, "the consent is to another likeness", credential, consent)
        if not (consent.is_withdrawn or consent.is_replaced):
            step.report(UPDATED, "the consent had not ended", credential, consent)
        credential.struck += (consent,)
    _name(step)


def part_of(step: Step) -> int:
    """Return which part of the file was signed, counted from 1; 0 is the whole, as in entries of
    version 1."""
    part = step.data.get("part", 0)
    return part if isinstance(part, int) else 0


def _check_grant(step: Step, grant: Grant, asset: Asset, part: int) -> None:
    if grant.is_revoked:
        step.report(SIGNED, f"{step.leaf.refs['grant']} was revoked", grant)
    check_standing(step, grant)
    if asset not in grant.files:
        step.report(SIGNED, f"{step.leaf.refs['grant']} does not cover the file", grant, asset)
        return
    signed = grant.files[asset]
    if (before := signed.get(part)) is not None:
        step.report(SIGNED, "the file was signed for this grant before", before)
    elif signed and 0 in {part, *signed}:
        step.report(SIGNED, "the file was signed whole and in parts", *signed.values())


def delivery_authorised(step: Step) -> Thing:
    credential, grant = step.need("credential", Credential), step.need("grant", Grant)
    if grant is not None:
        check_owner(step, grant.licensee)
        if grant.is_revoked:
            step.report(DELIVERED, f"{step.leaf.refs['grant']} was revoked", grant)
        if grant.has_ended:
            step.report(DELIVERED, f"the term of {step.leaf.refs['grant']} was over", grant)
        check_standing(step, grant)
        if credential is not None and credential.grant is not grant:
            step.report(DELIVERED, "the file was signed for another grant", credential, grant)
    if credential is not None and credential.likeness is not None:
        _check_consents(step, credential, credential.likeness)
    return Delivery()


def _check_consents(step: Step, credential: Credential, of: Likeness) -> None:
    """Entries of version 1 do not name the consents; then one that stands must be there."""
    grant, asset = credential.grant, credential.asset
    given = grant.consents if grant is not None else None
    named = given.get(asset) if given is not None and asset is not None else None
    stands = any(each.stands_at(step.at) for each in named) if named else of.standing
    if not stands:
        step.report(CONSENTED, "no consent that it was granted on stands", of, *named or ())


FOUNDING: Mapping[str, Founding] = {
    "credential.signed": credential_signed,
    "delivery.authorised": delivery_authorised,
}
FOLLOWING: Mapping[str, Following] = {
    "credential.stamped": (Credential, credential_stamped),
    "credential.updated": (Credential, credential_updated),
}
