"""What the API says of rule tables, and of what they leave to a person."""

from rest_framework import serializers

from api.fields import word
from api.outputs.catalog import JsonObject
from api.shapes import Output
from licensing.models import RuleTable


class Rule(Output):
    """A recorded row of your own; the last one recorded counts for the days it speaks of."""

    code = serializers.CharField()
    table = word(RuleTable)
    key = serializers.CharField()
    body = JsonObject(allow_null=True)
    valid_from = serializers.DateField(allow_null=True)
    valid_until = serializers.DateField(allow_null=True)
    source = serializers.CharField()  # type: ignore[assignment] # a field, not what it is read from
    note = serializers.CharField()
    supersedes = serializers.CharField(source="supersedes__code", allow_null=True)
    recorded_at = serializers.DateTimeField()


class Question(Output):
    """A reason for review that a work has; of one work and reason there is one of the library, and
    one of each deal that asks."""

    title = serializers.CharField(source="title__code", allow_null=True)
    likeness = serializers.CharField(source="likeness__code", allow_null=True)
    reason = serializers.CharField()
    deal = serializers.CharField(source="deal__code", allow_null=True)
    since = serializers.DateTimeField()


class LikenessOpinion(Output):
    """What counsel says of consents to a likeness."""

    code = serializers.CharField()
    likeness = serializers.CharField(source="likeness__code")
    body = JsonObject(
        help_text="As the clearance contract writes a counsel_opinion; `about`: consents."
    )
    document = serializers.CharField()
    clause = serializers.CharField()
    note = serializers.CharField()
    evidence = serializers.CharField(source="evidence__sha256")
    recorded_at = serializers.DateTimeField()
    superseded_at = serializers.DateTimeField(allow_null=True)


class RuleInForce(Output):
    table = word(RuleTable)
    key = serializers.CharField()
    body = JsonObject()
    source = serializers.CharField()  # type: ignore[assignment] # a field, not what it is read from
    as_of = serializers.CharField(help_text="When our row was compared with its source.")
    confirmed = serializers.BooleanField()
    code = serializers.CharField(allow_null=True, help_text="Of your own row; null for ours.")


class RulesInForce(Output):
    version = serializers.CharField(help_text="SHA-256 of all tables in canonical form.")
    rows = RuleInForce(many=True)
