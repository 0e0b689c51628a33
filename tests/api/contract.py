"""Every answer the tests get is held against the API's description: status, type, exact keys."""

import copy
import re
from functools import cache
from typing import Any

from django.http import HttpResponse
from django.urls import ResolverMatch
from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator, FormatChecker

_CONVERTER = re.compile(r"<(?:\w+:)?(\w+)>")


def check(method: str, match: ResolverMatch | None, response: HttpResponse) -> None:
    """Fail unless the API's description says that this answer may come."""
    operation = _operation(method, match)
    if operation is None:
        return  # an address or method that does not exist: only a problem can come
    answers = operation["responses"]
    exact = str(response.status_code)
    described = answers.get(exact) or answers.get(f"{exact[0]}XX")
    assert described is not None, f"{exact} is not described for {operation['operationId']}"
    if "content" not in described:
        assert response.content == b""
        return
    media = response.headers["Content-Type"].partition(";")[0]
    assert media in described["content"], f"{media} is not described"
    if media in {"application/json", "application/problem+json"}:
        schema = described["content"][media]["schema"]
        _validator(schema).validate(response.json())  # type: ignore[attr-defined]


@cache
def description() -> dict[str, Any]:
    """Return the description as the code gives it now, with no room for unnamed members."""
    whole: dict[str, Any] = copy.deepcopy(SchemaGenerator().get_schema(request=None, public=True))
    for component in whole["components"]["schemas"].values():
        if "properties" in component:
            component["additionalProperties"] = False
    return whole


def _operation(method: str, match: ResolverMatch | None) -> dict[str, Any] | None:
    if match is None:
        return None
    path = "/" + _CONVERTER.sub(r"{\1}", match.route)
    found: dict[str, Any] | None = description()["paths"].get(path, {}).get(method.lower())
    return found


def _validator(schema: dict[str, Any]) -> Draft202012Validator:
    return Draft202012Validator(
        schema | {"components": description()["components"]}, format_checker=FormatChecker()
    )
