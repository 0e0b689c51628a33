"""What callers send about files to import."""

from rest_framework import serializers

from api.fields import Input, Text, word
from api.paging import PageQuery
from catalog.models import DayOrder, EndPolicy, ImportFormat, RowOutcome

_ZONE = "Of dates that name no zone: an IANA name, such as Asia/Seoul."


class ImportQuery(Input):
    """What goes with the bytes of a file, as parameters of the address."""

    filename = Text(max_length=255)
    format = word(ImportFormat, required=False, help_text="Guessed if left out.")
    source = Text(  # type: ignore[assignment]
        max_length=8, required=False, help_text="The code of who sent the file."
    )
    zone = Text(max_length=64, required=False, help_text=_ZONE)
    day_order = word(DayOrder, required=False, help_text="Of dates such as 03/04/2027.")
    end_policy = word(EndPolicy, required=False, help_text="What a written end means.")
    language = Text(max_length=20, required=False, help_text="Of names that do not say theirs.")
    sheet = Text(max_length=100, required=False, help_text="The one to read of several.")
    column = serializers.ListField(
        child=Text(max_length=400),
        max_length=200,
        required=False,
        help_text="What a header of a table means, as HEADER=COLUMN; several times. HEADER= leaves"
        " one out; what is not named is guessed.",
    )
    dry_run = serializers.BooleanField(default=False, help_text="Keep nothing but the report.")


class ImportRowQuery(PageQuery):
    outcome = word(RowOutcome, required=False)


class NewImportSource(Input):
    name = Text(max_length=200)
    zone = Text(max_length=64, required=False, help_text=_ZONE)
    day_order = word(DayOrder, required=False, allow_blank=True)
    end_policy = word(EndPolicy, required=False, allow_blank=True)
