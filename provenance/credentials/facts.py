"""What a credential says of a file: gathered from the records, with no word about a person."""

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from django.conf import settings

from accounts.models import Organisation
from catalog.models import Asset, Clip, Consent
from ledger import proofs, shards
from ledger.models import Event
from licensing.deals.conditions import LeftOut, left_out
from licensing.models import Clearance, Grant, GrantedAsset, Verdict
from licensing.verdicts.resting import footing_of
from provenance.content_codes import to_text
from provenance.manifests import (
    AssetFacts,
    ClipFacts,
    ConsentFacts,
    GrantFacts,
    LedgerFacts,
    Party,
    definition,
)
from provenance.models import ContentCode
from provenance.status_lists import StatusEntry, status_entries, status_entry


class Definitions:
    """The definitions of many files' credentials; what they say of one grant is gathered once, and
    what the database knows of `grants` in few queries."""

    def __init__(self, grants: Iterable[Grant] = ()) -> None:
        self._grants: dict[int, GrantFacts] = {}
        by_key = {grant.pk: grant for grant in grants}
        self._indices = _indices({grant.stream for grant in by_key.values()})
        self._logged: dict[int, proofs.Logged] = {}
        # What cannot be read is asked for again, so that it holds up only its own files.
        with suppress(ValueError, OSError):
            self._logged = proofs.logged(self._indices.values())
        self._entries = status_entries(set(by_key))

    def of(
        self, granted: GrantedAsset, *, clip: Clip | None = None, continues: bool = False
    ) -> dict[str, Any]:
        """Return the definition for a granted file, or a part of it, as `manifests.definition`.

        `continues`: the file carries a manifest already. Raises ValueError for what no credential
        can say, while the grant stands in no checkpoint, and once the licence of the file
        ended with a consent.
        """
        grant = self._grants.get(granted.grant_id)
        if grant is None:
            index = self._indices.get(granted.grant.stream)
            grant = self._grants[granted.grant_id] = grant_facts(
                granted.grant,
                logged=self._logged.get(index) if index is not None else None,
                status_list=self._entries.get(granted.grant_id),
            )
        footing = footing_of(granted)
        consents = [consent_facts(consent) for consent in footing.going_on]
        if granted.asset.likeness_id is not None and (footing.rest.is_over or not consents):
            raise ValueError("its licence ended with a consent that it was granted on")
        part = ClipFacts(clip.from_ms, clip.to_ms, clip.mime) if clip is not None else None
        return definition(asset_facts(granted), grant, consents, continues=continues, part=part)


def asset_facts(granted: GrantedAsset) -> AssetFacts:
    """Return what a credential says of the file as it was registered."""
    asset = granted.asset
    return AssetFacts(
        code=asset.code,
        work=asset.title.name if asset.title is not None else "",
        identifier=(asset.title.eidr or "") if asset.title is not None else "",
        left_out=_left_out(granted.clearance),
        content_code=_content_code(asset),
        # A likeness's files are often called by the performer's name; their codes are not.
        title=asset.filename if asset.likeness_id is None else asset.code,
        format=asset.mime,
        source_type=asset.source_type,
        sha256=asset.sha256,
    )


def _left_out(clearance: Clearance) -> tuple[LeftOut, ...]:
    # Only what is clear on conditions is looked into: the engine's whole answer is long.
    return left_out(clearance.result) if clearance.verdict == Verdict.CONDITIONAL else ()


def _content_code(asset: Asset) -> str:
    known: ContentCode | None = getattr(asset, "content_code", None)
    return to_text(known.units) if known is not None and known.units else ""


def grant_facts(
    grant: Grant, *, logged: proofs.Logged | None = None, status_list: StatusEntry | None = None
) -> GrantFacts:
    """Return what a credential says of its grant. ValueError while the log has not published it.

    Its entry and its place in a status list are looked up where they are not given.
    """
    if logged is None:
        index = grant_index(grant)
        if index is None:
            raise ValueError(f"grant {grant.code} has no ledger index yet")
        shard, at = proofs.locate(index)
        logged = proofs.Logged(shard, at, proofs.entry(index), proofs.receipt(index))
    return GrantFacts(
        code=grant.code,
        licensor=_party(grant.licensor),
        licensee=_party(grant.licensee),
        uses=grant.uses,
        model_kinds=grant.model_kinds,
        territory=grant.territory,
        start=grant.starts_at,
        end=grant.ends_at,
        exclusivity=grant.exclusivity,
        agreement_sha256=grant.deal.agreement.pdf_sha256,
        agreement_url=f"{settings.BASE_URL}/api/v1/deals/{grant.deal.code}/agreement.pdf",
        status_list=status_entry(grant) if status_list is None else status_list,
        status_url=f"{settings.BASE_URL}/api/v1/status/{grant.code}/",
        url=f"{settings.BASE_URL}/grants/{grant.code}/",
        ledger=LedgerFacts(
            shards.origin(logged.shard), logged.at, logged.receipt, logged.entry.decode()
        ),
    )


def grant_index(grant: Grant) -> int | None:
    """Return the ledger index of the grant's issue, or None while it has none."""
    return _indices({grant.stream}).get(grant.stream)


def _indices(streams: set[str]) -> dict[str, int]:
    """Return the ledger index of the first entry of each of these streams that has one."""
    first = Event.objects.filter(stream__among=streams, version=1, entry__index__isnull=False)
    return dict(first.values_list("stream", "entry__index"))


def _party(organisation: Organisation) -> Party:
    return Party(organisation.code, organisation.name)


def consent_facts(consent: Consent) -> ConsentFacts:
    """Return what a manifest says of a consent."""
    recorded = Event.objects.get(stream=consent.stream, kind="consent.recorded")
    return ConsentFacts(
        code=consent.code,
        attributes=consent.attributes,
        uses=consent.uses,
        start=consent.starts_at,
        end=consent.ends_at,
        record_sha256=recorded.facts().commitments["consent"],
    )
