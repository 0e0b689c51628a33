"""What was made of a consent: each use on record, its outputs taken from the agreed number."""

from datetime import datetime

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access import Actor, Permission, require
from accounts.codes import allocate
from accounts.errors import Conflict, Invalid
from accounts.models import Organisation
from accounts.text import check_name, check_note
from catalog.approvals import check_sha256, find_usable
from catalog.checks import check_instant
from catalog.models import Approval, Consent, ConsentUse, Decision, Stage
from ledger.append import append

_MOST_AT_ONCE = 1_000_000


@transaction.atomic
def record_use(
    *,
    actor: Actor,
    consent_code: str,
    description: str,
    outputs: int = 1,
    approval_code: str = "",
    sha256: str = "",
    platform: str = "",
    url: str = "",
    used_at: datetime | None = None,
) -> ConsentUse:
    """Record one use of a consent that the actor's organisation holds.

    The outputs are taken from the agreed number in one step, so that the last one cannot be used
    twice. Raises Invalid naming the field, NotFound, Conflict.
    """
    organisation = require(actor, Permission.ASK_APPROVALS)
    consent = find_usable(organisation, consent_code)
    now = timezone.now()
    if not 1 <= outputs <= _MOST_AT_ONCE:
        raise Invalid(
            "outputs", _("Give a whole number from 1 to %(most)d.") % {"most": _MOST_AT_ONCE}
        )
    check_instant("used_at", used_at)
    if used_at is not None and used_at > now:
        raise Invalid("used_at", _("This lies in the future."))
    if used_at is not None and used_at < consent.starts_at:
        raise Invalid("used_at", _("The consent began after that."))
    sha256 = check_sha256(sha256)
    approval = _approval(organisation, consent, approval_code, sha256)
    _take(consent, outputs)
    use = ConsentUse.objects.create(
        code=allocate("consent_use"),
        consent=consent,
        user=organisation,
        approval=approval,
        outputs=outputs,
        description=check_name("description", description, 500),
        sha256=sha256,
        platform=check_note("platform", platform, 100),
        url=_address(url),
        used_at=used_at or now,
    )
    refs = {"consent": consent.stream}
    append(
        "consent.used",
        stream=use.stream,
        actor=actor.name,
        refs=refs | ({"approval": approval.stream} if approval else {}),
        private={
            "use": {
                "description": use.description,
                "outputs": outputs,
                "platform": use.platform,
                "sha256": use.sha256,
                "url": use.url,
                "used_at": use.used_at.isoformat(),
            }
        },
    )
    return use


def _take(consent: Consent, outputs: int) -> None:
    """Take outputs from the agreed number: one statement that asks and takes."""
    left = Q(max_outputs__isnull=True) | Q(max_outputs__gte=F("used_outputs") + outputs)
    taken = Consent.objects.filter(left, pk=consent.pk).update(
        used_outputs=F("used_outputs") + outputs
    )
    if not taken:
        consent.refresh_from_db(fields=["used_outputs", "max_outputs"])
        rest = (consent.max_outputs or 0) - consent.used_outputs
        raise Conflict(
            _("Of %(most)s outputs %(rest)s are left; this use needs %(outputs)s.")
            % {"most": consent.max_outputs, "rest": rest, "outputs": outputs}
        )


def _approval(
    organisation: Organisation, consent: Consent, code: str, sha256: str
) -> Approval | None:
    """Return the approval that the use rests on. A consent that has the clip or the final work
    shown first asks for one, of the last of its stages; a final work is the one that was shown."""
    stages = consent.terms.get("approvals", {}).get("stages", [])
    needed = [stage for stage in Stage.values if stage in stages]
    if not code:
        if needed:
            raise Invalid("approval", _("This consent asks for an approval first: give its code."))
        return None
    rows = Approval.objects.filter(consent=consent, asker=organisation, code=code)
    approval = rows.first()
    if approval is None:
        raise Invalid("approval", _("You asked for no approval with this code."))
    if approval.decision != Decision.APPROVED:
        raise Invalid("approval", _("This approval was not given."))
    if needed and approval.stage != needed[-1]:
        last = Stage(needed[-1]).label
        raise Invalid("approval", _("This needs the approval of: %(stage)s.") % {"stage": last})
    if approval.stage == Stage.FINAL and approval.sha256 not in {"", sha256}:
        raise Invalid("sha256", _("Another file was approved: give the SHA-256 of that one."))
    return approval


def _address(url: str) -> str:
    url = check_note("url", url, 500)
    if url and not url.startswith(("https://", "http://")):
        raise Invalid("url", _("Write an address that begins with https://."))
    return url
