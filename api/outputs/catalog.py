"""What the API says about titles, files, rights, performers and consents."""

from datetime import datetime
from typing import Any
from urllib.parse import quote

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.fields import Territory, word, words
from api.outputs.accounts import Party
from api.shapes import Output, made
from catalog.models import AssetKind, Attribute, FactKind, SourceType, TitleKind, WorkState


@extend_schema_field(OpenApiTypes.OBJECT)
class JsonObject(serializers.Field[Any, Any, Any, Any]):
    """An object whose members its own documentation lists."""


def strings(**kwargs: Any) -> serializers.ListField:
    return serializers.ListField(child=serializers.CharField(), **kwargs)


def picture_address(code: str, key: str, picture: str) -> str | None:
    """Return where an asset's poster or preview is, or None while there is none."""
    return f"/api/v1/assets/{quote(code)}/{picture}" if key else None


def poster_address(code: str, key: str) -> str | None:
    return picture_address(code, key, "poster")


def sheet_address(code: str, key: str) -> str | None:
    return picture_address(code, key, "contact-sheet")


def preview_address(code: str, key: str) -> str | None:
    return picture_address(code, key, "preview")


def earliest(*ends: datetime | None) -> datetime | None:
    return min((each for each in ends if each is not None), default=None)


def owner_of(*values: str | None) -> dict[str, str | None]:
    """Return what a file or an offer is of, from the columns OWNER names."""
    title, kind, name, likeness, description, person = values
    if title is not None:
        return {"code": title, "kind": kind, "name": name}
    return {"code": likeness, "kind": "likeness", "name": f"{person} · {description}"}


OWNER = (
    "title__code",
    "title__kind",
    "title__name",
    "likeness__code",
    "likeness__description",
    "likeness__performer__name",
)


class Owner(Output):
    """The title or likeness that something belongs to."""

    code = serializers.CharField()
    kind = serializers.CharField(help_text="A title's kind, or `likeness`.")
    name = serializers.CharField()


class Title(Output):
    code = serializers.CharField()
    kind = word(TitleKind)
    name = serializers.CharField(help_text="The original name, in `language`.")
    language = serializers.CharField(help_text="BCP 47.")
    year = serializers.IntegerField(allow_null=True)
    eidr = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()


class TranslatedName(Output):
    language = serializers.CharField()
    name = serializers.CharField()


class RegisteredTitles(Output):
    codes = strings(help_text="In the order of the titles sent.")


class Asset(Output):
    code = serializers.CharField()
    of = made(Owner(), owner_of, *OWNER)
    kind = word(AssetKind)
    source_type = word(SourceType)
    filename = serializers.CharField()
    mime = serializers.CharField()
    size_bytes = serializers.IntegerField()
    sha256 = serializers.CharField()
    facts = JsonObject(help_text="What was found inside: container, codecs, duration, size.")
    pictures_state = word(WorkState)
    poster_url = made(serializers.CharField(allow_null=True), poster_address, "code", "poster_key")
    contact_sheet_url = made(
        serializers.CharField(allow_null=True), sheet_address, "code", "sheet_key"
    )
    preview_url = made(
        serializers.CharField(allow_null=True), preview_address, "code", "preview_key"
    )
    created_at = serializers.DateTimeField()


class Fact(Output):
    """What is recorded of the rights in a title."""

    code = serializers.CharField()
    title = serializers.CharField(source="title__code")
    kind = word(FactKind)
    body = JsonObject(help_text="The fields of its kind, as the clearance contract writes them.")
    starts_at = serializers.DateTimeField(allow_null=True)
    ends_at = serializers.DateTimeField(allow_null=True, help_text="The first instant after.")
    document = serializers.CharField()
    clause = serializers.CharField()
    note = serializers.CharField()
    evidence = serializers.CharField(source="evidence__sha256", allow_null=True)
    corrects = serializers.CharField(source="corrects__code", allow_null=True)
    recorded_at = serializers.DateTimeField()
    superseded_at = serializers.DateTimeField(allow_null=True)


class Performer(Output):
    code = serializers.CharField()
    name = serializers.CharField()
    born = serializers.DateField(allow_null=True)
    created_at = serializers.DateTimeField()


class PerformerName(Output):
    code = serializers.CharField()
    name = serializers.CharField()


class Likeness(Output):
    code = serializers.CharField()
    performer = PerformerName()
    attributes = words(Attribute)
    description = serializers.CharField()
    created_at = serializers.DateTimeField()


class Consent(Output):
    code = serializers.CharField()
    likeness = serializers.CharField(source="likeness__code")
    grantee = Party(allow_null=True, help_text="Null: any lab.")
    uses = strings()
    attributes = words(Attribute)
    model_kinds = strings(help_text="Empty: all.")
    territory = Territory()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField(allow_null=True)
    description = serializers.CharField()
    document = serializers.CharField()
    max_outputs = serializers.IntegerField(allow_null=True)
    recorded_at = serializers.DateTimeField()
    withdrawn_at = serializers.DateTimeField(
        allow_null=True,
        help_text="From when it is withdrawn or replaced: in the future while notice runs.",
    )
    notice_at = serializers.DateTimeField(allow_null=True, help_text="When notice was given.")
    stops_at = serializers.DateTimeField(
        allow_null=True,
        help_text="When a rule ends it, whatever its term: majority, death. Null says nothing of"
        " its term or of a notice: `over_at` counts all three.",
    )
    over_at = made(
        serializers.DateTimeField(
            allow_null=True,
            help_text="The first of `ends_at`, `stops_at` and `withdrawn_at`: from then on nothing"
            " rests on it. Null: no end is known.",
        ),
        earliest,
        "ends_at",
        "stops_at",
        "withdrawn_at",
    )
