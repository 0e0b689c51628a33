"""The contract of Stripe's API as the SDK itself carries it: generated TypedDicts for what is
sent and resource classes for what comes back. The double answers nothing that breaks it.
"""

import ast
import inspect
import re
import sys
import types
import typing
from collections.abc import Mapping
from functools import cache
from typing import Any

import stripe
import typing_extensions
from stripe._list_object import ListObject
from stripe._request_options import RequestOptions
from stripe._stripe_object import StripeObject, UntypedStripeObject

_NOT_REQUIRED = (typing.NotRequired, typing_extensions.NotRequired)
_WIRE_FORMS = {int: r"-?\d+", float: r"-?\d+(\.\d+)?", bool: r"true|false"}


class Contract:
    """Checks one value against the SDK's types and lists every complaint with its path.

    `wire=True` reads form-encoded parameters, where numbers and booleans arrive as text and are
    converted; otherwise the value is decoded JSON and must have the exact type.
    """

    def __init__(self, *, wire: bool) -> None:
        self.wire = wire
        self.complaints: list[tuple[str, str]] = []

    def read(  # noqa: PLR0911 - one line a kind of type
        self, hint: Any, value: Any, path: str, module: str
    ) -> Any:
        """Return `value` converted to `hint`; complaints are collected, not raised."""
        hint, module = _resolve(hint, module)
        origin = typing.get_origin(hint)
        if hint is Any or isinstance(hint, typing.TypeVar):
            return value
        if origin in {typing.Union, types.UnionType}:
            return self._read_union(typing.get_args(hint), value, path, module)
        if origin in {typing.Literal, typing_extensions.Literal}:
            if value not in typing.get_args(hint):
                self._complain(path, f"{value!r} is none of {typing.get_args(hint)[:8]}")
            return value
        if origin is list:
            return self._read_list(typing.get_args(hint)[0], value, path, module)
        if origin in {dict, UntypedStripeObject}:
            return self._read_mapping(typing.get_args(hint)[-1], value, path, module)
        if origin is ListObject and isinstance(value, dict):
            return self._read_list(typing.get_args(hint)[0], value.get("data"), path, module)
        if hasattr(hint, "__total__"):
            return self._read_fields(_request_fields(hint), value, path, hint.__module__)
        if inspect.isclass(hint) and issubclass(hint, StripeObject):
            return self._read_fields(_resource_fields(hint), value, path, hint.__module__)
        return self._read_plain(hint, value, path)

    def _read_union(self, arms: tuple[Any, ...], value: Any, path: str, module: str) -> Any:
        arms = tuple(_resolve(arm, module)[0] for arm in arms)
        literals = [a for a in arms if _is_literal(a) and any(typing.get_args(a))]
        if literals and str in arms:  # the SDK opens every enumeration; the server does not
            arms = tuple(arm for arm in arms if arm is not str)
        tried: list[Contract] = []
        for arm in sorted(arms, key=lambda arm: arm is str):
            attempt = Contract(wire=self.wire)
            result = attempt.read(arm, value, path, module)
            if not attempt.complaints:
                return result
            tried.append(attempt)
        # The complaints of the arm that came closest: the one with the deepest path.
        best = max(tried, key=lambda attempt: max(len(p) for p, _ in attempt.complaints))
        self.complaints += best.complaints
        return value

    def _read_list(self, hint: Any, value: Any, path: str, module: str) -> Any:
        if not isinstance(value, list):
            self._complain(path, "is not a list")
            return value
        return [self.read(hint, v, f"{path}[{i}]", module) for i, v in enumerate(value)]

    def _read_mapping(self, hint: Any, value: Any, path: str, module: str) -> Any:
        if not isinstance(value, dict):
            self._complain(path, "is not a mapping")
            return value
        return {k: self.read(hint, v, f"{path}[{k}]", module) for k, v in value.items()}

    def _read_fields(
        self, fields: Mapping[str, tuple[Any, bool]], value: Any, path: str, module: str
    ) -> Any:
        if not isinstance(value, dict):
            self._complain(path, f"{value!r} is not an object")
            return value
        for name in sorted(value.keys() - fields.keys()):
            self._complain(f"{path}[{name}]" if path else name, "unknown parameter")
        result = {}
        for name, (hint, required) in fields.items():
            inner = f"{path}[{name}]" if path else name
            if name in value:
                result[name] = self.read(hint, value[name], inner, module)
            elif required:
                self._complain(inner, "missing parameter")
        return result

    def _read_plain(self, hint: Any, value: Any, path: str) -> Any:
        if hint is type(None):
            if value is not None:
                self._complain(path, f"{value!r} is not null")
            return value
        if self.wire and isinstance(value, str) and hint in _WIRE_FORMS:
            if not re.fullmatch(_WIRE_FORMS[hint], value):
                self._complain(path, f"invalid {hint.__name__}: {value}")
                return value
            return value == "true" if hint is bool else hint(value)
        expected = hint if hint in {int, bool, str, float} else str  # Decimal travels as text
        if type(value) is not expected:
            self._complain(path, f"{value!r} is not {expected.__name__}")
        return value

    def _complain(self, path: str, text: str) -> None:
        self.complaints.append((path, text))


def request_problems(params: Any, form: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return decoded form parameters with their types, and what breaks the SDK's `…Params`."""
    contract = Contract(wire=True)
    typed = contract.read(params, dict(form), "", params.__module__)
    return typed, [f"{path}: {text}" for path, text in contract.complaints]


def response_problems(resource: type[StripeObject], body: Mapping[str, Any]) -> list[str]:
    """Return what breaks the SDK's resource class in an answer, empty when it conforms."""
    contract = Contract(wire=False)
    contract.read(resource, dict(body), "", resource.__module__)
    return [f"{path}: {text}" for path, text in contract.complaints]


def blank(resource: type[StripeObject]) -> dict[str, Any]:
    """Return the emptiest object that conforms to a resource class."""
    return {
        name: _blank_value(hint, resource.__module__)
        for name, (hint, _) in _resource_fields(resource).items()
    }


def _blank_value(hint: Any, module: str) -> Any:
    hint, module = _resolve(hint, module)
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in {typing.Union, types.UnionType}:
        return None if type(None) in arguments else _blank_value(arguments[0], module)
    if _is_literal(hint):
        return arguments[0]
    if origin is list:
        return []
    if origin in {dict, UntypedStripeObject}:
        return {}
    if inspect.isclass(hint) and issubclass(hint, StripeObject):
        return blank(hint)
    return hint() if hint in {int, bool, float} else ""


def _is_literal(hint: Any) -> bool:
    return typing.get_origin(hint) in {typing.Literal, typing_extensions.Literal}


@cache
def _request_fields(params: Any) -> dict[str, tuple[Any, bool]]:
    """The body's fields of a `…Params`: without the options that travel as headers."""
    options = RequestOptions.__annotations__
    return {
        name: (hint, typing.get_origin(hint) not in _NOT_REQUIRED)
        for name, hint in params.__annotations__.items()
        if name not in options
    }


@cache
def _resource_fields(resource: Any) -> dict[str, tuple[Any, bool]]:
    fields = {}
    for name, hint in inspect.get_annotations(resource).items():
        if typing.get_origin(hint) is typing.ClassVar or name.startswith("_"):
            continue
        nullable = type(None) in typing.get_args(hint)
        fields[name] = (hint, not nullable)
    return fields


def _resolve(hint: Any, module: str) -> tuple[Any, str]:
    """Unwrap NotRequired and forward references, the latter in the names of their module."""
    while True:
        if typing.get_origin(hint) in _NOT_REQUIRED:
            hint = typing.get_args(hint)[0]
        elif isinstance(hint, typing.ForwardRef):
            hint = hint.__forward_arg__
        elif isinstance(hint, str):
            hint = eval(hint, _names(module))  # noqa: S307 - annotations of the installed SDK
        else:
            return hint, module


@cache
def _names(module: str) -> dict[str, Any]:
    """A module's names, with those it imports for type checkers only."""
    loaded = sys.modules[module]
    names: dict[str, Any] = dict(vars(typing)) | dict(vars(loaded))
    for node in ast.walk(ast.parse(inspect.getsource(loaded))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("stripe"):
            source = __import__(node.module, fromlist=["*"])
            for alias in node.names:
                names[alias.asname or alias.name] = getattr(source, alias.name, None)
    return names


SESSION_CREATE: Any = stripe.params.checkout.SessionCreateParams
SESSION_RETRIEVE: Any = stripe.params.checkout.SessionRetrieveParams
SESSION_EXPIRE: Any = stripe.params.checkout.SessionExpireParams
REFUND_CREATE: Any = stripe.params.RefundCreateParams
REFUND_LIST: Any = stripe.params.RefundListParams
EVENT_LIST: Any = stripe.params.EventListParams
