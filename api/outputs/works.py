"""What the API says about works among works, people and documents."""

from rest_framework import serializers

from api.fields import word
from api.outputs.catalog import JsonObject, Title, TranslatedName, strings
from api.shapes import Output, apart, made
from catalog.models import CreditRole, NameKind, PartyKind, Scheme, Technique


class Name(TranslatedName):
    kind = word(NameKind)


class Identifier(Output):
    scheme = word(Scheme)
    value = serializers.CharField()
    verified = serializers.BooleanField(
        help_text="False: it fails its check, is kept apart, and identifies nothing."
    )


class CreditedParty(Output):
    code = serializers.CharField()
    kind = word(PartyKind)
    name = serializers.CharField()


class Credit(Output):
    party = CreditedParty()
    role = word(CreditRole)
    character = serializers.CharField()
    position = serializers.IntegerField()


class TitleDetail(Title):
    released_on = serializers.DateField(allow_null=True)
    runtime_ms = serializers.IntegerField(allow_null=True)
    technique = made(word(Technique, allow_null=True), lambda word: word or None, "technique")
    genres = strings()
    countries = strings(help_text="Of production.")
    spoken = strings(help_text="BCP 47.")
    certifications = serializers.ListField(child=JsonObject())
    parent = serializers.CharField(  # type: ignore[assignment]
        source="parent__code", allow_null=True
    )
    number = serializers.IntegerField(allow_null=True)
    canonical = serializers.CharField(
        source="canonical__code",
        allow_null=True,
        help_text="The title that speaks for both, where this one is a duplicate.",
    )
    names = apart(Name(many=True))
    identifiers = apart(Identifier(many=True))
    credits = apart(Credit(many=True))
    duplicates = apart(strings(help_text="Titles recorded as the same work as this one."))
    split_off = apart(strings(help_text="Titles that once were duplicates of it and are not now."))
    split_from = apart(strings(help_text="Titles of which it once was a duplicate and is not now."))
    parts = apart(serializers.IntegerField(help_text="How many works are part of this one."))


class PersonOrCompany(Output):
    code = serializers.CharField()
    kind = word(PartyKind)
    name = serializers.CharField()
    names = JsonObject(help_text="Names in other languages, by language tag.")
    eidr = serializers.CharField(allow_null=True)
    isni = serializers.CharField(allow_null=True)
    canonical = serializers.CharField(
        source="canonical__code",
        allow_null=True,
        help_text="The party that speaks for this one, where it is a duplicate.",
    )
    created_at = serializers.DateTimeField()


class Link(Output):
    """An address that gives a file out to whoever has it, for a short time."""

    url = serializers.URLField()
    expires_at = serializers.DateTimeField()


class Evidence(Output):
    """A document that facts rest on."""

    code = serializers.CharField()
    filename = serializers.CharField()
    mime = serializers.CharField()
    size_bytes = serializers.IntegerField()
    sha256 = serializers.CharField()
    created_at = serializers.DateTimeField()
