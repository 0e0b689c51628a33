"""The job that registers granted files in the manifest repository. It pulls what is missing.

Of each file of a title that was ever granted a manifest is signed that says who registered it and
its content code (`provenance/reckoning.py`), by which the file is found from then on. Files of
likenesses are left out: that a person's voice is here is nobody's to find out.
"""

import logging

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.access import SYSTEM
from catalog.leases import kept
from catalog.models import Asset, WorkState
from ledger import keys
from ledger.append import append
from ledger.inserting import insert_rows
from provenance.c2pa_sdk.signed import Signed, SigningError
from provenance.c2pa_sdk.signing import Signing
from provenance.content_codes import bands, to_text
from provenance.leased_rows import hold, retry_later, take
from provenance.manifests import Party
from provenance.models import CodeBand, Registration
from provenance.reckoning import units_of
from provenance.repository.registration_manifest import RegisteredFile, registration
from provenance.trust import pki

log = logging.getLogger("edgecode.provenance")


def register_pending(limit: int = 20) -> int:
    """Register granted files that are not; return how many were tried.

    A worker that dies leaves a lease that runs out; what it had not committed is done again. Only
    what no limited process can read is given up.
    """
    _open_missing(limit)
    tried = 0
    while tried < limit and (row := take(Registration)) is not None:
        tried += 1
        try:
            with kept(lambda row=row: hold(row)):  # type: ignore[misc]
                _register(row)
        except Exception as error:  # one that cannot be registered keeps no other waiting
            log.exception("asset %s was not registered", row.asset.code)
            retry_later(row, error)
    return tried


def _open_missing(limit: int) -> None:
    missing = Asset.objects.filter(
        granted_assets__isnull=False, registration__isnull=True, likeness__isnull=True
    )
    found = missing.order_by("pk").values_list("pk", flat=True).distinct()[:limit]
    rows = [Registration(asset_id=key) for key in found]
    Registration.objects.bulk_create(rows, ignore_conflicts=True)


def _register(row: Registration) -> None:
    asset = Asset.objects.select_related("organisation").get(pk=row.pk)
    units = units_of(asset)
    for purpose, key in pki.keys_in_use():
        keys.publish(key, purpose=purpose)  # before its first use
    facts = RegisteredFile(asset.code, asset.mime, asset.source_type, asset.sha256)
    party = Party(asset.organisation.code, asset.organisation.name)
    signed = Signing().beside(
        registration(facts, party, units, f"{settings.BASE_URL}/verify/"),
        asset.sha256,
        pki.licensor_identity(party.code, party.name),
    )
    if not signed.is_stamped:  # nobody could tell later that its certificate was in force
        raise SigningError("no time stamp is to be had now")
    _record(row, asset, units, signed)


@transaction.atomic
def _record(row: Registration, asset: Asset, units: dict[str, str], signed: Signed) -> None:
    # Another worker may have been first, after our lease had run out: that stands.
    waiting = Registration.objects.filter(pk=row.pk).exclude(state=WorkState.DONE)
    if waiting.select_for_update().first() is None:
        return
    waiting.update(
        state=WorkState.DONE,
        units=units,
        manifest_id=signed.manifest_id,
        manifest=signed.manifest,
        registered_at=timezone.now(),
    )
    insert_rows(
        CodeBand,
        ("registration_id", "unit", "number", "value"),
        [(row.pk, *band) for band in bands(units)],
    )
    append(
        "asset.identified",
        stream=asset.stream,
        actor=SYSTEM,
        data={"manifest": signed.manifest_id},
        private={"iscc": to_text(units)},
    )
