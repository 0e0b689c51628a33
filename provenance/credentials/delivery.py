"""Handing signed files to their licensees: links that expire, checked at every use."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Literal, Self
from urllib.parse import quote

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.access import Actor, Permission, require
from accounts.codes import allocate
from accounts.errors import Conflict, NotAllowed, NotFound
from catalog.models import Consent, Likeness, WorkState
from ledger.append import append
from licensing.models import Duty, Grant, GrantedAsset
from licensing.verdicts.resting import Footing, footing_of, footings_of
from provenance.credentials.files import read_signed
from provenance.models import Credential, CredentialForm, Delivery

type Part = Literal["file", "sidecar"]

_SALT = "edgecode.delivery"
_PAUSED = _(
    "A condition that the licensor was to meet before delivery is overdue; the file is delivered"
    " once it is met."
)


@dataclass(frozen=True)
class Download:
    """One file as a link gives it out; `tag` names its content and nothing else's."""

    size: int
    filename: str
    mime: str
    tag: str
    read: Callable[[int, int], Iterator[bytes]]  # start, length

    @classmethod
    def of_manifest(cls, body: bytes, *, of: str, tag: str) -> Self:
        """Return the manifest store that stands beside a file of the name `of`."""
        return cls(
            size=len(body),
            filename=f"{of}.c2pa",
            mime="application/c2pa",
            tag=tag,
            read=lambda start, length: iter((body[start : start + length],)),
        )


@transaction.atomic
def open_delivery(*, actor: Actor, credential_code: str) -> Delivery:
    """Return a delivery whose links work for `EDGECODE_DELIVERY_LINK_SECONDS`.

    Only for the licensee, while the grant is active, the file is signed and, of a likeness, a
    consent that it was granted on stands. Raises NotFound, NotAllowed, Conflict.
    """
    require(actor, Permission.DOWNLOAD_FILES)
    credential = (
        Credential.objects.select_related("granted_asset__grant", "granted_asset__asset")
        .filter(code=credential_code, granted_asset__grant__licensee=actor.organisation)
        .first()
    )
    if credential is None:
        raise NotFound
    # The grant's row is locked, so a revocation comes wholly before or wholly after this.
    grant = Grant.objects.select_for_update().get(pk=credential.granted_asset.grant_id)
    if grant.state != "active":
        raise Conflict(_("The grant is not active; its files cannot be downloaded."))
    if credential.state != WorkState.DONE:
        raise Conflict(_("The file is still being signed; try again in a moment."))
    if problem := _why_unconsented(credential.granted_asset, lock=True):
        raise Conflict(problem)
    if _is_paused(credential.granted_asset):
        raise Conflict(_PAUSED)
    delivery = Delivery.objects.create(
        code=allocate("delivery"),
        credential=credential,
        expires_at=timezone.now() + timedelta(seconds=settings.ENV.delivery_link_seconds),
    )
    append(
        "delivery.authorised",
        stream=delivery.stream,
        actor=actor.name,
        refs={"credential": credential.stream, "grant": grant.stream},
    )
    return delivery


def link(delivery: Delivery, part: Part = "file") -> str:
    """Return the path of a delivery's file or sidecar; whoever holds it may download."""
    token = signing.dumps([delivery.code, part], salt=_SALT)
    return f"/deliver/{token}/{quote(_download(delivery, part).filename)}"


def resolve(token: str) -> Download:
    """Return what a link gives out now.

    Raises NotFound for a forged link, NotAllowed once it has expired or the grant has ended.
    """
    try:
        code, part = signing.loads(token, salt=_SALT)
    except (signing.BadSignature, ValueError):
        raise NotFound from None
    delivery = (
        Delivery.objects.select_related("credential__granted_asset__grant")
        .select_related("credential__granted_asset__asset", "credential__clip")
        .select_related("credential__prepared__asset", "credential__prepared__clip")
        .select_related("credential__manifest")
        .filter(code=code)
        .first()
    )
    if delivery is None:
        raise NotFound
    now = timezone.now()
    if delivery.expires_at <= now:
        raise NotAllowed(_("This link has expired; ask for a new one."))
    if delivery.credential.granted_asset.grant.state != "active":
        raise NotAllowed(_("The grant has ended; its files are no longer delivered."))
    if problem := _why_unconsented(delivery.credential.granted_asset):
        raise NotAllowed(problem)
    if _is_paused(delivery.credential.granted_asset):
        raise NotAllowed(_PAUSED)
    if delivery.first_used_at is None:
        Delivery.objects.filter(pk=delivery.pk, first_used_at=None).update(first_used_at=now)
    return _download(delivery, part)


def paused_files(grant: Grant) -> set[str]:
    """Return the codes of a grant's files that are not delivered for now: a condition that was to
    be met before delivery is overdue, of its deal or of one that it amends."""
    deals, before = [grant.deal_id], grant.deal.amends
    while before is not None:
        deals.append(before.deal_id)
        before = before.deal.amends
    waiting = Duty.objects.pausing().filter(deal__in=deals).values_list("files", flat=True)
    return {code for files in waiting for code in files}


def _is_paused(granted: GrantedAsset) -> bool:
    return granted.asset.code in paused_files(granted.grant)


def _why_unconsented(granted: GrantedAsset, *, lock: bool = False) -> str:
    """Return why a likeness's file is not delivered though its grant is active: no consents carry
    it now; or "". `lock` keeps a withdrawal waiting until the transaction ends."""
    likeness = granted.asset.likeness_id
    if likeness is None:
        return ""
    if lock:
        Likeness.objects.select_for_update().get(pk=likeness)
    return _words_of(footing_of(granted))


def _words_of(footing: Footing) -> str:
    if footing.rest.is_over or not footing.consents:
        return gettext(
            "Its licence ended with a consent that it was granted on: it is not delivered."
        )
    if footing.rest.suspended_at is not None:
        return gettext("Its consent is suspended: it is not delivered until that stands again.")
    return ""


def unconsented(files: Iterable[GrantedAsset]) -> dict[int, str]:
    """Return by their keys why files of a likeness are not delivered: no consents carry them now
    that they were granted on. Queries for those only of whom one does not stand."""
    of_likenesses = [each for each in files if each.asset.likeness_id is not None]
    now = timezone.now()
    doubted = set(
        Consent.objects.filter(likeness__in={each.asset.likeness_id for each in of_likenesses})
        .exclude(pk__in=Consent.objects.live(now).values("pk"))
        .values_list("likeness", flat=True)
    )
    concerned = [each for each in of_likenesses if each.asset.likeness_id in doubted]
    words = {key: _words_of(footing) for key, footing in footings_of(concerned, now).items()}
    return {key: said for key, said in words.items() if said}


def sidecar_of(credential: Credential) -> Download:
    """Return the newest manifest of a signed credential, as it stands beside the file."""
    body = bytes(credential.manifest.body)
    return Download.of_manifest(body, of=credential.filename, tag=f"{credential.version}.c2pa")


def _download(delivery: Delivery, part: str) -> Download:
    credential = delivery.credential
    if part == "sidecar":
        if not credential.has_sidecar:
            raise NotFound
        return sidecar_of(credential)
    return Download(
        size=credential.file_size,
        filename=credential.filename,
        mime=credential.mime,
        # Not its SHA-256, which a long file gets later: a download that was begun goes on.
        tag=credential.code if credential.form == CredentialForm.SIDECAR else credential.version,
        read=partial(read_signed, credential),
    )
