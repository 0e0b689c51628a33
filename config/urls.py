"""Which room answers which address."""

from django.urls import include, path

handler400 = "api.problems.bad_request"
handler404 = "api.problems.page_not_found"
handler500 = "api.unavailable.server_error"


urlpatterns = [
    path("accounts/", include("accounts.urls")),
    path("api/v1/", include("api.urls")),
    path("", include("api.soft_binding")),
    path("deliver/", include("api.deliver")),
    path("ledger/", include("ledger.urls")),
    path("objects/", include("api.objects")),
    path("schemas/", include("api.assertion_schemas")),
    path("", include("web.urls")),
]
