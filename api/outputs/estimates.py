"""What the API says of what could be had, and for how much."""

from rest_framework import serializers

from api.outputs.catalog import JsonObject
from api.shapes import Output


class Part(Output):
    files = serializers.IntegerField()
    ms = serializers.IntegerField(help_text="How long they are together.")


class Cost(Output):
    amounts = serializers.DictField(
        child=serializers.IntegerField(), help_text="As offered, in minor units by currency."
    )
    unpriced = serializers.IntegerField(help_text="Files that have no price on offer.")


class Had(Output):
    grantable = Part(help_text="Clear, also on conditions.")
    cost = Cost()


class Share(Had):
    licensor = serializers.CharField()
    code = serializers.CharField(help_text="The licensor's: two may have one name.")
    asked = Part()


class Change(Had):
    term = serializers.CharField(help_text="Which term is another one.")
    to = serializers.JSONField(
        help_text="Of uses and model_kinds: the one left out; of ends_at: years, null: perpetual.",
    )


class Obstacle(Part):
    reason = serializers.CharField()


class Mend(Part):
    action = serializers.CharField(help_text="As `repairs` of a clearance names it.")
    reason = serializers.CharField(help_text="What it mends.")
    cost = serializers.IntegerField(help_text="The effort, from 1 to 9.")


class Estimate(Had):
    as_of = serializers.DateTimeField()
    asked = Part()
    verdicts = JsonObject(help_text="By verdict: files and ms.")
    obstacles = Obstacle(many=True)
    mends = Mend(
        many=True,
        help_text="What could open files that one reason alone holds up: the most ms for the least"
        " cost first.",
    )
    licensors = Share(many=True)
    changes = Change(many=True, help_text="The same with one term changed.")
