"""The C2PA Soft Binding Resolution API 2.4, in its own words and with its own errors.

It is described by its specification, and docs/soft-binding.md says what this repository does of
it; so it does not stand in the description of our API.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, override

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import Permission, require
from accounts.errors import Invalid, NotFound
from api.authentication import IsKnown
from api.endpoint import PublicEndpoint, actor_of, read, read_query
from api.fields import Input, Text
from api.parsers import BoundedJSONParser, RawFileParser
from api.problems import handle_exception
from api.throttling import ActorThrottle, FileThrottle
from api.views.assets import receive_body
from provenance.content_codes import ISCC, SHA256
from provenance.repository import finding
from provenance.repository.finding import Match
from provenance.repository.receipts import endpoint, receipt_of, verified
from provenance.repository.storing import STORE_BYTES_MAX, store_binding, store_manifest
from provenance.slots import max_bytes_for

SPECIFICATION = "2.4.0"
_STORE = "application/c2pa"
_VALUE_LENGTH_MAX = 2000


class Limit(Input):
    """How many matches to give; more than there are room for means as many as possible."""

    maxResults = serializers.IntegerField(required=False, min_value=1, default=10)  # noqa: N815


class BindingQuery(Limit):
    alg = Text(max_length=100)
    value = Text(max_length=_VALUE_LENGTH_MAX)


class BindingBody(Input):
    alg = Text(max_length=100)
    value = Text(max_length=_VALUE_LENGTH_MAX)


class ContentQuery(Limit):
    alg = Text(max_length=100, required=False)
    hintAlg = Text(max_length=100, required=False)  # noqa: N815
    hintValue = Text(max_length=_VALUE_LENGTH_MAX, required=False)  # noqa: N815


class ManifestQuery(Input):
    returnActiveManifest = serializers.BooleanField(required=False, default=False)  # noqa: N815


class StoreQuery(Input):
    returnReceipt = serializers.BooleanField(required=False, default=False)  # noqa: N815


class NewBinding(Input):
    alg = Text(max_length=100)
    bindingValue = Text(max_length=_VALUE_LENGTH_MAX)  # noqa: N815
    manifestId = Text(max_length=200)  # noqa: N815


def refused(error: Exception, context: Any) -> Response | None:
    """Answer an error as this API does: its one line, under `error`."""
    answer = handle_exception(error, context)
    if answer is None:
        return None
    # A field that is wrong is a bad request here; so is what we understand and will not do.
    status = 400 if answer.status_code in {409, 422} else answer.status_code
    headers = {
        name: value for name, value in answer.headers.items() if name.lower() != "content-type"
    }
    return Response({"error": answer.data["detail"]}, status=status, headers=headers)


# No docstring, as for the others: this API is not in the description of ours.
@extend_schema(exclude=True)
class RepositoryEndpoint(PublicEndpoint):
    http_method_names = ["get", "head", "post"]

    @override
    def get_exception_handler(self) -> Callable[[Exception, Any], Response | None]:
        return refused


class ByBinding(RepositoryEndpoint):
    def get(self, request: Request) -> Response:
        query = read_query(request, BindingQuery)
        return _found(request, query["alg"], query["value"], query["maxResults"])

    def post(self, request: Request) -> Response:
        body = read(request, BindingBody)
        limit = read_query(request, Limit)["maxResults"]
        return _found(request, body["alg"], body["value"], limit)


def _found(request: Request, alg: str, value: str, limit: int) -> Response:
    found = finding.by_binding(
        actor_of(request), alg=alg, value=value, limit=min(limit, finding.RESULTS_MAX)
    )
    return _matches(found)


class ByContent(RepositoryEndpoint):
    throttle_classes = [ActorThrottle, FileThrottle]
    parser_classes = [RawFileParser]

    def post(self, request: Request) -> Response:
        query = read_query(request, ContentQuery)
        actor, limit = actor_of(request), min(query["maxResults"], finding.RESULTS_MAX)
        if query.get("alg", ISCC) not in finding.ALGORITHMS:
            raise Invalid("alg", _("This repository does not know the algorithm."))
        hinted: list[Match] = []
        if "hintAlg" in query and "hintValue" in query:
            alg, value = query["hintAlg"], query["hintValue"]
            hinted = finding.by_binding(actor, alg=alg, value=value, limit=limit)
        with receive_body(request, max_bytes=max_bytes_for(actor)) as intake:
            mime = (request.content_type or "").partition(";")[0].strip().lower()
            found = finding.by_file(
                actor, intake.path, mime=mime, sha256=intake.sha256, limit=limit
            )
        return _matches(finding.best([*found, *hinted], limit))


class ByReference(RepositoryEndpoint):
    def post(self, request: Request) -> Response:
        raise Invalid("referenceUrl", _("This repository fetches no address: send the content."))


class ManifestStore(RepositoryEndpoint):
    def get(self, request: Request, manifest_id: str, key: str = "") -> HttpResponse:
        query = read_query(request, ManifestQuery)
        body = finding.manifest_store(
            actor_of(request), manifest_id, key=key, alone=query["returnActiveManifest"]
        )
        # Of one who asks, not of the address: no cache on the way may keep it.
        return HttpResponse(
            body, content_type=_STORE, headers={"Cache-Control": "private, no-store"}
        )


class Manifests(RepositoryEndpoint):
    parser_classes = [RawFileParser]
    permission_classes = [IsKnown]

    def post(self, request: Request) -> Response:
        query = read_query(request, StoreQuery)
        actor = actor_of(request)
        require(actor, Permission.STORE_MANIFESTS)  # before anything is read
        if (request.content_type or "").partition(";")[0].strip().lower() != _STORE:
            raise UnsupportedMediaType(request.content_type or "")
        with receive_body(request, max_bytes=STORE_BYTES_MAX) as intake:
            manifest_id = store_manifest(actor=actor, store=intake.path.read_bytes())
        answer: dict[str, Any] = {"manifestId": manifest_id}
        if query["returnReceipt"]:
            answer["receipt"] = _receipt_or_none(manifest_id)
        return Response(answer)


def _receipt_or_none(manifest_id: str) -> dict[str, Any] | None:
    """Return the receipt, None until the entry is under a checkpoint: a moment after it."""
    try:
        return receipt_of(manifest_id)
    except NotFound:
        return None


class Bindings(RepositoryEndpoint):
    permission_classes = [IsKnown]

    def post(self, request: Request) -> Response:
        body = read(request, NewBinding)
        store_binding(
            actor=actor_of(request),
            manifest_id=body["manifestId"],
            alg=body["alg"],
            value=body["bindingValue"],
        )
        return Response(status=HTTPStatus.NO_CONTENT)


class Receipts(RepositoryEndpoint):
    parser_classes = [BoundedJSONParser]

    def get(self, request: Request, manifest_id: str) -> Response:
        return Response(receipt_of(manifest_id))

    def post(self, request: Request, manifest_id: str) -> Response:
        return Response(verified(manifest_id, dict(request.data)))


class SupportedAlgorithms(RepositoryEndpoint):
    def get(self, request: Request) -> Response:
        fingerprints = [{"alg": alg} for alg in (ISCC, SHA256)]
        return Response({"watermarks": [], "fingerprints": fingerprints})


class Capabilities(RepositoryEndpoint):
    def get(self, request: Request) -> Response:
        return Response(
            {
                "c2paSpecificationVersion": SPECIFICATION,
                "supportedCapabilities": ["queryByContent", "storeManifests", "storeBindings"],
            }
        )


class Health(RepositoryEndpoint):
    def get(self, request: Request) -> Response:
        return Response({"status": finding.health()}, headers={"Cache-Control": "no-store"})


class WellKnown(RepositoryEndpoint):
    def get(self, request: Request) -> Response:
        base = settings.BASE_URL
        return Response(
            {
                "apiEndpoint": endpoint(),
                "c2paSpecificationVersion": SPECIFICATION,
                "capabilitiesEndpoint": base + reverse("soft-binding:capabilities"),
                "statusEndpoint": base + reverse("soft-binding:status"),
            },
            headers={"Cache-Control": "public, max-age=3600"},
        )


class NowhereElse(RepositoryEndpoint):
    def get(self, request: Request) -> Response:
        raise NotFound(_("There is no such address in this API."))

    post = get


def _matches(found: list[Match]) -> Response:
    return Response({"matches": [_match(match) for match in found]})


def _match(match: Match) -> dict[str, Any]:
    said: dict[str, Any] = {"manifestId": match.manifest_id, "similarityScore": match.score}
    if match.key:
        # Opens this manifest for an hour to who showed the file, and no other.
        said["endpoint"] = f"{endpoint()}/held/{match.key}"
    return said
