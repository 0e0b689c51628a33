"""What the API says about certificates."""

from rest_framework import serializers

from api.outputs.catalog import JsonObject
from api.outputs.provenance import GrantStatus
from api.shapes import Output


class Certificate(Output):
    """A certificate as its maker sees it: whoever has `url` reads what it says."""

    code = serializers.CharField()
    grant = serializers.CharField()
    url = serializers.CharField(help_text="The page that the square code on the paper leads to.")
    api_url = serializers.CharField()
    made_at = serializers.DateTimeField()
    withdrawn_at = serializers.DateTimeField(allow_null=True)
    statement = JsonObject(help_text="What it says; the log commits to the SHA-256 of it.")


class ShownCertificate(Output):
    """A certificate as whoever holds it sees it."""

    code = serializers.CharField()
    withdrawn_at = serializers.DateTimeField(allow_null=True)
    grant_status = GrantStatus()
    statement = JsonObject(allow_null=True, help_text="Null once it is withdrawn.")
