"""What callers send about who approves deals."""

from accounts.models import Role
from api.fields import Flag, Input, Text, Whole, word


class ApprovalPolicy(Input):
    currency = Text(max_length=3, help_text="ISO 4217. Another counts as above every limit.")
    two_above_minor = Whole(
        required=False, allow_null=True, help_text="Above it two persons approve. Null: one always."
    )
    role_above_minor = Whole(
        required=False, allow_null=True, help_text="Above it one of them has `role`. Null: no."
    )
    role = word(Role, required=False)
    not_publisher = Flag(
        required=False, help_text="Whether who published the offer does not approve the deal."
    )
    replaces = Whole(help_text="The number of the policy that was seen; 0: there was none.")
