"""Documents that rights and powers to sign rest on: taken in once, kept as they came, given back to
their owner."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access import Actor, Permission, require
from accounts.codes import allocate
from accounts.errors import NotFound
from catalog.assets import check_filename
from catalog.intake import Intake, too_large
from catalog.models import Evidence
from catalog.object_interface import Link
from catalog.objects import object_store
from catalog.probe import MediaRefused, probe
from ledger.append import append

# A contract, a certificate, a letter: larger ones are films or mistakes.
MAX_BYTES: Final = 200 * 2**20
# How long the store keeps a document unchanged from the day it was handed in.
KEPT: Final = timedelta(days=10 * 366)
LINK_SECONDS: Final = 300
_MIMES = ("application/pdf", "image/jpeg", "image/png", "image/tiff", "image/webp", "image/avif")


def hand_in_evidence(*, actor: Actor, intake: Intake, filename: str) -> tuple[Evidence, bool]:
    """Verify a received document and keep it; return it and whether it is new.

    The same bytes twice give the same document. It is examined in a limited subprocess before
    anything is stored. Raises Invalid("file", …) for what is neither PDF nor picture, NotAllowed.
    """
    organisation = require(actor, Permission.EDIT_LIKENESSES)  # whoever edits titles may, too
    if intake.size_bytes > MAX_BYTES:
        raise too_large(MAX_BYTES)
    filename = check_filename(filename)
    mine = Evidence.objects.visible_to(actor)
    if (known := mine.filter(sha256=intake.sha256).first()) is not None:
        return known, False
    mime = check_paper(intake.path, filename)
    key = f"evidence/{organisation.code}/{intake.sha256}"
    store = object_store()
    # Under its content's hash: what a crash after these lines leaves, the next try takes over.
    if not store.exists(key):
        intake.adopt(store, key)
    version = store.retain(key, timezone.now() + KEPT)
    draft = Evidence(
        organisation=organisation,
        filename=filename,
        mime=mime,
        size_bytes=intake.size_bytes,
        sha256=intake.sha256,
        object_key=key,
        object_version=version,
    )
    try:
        return _record(actor, draft), True
    except IntegrityError:  # somebody else was handing in the same
        return mine.get(sha256=intake.sha256), False


def check_paper(path: Path, filename: str) -> str:
    """Examine a received document in a limited subprocess; return its kind. Raises Invalid("file")
    for what is neither PDF nor picture."""
    mime: str = probe(path, filename)["mime"]
    if mime not in _MIMES:
        raise MediaRefused(_("A document is a PDF or a picture of its pages."))
    return mime


def get_evidence(actor: Actor, code: str) -> Evidence:
    """Return a document of the actor's organisation, or raise NotFound."""
    found = Evidence.objects.visible_to(actor).filter(code=code).first()
    if found is None:
        raise NotFound
    return found


def read_evidence(evidence: Evidence) -> Iterator[bytes]:
    """Yield a document as it was handed in, whatever became of its key."""
    version = evidence.object_version or None
    return object_store().read_range(evidence.object_key, 0, evidence.size_bytes, version)


def evidence_link(actor: Actor, code: str) -> Link:
    """Return a link that gives a document of the actor's organisation out for LINK_SECONDS: the
    version that was handed in, whatever became of its key. Raises NotFound."""
    found = get_evidence(actor, code)
    return object_store().read_link(
        found.object_key,
        seconds=LINK_SECONDS,
        filename=found.filename,
        version=found.object_version or None,
    )


@transaction.atomic
def _record(actor: Actor, evidence: Evidence) -> Evidence:
    evidence.code = allocate("evidence")
    evidence.save(force_insert=True)
    append(
        "evidence.recorded",
        stream=evidence.stream,
        actor=actor.name,
        refs={"organisation": evidence.organisation.stream},
        private={
            "file": {
                "sha256": evidence.sha256,
                "size_bytes": evidence.size_bytes,
                "mime": evidence.mime,
                "filename": evidence.filename,
            }
        },
    )
    return evidence
