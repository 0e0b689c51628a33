"""Numbers of a title that failed their check: set right, or dismissed."""

from django.contrib import messages
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from accounts.access import Permission, require
from catalog.quarantine import correct_number, dismiss_number
from catalog.titles import get_title
from web.acts import press, see
from web.entrance import actor_of, member
from web.forms.numbers import ApartForm
from web.forms.verbs import REFUSED, attempt
from web.works import trail_of


@require_http_methods(["GET", "POST"])
@member("studio")
def number_apart(request: HttpRequest, code: str, key: int) -> HttpResponseBase:
    """One number that was set aside; a POST records what it should have been, or dismisses it."""
    actor = actor_of(request)
    require(actor, Permission.EDIT_TITLES)
    title = get_title(actor, code)
    number = title.identifiers.apart().filter(pk=key).first()
    if number is None:
        raise Http404
    which = {"code": code, "scheme": number.scheme, "written": number.value}
    back = reverse("title_names", args=[code])
    if "dismiss" in request.POST:
        done = _("The number is dismissed.")
        return press(request, lambda: dismiss_number(actor=actor, **which), done=done, back=back)
    form = ApartForm(request.POST or None, initial={"value": number.value})
    if request.method == "POST":
        right = attempt(form, lambda: correct_number(actor=actor, **which, **form.cleaned_data))
        if right is not None:
            messages.success(request, _("The number is set right."))
            return see(back)
    context = {
        "form": form,
        "owner": title,
        "number": number,
        "trail": [*trail_of(title), (_("Names and numbers"), back)],
    }
    status = REFUSED if form.errors else 200
    return render(request, "web/titles/apart.html", context, status=status)


urlpatterns: list[URLPattern] = [
    path("titles/<str:code>/names/apart/<int:key>/", number_apart, name="number_apart")
]
