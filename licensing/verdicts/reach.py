"""How far consents reach: what of a licence they allow, whatever has become of them."""

from collections.abc import Collection

from catalog.models import Asset, AssetKind, Consent
from catalog.scope.territory import parse_territory
from catalog.scope.uses import expand_uses
from licensing.models import Grant, Scope
from licensing.verdicts.consent_facts import MODALITIES_OF


def reaches(consent: Consent, taught: Collection[str], scope: Scope | Grant) -> bool:
    """Return whether a consent, as it was given, allows any part of `scope` for a likeness's file
    that teaches a model this (`modalities`); whatever has ended it early."""
    parts: tuple[Collection[str], ...] = (
        expand_uses(consent.uses) & expand_uses(scope.uses),
        shown_by(consent).intersection(taught),
        parse_territory(consent.territory) & parse_territory(scope.territory),
        set(consent.model_kinds or scope.model_kinds).intersection(scope.model_kinds),
    )
    in_time = (scope.ends_at is None or consent.starts_at < scope.ends_at) and (
        consent.ends_at is None or scope.starts_at < consent.ends_at
    )
    return in_time and all(parts)


def shown_by(consent: Consent) -> set[str]:
    """Return what files may teach a model of the attributes that a consent is to."""
    return {word for name in consent.attributes for word in MODALITIES_OF[name]}


def modalities(asset: Asset) -> list[str]:
    """Return what a file teaches a model: a film with sound is both video and audio."""
    if asset.kind == AssetKind.PICTURE:
        return ["video", "audio"] if asset.facts.get("audio_tracks") else ["video"]
    return [{AssetKind.AUDIO: "audio", AssetKind.STILL: "image"}.get(AssetKind(asset.kind), "text")]
