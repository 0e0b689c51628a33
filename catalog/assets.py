"""Taking a verified file into the catalogue."""

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access import Actor, Permission, require
from accounts.errors import Invalid, NotFound
from accounts.text import check_name
from catalog.intake import Intake
from catalog.models import Asset, AssetKind, Likeness, MediaReading, SourceType, Title
from catalog.moved import is_astray, move
from catalog.objects import object_store
from catalog.probe import MediaFacts, probe
from catalog.sealing import PREFIX
from ledger.append import append

type Owner = Title | Likeness

# What a file may stand for, by what was found inside it.
_KINDS = {
    "video": {AssetKind.PICTURE},
    "audio": {AssetKind.AUDIO},
    "image": {AssetKind.STILL},
    "text": {AssetKind.SUBTITLES, AssetKind.SCRIPT},
}

# Films and sounds: read once more by a worker, for their shots.
_PLAYED = {AssetKind.PICTURE, AssetKind.AUDIO}


def master_key(owner: Owner, sha256: str) -> str:
    """Return where a file is kept, by its hash; what shows a performer is sealed."""
    sealed = PREFIX if isinstance(owner, Likeness) else ""
    return f"{sealed}masters/{owner.code}/{sha256}"


def find_owner(actor: Actor, code: str) -> Owner:
    """Return the actor's title or likeness with this code, or raise NotFound."""
    owner: Owner | None = (
        Title.objects.visible_to(actor).filter(code=code).first()
        or Likeness.objects.visible_to(actor).filter(code=code).first()
    )
    if owner is None:
        raise NotFound
    return owner


def require_upload(actor: Actor, owner: Owner) -> None:
    """Raise NotAllowed unless the actor may add files, NotFound for another organisation's
    title or likeness: asked before a long upload begins."""
    if isinstance(owner, Title):
        organisation, holder = require(actor, Permission.EDIT_TITLES), owner.organisation
    else:
        organisation = require(actor, Permission.EDIT_LIKENESSES)
        holder = owner.performer.organisation
    if holder != organisation:
        raise NotFound


def register_asset(
    *,
    actor: Actor,
    owner: Owner,
    intake: Intake,
    filename: str,
    source_type: str,
    kind: str | None = None,
) -> tuple[Asset, bool]:
    """Verify a received file and register it; return the asset and whether it is new.

    The same bytes twice give the same asset, so an interrupted upload can be repeated; one that
    is astray in its holder's bucket is kept here from then on. The file is examined in a limited
    subprocess before anything is stored. Raises Invalid("file", …) (also as
    catalog.probe.MediaRefused), Invalid("source_type" or "kind", …) or NotAllowed.
    """
    require_upload(actor, owner)
    filename = check_filename(filename)
    check_source_type(source_type)
    object_key = master_key(owner, intake.sha256)
    if (known := same_file(owner, intake.sha256)) is not None:
        if is_astray(known):
            intake.adopt(object_store(), object_key)
            move(known, key=object_key)
        return known, False
    facts = probe(intake.path, filename)
    chosen = choose_kind(facts, kind)
    # Stored under its content's hash: a crash after this line leaves a file nobody refers to,
    # which the next upload of the same bytes takes over.
    intake.adopt(object_store(), object_key)
    draft = Asset(
        kind=chosen,
        source_type=source_type,
        filename=filename,
        mime=facts["mime"],
        size_bytes=intake.size_bytes,
        sha256=intake.sha256,
        object_key=object_key,
        facts=facts,
    )
    return register_verified(owner, draft, actor_name=actor.name)


@transaction.atomic
def register_verified(owner: Owner, asset: Asset, *, actor_name: str) -> tuple[Asset, bool]:
    """Register `asset`, an unsaved row of a file that was examined and is stored.

    Returns the row and True, or the one that holds the same bytes already and False.
    """
    # The owner's row is locked, so two uploads never take the same number.
    type(owner).objects.select_for_update().get(pk=owner.pk)
    if (known := same_file(owner, asset.sha256)) is not None:
        return known, False
    last = owner.assets.aggregate(last=Max("number"))["last"] or 0
    if isinstance(owner, Title):
        asset.title, asset.organisation = owner, owner.organisation
    else:
        asset.likeness, asset.organisation = owner, owner.performer.organisation
    asset.number = last + 1
    asset.code = f"{owner.code}+{asset.number:03d}"
    asset.save(force_insert=True)
    if asset.kind in _PLAYED:
        MediaReading.objects.create(asset=asset)
    append(
        "asset.registered",
        stream=asset.stream,
        actor=actor_name,
        refs={"owner": owner.stream},
        data={"asset_kind": asset.kind},
        private={
            "file": {
                "sha256": asset.sha256,
                "size_bytes": asset.size_bytes,
                "mime": asset.mime,
                "filename": asset.filename,
                "source_type": asset.source_type,
            }
        },
    )
    return asset, True


def same_file(owner: Owner, sha256: str) -> Asset | None:
    """Return the owner's file of this content, or None."""
    return owner.assets.filter(sha256=sha256).first()


def check_filename(filename: str) -> str:
    """Return the name without its folders, or raise Invalid."""
    return check_name("filename", filename.replace("\\", "/").rsplit("/", 1)[-1], 255)


def check_source_type(source_type: str) -> None:
    """Raise Invalid unless it says how the material came to be."""
    if source_type not in SourceType.values:
        raise Invalid(
            "source_type",
            _("Say how the material came to be: %(values)s.")
            % {"values": ", ".join(SourceType.values)},
        )


def choose_kind(facts: MediaFacts, wanted: str | None) -> AssetKind:
    """Return what the file stands for: `wanted`, if its content allows that."""
    possible = _KINDS[facts["kind"]]
    if wanted:
        if wanted not in possible:
            raise Invalid(
                "kind",
                _("The file contains %(found)s, so it can be: %(kinds)s.")
                % {"found": facts["kind"], "kinds": ", ".join(sorted(possible))},
            )
        return AssetKind(wanted)
    if facts["kind"] != "text":
        return next(iter(possible))
    is_timed = facts["mime"] in {"application/x-subrip", "text/vtt"}
    return AssetKind.SUBTITLES if is_timed else AssetKind.SCRIPT


def touch_file(asset: Asset) -> None:
    """Tell those who pull what changed that a file's shots, tags or transcripts did."""
    Asset.objects.filter(pk=asset.pk).update(changed_at=timezone.now())
