"""What callers send about sightings."""

from api.fields import Code, Input, Instant, Option, Text
from api.paging import PageQuery
from licensing.models import ModelKind
from provenance.models import Answer, SightingState


class Seen(Input):
    """Where and when a file was seen. Where a licence limits what is not told, the answer says that
    it cannot be told."""

    platform = Text(max_length=100)
    link = Text(max_length=1000, required=False, help_text="Kept as text; nobody follows it.")
    seen_at = Instant()
    use = Text(max_length=40, required=False, help_text="What was done with it.")
    territory = Text(max_length=2, required=False, help_text="A country, ISO 3166.")
    model_kind = Option(
        choices=ModelKind.values, required=False, help_text="Of the model that was made with it."
    )


class NewSighting(Seen):
    manifest_id = Text(max_length=120, help_text="The name of the manifest that it carries.")


class SightingQuery(PageQuery):
    state = Option(choices=SightingState.values, required=False)
    answer = Option(choices=Answer.values, required=False)
    grant = Code(required=False)
    output = Code(required=False)


class Decision(Input):
    reason = Text(max_length=500)
