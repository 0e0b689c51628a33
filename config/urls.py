"""Which room answers which address."""

from typing import Never

from django.http import Http404, HttpRequest
from django.urls import include, path, re_path

handler400 = "api.problems.bad_request"
handler404 = "api.problems.page_not_found"
handler500 = "api.problems.server_error"


def closed(_request: HttpRequest) -> Never:
    """What allauth brings and we do not offer: its page of addresses would let anybody sign in
    under an address that is somebody else's."""
    raise Http404


urlpatterns = [
    re_path(r"^accounts/(?:email|confirm-email|reauthenticate)/", closed),
    path("accounts/", include("allauth.urls")),
    path("api/v1/", include("api.urls")),
    path("deliver/", include("api.deliver")),
    path("ledger/", include("ledger.urls")),
    path("", include("web.urls")),
]
