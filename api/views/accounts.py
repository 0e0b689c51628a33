"""Organisations, their people and their keys."""

from functools import partial
from typing import Any, override

from django.utils.translation import gettext_lazy as _
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import Permission, require
from accounts.errors import Conflict
from accounts.keys import create_api_key, revoke_api_key
from accounts.models import ApiKey, Membership, Organisation
from accounts.signup import add_member, sign_up
from api import problems
from api.authentication import (
    ApiKeyAuthentication,
    PasswordAuthentication,
    SessionActorAuthentication,
)
from api.endpoint import Endpoint, PublicEndpoint, actor_of, organisation_of, read, read_query
from api.idempotency import once
from api.inputs import accounts as forms
from api.outputs import accounts as out
from api.paging import PageQuery, page
from api.schema import operation, pages_of
from api.shapes import one
from api.throttling import ActorThrottle, PasswordThrottle, SignUpThrottle

described = partial(operation, tag="accounts")


class Organisations(PublicEndpoint):
    throttle_classes = [ActorThrottle, SignUpThrottle]

    @described(
        "organisations_create",
        "Sign up an organisation with its first owner",
        takes=forms.NewOrganisation,
        gives=out.SignedUp,
        status=(201,),
        post=True,
    )
    def post(self, request: Request) -> Response:
        data = read(request, forms.NewOrganisation)

        def act() -> Response:
            membership = sign_up(**data)
            organisation, person = membership.organisation, membership.user
            return Response(
                {
                    "organisation": _organisation(organisation),
                    "owner": {"email": person.email, "name": person.name},
                },
                status=201,
            )

        return once(request, request.data, act)


class MeView(Endpoint):
    @described("me", "Who calls, and what they may do", gives=out.Me)
    def get(self, request: Request) -> Response:
        actor = actor_of(request)
        person = actor.user
        return Response(
            {
                "organisation": _organisation(organisation_of(actor)),
                "role": actor.role,
                "permissions": sorted(actor.permissions),
                "person": {"email": person.email, "name": person.name} if person else None,
                "api_key": actor.api_key.prefix if actor.api_key else None,
            }
        )


class Members(Endpoint):
    @described(
        "members_list", "People of the organisation", gives=pages_of(out.Member), query=PageQuery
    )
    def get(self, request: Request) -> Response:
        query = read_query(request, PageQuery)
        found = Membership.objects.visible_to(actor_of(request))
        return Response(page(request, out.Member, found, query))

    @described(
        "members_create",
        "Add a person with a first password",
        takes=forms.NewMember,
        gives=out.Member,
        status=(201,),
        post=True,
    )
    def post(self, request: Request) -> Response:
        data = read(request, forms.NewMember)

        def act() -> Response:
            member = add_member(actor=actor_of(request), **data)
            found = Membership.objects.filter(pk=member.pk)
            return Response(one(out.Member, found), status=201)

        return once(request, request.data, act)


class Keys(Endpoint):
    """Keys are made by people: with the session of an owner, or their e-mail and password."""

    authentication_classes = [
        PasswordAuthentication,
        ApiKeyAuthentication,
        SessionActorAuthentication,
    ]

    @override
    def perform_authentication(self, request: Request) -> None:
        # Before the password is looked at: a wrong one counts too.
        if request.method == "POST":
            throttle = PasswordThrottle()
            if not throttle.allow_request(request, self):
                self.throttled(request, throttle.wait())
        super().perform_authentication(request)

    @described(
        "keys_list", "API keys of the organisation", gives=pages_of(out.ApiKey), query=PageQuery
    )
    def get(self, request: Request) -> Response:
        query = read_query(request, PageQuery)
        require(actor_of(request), Permission.MANAGE_KEYS)
        return Response(
            page(request, out.ApiKey, ApiKey.objects.visible_to(actor_of(request)), query)
        )

    @described(
        "keys_create",
        "Make an API key; its secret is shown only now",
        takes=forms.NewKey,
        gives=out.NewApiKey,
        status=(201,),
        post=True,
    )
    def post(self, request: Request) -> Response:
        data = read(request, forms.NewKey)

        def act() -> Response:
            key, secret = create_api_key(actor=actor_of(request), **data)
            shown = one(out.NewApiKey, ApiKey.objects.filter(pk=key.pk)) | {"secret": secret}
            return Response(shown, status=201)

        return once(request, request.data, act, kept=_already_made)


class KeyView(Endpoint):
    @described("keys_revoke", "End a key now", status=(204,))
    def delete(self, request: Request, prefix: str) -> Response:
        revoke_api_key(actor=actor_of(request), prefix=prefix)
        return Response(status=204)


def _already_made(response: Response) -> Response:
    """What a repeated call gets: the secret is kept nowhere, so it cannot be told again."""
    refusal = Conflict(
        _("This call already made the key eck_%(prefix)s…; revoke it and make another.")
        % {"prefix": response.data["prefix"]}
    )
    body = problems.body(refusal.status, str(refusal))
    return Response(body, status=refusal.status, content_type=problems.CONTENT_TYPE)


def _organisation(organisation: Organisation) -> dict[str, Any]:
    return {
        "code": organisation.code,
        "kind": organisation.kind,
        "name": organisation.name,
    }
