"""What every address of the API has in common: parse, call one verb, render."""

from collections.abc import Collection, Iterable
from functools import cache
from typing import Any, override

from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import APIException, NotAuthenticated, ValidationError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.permissions import SAFE_METHODS, AllowAny
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.access import ANONYMOUS, Actor, Permission, require
from accounts.models import Organisation
from api.fields import Input


class OneForm(BaseContentNegotiation):
    """The API answers in JSON, whatever `Accept` and `?format=` say; files are what they are."""

    @override
    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser | None:
        kind = (request.content_type or "").partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type in {kind, "*/*"}), None)

    @override
    def select_renderer(
        self,
        request: Request,
        renderers: Iterable[BaseRenderer],
        format_suffix: str | None = None,
    ) -> tuple[BaseRenderer, str]:
        renderer = next(iter(renderers))
        return renderer, renderer.media_type


class LengthRequired(APIException):
    """WSGI gives a chunked body as an empty one."""

    status_code = 411
    default_detail = "Send the body with a Content-Length, not in chunks."


# For those who act for an organisation. Reading needs the right to view; what changes something
# asks for its own right in its verb. (No docstrings here: every view without its own would be
# described by them in the API's schema.)
class Endpoint(APIView):
    content_negotiation_class = OneForm
    http_method_names = ["get", "head", "post", "patch", "delete"]

    @override
    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if "Transfer-Encoding" in request.headers:
            raise LengthRequired
        if request.method in SAFE_METHODS and AllowAny not in self.permission_classes:
            require(actor_of(request), Permission.VIEW)


# For anybody; who sends a key is known by it.
class PublicEndpoint(Endpoint):
    permission_classes = [AllowAny]


def actor_of(request: Request) -> Actor:
    """Return who calls, or ANONYMOUS."""
    actor: object = request.user
    return actor if isinstance(actor, Actor) else ANONYMOUS


def organisation_of(actor: Actor) -> Organisation:
    """Return the organisation of who passed IsKnown."""
    if actor.organisation is None:
        raise NotAuthenticated
    return actor.organisation


def read(request: Request, form: type[Input]) -> dict[str, Any]:
    """Return the body as the form has checked it. Raises ValidationError naming the fields."""
    return _check(form, request.data)


def read_query(request: Request, form: type[Input]) -> dict[str, Any]:
    """Return the parameters after `?` as the form has checked them, each given once."""
    if not request.query_params:
        return dict(_without_parameters(form))
    return read_repeated(request, form, lists=())


def read_repeated(request: Request, form: type[Input], lists: Collection[str]) -> dict[str, Any]:
    """Return the parameters after `?`, of which those in `lists` may be given several times."""
    given = request.query_params
    twins = [name for name in given if name not in lists and len(given.getlist(name)) > 1]
    if twins:  # one reader takes the first, another the last
        raise ValidationError({name[:100]: [_("Give it once.")] for name in twins[:20]})
    return _check(
        form, {name: given.getlist(name) if name in lists else given[name] for name in given}
    )


@cache
def _without_parameters(form: type[Input]) -> dict[str, Any]:
    """What most calls of a list ask for: checked once, because a check costs like a query."""
    return _check(form, {})


def _check(form: type[Input], data: Any) -> dict[str, Any]:
    checked = form(data=data)
    checked.is_valid(raise_exception=True)
    return dict(checked.validated_data)
