"""What callers send about uploads, shots and transcripts."""

from django.utils.translation import gettext_lazy as _

from api.fields import Input, Text, Whole, word
from api.paging import PageQuery
from catalog.models import AssetKind, SourceType, UploadState
from catalog.reference_list import Standing
from catalog.tagging import MAX_TAGS
from catalog.uploading import MAX_LINKS


class UploadQuery(PageQuery):
    of = Text(max_length=8, required=False, help_text="Only of this title or likeness.")
    state = word(UploadState, required=False)


class NewUpload(Input):
    of = Text(max_length=8, help_text="The code of the title or likeness.")
    filename = Text(max_length=255)
    size_bytes = Whole(
        min_value=1,
        error_messages={"min_value": _("The file is empty. Choose a file with content.")},
    )
    source_type = word(SourceType, help_text="How the material came to be.")
    kind = word(AssetKind, required=False, help_text="Where the file alone does not say it.")
    sha256 = Text(
        max_length=64, required=False, help_text="Of the whole file; another one is refused."
    )


class ReferenceQuery(PageQuery):
    title = Text(max_length=8, required=False, help_text="Only of the title with this code.")
    bucket = Text(max_length=63, required=False, help_text="Only in this bucket.")
    state = word(Standing, required=False)


class NewReference(Input):
    title = Text(max_length=8, help_text="The title's code.")
    bucket = Text(max_length=63, help_text="One that is set up for the organisation.")
    key = Text(max_length=1024, help_text="The object's key in it.")
    version = Text(max_length=1024, required=False, help_text="Else its current version.")
    filename = Text(max_length=255, required=False, help_text="Else the end of the key.")
    source_type = word(SourceType, help_text="How the material came to be.")
    kind = word(AssetKind, required=False, help_text="Where the file alone does not say it.")
    sha256 = Text(max_length=64, required=False, help_text="Of the file; another one is refused.")


class PartAsked(Input):
    number = Whole(min_value=1, max_value=10_000)
    sha256 = Text(max_length=64, help_text="Of the part's content, in hex.")


class PartsAsked(Input):
    parts = PartAsked(many=True, min_length=1, max_length=MAX_LINKS)  # type: ignore[call-arg]


class ShotQuery(PageQuery):
    tag = Text(max_length=60, required=False, help_text="Only shots that anybody gave this tag.")


class NewShotTag(Input):
    shot = Whole(min_value=1, max_value=2**31 - 1, help_text="The shot's number.")
    tag = Text(max_length=60)
    confidence_percent = Whole(min_value=0, max_value=100, required=False, allow_null=True)


class NewShotTags(Input):
    tagger = Text(
        max_length=60, required=False, help_text="The program that says so; none: a person."
    )
    tags = NewShotTag(many=True, min_length=1, max_length=MAX_TAGS)  # type: ignore[call-arg]


class ShotTagQuery(Input):
    tag = Text(max_length=60)
    tagger = Text(max_length=60, required=False, allow_blank=True)


class TranscriptQuery(Input):
    """What goes with the bytes of a transcript, as parameters of the address."""

    filename = Text(max_length=255)
    language = Text(max_length=20, help_text="BCP 47, such as en or pt-BR.")
