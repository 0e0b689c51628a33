"""Codes in addresses. What is no code leads nowhere: 404, like a code of nobody's thing."""

from django.urls import register_converter

_SYMBOL = "[0-9A-HJKMNP-TV-Z]"


class CodeConverter:
    """An edge code, `7K3F2Q9D`."""

    regex = f"{_SYMBOL}{{8}}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class AssetCodeConverter(CodeConverter):
    """An asset's code, `7K3F2Q9D+041`; `-` for `+`, which some programs read as a blank."""

    regex = rf"{_SYMBOL}{{8}}[+-][0-9]{{3,6}}"

    def to_python(self, value: str) -> str:
        return value.replace("-", "+")


class AnyCodeConverter(AssetCodeConverter):
    """An edge code or an asset's."""

    regex = rf"{_SYMBOL}{{8}}(?:[+-][0-9]{{3,6}})?"


register_converter(CodeConverter, "code")
register_converter(AssetCodeConverter, "asset_code")
register_converter(AnyCodeConverter, "any_code")
