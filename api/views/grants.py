"""Grants, and the credentials of their files."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.http import JsonResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import Actor
from accounts.errors import NotFound
from api.deliver import given
from api.endpoint import Endpoint, actor_of, read, read_query
from api.fields import Nothing
from api.idempotency import once
from api.inputs import licensing as forms
from api.inputs.duties import GrantQuery
from api.outputs import licensing as out
from api.outputs import provenance as proof
from api.paging import PageQuery, page
from api.schema import operation, pages_of
from api.shapes import build, columns, one, rows
from api.views.duties import with_demands
from licensing.deals.conditions import left_out
from licensing.grants.ending import grants_ending
from licensing.grants.grant_policies import policy_of
from licensing.grants.issuing import revoke_grant
from licensing.models import EndNotice, Grant, GrantedAsset
from licensing.verdicts.decisions import conditions_of
from licensing.verdicts.resting import SOUND, rests_of
from provenance.credentials.delivery import link, open_delivery, paused_files, unconsented
from provenance.credentials.files import inside, placed
from provenance.credentials.progress import progress_of
from provenance.credentials.updates import newest_manifest
from provenance.models import Credential

described = partial(operation, tag="grants")


class Grants(Endpoint):
    @described("grants_list", "Grants given or held", gives=pages_of(out.Grant), query=GrantQuery)
    def get(self, request: Request) -> Response:
        query, actor = read_query(request, GrantQuery), actor_of(request)
        found = Grant.objects.visible_to(actor)
        if days := query.get("ends_within"):
            found = grants_ending(actor, within=timedelta(days=days))
        if state := query.get("state"):
            found = found.in_state(state)
        shown = page(request, out.Grant, found, query)
        return Response(shown | {"results": _with_consents(shown["results"])})


class GrantView(Endpoint):
    @described(
        "grants_read", "One grant: scope, files, and how far each is signed", gives=out.GrantDetail
    )
    def get(self, request: Request, code: str) -> Response:
        return Response(_detail(actor_of(request), code))


class GrantPolicy(Endpoint):
    @described(
        "grants_policy",
        "A grant as an ODRL policy, with what it cannot say",
        gives=OpenApiTypes.OBJECT,
        media="application/ld+json",
    )
    def get(self, request: Request, code: str) -> JsonResponse:
        found = Grant.objects.visible_to(actor_of(request)).select_related("deal__agreement")
        grant = found.filter(code=code).first()
        if grant is None:
            raise NotFound
        return JsonResponse(policy_of(grant), content_type="application/ld+json")


class RevokeGrant(Endpoint):
    @described(
        "grants_revoke",
        "End a grant from now on",
        takes=forms.Revocation,
        gives=out.GrantDetail,
        post=True,
    )
    def post(self, request: Request, code: str) -> Response:
        data = read(request, forms.Revocation)
        actor = actor_of(request)

        def act() -> Response:
            revoke_grant(actor=actor, code=code, **with_demands(data))
            return Response(_detail(actor, code))

        return once(request, request.data, act)


class Credentials(Endpoint):
    @described(
        "credentials_list",
        "The credentials of a grant's files",
        gives=pages_of(proof.Credential),
        query=PageQuery,
    )
    def get(self, request: Request, code: str) -> Response:
        query = read_query(request, PageQuery)
        actor = actor_of(request)
        if not Grant.objects.visible_to(actor).filter(code=code).exists():
            raise NotFound
        found = Credential.objects.visible_to(actor).filter(granted_asset__grant__code=code)
        return Response(page(request, proof.Credential, found, query))


class Deliveries(Endpoint):
    @described(
        "deliveries_create",
        "Get links to a signed file, for the licensee",
        takes=Nothing,
        gives=proof.Delivery,
        status=(201,),
        post=True,
    )
    def post(self, request: Request, code: str) -> Response:
        read(request, Nothing)

        def act() -> Response:
            delivery = open_delivery(actor=actor_of(request), credential_code=code)
            credential = delivery.credential
            sidecar = link(delivery, "sidecar") if credential.has_sidecar else None
            shown = {
                "code": delivery.code,
                "file_url": settings.BASE_URL + link(delivery, "file"),
                "sidecar_url": settings.BASE_URL + sidecar if sidecar else None,
                "expires_at": delivery.expires_at,
                "sha256": credential.file_sha256,
                "placed": _placed(credential),
                "size_bytes": credential.file_size,
            }
            return Response(shown, status=201)

        return once(request, request.data, act)


class Manifest(Endpoint):
    @described(
        "credentials_manifest",
        "The newest manifest, as it stands beside the file; also once that is no longer delivered",
        gives=OpenApiTypes.BINARY,
        media="application/c2pa",
        status=(200, 206),
    )
    def get(self, request: Request, code: str) -> HttpResponseBase:
        return given(request._request, newest_manifest(actor_of(request), code))  # noqa: SLF001


def _placed(credential: Credential) -> dict[str, Any] | None:
    if credential.prepared is None:
        return None
    return placed(credential.prepared, inside(credential))


def _with_consents(shown: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Add to grants how their files rest on consents, while their dates let them stand."""
    standing = {each["code"] for each in shown if each["state"] in {"active", "pending"}}
    found = Grant.objects.filter(code__among=standing)
    keys = dict(found.values_list("code", "pk"))
    rests = rests_of(set(keys.values())) if keys else {}
    said = []
    for each in shown:
        rest = rests.get(keys.get(each["code"], 0), SOUND)
        said.append(
            each
            | {
                "consent_ended": rest.ended_at,
                "is_without_consent": rest.is_over,
                "consent_suspended": rest.suspended_at,
            }
        )
    return said


def _detail(actor: Actor, code: str) -> dict[str, Any]:
    [shown] = _with_consents(
        [one(out.GrantDetail, Grant.objects.visible_to(actor).filter(code=code))]
    )
    files = GrantedAsset.objects.visible_to(actor).filter(grant__code=code).order_by("asset__code")
    of_files: dict[int, list[dict[str, Any]]] = defaultdict(list)
    signed = Credential.objects.filter(granted_asset__in=files.order_by()).order_by("part")
    for row in signed.values_list(*columns(out.CredentialState), "granted_asset"):
        of_files[row[-1]].append(build(out.CredentialState, row))
    listed = list(files.values_list(*columns(out.GrantedFile), "clearance__decision", "pk"))
    conditions = conditions_of(row[-2] for row in listed)
    grant = Grant.objects.visible_to(actor).select_related("deal").get(code=code)
    paused = paused_files(grant)
    of_persons = files.filter(asset__likeness__isnull=False)
    refused = unconsented(of_persons.select_related("asset", "clearance"))
    notices = EndNotice.objects.filter(grant__code=code).order_by("pk")
    said = [
        build(out.GrantedFile, row)
        | {"credential": next(iter(of_files[row[-1]]), None), "credentials": of_files[row[-1]]}
        | {"paused": row[0] in paused, "unconsented": row[-1] in refused}
        | {"left_out": list(map(str, left_out({"conditions": conditions[row[-2]]})))}
        for row in listed
    ]
    states = Counter(each["state"] for some in of_files.values() for each in some)
    signing = progress_of((each["ranges"] for each in said), states)
    return shown | {
        "signing": asdict(signing),
        "end_notices": rows(out.EndNotice, notices),
        "files": said,
    }
