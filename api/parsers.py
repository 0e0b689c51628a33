"""Reading what callers send, within bounds."""

import json
from collections.abc import Mapping
from typing import IO, Any

import orjson
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from accounts.errors import TooLarge

MAX_DEPTH = 32


class BoundedJSONParser(BaseParser):
    """JSON of at most `DATA_UPLOAD_MAX_MEMORY_SIZE` bytes and 32 levels, no key given twice."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise TooLarge(f"The body is larger than {limit} bytes.")
        try:
            value = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise ParseError(f"The body is not JSON: {error}") from None
        if _depth_exceeds(value, MAX_DEPTH):
            raise ParseError(f"The body is nested more than {MAX_DEPTH} levels deep.")
        if not isinstance(value, dict):
            raise ParseError("The body must be a JSON object.")
        _refuse_twins(body)
        return value


class RawFileParser(BaseParser):
    """Any other body: left unread, for the view to stream."""

    media_type = "*/*"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        return {}


def _refuse_twins(body: bytes) -> None:
    """Raise ParseError where an object gives a key twice: one reader takes the first, another the
    last, and nobody knows which was meant. orjson takes the last; the standard parser tells."""
    # Numbers stay text: this pass is about keys, and orjson has read the rest.
    json.loads(body.decode(), object_pairs_hook=_keys_once, parse_int=str, parse_float=str)


def _keys_once(pairs: list[tuple[str, Any]]) -> None:
    if len({key for key, _value in pairs}) == len(pairs):
        return
    seen: set[str] = set()
    for key, _value in pairs:
        if key in seen:
            raise ParseError(
                _("The body gives “%(key)s” twice in one object; give it once.")
                % {"key": key[:100]}
            )
        seen.add(key)


def _depth_exceeds(value: object, limit: int) -> bool:
    level: list[object] = [value]
    for _level in range(limit):
        level = [
            child
            for node in level
            if isinstance(node, dict | list)
            for child in (node.values() if isinstance(node, dict) else node)
        ]
        if not level:
            return False
    return any(isinstance(node, dict | list) for node in level)
