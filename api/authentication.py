"""Who calls the API: a key in the Authorization header, or the session of a logged-in person.

`request.user` is the Actor; verbs take it as it is.
"""

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, CSRFCheck
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.access import Actor, for_api_key
from accounts.keys import authenticate


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer eck_…`"""

    def authenticate(self, request: Request) -> tuple[Actor, None] | None:
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        key = authenticate(secret.strip())
        if key is None:
            raise AuthenticationFailed("The API key is wrong, expired or revoked.")
        return for_api_key(key), None

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002
        return 'Bearer realm="edgecode"'


class SessionActorAuthentication(BaseAuthentication):
    """The browser's session, with Django's CSRF check."""

    def authenticate(self, request: Request) -> tuple[Actor, None] | None:
        actor: Actor = request._request.actor  # type: ignore[attr-defined]  # noqa: SLF001
        if actor.organisation is None:
            return None
        check = CSRFCheck(lambda _request: None)  # type: ignore[arg-type,return-value]
        check.process_request(request._request)  # noqa: SLF001
        reason = check.process_view(request._request, None, (), {})  # type: ignore[arg-type]  # noqa: SLF001
        if reason:
            raise PermissionDenied(f"CSRF check failed: {reason}")
        return actor, None


class IsKnown(BasePermission):
    """Anybody who acts for an organisation; what exactly they may do, the verb decides."""

    message = "Send an API key: Authorization: Bearer eck_…"

    def has_permission(self, request: Request, view: APIView) -> bool:  # noqa: ARG002
        return isinstance(request.user, Actor) and request.user.organisation is not None


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "api.authentication.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:  # noqa: ARG002
        return {"type": "http", "scheme": "bearer", "bearerFormat": "eck_…"}


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "api.authentication.SessionActorAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:  # noqa: ARG002
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}
