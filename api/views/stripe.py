"""Where Stripe tells of payments. Its signature is the only credential."""

from functools import partial

from drf_spectacular.types import OpenApiTypes
from rest_framework.request import Request
from rest_framework.response import Response

from api.endpoint import PublicEndpoint
from api.schema import operation
from licensing.payments.stripe import receive_webhook

described = partial(operation, tag="licensing")


class Webhook(PublicEndpoint):
    authentication_classes = []

    @described(
        "stripe_webhook",
        "For Stripe: an event, signed",
        takes={"application/json": OpenApiTypes.OBJECT},
        status=(204,),
    )
    def post(self, request: Request) -> Response:
        body = request._request.body  # noqa: SLF001 - the bytes that were signed
        receive_webhook(body, request.headers.get("Stripe-Signature"))
        return Response(status=204)
