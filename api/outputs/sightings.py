"""What the API says about sightings."""

from rest_framework import serializers

from api.fields import word
from api.outputs.accounts import Party
from api.shapes import Output, made
from provenance.models import Answer, Matched, SightingState


def _where_known(code: str | None, names_file: bool | None) -> str | None:
    return code if names_file else None


class Told(Output):
    """What a reporter hears. Empty, but for the headline, where the rest is for the licensor."""

    code = serializers.CharField()
    matched = serializers.CharField(help_text="By what the file is known, or empty.")
    answer = serializers.CharField(
        help_text="`authorised`, `outside_scope`, `unclear`, `unknown` or empty."
    )
    term = serializers.CharField(
        help_text="Of the licence, that it is outside of or cannot be told by; or empty."
    )
    headline = serializers.CharField()


class Sighting(Output):
    """A file or a licensee's work that was seen somewhere, for its licensor and, of its copy or its
    work, for the licensee."""

    code = serializers.CharField()
    state = word(SightingState)
    matched = word(Matched)
    answer = word(Answer)
    term = serializers.CharField(
        help_text="`licence`, `revocation`, `term`, `consent`, `extent`, `use`, `model`,"
        " `territory`, `claims`, `dispute`, or empty."
    )
    platform = serializers.CharField()
    link = serializers.CharField(help_text="As it was reported; nobody has followed it.")
    seen_at = serializers.DateTimeField()
    use = serializers.CharField()
    territory = serializers.CharField()
    model_kind = serializers.CharField()
    is_contested = serializers.BooleanField(
        help_text="Whether others have registered the same content, or declared it as their work."
    )
    asset = made(
        serializers.CharField(
            allow_null=True,
            help_text="The registered file. Null of a licensee's work that is no copy of one, and"
            " for its maker where that has not licensed the file.",
        ),
        _where_known,
        "asset__code",
        "names_file",
    )
    output = serializers.CharField(
        source="output__code", allow_null=True, help_text="The work that was seen."
    )
    grant = made(
        serializers.CharField(allow_null=True, help_text="Of a work, the licensor's first."),
        _where_known,
        "grant__code",
        "names_file",
    )
    consent = serializers.CharField(
        source="consent__code", allow_null=True, help_text="Of a work, the performer's first."
    )
    licensor = Party()
    licensee = Party(allow_null=True)
    reported_at = serializers.DateTimeField()
    reason = serializers.CharField(help_text="Why the licensor decided so; else empty.")
    decided_at = serializers.DateTimeField(allow_null=True)
