"""After a consent has ended: a later manifest of an output in which it is struck out.

What was delivered cannot be called back, and a manifest cannot be revoked; but its maker can put a
newer one beside the file, or give it to whoever asks, that binds to the same bytes and no longer
says what the performer has allowed. Older ones are told as such by the output's status.
"""

import logging
from datetime import datetime
from typing import Any, TypedDict

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access import Actor, Permission, require
from accounts.errors import Conflict, NotFound, Unavailable
from catalog.models import Consent, Suspension, WorkState
from ledger import keys
from ledger.append import append
from provenance.c2pa_sdk.signed import Signed, SigningError
from provenance.c2pa_sdk.signing import sign_update
from provenance.models import Output, OutputUpdate
from provenance.outputs.manifests import consent_label
from provenance.outputs.standing import Standings
from provenance.status import GrantStatus, check_past, status_of
from provenance.trust import pki
from provenance.trust.authority import KeyUnavailable
from provenance.update_manifests import update_definition

log = logging.getLogger("edgecode.provenance")


class ConsentStatus(TypedDict):
    """A consent that an output was made under: `active`, `suspended` (nothing new may be made),
    `ended`, and since when; `pending` before it begins."""

    consent: str
    state: str
    since: str | None


class OutputStatus(TypedDict):
    """How an output stands, now or at a time. `state` is `pending` (it had not been made, or one of
    its grants not been given), else `disputed`, else `consent_ended` (one of its own, or of files
    of its grants), else `licence_ended` (one of its grants, with none in its place that has the
    files), else `past_in_doubt` (it came from a file that was delivered under a grant that it does
    not name, or from a work that is in doubt), else `standing`. `manifest` is the newest of its
    manifests then, empty while it was not signed. `at` is the moment that it is about, None for
    when it was checked. Instants are UTC, ISO 8601."""

    output: str
    state: str
    manifest: str
    grants: list[GrantStatus]
    consents: list[ConsentStatus]
    at: str | None
    checked_at: str


def output_status(code: str, at: datetime | None = None) -> OutputStatus:
    """Return the status of the output that a manifest names, at a time that has come or now.
    Raises NotFound, and Invalid("at") for a time to come.

    Says nothing of who and what: whoever asks has read that in the manifest.
    """
    check_past(at)
    output = Output.objects.defer("manifest").filter(code=code).first()
    if output is None:
        raise NotFound
    moment = timezone.now() if at is None else at
    sources = output.sources.select_related("grant__superseded_by").defer("members").order_by("pk")
    return {
        "output": output.code,
        "state": Standings(at).state(output),
        "manifest": _manifest_at(output, moment),
        "grants": [status_of(source.grant, at) for source in sources],
        "consents": _consent_statuses(output, moment),
        "at": at.isoformat(timespec="seconds") if at is not None else None,
        "checked_at": timezone.now().isoformat(timespec="seconds"),
    }


def _manifest_at(output: Output, moment: datetime) -> str:
    """Return the name of the newest manifest that an output had by then, "" where it had none."""
    if output.signed_at is None or moment < output.signed_at:
        return ""
    updates = output.updates.filter(made_at__lte=moment).order_by("-number")
    return updates.values_list("manifest_id", flat=True).first() or output.manifest_id


def ended_consents(output: Output) -> list[Consent]:
    """Return the consents of an output that are over, in the order of its manifest."""
    now = timezone.now()
    return [each for each in _consents(output) if each.over_at is not None and each.over_at <= now]


@transaction.atomic
def update_output(*, actor: Actor, code: str) -> OutputUpdate:
    """Sign a manifest that follows the newest one of an output, with the consents struck out that
    have ended since. Raises NotFound, NotAllowed, Conflict where there is nothing to strike out,
    and Unavailable while nothing can be signed.
    """
    organisation = require(actor, Permission.DECLARE_OUTPUTS)
    rows = Output.objects.select_for_update(of=("self",)).select_related("file")
    output = rows.filter(organisation=organisation, code=code).first()
    if output is None:
        raise NotFound
    if output.state != WorkState.DONE:
        raise Conflict(_("It is still being signed; try again in a moment."))
    last = output.updates.order_by("-number").first()
    struck = set(last.consents if last is not None else [])
    ended = ended_consents(output)
    fresh = [consent for consent in ended if consent.code not in struck]
    if not fresh:
        raise Conflict(_("No consent has ended that its newest manifest still names."))
    order = [consent.pk for consent in _consents(output)]
    labels = [consent_label(order.index(consent.pk)) for consent in fresh]
    store = bytes(last.manifest if last is not None else output.manifest)
    mime = output.file.mime if output.file is not None else "application/octet-stream"
    title = output.filename or output.code
    signed = _signed(update_definition(title, mime, store, output.manifest_id, labels))
    update = OutputUpdate.objects.create(
        output=output,
        number=(last.number if last is not None else 0) + 1,
        consents=sorted(struck | {consent.code for consent in fresh}),
        manifest_id=signed.manifest_id,
        manifest=signed.manifest,
    )
    append(
        "output.updated",
        stream=output.stream,
        actor=actor.name,
        refs={"consents": [consent.stream for consent in fresh]},
        data={"manifest": signed.manifest_id},
    )
    return update


def _signed(definition: dict[str, Any]) -> Signed:
    try:
        for purpose, key in pki.keys_in_use():
            keys.publish(key, purpose=purpose)  # before its first use
        signed = sign_update(definition)
    except (SigningError, KeyUnavailable) as error:
        log.exception("an output was not updated")
        raise Unavailable(_("Nothing can be signed just now. Try again in a moment.")) from error
    if not signed.is_stamped:  # nobody would put it in later
        raise Unavailable(_("No time stamp is to be had just now. Try again in a moment."))
    return signed


def _consents(output: Output) -> list[Consent]:
    rows = output.consents.select_related("consent").order_by("pk")
    return [row.consent for row in rows]


def _consent_statuses(output: Output, at: datetime) -> list[ConsentStatus]:
    consents = _consents(output)
    resting = Suspension.objects.standing(at).filter(consent__in=consents)
    suspended = dict(resting.values_list("consent", "starts_at"))
    return [_consent_status(consent, suspended.get(consent.pk), at) for consent in consents]


def _consent_status(consent: Consent, suspended: datetime | None, at: datetime) -> ConsentStatus:
    over, state, since = consent.over_at, "active", None
    if over is not None and over <= at:
        state, since = "ended", over
    elif at < consent.starts_at:
        state = "pending"
    elif suspended is not None:
        state, since = "suspended", suspended
    return {
        "consent": consent.code,
        "state": state,
        "since": since.isoformat(timespec="seconds") if since is not None else None,
    }
