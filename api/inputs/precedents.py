"""What callers say of a deal that they want to compare."""

from rest_framework import serializers

from api.fields import Input, Text, word
from catalog.models import TitleKind
from licensing.precedents.buckets import MODALITIES, TERMS, USES


class PrecedentsQuery(Input):
    modality = serializers.ChoiceField(MODALITIES)
    exclusivity = serializers.ChoiceField(("non_exclusive", "exclusive"), default="non_exclusive")
    use = serializers.ChoiceField(USES, required=False, help_text="Left out: any.")
    term = serializers.ChoiceField(
        TERMS, required=False, help_text="Up to a year, up to three, or longer; left out: any."
    )
    kind = word(TitleKind, required=False)
    currency = Text(max_length=3, required=False, help_text="Left out: any, never mixed.")
