"""The Soft Binding Resolution API as its specification describes it, as far as it is offered.

It stands in no description of ours; this is for the tests that play generated calls against it.
"""

from typing import Any, Final

_BASE: Final = "/api/soft-binding"
_TEXT: Final = {"type": "string"}
_ALG: Final = {
    "anyOf": [{"enum": ["io.iscc.v0", "com.edgecode.sha256"]}, {"type": "string", "maxLength": 100}]
}
_MATCHES: Final = {
    "type": "object",
    "required": ["matches"],
    "properties": {
        "matches": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["manifestId"],
                "properties": {
                    "manifestId": _TEXT,
                    "similarityScore": {"type": "integer", "minimum": 0, "maximum": 100},
                    "endpoint": {"type": "string", "format": "uri"},
                },
            },
        }
    },
}
_ERROR: Final = {
    "type": "object",
    "required": ["error"],
    "properties": {"error": {"type": "string", "minLength": 1}},
    "additionalProperties": False,
}


def _query(name: str, schema: dict[str, Any], *, required: bool = False) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": required, "schema": schema}


_LIMIT: Final = _query("maxResults", {"type": "integer"})
_NAMED: Final = {"name": "manifestId", "in": "path", "required": True, "schema": _TEXT}


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema}}}


def _called(
    given: dict[str, Any],
    *parameters: dict[str, Any],
    takes: dict[str, Any] | None = None,
    status: str = "200",
) -> dict[str, Any]:
    refusals = {code: {"description": "", **_json(_ERROR)} for code in _REFUSALS}
    body = {"requestBody": {"required": True, **takes}} if takes else {}
    answers = {status: {"description": "", **given}, **refusals}
    return {"parameters": list(parameters), "responses": answers, **body}


_REFUSALS: Final = ("400", "403", "404", "413", "415")
_ANY: Final = _json({"type": "object"})
_FILE: Final = {
    "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
}
_STORE: Final = {
    "content": {"application/c2pa": {"schema": {"type": "string", "format": "binary"}}}
}
_NEW_BINDING: Final = {
    "type": "object",
    "required": ["alg", "bindingValue", "manifestId"],
    "properties": {"alg": _ALG, "bindingValue": _TEXT, "manifestId": _TEXT},
}
_BINDING: Final = {
    "type": "object",
    "required": ["alg", "value"],
    "properties": {"alg": _ALG, "value": _TEXT},
}
_HINTS: Final = (_query("alg", _ALG), _query("hintAlg", _ALG), _query("hintValue", _TEXT))

DESCRIPTION: Final[dict[str, Any]] = {
    "openapi": "3.1.0",
    "info": {"title": "C2PA Soft Binding Resolution", "version": "2.4.0"},
    "paths": {
        "/.well-known/c2pa-soft-binding-resolution": {"get": _called(_ANY)},
        f"{_BASE}/matches/byBinding": {
            "get": _called(
                _json(_MATCHES),
                _query("alg", _ALG, required=True),
                _query("value", _TEXT, required=True),
                _LIMIT,
            ),
            "post": _called(_json(_MATCHES), _LIMIT, takes=_json(_BINDING)),
        },
        f"{_BASE}/matches/byContent": {
            "post": _called(_json(_MATCHES), _LIMIT, *_HINTS, takes=_FILE)
        },
        f"{_BASE}/matches/byReference": {"post": _called(_json(_MATCHES), takes=_ANY)},
        f"{_BASE}/manifests": {
            "post": _called(_ANY, _query("returnReceipt", {"type": "boolean"}), takes=_STORE)
        },
        f"{_BASE}/manifests/{{manifestId}}": {
            "get": _called(_STORE, _NAMED, _query("returnActiveManifest", {"type": "boolean"}))
        },
        f"{_BASE}/held/{{key}}/manifests/{{manifestId}}": {
            "get": _called(_STORE, {**_NAMED, "name": "key"}, _NAMED)
        },
        f"{_BASE}/manifests/{{manifestId}}/receipts": {
            "get": _called(_ANY, _NAMED),
            "post": _called(_ANY, _NAMED, takes=_ANY),
        },
        f"{_BASE}/bindings": {"post": _called({}, takes=_json(_NEW_BINDING), status="204")},
        f"{_BASE}/services/supportedAlgorithms": {"get": _called(_ANY)},
        f"{_BASE}/services/capabilities": {"get": _called(_ANY)},
        f"{_BASE}/services/status": {"get": _called(_ANY)},
    },
}
