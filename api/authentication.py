"""Who calls the API: a key in the Authorization header, or the session of a logged-in person.

`request.user` is the Actor; verbs take it as it is.
"""

from base64 import b64decode
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, CSRFCheck
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated, PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.access import Actor, for_api_key, for_membership
from accounts.keys import authenticate
from accounts.models import Membership

if TYPE_CHECKING:
    # DRF imports this module while it makes that class.
    from rest_framework.views import APIView


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer eck_…`"""

    def authenticate(self, request: Request) -> tuple[Actor, None] | None:
        scheme, _blank, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        # A field of text in PostgreSQL cannot even be compared with a NUL.
        key = authenticate(secret.strip()) if secret.isprintable() else None
        if key is None:
            raise AuthenticationFailed(
                _("The API key is wrong, expired or revoked; owners make new ones at %(page)s.")
                % {"page": keys_page()}
            )
        return for_api_key(key), None

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="edgecode"'


class PasswordAuthentication(BaseAuthentication):
    """HTTP Basic with a person's e-mail address and password; only for making keys."""

    def authenticate(self, request: Request) -> tuple[Actor, None] | None:
        scheme, _blank, encoded = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            email, _colon, password = (
                b64decode(encoded.strip(), validate=True).decode().partition(":")
            )
        except ValueError:
            raise AuthenticationFailed("The Authorization header cannot be read.") from None
        actor = _person(email.strip().lower(), password)
        if actor is None:
            raise AuthenticationFailed("The e-mail address or the password is wrong.")
        return actor, None

    def authenticate_header(self, request: Request) -> str:
        return 'Basic realm="edgecode", charset="UTF-8"'


def _person(email: str, password: str) -> Actor | None:
    memberships = Membership.objects.select_related("organisation", "user").order_by("pk")
    # A field of text in PostgreSQL cannot even be compared with a NUL.
    membership = None if "\0" in email else memberships.filter(user__email=email).first()
    if membership is None:
        make_password(password)  # as long as a real check, so that the clock tells nothing
        return None
    person = membership.user
    return (
        for_membership(membership) if person.check_password(password) and person.is_active else None
    )


class SessionActorAuthentication(BaseAuthentication):
    """The browser's session, with Django's CSRF check."""

    def authenticate(self, request: Request) -> tuple[Actor, None] | None:
        actor: Actor = request._request.actor  # type: ignore[attr-defined]  # noqa: SLF001
        if actor.organisation is None:
            return None
        check = CSRFCheck(lambda _request: None)  # type: ignore[arg-type]
        check.process_request(request._request)  # noqa: SLF001
        reason = check.process_view(request._request, None, (), {})  # type: ignore[arg-type]  # noqa: SLF001
        if reason:
            raise PermissionDenied(f"CSRF check failed: {reason}")
        return actor, None


class IsKnown(BasePermission):
    """Anybody who acts for an organisation; what exactly they may do, the verb decides."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        if isinstance(request.user, Actor) and request.user.organisation is not None:
            return True
        raise NotAuthenticated(
            _(
                "Send an API key in the header “Authorization: Bearer eck_…”. Owners of an"
                " organisation make keys at %(page)s, or with POST %(address)s; how, says %(docs)s."
            )
            % {"page": keys_page(), "address": reverse("api:keys"), "docs": reverse("api:docs")}
        )


def keys_page() -> str:
    """Return the address of the page where owners make keys."""
    return settings.BASE_URL + reverse("organisation")


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "api.authentication.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "eck_…"}


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "api.authentication.SessionActorAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}


class PasswordScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "api.authentication.PasswordAuthentication"
    name = "password"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "http", "scheme": "basic"}
