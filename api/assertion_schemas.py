"""The JSON schemas of our assertions, for whoever holds a file and asks what its fields mean."""

import hashlib

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import path
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from api.problems import problem_response
from ledger.middleware import in_no_language
from ledger.mirror import FOR_EVER
from provenance.assertion_schemas import schemas


@require_safe
def assertion_schema(request: HttpRequest, name: str) -> HttpResponseBase:
    """The schema of that name. 200, 304; 404 with the names that there are."""
    raw = schemas().get(name)
    if raw is None:
        said = _("There is no such schema. There are: %(names)s.")
        return problem_response(404, said % {"names": ", ".join(schemas())})
    etag = f'"{hashlib.sha256(raw).hexdigest()[:32]}"'
    response = HttpResponse(
        raw,
        content_type="application/schema+json",
        headers={"Cache-Control": FOR_EVER, "ETag": etag},
    )
    return in_no_language(
        get_conditional_response(request, etag=etag, response=response) or response
    )


app_name = "schemas"
urlpatterns = [path("<str:name>.json", assertion_schema, name="schema")]
