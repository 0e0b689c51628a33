"""What callers send about what they made under grants and consents."""

from rest_framework import serializers

from api.fields import Code, FileCode, Flag, Input, Instant, Option, Territory, Text, Words, word
from api.paging import PageQuery
from catalog.models import Attribute
from licensing.models import ModelKind
from provenance.models import MadeBy, OutputKind, Relation
from provenance.outputs.declaring import MAX_CONSENTS, MAX_FILES, MAX_SOURCES


class OutputQuery(PageQuery):
    side = Option(
        choices=["ours", "theirs"],
        required=False,
        help_text="What you made, or what others made with what is yours.",
    )
    grant = Code(required=False, help_text="A grant's code.")


class OutputFileQuery(Input):
    filename = serializers.CharField(max_length=255)


class MemberQuery(Input):
    file = FileCode(help_text="The code of a granted file, its plus written `%2B`.")


class OutputSource(Input):
    grant = Text(max_length=20, help_text="The code of a grant that you hold.")
    relation = word(Relation, required=False, help_text="Left out: `inputTo`.")
    files = Words(
        max_length=MAX_FILES,
        each=15,
        required=False,
        help_text="Codes of the files that it was made with; left out: all of the grant.",
    )


class OutputConsent(Input):
    consent = Text(max_length=20, help_text="The code of a consent; it loses one of its outputs.")
    attributes = Words(
        max_length=len(Attribute.values),
        each=20,
        help_text="Which of the person were used: `face`, `voice`, `motion`, `name`.",
    )
    approval = Text(
        max_length=20, required=False, allow_blank=True, help_text="Where the consent asks for one."
    )


class NewOutput(Input):
    kind = word(OutputKind)
    name = Text(max_length=200)
    made_by = word(MadeBy, help_text="The digital source type (IPTC; the last one of C2PA).")
    use = Text(max_length=40)
    model_kind = word(ModelKind)
    territory = Territory(help_text="Where it is to be shown or used.")
    made_at = Instant()
    sha256 = Text(
        max_length=64,
        help_text="Of the file. One that was sent to `/output-files/` is signed inside.",
    )
    filename = Text(max_length=255, required=False, allow_blank=True)
    sources = OutputSource(many=True, required=False, max_length=MAX_SOURCES)  # type: ignore[call-arg]
    consents = OutputConsent(many=True, required=False, max_length=MAX_CONSENTS)  # type: ignore[call-arg]
    is_shown = Flag(
        required=False, help_text="Whether licensors may fetch the signed file. Left out: false."
    )
    note = Text(max_length=1000, required=False, allow_blank=True)


class Dispute(Input):
    reason = Text(max_length=1000, help_text="Who made it reads this.")
