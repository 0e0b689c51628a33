"""The log's addresses alone, so that these tests need no page."""

from django.http import HttpRequest, HttpResponseNotFound

from ledger.urls import urlpatterns

__all__ = ["handler404", "urlpatterns"]


def handler404(request: HttpRequest, exception: Exception) -> HttpResponseNotFound:
    return HttpResponseNotFound()
