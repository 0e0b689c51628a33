"""One opinion of counsel on consents to a likeness, and its end."""

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from accounts.access import Permission, require
from accounts.errors import NotFound
from catalog.facts.shapes import term_of
from catalog.likenesses import find_likeness
from catalog.models import Consent, FactKind
from licensing.counsel.likeness_opinions import supersede_likeness_opinion
from licensing.models import LikenessOpinion
from web.acts import see
from web.entrance import actor_of, member
from web.fact_lines import day_words
from web.forms.rights import SupersedeForm
from web.forms.verbs import REFUSED, attempt
from web.history import history_of, proof
from web.reasons import reason_of


@require_http_methods(["GET", "POST"])
@member("studio", "talent")
def opinion(request: HttpRequest, code: str, opinion_code: str) -> HttpResponseBase:
    """One recorded opinion, whole; a POST sets it aside."""
    actor = actor_of(request)
    likeness = find_likeness(actor, code)
    rows = LikenessOpinion.objects.filter(likeness=likeness).select_related("evidence")
    found = rows.filter(code=opinion_code).first()
    if found is None:
        raise NotFound
    form = SupersedeForm(request.POST or None)
    if request.method == "POST":
        require(actor, Permission.EDIT_LIKENESSES)
        done = attempt(
            form,
            lambda: supersede_likeness_opinion(actor=actor, code=opinion_code, **form.cleaned_data),
        )
        if done is not None:
            messages.success(
                request, _("The opinion no longer stands. What rested on it was cleared again.")
            )
            return see(request.path)
    starts_at, ends_at = term_of(FactKind.OPINION, found.body)
    context = {
        "opinion": found,
        "likeness": likeness,
        "question": reason_of(found.body["resolves"]),
        "consents": Consent.objects.filter(code__in=found.body["about"]).order_by("code"),
        "signed": day_words(found.body["signed"]),
        "starts_at": starts_at,
        "ends_at": ends_at,
        "form": form,
        "may_edit": actor.may(Permission.EDIT_LIKENESSES),
        "history": history_of([found.stream]),
        "proof": proof(found.stream, "opinion.recorded"),
        "trail": [
            (_("Likenesses"), reverse("likenesses")),
            (str(likeness), reverse("likeness", args=[code])),
            (_("Consents"), reverse("consents", args=[code])),
        ],
    }
    status = REFUSED if form.errors else 200
    return render(request, "web/opinions/opinion.html", context, status=status)


urlpatterns: list[URLPattern] = [
    path("likenesses/<str:code>/opinions/<str:opinion_code>/", opinion, name="likeness_opinion"),
]
