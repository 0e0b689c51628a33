"""What the API says of comparable deals."""

from rest_framework import serializers

from api.shapes import Output

_ANY = "Null: any."


class Cell(Output):
    """Deals that were published together: the median of their licensors' prices, and the half of
    them around it, in steps of about a quarter."""

    modality = serializers.CharField()
    currency = serializers.CharField()
    exclusivity = serializers.CharField()
    use = serializers.CharField(allow_null=True, help_text=_ANY)
    term = serializers.CharField(allow_null=True, help_text=_ANY)
    kind = serializers.CharField(allow_null=True, help_text=_ANY)
    per = serializers.CharField(help_text="What the prices are for: a minute or a file.")
    deals = serializers.IntegerField()
    licensors = serializers.IntegerField()
    low_minor = serializers.IntegerField()
    median_minor = serializers.IntegerField()
    high_minor = serializers.IntegerField()


class FoundCell(Cell):
    month = serializers.CharField(help_text="Of the release, such as 2026-11.")


class Comparable(Output):
    found = FoundCell(many=True, help_text="Empty: not enough comparable deals were published.")


class Release(Output):
    schema = serializers.CharField()
    month = serializers.CharField()
    cells = Cell(many=True)
