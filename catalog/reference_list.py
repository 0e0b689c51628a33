"""Many files that stay in a studio's own bucket: registered by a list, and looked at every day.

Only buckets that the operator gave to the organisation are ever asked, by the name of an object in
them; no address that somebody writes is followed.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, TextChoices
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access import Actor, Permission, require
from accounts.errors import Conflict, DomainError, Invalid, NotFound, Text
from catalog.external_keys import check_key, spellings
from catalog.models import Asset, ReferenceLook, ReferenceState, SourceType, Upload, UploadState
from catalog.object_interface import StoreSilent
from catalog.references import register_reference, source_of
from catalog.titles import get_title
from ledger import edge_code

MOST_ROWS: Final = 500
COLUMNS: Final = ("title", "key", "bucket", "version", "source_type", "kind", "sha256", "filename")
_EVERY: Final = timedelta(days=1)
_AGAIN: Final = timedelta(hours=1)  # after a bucket could not be reached
_LEASE: Final = timedelta(minutes=2)
_AT_ONCE: Final = 50
_UNFINISHED: Final = (UploadState.CHECKING, UploadState.REFUSED)


class Standing(TextChoices):
    """How a reference stands: on its way in, or a file as it was found at the last look."""

    CHECKING = "checking", _("Being hashed")
    REFUSED = "refused", _("Refused")
    VERIFIED = ReferenceState.VERIFIED.value, ReferenceState.VERIFIED.label
    CHANGED = ReferenceState.CHANGED.value, ReferenceState.CHANGED.label
    GONE = ReferenceState.GONE.value, ReferenceState.GONE.label
    UNREACHABLE = ReferenceState.UNREACHABLE.value, ReferenceState.UNREACHABLE.label


@dataclass
class Registered:
    """What became of a list: how many are being hashed, how many were known, and which lines were
    refused, with why."""

    new: int = 0
    known: int = 0
    refused: list[tuple[int, str, Text]] = field(default_factory=list)  # line, key, reason


def buckets_of(actor: Actor) -> list[str]:
    """Return the buckets that the operator gave to the actor's organisation."""
    code = actor.organisation.code if actor.organisation else None
    return sorted(name for name, owner in settings.ENV.external_buckets.items() if owner == code)


def register_list(*, actor: Actor, lines: Iterable[str], defaults: Mapping[str, str]) -> Registered:
    """Register the objects that a CSV file names, a header of COLUMNS first; `title` and `key`
    are needed, what is left out is as in `defaults`. A line that is refused stops no other.

    Raises Invalid("file") for what is no such list, or more than MOST_ROWS lines.
    """
    require(actor, Permission.EDIT_TITLES)
    rows = _rows(lines)
    result = Registered()
    silent: dict[str, StoreSilent] = {}  # by bucket: asked once, not once for every line
    for number, row in rows:
        given = {**defaults, **{name: value for name, value in row.items() if value}}
        bucket = given.get("bucket", "")
        try:
            if bucket in silent:
                raise silent[bucket]
            _register(actor, given, result)
        except StoreSilent as refusal:
            silent[bucket] = refusal
            result.refused.append((number, given.get("key", ""), refusal.message))
        except NotFound:
            result.refused.append((number, given.get("key", ""), _("There is no such title.")))
        except DomainError as refusal:
            result.refused.append((number, given.get("key", ""), refusal.message))
    return result


def _rows(lines: Iterable[str]) -> list[tuple[int, dict[str, str]]]:
    """Return (line, cells) of a list; a mark of byte order and blanks around names are allowed."""
    try:
        return list(_read(lines))
    except (csv.Error, UnicodeDecodeError):
        raise Invalid("file", _("This is not a CSV file in UTF-8.")) from None


def _read(lines: Iterable[str]) -> Iterator[tuple[int, dict[str, str]]]:
    reader = csv.reader(lines, strict=True)
    header = [name.strip().lstrip("\ufeff").casefold() for name in next(reader, [])]
    if unknown := [name for name in header if name not in COLUMNS]:
        raise Invalid(
            "file",
            _("“%(name)s” is no column of a list; use %(columns)s.")
            % {"name": unknown[0][:40], "columns": ", ".join(COLUMNS)},
        )
    if not {"title", "key"} <= set(header):
        raise Invalid("file", _("The first line names the columns; title and key are needed."))
    count = 0
    for cells in reader:
        if not any(cells):
            continue
        count += 1
        if count > MOST_ROWS:
            raise Invalid(
                "file", _("Send at most %(limit)d lines in a file.") % {"limit": MOST_ROWS}
            )
        yield reader.line_num, dict(zip(header, cells, strict=False))


def _register(actor: Actor, given: Mapping[str, str], result: Registered) -> None:
    try:
        title = get_title(actor, edge_code.parse(given["title"]))
    except ValueError:
        raise NotFound from None
    bucket = given.get("bucket", "")
    check_key(given.get("key", ""))
    same = {"external_bucket": bucket, "object_key__in": spellings(given.get("key", ""))}
    version = {"external_version": given["version"]} if given.get("version") else {}
    pending = Upload.objects.filter(title=title, state=UploadState.CHECKING, **same, **version)
    if pending.exists() or _stands(Asset.objects.filter(title=title, **same, **version)):
        result.known += 1
        return
    register_reference(
        actor=actor,
        owner=title,
        bucket=bucket,
        key=given.get("key", ""),
        source_type=given.get("source_type") or SourceType.DIGITAL_CAPTURE,
        version=given.get("version", ""),
        filename=given.get("filename", ""),
        kind=given.get("kind", ""),
        sha256=given.get("sha256", ""),
    )
    result.new += 1


def _stands(assets: QuerySet[Asset]) -> bool:
    """Whether one of these files is still the one that was registered, by its last look."""
    fine = Q(look__isnull=True) | Q(look__state=ReferenceState.VERIFIED)
    return assets.filter(fine).exists()


def references_of(actor: Actor) -> QuerySet[Asset]:
    """Return the files of the organisation that lie in buckets of its own."""
    mine = Asset.objects.visible_to(actor).exclude(external_bucket="")
    return mine.select_related("title", "look")


def standing_of(actor: Actor) -> dict[str, int]:
    """Return how many of these files stood how at their last look (a ReferenceState)."""
    # Greater than nothing, and not other than nothing: so an index answers.
    mine = Asset.objects.visible_to(actor).filter(external_bucket__gt="")
    looked = mine.filter(look__isnull=False).order_by().values_list("look__state")
    counts: dict[str, int] = dict(looked.annotate(Count("pk")))
    verified = ReferenceState.VERIFIED.value
    others = sum(count for state, count in counts.items() if state != verified)
    return counts | {verified: mine.count() - others}


def unfinished_of(actor: Actor) -> QuerySet[Upload]:
    """Return the references that are being hashed, or were refused."""
    mine = Upload.objects.visible_to(actor).exclude(external_bucket="")
    return mine.filter(state__in=_UNFINISHED).select_related("title")


def registrations_of(actor: Actor, standing: str = "") -> QuerySet[Upload]:
    """Return the references of the organisation, or those that stand so (a Standing): what is being
    hashed or was refused, and each file in a bucket of its own once, as it was last registered."""
    mine = Upload.objects.visible_to(actor).exclude(external_bucket="")
    again = Upload.objects.exclude(external_bucket="").filter(
        asset=OuterRef("asset"), pk__gt=OuterRef("pk")
    )
    files = Q(state=UploadState.DONE) & ~Q(asset__external_bucket="") & ~Exists(again)
    match standing:
        case "":
            return mine.filter(files | Q(state__in=_UNFINISHED))
        case Standing.CHECKING | Standing.REFUSED:
            return mine.filter(state=standing)
        case Standing.VERIFIED:
            return mine.filter(files, Q(asset__look=None) | Q(asset__look__state=standing))
    return mine.filter(files, asset__look__state=standing)


def look_soon(*, actor: Actor, code: str) -> None:
    """Let a file be looked at next. Raises NotFound."""
    require(actor, Permission.EDIT_TITLES)
    asset = references_of(actor).filter(code=code).first()
    if asset is None:
        raise NotFound
    ReferenceLook.objects.filter(asset=asset).update(due_at=timezone.now())


def look_pending() -> int:
    """Look at files in buckets of others that are due; return how many. Nothing is read of them."""
    new = Asset.objects.exclude(external_bucket="").filter(look__isnull=True)
    found = ReferenceLook.objects
    found.bulk_create(
        [ReferenceLook(asset=asset) for asset in new[:_AT_ONCE]], ignore_conflicts=True
    )
    now = timezone.now()
    due = found.filter(due_at__lte=now).select_related("asset").order_by("due_at")
    done = 0
    for look in due[:_AT_ONCE]:
        mine = found.filter(pk=look.pk, due_at=look.due_at)
        if not mine.update(due_at=now + _LEASE):
            continue
        state = _state(look.asset)
        wait = _AGAIN if state == ReferenceState.UNREACHABLE else _EVERY
        found.filter(pk=look.pk).update(
            state=state, looked_at=timezone.now(), due_at=timezone.now() + wait
        )
        done += 1
    return done


def _state(asset: Asset) -> ReferenceState:
    source = source_of(asset)
    try:
        source.facts(asset.object_key)
    except Conflict:
        return ReferenceState.CHANGED
    except FileNotFoundError:
        return ReferenceState.GONE
    except OSError:
        return ReferenceState.UNREACHABLE
    return ReferenceState.VERIFIED
