"""What callers send about their own rule tables, and what their counsel says."""

from api.fields import Day, Fields, Input, Text, word
from licensing.models import RuleTable


class RuleBody(Input):
    body = Fields(
        allow_null=True,
        help_text="What the row says, with the fields of its table (docs/clearance.md). Null: there"
        " is no such row, and what hangs on it needs review.",
    )
    source = Text(  # type: ignore[assignment] # a field, not what the class reads from
        max_length=300, help_text="The statute, agreement or memorandum that says so."
    )
    note = Text(max_length=500, required=False, allow_blank=True)
    valid_from = Day(required=False, allow_null=True, help_text="Null or left out: always.")
    valid_until = Day(
        required=False, allow_null=True, help_text="The first day for which it no longer counts."
    )


class NewRule(RuleBody):
    table = word(RuleTable)
    key = Text(max_length=120, help_text="What it is about, such as US, WGA/MBA 2026 or EU/GB.")


class NewLikenessOpinion(Input):
    body = Fields(
        help_text="The fields of a counsel_opinion, as the clearance contract writes them; `about`"
        " are the codes of consents."
    )
    evidence = Text(max_length=8, help_text="The code of the opinion, handed in as a document.")
    document = Text(required=False, allow_blank=True, help_text="What it is called.")
    clause = Text(max_length=100, required=False, allow_blank=True)
    note = Text(max_length=500, required=False, allow_blank=True)
