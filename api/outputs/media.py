"""What the API says about uploads, shots and transcripts."""

from typing import Any
from urllib.parse import quote

from rest_framework import serializers

from api.fields import word
from api.outputs.catalog import OWNER, JsonObject, Owner, owner_of
from api.shapes import Output, apart, made
from catalog.models import AssetKind, BeginsWith, SourceType, UploadState, WorkState
from catalog.reference_list import Standing


def _or_none(text: str) -> str | None:
    return text or None


def _first(value: Any, otherwise: Any) -> Any:
    return value or otherwise


def _standing(state: str, look: str | None) -> str:
    """Return how a reference stands; a file that nobody has looked at yet is as it was hashed."""
    return look or Standing.VERIFIED if state == UploadState.DONE else state


def thumbnail_address(code: str, number: int, key: str) -> str | None:
    """Return where a shot's thumbnail is, or None where there is none."""
    return f"/api/v1/assets/{quote(code)}/shots/{number}/thumbnail" if key else None


class Upload(Output):
    """A file on its way in, or what became of it."""

    code = serializers.CharField()
    of = made(Owner(), owner_of, *OWNER)
    filename = serializers.CharField()
    source_type = word(SourceType)
    kind = made(word(AssetKind, allow_null=True), _or_none, "kind")
    sha256 = made(serializers.CharField(allow_null=True), _or_none, "declared_sha256")
    size_bytes = serializers.IntegerField()
    part_bytes = serializers.IntegerField(help_text="The length of every part but the last.")
    part_count = made(
        serializers.IntegerField(), lambda size, part: -(-size // part), "size_bytes", "part_bytes"
    )
    state = word(UploadState)
    reason = serializers.CharField(help_text="Why it was refused or given up; else empty.")
    checked_bytes = serializers.IntegerField(help_text="How much of it was hashed so far.")
    asset = serializers.CharField(
        source="asset__code", allow_null=True, help_text="The file, once it is registered."
    )
    is_copy = made(
        serializers.BooleanField(help_text="The file was there already, to the last byte."),
        lambda registered, begun: registered is not None and registered < begun,
        "asset__created_at",
        "begun_at",
    )
    begun_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(help_text="Given up then, unless a part comes before.")


class Reference(Output):
    """A file that stays in a bucket of the organisation's own, as it was last registered."""

    code = serializers.CharField(help_text="Of the registration.")
    title = serializers.CharField(source="title__code")
    bucket = serializers.CharField(source="external_bucket")
    key = made(serializers.CharField(), _first, "asset__object_key", "object_key")
    version = made(
        serializers.CharField(help_text="Empty in a bucket without versions."),
        lambda asset, of_file, first: first if asset is None else of_file,
        "asset",
        "asset__external_version",
        "external_version",
    )
    size_bytes = serializers.IntegerField()
    state = made(word(Standing), _standing, "state", "asset__look__state")
    reason = serializers.CharField(help_text="Why it was refused; else empty.")
    checked_bytes = serializers.IntegerField(help_text="How much of it was hashed so far.")
    asset = serializers.CharField(
        source="asset__code", allow_null=True, help_text="The file, once it is hashed."
    )
    looked_at = made(
        serializers.DateTimeField(allow_null=True, help_text="When it was last found so."),
        _first,
        "asset__look__looked_at",
        "asset__created_at",
    )
    begun_at = serializers.DateTimeField()


class UploadPart(Output):
    number = serializers.IntegerField()
    sha256 = serializers.CharField()
    is_in = serializers.BooleanField()


class UploadDetail(Upload):
    parts = apart(UploadPart(many=True))


class PartLink(Output):
    number = serializers.IntegerField()
    method = serializers.CharField()
    url = serializers.CharField(help_text="Absolute; of this site or of the bucket.")
    headers = JsonObject(help_text="To be sent as they are.")


class PartLinks(Output):
    parts = PartLink(many=True)


class ShotTag(Output):
    tag = serializers.CharField()
    tagger = made(
        serializers.CharField(
            allow_null=True, help_text="The program that says so; null: a person."
        ),
        _or_none,
        "tagger",
    )
    confidence_percent = serializers.IntegerField(allow_null=True)
    tagged_at = serializers.DateTimeField()


class Shot(Output):
    """What is between two changes of picture, in microseconds from the film's beginning."""

    number = serializers.IntegerField()
    start_us = serializers.IntegerField()
    end_us = serializers.IntegerField(help_text="The first that is not in it.")
    first_frame = serializers.IntegerField()
    frames = serializers.IntegerField()
    begins_with = word(BeginsWith)
    brightness = serializers.IntegerField(help_text="0 to 255.")
    motion = serializers.IntegerField(help_text="How far the picture changes in a second.")
    loudness_tenths = serializers.IntegerField(
        allow_null=True, help_text="Tenths of a dB below full scale; null without sound."
    )
    has_speech = serializers.BooleanField(allow_null=True)
    thumbnail_url = made(
        serializers.CharField(allow_null=True),
        thumbnail_address,
        "asset__code",
        "number",
        "thumbnail_key",
    )
    tags = apart(ShotTag(many=True))


class KeptTags(Output):
    kept = serializers.IntegerField()


class Reading(Output):
    """What reading the whole file found."""

    state = word(WorkState)
    detector = serializers.CharField(help_text="Which version found the shots.")
    duration_us = serializers.IntegerField(allow_null=True, help_text="As decoded.")
    is_whole = serializers.BooleanField(
        allow_null=True, help_text="False: the data ends before the file says."
    )
    shot_count = serializers.IntegerField()
    peaks = made(
        serializers.ListField(
            child=serializers.IntegerField(),
            allow_null=True,
            help_text="The loudest moment, 0 to 255, of equal pieces; null without sound.",
        ),
        lambda peaks: None if peaks is None else list(peaks),
        "peaks",
    )


class Transcript(Output):
    language = serializers.CharField()
    filename = serializers.CharField()
    sha256 = serializers.CharField()
    left_out = serializers.IntegerField(help_text="Cues that could not be used.")
    reasons = made(
        serializers.ListField(
            child=serializers.CharField(), help_text="The line and why, of the first of them."
        ),
        lambda reasons: [f"{line}: {reason}" for line, reason in reasons],
        "reasons",
    )
    imported_at = serializers.DateTimeField()


class Cue(Output):
    number = serializers.IntegerField()
    start_ms = serializers.IntegerField()
    end_ms = serializers.IntegerField()
    speaker = made(serializers.CharField(allow_null=True), _or_none, "speaker")
    text = serializers.CharField()
