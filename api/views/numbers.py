"""Numbers of a title that failed their check: set right, or dismissed."""

from functools import partial

from rest_framework.request import Request
from rest_framework.response import Response

from api.endpoint import Endpoint, actor_of, read
from api.idempotency import once
from api.inputs import numbers as forms
from api.outputs import works as out
from api.schema import operation
from api.views.works import detail
from catalog.quarantine import correct_number, dismiss_number

told = partial(operation, tag="catalogue", gives=out.TitleDetail, post=True)


class CorrectNumber(Endpoint):
    @told(
        "identifiers_correct",
        "Say what a number should be that failed its check",
        takes=forms.NumberRight,
    )
    def post(self, request: Request, code: str) -> Response:
        data, actor = read(request, forms.NumberRight), actor_of(request)

        def act() -> Response:
            correct_number(actor=actor, code=code, **data)
            return Response(detail(actor, code))

        return once(request, request.data, act)


class DismissNumber(Endpoint):
    @told("identifiers_dismiss", "Dismiss a number that failed its check", takes=forms.NumberApart)
    def post(self, request: Request, code: str) -> Response:
        data, actor = read(request, forms.NumberApart), actor_of(request)

        def act() -> Response:
            dismiss_number(actor=actor, code=code, **data)
            return Response(detail(actor, code))

        return once(request, request.data, act)
