"""What the API takes about numbers that failed their check."""

from api.fields import Input, Text, word
from catalog.models import Scheme


class NumberApart(Input):
    scheme = word(Scheme)
    written = Text(max_length=100, help_text="The number that was set aside, as it is recorded.")


class NumberRight(NumberApart):
    value = Text(max_length=100, help_text="What it should be; its check characters are verified.")
