"""Reading JSON objects strictly: every field is asked for by name, and the rest is refused."""

from collections.abc import Sequence
from typing import Any, Final

from catalog.scope.errors import CaseError

JSON = Any
"""A value as `json.loads` makes it."""

REQUIRED: Final[Any] = object()
"""Stands where a default would: the field must be there."""


class Reader:
    """One JSON object, read field by field. Call `done` last: it refuses unknown fields.

    Fields starting with `x_` are ignored. Every error is a `CaseError` with the field's path.
    """

    def __init__(self, value: JSON, path: str) -> None:
        if not isinstance(value, dict):
            raise CaseError(path, "must be an object")
        self.path = path
        self._value: dict[str, JSON] = value
        self._asked: set[str] = set()

    def at(self, name: str) -> str:
        return f"{self.path}.{name}"

    def has(self, name: str) -> bool:
        """Whether the field is there; asking makes it a known one."""
        self._asked.add(name)
        return name in self._value

    def raw(self, name: str, default: JSON = REQUIRED) -> JSON:
        self._asked.add(name)
        if name in self._value:
            return self._value[name]
        if default is REQUIRED:
            raise CaseError(self.at(name), "is required")
        return default

    def text(self, name: str, default: JSON = REQUIRED) -> str:
        return text(self.raw(name, default), self.at(name))

    def maybe_text(self, name: str) -> str | None:
        return self.text(name) if self.has(name) else None

    def choice(self, name: str, choices: Sequence[str], default: JSON = REQUIRED) -> str:
        return choice(self.raw(name, default), choices, self.at(name))

    def texts(self, name: str, default: JSON = REQUIRED) -> tuple[str, ...]:
        value = self.raw(name, default)
        if not isinstance(value, list):
            raise CaseError(self.at(name), "must be a list")
        return tuple(text(each, f"{self.at(name)}[{i}]") for i, each in enumerate(value))

    def flag(self, name: str, default: JSON = REQUIRED) -> bool:
        value = self.raw(name, default)
        if not isinstance(value, bool):
            raise CaseError(self.at(name), "must be true or false")
        return value

    def maybe_flag(self, name: str) -> bool | None:
        return self.flag(name) if self.has(name) else None

    def count(self, name: str, default: JSON = REQUIRED, *, least: int = 0) -> int:
        value = self.raw(name, default)
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise CaseError(self.at(name), f"must be a whole number, {least} or more")
        return value

    def maybe_count(self, name: str) -> int | None:
        return self.count(name) if self.has(name) else None

    def objects(self, name: str, default: JSON = REQUIRED) -> list["Reader"]:
        value = self.raw(name, default)
        if not isinstance(value, list):
            raise CaseError(self.at(name), "must be a list")
        return [Reader(each, f"{self.at(name)}[{i}]") for i, each in enumerate(value)]

    def maybe_object(self, name: str) -> "Reader | None":
        return Reader(self.raw(name), self.at(name)) if self.has(name) else None

    def done(self) -> None:
        for name in self._value:
            if name not in self._asked and not str(name).startswith("x_"):
                raise CaseError(self.at(name), "unknown field")


def text(value: JSON, path: str) -> str:
    """The value itself when it is a text that is not empty."""
    if not isinstance(value, str) or not value:
        raise CaseError(path, "must be a text that is not empty")
    if not value.isascii() and any("\ud800" <= sign <= "\udfff" for sign in value):
        raise CaseError(path, "holds half a character, which no file can hold")
    return value


def choice(value: JSON, choices: Sequence[str], path: str) -> str:
    """The value itself when it is one of the choices."""
    if not isinstance(value, str) or value not in choices:
        raise CaseError(path, f"must be one of {', '.join(choices)}")
    return value


def strings(value: JSON, path: str) -> list[tuple[str, str]]:
    """A text or a list of texts as (text, path) pairs."""
    if isinstance(value, str):
        return [(text(value, path), path)]
    if not isinstance(value, list):
        raise CaseError(path, "must be a text or a list of texts")
    pairs = [(each, f"{path}[{i}]") for i, each in enumerate(value)]
    return [(text(each, where), where) for each, where in pairs]
