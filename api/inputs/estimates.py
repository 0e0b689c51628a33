"""The terms that a lab tries, or asks for instead of those of its draft."""

from api.fields import Input, Instant, Territory, Words, word, words
from licensing.models import Exclusivity, ModelKind


class Terms(Input):
    uses = Words()
    model_kinds = words(ModelKind)
    territory = Territory()
    starts_at = Instant()
    ends_at = Instant(allow_null=True, help_text="The first instant after; null: perpetual.")
    exclusivity = word(Exclusivity)
