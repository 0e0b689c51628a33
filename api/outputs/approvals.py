"""What the API gives about who approves deals."""

from rest_framework import serializers

from api.shapes import Output


class ApprovalPolicy(Output):
    """Who approves deals; the newest counts."""

    number = serializers.IntegerField()
    currency = serializers.CharField()
    two_above_minor = serializers.IntegerField(allow_null=True)
    role_above_minor = serializers.IntegerField(allow_null=True)
    role = serializers.CharField()
    not_publisher = serializers.BooleanField()
    recorded_at = serializers.DateTimeField()


class GivenApproval(Output):
    role = serializers.CharField()
    given_at = serializers.DateTimeField()


class DealApprovals(Output):
    """Who of the licensor has approved, by role, and how many are missing; to the licensor alone.
    `missing` is null where nothing can be approved now."""

    needed = serializers.IntegerField(allow_null=True)
    missing = serializers.IntegerField(allow_null=True)
    role = serializers.CharField(help_text="Which one of them has to have; empty: any.")
    weighed_minor = serializers.IntegerField(
        allow_null=True,
        help_text="What the limits of the policy are compared with: the price, of an amendment"
        " with all that was paid before.",
    )
    given = GivenApproval(many=True)
