"""Signing up: an organisation and its first owner come in together."""

from django.contrib.auth import login
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.signup import sign_up
from web.acts import see
from web.forms.signup import SignUpForm
from web.forms.verbs import REFUSED, attempt
from web.throttle import too_many

SIGN_UPS_PER_HOUR = 20
_BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def signup(request: HttpRequest) -> HttpResponseBase:
    """Create an organisation with its first owner, who is signed in and lands at home."""
    if request.user.is_authenticated:
        return redirect("home")
    form = SignUpForm(request.POST or None)
    if request.method == "POST":
        wait = too_many(request, "signup", limit=SIGN_UPS_PER_HOUR, window_seconds=3600)
        if wait is not None:
            return wait
        membership = attempt(form, lambda: sign_up(**form.cleaned_data))
        if membership is not None:
            login(request, membership.user, backend=_BACKEND)
            return see("/home/")
    status = REFUSED if form.errors else 200
    return render(request, "web/signup/signup.html", {"form": form}, status=status)


urlpatterns: list[URLPattern] = [path("signup/", signup, name="signup")]
