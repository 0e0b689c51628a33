"""Which room answers which address."""

from django.urls import include, path

urlpatterns = [
    path("accounts/", include("allauth.urls")),
    path("api/v1/", include("api.urls")),
    path("", include("web.urls")),
]
