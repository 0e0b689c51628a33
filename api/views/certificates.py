"""Certificates of grants: for the side that made one, and for whoever holds its paper."""

from typing import Any

from django.conf import settings
from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import Actor
from accounts.errors import NotFound
from api.endpoint import Endpoint, PublicEndpoint, actor_of, read, read_query
from api.fields import Input, Nothing, Option
from api.idempotency import once
from api.outputs import certificates as out
from api.schema import operation
from api.views.verification import AtQuery
from catalog.objects import object_store
from licensing.models import Grant
from provenance.certificates.issuing import (
    certificate_at,
    certificate_of,
    issue_certificate,
    withdraw_certificate,
)
from provenance.certificates.pdf import address_of, document_of
from provenance.models import Certificate
from provenance.status import check_past, status_of

_UNLISTED = {"Cache-Control": "private, no-store", "X-Robots-Tag": "noindex, nofollow"}


class LanguageQuery(Input):
    language = Option(("en", "ko"), default="en")


class OwnCertificate(Endpoint):
    @operation(
        "certificates_read",
        "Your certificate of a grant",
        tag="grants",
        gives=out.Certificate,
    )
    def get(self, request: Request, code: str) -> Response:
        return Response(_own(_find(actor_of(request), code)))

    @operation(
        "certificates_issue",
        "Make your certificate of a grant, or get the one there is",
        tag="grants",
        takes=Nothing,
        gives=out.Certificate,
        post=True,
    )
    def post(self, request: Request, code: str) -> Response:
        read(request, Nothing)

        def act() -> Response:
            return Response(_own(issue_certificate(actor=actor_of(request), grant=code)))

        return once(request, request.data, act)


class WithdrawCertificate(Endpoint):
    @operation(
        "certificates_withdraw",
        "Withdraw your certificate of a grant: its address then tells the grant's state alone",
        tag="grants",
        takes=Nothing,
        gives=out.Certificate,
        post=True,
    )
    def post(self, request: Request, code: str) -> Response:
        read(request, Nothing)

        def act() -> Response:
            return Response(_own(withdraw_certificate(actor=actor_of(request), grant=code)))

        return once(request, request.data, act)


class OwnDocument(Endpoint):
    @operation(
        "certificates_document",
        "Your certificate of a grant as a sealed PDF",
        tag="grants",
        query=LanguageQuery,
        gives=OpenApiTypes.BINARY,
        media="application/pdf",
        waits=True,
    )
    def get(self, request: Request, code: str) -> FileResponse:
        query = read_query(request, LanguageQuery)
        return _pdf(_find(actor_of(request), code), query["language"])


class Shown(PublicEndpoint):
    @operation(
        "certificates_shown",
        "What the certificate with this secret says, and whether its grant stands",
        tag="verification",
        query=AtQuery,
        gives=out.ShownCertificate,
    )
    def get(self, request: Request, secret: str) -> Response:
        at = read_query(request, AtQuery).get("at")
        check_past(at)
        found = certificate_at(secret)
        shown = {
            "code": found.code,
            "withdrawn_at": found.withdrawn_at,
            "grant_status": status_of(found.grant, at),
            "statement": found.statement if found.withdrawn_at is None else None,
        }
        return Response(shown, headers=_UNLISTED)


def _find(actor: Actor, code: str) -> Certificate:
    grant = Grant.objects.visible_to(actor).filter(code=code).first()
    found = certificate_of(actor, grant) if grant is not None else None
    if found is None:
        raise NotFound
    return found


def _own(found: Certificate) -> dict[str, Any]:
    return {
        "code": found.code,
        "grant": found.grant.code,
        "url": address_of(found),
        "api_url": f"{settings.BASE_URL}/api/v1/certificates/{found.secret}/",
        "made_at": found.made_at,
        "withdrawn_at": found.withdrawn_at,
        "statement": found.statement,
    }


def _pdf(found: Certificate, language: str) -> FileResponse:
    kept = document_of(found, language)
    return FileResponse(
        object_store().open(kept["key"]),
        content_type="application/pdf",
        filename=f"certificate-{found.code}-{language}.pdf",
        headers={"Cache-Control": "private, no-cache"},
    )
