"""What may stand in an address or a hidden field where a code is meant."""

from django.urls import register_converter

from ledger.edge_code import ALPHABET, LENGTH


class CodeInAddress:
    """`<edge:code>`: the plain edge code of an object. Anything else is no such page."""

    regex = f"[{ALPHABET}]{{{LENGTH}}}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(CodeInAddress, "edge")


def printable(text: str) -> str:
    """Return text that a database can look up: "" instead of one with control characters."""
    return text if text.isprintable() else ""
