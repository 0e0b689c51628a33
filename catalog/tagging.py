"""What people and taggers say that a shot shows. A tagger is any program that says its name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access import Actor
from accounts.errors import Invalid, NotFound
from accounts.text import check_name
from catalog.assets import require_upload, touch_file
from catalog.models import Asset, Shot, ShotTag

MAX_TAGS = 5000
MAX_TAGS_OF_SHOT = 200
MAX_TAG = 60
_MOST_SHOTS = 2**31 - 1  # no file has so many; a larger number is no number to a database


@dataclass(frozen=True)
class Tagging:
    """A word for the shot of that number; `confidence_percent` as a tagger gives it."""

    shot: int
    tag: str
    confidence_percent: int | None = None


def find_asset(actor: Actor, code: str) -> Asset:
    """Return the actor's own file, or raise NotFound."""
    mine = Asset.objects.visible_to(actor).select_related("title", "likeness__performer")
    asset = mine.filter(code=code).first()
    if asset is None:
        raise NotFound
    return asset


def thumbnail_key(assets: QuerySet[Asset], number: int) -> str:
    """Return where the thumbnail of that shot of one of the files is kept, or raise NotFound."""
    found = Shot.objects.filter(asset__in=assets, number=min(number, _MOST_SHOTS))
    key = found.values_list("thumbnail_key", flat=True).first()
    if not key:
        raise NotFound
    return key


def shots_with_tag(asset: Asset, tag: str) -> QuerySet[Shot]:
    """Return the file's shots, or those of them that anybody gave this tag."""
    shots = asset.shots.order_by("number")
    return shots.filter(tags__tag=_plain(tag)).distinct() if tag.strip() else shots


@transaction.atomic
def tag_shots(*, actor: Actor, asset: Asset, taggings: Sequence[Tagging], tagger: str = "") -> int:
    """Keep what is said of the file's shots, all of it or nothing; return how many tags.

    The same said again is kept once, with the newest confidence. Without `tagger` a person
    says it. Raises Invalid naming the tag, NotAllowed, NotFound.
    """
    require_upload(actor, asset.owner)
    tagger = check_name("tagger", tagger, MAX_TAG) if tagger else ""
    if not 1 <= len(taggings) <= MAX_TAGS:
        raise Invalid("tags", _("Send 1 to %(most)s tags at a time.") % {"most": MAX_TAGS})
    numbers = {tagging.shot for tagging in taggings}
    shots = {shot.number: shot for shot in _some(asset, numbers)}
    now = timezone.now()
    rows: dict[tuple[int, str], ShotTag] = {}
    for index, tagging in enumerate(taggings):
        if (shot := shots.get(tagging.shot)) is None:
            raise Invalid(
                f"tags[{index}].shot",
                _("The file has no shot %(number)s.") % {"number": tagging.shot},
            )
        if tagging.confidence_percent is not None and not 0 <= tagging.confidence_percent <= 100:
            raise Invalid(f"tags[{index}].confidence_percent", _("Give 0 to 100."))
        tag = check_name(f"tags[{index}].tag", _plain(tagging.tag), MAX_TAG)
        rows[tagging.shot, tag] = ShotTag(
            shot=shot,
            tag=tag,
            tagger=tagger,
            person=None if tagger else actor.user,
            confidence_percent=tagging.confidence_percent,
            tagged_at=now,
        )
    ShotTag.objects.bulk_create(
        rows.values(),
        batch_size=1000,
        update_conflicts=True,
        unique_fields=["shot", "tag", "tagger"],
        update_fields=["confidence_percent", "tagged_at", "person"],
    )
    _check_room(asset, shots)  # after it: what goes too far is rolled back
    touch_file(asset)
    return len(rows)


@transaction.atomic
def untag_shot(*, actor: Actor, asset: Asset, number: int, tag: str, tagger: str = "") -> None:
    """Take a tag back; one that is not there is no error."""
    require_upload(actor, asset.owner)
    shots = asset.shots.filter(number=min(number, _MOST_SHOTS))
    said = ShotTag.objects.filter(shot__in=shots, tag=_plain(tag))
    said.filter(tagger=tagger).delete()
    touch_file(asset)


def _plain(tag: str) -> str:
    return " ".join(tag.lower().split())


def _some(asset: Asset, numbers: set[int]) -> list[Shot]:
    wanted = sorted(number for number in numbers if 0 < number < _MOST_SHOTS)
    return [
        shot
        for at in range(0, len(wanted), 500)
        for shot in asset.shots.filter(number__in=wanted[at : at + 500])
    ]


def _check_room(asset: Asset, shots: Mapping[int, Shot]) -> None:
    """Raise Invalid where a shot has more tags now than anybody reads."""
    full = (
        ShotTag.objects.filter(shot__asset=asset, shot__number__lte=max(shots))
        .values("shot__number")
        .annotate(said=Count("pk"))
        .filter(said__gt=MAX_TAGS_OF_SHOT)
    )
    for row in full:
        raise Invalid(
            "tags",
            _("Shot %(number)s would have more than %(most)s tags.")
            % {"number": row["shot__number"], "most": MAX_TAGS_OF_SHOT},
        )
