"""What the API takes: strict fields, of bounded size, that guess nothing."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, override

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from ledger import edge_code

MAX_INTEGER = 2**63 - 1  # a bigint
_FILE_CODE = re.compile(r"(.+)[+ -]([0-9]{3,6})")


# A body or a query. A field it does not know is an error that names it. (No docstring: every
# form without its own would be described by it in the API's schema.)
class Input(serializers.Serializer[Any]):
    @override
    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping) and (unknown := sorted(set(data) - set(self.fields))):
            raise serializers.ValidationError({name[:100]: [_UNKNOWN] for name in unknown[:20]})
        return super().to_internal_value(data)


_UNKNOWN = _("There is no such field.")


class Text(serializers.CharField):
    """A string, kept as it is; the verbs strip what people type."""

    def __init__(self, max_length: int = 300, **kwargs: Any) -> None:
        super().__init__(max_length=max_length, trim_whitespace=False, **kwargs)

    @override
    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Code(Text):
    """An edge code, plain or as it is printed; inside it is plain."""

    default_error_messages = {
        "code": _("This is not an edge code: eight letters and digits, such as EC 7K3F 2Q9D.")
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=20, **kwargs)

    @override
    def to_internal_value(self, data: Any) -> str:
        try:
            code, plus, _number = edge_code.parse(super().to_internal_value(data)).partition("+")
        except ValueError:
            self.fail("code")
        if plus:
            self.fail("code")
        return code


class FileCode(Text):
    """A file's code, plain or as it is printed. A plus that an address does not write as `%2B`
    comes in as a blank, and `-` stands for it as in addresses."""

    default_error_messages = {
        "code": _(
            "This is no file’s code, such as 7K3F2Q9P+001. Write its plus as %2B in addresses."
        )
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=20, **kwargs)

    @override
    def to_internal_value(self, data: Any) -> str:
        match = _FILE_CODE.fullmatch(super().to_internal_value(data))
        try:
            return edge_code.parse("{}+{}".format(*match.groups())) if match else self.fail("code")
        except ValueError:
            self.fail("code")


class Whole(serializers.IntegerField):
    """A JSON integer: no float, no string, no boolean."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**({"max_value": MAX_INTEGER, "min_value": -MAX_INTEGER} | kwargs))

    @override
    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return data


class Flag(serializers.BooleanField):
    """`true` or `false`."""

    @override
    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=str(data)[:50])
        return data


class Instant(serializers.DateTimeField):
    """An instant in ISO 8601 with its zone; inside it is UTC."""

    default_error_messages = {
        "zone": _("Give the instant with its zone, such as 2027-01-01T00:00:00Z."),
    }

    # The base class says datetime in one version of its types and Any in another.
    @override
    def to_internal_value(self, value: Any) -> datetime:
        try:
            instant = datetime.fromisoformat(value) if len(value) > len("2027-01-01") else None
        except (TypeError, ValueError):
            instant = None
        if instant is None or instant.tzinfo is None:
            self.fail("zone")
        try:
            return instant.astimezone(UTC)
        except OverflowError:
            self.fail("zone")


class Day(serializers.DateField):
    """A calendar day, `2001-12-31`."""

    @override
    def to_internal_value(self, value: Any) -> date:
        if not isinstance(value, str) or len(value) != len("2001-12-31"):
            self.fail("invalid", format="YYYY-MM-DD")
        return super().to_internal_value(value)


class Words(serializers.ListField):
    """A list of short strings."""

    def __init__(self, max_length: int = 100, each: int = 100, **kwargs: Any) -> None:
        super().__init__(child=Text(max_length=each), max_length=max_length, **kwargs)


class Names(serializers.DictField):
    """Translated names by language tag."""

    def __init__(self, max_length: int = 100, **kwargs: Any) -> None:
        self.max_length = max_length
        super().__init__(child=Text(max_length=300), **kwargs)

    @override
    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            if len(data) > self.max_length:
                raise serializers.ValidationError(_("Too many entries."))
            for key in data:
                Text(max_length=20).run_validation(key)
        return super().to_internal_value(data)


@extend_schema_field(
    {
        "description": "`WORLD`, a list of ISO 3166-1 codes and groups, or what is included"
        " and excepted.",
        "anyOf": [
            {"type": "string"},
            {"type": "array", "items": {"type": "string"}},
            {"type": "object", "additionalProperties": True},
        ],
    }
)
class Territory(serializers.Field[Any, Any, Any, Any]):
    """A territory expression; its form and size are checked here, its meaning by the verbs."""

    default_error_messages = {
        "form": _("Write WORLD, a list of country codes, or an object with “include”."),
        "size": _("The expression is too long."),
    }

    @override
    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str | list | dict):
            self.fail("form")
        if _size(data) > 1000:
            self.fail("size")
        return data


@extend_schema_field({"type": "object", "additionalProperties": True})
class Fields(serializers.Field[Any, Any, Any, Any]):
    """An object whose members depend on something else; the verb knows them, only its size is
    checked here."""

    default_error_messages = {
        "form": _("Write an object."),
        "size": _("The object is too large."),
    }

    @override
    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, dict):
            self.fail("form")
        if _size(data) > 2000:
            self.fail("size")
        return data


def _size(value: Any) -> int:
    """Return how many keys and values a JSON value holds; long strings count for more."""
    if isinstance(value, dict):
        return 1 + sum(_size(key) + _size(child) for key, child in value.items())
    if isinstance(value, list):
        return 1 + sum(map(_size, value))
    return 1 + len(value) // 100 if isinstance(value, str) else 1


def word(choices: type[TextChoices], **kwargs: Any) -> serializers.CharField:
    """Return a field for one word of an enumeration, documented with what each means."""
    return _annotated(choices, nullable=kwargs.get("allow_null", False))(max_length=60, **kwargs)


class Option(serializers.ChoiceField):
    """One of a few words; a refusal names them."""

    @override
    def to_internal_value(self, data: Any) -> Any:
        try:
            return super().to_internal_value(data)
        except serializers.ValidationError:
            known = ", ".join(map(str, self.choices))
            raise serializers.ValidationError(
                _("Choose one of: %(kinds)s.") % {"kinds": known}
            ) from None


def words(choices: type[TextChoices], **kwargs: Any) -> serializers.ListField:
    """Return a field for a list of words of an enumeration."""
    child = _annotated(choices, nullable=False)(max_length=60)
    return serializers.ListField(child=child, max_length=100, **kwargs)


def _annotated(choices: type[TextChoices], *, nullable: bool) -> type[Text]:
    # As annotated constants: the generator would hoist an `enum` into a component of its own,
    # under a name that changes whenever another enumeration appears.
    options: list[dict[str, str | None]] = [
        {"const": choice.value, "title": _english(choice)} for choice in choices
    ]
    if nullable:
        options.append({"const": None})
    return extend_schema_field({"type": "string", "oneOf": options})(type("Word", (Text,), {}))


def _english(choice: TextChoices) -> str:
    from django.utils.translation import override as language

    with language("en"):
        return str(choice.label)


class Nothing(Input):
    """The body of a call that needs none: absent, or `{}`."""
