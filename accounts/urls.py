"""Signing in and out, and passwords: what of allauth is offered."""

from typing import Never

from allauth.account.views import password_reset
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import include, path, re_path


def closed(_request: HttpRequest) -> Never:
    """What allauth brings and we do not offer: its page of addresses would let anybody sign in
    under an address that is somebody else's."""
    raise Http404


def reset_by_letter(request: HttpRequest) -> HttpResponseBase:
    """Allauth's page that mails a link; where nothing is mailed, a page that says what to do."""
    if not settings.ENV.sends_mail:
        return render(request, "account/password_reset_off.html")
    answer: HttpResponse = password_reset(request)
    return answer


urlpatterns = [
    re_path(r"^(?:email|confirm-email|reauthenticate)/", closed),
    path("password/reset/", reset_by_letter),
    path("", include("allauth.urls")),
]
