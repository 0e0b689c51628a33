"""How each operation is described to programs."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    inline_serializer,
)
from rest_framework import serializers

from api.idempotency import HEADER
from api.problems import CONTENT_TYPE
from api.shapes import Output

type Handler = Callable[..., Any]


class FieldProblem(Output):
    field = serializers.CharField(help_text="Which field; empty for the whole body.")
    message = serializers.CharField()


class Problem(Output):
    """Problem details, RFC 9457."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="What is wrong and what to do.")
    errors = FieldProblem(many=True, required=False)  # type: ignore[assignment]


_IDEMPOTENCY = OpenApiParameter(
    HEADER,
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="Repeat a call with the same key and it acts once and answers the same.",
)
_PAGES: dict[type[Output], Any] = {}


def operation(
    name: str,
    summary: str,
    *,
    gives: Any = None,
    takes: Any = None,
    query: Any = None,
    status: tuple[int, ...] = (200,),
    media: str = "application/json",
    tag: str,
    post: bool = False,
    waits: bool = False,
    extra: tuple[OpenApiParameter, ...] = (),
) -> Callable[[Handler], Handler]:
    """Describe a handler: operation id, one line, its forms, and that errors are problems.

    `gives` is an output form (None: an answer without a body), `takes` an input form or
    `{media type: schema}`, `query` a form of parameters. A `post` changes something and takes
    an Idempotency-Key. `waits`: it may not be ready yet, or the bucket may not answer, and it says
    when to ask again.
    """
    parameters = [*([query] if query else []), *extra, *([_IDEMPOTENCY] if post else [])]
    responses: dict[Any, Any] = {
        ((code, media) if gives is not None else code): gives
        if gives is not None
        else OpenApiResponse(description="Done.")
        for code in status
    }
    responses["4XX", CONTENT_TYPE] = OpenApiResponse(Problem, "What is wrong, and what to do.")
    if waits:
        responses[503, CONTENT_TYPE] = OpenApiResponse(
            Problem, "Not ready, or what it needs does not answer just now: see Retry-After."
        )
    described: Callable[[Handler], Handler] = extend_schema(
        operation_id=name,
        summary=summary,
        tags=[tag],
        parameters=parameters,
        request=takes,
        responses=responses,
    )
    return described


def pages_of(form: type[Output]) -> Any:
    """Return the form of one page of a list of `form`."""
    if form not in _PAGES:
        _PAGES[form] = inline_serializer(
            f"{form.__name__}Page",
            {
                "next": serializers.URLField(allow_null=True),
                "previous": serializers.URLField(allow_null=True),
                "results": form(many=True),
            },
        )
    return _PAGES[form]
