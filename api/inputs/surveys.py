"""What callers ask the engine of clearance."""

from api.fields import Input, Instant, Territory, Words, word, words
from api.paging import PageQuery
from licensing.models import Exclusivity, ModelKind, Verdict


class NewSurvey(Input):
    uses = Words()
    model_kinds = words(ModelKind)
    territory = Territory(required=False)
    starts_at = Instant()
    ends_at = Instant(allow_null=True, help_text="The first instant after; null: perpetual.")
    exclusivity = word(Exclusivity, required=False)


class AnswerQuery(PageQuery):
    verdict = word(Verdict, required=False)
